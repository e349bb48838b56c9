#include "wimwright/manifest/identity.h"

#include <gtest/gtest.h>
#include <vector>

#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

AssemblyIdentity Make(std::string_view architecture, std::string_view name,
                      std::string_view version) {
  AssemblyIdentity id;
  id.architecture = architecture;
  id.name = name;
  id.version = *Version::Parse(version);
  id.has_version = true;
  id.public_key_token = "31bf3856ad364e35";
  id.version_scope = "nonSxS";
  return id;
}

TEST(Version, HasExactlyFourNumbers) {
  EXPECT_EQ(Version::Parse("10.0.19041.1")->ToString(), "10.0.19041.1");
  EXPECT_EQ(Version::Parse("65535.65535.65535.65535")->revision(), 65535);
  for (const char* bad : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3",
                          "1.2.3.65536", "1.2.3.-4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.x", "01.2.3.4",
                          "1.2.3.00", "1.2.3.99999999999999999999", "+1.2.3.4"}) {
    EXPECT_FALSE(Version::Parse(bad)) << bad;
  }
}

TEST(Version, ComparesNumbersFromLeftToRight) {
  EXPECT_LT(*Version::Parse("10.0.9.1"), *Version::Parse("10.0.10.0"));
  EXPECT_LT(*Version::Parse("6.3.9600.19456"), *Version::Parse("10.0.0.0"));
  EXPECT_EQ(Version::Parse("26100.9457.1.0")->MajorMinor(), "26100.9457");
}

// windows-servicing.md 4.2, primitive vectors.
TEST(StringHash, MatchesPrimitiveVectors) {
  EXPECT_EQ(StringHash(""), 0u);
  EXPECT_EQ(HashText(StringHash("a")), "0000b825fffeebc7");
  EXPECT_EQ(HashText(StringHash("ab")), "0000aa5dffff0ac9");
  EXPECT_EQ(HashText(StringHash("abcd")), "0000ab23ffff07b2");
  EXPECT_EQ(HashText(StringHash("abcde")), "b8540414eb820247");
  EXPECT_EQ(HashText(StringHash("name")), "0000c409fffee203");
  EXPECT_EQ(HashText(StringHash("version")), "d2e892e0cba02406");
}

struct HashVector {
  AssemblyIdentity id;
  std::string hash, family;  // family "" = not known
};

std::vector<HashVector> HashVectors() {
  auto controls = Make("amd64", "Microsoft.Windows.Common-Controls", "6.0.19041.1110");
  controls.public_key_token = "6595b64144ccf1df";
  controls.type = "win32";
  controls.version_scope.clear();
  auto resources = Make("amd64", "MultiPoint-SrcRes.Resources", "10.0.26100.1");
  resources.language = "en-us";
  auto driver = Make("amd64", "dual_netvg63a.inf", "10.0.26100.1");
  driver.type = "dualModeDriver";
  const std::string providers =
      "Microsoft-Windows-Deployment-Image-Servicing-Management-WinProviders";
  return {
      {Make("amd64", "Microsoft-Windows-ServicingStack", "10.0.19041.1"), "bf506ecc66a800df",
       "4a207b402ad93a1c"},
      {controls, "60b5254171f9507e", "62fe57338acfab7a"},
      {Make("amd64", "Microsoft-Windows-wintrust-dll", "6.1.7601.23468"), "4e2b9c2fc9f33913", ""},
      {Make("amd64", "Microsoft-Windows-Dedup-Service", "10.0.20348.2849"), "773c336e9bd2bbfb", ""},
      {Make("amd64", "Microsoft-Windows-Dedup-Deployment", "10.0.20348.2849"), "f8f9ef63a3376fad",
       ""},
      {Make("x86", "Microsoft-Windows-PackageManager", "10.0.14393.2457"), "0659f8bf958f6270",
       "553a2e8d34b55cfb"},
      {Make("x86", "Microsoft-Windows-PackageManager", "0.0.0.0"), "10b1b9c93b6e81dd",
       "553a2e8d34b55cfb"},
      {Make("x86", providers, "10.0.14393.2312"), "d0d72ee747323b22", "95ffd8293d69d2f7"},
      {Make("x86", "0a39eed9423d33f2d79ace05598381a2", "10.0.14393.2312"), "9455a7841fff71a4",
       "a402d9375e369405"},
      {Make("amd64", "Microsoft-Windows-StartMenuExperienceHost.AppxMain", "10.0.26100.7309"),
       "9707d6de62619e8c", ""},
      {resources, "6ab3ac0cf789ac3d", ""},
      {driver, "9162a10543917fc7", ""},
      {Make("amd64", "Microsoft-Windows-EdgeChromium", "25.10.0.0"), "7cb07fc97a42b36f",
       "df3ee7b2c5023fd1"},
      {Make("arm64", "Microsoft-Client-Licensing-SupplementalServicing", "25.10.0.0"),
       "8b15303df56a09af", "0a035f900ca87ee9"},
  };
}

TEST(IdentityHash, MatchesEveryPublishedVector) {
  for (const auto& [id, hash, family] : HashVectors()) {
    EXPECT_EQ(HashText(IdentityHash(id)), hash) << id.name;
    if (!family.empty()) {
      EXPECT_EQ(HashText(FamilyHash(id)), family) << id.name;
    }
  }
}

TEST(IdentityHash, IgnoresCaseNeutralLanguageAndBuildType) {
  const auto id = Make("amd64", "Microsoft-Windows-ServicingStack", "10.0.19041.1");
  auto other = Make("AMD64", "MICROSOFT-WINDOWS-SERVICINGSTACK", "10.0.19041.1");
  other.language = "neutral";
  other.build_type = "release";
  EXPECT_EQ(IdentityHash(id), IdentityHash(other));
  other.language = "en-US";
  EXPECT_NE(IdentityHash(id), IdentityHash(other));
  other.language.clear();
  other.type_name = "Service";
  EXPECT_NE(IdentityHash(id), IdentityHash(other));
}

TEST(Keyform, ShortensTheMiddleOfLongNames) {
  EXPECT_EQ(
      Keyform(Make("x86", "Microsoft-Windows-Deployment-Image-Servicing-Management-WinProviders",
                   "10.0.14393.2312")),
      "x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0.14393.2312_none_"
      "d0d72ee747323b22");
  EXPECT_EQ(Keyform(Make("amd64", "Microsoft-Windows-StartMenuExperienceHost.AppxMain",
                         "10.0.26100.7309")),
            "amd64_microsoft-windows-s..riencehost.appxmain_31bf3856ad364e35_10.0.26100.7309_none_"
            "9707d6de62619e8c");
  const std::string forty(40, 'a');
  EXPECT_NE(Keyform(Make("x86", forty, "1.0.0.0")).find("_" + forty + "_"), std::string::npos);
  EXPECT_NE(Keyform(Make("x86", forty + "b", "1.0.0.0"))
                .find("_" + std::string(19, 'a') + ".." + std::string(18, 'a') + "b_"),
            std::string::npos);
}

TEST(Keyform, HasTheCultureAndWhatIsMissing) {
  auto id = Make("amd64", "MultiPoint-SrcRes.Resources", "10.0.26100.1");
  id.language = "en-us";
  EXPECT_EQ(Keyform(id),
            "amd64_multipoint-srcres.resources_31bf3856ad364e35_10.0.26100.1_en-us_"
            "6ab3ac0cf789ac3d");
  id.language = "sr-Latn-RS";
  EXPECT_NE(Keyform(id).find("_sr-..-rs_"), std::string::npos);
  id.public_key_token.clear();
  id.has_version = false;
  id.language.clear();
  EXPECT_NE(Keyform(id).find("resources_none_none_none_"), std::string::npos);
}

TEST(Keyform, DropsCharactersThatNamesCannotHold) {
  const auto id = Make("x86", "A (b) c/d\\e", "1.2.3.4");
  EXPECT_TRUE(Keyform(id).starts_with("x86_abcde_31bf3856ad364e35_1.2.3.4_none_"));
  EXPECT_NE(IdentityHash(id), IdentityHash(Make("x86", "Abcde", "1.2.3.4")));
}

TEST(Keyform, ShortensLongVersions) {
  const auto id = Make("x86", "a", "10000.20000.30000.40000");
  EXPECT_TRUE(Keyform(id).starts_with("x86_a_31bf3856ad364e35_10000.2..0.40000_none_"));
}

// windows-servicing.md 4.3 and 5.7.
TEST(DeploymentKey, MatchesKnownKeys) {
  EXPECT_EQ(DeploymentKey(Make("x86", "0a39eed9423d33f2d79ace05598381a2", "10.0.14393.2312")),
            "0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_9455a7841fff71a4");
  EXPECT_EQ(DeploymentKey(Make("amd64", "Microsoft-Windows-Dedup-Deployment", "10.0.20348.2849")),
            "microsoft-w..-deployment_31bf3856ad364e35_10.0.20348.2849_f8f9ef63a3376fad");
}

TEST(FamilyKey, MatchesKnownWinners) {
  EXPECT_EQ(FamilyKey(Make("x86", "0a39eed9423d33f2d79ace05598381a2", "10.0.14393.2312")),
            "x86_0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_none_a402d9375e369405");
  EXPECT_EQ(FamilyKey(Make("x86", "Microsoft-Windows-PackageManager", "10.0.14393.2457")),
            "x86_microsoft-windows-packagemanager_31bf3856ad364e35_none_553a2e8d34b55cfb");
}

TEST(ComponentDetectKey, IsTheKeyformOfVersionZero) {
  EXPECT_EQ(ComponentDetectKey(Make("x86", "Microsoft-Windows-PackageManager", "10.0.14393.2457")),
            "x86_microsoft-windows-packagemanager_31bf3856ad364e35_0.0.0.0_none_10b1b9c93b6e81dd");
}

TEST(IdentityText, MatchesTheGenuineForm) {
  EXPECT_EQ(*IdentityText(Make("x86", "Microsoft-Windows-SMI-Engine", "10.0.14393.693")),
            "Microsoft-Windows-SMI-Engine, Culture=neutral, Version=10.0.14393.693, "
            "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS");
  auto driver = Make("amd64", "dual_netvg63a.inf", "10.0.26100.1");
  driver.type = "dualModeDriver";
  driver.language = "en-US";
  EXPECT_EQ(*IdentityText(driver),
            "dual_netvg63a.inf, Culture=en-US, Type=dualModeDriver, Version=10.0.26100.1, "
            "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=amd64, versionScope=NonSxS");
}

TEST(IdentityText, RefusesFormsThatAreNotKnown) {
  auto id = Make("x86", "A", "1.0.0.0");
  id.type_name = "Service";
  EXPECT_EQ(IdentityText(id).error().code, Code::kUnsupported);
  for (const char* name : {"A, B", "A\"B", "A\\B", "\xC3\x84"}) {
    EXPECT_EQ(IdentityText(Make("x86", name, "1.0.0.0")).error().code, Code::kUnsupported) << name;
  }
}

TEST(PackageIdentity, RoundTripsAndKeepsItsCase) {
  for (const char* text : {"Package_for_KB2780124~31bf3856ad364e35~x86~~6.1.1.0",
                           "Microsoft-Windows-Foo-Package~31bf3856ad364e35~amd64~en-US~10.0.1.2"}) {
    const auto id = ParsePackageIdentity(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(PackageIdentityString(*id), text);
  }
  const auto id = ParsePackageIdentity("Package_for_KB2780124~31bf3856ad364e35~x86~~6.1.1.0");
  EXPECT_EQ(id->language, "");
  EXPECT_EQ(PackageFamilyString(*id), "Package_for_KB2780124~31bf3856ad364e35~x86~~0.0.0.0");
  EXPECT_EQ(UpdateReference(*id, "2780124-1_neutral_LDR"),
            "Package_for_KB2780124~31bf3856ad364e35~x86~~6.1.1.0.2780124-1_neutral_LDR");
}

TEST(PackageIdentity, RefusesWhatIsNone) {
  for (const char* text :
       {"", "~~~~", "a~b~c~~", "a~b~c~d", "a~b~c~~1.2.3.4~", "a~b~c~~1.2.3", "~b~c~~1.2.3.4",
        "../a~b~c~~1.2.3.4", "a\\b~b~c~~1.2.3.4", "a:b~b~c~~1.2.3.4", "a\nb~b~c~~1.2.3.4",
        "a~..\\b~c~~1.2.3.4", "a~b~c/d~~1.2.3.4", "a~b~c~e:f~1.2.3.4", "a~b~*~~1.2.3.4",
        "a~b~c~*~1.2.3.4", ".a~b~c~~1.2.3.4"}) {
    const auto id = ParsePackageIdentity(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error().code, Code::kCorrupt) << text;
  }
  EXPECT_FALSE(ParsePackageIdentity(std::string(300, 'a') + "~b~c~~1.2.3.4"));
}

TEST(PackageIdentity, ComparesWithoutCaseAndWithoutScope) {
  const auto a = *ParsePackageIdentity("Package_A~31BF~x86~~1.0.0.0");
  auto b = *ParsePackageIdentity("package_a~31bf~X86~~1.0.0.1");
  EXPECT_TRUE(SameFamily(a, b));
  EXPECT_FALSE(EqualPackage(a, b));
  b.version = a.version;
  b.version_scope = "nonSxS";
  b.language = "neutral";
  EXPECT_TRUE(EqualPackage(a, b));
  EXPECT_FALSE(EqualComponent(a, b));
  b.language = "de-DE";
  EXPECT_FALSE(SameFamily(a, b));
}

}  // namespace
}  // namespace ww::manifest
