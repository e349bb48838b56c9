#include "wimwright/cbs/update_signature.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "wimwright/base/text.h"
#include "wimwright/cab/cabinet_signature.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/lab/lab.h"

namespace ww::cbs {
namespace {

namespace stdfs = std::filesystem;
using manifest::TrustStore;
using State = FileSignature::State;

constexpr const char* kMsu = "windows10.0-kb9000118-x86.msu";    // SHA-256, and the cabinet in it
constexpr const char* kCab = "windows10.0-kb9000115-x86.cab";    // SHA-256
constexpr const char* kOld = "windows6.1-kb9000202-x86.msu";     // SHA-1
constexpr const char* kPlain = "windows10.0-kb9000110-x86.msu";  // none

class UpdateSignature : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = stdfs::path(testing::TempDir()) / "ww_update_signature";
    stdfs::remove_all(dir_);
    lab::LabOptions options;
    options.preset = lab::Preset::kSmall;
    options.only = {kMsu, kCab, kOld, kPlain};
    const auto made =
        lab::CreateLab(RealFileSystem(), dir_, options, NullProgress(), NeverCancelled());
    ASSERT_TRUE(made) << made.error().message;
  }

  static TrustStore Lab() {
    auto trust = TrustStore::FromFile(RealFileSystem(), dir_ / "lab-ca.pem");
    EXPECT_TRUE(trust) << trust.error().message;
    return *std::move(trust);
  }

  static Bytes Read(const char* name) {
    auto bytes = ReadFile(RealFileSystem(), dir_ / "updates" / name, 64 << 20);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return *std::move(bytes);
  }

  static Result<UpdateSignatures> Check(const char* name, const TrustStore* trust) {
    WW_TRY(const auto update, cab::OpenUpdate(RealFileSystem(), dir_ / "updates" / name, {}), name);
    return CheckFileSignatures(update, trust);
  }

  static Result<UpdateSignatures> CheckBytes(ByteView bytes, const TrustStore* trust) {
    const auto path = dir_ / "changed.msu";
    stdfs::remove(path);
    WW_TRY(const auto file, RealFileSystem().CreateNew(path), "file");
    WW_RETURN_IF_ERROR(file->WriteAt(0, bytes));
    WW_TRY(const auto update, cab::OpenUpdate(RealFileSystem(), path, {}), "changed");
    return CheckFileSignatures(update, trust);
  }

  static void ExpectRefused(const Result<UpdateSignatures>& result, Hresult hresult) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kVerificationFailed) << result.error().message;
    EXPECT_EQ(result.error().hresult, hresult) << result.error().message;
    EXPECT_NE(result.error().message.find("the signature of changed.msu"), std::string::npos)
        << result.error().message;
  }

  static stdfs::path dir_;
};

stdfs::path UpdateSignature::dir_;

TEST_F(UpdateSignature, LeadsToTheTrustStore) {
  const auto trust = Lab();
  for (const char* name : {kMsu, kCab, kOld}) {
    SCOPED_TRACE(name);
    const auto found = Check(name, &trust);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->file.state, State::kVerified);
    EXPECT_EQ(found->file.signer, "O = wimwright lab (tests only), CN = wimwright lab signer");
    EXPECT_EQ(found->inside.size(), std::string_view(name) == kCab ? 0u : 1u);
    for (const auto& [inner, signature] : found->inside) {
      EXPECT_EQ(signature.state, State::kVerified) << inner;
    }
  }
}

TEST_F(UpdateSignature, IsSaidToBeAbsentOrNotChecked) {
  const auto trust = Lab();
  const auto plain = Check(kPlain, &trust);
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->file.state, State::kAbsent);
  EXPECT_EQ(plain->inside.begin()->second.state, State::kAbsent);
  EXPECT_EQ(Check(kMsu, nullptr)->file.state, State::kNotChecked);
  EXPECT_EQ(Check(kPlain, nullptr)->file.state, State::kAbsent);
}

TEST_F(UpdateSignature, OfAStrangerIsRefused) {
  const TrustStore nobody;
  const auto result = Check(kMsu, &nobody);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kVerificationFailed);
  EXPECT_EQ(result.error().hresult, kUntrustedRoot);
  EXPECT_NE(result.error().message.find(std::string("the signature of ") + kMsu), std::string::npos)
      << result.error().message;
}

TEST_F(UpdateSignature, DoesNotSurviveAChangedByte) {
  const auto trust = Lab();
  const auto whole = Read(kMsu);
  ASSERT_TRUE(CheckBytes(whole, &trust));
  const std::size_t end = LoadLe<std::uint32_t>(whole.data() + 8);
  // The identifier of the set, which nothing reads, and the date of the first member.
  const std::size_t first_file = LoadLe<std::uint32_t>(whole.data() + 16);
  for (const std::size_t at : {std::size_t{32}, first_file + 10}) {
    auto changed = whole;
    changed[at] ^= std::byte{1};
    ExpectRefused(CheckBytes(changed, &trust), kBadDigest);
  }
  // The digest that is signed, the signature at the end of the blob.
  for (const std::size_t at : {end + 130, whole.size() - 40}) {
    auto changed = whole;
    changed[at] ^= std::byte{1};
    ExpectRefused(CheckBytes(changed, &trust), kNoSignature);
  }
  auto cut = whole;
  cut.pop_back();
  ExpectRefused(CheckBytes(cut, &trust), kNoSignature);
}

TEST_F(UpdateSignature, OfAnotherFileIsABadDigest) {
  const auto trust = Lab();
  auto msu = Read(kMsu);
  const auto other = Read(kCab);
  msu.resize(LoadLe<std::uint32_t>(msu.data() + 8));
  const auto blob = ByteView(other).subspan(LoadLe<std::uint32_t>(other.data() + 8));
  Append(msu, blob);
  StoreLe<std::uint32_t>(msu.data() + 48, static_cast<std::uint32_t>(blob.size()));
  ExpectRefused(CheckBytes(msu, &trust), kBadDigest);
}

TEST_F(UpdateSignature, ThatWasTakenAwayIsAbsent) {
  const auto trust = Lab();
  auto bytes = Read(kMsu);
  bytes.resize(LoadLe<std::uint32_t>(bytes.data() + 8));
  StoreLe<std::uint32_t>(bytes.data() + 44, 0);
  StoreLe<std::uint32_t>(bytes.data() + 48, 0);
  const auto found = CheckBytes(bytes, &trust);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->file.state, State::kAbsent);
  // What is inside still has its own.
  EXPECT_EQ(found->inside.begin()->second.state, State::kVerified);
}

// Every certificate in a blob: whatever is a certificate from some byte on.
void AddCertificates(ByteView blob, TrustStore& trust) {
  for (std::size_t at = 0; at + 4 < blob.size(); ++at) {
    if (blob[at] != std::byte{0x30} || blob[at + 1] != std::byte{0x82}) continue;
    const auto size = (std::to_integer<std::size_t>(blob[at + 2]) << 8 |
                       std::to_integer<std::size_t>(blob[at + 3])) +
                      4;
    if (size <= blob.size() - at) static_cast<void>(trust.Add(blob.subspan(at, size)));
  }
}

TEST(GenuineSignature, OfMsusAndOfTheirCabinetsIsVerified) {
  const auto corpus = stdfs::path(WW_CORPUS) / "packages";
  if (!stdfs::exists(corpus)) GTEST_SKIP() << "no corpus beside the checkout";
  std::size_t verified = 0;
  for (const auto& entry : stdfs::directory_iterator(corpus)) {
    SCOPED_TRACE(entry.path().filename());
    const auto update = cab::OpenUpdate(RealFileSystem(), entry.path(), {});
    ASSERT_TRUE(update) << update.error().message;
    TrustStore trust;
    for (const auto& source : update->sources) {
      const auto signature = cab::FindCabinetSignature(*source.file);
      ASSERT_TRUE(signature);
      if (!*signature) continue;
      Bytes blob((*signature)->size);
      ASSERT_TRUE(source.file->ReadAt((*signature)->offset, blob));
      AddCertificates(blob, trust);
    }
    const auto found = CheckFileSignatures(*update, &trust);
    ASSERT_TRUE(found) << found.error().message;
    if (found->file.state == State::kVerified) {
      ++verified;
      EXPECT_TRUE(found->file.signing_time);
    }
    for (const auto& [name, signature] : found->inside) {
      EXPECT_EQ(signature.state, State::kVerified) << name;
      ++verified;
    }
  }
  EXPECT_EQ(verified, 5u);
}

}  // namespace
}  // namespace ww::cbs
