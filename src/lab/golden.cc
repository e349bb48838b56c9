#include "wimwright/lab/golden.h"

#include <charconv>

#include "golden_update.h"
#include "golden_values.h"
#include "wimwright/base/text.h"
#include "wimwright/hive/value.h"

namespace ww::lab {
namespace {

struct Part {
  std::string_view update, deployment, family, version;
};
constexpr Part kParts[] = {
    {"4343884-6107_neutral", "0a39eed9423d33f2d79ace05598381a2", kWinProviders, "10.0.14393.2312"},
    {"4343884-6108_neutral", "2d4c6b8a00112233445566778899aabb", kSmiEngine, "10.0.14393.693"},
    {"4343884-6109_neutral", "5e1d7c3b9a0f48626c8e0a2c4e60829a", kPackageManager,
     "10.0.14393.2457"},
    {"4343884-6110_neutral", "c0ffee00d15ea5e0ba5eba11feedf00d", kReporting, "10.0.14393.1715"},
};
constexpr TimePoint kTime{std::chrono::seconds(1'533'081'600)};

// u32 length of the text, u32 length of the digit, both texts (windows-servicing.md 5.2.2).
Bytes Blob(std::string_view reference, std::string_view digit) {
  Bytes out;
  AppendLe(out, static_cast<std::uint32_t>(reference.size()));
  AppendLe(out, static_cast<std::uint32_t>(digit.size()));
  Append(out, AsBytes(reference));
  Append(out, AsBytes(digit));
  return out;
}

GoldenValue ToValue(const GoldenRow& row, const std::string& catalog,
                    const std::map<std::string, Bytes>& manifests) {
  GoldenValue value;
  value.hive = row.hive;
  value.key = row.key;
  constexpr std::string_view kPlaceholder = "{catalog}";
  if (const auto at = value.key.find(kPlaceholder); at != std::string::npos) {
    value.key.replace(at, kPlaceholder.size(), catalog);
  }
  value.name = row.name;
  value.type = hive::kRegBinary;
  switch (row.kind) {
    case GoldenRow::Kind::kBinary:
      if (const auto bytes = FromHex(row.data)) value.data = *bytes;
      break;
    case GoldenRow::Kind::kDword: {
      std::uint32_t number = 0;
      std::from_chars(row.data.data(), row.data.data() + row.data.size(), number, 16);
      value.type = hive::kRegDword;
      AppendLe(value.data, number);
      break;
    }
    case GoldenRow::Kind::kText:
      value.type = hive::kRegSz;
      value.data = hive::MakeSz(row.data).data;
      break;
    case GoldenRow::Kind::kAscii:
      value.data = ToBytes(row.data);
      break;
    case GoldenRow::Kind::kPlanned:
      value.data = Blob(row.data, "2");
      break;
    case GoldenRow::Kind::kStaged:
      value.data = Blob(row.data, "");
      break;
    case GoldenRow::Kind::kDigest:
      if (const auto found = manifests.find(std::string(row.data) + ".manifest");
          found != manifests.end()) {
        value.data = ToBytes(ByteView(Sha256(found->second)));
      }
      break;
    case GoldenRow::Kind::kCatalog:
      value.type = hive::kRegSz;
      value.data = hive::MakeSz(catalog).data;
      break;
  }
  return value;
}

std::string RealGoldenDirectory(std::string_view destination) {
  return destination == "$(runtime.system32)\\Dism\\" ? "Windows\\System32\\Dism\\"
                                                      : "Windows\\System32\\";
}

}  // namespace

UpdateDraft GoldenDraft() {
  Workshop shop(4343884, Scale{3000, 2});
  const Profile profile = Windows10("x86");
  UpdateDraft draft;
  draft.kb = "KB4343884";
  draft.architecture = profile.architecture;
  draft.root.id = PackageId("Package_2378_for_KB4343884", "10.0.1.9", profile.architecture);
  draft.root.kb = draft.kb;
  draft.root.release_type = "Security Update";
  Parent editions;
  editions.integrate.clear();
  for (std::string_view edition : {"Core", "CoreN", "Enterprise", "EnterpriseN", "Education",
                                   "Professional", "ProfessionalN"}) {
    editions.any_of.push_back(PackageId("Microsoft-Windows-" + std::string(edition) + "Edition",
                                        profile.rtm, profile.architecture));
  }
  Parent parent;
  parent.any_of = {
      PackageId("Microsoft-Windows-Common-Foundation-Package", profile.rtm, profile.architecture)};
  parent.nested = {editions};
  draft.root.parents = {parent};
  for (const Part& part : kParts) {
    const ComponentPtr component =
        shop.Make(profile, part.family, profile.architecture, part.version, 5);
    const ComponentPtr deployment = MakeDeployment(
        part.deployment, part.version, profile.architecture, {component}, shop.digests());
    UpdateGroup update;
    update.name = part.update;
    update.deployments = {deployment->id};
    update.applicable.emplace_back();
    update.applicable.back().components = {component->id};
    draft.root.updates.push_back(std::move(update));
    draft.components.push_back(deployment);
    draft.components.push_back(component);
  }
  return draft;
}

Result<GoldenExample> MakeGoldenExample() {
  const UpdateDraft draft = GoldenDraft();
  WW_TRY(const auto signer, Signer::Create(), "golden example");
  WW_TRY(const auto members, MakeMembers(draft, *signer, kTime), "golden example");
  GoldenExample golden;
  golden.identity = draft.root.identity();
  for (const UpdateMember& member : members) {
    const std::string_view name = member.name;
    if (name == "update.mum") {
      golden.mum = member.content.All();
    } else if (name == "update.cat") {
      golden.cat = member.content.All();
    } else if (name.ends_with(".manifest")) {
      golden.manifests[member.name] = member.content.All();
    } else {
      golden.payload[member.name] = member.content.All();
    }
  }
  for (const ComponentPtr& component : draft.components) {
    for (const PayloadFile& file : component->files) {
      if (file.destination.empty()) continue;
      golden.projections[RealGoldenDirectory(file.destination) + file.name] =
          component->keyform + "\\" + file.name;
    }
  }
  const std::string catalog = ToHex(Sha256(golden.cat));
  for (const GoldenRow& row : GoldenRows()) {
    golden.values.push_back(ToValue(row, catalog, golden.manifests));
  }
  for (const GoldenRow& row : OptionalGoldenRows()) {
    golden.optional_values.push_back(ToValue(row, catalog, golden.manifests));
  }
  return golden;
}

}  // namespace ww::lab
