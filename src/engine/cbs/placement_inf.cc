// The INFs of drivers, which are in one more place than their manifests say.
#include <algorithm>

#include "image_path.h"
#include "placement.h"
#include "wimwright/base/text.h"

namespace ww::cbs {

// \Windows\INF is not in the manifests, and whether Windows puts its own drivers' INFs there is
// not in any description: the image tells (windows-servicing.md 9.2, "copy the pattern").
Status Placement::LinkInf(const PlannedComponent& component, const manifest::FileEntry& file,
                          const std::set<std::string>& linked) {
  const auto& identity = component.manifest->identity;
  const auto& effects = file.effects;
  if (!IsDualModeDriver(identity) ||
      std::find(effects.begin(), effects.end(), "infFile") == effects.end()) {
    return {};
  }
  const auto family = manifest::FamilyKey(identity);
  const auto path = Join(kInfPath, file.installed_name());
  if (linked.contains(FoldCase(path))) return {};
  if (owners_.Find(path) != std::optional<std::string_view>(family)) {
    const auto& image = state_.image().image();
    const auto there = image.Find(path);
    if (!component.predecessor) {
      if (there) {
        return Fail(Code::kConflict,
                    fmt::format("{} is there, but no version of its driver is installed", path));
      }
      if (!HasInfsOfDrivers()) return {};
    } else {
      if (!there) return {};
      const auto master = image.Find(StorePath(component.predecessor->keyform, file.name));
      if (!master || image.hash(*master) != image.hash(*there)) {
        return Fail(Code::kConflict,
                    fmt::format("{} is not that of the installed version of its driver", path));
      }
    }
  }
  WW_RETURN_IF_ERROR(Claim(path, family));
  Link(path, StorePath(manifest::Keyform(identity), file.name));
  return {};
}

// Does any driver of the store have its INF there too?
bool Placement::HasInfsOfDrivers() {
  if (infs_of_drivers_) return *infs_of_drivers_;
  const auto& image = state_.image().image();
  infs_of_drivers_ = false;
  const auto repository = image.Find(kFileRepositoryPath);
  if (!repository) return false;
  image.ForEachChild(*repository, [&](wim::NodeId child) {
    if (*infs_of_drivers_ || !image.is_directory(child)) return;
    // usb.inf_amd64_0123456789abcdef
    auto name = std::string(image.name(child));
    for (int part = 0; part < 2; ++part) name.resize(std::min(name.rfind('_'), name.size()));
    const auto inf = image.Find(Join(kInfPath, name));
    const auto master =
        image.Find(Join(Join(kFileRepositoryPath, std::string(image.name(child))), name));
    infs_of_drivers_ = inf && master && image.hash(*inf) == image.hash(*master);
  });
  return *infs_of_drivers_;
}

void Placement::RemoveStoreDirectories(const std::map<std::string, std::string>& removed) {
  const auto& image = state_.image().image();
  const auto repository = FoldCase(kFileRepositoryPath) + "\\";
  std::map<std::string, std::string> directories;
  for (const auto& [folded, path] : removed) {
    const auto end = folded.rfind('\\');
    if (folded.starts_with(repository) && end > repository.size()) {
      directories.emplace(folded.substr(0, end), path.substr(0, path.rfind('\\')));
    }
  }
  for (const auto& entry : directories) {
    const auto& folded = entry.first;
    const auto& directory = entry.second;
    bool empty = true;
    if (const auto node = image.Find(directory)) {
      image.ForEachChild(*node, [&](wim::NodeId child) {
        const auto name = FoldCase(image.name(child));
        // Windows' own copy of the INF in another form, made anew when it is missing.
        const bool compiled = !image.is_directory(child) && name.ends_with(FoldCase(".pnf"));
        empty = empty && (compiled || removed.contains(Join(folded, name)));
      });
    }
    if (!empty) continue;
    FileChange change;
    change.kind = FileChange::Kind::kRemove;
    change.path = directory;
    change.update = update_index_;
    files_.push_back(std::move(change));
  }
}

}  // namespace ww::cbs
