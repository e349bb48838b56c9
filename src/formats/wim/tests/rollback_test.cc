#include "wimwright/wim/rollback.h"

#include <gtest/gtest.h>

#include <fstream>

#include "referee_fixture.h"
#include "rollback_record.h"
#include "wimwright/wim/editor.h"

namespace ww::wim {
namespace {

namespace stdfs = std::filesystem;

constexpr FileTime kNow = 0x01DD0000'12345678;
const Image::Metadata kPlain{kAttributeArchive, kNow, kNow, kNow, -1};

void AddFile(Editor& editor, const std::string& name, std::uint32_t seed) {
  const auto content = test::Compressible(60'000, seed);
  auto& image = **editor.image(1);
  ASSERT_TRUE(image.AddFile(image.root(), name, kPlain, *editor.AddBlob(content), content.size()));
  ASSERT_TRUE(editor.Commit(kNow));
}

void EditInPlace(const stdfs::path& path, const std::string& name, std::uint32_t seed) {
  auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
  ASSERT_TRUE(editor) << editor.error().message;
  AddFile(**editor, name, seed);
}

Code RollBackError(const stdfs::path& path) {
  const auto result = RollBack(RealFileSystem(), path);
  EXPECT_FALSE(result);
  return result ? Code{} : result.error().code;
}

class RollbackTest : public test::RefereeTest {
 protected:
  std::uint64_t RecordAt(const stdfs::path& path) {
    return (*WimFile::Open(RealFileSystem(), path))->header().blob_table.offset -
           kRollbackRecordSize;
  }
  // Writes a record with a right digest that says what `change` makes of it.
  void Forge(const stdfs::path& path, const std::function<void(RollbackRecord&)>& change) {
    auto bytes = test::ReadAll(path);
    const auto at = RecordAt(path);
    auto record = RollbackRecord::Parse(
        ByteView(bytes).subspan(static_cast<std::size_t>(at), kRollbackRecordSize));
    ASSERT_TRUE(record);
    change(*record);
    const auto forged = record->Serialise();
    std::copy(forged.begin(), forged.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    test::WriteText(path, AsText(bytes));
  }
};

class RollbackVariants : public RollbackTest, public testing::WithParamInterface<test::Variant> {};

INSTANTIATE_TEST_SUITE_P(All, RollbackVariants, testing::ValuesIn(test::AllVariants()),
                         [](const auto& variant) { return variant.param.name; });

TEST_P(RollbackVariants, ReturnsStepByStepToEveryFormerFile) {
  const auto path = MakeWim(GetParam());
  std::vector<Bytes> states{test::ReadAll(path)};
  for (std::uint32_t round = 0; round < 3; ++round) {
    EditInPlace(path, "round " + std::to_string(round), round);
    states.push_back(test::ReadAll(path));
  }
  test::ExpectRefereesAccept(path);
  while (states.size() > 1) {
    const auto wim = WimFile::Open(RealFileSystem(), path);
    ASSERT_TRUE(wim);
    EXPECT_EQ((*wim)->tail().bytes, 0u);
    const auto former = FormerSize(**wim);
    const auto result = RollBack(RealFileSystem(), path);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->bytes_before, states.back().size());
    states.pop_back();
    EXPECT_EQ(result->bytes_after, states.back().size());
    EXPECT_EQ(former, states.back().size());
    EXPECT_FALSE(result->interrupted);
    ASSERT_EQ(test::ReadAll(path), states.back());
  }
  EXPECT_EQ(RollBackError(path), Code::kUnsupported);
  EXPECT_EQ(test::ReadAll(path), states.back());
}

TEST(RollbackRecord, ComesBackAsItWasWritten) {
  RollbackRecord record;
  record.former_size = 0x1234567890;
  record.former_header.fill(std::byte{7});
  record.former_state.fill(std::byte{8});
  record.state.fill(std::byte{9});
  const auto bytes = record.Serialise();
  const auto parsed = RollbackRecord::Parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->former_size, record.former_size);
  EXPECT_EQ(parsed->former_header, record.former_header);
  EXPECT_EQ(parsed->former_state, record.former_state);
  EXPECT_EQ(parsed->state, record.state);
}

TEST(RollbackRecord, RefusesAnyChangedByteAndShortInput) {
  const auto bytes = RollbackRecord{}.Serialise();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(RollbackRecord::Parse(changed)) << i;
    EXPECT_FALSE(RollbackRecord::Parse(ByteView(bytes).first(i))) << i;
  }
  Bytes longer(bytes.begin(), bytes.end());
  longer.push_back({});
  EXPECT_FALSE(RollbackRecord::Parse(longer));
  EXPECT_EQ(RollbackRecord::Parse(Bytes(kRollbackRecordSize)).error().code, Code::kNotFound);
}

TEST_F(RollbackTest, LeavesAFileWithADamagedRecordAlone) {
  const auto path = MakeWim({"", "--compress=LZX"});
  EditInPlace(path, "new", 1);
  auto bytes = test::ReadAll(path);
  bytes[RecordAt(path) + 50] ^= std::byte{1};
  test::WriteText(path, AsText(bytes));
  EXPECT_EQ(RollBackError(path), Code::kCorrupt);
  EXPECT_EQ(test::ReadAll(path), bytes);
}

TEST_F(RollbackTest, BelievesNoRecordThatTheFormerFileContradicts) {
  const auto original = MakeWim({"", "--compress=LZX"});
  EditInPlace(original, "new", 1);
  const auto path = scratch_ / "forged.wim";
  const std::vector<std::function<void(RollbackRecord&)>> forgeries{
      [](RollbackRecord& r) { r.former_size = 0; },
      [](RollbackRecord& r) { r.former_size = kHeaderSize; },
      [](RollbackRecord& r) { --r.former_size; },
      [](RollbackRecord& r) { ++r.former_size; },
      [](RollbackRecord& r) { r.former_size = ~std::uint64_t{0}; },
      [](RollbackRecord& r) { r.former_header = {}; },
      [](RollbackRecord& r) { r.former_header[24] ^= std::byte{1}; },  // GUID
      [](RollbackRecord& r) { r.former_header[56] ^= std::byte{1}; },  // blob table
      [](RollbackRecord& r) { r.former_header[80] ^= std::byte{2}; },  // XML data
      [](RollbackRecord& r) { r.former_header[16] ^= std::byte{kFlagSpanned}; },
      [](RollbackRecord& r) { r.former_state = {}; },
      [](RollbackRecord& r) { r.state = {}; },
  };
  for (std::size_t i = 0; i < forgeries.size(); ++i) {
    stdfs::copy_file(original, path, stdfs::copy_options::overwrite_existing);
    Forge(path, forgeries[i]);
    const auto before = test::ReadAll(path);
    EXPECT_FALSE(RollBack(RealFileSystem(), path)) << i;
    EXPECT_EQ(test::ReadAll(path), before) << i;
  }
}

TEST_F(RollbackTest, SeesThatTheFormerTablesWereOverwritten) {
  const auto path = MakeWim({"", "--compress=LZX"});
  const auto table = (*WimFile::Open(RealFileSystem(), path))->header().blob_table;
  EditInPlace(path, "new", 1);
  auto bytes = test::ReadAll(path);
  bytes[table.offset + 26] ^= std::byte{1};  // a reference count: everything still parses
  test::WriteText(path, AsText(bytes));
  EXPECT_EQ(RollBackError(path), Code::kCorrupt);
  EXPECT_EQ(test::ReadAll(path), bytes);
}

TEST_F(RollbackTest, DoesNotUndoWhatAnotherProgramDidSince) {
  const auto path = MakeWim({"", "--compress=LZX"});
  const auto edit = [&](const std::string& arguments) {
    EditInPlace(path, "new", 1);
    const auto edited = test::ReadAll(path);
    EXPECT_EQ(test::Shell("wimlib-imagex " + arguments).exit_code, 0) << arguments;
    const auto before = test::ReadAll(path);
    EXPECT_NE(before, edited) << arguments;
    const auto code = RollBackError(path);
    EXPECT_TRUE(code == Code::kConflict || code == Code::kUnsupported) << arguments;
    EXPECT_EQ(test::ReadAll(path), before) << arguments;
    stdfs::remove(path);
    MakeWim({"", "--compress=LZX"});
  };
  const auto file = test::Quote(path);
  edit("info " + file + " 1 --boot");
  edit("info " + file + " 1 Renamed 'and described'");
  edit("update " + file + " 1 --command='delete /Windows/empty'");
  edit("delete " + file + " 2 --soft");
  edit("optimize " + file);
}

TEST_F(RollbackTest, OfAnInterruptedEditCutsItsTailAndNothingElse) {
  const auto path = MakeWim({"", "--compress=LZX --check"});
  const auto original = test::ReadAll(path);
  EditInPlace(path, "new", 1);
  const auto edited = test::ReadAll(path);
  std::ofstream(path, std::ios::app | std::ios::binary) << std::string(12345, 'T');
  const auto result = RollBack(RealFileSystem(), path);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->interrupted);
  EXPECT_EQ(result->bytes_after, edited.size());
  EXPECT_EQ(test::ReadAll(path), edited);
  ASSERT_TRUE(RollBack(RealFileSystem(), path));
  EXPECT_EQ(test::ReadAll(path), original);
}

TEST_F(RollbackTest, ReturnsToTheFileWithoutTheTailThatWasCutOff) {
  const auto path = MakeWim({"", "--compress=LZX"});
  const auto original = test::ReadAll(path);
  std::ofstream(path, std::ios::app | std::ios::binary) << std::string(12345, 'T');
  EditInPlace(path, "new", 1);
  ASSERT_TRUE(RollBack(RealFileSystem(), path));
  EXPECT_EQ(test::ReadAll(path), original);
}

TEST_F(RollbackTest, HasNothingToReturnToInACopy) {
  const auto path = MakeWim({"", "--compress=LZX"});
  EditInPlace(path, "new", 1);  // a record that the copy takes along, as dead space
  const auto copy = scratch_ / "copy.wim";
  {
    auto editor = Editor::OpenCopy(RealFileSystem(), path, copy, {});
    ASSERT_TRUE(editor);
    AddFile(**editor, "newer", 2);
  }
  const auto before = test::ReadAll(copy);
  EXPECT_EQ(RollBackError(copy), Code::kUnsupported);
  EXPECT_EQ(test::ReadAll(copy), before);
}

TEST_F(RollbackTest, WaitsForNobody) {
  const auto path = MakeWim({"", "--compress=LZX"});
  EditInPlace(path, "new", 1);
  const auto before = test::ReadAll(path);
  auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
  ASSERT_TRUE(editor);
  EXPECT_EQ(RollBackError(path), Code::kBusy);
  EXPECT_EQ(test::ReadAll(path), before);
}

}  // namespace
}  // namespace ww::wim
