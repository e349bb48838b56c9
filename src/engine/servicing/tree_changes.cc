#include "tree_changes.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "wimwright/cbs/hresult.h"

namespace ww::servicing {
namespace {

using cbs::FileChange;
using wim::NodeId;

// Bits that a plan may ask for; the others describe how the entry is stored.
constexpr std::uint32_t kSettable = wim::kAttributeReadOnly | wim::kAttributeHidden |
                                    wim::kAttributeSystem | wim::kAttributeArchive |
                                    wim::kAttributeNormal | 0x00002000 /* not content indexed */;

// "\\Windows\\System32" and "x.dll"; the directory is empty for names in the root.
std::pair<std::string_view, std::string_view> Split(std::string_view path) {
  const auto slash = path.rfind('\\');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

class TreeEditor {
 public:
  TreeEditor(wim::Image& image, const StoredContents& stored, FileTime now)
      : image_(image), stored_(stored), now_(now) {}

  Status Apply(const FileChange& change) {
    switch (change.kind) {
      case FileChange::Kind::kDirectory:
        return MakeDirectory(change);
      case FileChange::Kind::kPayload:
      case FileChange::Kind::kContent:
        return PutFile(change);
      case FileChange::Kind::kLink:
        return PutLink(change);
      case FileChange::Kind::kRemove:
        return RemoveEntry(change);
    }
    return Fail(Code::kInternal, "the plan holds an unknown kind of change");
  }

 private:
  Status MakeDirectory(const FileChange& change) {
    if (const auto node = image_.Find(change.path)) {
      if (image_.is_directory(*node)) return {};
      return NotADirectory(change.path);
    }
    const auto [parent_path, name] = Split(change.path);
    WW_TRY(const auto parent, Directory(parent_path), "making its parent");
    wim::EntryMetadata metadata;
    WW_TRY(metadata, MetadataOf(change, parent), "making it");
    metadata.attributes = (metadata.attributes & ~wim::kAttributeNormal) | wim::kAttributeDirectory;
    WW_TRY_STATUS(image_.AddDirectory(parent, name, metadata), "making it");
    return {};
  }

  Status PutFile(const FileChange& change) {
    const auto stored = stored_.find(change.digest);
    if (stored == stored_.end()) return Fail(Code::kInternal, "its content was not stored");
    const auto& content = stored->second;
    const auto [parent_path, name] = Split(change.path);
    WW_TRY(const auto parent, Directory(parent_path), "making its directory");
    WW_TRY(const auto metadata, MetadataOf(change, parent), "finding its security descriptor");
    if (const auto old = image_.Child(parent, name)) {
      if (image_.is_directory(*old)) return IsADirectory(change.path);
      if (image_.link_group_id(*old) == 0 && image_.reparse_tag(*old) == 0 &&
          (image_.attributes(*old) & wim::kAttributeEncrypted) == 0) {
        WW_RETURN_IF_ERROR(image_.SetContent(*old, content.sha1, content.size));
        return image_.SetMetadata(*old, metadata);
      }
      WW_RETURN_IF_ERROR(image_.Remove(*old));
    }
    WW_TRY_STATUS(image_.AddFile(parent, name, metadata, content.sha1, content.size), "adding it");
    return {};
  }

  Status PutLink(const FileChange& change) {
    const auto target = image_.Find(change.target);
    if (!target || image_.is_directory(*target)) {
      return Fail(Code::kInternal, fmt::format("there is no {} to link to", change.target));
    }
    const auto [parent_path, name] = Split(change.path);
    WW_TRY(const auto parent, Directory(parent_path), "making its directory");
    if (const auto old = image_.Child(parent, name)) {
      if (*old == *target) return Fail(Code::kInternal, "a file cannot be linked to itself");
      if (image_.is_directory(*old)) return IsADirectory(change.path);
      const auto group = image_.link_group_id(*old);
      if (group != 0 && group == image_.link_group_id(*target)) return {};
      WW_RETURN_IF_ERROR(image_.Remove(*old));
    }
    WW_TRY_STATUS(image_.AddLink(parent, name, *target), "linking");
    return {};
  }

  // Absent is fine: two updates of one job may retire the same file.
  Status RemoveEntry(const FileChange& change) {
    const auto node = image_.Find(change.path);
    if (!node) return {};
    last_path_.clear();
    return image_.Remove(*node);
  }

  // The directory `path`, made with what is missing above it. Most changes come many to a
  // directory.
  Result<NodeId> Directory(std::string_view path) {
    if (!last_path_.empty() && last_path_ == path) return last_;
    NodeId node = image_.root();
    for (std::size_t at = 0; at < path.size();) {
      auto end = path.find('\\', at);
      if (end == std::string_view::npos) end = path.size();
      const auto name = path.substr(at, end - at);
      at = end + 1;
      if (name.empty()) continue;
      auto child = image_.Child(node, name);
      if (!child) {
        auto metadata = image_.metadata(node);
        metadata.attributes = wim::kAttributeDirectory;
        metadata.creation = metadata.access = metadata.write = now_;
        WW_TRY(child, image_.AddDirectory(node, name, metadata), path);
      }
      if (!image_.is_directory(*child)) return Fail(NotADirectory(path).error());
      node = *child;
    }
    last_path_ = path;
    last_ = node;
    return node;
  }

  Result<wim::EntryMetadata> MetadataOf(const FileChange& change, NodeId parent) {
    wim::EntryMetadata out;
    out.attributes = change.attributes & kSettable;
    if (out.attributes == 0) out.attributes = wim::kAttributeNormal;
    out.creation = out.access = out.write = change.time != 0 ? change.time : now_;
    if (!change.security_descriptor.empty()) {
      out.security_id = image_.AddSecurityDescriptor(change.security_descriptor);
    } else if (!change.security_like.empty()) {
      const auto like = image_.Find(change.security_like);
      if (!like) {
        return Fail(Code::kInternal,
                    fmt::format("there is no {} to take security from", change.security_like));
      }
      out.security_id = image_.security_id(*like);
    } else {
      out.security_id = image_.security_id(parent);
    }
    return out;
  }

  static Status NotADirectory(std::string_view path) {
    return Fail(Error{Code::kConflict,
                      fmt::format("{} is a file or a junction in this image", path),
                      "Compare the image with its original; updates expect a directory there.",
                      cbs::kStoreCorruption});
  }
  static Status IsADirectory(std::string_view path) {
    return Fail(Error{Code::kConflict, fmt::format("{} is a directory in this image", path),
                      "Compare the image with its original; updates expect a file there.",
                      cbs::kStoreCorruption});
  }

  wim::Image& image_;
  const StoredContents& stored_;
  FileTime now_;
  std::string last_path_;
  NodeId last_{};
};

}  // namespace

Status ApplyFileChanges(wim::Image& image, std::span<const FileChange> changes,
                        const StoredContents& stored, FileTime now) {
  TreeEditor editor(image, stored, now);
  for (const auto& change : changes) WW_TRY_STATUS(editor.Apply(change), change.path);
  return {};
}

}  // namespace ww::servicing
