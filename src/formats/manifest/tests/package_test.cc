#include "wimwright/manifest/package.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "hresults.h"

namespace ww::manifest {
namespace {

constexpr std::string_view kIdentity =
    "processorArchitecture='x86' publicKeyToken='31bf3856ad364e35' language='neutral'";

std::string Identity(std::string_view name, std::string_view version = "6.1.1.0") {
  return fmt::format("<assemblyIdentity name='{}' version='{}' {}/>", name, version, kIdentity);
}

std::string Package(std::string_view content, std::string_view attributes = "") {
  return fmt::format(
      "<?xml version='1.0' encoding='utf-8'?>"
      "<assembly xmlns='urn:schemas-microsoft-com:asm.v3' manifestVersion='1.0'>{}"
      "<package {}>{}</package></assembly>",
      Identity("Package_for_Sample"), attributes, content);
}

Result<PackageManifest> Parse(std::string_view xml) { return ParsePackage(AsBytes(xml)); }

void ExpectHresult(std::string_view xml, std::uint32_t hresult) {
  const auto package = Parse(xml);
  ASSERT_FALSE(package) << xml;
  EXPECT_EQ(package.error().code, Code::kCorrupt) << package.error().message;
  EXPECT_EQ(package.error().hresult, hresult) << package.error().message;
}

TEST(Package, ReadsEverything) {
  const auto package = Parse(fmt::format(
      "<assembly xmlns='urn:schemas-microsoft-com:asm.v3' manifestVersion='1.0' "
      "description='Fix for KB1234567' displayName='default' company='Company' copyright='C' "
      "supportInformation='http://support.microsoft.com/?kbid=1234567' "
      "creationTimeStamp='2014-03-04T15:16:37Z' lastUpdateTimeStamp='2014-03-05T15:16:37Z'>"
      "<assemblyIdentity name='Package_for_KB1234567' version='6.1.1.0' {0}/>"
      "<package identifier='KB1234567' releaseType='Update' restart='possible' "
      "applicabilityEvaluation='deep' permanence='permanent' psfName='a.psf' selfUpdate='true' "
      "targetPartition='mainos' binaryPartition='false'>"
      "<mum2:customInformation xmlns:mum2='urn:schemas-microsoft-com:asm.v3' PackageFormat='PSFX' "
      "PSFXVersion='2'><mum2:anything><x/></mum2:anything></mum2:customInformation>"
      "<parent buildCompare='EQ' serviceCompare='EQ' revisionCompare='GE' distributionCompare='x' "
      "integrate='separate' disposition='detect' set='s' name='n'>{1}{2}"
      "<parent disposition='staged'>{3}</parent></parent>"
      "<parent>{3}</parent>"
      "<installerAssembly name='Microsoft-Windows-ServicingStack' version='6.0.0.0' {0}/>"
      "<declareCapability><capability><capabilityIdentity name='C' version='1.0' language='en-US'/>"
      "</capability><satelliteInfo><applyTo type='language' value='x'/></satelliteInfo>"
      "</declareCapability>"
      "<update name='1-1_neutral' displayName='D' description='E' restart='required'>"
      "<applicable disposition='staged'><updateComponent elevate='revision'>{4}</updateComponent>"
      "<updateDriver elevate='install'>{5}</updateDriver>"
      "<detectUpdate><update name='other'/><parent>{3}</parent></detectUpdate></applicable>"
      "<component>{6}</component>"
      "<driver inf='x.inf' ranking='force'>{5}<driverExtended "
      "deviceInstallRequired='true'/></driver>"
      "<package integrate='hidden' contained='false'>{1}</package>"
      "<selectable disposition='staged'><detectNone default='yes'/></selectable>"
      "</update><update name='other'/>"
      "<mum2:packageExtended xmlns:mum2='urn:schemas-microsoft-com:asm.v3' "
      "completelyOfflineCapable='yes' packageSize='442893'/>"
      "<localizedStrings><string language='de-DE'/></localizedStrings>"
      "</package></assembly>",
      kIdentity, Identity("P1"), Identity("P2"), Identity("P3"), Identity("C1"), Identity("x.inf"),
      Identity("deployment")));
  ASSERT_TRUE(package) << package.error().message;
  EXPECT_EQ(PackageIdentityString(package->identity),
            "Package_for_KB1234567~31bf3856ad364e35~x86~~6.1.1.0");
  EXPECT_EQ(package->description, "Fix for KB1234567");
  EXPECT_EQ(package->display_name, "default");
  EXPECT_EQ(package->company, "Company");
  EXPECT_EQ(package->creation_time, "2014-03-04T15:16:37Z");
  EXPECT_EQ(package->last_update_time, "2014-03-05T15:16:37Z");
  EXPECT_EQ(package->identifier, "KB1234567");
  EXPECT_EQ(package->release_type, "Update");
  EXPECT_EQ(package->restart, "possible");
  EXPECT_EQ(package->applicability_evaluation, "deep");
  EXPECT_EQ(package->permanence, "permanent");
  EXPECT_EQ(package->psf_name, "a.psf");
  EXPECT_TRUE(package->self_update);
  EXPECT_EQ(package->custom("packageformat"), "PSFX");
  EXPECT_EQ(package->custom("PSFXVersion"), "2");
  EXPECT_EQ(package->custom("LPType"), "");
  ASSERT_EQ(package->parents.size(), 2u);
  const auto& parent = package->parents[0];
  EXPECT_EQ(parent.build_compare, "EQ");
  EXPECT_EQ(parent.service_compare, "EQ");
  EXPECT_EQ(parent.revision_compare, "GE");
  EXPECT_EQ(parent.distribution_compare, "x");
  EXPECT_EQ(parent.integrate, "separate");
  EXPECT_EQ(parent.disposition, "detect");
  EXPECT_EQ(parent.set, "s");
  EXPECT_EQ(parent.name, "n");
  ASSERT_EQ(parent.any_of.size(), 2u);
  EXPECT_EQ(parent.any_of[1].name, "P2");
  ASSERT_EQ(parent.nested.size(), 1u);
  EXPECT_EQ(parent.nested[0].disposition, "staged");
  EXPECT_EQ(parent.nested[0].any_of[0].name, "P3");
  ASSERT_TRUE(package->installer_assembly);
  EXPECT_EQ(package->installer_assembly->version.ToString(), "6.0.0.0");
  ASSERT_EQ(package->declared_capabilities.size(), 1u);
  EXPECT_EQ(package->declared_capabilities[0].language, "en-US");
  EXPECT_EQ(package->completely_offline_capable, true);
  EXPECT_EQ(package->package_size, "442893");

  ASSERT_EQ(package->updates.size(), 2u);
  const auto& update = package->updates[0];
  EXPECT_EQ(update.name, "1-1_neutral");
  EXPECT_EQ(update.restart, "required");
  ASSERT_EQ(update.applicable.size(), 1u);
  EXPECT_EQ(update.applicable[0].disposition, "staged");
  EXPECT_EQ(update.applicable[0].components[0].elevate, "revision");
  EXPECT_EQ(update.applicable[0].drivers[0].identity.name, "x.inf");
  EXPECT_EQ(update.applicable[0].detect_updates[0].updates[0], "other");
  EXPECT_EQ(update.applicable[0].detect_updates[0].parents[0].any_of[0].name, "P3");
  EXPECT_EQ(update.components[0].name, "deployment");
  EXPECT_EQ(update.drivers[0].ranking, "force");
  EXPECT_TRUE(update.drivers[0].device_install_required);
  EXPECT_EQ(update.packages[0].integrate, "hidden");
  EXPECT_FALSE(update.packages[0].contained);
  ASSERT_TRUE(update.selectable);
  EXPECT_EQ(update.selectable->detect_none_default, true);
  EXPECT_EQ(package->updates[1].name, "other");
}

TEST(Package, FindsTheArticleWhereItCan) {
  const auto kb = [](std::string_view attributes, std::string_view package, std::string_view name) {
    const auto parsed = Parse(fmt::format(
        "<assembly {}><assemblyIdentity name='{}' version='1.0.0.0'/><package {}/></assembly>",
        attributes, name, package));
    return parsed ? parsed->kb() : parsed.error().message;
  };
  EXPECT_EQ(kb("", "identifier='KB2780124'", "x"), "KB2780124");
  EXPECT_EQ(kb("", "identifier='kb2780124-v2'", "x"), "KB2780124");
  EXPECT_EQ(kb("supportInformation='https://support.microsoft.com/help/5129195'",
               "identifier='Something'", "x"),
            "KB5129195");
  EXPECT_EQ(kb("supportInformation='http://support.microsoft.com/?kbid=976902'", "", "x"),
            "KB976902");
  EXPECT_EQ(kb("description='Fix for KB976902'", "", "x"), "KB976902");
  EXPECT_EQ(kb("", "", "Package_for_KB976902_SP1"), "KB976902");
  EXPECT_EQ(kb("description='no article'", "identifier='KB12'", "Package_for_RollupFix"), "");
}

TEST(Package, UnknownElementsAreErrors) {
  for (const auto& xml :
       {Package("<unknown/>"), Package("<parent>" + Identity("P") + "<unknown/></parent>"),
        Package("<update name='u'><unknown/></update>"),
        Package("<update name='u'><applicable><unknown/></applicable></update>"),
        Package("<update name='u'><applicable><updateComponent>" + Identity("C") +
                "<unknown/></updateComponent></applicable></update>"),
        Package("<update name='u'><component>" + Identity("C") + "<unknown/></component></update>"),
        Package("<update name='u'><driver>" + Identity("C") + "<unknown/></driver></update>"),
        Package("<update name='u'><package>" + Identity("C") + "<unknown/></package></update>"),
        Package("<update name='u'><selectable><unknown/></selectable></update>"),
        Package("<update name='u'><applicable><detectUpdate><unknown/></detectUpdate></applicable>"
                "</update>"),
        Package("<update name='u'><applicable><detectUpdate><update name='x'><unknown/></update>"
                "</detectUpdate></applicable></update>"),
        Package("<packageExtended><unknown/></packageExtended>"),
        Package("<declareCapability><unknown/></declareCapability>"), std::string("<unknown/>"),
        "<assembly>" + Identity("A") + "<package/><unknown/></assembly>"}) {
    ExpectHresult(xml, kCbsManifestInvalidItem);
  }
}

TEST(Package, UnknownComparisonsAreErrors) {
  ExpectHresult(Package("<parent branchCompare='EQ'>" + Identity("P") + "</parent>"),
                kCbsManifestInvalidItem);
}

TEST(Package, MissingAttributesAreErrors) {
  for (const auto& xml :
       {Package("<update/>"), Package("<update name=''/>"),
        Package("<update name='u'><applicable><detectUpdate><update/></detectUpdate></applicable>"
                "</update>"),
        Package("<installerAssembly version='6.0.0.0'/>"),
        Package("<parent><assemblyIdentity version='1.0.0.0'/></parent>"),
        Package("<parent><assemblyIdentity name='P'/></parent>"),
        Package("<declareCapability><capability/></declareCapability>"),
        std::string("<assembly><assemblyIdentity version='1.0.0.0'/><package/></assembly>"),
        std::string("<assembly><assemblyIdentity name='A'/><package/></assembly>")}) {
    ExpectHresult(xml, kCbsMissingAttributes);
  }
}

TEST(Package, MissingElementsAreErrors) {
  for (const auto& xml :
       {std::string("<assembly/>"), "<assembly>" + Identity("A") + "</assembly>",
        std::string("<assembly><package/></assembly>"), Package("<parent/>"),
        Package("<update name='u'><component/></update>"),
        Package("<update name='u'><driver/></update>"),
        Package("<update name='u'><package/></update>"),
        Package("<update name='u'><applicable><updateComponent/></applicable></update>")}) {
    ExpectHresult(xml, kCbsMissingElements);
  }
}

TEST(Package, DuplicatesAreErrors) {
  ExpectHresult(Package("<update name='u'/><update name='U'/>"), kCbsDuplicateUpdateName);
  for (const auto& xml :
       {"<assembly>" + Identity("A") + Identity("B") + "<package/></assembly>",
        "<assembly>" + Identity("A") + "<package/><package/></assembly>",
        Package("<installerAssembly name='a' version='6.0.0.0'/><installerAssembly name='a' "
                "version='6.0.0.0'/>"),
        Package("<update name='u'><component>" + Identity("C") + Identity("D") +
                "</component></update>"),
        Package("<update name='u'><driver>" + Identity("C") + Identity("D") + "</driver></update>"),
        Package("<update name='u'><selectable/><selectable/></update>")}) {
    ExpectHresult(xml, kCbsDuplicateElement);
  }
}

TEST(Package, IdentitiesThatCannotBeFileNamesAreErrors) {
  for (const char* name : {"..\\..\\x", "a/b", "a~b", "a:b", "a?b", ".x", "a&#10;b"}) {
    ExpectHresult("<assembly>" + Identity(name) + "<package/></assembly>", kCbsManifestInvalidItem);
    ExpectHresult(Package("<update name='u'><package>" + Identity(name) + "</package></update>"),
                  kCbsManifestInvalidItem);
  }
  ExpectHresult(
      "<assembly><assemblyIdentity name='A' version='1.0.0.0' "
      "processorArchitecture='..\\x'/><package/></assembly>",
      kCbsManifestInvalidItem);
  ExpectHresult(
      "<assembly><assemblyIdentity name='A' version='1.0.0.0' language='*'/><package/>"
      "</assembly>",
      kCbsManifestInvalidItem);
  ExpectHresult("<assembly>" + Identity("A", "1.0.0") + "<package/></assembly>",
                kCbsManifestInvalidItem);
}

TEST(Package, BooleansAreWordsOfBothKinds) {
  for (const char* word : {"yes", "true", "TRUE", "1"}) {
    EXPECT_TRUE(Parse(Package("", fmt::format("selfUpdate='{}'", word)))->self_update) << word;
  }
  for (const char* word : {"no", "false", "0", ""}) {
    EXPECT_FALSE(Parse(Package("", fmt::format("selfUpdate='{}'", word)))->self_update) << word;
  }
  ExpectHresult(Package("", "selfUpdate='maybe'"), kCbsManifestInvalidItem);
}

TEST(Package, NestedParentsKeepTheirShape) {
  std::string open, close;
  for (int i = 0; i < 100; ++i) {
    open += "<parent name='" + std::to_string(i) + "'>" + Identity("P");
    close += "</parent>";
  }
  const auto package = Parse(Package(open + close));
  ASSERT_TRUE(package) << package.error().message;
  const Parent* at = &package->parents[0];
  for (int i = 0; i < 99; ++i) {
    EXPECT_EQ(at->name, std::to_string(i));
    ASSERT_EQ(at->nested.size(), 1u);
    at = &at->nested[0];
  }
  EXPECT_TRUE(at->nested.empty());
}

}  // namespace
}  // namespace ww::manifest
