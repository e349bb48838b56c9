// LZMS payloads: diff programs and what is put back into the images they make.
#include "payload.h"

#include <gtest/gtest.h>

#include "bsdiff.h"
#include "delta_test_support.h"
#include "encode_parts.h"
#include "encode_payload.h"
#include "encode_preprocess.h"
#include "finish.h"
#include "pe_restore.h"
#include "sample_images.h"

namespace ww::delta {
namespace {

void Step(Bytes& program, std::uint64_t add, std::uint64_t insert, std::uint64_t seek,
          std::string_view data) {
  AppendLe(program, add);
  AppendLe(program, insert);
  AppendLe(program, seek);
  Append(program, AsBytes(data));
}
constexpr std::uint64_t kMinus = 1ull << 63;

std::string Ran(std::string_view source, const Bytes& program, std::uint64_t size) {
  const auto target = RunDiffProgram(AsBytes(source), program, size);
  return target ? std::string(AsText(*target)) : target.error().message;
}
Code CodeOf(const Bytes& program, std::uint64_t size) {
  const auto target = RunDiffProgram(AsBytes("abcdef"), program, size);
  return target ? Code{} : target.error().code;
}

TEST(DiffProgram, AddsInsertsAndSeeks) {
  Bytes program;
  Step(program, 3, 1, 2, std::string_view("\0\1\0-", 4));  // abc -> acc, then "-", on to f
  Step(program, 1, 0, kMinus | 6, std::string_view("\0", 1));
  Step(program, 2, 2, 0, std::string_view("\0\0!!", 4));
  EXPECT_EQ(Ran("abcdef", program, 9), "acc-fab!!");
}

TEST(DiffProgram, BeyondTheSourceAreZeros) {
  Bytes program;
  Step(program, 0, 0, kMinus | 2, "");
  Step(program, 4, 0, 1000, "wxyz");  // two before the source, two in it
  Step(program, 2, 0, 0, "mn");
  std::string expected = "wx";
  expected += static_cast<char>('y' + 1);
  expected += static_cast<char>('z' + 2);
  EXPECT_EQ(Ran("\1\2", program, 6), expected + "mn");
}

TEST(DiffProgram, RefusesWhatDoesNotFit) {
  Bytes over;
  Step(over, 3, 3, 0, "abcdef");
  EXPECT_EQ(CodeOf(over, 5), Code::kCorrupt);
  EXPECT_EQ(CodeOf(over, 7), Code::kCorrupt);
  EXPECT_EQ(CodeOf(over, 6), Code{});
  Bytes huge;
  Step(huge, kMinus - 1, kMinus - 1, 0, "");
  EXPECT_EQ(CodeOf(huge, 6), Code::kCorrupt);
  Bytes negative;
  Step(negative, kMinus | 1, 0, 0, "");
  EXPECT_EQ(CodeOf(negative, 6), Code::kCorrupt);
  Bytes cut;
  Step(cut, 6, 0, 0, "abc");
  EXPECT_EQ(CodeOf(cut, 6), Code::kCorrupt);
  cut.resize(10);
  EXPECT_EQ(CodeOf(cut, 6), Code::kCorrupt);
  EXPECT_EQ(CodeOf({}, 0), Code{});
}

TEST(DiffProgram, OnlyWholeStepsHaveItsSize) {
  EXPECT_TRUE(IsDiffProgramSize(124, 100));
  EXPECT_TRUE(IsDiffProgramSize(100, 100));
  EXPECT_FALSE(IsDiffProgramSize(101, 100));
  EXPECT_FALSE(IsDiffProgramSize(76, 100));
}

// ---- what is put back

Preprocess Describe(const Bytes& image) {
  Preprocess p;
  p.image_base = 0x30000000;
  p.time_stamp = 0x4D5E6F70;
  p.target_layout = RiftTable({{0, 0}, {0x1000, 0x400}, {0x2000, 0x600}, {0x3000, 0x800}});
  static_cast<void>(image);
  return p;
}

TEST(Restore, AfterADiffProgramTheDescriptorHolds) {
  const Bytes source = SampleX86Image();
  const PeBuilder pe(kMachineI386);
  Bytes target = source;
  Put32(target, pe.checksum_at(), 0);
  Put32(target, pe.section_header_at(0) + kSectionRawOffset, 0x9999);
  Put32(target, pe.section_header_at(1) + kSectionRawSize, 0);
  Put32(target, pe.optional_at() + 36, 0x200);  // FileAlignment
  RestoreAfterDiff(target, Describe(source), true);
  EXPECT_EQ(Get32(target, PeBuilder::time_stamp_at()), 0x4D5E6F70u);
  EXPECT_EQ(Get32(target, pe.image_base_at()), 0x30000000u);
  EXPECT_EQ(Get32(target, pe.section_header_at(0) + kSectionRawOffset), 0x400u);
  EXPECT_EQ(Get32(target, pe.section_header_at(0) + kSectionRawSize), 0x200u);
  EXPECT_EQ(Get32(target, pe.section_header_at(1) + kSectionRawSize), 0x200u);
  // The last one: its virtual size, rounded up.
  EXPECT_EQ(Get32(target, pe.section_header_at(2) + kSectionRawSize), 0x200u);
  const auto checksum = Get32(target, pe.checksum_at());
  Put32(target, pe.checksum_at(), 0);
  EXPECT_EQ(checksum, PeChecksum(target));
}

TEST(Restore, TheChecksumIsTheDescriptorsWhereTheSourceHadNone) {
  const PeBuilder pe(kMachineI386);
  Bytes target = SampleX86Image();
  Preprocess p = Describe(target);
  p.global_pointer = 0x1234;
  RestoreAfterDiff(target, p, false);
  EXPECT_EQ(Get32(target, pe.checksum_at()), 0x22222222u);  // the payload told one
  Put32(target, pe.checksum_at(), 0);
  RestoreAfterDiff(target, p, false);
  EXPECT_EQ(Get32(target, pe.checksum_at()), 0x1234u);
}

TEST(Restore, AnEmptyDescriptorAndOtherFilesStay) {
  Bytes target = SampleX86Image();
  RestoreAfterDiff(target, Preprocess{}, true);
  EXPECT_EQ(target, SampleX86Image());
  Bytes text = ToBytes("MZ, but no image");
  RestoreAfterDiff(text, Describe(text), true);
  RestoreTimeStamps(text, 1, 2);
  EXPECT_EQ(AsText(text), "MZ, but no image");
}

TEST(Restore, SectionsWithoutRawDataAreNoBorder) {
  PeBuilder pe(kMachineAmd64);
  pe.Section(".a", 0x1000, Bytes(0x200), kCodeSection);
  pe.Section(".bss", 0x2000, {}, kDataSection, 0x300);
  pe.Section(".c", 0x3000, Bytes(0x200), kDataSection);
  Bytes target = pe.Build();
  Put32(target, pe.section_header_at(1) + kSectionRawOffset, 0);
  Preprocess p = Describe(target);
  p.target_layout = RiftTable({{0, 0}, {0x1000, 0x400}, {0x3000, 0x600}});
  RestoreAfterDiff(target, p, true);
  EXPECT_EQ(Get32(target, pe.section_header_at(0) + kSectionRawSize), 0x200u);
  EXPECT_EQ(Get32(target, pe.section_header_at(1) + kSectionRawSize), 0u);
  EXPECT_EQ(Get32(target, pe.section_header_at(2) + kSectionRawOffset), 0x600u);
}

// A debug directory in the data section at 0x150: one entry with 12 bytes of data at file offset
// 0x5A0.
Bytes WithStamps(std::uint32_t header_stamp, std::uint32_t stamp) {
  Bytes image = SampleX86Image();
  const PeBuilder pe(kMachineI386);
  Put32(image, PeBuilder::time_stamp_at(), header_stamp);
  Put32(image, 0x600 + 0xC0 + 4, stamp);  // export directory
  const std::uint32_t debug = 0x600 + 0x190;
  Put32(image, pe.directories_at() + 8 * kDirDebug, kDataRva + 0x190);
  Put32(image, pe.directories_at() + 8 * kDirDebug + 4, 28);
  Put32(image, debug + 4, stamp);
  Put32(image, debug + 16, 12);
  Put32(image, debug + 24, 0x5A0);
  Put32(image, 0x5A1, stamp);
  Put32(image, 0x5A6, stamp);
  return image;
}

TEST(Restore, TimeStampsOfADirectPayload) {
  Bytes target = WithStamps(7, 7);
  RestoreTimeStamps(target, 7, 9);
  EXPECT_EQ(target, WithStamps(9, 9));
  // A header that has its own stamp already: only the directories.
  Bytes other = WithStamps(5, 7);
  RestoreTimeStamps(other, 7, 9);
  EXPECT_EQ(Get32(other, PeBuilder::time_stamp_at()), 5u);
  EXPECT_EQ(Get32(other, 0x600 + 0xC0 + 4), 9u);
  EXPECT_EQ(Get32(other, 0x5A1), 7u);
  Bytes none = WithStamps(0, 0);
  RestoreTimeStamps(none, 0, 9);
  EXPECT_EQ(none, WithStamps(0, 0));
}

// ---- whole deltas

Bytes Assemble(ByteView source, ByteView payload_target, ByteView target, bool diff,
               const Preprocess& p) {
  const Bytes preprocess = WritePreprocess(p);
  const Bytes payload = *WriteCompressionContainer(
      ContainerCodec::kLzms,
      diff ? ByteView(WriteDiffProgram(source, payload_target)) : payload_target);
  const auto hash = Sha256(target);
  DeltaFields f;
  f.pa31 = true;
  f.file_type_set = 0xF5;
  f.file_type = kFileTypeI386;
  f.flags = 0x1A06E1FE;
  f.target_size = target.size();
  f.hash_algorithm = kHashSha256;
  f.target_hash = hash;
  f.preprocess = preprocess;
  f.patch = payload;
  return AssembleDelta(f);
}

TEST(Payload, RestoredFieldsAreJudgedByTheHash) {
  const Bytes source = WithStamps(7, 7);
  const Bytes before = WithStamps(7, 7);
  const Bytes after = WithStamps(0x4D5E6F70, 0x4D5E6F70);
  const Preprocess p = Describe(source);
  // As the payload tells it, and with the stamps put back: the hash tells which was meant.
  EXPECT_EQ(Apply(source, Assemble(source, before, after, false, p)).value(), after);
  EXPECT_EQ(Apply(source, Assemble(source, before, before, false, p)).value(), before);
  const Bytes other = WithStamps(3, 3);
  EXPECT_EQ(Apply(source, Assemble(source, before, other, false, p)).error().code,
            Code::kVerificationFailed);
}

// A payload that is the target asks nothing of the source.
TEST(Payload, ATargetNeedsNoTransforms) {
  Bytes source = SampleAmd64Image();
  Put(source, PeBuilder::kPeAt + 4, kMachineArm64);
  Bytes delta = Assemble(source, source, source, false, Preprocess{});
  EXPECT_EQ(Apply(source, delta).value(), source);
  EXPECT_EQ(Apply(AsBytes("no image"), delta).value(), source);
}

TEST(Payload, ContainersOfAnImpossibleSizeAreRefusedUnexpanded) {
  DeltaFields f;
  const Bytes payload = *WriteCompressionContainer(ContainerCodec::kLzms, Bytes(1000));
  f.patch = payload;
  f.target_size = 999;
  EXPECT_EQ(Apply({}, AssembleDelta(f)).error().code, Code::kCorrupt);
  f.target_size = 2000;
  EXPECT_EQ(Apply({}, AssembleDelta(f)).error().code, Code::kCorrupt);
  const Bytes xpress = *WriteCompressionContainer(ContainerCodec::kXpressHuffman, Bytes(1000));
  f.patch = xpress;
  f.target_size = 1000;
  EXPECT_EQ(Apply({}, AssembleDelta(f)).error().code, Code::kUnsupported);
}

}  // namespace
}  // namespace ww::delta
