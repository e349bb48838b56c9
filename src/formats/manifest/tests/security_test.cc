#include "wimwright/manifest/security.h"

#include <gtest/gtest.h>

#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

std::string Hex(std::string_view sddl) {
  const auto bytes = SddlToSecurityDescriptor(sddl);
  return bytes ? ToHex(*bytes) : std::string(CodeName(bytes.error().code));
}

const std::string kCorrupt(CodeName(Code::kCorrupt));
const std::string kUnsupported(CodeName(Code::kUnsupported));

constexpr const char* kSystem = "010100000000000512000000";
constexpr const char* kAdministrators = "01020000000000052000000020020000";

TEST(Sid, HasKnownBinaryForms) {
  EXPECT_EQ(ToHex(*SidFromText("S-1-5-18")), kSystem);
  EXPECT_EQ(ToHex(*SidFromText("SY")), kSystem);
  EXPECT_EQ(ToHex(*SidFromText("BA")), kAdministrators);
  EXPECT_EQ(ToHex(*SidFromText("WD")), "010100000000000100000000");
  EXPECT_EQ(ToHex(*SidFromText("LW")), "010100000000001000100000");
  // TrustedInstaller.
  EXPECT_EQ(ToHex(*SidFromText("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464")),
            "010600000000000550000000b589fb381984c2cb5c6c236d5700776ec0026487");
  EXPECT_EQ(ToHex(*SidFromText("S-1-0x0000000000ff-1")), "01010000000000ff01000000");
}

TEST(Sid, RefusesWhatIsNone) {
  for (const char* text :
       {"S-1-", "S-1-5", "S-1-5-", "S-1-5--1", "S-1-5-18-", "S-1-5-4294967296",
        "S-1-281474976710656-1", "S-1-5-18x", "S-1-5-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1"}) {
    EXPECT_FALSE(SidFromText(text)) << text;
  }
  for (const char* text : {"", "DA", "LA", "sy", "XX", "S-2-5-18"}) {
    EXPECT_EQ(SidFromText(text).error().code, Code::kUnsupported) << text;
  }
}

TEST(Sddl, EmptyTextIsAnEmptyDescriptor) {
  EXPECT_EQ(Hex(""), "0100008000000000000000000000000000000000");
}

TEST(Sddl, PlacesOwnerGroupAndLists) {
  // revision, control; owner, group, sacl, dacl; SACL with one label; DACL with one ACE; owner;
  // group
  EXPECT_EQ(Hex("O:BAG:SYD:P(A;OICI;GA;;;SY)S:(ML;;NW;;;LW)"),
            std::string("01001490") + "4c0000005c0000001400000030000000" +
                "02001c0001000000"
                "11001400"
                "01000000"
                "010100000000001000100000" +
                "02001c0001000000"
                "00031400"
                "00000010" +
                kSystem + kAdministrators + kSystem);
}

TEST(Sddl, ReadsControlFlags) {
  const auto control = [](std::string_view sddl) {
    const auto bytes = SddlToSecurityDescriptor(sddl);
    return bytes ? LoadLe<std::uint16_t>(bytes->data() + 2) : std::uint16_t{0};
  };
  EXPECT_EQ(control("D:"), 0x8004);
  EXPECT_EQ(control("D:P"), 0x9004);
  EXPECT_EQ(control("D:PAI"), 0x9404);
  EXPECT_EQ(control("D:ARAIP"), 0x9504);
  EXPECT_EQ(control("S:PAIAR"), 0xAA10);
  EXPECT_EQ(control("D:AIS:AI"), 0x8C14);
  EXPECT_EQ(control("D:NO_ACCESS_CONTROL"), 0x8004);
  EXPECT_TRUE(Hex("D:NO_ACCESS_CONTROL").ends_with("00000000000000000000000000000000"));
}

std::string OneAce(std::string_view ace) {
  const auto hex = Hex("D:(" + std::string(ace) + ")");
  return hex.size() > 56 ? hex.substr(56) : hex;  // behind both headers
}

TEST(Sddl, ReadsRights) {
  const auto mask = [](std::string_view rights) {
    return OneAce("A;;" + std::string(rights) + ";;;SY").substr(8, 8);
  };
  EXPECT_EQ(mask("GRGX"), "000000a0");
  EXPECT_EQ(mask("FA"), "ff011f00");
  EXPECT_EQ(mask("FR"), "89001200");
  EXPECT_EQ(mask("FW"), "16011200");
  EXPECT_EQ(mask("FX"), "a0001200");
  EXPECT_EQ(mask("KA"), "3f000f00");
  EXPECT_EQ(mask("KR"), "19000200");
  EXPECT_EQ(mask("KW"), "06000200");
  EXPECT_EQ(mask("CCLCSWRPRC"), "1d000200");
  EXPECT_EQ(mask("0x1301bf"), "bf011300");
  EXPECT_EQ(mask("0X000D0116"), "16010d00");
  EXPECT_EQ(mask("32"), "20000000");
  EXPECT_EQ(mask(""), "00000000");
}

TEST(Sddl, ReadsFlagsAndTypes) {
  EXPECT_EQ(OneAce("D;OICINPIOID;GA;;;SY").substr(0, 8), "011f1400");
  EXPECT_EQ(Hex("S:(AU;FASA;0x000D0116;;;WD)").substr(56),
            "02c0140016010d00010100000000000100000000");
  EXPECT_EQ(OneAce("OA;;RP;bf967aba-0de6-11d0-a285-00aa003049e2;;SY"),
            std::string("05002800") + "10000000" + "01000000" + "ba7a96bfe60dd011a28500aa003049e2" +
                kSystem);
  // Lists with object ACEs are of revision 4.
  EXPECT_EQ(Hex("D:(OA;;RP;bf967aba-0de6-11d0-a285-00aa003049e2;;SY)").substr(40, 2), "04");
}

TEST(Sddl, ReadsWhatManifestsUse) {
  const std::string installer = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
  const auto bytes =
      SddlToSecurityDescriptor("O:" + installer + "G:" + installer + "D:P(A;;FA;;;" + installer +
                               ")(A;;GRGX;;;BA)(A;;GRGX;;;SY)(A;;GRGX;;;BU)(A;;GRGX;;;S-1-15-2-1)"
                               "S:(AU;FASA;0x000D0116;;;WD)");
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(LoadLe<std::uint16_t>(bytes->data() + 2), 0x9014);
  const auto dacl = LoadLe<std::uint32_t>(bytes->data() + 16);
  EXPECT_EQ(LoadLe<std::uint16_t>(bytes->data() + dacl + 4), 5);  // ACE count
  EXPECT_TRUE(SddlToSecurityDescriptor(
      "D:PAI(A;CI;KR;;;BU)(A;CI;KA;;;BA)(A;CI;CCLCSWRPRC;;;NS)(A;CIIO;RC;;;S-1-3-4)"));
}

TEST(Sddl, RefusesWhatItDoesNotKnow) {
  for (const char* sddl :
       {"D:(XA;;FX;;;S-1-1-0;(@User.Title==\"PM\"))", "S:(RA;;;;;WD;(\"Secrecy\",TU,0,3))",
        "D:(A;;GA;;;DA)", "O:LA", "D:(A;CR;GA;;;SY)", "D:(A;;ZZ;;;SY)", "D:(A;;G;;;SY)",
        "S:(SP;;;;;WD)", "D:(A;;GA;;;SY;x)", "S:(ML;;GA;;;LW)"}) {
    EXPECT_EQ(Hex(sddl), kUnsupported) << sddl;
  }
}

TEST(Sddl, RefusesMalformedText) {
  for (const char* sddl : {"D",
                           "X:",
                           "D:(",
                           "D:(A;;GA;;SY)",
                           "D:(A;;GA;;;SY",
                           "D:(A;;GA;;;SYX)",
                           "D:Q",
                           "D:P D:",
                           "O:SYO:SY",
                           "D:D:",
                           "S:(A;;GA;;;SY)",
                           "D:(AU;;GA;;;SY)",
                           "D:(A;;GA;x;;SY)",
                           "D:(A;;0x;;;SY)",
                           "D:(A;;010;;;SY)",
                           "D:(A;;0x1ffffffff;;;SY)",
                           "D:(OA;;RP;bf967aba;;SY)",
                           "D:NO_ACCESS_CONTROL(A;;GA;;;SY)",
                           "S:NO_ACCESS_CONTROL",
                           "O:S-1-5-18 "}) {
    EXPECT_EQ(Hex(sddl), kCorrupt) << sddl;
  }
}

TEST(Sddl, BoundsSizes) {
  std::string many = "D:";
  while (many.size() < 60'000) many += "(A;;GA;;;SY)";
  EXPECT_EQ(SddlToSecurityDescriptor(many).error().code, Code::kLimit);
  EXPECT_EQ(SddlToSecurityDescriptor(std::string(100'000, 'D')).error().code, Code::kLimit);
}

}  // namespace
}  // namespace ww::manifest
