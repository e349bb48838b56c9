// The image as it will be after the updates planned so far: what the next update is judged against.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "path_table.h"
#include "wimwright/cbs/image_state.h"
#include "wimwright/cbs/update_content.h"

namespace ww::cbs {

// Copyable: a copy is tried with one more update and kept when the update can be done.
class VirtualState {
 public:
  explicit VirtualState(ImageState& image);

  ImageState& image() const { return *image_; }

  const PackageRecord* Find(const manifest::AssemblyIdentity& package) const;
  // All versions of the package's family that the image knows, in any state.
  std::vector<const PackageRecord*> Family(const manifest::AssemblyIdentity& package) const;

  // What is recorded of an optional feature of a package, also of one that is only planned.
  Result<std::optional<std::uint32_t>> FeatureState(const PackageRecord& package,
                                                    std::string_view update) const;
  Result<std::optional<manifest::Version>> Winner(
      const manifest::AssemblyIdentity& component) const;
  Result<std::optional<manifest::Version>> BranchWinner(
      const manifest::AssemblyIdentity& component) const;
  Result<bool> HasComponent(const manifest::AssemblyIdentity& component) const;
  Result<std::optional<manifest::Version>> HighestKnown(
      const manifest::AssemblyIdentity& component) const;
  // All versions of the component that the store has, ascending.
  Result<std::vector<manifest::Version>> Versions(
      const manifest::AssemblyIdentity& component) const;
  // The component as an earlier update brings it; null: none does.
  const ComponentFile* Planned(const manifest::AssemblyIdentity& component) const;
  // The manifest of a component that the image has or an earlier update brings.
  Result<std::shared_ptr<const manifest::ComponentManifest>> LoadComponent(
      const manifest::AssemblyIdentity& component) const;
  const std::optional<manifest::Version>& servicing_stack() const { return servicing_stack_; }

  // "\Windows\..." exists, taking earlier changes into account.
  bool PathExists(std::string_view path) const;

  void SetPackage(PackageRecord record);
  void AddComponent(const ComponentFile& file);
  void SetWinner(const manifest::AssemblyIdentity& component);
  void SetServicingStack(const manifest::Version& version) { servicing_stack_ = version; }
  void SetPath(std::string_view path, bool exists);

 private:
  enum class Presence : std::uint8_t { kAsInImage, kThere, kGone };
  using FamilyMap = std::map<std::string, std::vector<const PackageRecord*>>;

  ImageState* image_;
  std::shared_ptr<const FamilyMap> image_families_;
  std::map<std::string, std::shared_ptr<const PackageRecord>>
      packages_;                                                 // changed ones, by identity string
  std::map<std::string, const ComponentFile*> components_;       // added ones, by keyform
  std::map<std::string, manifest::Version> winners_;             // by family key
  std::map<std::string, manifest::Version> branch_winners_;      // by family key + major.minor
  std::map<std::string, std::vector<manifest::Version>> added_;  // of components_, by family key
  PathTable paths_;                                              // changed ones
  std::vector<Presence> presence_;                               // by number in paths_
  std::optional<manifest::Version> servicing_stack_;
};

}  // namespace ww::cbs
