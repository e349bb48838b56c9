#include <gtest/gtest.h>

#include "wimwright/base/text.h"
#include "wimwright/manifest/identity.h"

namespace ww::manifest {
namespace {

// windows-servicing.md 4.5.
TEST(ReferenceValueName, MatchesKnownNames) {
  const struct {
    const char* reference;
    const char* name;
  } kVectors[] = {
      {"Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6107_neutral",
       "i!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_09a48a1df11e1628"},
      {"Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6110_neutral",
       "i!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_750d3bfd72ef9918"},
      {"Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6109_neutral",
       "i!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_e6302dd640e3e5ca"},
      {"Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6108_neutral",
       "i!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_f7ea5bfa1900fdf9"},
      {"Microsoft-Windows-NetFx4-OC-Package~31bf3856ad364e35~amd64~~10.0.17763.1.NetFx4",
       "i!CBS_microsoft-windows-netfx4-oc-package~31bf3856ad364e35~amd64~~_13acec2cc6eef42a"},
  };
  for (const auto& [reference, name] : kVectors) {
    EXPECT_EQ(*ReferenceValueName('i', reference), name);
    EXPECT_EQ(*ReferenceValueName('p', reference), "p" + std::string(name).substr(1));
    EXPECT_EQ(*ReferenceValueName('s', reference), "s" + std::string(name).substr(1));
  }
}

TEST(ReferenceValueName, RefusesFormsThatWereNeverSeen) {
  EXPECT_EQ(ReferenceValueName('i', std::string(60, 'a')).error().code, Code::kUnsupported);
  EXPECT_TRUE(ReferenceValueName('i', std::string(61, 'a')));
  EXPECT_EQ(ReferenceValueName('i', std::string(70, '\xC3')).error().code, Code::kUnsupported);
  EXPECT_EQ(ReferenceValueName('x', std::string(70, 'a')).error().code, Code::kUsage);
}

// windows-servicing.md 5.2.2.
TEST(ReferenceBlob, HasTwoLengthsAndTwoTexts) {
  EXPECT_EQ(ToHex(ReferenceBlob("Ab", "2")), "0200000001000000416232");
  EXPECT_EQ(ToHex(ReferenceBlob("Ab", "")), "02000000000000004162");
  const auto back = ParseReferenceBlob(ReferenceBlob("Package_A.x", "8"));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->reference, "Package_A.x");
  EXPECT_EQ(back->extra, "8");
}

TEST(ReferenceBlob, RefusesLengthsThatDoNotFit) {
  auto blob = ReferenceBlob("Package_A.x", "8");
  for (std::size_t size = 0; size < blob.size(); ++size) {
    EXPECT_FALSE(ParseReferenceBlob(ByteView(blob).first(size))) << size;
  }
  blob.push_back(std::byte{0});
  EXPECT_FALSE(ParseReferenceBlob(blob));
  EXPECT_FALSE(ParseReferenceBlob(*FromHex("ffffffffffffffff41")));
}

TEST(FileValueName, MatchesKnownNames) {
  EXPECT_EQ(*FileValueName("proactive-telemetry-interfaces.js"),
            "f!proactive-telemetry-inter_58073761d33f144b");
  EXPECT_EQ(*FileValueName("proactive-telemetry-events.js"),
            "f!proactive-telemetry-event_8ac43a41e5030538");
  EXPECT_EQ(*FileValueName("PkgMgr.exe"), "f!pkgmgr.exe");
  EXPECT_EQ(*FileValueName(std::string(25, 'A')), "f!" + std::string(25, 'a'));
  EXPECT_EQ(FileValueName(std::string(26, 'A'))->size(), 2 + 25 + 1 + 16u);
}

TEST(FileValueName, RefusesSubdirectories) {
  for (const char* name : {"Amd64\\UNIDRV.DLL", "a/b", "", "\xC3\x84.txt"}) {
    EXPECT_EQ(FileValueName(name).error().code, Code::kUnsupported) << name;
  }
}

// windows-servicing.md 4.6.
TEST(FileMapsName, MatchesKnownNames) {
  EXPECT_EQ(FileMapsName("$$\\SYSTEM32"), "$$_system32_21f9a9c4a2f8b514.cdf-ms");
  EXPECT_EQ(FileMapsName("$$\\System32"), "$$_system32_21f9a9c4a2f8b514.cdf-ms");
  EXPECT_EQ(FileMapsName("$$\\SYSWOW64"), "$$_syswow64_21ffbdd2a2dd92e0.cdf-ms");
  EXPECT_EQ(FileMapsName("$$\\APPCOMPAT\\APPRAISER"),
            "$$_appcompat_appraiser_33781004733ffeee.cdf-ms");
  EXPECT_EQ(FileMapsName("$$\\WAAS\\SERVICES"), "$$_waas_services_ddfc4ae175ff1678.cdf-ms");
  EXPECT_EQ(FileMapsName("$$\\WAAS\\TASKS"), "$$_waas_tasks_0504086c7768f632.cdf-ms");
  EXPECT_EQ(FileMapsName("$$\\GLOBALIZATION\\SORTING"),
            "$$_globalization_sorting_04883de290c6ef1b.cdf-ms");
  EXPECT_EQ(FileMapsName("$$\\MICROSOFT.NET\\FRAMEWORK64\\V4.0.30319"),
            "$$_microsoft.net_framework64_v4.0.30319_46321ba736a30085.cdf-ms");
  EXPECT_EQ(FileMapsName("PROGRAM FILES"), "program_files_ffd0cbfc813cc4f1.cdf-ms");
}

}  // namespace
}  // namespace ww::manifest
