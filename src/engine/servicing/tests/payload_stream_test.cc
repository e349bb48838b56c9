#include "payload_stream.h"

#include <gmock/gmock.h>

#include "servicing_testing.h"
#include "wimwright/cab/cabinet.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/cbs/hresult.h"

namespace ww::servicing {
namespace {

using testing::HasSubstr;

// Two updates as folders, an empty WIM to store into.
class PayloadStream : public testing::Test {
 protected:
  PayloadStream() {
    for (const std::string name : {"u1", "u2"}) {
      stdfs::create_directory(dir_ / name);
      WriteWhole(dir_ / name / "a.dll", "content of a");
      WriteWhole(dir_ / name / "b.dll", "content of b in " + name);
      WriteWhole(dir_ / name / "empty", "");
      auto members = cab::OpenFolder(RealFileSystem(), dir_ / name);
      EXPECT_TRUE(members);
      packages_.push_back(
          std::make_unique<cab::UpdatePackage>(name, "folder", std::move(*members)));
      JobUpdate update;
      update.input = name;
      update.source = packages_.back().get();
      updates_.updates.push_back(std::move(update));
    }
    auto editor = wim::Editor::CreateEmpty(RealFileSystem(), dir_ / "out.wim", {}, {});
    EXPECT_TRUE(editor);
    editor_ = std::move(*editor);
  }

  void Want(std::size_t update, std::string_view member, std::string_view content) {
    cbs::FileChange change;
    change.kind = cbs::FileChange::Kind::kPayload;
    change.update = update;
    change.member = *packages_[update]->members().Find(member);
    change.digest = Sha256(AsBytes(content));
    change.size = content.size();
    wanted_.push_back(change);
  }
  Status Store() {
    plan_.indexes.resize(2);
    for (auto& index : plan_.indexes) index.files = std::make_shared<FileChanges>(wanted_);
    return StorePayload(plan_, updates_, *editor_, nullptr, stored_, damaged_, bench_.context());
  }

  TempDir dir_;
  Bench bench_;
  std::vector<std::unique_ptr<cab::UpdatePackage>> packages_;
  UpdateSet updates_;
  std::unique_ptr<wim::Editor> editor_;
  FileChanges wanted_;
  JobPlan plan_;
  StoredContents stored_;
  std::optional<PayloadFailure> damaged_;
};

TEST_F(PayloadStream, StoresEveryContentOnceForAllIndexes) {
  Want(0, "a.dll", "content of a");
  Want(1, "a.dll", "content of a");  // the same in both updates
  Want(1, "b.dll", "content of b in u2");
  Want(0, "empty", "");
  const auto done = Store();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(stored_.size(), 3U);
  EXPECT_EQ(PayloadBytes(plan_), 12U + 18U);
  const auto& a = stored_.at(Sha256(AsBytes("content of a")));
  EXPECT_EQ(a.sha1, Sha1(AsBytes("content of a")));
  EXPECT_EQ(editor_->BlobSize(a.sha1), 12U);
  EXPECT_EQ(stored_.at(Sha256({})).sha1, Sha1Digest{});
}

TEST_F(PayloadStream, WrongDigestIsBlamedOnItsUpdateAndNothingIsStored) {
  Want(0, "a.dll", "content of a");
  Want(1, "b.dll", "content of b in uX");
  const auto done = Store();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kVerificationFailed);
  EXPECT_EQ(done.error().hresult, cbs::kFileHashMismatch);
  EXPECT_THAT(done.error().message, HasSubstr("u2"));
  ASSERT_TRUE(damaged_);
  EXPECT_EQ(damaged_->update, 1U);
  EXPECT_FALSE(editor_->BlobSize(Sha1(AsBytes("content of b in u2"))));
}

TEST_F(PayloadStream, WrongSizeIsBlamedToo) {
  Want(0, "a.dll", "content of something else");
  ASSERT_FALSE(Store());
  ASSERT_TRUE(damaged_);
  EXPECT_EQ(damaged_->error.hresult, cbs::kFileHashMismatch);
}

TEST_F(PayloadStream, CancellationBlamesNobody) {
  Want(0, "a.dll", "content of a");
  bench_.cancel.Request();
  const auto done = Store();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kCancelled);
  EXPECT_FALSE(damaged_);
}

TEST_F(PayloadStream, ContentsOfThePlanAreStoredAndReleased) {
  plan_.contents[Sha256(AsBytes("mum"))] = std::make_shared<const Bytes>(ToBytes("mum"));
  plan_.contents[Sha256({})] = std::make_shared<const Bytes>();
  ASSERT_TRUE(StoreContents(plan_.contents, *editor_, stored_, bench_.context()));
  EXPECT_TRUE(plan_.contents.empty());
  EXPECT_EQ(stored_.at(Sha256(AsBytes("mum"))).sha1, Sha1(AsBytes("mum")));
}

}  // namespace
}  // namespace ww::servicing
