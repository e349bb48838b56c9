#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "catalog_fixture.h"
#include "lab_updates.h"
#include "wimwright/catalog/description.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;

stdfs::path Genuine(const char* name) { return stdfs::path(WW_CORPUS) / "packages" / name; }
#define WW_NEEDS(path) \
  if (!stdfs::exists(path)) GTEST_SKIP() << "no genuine packages at " << (path)

class ImportTest : public CatalogTest {};
WW_BOTH_BACKENDS(ImportTest);

TEST_P(ImportTest, AGenuineUpdateIsThereWithEverything) {
  const auto path = Genuine("Windows6.1-KB2780124-x86.msu");
  WW_NEEDS(path);
  const auto id = ImportOne(path);
  const auto update = Update(id);
  EXPECT_EQ(update["CI_UniqueID"].TextOr(""), "5a8d0297-85d6-449b-a609-371a9a7ca7e0");
  EXPECT_EQ(update["LocalizedDisplayName"].TextOr(""), "Hotfix for Windows (KB2780124)");
  EXPECT_EQ(update["ArticleID"].TextOr(""), "2780124");
  EXPECT_EQ(update["SeverityName"].TextOr(""), "Important");
  EXPECT_EQ(update["Severity"].UintOr(0), 8u);
  EXPECT_TRUE(update["IsContentProvisioned"].BoolOr(false));
  EXPECT_TRUE(update["IsOfflineServiceable"].BoolOr(false));
  EXPECT_FALSE(update["IsSuperseded"].BoolOr(true));
  EXPECT_EQ(update["Size"].IntOr(0), (345566 + 1023) / 1024);
  EXPECT_EQ(update["DatePosted"].AsDate()->ToIso(), "2012-11-03T11:54:04Z");
  EXPECT_GE(update["LocalizedInformation"].AsArray()->size(), 30u);

  const auto contents = Contents(id);
  ASSERT_EQ(contents.size(), 1u);
  ASSERT_EQ(contents[0].files.size(), 1u);
  EXPECT_EQ(contents[0].files[0].name, "Windows6.1-KB2780124-x86.msu");
  EXPECT_TRUE(contents[0].downloaded());
  EXPECT_TRUE(library_->Has(*contents[0].files[0].id));

  EXPECT_EQ(Query("SELECT * FROM SMS_CIToContent WHERE ContentDownloaded = TRUE").size(), 1u);
  const auto files = Query("SELECT * FROM SMS_CIContentFiles");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0]["FileSize"].IntOr(0), 345566);
  EXPECT_EQ(files[0]["FileHash"].TextOr("").substr(0, 15), "SHA256:9C7A13A0");
  EXPECT_EQ(Rows("SMS_Content"), 1u);
  const auto categories =
      Query("SELECT * FROM SMS_CIAllCategories WHERE CategoryTypeName = 'UpdateClassification'");
  ASSERT_EQ(categories.size(), 1u);
  EXPECT_EQ(categories[0]["LocalizedCategoryInstanceName"].TextOr(""), "Updates");
  EXPECT_GE(Rows("SMS_UpdateCategoryInstance"), 3u);
}

TEST_P(ImportTest, TheSecondTimeChangesNothing) {
  const auto from = OneLabUpdate();
  const auto first = Import(from);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(Decisions(*first), std::vector<std::string>{"imported"});
  const auto second = Import(from);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(Decisions(*second), std::vector<std::string>{"already_present"});
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 1u);
  EXPECT_EQ(Rows("SMS_CIToContent"), 1u);
  EXPECT_EQ(Rows("WW_ContentFile"), 1u);
}

TEST_P(ImportTest, AFolderIsTakenInWithAReasonForEveryFileLeftOut) {
  const auto done = Import(LabUpdates());
  ASSERT_TRUE(done) << done.error().message;
  std::map<std::string, int> count;
  for (const auto& file : *(*done)["Files"].AsArray()) {
    const auto& row = *file.AsObject();
    const auto word = row["Decision"].TextOr("");
    ++count[word];
    if (word == "failed" || word == "ignored") {
      EXPECT_FALSE(row["Reason"].TextOr("").empty()) << row["Path"].TextOr("");
      EXPECT_EQ(row["CI_ID"].UintOr(1), 0u);
    } else {
      EXPECT_NE(row["CI_ID"].UintOr(0), 0u);
    }
  }
  EXPECT_GT(count["imported"], 20);
  for (const auto& update : Query("SELECT * FROM SMS_SoftwareUpdate")) {
    EXPECT_TRUE(update["IsContentProvisioned"].BoolOr(false))
        << update["LocalizedDisplayName"].TextOr("");
  }
}

TEST_P(ImportTest, ImportsOfTheSameFileAtTheSameTimeGiveOneUpdate) {
  const auto path = OneLabUpdate();
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::vector<std::string> words;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto done = Import(path);
      const std::lock_guard lock(mutex);
      words.push_back(done ? Decisions(*done).at(0) : done.error().message);
    });
  }
  for (auto& thread : threads) thread.join();
  std::sort(words.begin(), words.end());
  EXPECT_EQ(words, (std::vector<std::string>{"already_present", "already_present",
                                             "already_present", "imported"}));
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 1u);
  EXPECT_EQ(Rows("SMS_CIToContent"), 1u);
}

TEST_P(ImportTest, NothingIsHalfWhenTheLibraryFails) {
  const auto path = OneLabUpdate();
  library_->fail_next = true;
  const auto failed = Import(path);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kNoSpace);
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 0u);
  EXPECT_EQ(Rows("WW_ContentFile"), 0u);
  EXPECT_NE(ImportOne(path), 0u);
}

TEST_P(ImportTest, SeveralFilesCanBeContentsOfOneUpdate) {
  std::vector<stdfs::path> files;
  for (const auto& entry : stdfs::directory_iterator(LabUpdates())) {
    if (DescribeUpdate(RealFileSystem(), entry.path())) files.push_back(entry.path());
    if (files.size() == 2) break;
  }
  ASSERT_EQ(files.size(), 2u);
  const auto id = ImportOne(files[0]);
  const auto second = Import(files[1], id);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(Decisions(*second), std::vector<std::string>{"completed"});
  EXPECT_EQ(Contents(id).size(), 2u);
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 1u);
}

TEST_P(ImportTest, RefusesWhatIsNoUpdateAndWhoMayNot) {
  const auto no_update = Import("/bin/sh");
  ASSERT_FALSE(no_update);
  EXPECT_NE(no_update.error().message.find("not an update"), std::string::npos);
  EXPECT_FALSE(Import("relative/path.msu"));
  EXPECT_FALSE(Call("WW_UpdateCatalog", "ImportContent"));
  cim::Context nobody;
  nobody.user = "LAB\\nobody";
  EXPECT_FALSE(CallAs("WW_UpdateCatalog", "ImportContent", {{"Path", S("/bin/sh")}}, nobody));
}

TEST_P(ImportTest, AnUploadIsImportedOnceAndGone) {
  const auto path = OneLabUpdate();
  const auto bytes = ReadFile(RealFileSystem(), path, 1 << 28);
  ASSERT_TRUE(bytes);
  UploadRequest request;
  request.name = path.filename().string();
  request.bytes = bytes->size();
  request.sha256 = Sha256(*bytes);
  const auto upload = uploads_->Begin(admin_.user, request);
  ASSERT_TRUE(upload) << upload.error().message;
  const Values in{{"UploadID", S(upload->id)}};
  EXPECT_FALSE(Call("WW_UpdateCatalog", "ImportContent", in)) << "not all bytes are there";
  ASSERT_TRUE(uploads_->Append(admin_.user, upload->id, 0, *bytes));
  const auto done = Call("WW_UpdateCatalog", "ImportContent", in);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(Decisions(*done), std::vector<std::string>{"imported"});
  EXPECT_FALSE(uploads_->Find(admin_.user, upload->id));
}

TEST_P(ImportTest, DeletingAnUpdateTakesItsRowsAlong) {
  const auto id = ImportOne(OneLabUpdate());
  const auto path = cim::ParseObjectPath("SMS_SoftwareUpdate.CI_ID=" + std::to_string(id));
  const auto gone = provider_->Delete(*path, admin_);
  ASSERT_TRUE(gone) << gone.error().message;
  for (const char* cls : {"SMS_SoftwareUpdate", "SMS_CIToContent", "SMS_CIContentFiles",
                          "SMS_Content", "SMS_CIAllCategories", "WW_ContentFile",
                          "WW_UpdatePackage", "WW_UpdateAlias", "WW_Supersedence"}) {
    EXPECT_EQ(Rows(cls), 0u) << cls;
  }
  EXPECT_NE(ImportOne(OneLabUpdate()), 0u);
}

TEST_P(ImportTest, SyncNowSaysThatThereIsNoUpdatePoint) {
  const auto done = Call("SMS_SoftwareUpdate", "SyncNow", {{"fullSync", cim::Value::Bool(true)}});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("no software update point"), std::string::npos);
}

}  // namespace
}  // namespace ww::catalog
