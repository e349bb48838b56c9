// What a file that an update brings as a difference can be made from, of all that the image has
// (windows-servicing.md 6.5).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "virtual_state.h"
#include "wimwright/cbs/hydration.h"
#include "wimwright/cbs/plan.h"

namespace ww::cbs {

// A forward delta whose only bases may or may not be the version that it was made against: nothing
// but carrying it out tells.
struct DoubtfulFile {
  std::size_t member = 0;
  Sha256Digest digest{};
  std::shared_ptr<const Recipe> recipe;
};

// For one update. Finds without reading content: versions and digests stand in the manifests.
class BasisSearch {
 public:
  BasisSearch(const UpdateContent& update, const VirtualState& state)
      : update_(update), state_(state) {}

  // null for a file that the package has whole. kPrerequisiteMissing with PSFX's or the baselines'
  // code when the image has nothing that could be the basis. `source` becomes kCarried for a file
  // without payload whose very content an older version has; nothing: the package lacks it.
  Result<std::shared_ptr<const Recipe>> Find(const ComponentFile& component,
                                             const manifest::FileEntry& file,
                                             std::optional<PayloadSource>& source);

  // The manifest of an older version, if the files of the component have led to it; then forgets
  // what was read for them: a component is looked at once.
  std::shared_ptr<const manifest::ComponentManifest> TakeManifest(
      const manifest::AssemblyIdentity& identity);

  // Carries out what is in doubt, up to the first that cannot be made.
  Status TryDoubtful();

 private:
  using Versions = std::vector<manifest::Version>;
  // What the store has of one version of a component.
  struct Held {
    std::string directory;                   // \Windows\WinSxS\<keyform>
    const ComponentFile* planned = nullptr;  // brought by an earlier update of the run
  };

  Result<const Versions*> VersionsOf(const manifest::AssemblyIdentity& identity);
  Held HeldAs(const manifest::AssemblyIdentity& identity, const manifest::Version& version) const;
  Result<const manifest::FileEntry*> Entry(const manifest::AssemblyIdentity& identity,
                                           const manifest::Version& version, std::string_view name);
  std::optional<StoredFile> InStore(const Held& held, std::string_view name) const;
  std::optional<StoredFile> InImage(const std::string& path) const;
  Status Unknown(Recipe& recipe, const ComponentFile& component, std::string_view name,
                 const Versions& versions, bool& doubtful) const;
  Status ByDigest(Recipe& recipe, const ComponentFile& component, std::string_view name,
                  const Versions& versions);
  tl::unexpected<Error> Missing(const Recipe& recipe, const ComponentFile& component,
                                std::string_view name, const Versions& versions) const;

  const UpdateContent& update_;
  const VirtualState& state_;
  std::map<std::string, Versions> versions_;  // ascending, by family key
  std::map<std::string, std::shared_ptr<const manifest::ComponentManifest>> manifests_;
  std::vector<DoubtfulFile> doubtful_;
};

}  // namespace ww::cbs
