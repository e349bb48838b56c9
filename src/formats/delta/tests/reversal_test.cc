// Reversal data made by hand: no genuine ones were at hand.
#include "reversal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta_test_support.h"
#include "encode_payload.h"
#include "stream_builder.h"

namespace ww::delta {
namespace {

using testing::HasSubstr;

class Builder {
 public:
  Builder() {
    out_.Bits(0x4D535250, 32);
    out_.Bits(3, 32);
  }
  static BitWriter Start(std::uint32_t type) {
    BitWriter section;
    section.Bits(type, 32);
    section.Bits(0, 32);
    return section;
  }
  Builder& Copies(const std::vector<RiftEntry>& places, const std::vector<std::int64_t>& lengths) {
    BitWriter section = Start(0);
    WriteRift(section, places);
    for (const auto l : lengths) WriteInt(section, l);
    return Add(std::move(section));
  }
  Builder& Deletes(const std::vector<RiftEntry>& places, ByteView blob, bool compressed) {
    BitWriter section = Start(1);
    section.Bits(compressed ? 1 : 0, 32);
    WriteRift(section, places);
    section.Buffer(blob);
    return Add(std::move(section));
  }
  Builder& Patches(const std::vector<RiftEntry>& places) {
    BitWriter section = Start(2);
    WriteRift(section, places);
    return Add(std::move(section));
  }
  Builder& Add(BitWriter section) {
    out_.Buffer(section.Finish());
    return *this;
  }
  Bytes Finish() { return out_.Finish(); }

 private:
  BitWriter out_;
};

constexpr std::string_view kNew = "The quick brown fox";

std::string Reverted(const Bytes& data, std::uint64_t size) {
  const auto old = ApplyReversal(AsBytes(kNew), data, size, Limits{});
  return old ? std::string(AsText(*old)) : old.error().message;
}
Code CodeOf(const Bytes& data, std::uint64_t size) {
  const auto old = ApplyReversal(AsBytes(kNew), data, size, Limits{});
  return old ? Code{} : old.error().code;
}

TEST(Reversal, SectionsWorkInTheirOrder) {
  const Bytes data = Builder()
                         .Copies({{0, 0}, {10, 16}}, {10, 3})
                         .Deletes({{13, 4}}, AsBytes("es.."), false)
                         .Patches({{15, '!'}, {16, '?'}, {16, 'x'}})
                         .Finish();
  EXPECT_EQ(Reverted(data, 17), "The quick foxes!?");
}

TEST(Reversal, CopiesEndWhereEitherSideEnds) {
  const Bytes data = Builder().Copies({{0, 16}, {2, 4}, {3, 400}}, {100, 100, 5}).Finish();
  EXPECT_EQ(Reverted(data, 6), "foquic");
}

TEST(Reversal, WhatNothingWritesIsZero) {
  EXPECT_EQ(Reverted(Builder().Copies({{1, 0}}, {1}).Finish(), 3), std::string("\0T\0", 3));
}

TEST(Reversal, DeletedBytesMayBeCompressed) {
  std::string text;
  for (int i = 0; i < 30000; ++i) text += std::to_string(i % 517);
  for (const auto codec : {ContainerCodec::kXpressHuffman, ContainerCodec::kLzms}) {
    const Bytes blob = *WriteCompressionContainer(codec, AsBytes(text));
    EXPECT_LT(blob.size(), text.size() / 2);
    const auto size = static_cast<std::int64_t>(text.size());
    EXPECT_EQ(Reverted(Builder().Deletes({{0, size}}, blob, true).Finish(), text.size()), text);
  }
}

TEST(Reversal, RefusesPlacesOutsideTheTarget) {
  EXPECT_EQ(CodeOf(Builder().Copies({{5, 0}}, {1}).Finish(), 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf(Builder().Copies({{-1, 0}}, {1}).Finish(), 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf(Builder().Copies({{0, -1}}, {1}).Finish(), 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf(Builder().Copies({{0, 0}}, {-1}).Finish(), 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf(Builder().Deletes({{3, 3}}, AsBytes("abc"), false).Finish(), 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf(Builder().Deletes({{0, 4}}, AsBytes("abc"), false).Finish(), 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf(Builder().Deletes({{0, -1}}, AsBytes("abc"), false).Finish(), 5),
            Code::kCorrupt);
  EXPECT_EQ(CodeOf(Builder().Patches({{5, 0}}).Finish(), 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf(Builder().Add(Builder::Start(3)).Finish(), 5), Code::kUnsupported);
  EXPECT_EQ(CodeOf(Bytes(20), 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf({}, 5), Code::kCorrupt);
}

// Thousands of copies of everything: the step budget ends it.
TEST(Reversal, OverlappingCopiesAreBounded) {
  const Bytes reference(1 << 20);
  std::vector<RiftEntry> places(60000);
  const std::vector<std::int64_t> lengths(places.size(), 1 << 20);
  const auto old =
      ApplyReversal(reference, Builder().Copies(places, lengths).Finish(), 1 << 20, Limits{});
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, Code::kLimit);
}

TEST(Reversal, ApplyVerifiesTheHash) {
  const Bytes data = Builder().Copies({{0, 4}}, {5}).Finish();
  const auto hash = Sha256(AsBytes("quick"));
  DeltaFields fields;
  fields.file_type_set = 0x101;
  fields.target_size = 5;
  fields.hash_algorithm = 0x800C;
  fields.target_hash = hash;
  fields.patch = data;
  const Bytes delta = AssembleDelta(fields);
  EXPECT_EQ(AsText(Apply(AsBytes(kNew), delta).value()), "quick");
  const auto wrong = Apply(AsBytes("The slick brown fox"), delta);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kVerificationFailed);
  EXPECT_THAT(wrong.error().message, HasSubstr("reverse delta"));
}

}  // namespace
}  // namespace ww::delta
