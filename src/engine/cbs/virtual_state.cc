#include "virtual_state.h"

#include <algorithm>

#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

std::string PackageKey(const manifest::AssemblyIdentity& id) {
  return ToLowerAscii(manifest::PackageIdentityString(id));
}
std::string FamilyOf(const manifest::AssemblyIdentity& id) {
  return ToLowerAscii(manifest::PackageFamilyString(id));
}
std::string BranchKey(const manifest::AssemblyIdentity& id) {
  return manifest::FamilyKey(id) + "|" + id.version.MajorMinor();
}

// The higher of what the image says and what earlier updates made of it.
std::optional<manifest::Version> Higher(const std::map<std::string, manifest::Version>& overlay,
                                        const std::string& key,
                                        std::optional<manifest::Version> base) {
  const auto found = overlay.find(key);
  if (found == overlay.end()) return base;
  return base && *base > found->second ? *base : found->second;
}

void Raise(std::map<std::string, manifest::Version>& map, const std::string& key,
           const manifest::Version& version) {
  auto& slot = map.try_emplace(key, version).first->second;
  slot = std::max(slot, version);
}

}  // namespace

VirtualState::VirtualState(ImageState& image)
    : image_(&image), servicing_stack_(image.servicing_stack()) {
  auto families = std::make_shared<FamilyMap>();
  for (const auto& [id, record] : image.packages())
    (*families)[FamilyOf(record.identity)].push_back(&record);
  image_families_ = std::move(families);
}

const PackageRecord* VirtualState::Find(const manifest::AssemblyIdentity& package) const {
  const auto key = PackageKey(package);
  if (const auto changed = packages_.find(key); changed != packages_.end())
    return changed->second.get();
  const auto found = image_->packages().find(key);
  return found == image_->packages().end() ? nullptr : &found->second;
}

std::vector<const PackageRecord*> VirtualState::Family(
    const manifest::AssemblyIdentity& package) const {
  const auto family = FamilyOf(package);
  std::vector<const PackageRecord*> out;
  if (const auto found = image_families_->find(family); found != image_families_->end()) {
    for (const auto* record : found->second) {
      if (!packages_.contains(PackageKey(record->identity))) out.push_back(record);
    }
  }
  for (const auto& [key, record] : packages_) {
    if (FamilyOf(record->identity) == family) out.push_back(record.get());
  }
  return out;
}

Result<std::optional<std::uint32_t>> VirtualState::FeatureState(const PackageRecord& package,
                                                                std::string_view update) const {
  const auto found = package.features.find(ToLowerAscii(update));
  if (found != package.features.end()) return std::optional<std::uint32_t>(found->second);
  return image_->FeatureState(package, update);
}

Result<std::optional<manifest::Version>> VirtualState::Winner(
    const manifest::AssemblyIdentity& component) const {
  WW_TRY(auto base, image_->Winner(component), "winner");
  return Higher(winners_, manifest::FamilyKey(component), base);
}

Result<std::optional<manifest::Version>> VirtualState::BranchWinner(
    const manifest::AssemblyIdentity& component) const {
  WW_TRY(auto base, image_->BranchWinner(component, component.version.MajorMinor()), "winner");
  return Higher(branch_winners_, BranchKey(component), base);
}

Result<bool> VirtualState::HasComponent(const manifest::AssemblyIdentity& component) const {
  if (components_.contains(manifest::Keyform(component))) return true;
  return image_->HasComponent(component);
}

Result<std::optional<manifest::Version>> VirtualState::HighestKnown(
    const manifest::AssemblyIdentity& component) const {
  WW_TRY(const auto versions, Versions(component), "component versions");
  if (versions.empty()) return std::optional<manifest::Version>();
  return std::optional<manifest::Version>(versions.back());
}

Result<std::vector<manifest::Version>> VirtualState::Versions(
    const manifest::AssemblyIdentity& component) const {
  WW_TRY(auto versions, image_->Versions(component), "component versions");
  if (const auto added = added_.find(manifest::FamilyKey(component)); added != added_.end()) {
    versions.insert(versions.end(), added->second.begin(), added->second.end());
    std::sort(versions.begin(), versions.end());
  }
  return versions;
}

const ComponentFile* VirtualState::Planned(const manifest::AssemblyIdentity& component) const {
  const auto found = components_.find(manifest::Keyform(component));
  return found == components_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<const manifest::ComponentManifest>> VirtualState::LoadComponent(
    const manifest::AssemblyIdentity& component) const {
  if (const auto found = components_.find(manifest::Keyform(component));
      found != components_.end()) {
    // Not owned: the update's content outlives the plan.
    return std::shared_ptr<const manifest::ComponentManifest>(std::shared_ptr<void>(),
                                                              &found->second->manifest);
  }
  WW_TRY(auto loaded, image_->LoadComponent(component), "installed version");
  return std::make_shared<const manifest::ComponentManifest>(std::move(loaded));
}

bool VirtualState::PathExists(std::string_view path) const {
  const auto at = paths_.Find(path);
  if (at && *at < presence_.size() && presence_[*at] != Presence::kAsInImage) {
    return presence_[*at] == Presence::kThere;
  }
  return image_->image().Find(path).has_value();
}

void VirtualState::SetPackage(PackageRecord record) {
  const auto key = PackageKey(record.identity);
  packages_[key] = std::make_shared<const PackageRecord>(std::move(record));
}

void VirtualState::AddComponent(const ComponentFile& file) {
  components_[file.keyform] = &file;
  added_[manifest::FamilyKey(file.manifest.identity)].push_back(file.manifest.identity.version);
}

void VirtualState::SetWinner(const manifest::AssemblyIdentity& component) {
  Raise(winners_, manifest::FamilyKey(component), component.version);
  Raise(branch_winners_, BranchKey(component), component.version);
}

void VirtualState::SetPath(std::string_view path, bool exists) {
  const auto at = paths_.Add(path);
  presence_.resize(paths_.size());
  presence_[at] = exists ? Presence::kThere : Presence::kGone;
}

}  // namespace ww::cbs
