// hivex reads every result, and what it sees changes by exactly the edit.
#include "hive_testing.h"

namespace ww::hive {
namespace {

using namespace ww::hive::testing;

class Referee : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Have("hivexregedit") || !Have("hivexml") || !Have("hivexsh")) {
      GTEST_SKIP() << "libhivex-bin and libwin-hivex-perl are not installed";
    }
  }
  std::set<std::string> Export(Hive& hive) {
    const auto path = dir_.Write("hive" + std::to_string(++files_), Get(hive.ToBytes()));
    const auto xml = RunTool("hivexml " + path.string());
    EXPECT_EQ(xml.status, 0) << xml.text.substr(0, 1000);
    return ExportByHivex(path);
  }
  TempDir dir_;
  int files_ = 0;
};

Hive Sample(std::uint32_t minor) {
  auto hive = NewHive(minor);
  for (int i = 0; i < 700; ++i) {
    const auto key =
        Get(hive.EnsurePath(hive.root(), "Components\\component_" + std::to_string(i * 37 % 700)));
    Ok(hive.SetValue(key, "identity", MakeBinary(Bytes(90, static_cast<std::byte>(i)))));
    Ok(hive.SetValue(key, "CF", MakeDword(12)));
  }
  Ok(hive.SetValue(hive.root(), "StoreFormatVersion", MakeSz("0.0.0.6")));
  return hive;
}

TEST_F(Referee, SeesExactlyTheEdit) {
  for (const std::uint32_t minor : {3u, 5u}) {
    auto hive = Sample(minor);
    const auto before = Export(hive);
    EXPECT_EQ(before.size(), 1u + 1 + 1 + 700 * 3 + 1);  // the heading is a line, too
    auto edited = Reopen(hive);
    const auto added = Get(edited.EnsurePath(edited.root(), "Components\\component_350b\\sub"));
    Ok(edited.SetValue(added, "", MakeDword(7)));
    Ok(edited.SetValue(added, "c!x", MakeBinary({})));
    const auto changed = *Get(edited.FindPath(edited.root(), "Components\\COMPONENT_10"));
    Ok(edited.SetValue(changed, "cf", MakeDword(0x40)));
    EXPECT_TRUE(Get(edited.DeleteValue(changed, "identity")));
    Ok(edited.DeleteTree(*Get(edited.FindPath(edited.root(), "Components")), "component_20"));
    const auto after = Export(edited);
    EXPECT_EQ(Minus(after, before),
              (std::set<std::string>{"[\\Components\\component_350b]",
                                     "[\\Components\\component_350b\\sub]",
                                     "[\\Components\\component_350b\\sub]\n@=dword:00000007",
                                     "[\\Components\\component_350b\\sub]\n\"c!x\"=hex(3):",
                                     "[\\Components\\component_10]\n\"CF\"=dword:00000040"}));
    std::set<std::string> gone;
    for (const auto& line : Minus(before, after)) gone.insert(line.substr(0, line.find("=hex(3)")));
    EXPECT_EQ(gone, (std::set<std::string>{"[\\Components\\component_10]\n\"CF\"=dword:0000000c",
                                           "[\\Components\\component_10]\n\"identity\"",
                                           "[\\Components\\component_20]",
                                           "[\\Components\\component_20]\n\"CF\"=dword:0000000c",
                                           "[\\Components\\component_20]\n\"identity\""}));
  }
}

TEST_F(Referee, WalksListsOfManyLeaves) {
  auto hive = NewHive();
  for (int i = 0; i < 6000; ++i) {
    Get(hive.EnsurePath(hive.root(), "k" + std::to_string(i * 7919 % 6000)));
  }
  auto reopened = Reopen(hive);
  for (int i = 6000; i < 8000; ++i) {
    Get(reopened.EnsurePath(reopened.root(), "k" + std::to_string(i * 7919 % 2000) + "b"));
  }
  std::set<std::string> expected{"[\\]", "Windows Registry Editor Version 5.00"};
  for (const auto& name : SubkeyNames(reopened, reopened.root()))
    expected.insert("[\\" + name + "]");
  EXPECT_EQ(expected.size(), 8002u);
  std::set<std::string> seen;
  for (auto line : Export(reopened)) seen.insert(line.substr(line.find('\n') == 0 ? 1 : 0));
  EXPECT_EQ(seen, expected);
}

TEST_F(Referee, ReadsNamesAndTextOutsideAscii) {
  auto hive = NewHive();
  const auto key = Get(hive.EnsurePath(hive.root(), "Größe\\Ключ"));
  Ok(hive.SetValue(key, "Wert", MakeSz("текст")));
  const auto path = dir_.Write("names", Get(hive.ToBytes()));
  const auto shell = RunTool(
      "printf 'cd \\\\Größe\\\\Ключ\\nlsval Wert\\n' | LC_ALL=C.UTF-8 hivexsh " + path.string());
  EXPECT_EQ(shell.status, 0) << shell.text;
  EXPECT_NE(shell.text.find("текст"), std::string::npos) << shell.text;
}

TEST_F(Referee, ReadsWhatWeChangeInAHiveMadeByHivex) {
  auto made = NewHive();
  const auto path = dir_.Write("foreign", Get(made.ToBytes()));
  std::string script;
  for (int i = 0; i < 60; ++i) {
    script += "cd \\\\\\nadd Key" + std::to_string(i * 7 % 60) + "\\n";
    script += "cd Key" + std::to_string(i * 7 % 60) + "\\nsetval 1\\nv\\nstring:text\\n";
  }
  script += "commit\\n";
  const auto shell = RunTool("printf '" + script + "' | hivexsh -w " + path.string());
  ASSERT_EQ(shell.status, 0) << shell.text;
  std::ifstream in(path, std::ios::binary);
  const std::string raw((std::istreambuf_iterator<char>(in)), {});
  auto hive = Get(Hive::Open(MemoryStorage(ToBytes(raw))));
  EXPECT_EQ(SubkeyNames(hive, hive.root()).size(), 60u);
  const auto before = Export(hive);
  Ok(hive.SetValue(Get(hive.EnsurePath(hive.root(), "KEY7\\new")), "x", MakeDword(1)));
  const auto after = Export(hive);
  EXPECT_EQ(Minus(before, after), std::set<std::string>());
  EXPECT_EQ(Minus(after, before),
            (std::set<std::string>{"[\\Key7\\new]", "[\\Key7\\new]\n\"x\"=dword:00000001"}));
}

}  // namespace
}  // namespace ww::hive
