#include "store_files.h"

#include <fmt/format.h>

#include "families.h"
#include "pe_writer.h"
#include "security.h"
#include "wimwright/base/text.h"
#include "wimwright/delta/encode.h"

namespace ww::lab {
namespace {

constexpr std::string_view kWinSxS = "Windows\\WinSxS\\";
constexpr std::string_view kPackages = "Windows\\servicing\\Packages\\";
constexpr std::string_view kCatRoot =
    "Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\\";

std::string_view LastPart(std::string_view path) { return path.substr(path.rfind('\\') + 1); }

// As the store of Windows 8.1 and 10 keeps it; one in fifty is left plain, as in real images.
Result<Content> StoredManifest(const Component& component, bool packed_form,
                               std::map<std::string, Content>& packed) {
  if (!packed_form || SeedOf(component.keyform) % 50 == 0) {
    return Content::Literal(component.xml);
  }
  if (const auto found = packed.find(component.keyform); found != packed.end()) {
    return found->second;
  }
  static const Bytes kBase = LabBaseManifest();
  delta::EncodeOptions options;
  options.hash_algorithm = 0;  // compressed manifests carry none (windows-servicing.md 6.2)
  WW_TRY(const Bytes stream, delta::Encode(kBase, component.xml, options), component.keyform);
  const Content content = Content::Literal(delta::WrapDcm(stream));
  packed.emplace(component.keyform, content);
  return content;
}

// Stands for the map of a directory: right name and first bytes, content of our own.
Content DirectoryMap(std::string_view directory) {
  Bytes bytes(544);
  StoreLe<std::uint32_t>(bytes.data(), 0x486D6350);  // PcmH
  StoreLe<std::uint32_t>(bytes.data() + 4, 1);
  StoreLe<std::uint64_t>(bytes.data() + 8, SeedOf(directory));
  return Content::Literal(std::move(bytes));
}

std::string TokenPath(std::string_view directory) {
  constexpr std::string_view kWindows = "Windows";
  if (EqualNoCaseAscii(directory.substr(0, kWindows.size()), kWindows)) {
    return "$$" + std::string(directory.substr(kWindows.size()));
  }
  return std::string(directory);
}

class StoreFiles {
 public:
  StoreFiles(const ImageModel& model, TreeBuilder& tree) : model_(model), tree_(tree) {}

  void Payload(const StoredComponent& stored) {
    const Component& component = *stored.component;
    const std::string directory = std::string(kWinSxS) + component.keyform;
    if (!component.files.empty()) tree_.Directory(directory, kDirectorySddl);
    for (const PayloadFile& file : component.files) {
      const wim::NodeId node = tree_.File(directory + "\\" + file.name, file.content,
                                          file.is_mutable ? kMutableFileSddl : kFileSddl);
      if (stored.winner) Project(component, file, node);
    }
    if (!stored.winner) return;
    for (const Directory& entry : component.directories) {
      tree_.Directory(Real(entry.path, component), kDirectorySddl);
    }
    for (const std::string& category : component.categories) {
      if (category == "BootCritical") Backup(component);
    }
  }

  void DirectoryMaps() {
    for (const std::string& directory : destinations_) {
      const std::string token = TokenPath(directory);
      tree_.File(std::string(kWinSxS) + "FileMaps\\" + manifest::FileMapsName(token),
                 DirectoryMap(token), kFileSddl);
    }
  }

 private:
  std::string Real(std::string_view path, const Component& component) const {
    return RealDirectory(path, component.id.architecture, model_.profile.architecture);
  }

  void Project(const Component& component, const PayloadFile& file, wim::NodeId node) {
    if (component.foreign && Real(file.destination, component).empty()) return;
    if (!file.destination.empty()) {
      const std::string directory = Real(file.destination, component);
      const std::string_view name = file.destination_name.empty()
                                        ? LastPart(file.name)
                                        : std::string_view(file.destination_name);
      destinations_.insert(directory);
      tree_.Link(directory + "\\" + std::string(name), node, kDirectorySddl);
    }
    if (file.is_inf && component.id.type == "dualModeDriver") {
      tree_.Link("Windows\\INF\\" + file.name, node, kDirectorySddl);
    }
    for (const std::string& link : file.links) {
      tree_.Link(Real(link, component), node, kDirectorySddl);
    }
  }

  // The form of the names is not known for sure (windows-servicing.md 6.1).
  void Backup(const Component& component) {
    const std::string prefix = std::string(kWinSxS) + "Backup\\" + component.keyform;
    tree_.File(prefix + ".manifest", Content::Literal(component.xml), kFileSddl);
    for (const PayloadFile& file : component.files) {
      tree_.File(
          fmt::format("{}_{}_{:08x}", prefix, LastPart(file.name), SeedOf(file.name) & 0xffffffff),
          file.content, kFileSddl);
    }
  }

  const ImageModel& model_;
  TreeBuilder& tree_;
  std::set<std::string> destinations_;
};

void WritePackages(const Store& store, TreeBuilder& tree) {
  std::set<std::string> catalogs;
  for (const StoredPackage& package : store.packages) {
    const std::string id = package.entry.package->identity();
    const Content catalog = Content::Literal(package.catalog);
    tree.File(std::string(kPackages) + id + ".mum", Content::Literal(package.mum), kFileSddl);
    tree.File(std::string(kPackages) + id + ".cat", catalog, kFileSddl);
    tree.File(std::string(kCatRoot) + id + ".cat", catalog, kFileSddl);
    if (!package.deployments.empty() && catalogs.insert(package.catalog_name).second) {
      tree.File(std::string(kWinSxS) + "Catalogs\\" + package.catalog_name + ".cat", catalog,
                kFileSddl);
    }
  }
}

}  // namespace

Status WriteStoreFiles(const ImageModel& model, const Store& store,
                       std::map<std::string, Content>& packed, TreeBuilder& tree,
                       const Cancellation& cancellation) {
  StoreFiles files(model, tree);
  for (const auto& [keyform, stored] : store.components) {
    WW_RETURN_IF_ERROR(cancellation.Check());
    files.Payload(stored);
    WW_TRY(const Content manifest,
           StoredManifest(*stored.component, model.profile.packed_manifests, packed), keyform);
    tree.File(std::string(kWinSxS) + "Manifests\\" + keyform + ".manifest", manifest, kFileSddl);
    if (EqualNoCaseAscii(stored.component->id.name, kServicingStack)) {
      tree.File("Windows\\servicing\\Version\\" + stored.component->id.version.ToString() + "\\" +
                    stored.component->id.architecture + "_installed",
                Content::Literal("%SystemRoot%\\winsxs\\" + keyform), kFileSddl);
    }
  }
  files.DirectoryMaps();
  WritePackages(store, tree);
  return tree.status();
}

}  // namespace ww::lab
