#include "wimwright/cab/cabinet_signature.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "test_cabinet.h"
#include "wimwright/cab/update_package.h"

namespace ww::cab {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kSize = 300, kBlob = 40;

template <typename T>
Bytes With(Bytes bytes, std::size_t at, T value) {
  StoreLe<T>(bytes.data() + at, value);
  return bytes;
}

// A header of signed form over nothing in particular.
Bytes Signed() {
  Bytes bytes(kSize + kBlob, std::byte{0x55});
  StoreLe<std::uint32_t>(bytes.data(), 0x4643534D);
  StoreLe<std::uint32_t>(bytes.data() + 8, kSize);
  StoreLe<std::uint16_t>(bytes.data() + 30, 4);
  StoreLe<std::uint32_t>(bytes.data() + 36, 20);
  StoreLe<std::uint32_t>(bytes.data() + 40, 0x00100000);
  StoreLe<std::uint32_t>(bytes.data() + 44, kSize);
  StoreLe<std::uint32_t>(bytes.data() + 48, kBlob);
  return bytes;
}

Result<std::optional<CabinetSignature>> Find(const Bytes& bytes) {
  return FindCabinetSignature(*MakeMemoryFile(bytes));
}

Bytes Covered(const Bytes& bytes) {
  Bytes out;
  const auto signature = Find(bytes);
  if (!signature || !*signature) return out;
  EXPECT_TRUE(HashSignedBytes(*MakeMemoryFile(bytes), **signature,
                              [&out](ByteView piece) { Append(out, piece); }));
  return out;
}

TEST(CabinetSignature, IsFoundBehindTheCabinet) {
  const auto signature = Find(Signed());
  ASSERT_TRUE(signature && *signature);
  EXPECT_EQ((*signature)->offset, kSize);
  EXPECT_EQ((*signature)->size, kBlob);
}

TEST(CabinetSignature, IsAbsentWhereTheHeaderNamesNone) {
  const auto absent = [](const Bytes& bytes) {
    const auto signature = Find(bytes);
    return signature && !*signature;
  };
  EXPECT_TRUE(absent({}));
  EXPECT_TRUE(absent(Bytes(59)));
  EXPECT_TRUE(absent(Bytes(500)));
  EXPECT_TRUE(absent(test::StoredCabinet({{"a.txt", std::string(100, 'a')}})));
  EXPECT_TRUE(absent(With<std::uint16_t>(Signed(), 30, 0)));         // no reserved area
  EXPECT_TRUE(absent(With<std::uint16_t>(Signed(), 36, 19)));        // too small a one
  EXPECT_TRUE(absent(With<std::uint32_t>(Signed(), 40, 0x100001)));  // with something else in it
  EXPECT_TRUE(absent(With<std::uint32_t>(Signed(), 48, 0)));         // prepared, not signed
}

TEST(CabinetSignature, HasOneFormOnly) {
  auto longer = Signed();
  longer.push_back(std::byte{0});
  auto shorter = Signed();
  shorter.pop_back();
  const auto moved =
      With<std::uint32_t>(With<std::uint32_t>(Signed(), 44, kSize + 8), 48, kBlob - 8);
  const auto inside = With<std::uint32_t>(With<std::uint32_t>(Signed(), 44, 40), 8, 40);
  for (const auto& bytes :
       {longer, shorter, moved, With<std::uint32_t>(inside, 48, kSize + kBlob - 40),
        With<std::uint16_t>(Signed(), 36, 24),  // tables would begin elsewhere
        With<std::uint8_t>(Signed(), 38, 1),    // folders would be longer
        With<std::uint8_t>(Signed(), 39, 1),    // blocks would be longer
        With<std::uint32_t>(Signed(), 44, 0xFFFFFFFF),
        With<std::uint32_t>(Signed(), 48, 0xFFFFFFFF)}) {
    const auto signature = Find(bytes);
    ASSERT_FALSE(signature);
    EXPECT_EQ(signature.error().code, Code::kCorrupt);
  }
}

TEST(CabinetSignature, CoversEveryByteThatSaysHowTheCabinetIsRead) {
  const auto whole = Covered(Signed());
  EXPECT_EQ(whole.size(), kSize - 26);
  // Reserved, or an index that only spanned sets have: nothing reads them.
  const std::set<std::size_t> ignored{4, 5, 6, 7, 34, 35, 52, 53, 54, 55};
  for (std::size_t at = 0; at < kSize; ++at) {
    auto changed = Signed();
    changed[at] ^= std::byte{0x80};
    EXPECT_EQ(Covered(changed) == whole, ignored.contains(at)) << at;
  }
}

TEST(CabinetSignature, HashingCanBeCancelled) {
  Cancellation cancellation;
  cancellation.Request();
  const auto status = HashSignedBytes(
      *MakeMemoryFile(Signed()), {kSize, kBlob}, [](ByteView) {}, cancellation);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kCancelled);
}

// Genuine signatures hold the digest of just these bytes: of MSUs, of the packages in them, and of
// what comes beside those.
TEST(CabinetSignature, OfGenuineFilesHoldsTheDigest) {
  const auto corpus = stdfs::path(WW_CORPUS) / "packages";
  if (!stdfs::exists(corpus)) GTEST_SKIP() << "no corpus beside the checkout";
  std::size_t found = 0;
  const auto check = [&found](const std::string& name, const File& file) {
    SCOPED_TRACE(name);
    const auto signature = FindCabinetSignature(file);
    ASSERT_TRUE(signature) << signature.error().message;
    if (!*signature) return;
    Sha1Hasher sha1;
    Sha256Hasher sha256;
    ASSERT_TRUE(HashSignedBytes(file, **signature, [&](ByteView bytes) {
      sha1.Update(bytes);
      sha256.Update(bytes);
    }));
    Bytes blob((*signature)->size);
    ASSERT_TRUE(file.ReadAt((*signature)->offset, blob));
    const auto one = sha1.Finish();
    const auto two = sha256.Finish();
    // In the signed content, which is at the beginning.
    const auto head = ByteView(blob).first(256);
    EXPECT_TRUE(std::search(head.begin(), head.end(), one.begin(), one.end()) != head.end() ||
                std::search(head.begin(), head.end(), two.begin(), two.end()) != head.end());
    ++found;
  };
  for (const auto& entry : stdfs::directory_iterator(corpus)) {
    const auto update = OpenUpdate(RealFileSystem(), entry.path(), {});
    ASSERT_TRUE(update) << update.error().message;
    for (const auto& source : update->sources) check(source.name, *source.file);
    if (update->container == nullptr) continue;
    const auto scan = update->container->Find("WSUSSCAN.cab");
    ASSERT_TRUE(scan);
    auto bytes = update->container->Read(*scan, 1 << 20);
    ASSERT_TRUE(bytes) << bytes.error().message;
    check("WSUSSCAN.cab", *MakeMemoryFile(*std::move(bytes)));
  }
  EXPECT_EQ(found, 7u);
}

}  // namespace
}  // namespace ww::cab
