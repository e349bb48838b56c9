// Windows 10 1809 and Windows 11 24H2: updates as differences, a PSF beside them, a servicing stack
// in the same file, checkpoints (windows-servicing.md 1.3 to 1.8).
#include <fmt/format.h>

#include <array>
#include <functional>
#include <set>

#include "driver_family.h"
#include "enablement.h"
#include "express_writer.h"
#include "optional_features.h"
#include "updates.h"
#include "wim_packer.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

constexpr std::string_view kNewcomer = "Microsoft-Windows-LabNewcomer";  // no image has it
constexpr std::string_view kServerPackage = "Microsoft-Windows-LabServer-Package";  // nor this
constexpr std::string_view kStackOf24H2 = "10.0.26100.1741";

// One cumulative update of a line.
struct Month {
  std::string_view kb;
  unsigned ubr;
  std::uint32_t revision;  // of the content
  std::string_view stack;  // that it asks for
  std::vector<std::string_view> families;
  std::uint64_t filler_step = 4;
  bool newcomer = false;      // brings a component that is new
  bool replacements = false;  // brings packages of the product in a new version
  bool checkpoint = false;
  std::uint64_t fillers = 40;
  std::vector<std::string_view> drivers = {};

  std::string version(const Profile& p) const { return fmt::format("10.0.{}.{}", p.build, ubr); }
};

const std::vector<std::string_view> kFoundation = {kRevision, kService, kFilterDriver};

Month Checkpoint() {
  return {
      "KB9000511", 1742, 2,     "10.0.26100.1", {kRevision, kService, kPolicy, kShared, kTelemetry},
      4,           true, false, true,           40,
      {kNetDriver}};
}

Month Later(std::string_view kb, unsigned ubr, std::uint32_t revision, std::string_view stack,
            bool replacements) {
  return {kb,
          ubr,
          revision,
          stack,
          {kRevision, kService, kFilterDriver, kPolicy, kComServer, kShared, kTelemetry, kFolders,
           kWmi, kReporting},
          2,
          true,
          replacements,
          false,
          40,
          {kNetDriver, kNewDriver}};
}

std::vector<std::string> FamiliesOf(const LabContext& lab, const Month& month) {
  std::vector<std::string> out(month.families.begin(), month.families.end());
  for (std::uint64_t i = 0; i < std::min(lab.model_size.fillers, month.fillers);
       i += month.filler_step) {
    out.push_back(FillerFamily(i));
  }
  if (month.newcomer) out.emplace_back(kNewcomer);
  return out;
}

// A package of the product in the version of the update, whole and without guards.
void AddReplacement(LabContext& lab, const Profile& p, const Month& month, std::string_view name,
                    std::string_view family, UpdateDraft& draft) {
  Package package;
  package.id = PackageId(name, month.version(p), p.architecture);
  package.release_type = "OnDemand Pack";
  package.stack.clear();
  if (name == kPlayerPackage) package.capability = kCapability;
  Parent parent;
  parent.integrate = "delegate";
  parent.any_of = {PackageId(FoundationName(p), p.rtm, p.architecture)};
  package.parents = {parent};
  for (const ComponentPtr& component :
       AddGroup(package, "Group1", month.version(p),
                MakeWithTwin(lab.shop, p, family, month.version(p), month.revision), lab.shop)) {
    draft.components.push_back(component);
  }
  draft.packages.push_back(std::move(package));
}

UpdateDraft MakeCumulative(LabContext& lab, const Profile& p, const Month& month) {
  UpdateComposer composer(lab.shop, p, month.kb, kRollup,
                          fmt::format("{}.{}.1.0", p.build, month.ubr),
                          fmt::format("{}.{}.1.0", p.build, month.ubr));
  composer.root().stack = month.stack;
  composer.root().release_type = "Security Update";
  composer.root().parents[0].integrate = "standalone";
  if (month.checkpoint) {
    composer.root().extra =
        "    <customInformation Version=\"1.0\" PackageFormat=\"PSFX\" "
        "PackageType=\"Baseline\" />\n";
  }
  std::vector<Raise> foundation, features;
  for (const std::string& family : FamiliesOf(lab, month)) {
    const bool below =
        std::find(kFoundation.begin(), kFoundation.end(), family) != kFoundation.end();
    (below ? foundation : features).push_back({family, month.version(p), month.revision});
  }
  composer.AddChild(composer.ProductParent(FoundationName(p)), foundation);
  composer.AddChild(composer.ProductParent(kFeaturesPackage), features);
  UpdateDraft draft = composer.Finish();
  for (Package& package : draft.packages) {
    // Their packages are chosen by their parents alone.
    for (UpdateGroup& update : package.updates) update.applicable.clear();
  }
  for (const std::string_view family : month.drivers) {
    const ComponentPtr driver =
        lab.shop.Make(p, family, p.architecture, month.version(p), month.revision);
    draft.components.push_back(driver);
    AddDriver(draft.packages.front(), std::string(family), driver);
  }
  if (!month.replacements) return draft;
  // Of an edition that the image is not: named, and not part of the update.
  UpdateGroup elsewhere;
  elsewhere.name = "LabServer";
  elsewhere.packages = {PackageId(kServerPackage, month.version(p), p.architecture)};
  draft.packages.back().updates.push_back(std::move(elsewhere));
  AddReplacement(lab, p, month, kPlayerPackage, kPlayer, draft);
  AddReplacement(lab, p, month, kViewerPackage, kViewer, draft);
  // Nothing in the tree refers to them: they come to images that have an older version.
  for (WholePackage& whole :
       std::array{MakeOptionalPackage(lab.shop, p, month.version(p), month.revision),
                  MakeEnablementPackage(lab.shop, p, month.version(p))}) {
    draft.components.insert(draft.components.end(), whole.components.begin(),
                            whole.components.end());
    draft.packages.push_back(std::move(whole.package));
  }
  return draft;
}

UpdateDraft MakeStack(LabContext& lab, const Profile& p, std::string_view version) {
  const auto number = manifest::Version::Parse(version);
  UpdateComposer composer(
      lab.shop, p, "KB9000510", fmt::format("Package_for_ServicingStack_{}", number->revision()),
      fmt::format("{}.{}.1.0", number->build(), number->revision()), "10.0.1.0");
  composer.root().self_update = true;
  composer.root().permanent = true;
  composer.AddToRoot({{std::string(kServicingStack), std::string(version), 2}});
  return composer.Finish();
}

// The version of a family that a difference is made against: the checkpoint's where that has it.
BaseOf BaseIn(LabContext& lab, const Profile& p, const Month* checkpoint) {
  std::set<std::string> raised;
  if (checkpoint != nullptr) {
    for (std::string& family : FamiliesOf(lab, *checkpoint)) raised.insert(std::move(family));
    raised.insert(checkpoint->drivers.begin(), checkpoint->drivers.end());
  }
  const std::string version = checkpoint != nullptr ? checkpoint->version(p) : "";
  const std::uint32_t revision = checkpoint != nullptr ? checkpoint->revision : 0;
  return [&lab, p, raised, version, revision](const Component& component) -> ComponentPtr {
    if (component.files.empty()) return nullptr;
    const auto& id = component.id;
    if (raised.contains(id.name)) {
      return lab.shop.Make(p, id.name, id.architecture, version, revision);
    }
    if (id.name == kNewcomer || id.name == kNewDriver || id.name == kMoreTools) return nullptr;
    return lab.shop.Make(p, id.name, id.architecture, p.rtm, 0);
  };
}

using Damage = std::function<void(std::vector<UpdateMember>&)>;

struct Combined {
  std::string_view name;
  bool wim = true;         // else a cabinet
  bool inner_wim = false;  // the metadata of the cumulative update
  ExpressForm form = ExpressForm::kPsfTargets;
  delta::DeltaFormat deltas = delta::DeltaFormat::kPa31;
  std::string_view stack = {};  // empty: no servicing stack in the file
  Damage damage = {};
  std::function<void(const std::string&, Bytes&)> damage_record = {};
  std::function<void(Bytes&)> damage_psf = {};
};

Result<Bytes> CabOf(const std::vector<UpdateMember>& members, FileTime time,
                    CabCompression compression = CabCompression::kMszip) {
  std::vector<CabInput> inputs;
  for (const UpdateMember& member : members) {
    CabInput input;
    input.name = member.name;
    input.data = member.content.All();
    input.time = time;
    inputs.push_back(std::move(input));
  }
  CabOptions options;
  options.compression = compression;
  return MakeCab(inputs, options);
}

std::string CompDb(const Profile& p, const Month& month, std::string_view type,
                   std::string_view path, ByteView payload) {
  return fmt::format(
      R"(<?xml version="1.0" encoding="utf-8"?><CompDB xmlns="" Name="{}_{}" Type="BuildUpdate" )"
      R"(TargetBuildInfo="{}.{}" TargetOSVersion="10.0.{}.{}" BuildArch="amd64"><Packages>)"
      R"(<Package ID="{}" PackageType="{}"><Payload><PayloadItem Path="{}" PayloadHash="{}" )"
      R"(PayloadSize="{}" PayloadType="Canonical"/></Payload></Package></Packages></CompDB>)",
      type, month.kb, p.build, month.ubr, p.build, month.ubr, type, type, path,
      ToHex(Sha256(payload)), payload.size());
}

Status WriteCombined(LabContext& lab, const Profile& p, const Month& month, const BaseOf& base_of,
                     const Combined& how) {
  if (!lab.wanted(how.name)) return {};
  const FileTime time = ToFileTime(lab.options.now);
  const std::filesystem::path path = lab.update_path(how.name);
  const auto temporary = [&path](std::string_view what) {
    return std::filesystem::path(path.string() + std::string(what));
  };
  const UpdateDraft draft = MakeCumulative(lab, p, month);
  WW_TRY(auto members, MakeMembers(draft, *lab.signer, lab.options.now), how.name);
  if (how.damage) how.damage(members);
  ExpressOptions express;
  express.form = how.form;
  express.deltas = how.deltas;
  express.stem = fmt::format("Windows{}.0-{}-x64", p.build < 22000 ? 10 : 11, month.kb);
  express.time = time;
  express.damage = how.damage_record;
  WW_TRY(auto parts, MakeExpress(members, draft.components, base_of, express), how.name);
  if (how.damage_psf) how.damage_psf(parts.psf);

  std::vector<UpdateMember> msu;
  const auto add = [&msu](std::string name, Bytes bytes) {
    msu.push_back({std::move(name), Content::Literal(std::move(bytes))});
  };
  if (how.inner_wim) {
    WW_TRY(Bytes lcu, PackWim(lab.fs, temporary(".lcu"), parts.metadata, lab.options.now),
           how.name);
    add(express.stem + ".wim", std::move(lcu));
  } else {
    WW_TRY(Bytes lcu, CabOf(parts.metadata, time), how.name);
    add(express.stem + ".cab", std::move(lcu));
  }
  add(express.stem + ".psf", std::move(parts.psf));
  std::vector<UpdateMember> databases;
  const auto add_database = [&](std::string_view type, const UpdateMember& of) -> Status {
    const std::string name = fmt::format("{}CompDB_{}.xml", type, month.kb);
    WW_TRY(
        Bytes cab,
        CabOf({{name, Content::Literal(CompDb(p, month, type, of.name, of.content.All()))}}, time),
        name);
    databases.push_back({name + ".cab", Content::Literal(std::move(cab))});
    return {};
  };
  WW_RETURN_IF_ERROR(add_database("LCU", msu.front()));
  if (!how.stack.empty()) {
    const UpdateDraft stack = MakeStack(lab, p, how.stack);
    WW_TRY(const auto stack_members, MakeMembers(stack, *lab.signer, lab.options.now), how.name);
    WW_TRY(Bytes cab, CabOf(stack_members, time), how.name);
    add(fmt::format("SSU-{}-x64.cab", how.stack.substr(5)), std::move(cab));
    WW_RETURN_IF_ERROR(add_database("SSU", msu.back()));
  }
  WW_TRY(Bytes databases_cab, CabOf(databases, time), how.name);
  add("onepackage.AggregatedMetadata.cab", std::move(databases_cab));
  WW_TRY(Bytes tool, CabOf({{"dpx.dll", lab.shop.Code("dpx.dll", "amd64", 1)}}, time), how.name);
  add("DesktopDeployment.cab", std::move(tool));

  Bytes whole;
  if (how.wim) {
    WW_TRY(whole, PackWim(lab.fs, temporary(".msu"), msu, lab.options.now), how.name);
  } else {
    WW_TRY(whole, CabOf(msu, time, CabCompression::kNone), how.name);
  }
  return WriteRawUpdate(lab, how.name, whole);
}

Status WriteFolderDeltas(LabContext& lab, std::string_view name, const Profile& p,
                         const Month& month) {
  if (!lab.wanted(name)) return {};
  const UpdateDraft draft = MakeCumulative(lab, p, month);
  WW_TRY(const auto members, MakeMembers(draft, *lab.signer, lab.options.now), name);
  ExpressOptions express;
  express.time = ToFileTime(lab.options.now);
  WW_TRY(const auto parts, MakeExpress(members, draft.components, BaseIn(lab, p, nullptr), express),
         name);
  return WriteUpdateFile(lab, name, Shape::kCab, draft, parts.metadata);
}

void Flip(Bytes& bytes, std::size_t at) {
  if (at < bytes.size()) bytes[at] ^= std::byte{0x10};
}

Damage Change(std::string suffix, std::string text) {
  return [suffix, text](std::vector<UpdateMember>& members) {
    for (UpdateMember& member : members) {
      if (!member.name.ends_with(suffix) || member.name == "update" + suffix) continue;
      std::string content(AsText(member.content.All()));
      const auto at = content.find(text);
      if (at == std::string::npos) continue;
      content[at] = static_cast<char>(content[at] ^ 1);
      member.content = Content::Literal(content);
      return;
    }
  };
}

// The checkpoint once more, damaged in one layer each after it was signed.
Status WriteDamagedCheckpoints(LabContext& lab, const Profile& p) {
  const Month month = Checkpoint();
  const BaseOf base = BaseIn(lab, p, nullptr);
  Combined psf{"windows11.0-kb9000521-x64.msu"};
  psf.damage_psf = [](Bytes& bytes) { Flip(bytes, bytes.size() / 2); };
  WW_RETURN_IF_ERROR(WriteCombined(lab, p, month, base, psf));
  Combined delta{"windows11.0-kb9000522-x64.msu"};
  delta.damage_record = [](const std::string& name, Bytes& bytes) {
    if (name.find("\\f\\") != std::string::npos) Flip(bytes, bytes.size() / 2);
  };
  WW_RETURN_IF_ERROR(WriteCombined(lab, p, month, base, delta));
  Combined manifest{"windows11.0-kb9000523-x64.msu"};
  manifest.damage = Change(".manifest", "Lab component");
  WW_RETURN_IF_ERROR(WriteCombined(lab, p, month, base, manifest));
  Combined catalog{"windows11.0-kb9000524-x64.msu"};
  catalog.damage = [](std::vector<UpdateMember>& members) {
    UpdateMember* const mum = FindSuffix(members, ".mum");
    UpdateMember* const cat = FindMember(members, "update.cat");
    if (mum == nullptr || cat == nullptr) return;
    // The digest that the catalog lists for update.mum.
    const auto digest = Sha256(mum->content.All());
    Bytes bytes = cat->content.All();
    for (auto at = bytes.begin();;) {
      at = std::search(at, bytes.end(), digest.begin(), digest.end());
      if (at == bytes.end()) break;
      *at++ ^= std::byte{1};
    }
    cat->content = Content::Literal(std::move(bytes));
  };
  WW_RETURN_IF_ERROR(WriteCombined(lab, p, month, base, catalog));
  Combined mum{"windows11.0-kb9000525-x64.msu"};
  mum.damage = Change(".mum", "wimwright lab");
  return WriteCombined(lab, p, month, base, mum);
}

// What comes beside the updates of an image: for WinRE, and for Windows Setup.
Status WriteCompanions(LabContext& lab, const Profile& p) {
  UpdateComposer composer(lab.shop, p, "KB9000531", "Package_for_SafeOSDU", "26100.3000.1.0",
                          "26100.3000.1.0");
  composer.AddToRoot({{std::string(kReporting), "10.0.26100.3000", 2}});
  WW_RETURN_IF_ERROR(WriteUpdate(lab, kSafeOs, Shape::kCab, composer.Finish()));
  WW_TRY(const Bytes setup,
         CabOf({{"setup.exe", lab.shop.Code("setup.exe", "amd64", 1)},
                {"setupplatform.dll", lab.shop.Code("setupplatform.dll", "amd64", 1)}},
               ToFileTime(lab.options.now)),
         kSetup);
  return WriteRawUpdate(lab, kSetup, setup);
}

}  // namespace

Status WriteManyFiles(LabContext& lab) {
  const Profile p = Windows11Year2024();
  // About nine files each, with their 32-bit twins.
  Month month = Later("KB9000540", 3000, 2, "10.0.26100.1", false);
  month.filler_step = 1;
  month.fillers = 3130;
  Combined how{kManyFiles};
  how.inner_wim = true;
  return WriteCombined(lab, p, month, BaseIn(lab, p, nullptr), how);
}

Status WriteModernUpdates(LabContext& lab) {
  const Profile october = Windows10October2018();
  const std::vector<std::string_view> families = {kRevision, kService,   kFilterDriver,
                                                  kPolicy,   kShared,    kComServer,
                                                  kMutable,  kTelemetry, kFont};
  WW_RETURN_IF_ERROR(
      WriteFolderDeltas(lab, kFolderDeltas, october,
                        {"KB9000501", 100, 2, "10.0.17763.1", families, 3, true, false, false}));
  const Month second{"KB9000502", 200, 3, "10.0.17763.190", families, 3, true, false, false};
  Combined psf{kPsfDeltas};
  psf.wim = false;
  psf.form = ExpressForm::kPsf;
  psf.deltas = delta::DeltaFormat::kPa30;
  psf.stack = "10.0.17763.190";
  WW_RETURN_IF_ERROR(WriteCombined(lab, october, second, BaseIn(lab, october, nullptr), psf));
  WW_RETURN_IF_ERROR(
      WriteFolderDeltas(lab, kMay2020, Windows10May2020(),
                        {"KB9000503", 300, 2, "10.0.19041.1", families, 3, true, false, false}));

  const Profile p = Windows11Year2024();
  const Month checkpoint = Checkpoint();
  WW_RETURN_IF_ERROR(WriteCombined(lab, p, checkpoint, BaseIn(lab, p, nullptr), {kCheckpoint}));
  const BaseOf base = BaseIn(lab, p, &checkpoint);
  Combined first{kFirstMonth};
  first.inner_wim = true;
  first.stack = kStackOf24H2;
  WW_RETURN_IF_ERROR(
      WriteCombined(lab, p, Later("KB9000512", 2000, 3, kStackOf24H2, true), base, first));
  Combined next{kSecondMonth};
  next.stack = kStackOf24H2;
  WW_RETURN_IF_ERROR(
      WriteCombined(lab, p, Later("KB9000513", 3000, 4, kStackOf24H2, true), base, next));
  WW_RETURN_IF_ERROR(
      WriteCombined(lab, p, Later("KB9000514", 5000, 5, "10.0.26100.1", false), base, {kFarMonth}));
  WW_RETURN_IF_ERROR(WriteUpdate(lab, kEnablementUpdate, Shape::kMsu, MakeEnablement(lab.shop, p)));
  WW_RETURN_IF_ERROR(WriteDamagedCheckpoints(lab, p));
  return WriteCompanions(lab, p);
}

}  // namespace ww::lab
