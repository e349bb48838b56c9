#include "placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "component_registry.h"
#include "image_path.h"
#include "registry_names.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/variables.h"

namespace ww::cbs {
namespace {

// Of the bytes of programs in a difference, which are packed as LZX packs them.
constexpr std::uint64_t kMostExpansion = 4;
// No file is made that is larger.
constexpr std::uint64_t kMaxMade = 1ull << 30;

Result<std::uint32_t> Attributes(const std::vector<std::string>& words, std::uint32_t stored) {
  std::uint32_t attributes = stored & wim::kAttributeArchive;
  for (const auto& word : words) {
    if (EqualNoCaseAscii(word, "readOnly")) {
      attributes |= wim::kAttributeReadOnly;
    } else if (EqualNoCaseAscii(word, "hidden")) {
      attributes |= wim::kAttributeHidden;
    } else if (EqualNoCaseAscii(word, "system")) {
      attributes |= wim::kAttributeSystem;
    } else if (EqualNoCaseAscii(word, "archive")) {
      attributes |= wim::kAttributeArchive;
    } else if (!EqualNoCaseAscii(word, "normal")) {
      return Fail(Code::kUnsupported, fmt::format("file attribute \"{}\" is not known", word));
    }
  }
  return attributes == 0 ? wim::kAttributeNormal : attributes;
}

// Every place where a file of the component is to be seen besides the store.
Result<std::vector<std::string>> Projections(const manifest::FileEntry& file,
                                             const manifest::Variables& variables) {
  std::vector<std::string> out;
  if (file.destination_path) {
    WW_TRY(const auto directory, variables.ExpandPath(*file.destination_path), file.name);
    out.push_back(Join(directory, file.installed_name()));
  }
  for (const auto& link : file.links) {
    WW_TRY(auto path, variables.ExpandPath(link), file.name);
    out.push_back(std::move(path));
  }
  return out;
}

}  // namespace

void Placement::Reserve(const Closure& closure, std::size_t packages) {
  std::size_t count = packages * 4;
  for (const auto& component : closure.components) {
    if (component.file != nullptr) count += 2;
    for (const auto& payload : component.payload) count += payload.source.reverse ? 2 : 1;
    if (!component.wins) continue;
    count += component.manifest->directories.size();
    for (const auto& file : component.manifest->files) {
      count += file.links.size() + (file.destination_path ? 1 : 0);
    }
  }
  files_.reserve(count);
}

void Placement::Push(FileChange change) {
  const bool there = state_.PathExists(change.path);
  switch (change.kind) {
    case FileChange::Kind::kDirectory:
      if (there) return;
      break;
    case FileChange::Kind::kRemove:
      if (!there) return;
      ++counts_.removed;
      break;
    default:
      ++(there ? counts_.replaced : counts_.added);
  }
  state_.SetPath(change.path, change.kind != FileChange::Kind::kRemove);
  change.update = update_index_;
  files_.push_back(std::move(change));
}

std::string Placement::Sibling(std::string_view directory, bool want_directory) {
  auto key = std::string(directory) + (want_directory ? "|d" : "|f");
  if (const auto found = siblings_.find(key); found != siblings_.end()) return found->second;
  std::string sibling;
  const auto& image = state_.image().image();
  if (const auto node = image.Find(directory); node && image.is_directory(*node)) {
    image.ForEachChild(*node, [&](wim::NodeId child) {
      if (!sibling.empty() || image.is_directory(child) != want_directory ||
          image.reparse_tag(child) != 0)
        return;
      // In WinSxS, only component directories are siblings: Manifests, Catalogs and the like are
      // not.
      const auto name = image.name(child);
      if (want_directory && name.find('_') == std::string::npos) return;
      sibling = Join(directory, name);
    });
  }
  siblings_[key] = sibling;
  return sibling;
}

void Placement::Content(std::string path, const std::shared_ptr<const Bytes>& bytes, FileTime time,
                        std::string_view sibling_of) {
  FileChange change;
  change.kind = FileChange::Kind::kContent;
  change.path = std::move(path);
  change.content = bytes;
  change.attributes = wim::kAttributeArchive;
  change.time = time == 0 ? now_ : time;
  change.security_like = Sibling(sibling_of, false);
  Push(std::move(change));
}

Status Placement::PlacePackage(const PackageFile& package, bool signs_deployments) {
  const auto& members = update_.source().members();
  const auto member = members.Find(package.mum_member);
  const FileTime time = member ? members.list()[*member].time : 0;
  const auto id = manifest::PackageIdentityString(package.manifest.identity);
  Content(Join(kPackagesPath, id + ".mum"), package.mum, time, kPackagesPath);
  if (!package.cat) return {};
  Content(Join(kPackagesPath, id + ".cat"), package.cat, time, kPackagesPath);
  Content(Join(kCatRootPath, id + ".cat"), package.cat, time, kCatRootPath);
  if (signs_deployments) {
    Content(Join(kCatalogsPath, ToHex(package.cat_digest) + ".cat"), package.cat, time,
            kCatalogsPath);
  }
  return {};
}

Status Placement::PlaceComponent(const PlannedComponent& component) {
  if (component.file != nullptr) WW_RETURN_IF_ERROR(Store(component));
  if (component.wins) {
    WW_RETURN_IF_ERROR(MakeDirectories(component));
    WW_RETURN_IF_ERROR(Project(component));
  }
  return {};
}

Status Placement::Store(const PlannedComponent& component) {
  const auto& file = *component.file;
  const auto& members = update_.source().members();
  const auto manifest_member = members.Find(file.keyform + ".manifest");
  Content(Join(kManifestsPath, file.keyform + ".manifest"), file.xml,
          manifest_member ? members.list()[*manifest_member].time : 0, kManifestsPath);
  if (file.manifest.files.empty()) return {};

  std::string predecessor_directory;
  if (component.predecessor) {
    predecessor_directory = Join(kStorePath, component.predecessor->keyform);
  }
  const bool has_predecessor =
      !predecessor_directory.empty() && state_.image().image().Find(predecessor_directory);
  FileChange directory;
  directory.kind = FileChange::Kind::kDirectory;
  directory.path = Join(kStorePath, file.keyform);
  directory.time = now_;
  directory.security_like = has_predecessor ? predecessor_directory : Sibling(kStorePath, true);
  Push(std::move(directory));

  for (std::size_t i = 0; i < file.manifest.files.size(); ++i) {
    const auto& entry = file.manifest.files[i];
    const auto& payload = component.payload[i];
    FileChange change = Payload(payload);
    change.path = Join(Join(kStorePath, file.keyform), entry.name);
    std::copy(entry.digest.begin(), entry.digest.end(), change.digest.begin());
    WW_TRY(change.attributes, Attributes(entry.attributes, change.attributes), file.keyform);
    // Better than the named SDDL is what the predecessor's file really has (6.1 rule 8).
    if (has_predecessor) {
      const auto before = Join(predecessor_directory, entry.name);
      if (state_.image().image().Find(before)) change.security_like = before;
    }
    if (change.security_like.empty()) {
      WW_TRY(change.security_descriptor,
             NamedSecurityDescriptor(file.manifest, entry.security_descriptor), file.keyform);
    }
    auto reverse = ReverseDelta(payload, file.keyform, entry, change);
    Push(std::move(change));
    if (reverse) Push(std::move(*reverse));
  }
  return {};
}

// Content, size, time and stored attributes of a file.
FileChange Placement::Payload(const PlannedPayload& payload) const {
  FileChange change;
  change.kind = FileChange::Kind::kPayload;
  change.member = payload.source.member;
  change.recipe = payload.recipe;
  if (const auto* target = payload.source.target) {
    change.size = target->length;
    change.time = target->time;
    change.attributes = target->attributes;
  } else if (payload.source.kind != PayloadSource::Kind::kCarried) {
    const auto& stored = update_.source().members().list()[change.member];
    change.size = stored.size;
    change.time = stored.time;
    change.attributes = stored.attributes;
  }
  if (const auto* recipe = payload.recipe.get(); recipe != nullptr && !recipe->size) {
    change.size = SizeFromBasis(*recipe, change.size);
  }
  if (change.time == 0) change.time = now_;
  return change;
}

// Differences of the older form do not tell what becomes of them before they are read. A file is
// hardly larger than the version it is made from and what the difference adds to that.
std::uint64_t Placement::SizeFromBasis(const Recipe& recipe, std::uint64_t delta) const {
  const auto& blobs = state_.image().file().blobs();
  std::uint64_t basis = 0;
  for (const auto& candidate : recipe.candidates) {
    if (candidate.file.planned) continue;
    if (const auto* blob = blobs.Find(candidate.file.content)) {
      basis = std::max(basis, blob->where.size);
    }
  }
  return std::min(basis, kMaxMade) + std::min(delta, kMaxMade) * kMostExpansion;
}

// The store keeps the way back for the next update (6.5 step 5).
std::optional<FileChange> Placement::ReverseDelta(const PlannedPayload& payload,
                                                  const std::string& keyform,
                                                  const manifest::FileEntry& entry,
                                                  const FileChange& like) const {
  if (!payload.source.reverse) return std::nullopt;
  const auto& goal = update_.ReverseDelta(*payload.source.reverse);
  FileChange change = like;
  change.path = fmt::format("{}\\{}\\r\\{}", kStorePath, keyform, entry.name);
  change.member = *payload.source.reverse;
  change.recipe = nullptr;
  change.digest = goal.digest;
  change.size = goal.size;
  change.packed = true;
  change.attributes = wim::kAttributeArchive;
  return change;
}

Status Placement::MakeDirectories(const PlannedComponent& component) {
  const auto& manifest = *component.manifest;
  if (manifest.directories.empty()) return {};
  WW_TRY(const auto variables,
         manifest::Variables::For(manifest.identity.architecture, state_.image().architecture()),
         manifest.identity.name);
  for (const auto& entry : manifest.directories) {
    FileChange change;
    change.kind = FileChange::Kind::kDirectory;
    WW_TRY(change.path, variables.ExpandPath(entry.destination_path), manifest.identity.name);
    WW_TRY(change.attributes, Attributes(entry.attributes, 0), manifest.identity.name);
    WW_TRY(change.security_descriptor, NamedSecurityDescriptor(manifest, entry.security_descriptor),
           change.path);
    change.time = now_;
    if (change.path != "\\") Push(std::move(change));
  }
  return {};
}

Status Placement::Claim(std::string_view path, std::string_view family) {
  const auto owner = owners_.Claim(path, family);
  if (owner == family) return {};
  return Fail(
      Error{Code::kConflict,
            fmt::format("{} is claimed by two component families, {} and {}", path, owner, family),
            "Apply these updates one by one, or leave one out.", 0});
}

void Placement::Link(std::string path, std::string target) {
  FileChange change;
  change.kind = FileChange::Kind::kLink;
  change.path = std::move(path);
  change.target = std::move(target);
  Push(std::move(change));
}

Status Placement::Project(const PlannedComponent& component) {
  const auto& manifest = *component.manifest;
  const auto& image = state_.image().image();
  const auto keyform = manifest::Keyform(manifest.identity);
  const auto family = manifest::FamilyKey(manifest.identity);
  WW_TRY(const auto variables,
         manifest::Variables::For(manifest.identity.architecture, state_.image().architecture()),
         manifest.identity.name);
  std::set<std::string> kept;
  for (const auto& file : manifest.files) {
    WW_TRY(const auto paths, Projections(file, variables), manifest.identity.name);
    for (const auto& path : paths) {
      kept.insert(FoldCase(path));
      WW_RETURN_IF_ERROR(Claim(path, family));
      if (!file.writeable_type.empty()) {
        // A file that Windows or a person may change: kept when it was changed (3.2).
        const auto there = image.Find(path);
        if (there) {
          const auto before = component.predecessor
                                  ? image.Find(StorePath(component.predecessor->keyform, file.name))
                                  : std::nullopt;
          if (!before || image.hash(*before) != image.hash(*there)) continue;
        }
      }
      Link(path, StorePath(keyform, file.name));
    }
    WW_RETURN_IF_ERROR(LinkInf(component, file, kept));
  }
  // Files that the predecessor projected and this version no longer has (6.1 rule 4). Those that
  // both project alike were left out by Close().
  if (!component.predecessor) return {};
  std::map<std::string, std::string> removed;
  for (const auto& file : component.predecessor->files) {
    WW_TRY(const auto paths, Projections(file, variables), component.predecessor->keyform);
    for (const auto& path : paths) {
      if (kept.contains(FoldCase(path))) continue;
      if (owners_.Find(path).value_or(family) != family) continue;
      // Only what is still the predecessor's own file: anything else was put there by somebody
      // else.
      const auto master = image.Find(StorePath(component.predecessor->keyform, file.name));
      const auto there = image.Find(path);
      if (master && there && image.hash(*master) != image.hash(*there)) continue;
      FileChange change;
      change.kind = FileChange::Kind::kRemove;
      change.path = path;
      Push(std::move(change));
      removed.emplace(FoldCase(path), path);
    }
  }
  if (component.predecessor->driver) RemoveStoreDirectories(removed);
  return {};
}

}  // namespace ww::cbs
