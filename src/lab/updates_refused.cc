// Updates with effects that need an installer of Windows, or that nobody knows: an engine has to
// refuse each of them as a whole (windows-servicing.md 3.6).
#include <fmt/format.h>

#include "updates.h"

namespace ww::lab {
namespace {

constexpr std::string_view kNewTask =
    "  <taskScheduler><Task "
    "xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\"><RegistrationInfo>"
    "<URI>Lab\\New</URI></RegistrationInfo><Actions><Exec><Command>new.exe</Command></Exec>"
    "</Actions></Task></taskScheduler>\n";
constexpr std::string_view kNewLicense =
    "  <sppInstaller xmlns=\"urn:schemas-microsoft-com:spp:installer\" />\n";
constexpr std::string_view kNewFirewallRule =
    "  <firewallRule xmlns=\"urn:schemas-microsoft-com:asm.v3\" InternalName=\"Lab-In\" "
    "Direction=\"In\" Action=\"Allow\" Protocol=\"6\" LocalPort=\"4711\" />\n";
constexpr std::string_view kNobodyKnows =
    "  <quantumRegistration mode=\"full\"><entangle with=\"everything\" /></quantumRegistration>\n";

// A new version of the telemetry component that asks for something more.
UpdateDraft WithEffect(LabContext& lab, const Profile& profile, std::string_view kb,
                       std::string_view effect) {
  UpdateComposer composer(lab.shop, profile, kb, fmt::format("Package_for_{}", kb), "10.0.1.0",
                          "10.0.1.0");
  composer.root().parents = {composer.ProductParent(kFeaturesPackage)};
  composer.root().deep = false;
  Component component =
      lab.shop.Draft(profile, kTelemetry, profile.architecture, "10.0.14393.2380", 2);
  component.effects += effect;
  composer.AddUpdate(composer.root(), "", {Seal(std::move(component), lab.shop.digests())},
                     "revision");
  return composer.Finish();
}

// A driver package of the old kind: Windows would have to stage it.
UpdateDraft WithDriver(LabContext& lab, const Profile& profile, std::string_view kb) {
  UpdateComposer composer(lab.shop, profile, kb, fmt::format("Package_for_{}", kb), "10.0.1.0",
                          "10.0.1.0");
  composer.root().deep = false;
  Component driver;
  driver.id =
      ComponentId("labnet.inf", "10.0.14393.2381", profile.architecture, "", "driverUpdate");
  driver.deployment = true;
  PayloadFile inf;
  inf.name = "labnet.inf";
  inf.is_inf = true;
  inf.content = lab.shop.Text("labnet.inf", 1);
  driver.files = {inf};
  const ComponentPtr component = Seal(std::move(driver), lab.shop.digests());
  UpdateGroup update;
  update.name = std::string(kb.substr(2)) + "-1_neutral";
  update.drivers = {{component->id, "labnet.inf"}};
  composer.root().updates.push_back(std::move(update));
  composer.draft().components.push_back(component);
  return composer.Finish();
}

}  // namespace

Status WriteRefusedUpdates(LabContext& lab) {
  const Profile p = Windows10("x86");
  const auto write = [&lab](std::string_view kb, const UpdateDraft& draft) {
    return WriteUpdate(lab, fmt::format("windows10.0-kb{}-x86.msu", kb.substr(2)), Shape::kMsu,
                       draft);
  };
  const std::pair<std::string_view, std::string_view> effects[] = {{"KB9000121", kNewTask},
                                                                   {"KB9000122", kNewLicense},
                                                                   {"KB9000124", kNewFirewallRule},
                                                                   {"KB9000125", kNobodyKnows}};
  for (const auto& [kb, effect] : effects) {
    WW_RETURN_IF_ERROR(write(kb, WithEffect(lab, p, kb, effect)));
  }
  WW_RETURN_IF_ERROR(write("KB9000123", WithDriver(lab, p, "KB9000123")));
  {
    UpdateDraft draft = WithEffect(lab, p, "KB9000126", "");
    draft.root.extra = "    <quantumPackage mode=\"full\" />\n";
    WW_RETURN_IF_ERROR(write("KB9000126", draft));
  }
  // Express payload: a PSF, and the cabinet that indexes it.
  Bytes psf = ToBytes("PSTREAM");
  psf.resize(0x80);
  StoreLe<std::uint16_t>(psf.data() + 8, 2);
  StoreLe<std::uint16_t>(psf.data() + 10, 2);
  Append(psf, lab.shop.Raw("express", 0).All());
  WW_RETURN_IF_ERROR(WriteRawUpdate(lab, "windows10.0-kb9000141-x86.psf", psf));
  const UpdateDraft draft = WithEffect(lab, p, "KB9000141", "");
  WW_TRY(auto members, MakeMembers(draft, *lab.signer, lab.options.now), "express package");
  std::erase_if(members, [](const UpdateMember& member) {
    return member.name.find('\\') != std::string::npos;
  });
  members.push_back(
      {"express.psf.cix.xml",
       Content::Literal("<?xml version=\"1.0\" encoding=\"utf-8\"?><Container "
                        "xmlns=\"urn:ContainerIndex\" name=\"windows10.0-kb9000141-x86.psf\" "
                        "type=\"PSF\" version=\"1\"><Description/><Files/></Container>")});
  return WriteUpdateFile(lab, "windows10.0-kb9000141-x86-express.cab", Shape::kCab, draft, members);
}

}  // namespace ww::lab
