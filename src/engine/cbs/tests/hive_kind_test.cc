#include "wimwright/cbs/hive_kind.h"

#include <gtest/gtest.h>

namespace ww::cbs {
namespace {

struct Case {
  const char* name;
  bool redirect;
  HiveKind hive;
  const char* key;
};

TEST(ResolveKeyName, KnowsTheRootsAndTheRedirector) {
  const Case cases[] = {
      {R"(HKEY_LOCAL_MACHINE\System\CurrentControlSet\Services\x)", false, HiveKind::kSystem,
       R"(ControlSet001\Services\x)"},
      {R"(HKEY_LOCAL_MACHINE\SYSTEM\Setup)", true, HiveKind::kSystem, "Setup"},
      {R"(HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\X\)", false, HiveKind::kSoftware, R"(Microsoft\X)"},
      {R"(HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\X)", true, HiveKind::kSoftware,
       R"(WOW6432Node\Microsoft\X)"},
      {R"(HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Fonts)", true,
       HiveKind::kSoftware, R"(Microsoft\Windows NT\CurrentVersion\Fonts)"},
      {R"(HKEY_LOCAL_MACHINE\SOFTWARE\Policies\X)", true, HiveKind::kSoftware, R"(Policies\X)"},
      {R"(HKEY_LOCAL_MACHINE\SOFTWARE\PoliciesX)", true, HiveKind::kSoftware,
       R"(WOW6432Node\PoliciesX)"},
      {R"(HKEY_CLASSES_ROOT\CLSID\{1})", false, HiveKind::kSoftware, R"(Classes\CLSID\{1})"},
      {R"(HKEY_CLASSES_ROOT\CLSID\{1})", true, HiveKind::kSoftware,
       R"(Classes\WOW6432Node\CLSID\{1})"},
      {R"(HKEY_CLASSES_ROOT\.txt)", true, HiveKind::kSoftware, R"(Classes\.txt)"},
      {R"(HKEY_USERS\.Default\Control Panel)", false, HiveKind::kDefault, "Control Panel"},
      {R"(HKEY_CURRENT_USER\Software)", false, HiveKind::kDefaultUser, "Software"},
  };
  for (const auto& c : cases) {
    const auto path = ResolveKeyName(c.name, "ControlSet001", c.redirect);
    ASSERT_TRUE(path) << c.name;
    EXPECT_EQ(path->hive, c.hive) << c.name;
    EXPECT_EQ(path->key, c.key) << c.name;
  }
}

TEST(ResolveKeyName, RefusesRootsItDoesNotKnow) {
  for (const char* name :
       {"HKEY_DYN_DATA\\x", "HKEY_LOCAL_MACHINE\\HARDWARE\\x", "SOFTWARE\\x", ""}) {
    EXPECT_FALSE(ResolveKeyName(name, "ControlSet001", false)) << name;
  }
}

}  // namespace
}  // namespace ww::cbs
