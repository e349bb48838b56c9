// Which updates fit an image.
#include <gtest/gtest.h>

#include <map>

#include "catalog_fixture.h"
#include "lab_updates.h"
#include "remembered_plans.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;

class ApplicableTest : public CatalogTest {
 protected:
  std::string AddImage(const stdfs::path& wim) {
    auto package = cim::Instance::Spawn(schema_->Find("SMS_ImagePackage"));
    EXPECT_TRUE(package.Set("Name", S(wim.filename().string())));
    EXPECT_TRUE(package.Set("PkgSourceFlag", N(2)));
    EXPECT_TRUE(package.Set("PkgSourcePath", S(wim.string())));
    const auto path = provider_->Put(package, cim::PutMode::kCreateOnly, admin_);
    EXPECT_TRUE(path) << path.error().message;
    return path ? path->keys.front().value.TextOr("") : "";
  }
  struct Answer {
    std::string decision, reason;
    std::uint64_t hresult = 0;
  };
  // By update and index.
  std::map<std::pair<std::uint32_t, std::uint32_t>, Answer> Ask(const std::string& image,
                                                                std::vector<std::uint32_t> ids) {
    Values in{{"PackageID", S(image)}};
    cim::Value::Array list;
    for (const auto id : ids) list.push_back(N(id));
    if (!ids.empty()) in.emplace_back("CI_IDs", cim::Value::Of(std::move(list)));
    const auto done = Call("WW_UpdateCatalog", "ApplicableUpdates", in);
    EXPECT_TRUE(done) << done.error().message;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Answer> out;
    if (!done) return out;
    remembered_ = (*done)["Remembered"].BoolOr(false);
    for (const auto& row : *(*done)["Updates"].AsArray()) {
      const auto& one = *row.AsObject();
      const auto decision = one["Decision"].TextOr("");
      if (decision != "install") {
        EXPECT_FALSE(one["Reason"].TextOr("").empty()) << decision;
      }
      out[{static_cast<std::uint32_t>(one["CI_ID"].UintOr(0)),
           static_cast<std::uint32_t>(one["ImageIndex"].UintOr(0))}] = {
          decision, one["Reason"].TextOr(""), one["HResult"].UintOr(0)};
    }
    return out;
  }
  bool remembered_ = false;  // of the last question
};
WW_BOTH_BACKENDS(ApplicableTest);

TEST_P(ApplicableTest, ThePlannerDecidesForEveryIndex) {
  const auto fits = ImportOne(LabUpdates() / "windows10.0-kb9000101-x86.msu");
  const auto other = ImportOne(LabUpdates() / "windows10.0-kb9000102-x64.msu");
  const auto older = ImportOne(LabUpdates() / "windows6.1-kb9000201-x86.msu");
  const auto image = AddImage(LabImages() / "win10-1607-x86.wim");
  auto answers = Ask(image, {fits, other, older});
  for (const std::uint32_t index : {1u, 2u}) {
    EXPECT_EQ((answers[{fits, index}].decision), "install");
    EXPECT_EQ((answers[{other, index}].decision), "not_applicable");
    EXPECT_NE((answers[{other, index}].hresult), 0u);
    EXPECT_EQ((answers[{older, index}].decision), "not_applicable");
  }
  // Unasked, only what can be for it is asked about.
  answers = Ask(image, {});
  EXPECT_EQ(answers.size(), 2u);
  EXPECT_EQ((answers[{fits, 1}].decision), "install");
}

TEST_P(ApplicableTest, AskedTwiceThePlannerAnswersOnce) {
  const auto fits = ImportOne(LabUpdates() / "windows10.0-kb9000101-x86.msu");
  const auto other = ImportOne(LabUpdates() / "windows10.0-kb9000102-x64.msu");
  const auto wim = folder_.path() / "image.wim";
  stdfs::copy_file(LabImages() / "win10-1607-x86.wim", wim);
  const auto image = AddImage(wim);
  const auto first = Ask(image, {fits, other});
  EXPECT_FALSE(remembered_);
  const auto second = Ask(image, {other, fits});
  EXPECT_TRUE(remembered_);
  ASSERT_EQ(first.size(), second.size());
  for (const auto& [key, answer] : first) {
    EXPECT_EQ(second.at(key).decision, answer.decision);
    EXPECT_EQ(second.at(key).reason, answer.reason);
    EXPECT_EQ(second.at(key).hresult, answer.hresult);
  }
  // Updates decide together: another set is another question.
  Ask(image, {fits});
  EXPECT_FALSE(remembered_);
  Ask(image, {fits});
  EXPECT_TRUE(remembered_);
  EXPECT_EQ(Rows("WW_ApplicabilityPlan"), 2u);
  // Another file in its place is another image, and what was said of the former one is forgotten.
  const auto next = folder_.path() / "next.wim";
  stdfs::copy_file(LabImages() / "win10-1607-x86.wim", next);
  stdfs::rename(next, wim);
  Ask(image, {fits});
  EXPECT_FALSE(remembered_);
  EXPECT_EQ(Rows("WW_ApplicabilityPlan"), 1u);
}

TEST_P(ApplicableTest, RememberedPlansDoNotPileUp) {
  const auto image = AddImage(LabImages() / "plain.wim");
  PlanQuestion question{image, "state", {1}, {"a"}};
  for (int index = 1; index < 40; ++index) {
    question.indexes = {index};
    ASSERT_TRUE(provider_->Transact(admin_, [&](provider::Call& call) {
      return RememberPlan(call, question, {{index, "a", "refused", 5, "\xFF", "next"}});
    }));
  }
  EXPECT_LE(Rows("WW_ApplicabilityPlan"), 16u);
  std::optional<std::vector<PlannedFile>> known;
  ASSERT_TRUE(provider_->Read(admin_, [&](provider::Call& call) -> Status {
    WW_TRY(known, RecallPlan(call, question), "plan");
    return {};
  }));
  ASSERT_TRUE(known);
  ASSERT_EQ(known->size(), 1u);
  EXPECT_EQ(known->front().index, 39);
  EXPECT_EQ(known->front().hresult, 5u);
}

TEST_P(ApplicableTest, WithoutContentTheReasonIsStated) {
  const auto id = ImportOne(LabUpdates() / "windows10.0-kb9000101-x86.msu");
  ASSERT_TRUE(library_->Remove(*Contents(id).at(0).files.at(0).id));
  const auto image = AddImage(LabImages() / "win10-1607-x86.wim");
  auto answers = Ask(image, {id});
  EXPECT_EQ((answers[{id, 0}].decision), "no_content");
  EXPECT_NE((answers[{id, 0}].reason.find("windows10.0-kb9000101-x86.msu")), std::string::npos);
}

TEST_P(ApplicableTest, ImagesThatCannotBeServicedSayWhy) {
  const auto id = ImportOne(LabUpdates() / "windows10.0-kb9000101-x86.msu");
  const auto copy = folder_.path() / "gone.wim";
  stdfs::copy_file(LabImages() / "win10-1607-x86.wim", copy);
  const auto gone = AddImage(copy);
  stdfs::remove(copy);
  EXPECT_EQ((Ask(gone, {id})[{0, 0}].decision), "unsupported");
  const auto plain = AddImage(LabImages() / "plain.wim");
  EXPECT_EQ((Ask(plain, {id})[{0, 1}].decision), "unsupported");
  // A system that nobody listed.
  const auto image = AddImage(LabImages() / "win10-1607-x86.wim");
  ASSERT_TRUE(provider_->Transact(provider::SystemContext(), [](provider::Call& call) -> Status {
    return call.store
        .DeleteAll("SMS_SupportedPlatformsOfflineServicing",
                   {{"OsVersionBuild", provider::Text("10.0.14393")}})
        .map([](std::uint64_t) {});
  }));
  const auto answers = Ask(image, {id});
  ASSERT_EQ(answers.size(), 2u);
  for (const auto& [key, answer] : answers) {
    EXPECT_EQ(answer.decision, "unsupported");
    EXPECT_NE(answer.reason.find("table of systems"), std::string::npos) << answer.reason;
  }
}

TEST_P(ApplicableTest, UnknownThingsAndCancelledQuestionsFail) {
  const auto image = AddImage(LabImages() / "win10-1607-x86.wim");
  EXPECT_FALSE(Call("WW_UpdateCatalog", "ApplicableUpdates", {{"PackageID", S("LAB0FFFF")}}));
  EXPECT_FALSE(Call("WW_UpdateCatalog", "ApplicableUpdates",
                    {{"PackageID", S(image)}, {"CI_IDs", cim::Value::Of({N(4711)})}}));
  const auto id = ImportOne(LabUpdates() / "windows10.0-kb9000101-x86.msu");
  Cancellation cancelled;
  cancelled.Request();
  auto context = admin_;
  context.cancelled = &cancelled;
  const auto done = CallAs("WW_UpdateCatalog", "ApplicableUpdates",
                           {{"PackageID", S(image)}, {"CI_IDs", cim::Value::Of({N(id)})}}, context);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kCancelled);
}

}  // namespace
}  // namespace ww::catalog
