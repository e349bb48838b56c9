#include "wimwright/manifest/component.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "hresults.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

std::string Component(std::string_view content, std::string_view version = "10.0.1.2") {
  return fmt::format(
      "<assembly xmlns='urn:schemas-microsoft-com:asm.v3' manifestVersion='1.0'>"
      "<assemblyIdentity name='Sample-Component' version='{}' processorArchitecture='amd64' "
      "language='neutral' publicKeyToken='31bf3856ad364e35' versionScope='nonSxS'/>{}</assembly>",
      version, content);
}

Result<ComponentManifest> Parse(std::string_view xml) { return ParseComponent(AsBytes(xml)); }

std::string Hash(std::string_view content) {
  return fmt::format(
      "<asmv2:hash xmlns:asmv2='urn:schemas-microsoft-com:asm.v2' "
      "xmlns:dsig='http://www.w3.org/2000/09/xmldsig#'><dsig:Transforms>"
      "<dsig:Transform Algorithm='urn:schemas-microsoft-com:HashTransforms.Identity'/>"
      "</dsig:Transforms><dsig:DigestMethod "
      "Algorithm='http://www.w3.org/2000/09/xmldsig#sha256'/>"
      "<dsig:DigestValue>{}</dsig:DigestValue></asmv2:hash>",
      ToBase64(Sha256(AsBytes(content))));
}

std::vector<std::string> Kinds(const ComponentManifest& manifest) {
  std::vector<std::string> kinds;
  for (const auto& effect : manifest.effects) kinds.push_back(effect.kind);
  return kinds;
}

void ExpectHresult(std::string_view content, std::uint32_t hresult) {
  const auto component = Parse(Component(content));
  ASSERT_FALSE(component) << content;
  EXPECT_EQ(component.error().hresult, hresult) << content << component.error().message;
}

TEST(Component, ReadsFiles) {
  const auto component =
      Parse(Component("<file name='Amd64\\X.dll' sourceName='y.dll' sourcePath='.\\' "
                      "importPath='$(build.nttree)\\' "
                      "destinationPath='$(runtime.system32)\\' destinationName='z.dll' "
                      "attributes='readOnly hidden' "
                      "writeableType='systemData'><securityDescriptor name='SD'/>"
                      "<systemProtection behavior='notProtected' perUserVirtualization='Default'/>"
                      "<link destination='$(runtime.windows)\\other.dll'/>" +
                      Hash("content") + "</file><file name='plain.sys'/>"));
  ASSERT_TRUE(component) << component.error().message;
  ASSERT_EQ(component->files.size(), 2u);
  const auto& file = component->files[0];
  EXPECT_EQ(file.name, "Amd64\\X.dll");
  EXPECT_EQ(file.installed_name(), "z.dll");
  EXPECT_EQ(file.destination_path, "$(runtime.system32)\\");
  EXPECT_EQ(file.source_name, "y.dll");
  EXPECT_EQ(file.import_path, "$(build.nttree)\\");
  EXPECT_EQ(file.attributes, (std::vector<std::string>{"readOnly", "hidden"}));
  EXPECT_EQ(file.writeable_type, "systemData");
  EXPECT_EQ(file.security_descriptor, "SD");
  EXPECT_EQ(file.system_protection, "notProtected");
  EXPECT_EQ(file.links, (std::vector<std::string>{"$(runtime.windows)\\other.dll"}));
  EXPECT_EQ(file.digest_algorithm, DigestAlgorithm::kSha256);
  EXPECT_EQ(file.transform, HashTransform::kIdentity);
  EXPECT_EQ(ToHex(file.digest), ToHex(Sha256(AsBytes("content"))));
  EXPECT_FALSE(component->files[1].destination_path);
  EXPECT_EQ(component->files[1].installed_name(), "plain.sys");
  EXPECT_EQ(component->files[1].digest_algorithm, DigestAlgorithm::kNone);
  EXPECT_TRUE(component->effects.empty());
}

TEST(Component, ReadsTheHashOfSideBySideManifests) {
  const auto component = Parse(
      "<assembly xmlns='urn:schemas-microsoft-com:asm.v1' manifestVersion='1.0'><noInheritable/>"
      "<assemblyIdentity type='win32' name='A' version='1.0.0.0' processorArchitecture='x86'/>"
      "<dependency><dependentAssembly><assemblyIdentity type='win32' name='B'/>"
      "<bindingRedirect oldVersion='1' newVersion='2'/></dependentAssembly></dependency>"
      "<file name='a.dll' hash='0123456789012345678901234567890123456789' hashalg='SHA1'>"
      "<windowClass>Edit</windowClass></file></assembly>");
  ASSERT_TRUE(component) << component.error().message;
  EXPECT_EQ(component->files[0].digest_algorithm, DigestAlgorithm::kSha1);
  EXPECT_EQ(component->files[0].digest.size(), 20u);
  EXPECT_FALSE(component->dependencies[0].identity.has_version);
  EXPECT_EQ(Kinds(*component), (std::vector<std::string>{"windowClass"}));
  EXPECT_EQ(component->files[0].effects, (std::vector<std::string>{"windowClass"}));
}

TEST(Component, RefusesFileNamesThatLeaveTheirDirectory) {
  for (const char* name : {"..\\a", "a\\..\\b", "\\a", "a\\\\b", "a/b", "C:\\a", "a:b", "con",
                           "a\\nul.txt", "a.", "a "}) {
    ExpectHresult(fmt::format("<file name='{}'/>", name), kCbsManifestInvalidItem);
  }
  ExpectHresult("<file name='a' destinationName='b\\c'/>", kCbsManifestInvalidItem);
  ExpectHresult("<file/>", kCbsMissingAttributes);
}

TEST(Component, RefusesDigestsThatDoNotFit) {
  const auto hash = [](std::string_view inner) {
    return fmt::format("<file name='a'><hash>{}</hash></file>", inner);
  };
  const std::string method = "<DigestMethod Algorithm='http://www.w3.org/2000/09/xmldsig#sha256'/>";
  ExpectHresult(hash(method + "<DigestValue>AAAA</DigestValue>"), kCbsManifestInvalidItem);
  ExpectHresult(hash(method + "<DigestValue>?</DigestValue>"), kCbsManifestInvalidItem);
  ExpectHresult(hash(method), kCbsMissingElements);
  ExpectHresult(hash("<DigestValue>AAAA</DigestValue>"), kCbsManifestInvalidItem);
  ExpectHresult(hash("<DigestMethod Algorithm='md5'/><DigestValue>AAAA</DigestValue>"),
                kCbsManifestInvalidItem);
  ExpectHresult("<file name='a'>" + Hash("x") + Hash("x") + "</file>", kCbsDuplicateElement);
  ExpectHresult("<file name='a' hash='01'/>", kCbsManifestInvalidItem);
}

TEST(Component, ReadsRegistryDirectoriesAndDescriptors) {
  const auto component = Parse(Component(
      "<directories><directory destinationPath='$(runtime.windows)\\d' owner='true' "
      "attributes='hidden' compression='x'><securityDescriptor name='SD'/>"
      "<systemProtection behavior='notProtected'/></directory></directories>"
      "<registryKeys><registryKey keyName='HKEY_LOCAL_MACHINE\\SOFTWARE\\A\\' owner='yes' "
      "perUserVirtualization='Disabled'>"
      "<registryValue name='' valueType='REG_SZ' value='v' operationHint='replace' mutable='true' "
      "owner='true'/><registryValue name='n' valueType='REG_DWORD' value='1'/>"
      "<securityDescriptor name='SD'/><systemProtection behavior='readOnlyFailWrites'/>"
      "<overridable name='n' type='t' scope='s'/></registryKey>"
      "<registryKey keyName='HKEY_CLASSES_ROOT\\B'/></registryKeys>"
      "<trustInfo><security><accessControl><securityDescriptorDefinitions>"
      "<securityDescriptorDefinition name='SD' sddl='D:' operationHint='replace' description='d'/>"
      "</securityDescriptorDefinitions></accessControl><requestedPrivileges><x/>"
      "</requestedPrivileges></security></trustInfo>"));
  ASSERT_TRUE(component) << component.error().message;
  EXPECT_TRUE(component->effects.empty());
  ASSERT_EQ(component->directories.size(), 1u);
  EXPECT_EQ(component->directories[0].security_descriptor, "SD");
  EXPECT_TRUE(component->directories[0].owner);
  ASSERT_EQ(component->registry_keys.size(), 2u);
  const auto& key = component->registry_keys[0];
  EXPECT_EQ(key.key_name, "HKEY_LOCAL_MACHINE\\SOFTWARE\\A");
  EXPECT_TRUE(key.owner);
  EXPECT_EQ(key.per_user_virtualization, "Disabled");
  ASSERT_EQ(key.values.size(), 2u);
  EXPECT_EQ(key.values[0].name, "");
  EXPECT_EQ(key.values[0].operation_hint, "replace");
  EXPECT_TRUE(key.values[0].is_mutable);
  EXPECT_FALSE(key.values[1].is_mutable);
  EXPECT_EQ(key.overridables[0].scope, "s");
  EXPECT_TRUE(component->registry_keys[1].values.empty());
  ASSERT_NE(component->FindSecurityDescriptor("sd"), nullptr);
  EXPECT_EQ(component->FindSecurityDescriptor("sd")->sddl, "D:");
  EXPECT_EQ(component->FindSecurityDescriptor("other"), nullptr);
}

TEST(Component, RefusesBrokenRegistryKeys) {
  ExpectHresult("<registryKeys><registryKey/></registryKeys>", kCbsMissingAttributes);
  ExpectHresult("<registryKeys><registryKey keyName='SOFTWARE\\A'/></registryKeys>",
                kCbsManifestInvalidItem);
  ExpectHresult("<registryKeys><registryKey keyName='HKEY_LOCAL_MACHINE\\\\A'/></registryKeys>",
                kCbsManifestInvalidItem);
  ExpectHresult(
      "<registryKeys><registryKey keyName='HKEY_LOCAL_MACHINE\\A'><registryValue "
      "name='x'/></registryKey></registryKeys>",
      kCbsMissingAttributes);
}

TEST(Component, ReadsDependencies) {
  const auto component = Parse(Component(
      "<deployment/><dependency discoverable='no' optional='yes' resourceType='Resources' "
      "buildFilter='b'><dependentAssembly dependencyType='prerequisite'><assemblyIdentity name='B' "
      "version='1.0.0.0' language='*'/></dependentAssembly><dependentAssembly><assemblyIdentity "
      "name='C' version='1.0.0.0'/></dependentAssembly></dependency>"));
  ASSERT_TRUE(component) << component.error().message;
  EXPECT_TRUE(component->is_deployment);
  ASSERT_EQ(component->dependencies.size(), 2u);
  EXPECT_EQ(component->dependencies[0].identity.language, "*");
  EXPECT_EQ(component->dependencies[0].dependency_type, "prerequisite");
  EXPECT_TRUE(component->dependencies[0].optional);
  EXPECT_FALSE(component->dependencies[0].discoverable);
  EXPECT_EQ(component->dependencies[1].resource_type, "Resources");
  EXPECT_EQ(component->dependencies[1].dependency_type, "");
  ExpectHresult("<dependency><dependentAssembly/></dependency>", kCbsMissingElements);
}

TEST(Component, ReadsServicesAndMemberships) {
  const auto component = Parse(Component(
      "<memberships><categoryMembership><id name='Microsoft.Windows.Categories.Services' "
      "version='10.0.1.2' publicKeyToken='31bf3856ad364e35' typeName='Service'/>"
      "<categoryInstance subcategory='svc'><serviceData name='svc' displayName='d' description='' "
      "errorControl='normal' start='demand' type='win32ShareProcess' imagePath='i' objectName='o' "
      "group='g' tag='4' dependOnService='a,b' dependOnGroup='h' requiredPrivileges='p,q' "
      "sidType='unrestricted' launchProtected='l'>"
      "<failureActions resetPeriod='86400'><actions><action type='restartService' delay='10'/>"
      "<action type='none' delay='20'/></actions></failureActions>"
      "<serviceTrigger action='start' type='WnfStateEvent' subtype='WNF_STATE_CHANGE'>"
      "<triggerData type='binary' value='75'/></serviceTrigger></serviceData></categoryInstance>"
      "</categoryMembership>"
      "<categoryMembership><id name='Microsoft.Windows.Categories' version='1.0.0.0' "
      "typeName='SvcHost'/><categoryInstance subcategory='grp'><serviceGroup position='last' "
      "serviceName='svc'/><serviceGroup position='first' serviceName='svc2'/></categoryInstance>"
      "</categoryMembership>"
      "<categoryMembership><id name='Microsoft.Windows.Categories' version='1.0.0.0' "
      "typeName='BootCritical'/></categoryMembership></memberships>"));
  ASSERT_TRUE(component) << component.error().message;
  EXPECT_TRUE(component->effects.empty());
  ASSERT_EQ(component->services.size(), 1u);
  const auto& service = component->services[0];
  EXPECT_EQ(service.display_name, "d");
  EXPECT_EQ(service.description, "");  // there, but empty
  EXPECT_EQ(service.error_control, "normal");
  EXPECT_EQ(service.start, "demand");
  EXPECT_EQ(service.type, "win32ShareProcess");
  EXPECT_EQ(service.tag, "4");
  EXPECT_EQ(service.depend_on_service, "a,b");
  EXPECT_EQ(service.required_privileges, "p,q");
  EXPECT_EQ(service.launch_protected, "l");
  EXPECT_FALSE(service.start_after_install);
  ASSERT_TRUE(service.failure_actions);
  EXPECT_EQ(service.failure_actions->attributes[0].second, "86400");
  ASSERT_EQ(service.failure_actions->actions.size(), 2u);
  EXPECT_EQ(service.failure_actions->actions[1].type, "none");
  ASSERT_EQ(service.triggers.size(), 1u);
  EXPECT_EQ(service.triggers[0].subtype, "WNF_STATE_CHANGE");
  EXPECT_EQ(service.triggers[0].data[0].value, "75");
  ASSERT_EQ(component->svchost_groups.size(), 1u);
  EXPECT_EQ(component->svchost_groups[0].group, "grp");
  EXPECT_EQ(component->svchost_groups[0].services[1].position, "first");
  ASSERT_EQ(component->memberships.size(), 3u);
  EXPECT_EQ(component->memberships[0].type_name, "Service");
  EXPECT_EQ(component->memberships[2].type_name, "BootCritical");
  EXPECT_TRUE(component->memberships[2].subcategories.empty());
}

TEST(Component, RefusesBrokenMemberships) {
  ExpectHresult("<memberships><categoryMembership/></memberships>", kCbsMissingElements);
  const std::string id = "<id name='n' version='1.0.0.0' typeName='t'/>";
  const auto instance = [&id](std::string_view inner) {
    return "<memberships><categoryMembership>" + id + "<categoryInstance>" + std::string(inner) +
           "</categoryInstance></categoryMembership></memberships>";
  };
  ExpectHresult(instance("<serviceData/>"), kCbsMissingAttributes);
  ExpectHresult(instance("<serviceData name='a\\b'/>"), kCbsManifestInvalidItem);
  ExpectHresult(instance("<serviceGroup serviceName='x'/>"), kCbsMissingAttributes);
  ExpectHresult(instance("<serviceData name='a'><failureActions/><failureActions/></serviceData>"),
                kCbsDuplicateElement);
}

TEST(Component, KnownInstallersBecomeEffects) {
  const auto component = Parse(Component(
      "<taskScheduler><Task xmlns='t'><x/></Task></taskScheduler><migration/><configuration/>"
      "<mof name='m'/><sppInstaller/><instrumentation/><firewallRule/><file name='a.inf'><infFile/>"
      "</file><localization><resources/></localization>"));
  ASSERT_TRUE(component) << component.error().message;
  EXPECT_EQ(Kinds(*component), (std::vector<std::string>{
                                   "taskScheduler", "migration", "configuration", "mof",
                                   "sppInstaller", "instrumentation", "firewallRule", "infFile"}));
  EXPECT_EQ(component->files[0].effects, (std::vector<std::string>{"infFile"}));
  EXPECT_NE(component->effects[3].summary.find("name='m'"), std::string::npos);
}

// Events are in the provider's resource file; what is registered are provider and channels.
TEST(Component, EventsDoNotChangeWhatAProviderRegisters) {
  const auto text = [](std::string_view provider, std::string_view channels,
                       std::string_view inside, std::string_view behind = "") {
    const auto component = Parse(Component(fmt::format(
        "<instrumentation xmlns:win='http://manifests.microsoft.com/win/2004/08/windows/events'>"
        "<events xmlns='http://schemas.microsoft.com/win/2004/08/events'><provider {}><channels>{}"
        "</channels>{}</provider>{}</events></instrumentation>",
        provider, channels, inside, behind)));
    EXPECT_TRUE(component) << component.error().message;
    EXPECT_EQ(Kinds(*component), std::vector<std::string>{"instrumentation"});
    return component->effects[0].canonical;
  };
  const std::string provider = "name='P' guid='{1}' messageFileName='a.dll'";
  const std::string channel = "<channel chid='c1' name='P/Operational' type='Operational'/>";
  const auto before = text(provider, channel, "<events><event value='1' channel='c1'/></events>");
  EXPECT_EQ(before,
            text(provider, channel,
                 "<templates><template tid='t'><data name='d' inType='win:UInt32'/></template>"
                 "</templates><events><event value='1'/><event value='2' template='t'/></events>"
                 "<tasks><task name='n' value='1'/></tasks><keywords/><maps/><levels/><opcodes/>",
                 "<messageTable><message value='1'/></messageTable>"));
  EXPECT_EQ(before, text(provider, channel, ""));
  EXPECT_NE(before, text("name='P' guid='{1}' messageFileName='b.dll'", channel, ""));
  EXPECT_NE(before, text(provider, channel + "<importChannel name='System'/>", ""));
  EXPECT_NE(before, text(provider, "<channel chid='c1' name='P/Admin' type='Admin'/>", ""));
  EXPECT_NE(before, text(provider, channel, "<surprise/>"));
  EXPECT_NE(before, text(provider, channel, "", "<provider name='Q' guid='{2}'/>"));
}

TEST(Component, NothingUnknownIsSkipped) {
  const struct {
    const char* xml;
    const char* kind;
  } kCases[] = {
      {"<surprise/>", "unknown:surprise"},
      {"<deployment x='1'/>", "unknown:deployment@x"},
      {"<deployment><y/></deployment>", "unknown:deployment/y"},
      {"<file name='a'><surprise/></file>", "unknown:file/surprise"},
      {"<file name='a' surprise='1'/>", "unknown:file@surprise"},
      {"<file name='a'><link destination='b'><y/></link></file>", "unknown:file/link/y"},
      {"<directories><y/></directories>", "unknown:directories/y"},
      {"<directories><directory destinationPath='a'><y/></directory></directories>",
       "unknown:directories/directory/y"},
      {"<registryKeys><y/></registryKeys>", "unknown:registryKeys/y"},
      {"<registryKeys><registryKey keyName='HKEY_X\\a'><y/></registryKey></registryKeys>",
       "unknown:registryKeys/registryKey/y"},
      {"<registryKeys><registryKey keyName='HKEY_X\\a'><registryValue name='n' valueType='REG_SZ' "
       "unless='x'/></registryKey></registryKeys>",
       "unknown:registryKeys/registryKey/registryValue@unless"},
      {"<trustInfo><security><accessControl><trustees/></accessControl></security></trustInfo>",
       "unknown:trustInfo/security/accessControl/trustees"},
      {"<file name='a'/><file name='A'/>", "unknown:file (second of this name)"},
      {"<trustInfo><other/></trustInfo>", "unknown:trustInfo/other"},
      {"<dependency><dependentOS/></dependency>", "unknown:dependency/dependentOS"},
      {"<memberships><y/></memberships>", "unknown:memberships/y"},
      {"<memberships><categoryMembership><id name='n' version='1.0.0.0'/><categoryInstance><y/>"
       "</categoryInstance></categoryMembership></memberships>",
       "unknown:memberships/categoryMembership/categoryInstance/y"},
      {"<memberships><categoryMembership><id name='n' version='1.0.0.0'/><categoryInstance>"
       "<serviceData name='s' newFlag='1'/></categoryInstance></categoryMembership></memberships>",
       "unknown:memberships/categoryMembership/categoryInstance/serviceData@newFlag"},
  };
  for (const auto& [xml, kind] : kCases) {
    const auto component = Parse(Component(xml));
    ASSERT_TRUE(component) << xml << component.error().message;
    EXPECT_EQ(Kinds(*component), (std::vector<std::string>{kind})) << xml;
  }
}

TEST(Component, EffectsOfTheSameRegistrationAreEqualAcrossVersions) {
  const auto with = [](std::string_view version, std::string_view target) {
    return Parse(Component(fmt::format("<taskScheduler>\n <Task><Uri v='{}'>{}</Uri></Task>"
                                       "</taskScheduler>",
                                       version, target),
                           version))
        ->effects[0]
        .canonical;
  };
  EXPECT_EQ(with("10.0.1.2", "a"), with("10.0.1.3", "a"));
  EXPECT_NE(with("10.0.1.2", "a"), with("10.0.1.3", "b"));
}

TEST(Component, EffectsThatCopyFilesDependOnTheirBytes) {
  const auto inf = [](std::string_view content) {
    return Parse(Component("<file name='a.inf'><infFile/>" + Hash(content) + "</file>"))
        ->effects[0]
        .canonical;
  };
  EXPECT_EQ(inf("x"), inf("x"));
  EXPECT_NE(inf("x"), inf("y"));
  const auto spp = [](std::string_view content) {
    return Parse(Component("<sppInstaller/><file name='a.xrm-ms'>" + Hash(content) + "</file>"))
        ->effects[0]
        .canonical;
  };
  EXPECT_EQ(spp("x"), spp("x"));
  EXPECT_EQ(spp("x"), spp("y"));
  const auto appx = [](std::string_view content) {
    return Parse(Component("<appxRegistration/><file name='a.xml'>" + Hash(content) + "</file>"))
        ->effects[0]
        .canonical;
  };
  EXPECT_NE(appx("x"), appx("y"));
  const auto task = [](std::string_view content) {
    return Parse(Component("<taskScheduler/><file name='a.dll'>" + Hash(content) + "</file>"))
        ->effects[0]
        .canonical;
  };
  EXPECT_EQ(task("x"), task("y"));
}

TEST(Component, EffectsOfDifferentFilesDiffer) {
  const auto component =
      Parse(Component("<file name='a'><ngen/></file><file name='b'><ngen/></file>"));
  ASSERT_TRUE(component);
  EXPECT_NE(component->effects[0].canonical, component->effects[1].canonical);
}

TEST(Component, RefusesBrokenIdentities) {
  for (const auto& [xml, hresult] : {
           std::pair{"<assembly/>", kCbsMissingElements},
           {"<assembly><assemblyIdentity name='A'/></assembly>", kCbsMissingAttributes},
           {"<assembly><assemblyIdentity version='1.0.0.0'/></assembly>", kCbsMissingAttributes},
           {"<assembly><assemblyIdentity name='A' version='1'/></assembly>",
            kCbsManifestInvalidItem},
           {"<assembly><assemblyIdentity name='A' version='1.0.0.0' language='a\\b'/></assembly>",
            kCbsManifestInvalidItem},
           {"<assembly><assemblyIdentity name='A' version='1.0.0.0'/><assemblyIdentity name='A' "
            "version='1.0.0.0'/></assembly>",
            kCbsDuplicateElement},
           {"<other/>", kCbsManifestInvalidItem},
           {"<assembly><assemblyIdentity name='A' version='1.0.0.0' language='*'/></assembly>",
            kCbsManifestInvalidItem},
       }) {
    const auto component = Parse(xml);
    ASSERT_FALSE(component) << xml;
    EXPECT_EQ(component.error().hresult, hresult) << xml << component.error().message;
  }
}

TEST(Component, CapsEffects) {
  std::string many;
  for (int i = 0; i < 20'001; ++i) many += "<surprise/>";
  EXPECT_EQ(Parse(Component(many)).error().code, Code::kLimit);
}

}  // namespace
}  // namespace ww::manifest
