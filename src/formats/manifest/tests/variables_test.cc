#include "wimwright/manifest/variables.h"

#include <gtest/gtest.h>

namespace ww::manifest {
namespace {

std::string Path(std::string_view component, std::string_view image, std::string_view text) {
  const auto variables = Variables::For(component, image);
  if (!variables) return std::string(CodeName(variables.error().code));
  const auto path = variables->ExpandPath(text);
  return path ? *path : std::string(CodeName(path.error().code));
}

const std::string kCorrupt(CodeName(Code::kCorrupt));
const std::string kUnsupported(CodeName(Code::kUnsupported));

// windows-servicing.md 3.5.
TEST(Variables, NativeComponentsHaveTheNativeDirectories) {
  const struct {
    const char* name;
    const char* path;
  } kTable[] = {
      {"windows", "\\Windows"},
      {"windir", "\\Windows"},
      {"systemRoot", "\\Windows"},
      {"system32", "\\Windows\\System32"},
      {"SysWow64", "\\Windows\\SysWOW64"},
      {"drivers", "\\Windows\\System32\\drivers"},
      {"wbem", "\\Windows\\System32\\wbem"},
      {"inf", "\\Windows\\INF"},
      {"fonts", "\\Windows\\Fonts"},
      {"help", "\\Windows\\Help"},
      {"appPatch", "\\Windows\\AppPatch"},
      {"bootDrive", "\\"},
      {"programFiles", "\\Program Files"},
      {"commonFiles", "\\Program Files\\Common Files"},
      {"programFilesX86", "\\Program Files (x86)"},
      {"commonFilesX86", "\\Program Files (x86)\\Common Files"},
      {"programData", "\\ProgramData"},
      {"public", "\\Users\\Public"},
      {"userProfile", "\\Users\\Default"},
      {"documentsSettings", "\\Users"},
  };
  for (const auto& [name, path] : kTable) {
    EXPECT_EQ(Path("amd64", "amd64", "$(runtime." + std::string(name) + ")"), path);
  }
}

TEST(Variables, ThirtyTwoBitComponentsAreRedirectedIn64BitImages) {
  for (const char* component : {"x86", "wow64"}) {
    EXPECT_EQ(Path(component, "amd64", "$(runtime.system32)\\a"), "\\Windows\\SysWOW64\\a");
    EXPECT_EQ(Path(component, "arm64", "$(runtime.wbem)"), "\\Windows\\SysWOW64\\wbem");
    EXPECT_EQ(Path(component, "amd64", "$(runtime.drivers)"), "\\Windows\\SysWOW64\\drivers");
    EXPECT_EQ(Path(component, "amd64", "$(runtime.programFiles)"), "\\Program Files (x86)");
    EXPECT_EQ(Path(component, "amd64", "$(runtime.windows)"), "\\Windows");
    EXPECT_TRUE(Variables::For(component, "amd64")->redirected());
  }
  EXPECT_EQ(Path("x86", "x86", "$(runtime.system32)"), "\\Windows\\System32");
  EXPECT_FALSE(Variables::For("x86", "x86")->redirected());
  EXPECT_EQ(Path("msil", "amd64", "$(runtime.system32)"), "\\Windows\\System32");
}

TEST(Variables, RefuseCombinationsWithoutKnownDirectories) {
  for (const auto& [component, image] : {std::pair{"amd64", "x86"},
                                         {"wow64", "x86"},
                                         {"arm", "arm64"},
                                         {"arm64", "amd64"},
                                         {"amd64", "arm64"},
                                         {"", "amd64"},
                                         {"amd64", ""},
                                         {"mips", "amd64"},
                                         {"wow64", "wow64"}}) {
    EXPECT_FALSE(Variables::For(component, image)) << component << " in " << image;
  }
  EXPECT_EQ(Path("x86", "x86", "$(runtime.sysWow64)"), kUnsupported);
  EXPECT_EQ(Path("x86", "x86", "$(runtime.programFilesX86)"), kUnsupported);
}

TEST(Variables, NormalisePaths) {
  EXPECT_EQ(Path("x86", "x86", "$(runtime.system32)\\"), "\\Windows\\System32");
  EXPECT_EQ(Path("x86", "x86", "$(RUNTIME.System32)\\\\a\\b c\\"), "\\Windows\\System32\\a\\b c");
  EXPECT_EQ(Path("x86", "x86", "$(runtime.bootDrive)\\Boot"), "\\Boot");
}

TEST(Variables, RefusePathsThatLeaveOrAreNoPaths) {
  for (const char* text :
       {"$(runtime.system32)\\..\\x", "$(runtime.system32)\\.", "$(runtime.system32)\\a.",
        "$(runtime.system32)\\a ", "$(runtime.system32)\\a:b", "$(runtime.system32)\\a/b",
        "$(runtime.system32)\\con", "$(runtime.system32)\\NUL.txt", "$(runtime.system32)\\com1",
        "$(runtime.system32)\\a*", "$(runtime.system32)\\a\x01", "$(runtime.system32"}) {
    EXPECT_EQ(Path("x86", "x86", text), kCorrupt) << text;
  }
  for (const char* text : {"", "a", "\\Windows\\x", "C:\\Windows", "%windir%\\a",
                           "$(runtime.system32)x", "$(runtime.system32)\\$(runtime.inf)"}) {
    EXPECT_EQ(Path("x86", "x86", text), kUnsupported) << text;
  }
}

TEST(Variables, RefuseUnknownAndAmbiguousMacros) {
  for (const char* name :
       {"system", "startMenu", "startup", "root", "apps", "data", "nonsense", ""}) {
    EXPECT_EQ(Path("x86", "x86", "$(runtime." + std::string(name) + ")"), kUnsupported) << name;
  }
  EXPECT_EQ(Path("x86", "x86", "$(build.nttree)\\x"), kUnsupported);
  EXPECT_EQ(Path("x86", "x86", "$(system32)\\x"), kUnsupported);
}

TEST(Variables, ExpandTextWithDrive) {
  const auto variables = *Variables::For("amd64", "amd64");
  EXPECT_EQ(*variables.ExpandText("\"$(runtime.system32)\\a.exe\" $(runtime.windows);x"),
            "\"C:\\Windows\\System32\\a.exe\" C:\\Windows;x");
  EXPECT_EQ(*variables.ExpandText("$(runtime.bootDrive)\\x"), "C:\\x");
  EXPECT_EQ(*variables.ExpandText("@%SystemRoot%\\a.dll,-1 100% $1 )"),
            "@%SystemRoot%\\a.dll,-1 100% $1 )");
  EXPECT_EQ(*variables.ExpandText(""), "");
  EXPECT_FALSE(variables.ExpandText("$(runtime.nonsense)"));
  EXPECT_FALSE(variables.ExpandText("a $(runtime.windows"));
}

TEST(Variables, BoundTheExpansion) {
  const auto variables = *Variables::For("x86", "amd64");
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "$(runtime.commonFilesX86)";
  EXPECT_EQ(variables.ExpandText(text).error().code, Code::kLimit);
}

}  // namespace
}  // namespace ww::manifest
