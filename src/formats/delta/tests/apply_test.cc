// Headers, limits, hashes, refusals: everything around the patch itself.
#include "wimwright/delta/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "container.h"
#include "delta_test_support.h"
#include "e8_pass.h"
#include "pe_pipeline.h"
#include "sample_images.h"
#include "stream_builder.h"
#include "wimwright/delta/encode.h"

namespace ww::delta {
namespace {

using testing::HasSubstr;

// delta-formats.md 5.8: made by another encoder.
struct Mini {
  const char* source;
  const char* target;
  const char* delta;
};
const Mini kMinis[] = {
    {"", "",
     "5041333000000000000000001823841000017e0060042200020002000000000000180018800000000040c1ffffffc"
     "ff8"
     "ff17f9"},
    {"", "A",
     "50413330000000000000000018238c1000018a0066042200020002000000000000200020a20000000040f08ff0fff"
     "fff"
     "96fcff0be903"},
    {"", "hello hello hello hello\n",
     "504133300000000000000000182388110201b2006304a19a020000000000000000a08222020100000048e294dc836"
     "387"
     "40ecfe87ddff3785a7feb7a1dcfab002"},
    {"abcdef", "XYcdef", "5041333000000000000000001823b4100001095083c6ce"},
};

TEST(Apply, MiniVectors) {
  for (const auto& m : kMinis) {
    const auto target = Apply(AsBytes(m.source), Hex(m.delta));
    ASSERT_TRUE(target) << m.target << ": " << target.error().message;
    EXPECT_EQ(AsText(*target), m.target);
  }
}

// Whatever single bit flips: an error or some bytes of the stated size, never anything else.
TEST(Apply, MiniVectorsSurviveBitFlips) {
  for (const auto& m : kMinis) {
    const Bytes good = Hex(m.delta);
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
      Bytes bad = good;
      bad[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      const auto header = ReadHeader(bad);
      const auto target = Apply(AsBytes(m.source), bad, Limits{.max_target = 4096});
      if (target) {
        ASSERT_TRUE(header);
        EXPECT_EQ(target->size(), header->target_size);
      }
    }
  }
}

// delta-formats.md 4.8, up to the patch (whose bytes are not part of the example).
TEST(Header, WorkedExample) {
  Bytes delta =
      Hex("50413330"
          "8016d7d5deb19d01"
          "18030200083f2304"
          "01"
          "9a00");
  delta.resize(delta.size() + 38);
  const auto h = ReadHeader(delta);
  ASSERT_TRUE(h) << h.error().message;
  EXPECT_EQ(h->magic, "PA30");
  EXPECT_EQ(h->target_time, 0x019db1ded5d71680u);
  EXPECT_EQ(h->file_type_set, 1u);
  EXPECT_EQ(h->file_type, 1u);
  EXPECT_EQ(h->flags, 0x20000u);
  EXPECT_EQ(h->target_size, 415u);
  EXPECT_EQ(h->hash_algorithm, 0u);
  EXPECT_TRUE(h->target_hash.empty());
}

TEST(Header, ReadsBackWhatTheEncoderWrote) {
  const Bytes target = ToBytes("some target");
  const auto delta =
      Encode({}, target, {.hash_algorithm = 0x8004, .target_time = 77, .crc_prefix = true});
  const auto h = ReadHeader(*delta);
  ASSERT_TRUE(h);
  EXPECT_TRUE(h->has_crc);
  EXPECT_EQ(h->target_time, 77u);
  EXPECT_EQ(h->target_size, target.size());
  EXPECT_EQ(ToHex(h->target_hash), ToHex(Sha1(target)));
  EXPECT_EQ(Apply({}, *delta).value(), target);
}

TEST(Header, AWrongCrcIsCorrupt) {
  Bytes delta = *Encode({}, AsBytes("x"), {.crc_prefix = true});
  delta[1] ^= std::byte{1};
  EXPECT_EQ(ReadHeader(delta).error().code, Code::kCorrupt);
  EXPECT_EQ(Apply({}, delta).error().code, Code::kCorrupt);
}

TEST(Header, Crc32IsTheIeeeOne) {
  EXPECT_EQ(Crc32(AsBytes("123456789")), 0xCBF43926u);
  EXPECT_EQ(Crc32({}), 0u);
}

TEST(Header, Pa31TellsBothHashes) {
  BitWriter nested;
  for (const std::int64_t n : {1, 1, 0x18060000, 5, 0x800C}) nested.Number(n);
  nested.Buffer(Bytes(32, std::byte{7}));
  for (const std::int64_t n : {0x88, 1, 1}) nested.Number(n);
  nested.Buffer(Bytes(32, std::byte{9}));
  BitWriter outer;
  outer.Buffer(nested.Finish());
  outer.Buffer({});
  outer.Buffer(Bytes(4));
  Bytes delta = ToBytes("PA31");
  AppendLe<std::uint64_t>(delta, 123);
  Append(delta, outer.Finish());
  const auto h = ReadHeader(delta);
  ASSERT_TRUE(h) << h.error().message;
  EXPECT_EQ(h->magic, "PA31");
  EXPECT_EQ(h->target_size, 5u);
  EXPECT_EQ(h->source_hash, Bytes(32, std::byte{9}));
  const auto target = Apply({}, delta);
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, Code::kVerificationFailed);
  EXPECT_THAT(target.error().message, HasSubstr("the source is not the one"));
}

TEST(Header, Pa31ForALaterClientIsRefused) {
  BitWriter nested;
  for (const std::int64_t n : {1, 1, 0x18060000, 0, 0}) nested.Number(n);
  nested.Buffer({});
  for (const std::int64_t n : {0x88, 1, 2}) nested.Number(n);
  nested.Buffer({});
  BitWriter outer;
  outer.Buffer(nested.Finish());
  outer.Buffer({});
  outer.Buffer(Bytes(4));
  Bytes delta = ToBytes("PA31");
  AppendLe<std::uint64_t>(delta, 123);
  Append(delta, outer.Finish());
  EXPECT_EQ(ReadHeader(delta).error().code, Code::kUnsupported);
}

struct Fields : DeltaFields {
  Bytes patch_bytes = PatchBuilder().Literals("x").Finish();
  Fields() { target_size = 1; }
  Bytes Delta() {
    patch = patch_bytes;
    return AssembleDelta(*this);
  }
};
Error Refusal(const Bytes& delta, ByteView source = {}) {
  const auto target = Apply(source, delta);
  EXPECT_FALSE(target);
  return target ? Error{} : target.error();
}

TEST(Refusals, NameWhatIsNotSupported) {
  EXPECT_TRUE(Apply({}, Fields().Delta()));

  Fields unknown;
  unknown.flags = 0x20000 | 1u << 26;
  EXPECT_EQ(Refusal(unknown.Delta()).code, Code::kUnsupported);
  EXPECT_THAT(Refusal(unknown.Delta()).message, HasSubstr("0x4000000"));

  for (const std::uint32_t type : {0x3u, 0x100u, 0x200u}) {
    Fields f;
    f.file_type = type;
    EXPECT_EQ(Refusal(f.Delta()).code, Code::kUnsupported) << type;
  }

  EXPECT_EQ(Refusal(ToBytes("PA19 and so on")).code, Code::kUnsupported);
  EXPECT_EQ(Refusal(ToBytes("nothing at all")).code, Code::kCorrupt);
  EXPECT_EQ(Refusal(ToBytes("PA30")).code, Code::kCorrupt);
  EXPECT_EQ(Refusal({}).code, Code::kCorrupt);
}

TEST(Refusals, Hashes) {
  const Bytes sixteen(16), twenty(20);
  Fields md4;
  md4.hash_algorithm = 0x8002;
  md4.target_hash = sixteen;
  EXPECT_EQ(Refusal(md4.Delta()).code, Code::kUnsupported);
  Fields odd;
  odd.hash_algorithm = 0x8003;
  odd.target_hash = twenty;
  EXPECT_EQ(Refusal(odd.Delta()).code, Code::kCorrupt);
  Fields unknown;
  unknown.hash_algorithm = 0x800D;
  unknown.target_hash = twenty;
  EXPECT_EQ(Refusal(unknown.Delta()).code, Code::kUnsupported);
  Fields wrong;
  wrong.hash_algorithm = 0x8004;
  wrong.target_hash = twenty;
  EXPECT_EQ(Refusal(wrong.Delta()).code, Code::kVerificationFailed);
}

TEST(Refusals, LeftoverBitsOnlyWithoutAHash) {
  Fields f;
  f.patch_bytes = PatchBuilder().Literals("xy").Finish();
  EXPECT_EQ(Refusal(f.Delta()).code, Code::kCorrupt);
  const auto hash = Sha256(AsBytes("x"));
  f.hash_algorithm = 0x800C;
  f.target_hash = hash;
  EXPECT_TRUE(Apply({}, f.Delta()));
}

TEST(Limits, StopBeforeAllocation) {
  Fields huge;
  huge.target_size = 1ull << 62;
  EXPECT_EQ(Refusal(huge.Delta()).code, Code::kLimit);
  const Bytes delta = *Encode(AsBytes("abc"), AsBytes("abcd"));
  const auto code = [&](const Limits& limits) {
    const auto target = Apply(AsBytes("abc"), delta, limits);
    return target ? Code{} : target.error().code;
  };
  EXPECT_EQ(code({.max_target = 4}), Code{});
  EXPECT_EQ(code({.max_target = 3}), Code::kLimit);
  EXPECT_EQ(code({.max_source = 2}), Code::kLimit);
  EXPECT_EQ(code({.max_delta = 10}), Code::kLimit);
}

// A gigabyte that a few bytes claim is not allocated before it is decoded.
TEST(Limits, AClaimedSizeAloneCostsLittle) {
  Fields f;
  f.target_size = (1u << 30) - 1;
  EXPECT_EQ(Refusal(f.Delta()).code, Code::kCorrupt);
}

// ---- native images, end to end with our own encoder

struct PeCase {
  Bytes source, delta, target;
};

PeCase MakePe(const Bytes& source, std::uint32_t type, std::uint64_t flags,
              const PreprocessFields& p, const PipelineVariant& variant = {}) {
  const Bytes preprocess = WritePreprocess(p);
  const auto normalised =
      NormaliseSource(source, *ReadPreprocess(preprocess, Limits{}), flags, variant, Limits{});
  EXPECT_TRUE(normalised);
  PeCase c{source, {}, normalised->image};
  c.target.insert(c.target.end() - 8, 5, std::byte{0x55});
  Bytes encoded = c.target;
  if ((flags & kFlagE8) != 0) UndoE8Pass(encoded, kE8Tail);
  const Bytes patch = EncodePatch(normalised->image, encoded, false);
  const Bytes hash = ComputeHash(kHashSha256, c.target);
  DeltaFields f;
  f.file_type_set = 0xF;
  f.file_type = type;
  f.flags = flags;
  f.target_size = c.target.size();
  f.hash_algorithm = kHashSha256;
  f.target_hash = hash;
  f.preprocess = preprocess;
  f.patch = patch;
  c.delta = AssembleDelta(f);
  return c;
}

const PreprocessFields kMove{.image_base = 0x30000000,
                             .time_stamp = 0x4D5E6F70,
                             .target_layout = {{0, 0}, {0x1000, 0x400}, {0x2000, 0x600}},
                             .source_to_target = {{0, 0}, {0x1100, 0x1110}, {0x2080, 0x20A0}}};

TEST(PeDelta, X86AndX64RoundTripWithAllTransforms) {
  for (const auto& c : {MakePe(SampleX86Image(), kFileTypeI386, 0x2E1FE, kMove),
                        MakePe(SampleX86Image(), kFileTypeI386, 0x2E1FF, kMove),
                        MakePe(SampleAmd64Image(), kFileTypeAmd64, 0x2E63E, kMove)}) {
    const auto target = Apply(c.source, c.delta);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(*target, c.target);
    EXPECT_NE(c.source, c.target);
  }
}

TEST(PeDelta, HeaderFieldsAreTheTargets) {
  const PeCase c = MakePe(SampleX86Image(), kFileTypeI386, 0x2E1FE, kMove);
  EXPECT_EQ(Get32(c.target, PeBuilder::time_stamp_at()), 0x4D5E6F70u);
  EXPECT_EQ(Get32(c.target, PeBuilder(kMachineI386).checksum_at()), 0u);
  EXPECT_EQ(Get32(c.target, PeBuilder(kMachineI386).image_base_at()), 0x30000000u);
}

// Mixed pairs carry an all-zero descriptor, and the pipeline runs all the same.
TEST(PeDelta, AnEmptyDescriptorStillNormalises) {
  const PeCase c = MakePe(SampleX86Image(), kFileTypeI386, 0x2E1FE, {});
  EXPECT_EQ(Get32(c.target, PeBuilder(kMachineI386).image_base_at()), 0u);
  EXPECT_EQ(Get32(c.target, 0x400 + 0x51), kDataRva + 0x10);  // relocated to base 0
  EXPECT_EQ(Apply(c.source, c.delta).value(), c.target);
}

TEST(PeDelta, OtherReadingsAreTriedWhenTheHashAsksForThem) {
  Bytes data(0x100);
  Put32(data, 8, PeBuilder::kBase + 0x1010);
  PeBuilder pe(kMachineI386);
  pe.Section(".data", kTextRva, data, kDataSection);
  const PeCase c =
      MakePe(pe.Build(), kFileTypeI386, 0x2E1FE, kMove, {.scan_without_relocations = false});
  EXPECT_EQ(Get32(c.target, 0x408), PeBuilder::kBase + 0x1010);
  EXPECT_EQ(Apply(c.source, c.delta).value(), c.target);
}

TEST(PeDelta, RefusesSourcesThatTheTransformsDoNotKnow) {
  const PeCase c = MakePe(SampleX86Image(), kFileTypeI386, 0x2E1FE, kMove);
  EXPECT_EQ(Refusal(c.delta, AsBytes("plain text, not an image")).code, Code::kCorrupt);
  EXPECT_EQ(Refusal(c.delta).code, Code::kCorrupt);
  for (const auto& [machine, flag, name] : {std::tuple{0x1C4u, 0x80000u, "ARM"},
                                            {0xAA64u, 0x1000000u, "ARM64"},
                                            {0x200u, 0x800u, "IA64"}}) {
    Bytes other = c.source;
    Put(other, PeBuilder::kPeAt + 4, static_cast<std::uint16_t>(machine));
    const PeCase code = MakePe(c.source, kFileTypeI386, 0x2E1FE | flag, kMove);
    EXPECT_EQ(Refusal(code.delta, other).code, Code::kUnsupported) << name;
    EXPECT_THAT(Refusal(code.delta, other).message, HasSubstr(name));
  }
}

// Nothing of an ARM64 image's code is touched when the flags do not ask for it: the transforms of
// its tables are those of every machine.
TEST(PeDelta, TablesOfOtherMachinesNeedAHashToJudge) {
  Bytes source = SampleAmd64Image();
  Put(source, PeBuilder::kPeAt + 4, kMachineArm64);
  const PeCase c = MakePe(source, kFileTypeCli4Arm64, 0x2003E, kMove, {.judged = true});
  EXPECT_EQ(Apply(c.source, c.delta).value(), c.target);
  const auto parsed = ReadPreprocess(WritePreprocess(kMove), Limits{});
  EXPECT_EQ(NormaliseSource(source, *parsed, 0x2003E, {}, Limits{}).error().code,
            Code::kUnsupported);
}

TEST(PeDelta, RefusesTruncatedManagedRecordsAndTrailingBits) {
  PreprocessFields managed = kMove;
  managed.cli_metadata = true;  // and nothing behind the bit
  EXPECT_FALSE(ReadPreprocess(WritePreprocess(managed), Limits{}));
  Bytes longer = WritePreprocess(kMove);
  longer.push_back(std::byte{0});
  EXPECT_EQ(ReadPreprocess(longer, Limits{}).error().code, Code::kCorrupt);
  EXPECT_FALSE(ReadPreprocess({}, Limits{}));
}

// ---- E8

TEST(E8, TranslatesOperandsInsideTheTarget) {
  Bytes t(100);
  t[10] = std::byte{0xE8};
  Put32(t, 11, 50);  // absolute 50 -> relative 40
  t[20] = std::byte{0xE8};
  Put32(t, 21, static_cast<std::uint32_t>(-5));  // -> 95
  t[30] = std::byte{0xE8};
  Put32(t, 31, static_cast<std::uint32_t>(-31));  // below -30: stays
  t[40] = std::byte{0xE8};
  Put32(t, 41, 100);  // the size: stays
  Bytes passed = t;
  ApplyE8Pass(passed, kE8Tail);
  EXPECT_EQ(Get32(passed, 11), 40u);
  EXPECT_EQ(Get32(passed, 21), 95u);
  EXPECT_EQ(Get32(passed, 31), static_cast<std::uint32_t>(-31));
  EXPECT_EQ(Get32(passed, 41), 100u);
  UndoE8Pass(passed, kE8Tail);
  EXPECT_EQ(passed, t);
}

TEST(E8, StepsOverTheOperandAlsoWhenItStays) {
  Bytes t(40);
  t[4] = std::byte{0xE8};
  Put32(t, 5, 0x00E80000);  // too far; the E8 inside is no opcode
  Bytes passed = t;
  ApplyE8Pass(passed, kE8Tail);
  EXPECT_EQ(passed, t);
}

TEST(E8, TailsAndTinyTargets) {
  Bytes t(20);
  t[12] = std::byte{0xE8};
  Put32(t, 13, 15);
  Bytes four = t, ten = t;
  ApplyE8Pass(four, kE8Tail);
  ApplyE8Pass(ten, kE8OtherTail);
  EXPECT_EQ(Get32(four, 13), 3u);
  EXPECT_EQ(ten, t);
  for (std::size_t size = 0; size < 8; ++size) {
    Bytes tiny(size, std::byte{0xE8});
    ApplyE8Pass(tiny, kE8Tail);
    UndoE8Pass(tiny, kE8OtherTail);
  }
}

TEST(E8, UndoIsTheInverseOnRandomBytes) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    Bytes t = RandomBytes(seed, 400);
    for (std::size_t i = seed % 7; i < t.size(); i += 9) {
      t[i] = std::byte{0xE8};
      if (i + 4 < t.size()) Put32(t, i + 1, static_cast<std::uint32_t>(i * 7919 % 900) - 400);
    }
    Bytes passed = t;
    UndoE8Pass(passed, kE8Tail);
    ApplyE8Pass(passed, kE8Tail);
    EXPECT_EQ(passed, t);
  }
}

// The bit is set, the target is no x86 image: by default no pass, and the hash may ask for one.
TEST(E8, OtherTargetsAreLeftUnlessTheHashSaysOtherwise) {
  Bytes target(64);
  target[8] = std::byte{0xE8};
  Put32(target, 9, 40);
  Fields f;
  f.flags |= kFlagE8;
  f.target_size = target.size();
  f.patch_bytes = EncodePatch({}, target, true);
  EXPECT_EQ(Apply({}, f.Delta()).value(), target);
  Bytes passed = target;
  ApplyE8Pass(passed, kE8Tail);
  const auto hash = Sha256(passed);
  f.hash_algorithm = kHashSha256;
  f.target_hash = hash;
  EXPECT_EQ(Apply({}, f.Delta()).value(), passed);
}

}  // namespace
}  // namespace ww::delta
