#include "wimwright/cbs/hydration.h"

#include <gmock/gmock.h>

#include <map>

#include "wimwright/cbs/hresult.h"
#include "wimwright/delta/encode.h"

namespace ww::cbs {
namespace {

using testing::HasSubstr;

// A text of some length, so that deltas are worth their name, and with something of its own
// throughout, so that no other version does in place of it.
std::string Text(std::string_view version) {
  std::string text;
  for (std::size_t i = 0; i < 200; ++i) {
    text += "line " + std::to_string(i * 7919);
    text += version[i % version.size()];
    if (i % 9 == version.size() % 9) text += version;
    text += '\n';
  }
  return text;
}

Bytes Delta(const std::string& from, const std::string& to) {
  return *delta::Encode(AsBytes(from), AsBytes(to), {.crc_prefix = true});
}

class Hydration : public testing::Test {
 protected:
  StoredFile Store(const std::string& path, ByteView content) {
    const auto hash = Sha1(content);
    contents_[hash] = ToBytes(content);
    return {path, hash, std::nullopt};
  }
  StoredFile Store(const std::string& path, const std::string& content) {
    return Store(path, AsBytes(content));
  }
  Result<Bytes> Make(const Recipe& recipe, ByteView delta, const std::string& wanted) {
    return Hydrate(recipe, delta, Sha256(AsBytes(wanted)), [this](const StoredFile& file) {
      ++reads_;
      const auto found = contents_.find(file.content);
      return found == contents_.end() ? Result<Bytes>(Fail(Code::kNotFound, "not there"))
                                      : Result<Bytes>(found->second);
    });
  }
  void ExpectRefused(const Recipe& recipe, ByteView delta, const std::string& wanted, Code code,
                     Hresult hresult, const std::string& layer) {
    const auto made = Make(recipe, delta, wanted);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, code) << made.error().message;
    EXPECT_EQ(made.error().hresult, hresult) << made.error().message;
    EXPECT_THAT(made.error().message, HasSubstr(layer));
    EXPECT_FALSE(made.error().next_step.empty());
  }

  const std::string released_ = Text("released"), present_ = Text("present"), next_ = Text("next");
  std::map<Sha1Digest, Bytes> contents_;
  int reads_ = 0;
};

TEST_F(Hydration, NullDeltaNeedsNothing) {
  const Recipe recipe{.kind = Recipe::Kind::kNull, .name = "c\\n\\a"};
  const auto made = Make(recipe, Delta("", next_), next_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(AsText(*made), next_);
  EXPECT_EQ(reads_, 0);
  ExpectRefused(recipe, Delta("", present_), next_, Code::kVerificationFailed, kPsfxNullDeltaFailed,
                "null delta c\\n\\a");
  ExpectRefused(recipe, AsBytes("no delta"), next_, Code::kVerificationFailed, kPsfxNullDeltaFailed,
                "null delta");
}

TEST_F(Hydration, TheFirstCandidateThatFitsIsTaken) {
  Recipe recipe{.kind = Recipe::Kind::kForward, .name = "c\\f\\a"};
  recipe.candidates = {{Store("wrong", present_), std::nullopt},
                       {Store("right", released_), std::nullopt},
                       {Store("not read", "x"), std::nullopt}};
  const auto made = Make(recipe, Delta(released_, next_), next_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(AsText(*made), next_);
  EXPECT_EQ(reads_, 2);
}

TEST_F(Hydration, TheWayBackLeadsToTheBasis) {
  Recipe recipe{.kind = Recipe::Kind::kForward, .name = "c\\f\\a"};
  recipe.candidates = {{Store("file", present_), Store("r\\file", Delta(present_, released_))}};
  const auto made = Make(recipe, Delta(released_, next_), next_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(AsText(*made), next_);
  // Its reverse delta is damaged.
  auto damaged = Delta(present_, released_);
  damaged[damaged.size() / 2] ^= std::byte{1};
  recipe.candidates = {{Store("file", present_), Store("r\\file", damaged)}};
  ExpectRefused(recipe, Delta(released_, next_), next_, Code::kPrerequisiteMissing,
                kPsfxReverseDeltaFailed, "reverse delta");
}

TEST_F(Hydration, FilesThatACleanupPackedAreBasesToo) {
  Bytes packed = ToBytes("DCN\x01");
  const Bytes null = *delta::Encode({}, AsBytes(released_));
  packed.insert(packed.end(), null.begin(), null.end());
  Recipe recipe{.kind = Recipe::Kind::kForward, .name = "c\\f\\a"};
  recipe.candidates = {{Store("file", packed), std::nullopt}};
  const auto made = Make(recipe, Delta(released_, next_), next_);
  ASSERT_TRUE(made) << made.error().message;
}

TEST_F(Hydration, ABasisWithAnotherDigestIsNotTried) {
  Recipe recipe{.kind = Recipe::Kind::kForward, .name = "c\\f\\a"};
  recipe.basis = Sha256(AsBytes(released_));
  recipe.candidates = {{Store("file", present_), std::nullopt}};
  ExpectRefused(recipe, Delta(released_, next_), next_, Code::kPrerequisiteMissing,
                kMissingBaselines, "the image lacks the basis");
  // With the very basis it is the delta that is wrong.
  recipe.candidates = {{Store("file", released_), std::nullopt}};
  ExpectRefused(recipe, Delta(released_, present_), next_, Code::kVerificationFailed,
                kPsfxForwardDeltaFailed, "forward delta c\\f\\a");
}

TEST_F(Hydration, DamageShowsBeforeAnyBasisIsRead) {
  Recipe recipe{.kind = Recipe::Kind::kForward, .name = "c\\f\\a"};
  recipe.candidates = {{Store("file", released_), std::nullopt}};
  auto damaged = Delta(released_, next_);
  damaged[damaged.size() / 2] ^= std::byte{1};
  ExpectRefused(recipe, damaged, next_, Code::kVerificationFailed, kPsfxForwardDeltaFailed,
                "CRC-32");
  EXPECT_EQ(reads_, 0);
}

TEST_F(Hydration, WithoutAWayBackTheImageIsShortOfSomething) {
  Recipe recipe{.kind = Recipe::Kind::kForward, .name = "c\\f\\a"};
  recipe.candidates = {{Store("file", present_), std::nullopt}};
  ExpectRefused(recipe, Delta(released_, next_), next_, Code::kPrerequisiteMissing,
                kPsfxReverseDeltaMissing, "fits no basis");
}

TEST_F(Hydration, CarriedFilesAreTheManifests) {
  Recipe recipe{.kind = Recipe::Kind::kCarried, .name = "c\\a"};
  recipe.basis = Sha256(AsBytes(next_));
  recipe.candidates = {{Store("other", present_), std::nullopt},
                       {Store("same", next_), std::nullopt}};
  const auto made = Make(recipe, {}, next_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(AsText(*made), next_);
  recipe.candidates.pop_back();
  ExpectRefused(recipe, {}, next_, Code::kPrerequisiteMissing, kPsfxMatchingBinaryMissing,
                "carried over");
}

TEST_F(Hydration, TroubleOfTheJobIsNotThePackagesFault) {
  Recipe recipe{.kind = Recipe::Kind::kForward, .name = "c\\f\\a"};
  recipe.candidates = {{Store("file", released_), std::nullopt}};
  const auto made = Hydrate(
      recipe, Delta(released_, next_), Sha256(AsBytes(next_)),
      [](const StoredFile&) -> Result<Bytes> { return Fail(Code::kIo, "the disk is gone"); });
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::kIo);
}

TEST_F(Hydration, ReverseDeltasProveThemselves) {
  EXPECT_TRUE(CheckReverseDelta(AsBytes(next_), Delta(next_, released_)));
  const auto other = CheckReverseDelta(AsBytes(next_), Delta(present_, released_));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().hresult, kPsfxReverseDeltaFailed);
  const auto mute = *delta::Encode(AsBytes(next_), AsBytes(released_), {.hash_algorithm = 0});
  EXPECT_FALSE(CheckReverseDelta(AsBytes(next_), mute));
}

}  // namespace
}  // namespace ww::cbs
