// windows-servicing.md 5.7: a package that was put into an offline image without DISM, and the
// registry values that Windows itself had written for it. The plan must come to the same 104.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "wimwright/base/text.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/cbs/plan.h"
#include "wimwright/lab/golden.h"
#include "wimwright/lab/lab.h"

namespace ww::cbs {
namespace {

namespace stdfs = std::filesystem;

std::string Slot(std::string_view hive, std::string_view key, std::string_view name) {
  return ToLowerAscii(hive) + "|" + ToLowerAscii(key) + "|" + ToLowerAscii(name);
}

void WriteMember(const stdfs::path& root, std::string name, const Bytes& bytes) {
  for (auto& c : name) {
    if (c == '\\') c = '/';
  }
  stdfs::create_directories((root / name).parent_path());
  std::ofstream out(root / name, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

class Golden : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new stdfs::path(stdfs::path(testing::TempDir()) / "ww_golden");
    stdfs::remove_all(*dir_);
    lab::LabOptions options;
    options.preset = lab::Preset::kSmall;
    options.only = {"win10-1607-x86.wim"};
    auto made =
        lab::CreateLab(RealFileSystem(), *dir_ / "lab", options, NullProgress(), NeverCancelled());
    ASSERT_TRUE(made) << made.error().message;
    auto example = lab::MakeGoldenExample();
    ASSERT_TRUE(example) << example.error().message;
    example_ = new lab::GoldenExample(std::move(*example));
    WriteMember(*dir_ / "package", "update.mum", example_->mum);
    WriteMember(*dir_ / "package", "update.cat", example_->cat);
    for (const auto& [name, bytes] : example_->manifests)
      WriteMember(*dir_ / "package", name, bytes);
    for (const auto& [name, bytes] : example_->payload) WriteMember(*dir_ / "package", name, bytes);
  }
  static void TearDownTestSuite() {
    stdfs::remove_all(*dir_);
    delete dir_;
    delete example_;
  }

  static stdfs::path* dir_;
  static lab::GoldenExample* example_;
};
stdfs::path* Golden::dir_ = nullptr;
lab::GoldenExample* Golden::example_ = nullptr;

TEST_F(Golden, CatalogueWhoseSignatureWasChangedIsRefusedWithoutTrustToo) {
  const auto folder = *dir_ / "changed";
  stdfs::copy(*dir_ / "package", folder, stdfs::copy_options::recursive);
  auto catalogue = example_->cat;
  catalogue.back() ^= std::byte{1};
  WriteMember(folder, "update.cat", catalogue);
  auto file = cab::OpenUpdate(RealFileSystem(), folder, {});
  ASSERT_TRUE(file) << file.error().message;
  const auto content = UpdateContent::Load(*file->packages[0], "changed");
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Code::kVerificationFailed);
  EXPECT_EQ(content.error().hresult, kBadDigest);
  EXPECT_NE(content.error().message.find(".cat"), std::string::npos) << content.error().message;
}

TEST_F(Golden, CompressedManifestIsRefusedByName) {
  const auto folder = *dir_ / "compressed";
  stdfs::copy(*dir_ / "package", folder, stdfs::copy_options::recursive);
  const auto& name = example_->manifests.begin()->first;
  WriteMember(folder, name, ToBytes(AsBytes("DCM\x01PA30")));
  auto file = cab::OpenUpdate(RealFileSystem(), folder, {});
  ASSERT_TRUE(file) << file.error().message;
  const auto content = UpdateContent::Load(*file->packages[0], "compressed");
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Code::kUnsupported);
  EXPECT_NE(content.error().message.find("is compressed (DCM)"), std::string::npos)
      << content.error().message;
}

TEST_F(Golden, PlanWritesTheValuesThatWindowsWrote) {
  auto file = cab::OpenUpdate(RealFileSystem(), *dir_ / "package", {});
  ASSERT_TRUE(file) << file.error().message;
  auto content = UpdateContent::Load(*file->packages[0], "package");
  ASSERT_TRUE(content) << content.error().message;

  auto wim = wim::WimFile::Open(RealFileSystem(), *dir_ / "lab/images/win10-1607-x86.wim");
  ASSERT_TRUE(wim) << wim.error().message;
  auto image = (*wim)->ReadImage(1);
  ASSERT_TRUE(image) << image.error().message;
  auto state = ImageState::Load(**wim, *image, 1);
  ASSERT_TRUE(state) << state.error().message;

  const UpdateContent* updates[] = {&*content};
  PlanOptions options;
  options.now = 131774112000000000;
  auto plan = MakePlan(*state, updates, options, NullLogger());
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->updates[0].decision, Decision::kInstall) << plan->updates[0].reason;

  std::map<std::string, const lab::GoldenValue*> expected, optional;
  for (const auto& value : example_->values)
    expected[Slot(value.hive, value.key, value.name)] = &value;
  for (const auto& value : example_->optional_values)
    optional[Slot(value.hive, value.key, value.name)] = &value;
  ASSERT_EQ(expected.size(), 104u);

  for (const auto change : plan->registry) {
    if (change.kind != RegistryChange::Kind::kSetValue) continue;
    const auto slot = Slot(HiveName(change.hive), change.key, change.name);
    if (change.name == "InstallLocation" || change.name == "InstallTimeHigh" ||
        change.name == "InstallTimeLow")
      continue;
    const auto found = expected.find(slot);
    if (found == expected.end()) {
      EXPECT_TRUE(optional.contains(slot)) << "not written by Windows: " << slot;
      continue;
    }
    EXPECT_EQ(change.type, found->second->type) << slot;
    EXPECT_EQ(ToHex(change.data), ToHex(found->second->data)) << slot;
    expected.erase(found);
  }
  for (const auto& [slot, value] : expected) ADD_FAILURE() << "missing: " << slot;
}

TEST_F(Golden, PlanLinksTheProjectionsToTheStore) {
  auto file = cab::OpenUpdate(RealFileSystem(), *dir_ / "package", {});
  ASSERT_TRUE(file);
  auto content = UpdateContent::Load(*file->packages[0], "package");
  ASSERT_TRUE(content);
  auto wim = wim::WimFile::Open(RealFileSystem(), *dir_ / "lab/images/win10-1607-x86.wim");
  ASSERT_TRUE(wim);
  auto image = (*wim)->ReadImage(1);
  ASSERT_TRUE(image);
  auto state = ImageState::Load(**wim, *image, 1);
  ASSERT_TRUE(state);
  const UpdateContent* updates[] = {&*content};
  auto plan = MakePlan(*state, updates, {}, NullLogger());
  ASSERT_TRUE(plan);
  std::map<std::string, std::string> links;
  for (const auto& change : plan->files) {
    if (change.kind == FileChange::Kind::kLink)
      links[FoldCase(change.path)] = FoldCase(change.target);
  }
  EXPECT_EQ(links.size(), example_->projections.size());
  for (const auto& [path, payload] : example_->projections) {
    const auto absolute = path.starts_with('\\') ? path : "\\" + path;
    const auto found = links.find(FoldCase(absolute));
    ASSERT_NE(found, links.end()) << absolute;
    EXPECT_EQ(found->second, FoldCase("\\Windows\\WinSxS\\" + payload));
  }
}

}  // namespace
}  // namespace ww::cbs
