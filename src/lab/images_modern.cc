// Images of the releases since 1809, as released and in the states that updates as differences have
// to cope with.
#include "images_modern.h"

#include "base_model.h"
#include "enablement.h"
#include "express_writer.h"
#include "optional_features.h"
#include "security.h"
#include "updates.h"
#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

constexpr std::uint32_t kPayloadDeleted = 0x40;  // CF (windows-servicing.md 5.2)

// Components that a newer version has replaced.
std::vector<std::pair<ComponentPtr, ComponentPtr>> Replaced(const ImageModel& model) {
  std::map<std::string, std::vector<ComponentPtr>> families;
  for (const auto& [keyform, component] : model.components) {
    if (!component->files.empty())
      families[manifest::FamilyKey(component->id)].push_back(component);
  }
  std::vector<std::pair<ComponentPtr, ComponentPtr>> out;
  for (auto& [family, versions] : families) {
    std::sort(versions.begin(), versions.end(),
              [](const auto& a, const auto& b) { return a->id.version < b->id.version; });
    for (std::size_t i = 0; i + 1 < versions.size(); ++i) {
      out.emplace_back(versions[i], versions.back());
    }
  }
  return out;
}

// What a cleanup leaves: replaced components are known, their files are gone. `keep_way_back`:
// the newer ones have reverse deltas.
Customization CleanedUp(const ImageModel& model, bool keep_way_back) {
  Customization change;
  const auto replaced = Replaced(model);
  change.registry = [replaced](Hives& hives) {
    for (const auto& [old, now] : replaced) {
      if (old->files.empty()) continue;
      hives.Set(HiveName::kComponents, "DerivedData\\Components\\" + old->keyform, "CF",
                hive::MakeDword(kPayloadDeleted));
    }
  };
  change.tree = [replaced, keep_way_back](TreeBuilder& tree) {
    const std::string store = "Windows\\WinSxS\\";
    for (const auto& [old, now] : replaced) {
      if (old->files.empty()) continue;
      tree.Remove(store + old->keyform);
      if (!keep_way_back) continue;
      for (const PayloadFile& file : now->files) {
        for (const PayloadFile& before : old->files) {
          if (before.name != file.name) continue;
          const auto reverse = MakeReverseDelta(file.content, before.content);
          if (!reverse) return tree.Note(Fail(reverse.error()));
          tree.File(store + now->keyform + "\\r\\" + file.name, Content::Literal(*reverse),
                    kFileSddl);
        }
      }
    }
  };
  return change;
}

// Stands for the recovery system: name and place only.
Customization WithRecovery(const ImageModel&) {
  Customization change;
  change.tree = [](TreeBuilder& tree) {
    tree.File("Windows\\System32\\Recovery\\winre.wim", Content::Literal("not a WIM"), kFileSddl);
  };
  return change;
}

Status WriteOne(LabContext& lab, std::string_view name, const Profile& profile,
                const std::function<Customization(const ImageModel&)>& customize = {}) {
  if (!lab.wanted(name)) return {};
  const ImageModel model = MakeBaseModel(lab.shop, profile, profile.editions[0], lab.model_size);
  return WriteWindowsImage(lab, name, {model}, customize ? customize(model) : Customization{});
}

Status WriteFeaturesOn(LabContext& lab, const Profile& profile) {
  if (!lab.wanted(kFeaturesImage)) return {};
  ImageModel model = MakeBaseModel(lab.shop, profile, profile.editions[0], lab.model_size);
  TurnFeaturesOn(model);
  return WriteWindowsImage(lab, kFeaturesImage, {model});
}

// What the WIM's XML says stays behind: it is written when the image is captured, and tools that
// enable a build offline leave it (windows-servicing.md 7.1).
Status WriteEnabled(LabContext& lab, std::string_view name, const std::vector<Profile>& profiles) {
  if (!lab.wanted(name)) return {};
  std::vector<ImageModel> models;
  for (const Profile& p : profiles) {
    const Edition edition =
        models.empty() ? p.editions[0] : Edition{"Enterprise", "Windows 11 Enterprise"};
    models.push_back(MakeBaseModel(lab.shop, p, edition, lab.model_size));
    AddEnablement(lab.shop, models.back());
  }
  return WriteWindowsImage(lab, name, models);
}

}  // namespace

Status WriteModernImages(LabContext& lab) {
  const Profile october = Windows10October2018();
  const Profile updated = AtLevel(october, 50);
  WW_RETURN_IF_ERROR(WriteOne(lab, "win10-1809-x64.wim", october));
  WW_RETURN_IF_ERROR(WriteOne(lab, "win10-1809-x64-updated.wim", updated));
  WW_RETURN_IF_ERROR(WriteOne(lab, "win10-1809-x64-reset.wim", updated,
                              [](const ImageModel& m) { return CleanedUp(m, true); }));
  WW_RETURN_IF_ERROR(WriteOne(lab, "win10-1809-x64-bare.wim", updated,
                              [](const ImageModel& m) { return CleanedUp(m, false); }));
  WW_RETURN_IF_ERROR(WriteOne(lab, "win11-24h2-x64.wim", Windows11Year2024(), WithRecovery));
  WW_RETURN_IF_ERROR(WriteOne(lab, "win11-24h2-x64-later.wim", AtLevel(Windows11Year2024(), 4000)));
  WW_RETURN_IF_ERROR(WriteFeaturesOn(lab, Windows11Year2024()));
  WW_RETURN_IF_ERROR(WriteEnabled(lab, kImage22H2, {Windows10May2020()}));
  const Profile year_2024 = Windows11Year2024();
  return WriteEnabled(lab, kImage25H2, {year_2024, AtLevel(year_2024, 4000)});
}

}  // namespace ww::lab
