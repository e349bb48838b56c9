#include "projection_check.h"

#include <fmt/format.h>

#include "image_path.h"
#include "wimwright/manifest/variables.h"

namespace ww::cbs {

Result<std::uint64_t> CheckProjections(
    const ImageState& image, const manifest::ComponentManifest& component,
    const std::function<void(std::string path, std::string detail)>& report) {
  std::uint64_t links = 0;
  if (component.files.empty()) return links;
  WW_TRY(const auto variables,
         manifest::Variables::For(component.identity.architecture, image.architecture()),
         component.identity.name);
  const auto& tree = image.image();
  for (const auto& file : component.files) {
    const auto store_path = StorePath(manifest::Keyform(component.identity), file.name);
    const auto master = tree.Find(store_path);
    if (!master) {
      report(store_path, "the component's file is missing in the store");
      continue;
    }
    if (!file.writeable_type.empty()) continue;  // may have been changed since
    const auto check = [&](const std::string& path) {
      ++links;
      const auto projected = tree.Find(path);
      if (!projected) {
        report(path, fmt::format("is missing; {} is its master", store_path));
      } else if (tree.hash(*projected) != tree.hash(*master)) {
        report(path, fmt::format("differs from its master {}", store_path));
      } else if (tree.link_group_id(*projected) != tree.link_group_id(*master) ||
                 tree.link_group_id(*master) == 0) {
        report(path, fmt::format("is not a hard link to its master {}", store_path));
      }
    };
    if (file.destination_path) {
      WW_TRY(const auto directory, variables.ExpandPath(*file.destination_path),
             component.identity.name);
      check(directory.ends_with('\\') ? directory + std::string(file.installed_name())
                                      : fmt::format("{}\\{}", directory, file.installed_name()));
    }
    for (const auto& link : file.links) {
      WW_TRY(const auto path, variables.ExpandPath(link), component.identity.name);
      check(path);
    }
  }
  return links;
}

}  // namespace ww::cbs
