// Branches in x86 code, x64 instructions and the exception directory.
#include <gtest/gtest.h>

#include "amd64_length.h"
#include "delta_test_support.h"
#include "pe_work.h"
#include "sample_images.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kText = 0x400;

Bytes CodeImage(std::string_view code, std::uint32_t at = 0x20, std::size_t size = 0x400) {
  Bytes text(size, std::byte{0x90});
  PutText(text, at, code);
  PeBuilder pe(kMachineI386);
  return pe.Section(".text", kTextRva, text, kCodeSection).Build();
}
void Jumps(PeWork& work) { TransformI386Jumps(work, {}); }
std::string At(const Bytes& image, std::uint32_t at, std::size_t size) {
  return ToHex(ByteView(image).subspan(kText + at, size));
}
// 0x20 of the text calls or jumps to RVA 0x1200.
constexpr std::string_view kJump("\xE9\xDB\x01\x00\x00", 5);
constexpr std::string_view kJz("\x0F\x84\xDA\x01\x00\x00", 6);
constexpr std::string_view kCall("\xE8\xDB\x01\x00\x00", 5);

TEST(I386Jumps, FollowTheirTarget) {
  EXPECT_EQ(At(Transform(CodeImage(kJump), Shift(0x1100, 0x10), Jumps).image, 0x20, 5),
            "e9eb010000");
  EXPECT_EQ(At(Transform(CodeImage(kJz), Shift(0x1100, 0x10), Jumps).image, 0x20, 6),
            "0f84ea010000");
  EXPECT_EQ(At(Transform(CodeImage(kJump), Shift(0x3000, 0x10), Jumps).image, 0x20, 5),
            "e9db010000");
}

TEST(I386Jumps, BecomeShortWhenTheyFit) {
  // The target moves down to 0x10 behind the jump.
  const RiftTable rift(std::vector<RiftEntry>{{0, 0}, {0x1100, 0x1100 - 0x1CB}});
  EXPECT_EQ(At(Transform(CodeImage(kJump), rift, Jumps).image, 0x20, 5), "eb10010000");
  EXPECT_EQ(At(Transform(CodeImage(kJz), rift, Jumps).image, 0x20, 6), "740fda010000");
}

TEST(I386Jumps, StayLongWhenTheFirstByteIsMarked) {
  const RiftTable rift(std::vector<RiftEntry>{{0, 0}, {0x1100, 0x1100 - 0x1CB}});
  const auto r = Transform(CodeImage(kJz), rift, Jumps,
                           [](PeWork& w) { w.marks.Set(kText + 0x20, 1, kMarkHandled); });
  EXPECT_EQ(At(r.image, 0x20, 6), "0f840f000000");
}

TEST(I386Jumps, LeaveShortDistancesMarkedBytesAndDataAlone) {
  const auto rift = Shift(0x1028, 0x10);
  const std::string_view close("\xE9\x7F\x00\x00\x00", 5);
  EXPECT_EQ(At(Transform(CodeImage(close), rift, Jumps).image, 0x20, 5), "e97f000000");
  const std::string_view farther("\xE9\x80\x00\x00\x00", 5);
  EXPECT_EQ(At(Transform(CodeImage(farther), rift, Jumps).image, 0x20, 5), "e990000000");
  const std::string_view back("\xE9\x80\xFF\xFF\xFF", 5);  // -128
  EXPECT_EQ(At(Transform(CodeImage(back, 0x220), Shift(0x1220, 0x1000), Jumps).image, 0x220, 5),
            "e980ffffff");

  for (const std::uint32_t marked :
       {0x20u, 0x24u, 0x200u}) {  // own first and last byte, the target
    const auto r = Transform(CodeImage(kJump), rift, Jumps,
                             [&](PeWork& w) { w.marks.Set(kText + marked, 1, kMarkHandled); });
    EXPECT_EQ(At(r.image, 0x20, 5), "e9db010000") << marked;
  }
  const std::string_view nowhere("\xE9\xDB\x10\x00\x00", 5);  // beyond the section
  EXPECT_EQ(At(Transform(CodeImage(nowhere), rift, Jumps).image, 0x20, 5), "e9db100000");
}

TEST(I386Jumps, TheLastByteOfASectionBelongsToAnotherReading) {
  const std::string_view jump("\xE9\x00\xFE\xFF\xFF",
                              5);  // from 0x3FB, ends the section: to 0x1200
  const RiftTable rift(std::vector<RiftEntry>{{0, 0}, {0x1300, 0x1310}});
  const Bytes source = CodeImage(jump, 0x3FB);
  EXPECT_EQ(Transform(source, rift, Jumps).image, source);
  const auto r = Transform(source, rift, [](PeWork& w) {
    TransformI386Jumps(w, PipelineVariant{.jumps_to_section_end = true});
  });
  EXPECT_EQ(At(r.image, 0x3FB, 5), "e9f0fdffff");
}

TEST(I386Calls, FollowTheirTarget) {
  const auto rift = Shift(0x1100, 0x10);
  EXPECT_EQ(At(Transform(CodeImage(kCall), rift, TransformI386Calls).image, 0x20, 5), "e8eb010000");
  // Also near ones, and up to the section's last byte.
  const std::string_view close("\xE8\x10\x00\x00\x00", 5);
  EXPECT_EQ(At(Transform(CodeImage(close), Shift(0x1030, 4), TransformI386Calls).image, 0x20, 5),
            "e814000000");
  const std::string_view last("\xE8\x00\xFE\xFF\xFF", 5);
  EXPECT_EQ(
      At(Transform(CodeImage(last, 0x3FB), Shift(0x1300, 16), TransformI386Calls).image, 0x3FB, 5),
      "e8f0fdffff");
}

TEST(I386Calls, LeaveMarkedBytesAndTargetsAlone) {
  for (const std::uint32_t marked : {0x20u, 0x24u, 0x200u}) {
    const auto r = Transform(CodeImage(kCall), Shift(0x1100, 0x10), TransformI386Calls,
                             [&](PeWork& w) { w.marks.Set(kText + marked, 1, kMarkHandled); });
    EXPECT_EQ(At(r.image, 0x20, 5), "e8db010000") << marked;
  }
}

// A false call inside an import name would be rewritten if the name were not marked.
TEST(I386Calls, DoNotTouchImportNames) {
  Bytes text(0x400, std::byte{0x90});
  Put32(text, 0, kTextRva + 0x40);
  Put32(text, 12, kTextRva + 0x30);
  Put32(text, 16, kTextRva + 0x40);
  Put32(text, 0x14, 0);
  for (std::uint32_t i = 20; i < 40; ++i) text[i] = std::byte{0};
  PutText(text, 0x30, std::string_view("a.dll\0", 6));
  Put32(text, 0x40, kTextRva + 0x50);
  Put32(text, 0x44, 0);
  PutText(text, 0x50, std::string_view("\x01\x00nam\xE8\xAA\x01\x00\x00\x00", 11));
  PeBuilder pe(kMachineI386);
  pe.Section(".text", kTextRva, text, kCodeSection).Directory(kDirImport, kTextRva, 40);
  const auto rift = Shift(0x1100, 0x10);
  const auto r = Transform(pe.Build(), rift, [](PeWork& w) {
    TransformImports(w);
    TransformI386Calls(w);
  });
  EXPECT_EQ(At(r.image, 0x55, 5), "e8aa010000");
  const auto unmarked = Transform(pe.Build(), rift, TransformI386Calls);
  EXPECT_EQ(At(unmarked.image, 0x55, 5), "e8ba010000");
}

TEST(MarkerMap, X86CodeIsWhatSectionsExecute) {
  const Bytes image = SampleX86Image();
  const auto r = Transform(image, {}, [](PeWork& w) { BuildMarkerMap(w, FileToRva(w.view)); });
  EXPECT_TRUE(r.marks.Any(0, 1, kMarkProtected));            // headers
  EXPECT_FALSE(r.marks.Any(0x400, 0x200, kMarkHandled));     // .text
  EXPECT_TRUE(r.marks.Any(0x600 + 0x1F0, 1, kMarkHandled));  // data is no code ...
  EXPECT_FALSE(r.marks.Any(0x600 + 0x1F0, 1, kMarkProtected));
  EXPECT_TRUE(
      r.marks.Any(0x600 + 0x100, 1, kMarkProtected));  // ... but only directories are protected
}

TEST(MarkerMap, X64ImagesStartUnmarked) {
  const auto r =
      Transform(SampleAmd64Image(), {}, [](PeWork& w) { BuildMarkerMap(w, FileToRva(w.view)); });
  EXPECT_FALSE(r.marks.Any(0x600 + 0x1F0, 1, kMarkHandled));
  EXPECT_TRUE(r.marks.Any(0x800, 12, kMarkProtected));  // the exception directory
}

// ---- x64

struct LengthCase {
  const char* bytes;
  unsigned length;
  unsigned relative;
};

class Amd64Length : public testing::TestWithParam<LengthCase> {};

TEST_P(Amd64Length, IsWhatTheTableSays) {
  // Zeros behind the instruction: nothing there may count.
  Bytes window = Hex(GetParam().bytes);
  window.resize(15);
  const auto i = DecodeAmd64(window);
  EXPECT_EQ(i.length, GetParam().length) << GetParam().bytes;
  EXPECT_EQ(i.relative, GetParam().relative) << GetParam().bytes;
}

INSTANTIATE_TEST_SUITE_P(
    Instructions, Amd64Length,
    testing::Values(
        LengthCase{"90", 1, 0}, LengthCase{"c3", 1, 0}, LengthCase{"4889c8", 3, 0},
        LengthCase{"488b0512345678", 7, 3},           // mov rax,[rip+d]
        LengthCase{"48c7051234567801020304", 11, 3},  // with imm32 behind the field
        LengthCase{"66c705123456780102", 9, 3},       // imm16
        LengthCase{"c6051234567801", 7, 2},           // imm8
        LengthCase{"ff1512345678", 6, 2},             // call [rip+d]
        LengthCase{"e812345678", 5, 1}, LengthCase{"e912345678", 5, 1}, LengthCase{"eb10", 2, 0},
        LengthCase{"7410", 2, 0}, LengthCase{"0f8412345678", 6, 2},
        LengthCase{"480f84123456", 7, 3},    // REX before a branch
        LengthCase{"8b0424", 3, 0},          // SIB
        LengthCase{"8b042578563412", 7, 0},  // SIB without base: absolute
        LengthCase{"8b442408", 4, 0}, LengthCase{"8b8078563412", 6, 0},
        LengthCase{"48b80102030405060708", 10, 0}, LengthCase{"b801020304", 5, 0},
        LengthCase{"66b80102", 4, 0}, LengthCase{"48a10102030405060708", 10, 0},
        LengthCase{"67a101020304", 6, 0}, LengthCase{"6601c8", 3, 0}, LengthCase{"66050102", 4, 0},
        LengthCase{"66480501020304", 7, 0},  // W wins over 66
        LengthCase{"f6c001", 3, 0}, LengthCase{"f6d0", 2, 0}, LengthCase{"f7c001020304", 6, 0},
        LengthCase{"f7d8", 2, 0}, LengthCase{"66f7c00102", 5, 0},
        LengthCase{"f60512345678aa", 7, 2}, LengthCase{"c20800", 3, 0},
        LengthCase{"c8010203", 4, 0}, LengthCase{"6bc001", 3, 0}, LengthCase{"69c001020304", 6, 0},
        LengthCase{"83ec28", 3, 0}, LengthCase{"f30f10051234", 8, 4}, LengthCase{"0fbae007", 4, 0},
        LengthCase{"0fa2", 2, 0}, LengthCase{"0fc8", 2, 0}, LengthCase{"0fafc1", 3, 0},
        LengthCase{"f0480fb10d12345678", 9, 5},
        // where the library gives up
        LengthCase{"06", 1, 0}, LengthCase{"c5f877", 1, 0}, LengthCase{"0f3800c0", 2, 0},
        LengthCase{"0f3a0fc001", 2, 0}, LengthCase{"4848", 2, 0}, LengthCase{"4866", 2, 0},
        LengthCase{"48f3", 2, 0}, LengthCase{"82c001", 1, 0}, LengthCase{"0fb8c0", 2, 0},
        LengthCase{"9e", 1, 0}, LengthCase{"0f05", 2, 0}, LengthCase{"0f0b", 2, 0}),
    [](const auto& p) { return std::string(p.param.bytes); });

TEST(Amd64LengthWindow, EndsTheInstruction) {
  const Bytes call = Hex("e812345678");
  for (std::size_t size = 1; size < call.size(); ++size) {
    const auto i = DecodeAmd64(ByteView(call).first(size));
    EXPECT_EQ(i.length, 1u) << size;
    EXPECT_EQ(i.relative, 0u);
  }
  EXPECT_EQ(DecodeAmd64({}).length, 0u);
  EXPECT_EQ(DecodeAmd64(Bytes(15, std::byte{0x66})).length, 15u);
}

TEST(Amd64Code, FieldsFollowTheirTargets) {
  const auto r = Transform(SampleAmd64Image(), Shift(0x1080, 0x10), TransformAmd64Code);
  EXPECT_EQ(At(r.image, 0x10, 7), "488b0539100000");  // data moved by 0x10
  EXPECT_EQ(At(r.image, 0x20, 5), "e8ab000000");
}

TEST(Amd64Code, OnlyInsideFunctions) {
  Bytes source = SampleAmd64Image();
  Put32(source, 0x800 + 4, kTextRva + 0x20);  // ends before the call
  const auto r = Transform(source, Shift(0x1080, 0x10), TransformAmd64Code);
  EXPECT_EQ(At(r.image, 0x10, 7), "488b0539100000");
  EXPECT_EQ(At(r.image, 0x20, 5), "e89b000000");
}

TEST(Amd64Code, MarkedBytesAreSteppedOver) {
  const auto start = Transform(SampleAmd64Image(), Shift(0x1080, 0x10), TransformAmd64Code,
                               [](PeWork& w) { w.marks.Set(kText + 0x20, 1, kMarkHandled); });
  EXPECT_EQ(At(start.image, 0x20, 5), "e89b000000");
  const auto inside = Transform(SampleAmd64Image(), Shift(0x1080, 0x10), TransformAmd64Code,
                                [](PeWork& w) { w.marks.Set(kText + 0x22, 1, kMarkProtected); });
  EXPECT_EQ(At(inside.image, 0x20, 5), "e89b000000");
}

TEST(Amd64Code, OverlappingFunctionsExhaustTheBudget) {
  Bytes pdata(12 * 1000);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    Put32(pdata, 12 * i, kTextRva);
    Put32(pdata, 12 * i + 4, kTextRva + 0x10000);
  }
  PeBuilder pe(kMachineAmd64);
  pe.Section(".text", kTextRva, Bytes(0x10000), kCodeSection)
      .Section(".pdata", 0x20000, pdata, kDataSection);
  pe.Directory(kDirException, 0x20000, 12 * 1000);
  EXPECT_TRUE(Transform(pe.Build(), {}, TransformAmd64Code).exhausted);
}

TEST(Amd64Pdata, MapsEntriesAndHandler) {
  const auto r = Transform(SampleAmd64Image(), Shift(0x1030, 0x100), TransformAmd64Pdata);
  EXPECT_EQ(Get32(r.image, 0x800), kTextRva + 0x10);
  EXPECT_EQ(Get32(r.image, 0x804), kTextRva + 0x140);
  EXPECT_EQ(Get32(r.image, 0x808), kDataRva + 0x280);
  // One unwind code takes a slot of two: the handler stands at +8.
  EXPECT_EQ(Get32(r.image, 0x600 + 0x188), kTextRva + 0x180);
}

TEST(Amd64Pdata, UnwindInfoWithoutHandlerOrInTheDirectoryIsLeft) {
  Bytes plain = SampleAmd64Image();
  plain[0x600 + 0x180] = std::byte{0x01};  // version 1, no flags
  EXPECT_EQ(Get32(Transform(plain, Shift(0x1030, 0x100), TransformAmd64Pdata).image, 0x600 + 0x188),
            kTextRva + 0x80);
  Bytes inside = SampleAmd64Image();
  Put32(inside, 0x808, 0x3000);  // the directory itself
  const auto r = Transform(inside, Shift(0x1030, 0x100), TransformAmd64Pdata);
  EXPECT_EQ(Get32(r.image, 0x808), 0x3100u);
  EXPECT_EQ(Get32(r.image, 0x80C), 0u);
}

// ---- lock prefixes

// A load configuration at the start of the data section, whose list names `rvas`.
Bytes ImageWithLocks(const std::vector<std::uint32_t>& rvas) {
  Bytes data(0x100);
  Put32(data, 32, PeBuilder::kBase + kDataRva + 0x80);
  for (std::size_t i = 0; i < rvas.size(); ++i) {
    Put32(data, 0x80 + 4 * i, PeBuilder::kBase + rvas[i]);
  }
  PeBuilder pe(kMachineI386);
  pe.Section(".text", kTextRva, Bytes(0x100, std::byte{0x90}), kCodeSection);
  pe.Section(".data", kDataRva, data, kDataSection).Directory(kDirLoadConfig, kDataRva, 64);
  return pe.Build();
}

TEST(I386Locks, PrefixesOfTheListBecomeLocks) {
  const Bytes image = ImageWithLocks({kTextRva + 5, kTextRva + 9, 0x90000});
  EXPECT_TRUE(HasI386Locks(*PeView::Parse(image), image));
  const Bytes after = Transform(image, {}, SmashI386Locks).image;
  Bytes expected = image;
  expected[0x405] = expected[0x409] = std::byte{0xF0};
  EXPECT_EQ(after, expected);
}

TEST(I386Locks, EmptyAndAbsentListsAreNone) {
  const Bytes empty = ImageWithLocks({});
  EXPECT_FALSE(HasI386Locks(*PeView::Parse(empty), empty));
  EXPECT_EQ(Transform(empty, {}, SmashI386Locks).image, empty);
  const Bytes none = SampleX86Image();
  EXPECT_FALSE(HasI386Locks(*PeView::Parse(none), none));
}

TEST(I386Locks, AreTriedOnlyWhereThereAreSome) {
  const auto count = [](const Bytes& image, bool judged) {
    return VariantsFor(image, {}, 0x40, judged).size();
  };
  EXPECT_EQ(count(ImageWithLocks({kTextRva + 5}), true), 2u);
  EXPECT_EQ(count(ImageWithLocks({kTextRva + 5}), false), 1u);
  EXPECT_EQ(count(ImageWithLocks({}), true), 1u);
}

}  // namespace
}  // namespace ww::delta
