#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "image_state.h"
#include "wimwright/base/text.h"
#include "wimwright/wim/image.h"

namespace ww::wim {
namespace {

std::uint32_t Index(NodeId node) { return static_cast<std::uint32_t>(node); }

// Bits that decide how an entry is laid out or read: given at its birth, kept by every edit.
constexpr std::uint32_t kStructuralAttributes =
    kAttributeDirectory | kAttributeReparsePoint | kAttributeEncrypted;

Result<std::u16string> CheckedName(std::string_view name) {
  auto wide = Utf8ToUtf16(name);
  if (!wide) return Fail(Code::kUsage, "a file name that is not valid UTF-8");
  const bool dots = *wide == u"." || *wide == u"..";
  if (wide->empty() || dots || wide->size() > kMostNameUnits ||
      wide->find_first_of(std::u16string_view(u"/\\:\0", 4)) != std::u16string::npos) {
    return Fail(Code::kUsage, fmt::format("\"{}\" is no file name", name));
  }
  return *std::move(wide);
}

void StoreMetadata(Dentry entry, const EntryMetadata& metadata) {
  entry.Set(dentry::kAttributes, metadata.attributes);
  entry.Set(dentry::kSecurityId, metadata.security_id);
  entry.Set(dentry::kCreation, metadata.creation);
  entry.Set(dentry::kAccess, metadata.access);
  entry.Set(dentry::kWrite, metadata.write);
}

std::size_t SizeForName(std::size_t units) {
  return static_cast<std::size_t>(Align8(NamesEnd(units * 2, 0)));
}

void StoreName(Dentry entry, std::u16string_view name) {
  entry.Set(dentry::kNameBytes, static_cast<std::uint16_t>(name.size() * 2));
  std::memcpy(entry.raw() + dentry::kName, name.data(), name.size() * 2);
}

}  // namespace

// The edits that several public calls share.
class ImageEdit {
 public:
  static Status CheckSecurity(const Image::State& state, std::int32_t id) {
    if (id >= -1 && id < state.security.count()) return {};
    return Fail(Code::kUsage, fmt::format("no security descriptor {}", id));
  }

  // Whether `name` may be added below `parent`.
  static Result<std::u16string> CheckPlace(const Image::State& state, NodeId parent,
                                           std::string_view name) {
    WW_TRY(auto wide, CheckedName(name), "adding an entry");
    if (!state.Alive(Index(parent)) || !state.At(Index(parent)).directory()) {
      return Fail(Code::kUsage,
                  fmt::format("\"{}\" cannot be added: its parent is no directory", name));
    }
    if (state.FindChild(Index(parent), wide) != kNoNode) {
      return Fail(Code::kConflict, fmt::format("\"{}\" exists in this directory", name));
    }
    int depth = 1;
    for (auto at = Index(parent); at != 0; at = state.nodes[at].parent) ++depth;
    if (depth >= kMostDepth) return Fail(Code::kLimit, "directories nest too deep");
    if (state.nodes.size() >= kMostNodes) return Fail(Code::kLimit, "too many entries");
    return wide;
  }

  static NodeId Insert(Image::State& state, NodeId parent, std::byte* raw) {
    const auto node = static_cast<std::uint32_t>(state.nodes.size());
    state.nodes.emplace_back();
    state.nodes[node].raw = raw;
    state.nodes[node].parent = Index(parent);
    state.nodes[node].name_hash = state.HashName(Index(parent), state.At(node));
    state.LinkChild(Index(parent), node);
    state.Index(node);
    state.changed_directories.push_back(Index(parent));
    state.modified = true;
    return NodeId{node};
  }

  // An entry without children, streams or short name.
  static NodeId InsertPlain(Image::State& state, NodeId parent, std::u16string_view name,
                            const EntryMetadata& metadata) {
    const auto size = SizeForName(name.size());
    const Dentry entry(state.Allocate(size));
    entry.Set<std::uint64_t>(dentry::kLength, size);
    StoreMetadata(entry, metadata);
    StoreName(entry, name);
    return Insert(state, parent, entry.raw());
  }

  template <typename F>
  static Status ForGroup(Image::State& state, const Image& image, NodeId node, F&& change) {
    if (!image.alive(node)) return Fail(Code::kUsage, "the entry was removed");
    for (const auto member : image.links(node)) change(state.At(Index(member)));
    state.modified = true;
    return {};
  }
};

Image Image::Empty(const Metadata& root) {
  auto state = std::make_unique<State>();
  state->seed = std::random_device{}();
  state->slots.assign(64, 0);
  // A security table without descriptors, then the root: its length, and no name.
  state->base.resize(8 + SizeForName(0));
  StoreLe<std::uint32_t>(state->base.data(), 8);
  const Dentry entry(state->base.data() + 8);
  entry.Set<std::uint64_t>(dentry::kLength, SizeForName(0));
  auto metadata = root;
  metadata.attributes = (root.attributes & ~kStructuralAttributes) | kAttributeDirectory;
  metadata.security_id = -1;  // there are none yet
  StoreMetadata(entry, metadata);
  entry.set_subdir_offset(1);  // has a list: Layout() says where
  state->security = *SecurityTable::Parse(state->base);
  state->nodes.emplace_back();
  state->nodes[0].raw = entry.raw();
  state->read_count = 1;
  state->modified = true;
  return Image(std::move(state));
}

Result<NodeId> Image::AddDirectory(NodeId parent, std::string_view name, const Metadata& metadata) {
  WW_TRY(const auto wide, ImageEdit::CheckPlace(*state_, parent, name), "adding a directory");
  WW_RETURN_IF_ERROR(ImageEdit::CheckSecurity(*state_, metadata.security_id));
  if ((metadata.attributes & (kAttributeReparsePoint | kAttributeEncrypted)) != 0) {
    return Fail(Code::kUnsupported, fmt::format("\"{}\" as a reparse point or encrypted", name));
  }
  auto complete = metadata;
  complete.attributes |= kAttributeDirectory;
  const auto node = ImageEdit::InsertPlain(*state_, parent, wide, complete);
  state_->At(Index(node)).set_subdir_offset(1);  // has a list: Layout() says where
  return node;
}

Result<NodeId> Image::AddFile(NodeId parent, std::string_view name, const Metadata& metadata,
                              const Sha1Digest& content, std::uint64_t size) {
  WW_TRY(const auto wide, ImageEdit::CheckPlace(*state_, parent, name), "adding a file");
  WW_RETURN_IF_ERROR(ImageEdit::CheckSecurity(*state_, metadata.security_id));
  if ((metadata.attributes & kStructuralAttributes) != 0) {
    return Fail(Code::kUnsupported,
                fmt::format("\"{}\" as a file with attributes 0x{:x}", name, metadata.attributes));
  }
  if ((content == Sha1Digest{}) != (size == 0)) {
    return Fail(Code::kUsage, fmt::format("\"{}\": content and size {} disagree", name, size));
  }
  const auto node = ImageEdit::InsertPlain(*state_, parent, wide, metadata);
  state_->At(Index(node)).set_default_hash(content);
  if (size != 0) state_->added_sizes[content] = size;
  return node;
}

Result<NodeId> Image::AddLink(NodeId parent, std::string_view name, NodeId existing) {
  WW_TRY(const auto wide, ImageEdit::CheckPlace(*state_, parent, name), "adding a link");
  if (!alive(existing)) return Fail(Code::kUsage, "the entry to link to was removed");
  const auto original = state_->At(Index(existing));
  if (original.container() || original.reparse_point()) {
    return Fail(Code::kUnsupported,
                fmt::format("\"{}\": a hard link to a directory or reparse point", name));
  }
  if (original.link_group() == 0) {
    if (state_->highest_group == ~std::uint64_t{0}) {
      return Fail(Code::kLimit, "no hard-link group number is left");
    }
    original.Set(dentry::kLinkGroup, ++state_->highest_group);
  }
  const auto tagged = original.tagged_items();
  const auto streams_at = static_cast<std::size_t>(Align8(original.length()));
  const auto streams = original.stored_size() - streams_at;
  const auto names_end = SizeForName(wide.size());
  const auto length = names_end + tagged.size();
  const auto padded = static_cast<std::size_t>(Align8(length));
  const Dentry entry(state_->Allocate(padded + streams));
  std::memcpy(entry.raw(), original.raw(), dentry::kName);
  entry.Set<std::uint64_t>(dentry::kLength, length);
  entry.Set<std::uint16_t>(dentry::kShortNameBytes, 0);
  entry.set_subdir_offset(0);
  StoreName(entry, wide);
  if (!tagged.empty()) std::memcpy(entry.raw() + names_end, tagged.data(), tagged.size());
  if (streams != 0) std::memcpy(entry.raw() + padded, original.raw() + streams_at, streams);
  const auto node = ImageEdit::Insert(*state_, parent, entry.raw());
  auto& ring = state_->nodes[Index(existing)];
  state_->nodes[Index(node)].next_link =
      ring.next_link == kNoNode ? Index(existing) : ring.next_link;
  ring.next_link = Index(node);
  return node;
}

Status Image::Remove(NodeId node) {
  if (!alive(node)) return Fail(Code::kUsage, "the entry was removed before");
  if (node == root()) return Fail(Code::kUsage, "the root cannot be removed");
  auto& s = *state_;
  s.changed_directories.push_back(s.nodes[Index(node)].parent);
  s.modified = true;
  std::vector<std::uint32_t> pending{Index(node)};
  while (!pending.empty()) {
    const auto next = pending.back();
    pending.pop_back();
    for (auto child = s.SkipRemoved(s.nodes[next].first_child); child != kNoNode;
         child = s.SkipRemoved(s.nodes[child].next_sibling)) {
      pending.push_back(child);
    }
    s.nodes[next].parent = kNoNode;
    ++s.removed_count;
  }
  return {};
}

Status Image::SetContent(NodeId node, const Sha1Digest& content, std::uint64_t size) {
  if (!alive(node)) return Fail(Code::kUsage, "the entry was removed");
  if ((attributes(node) & kStructuralAttributes) != 0) {
    return Fail(Code::kUnsupported,
                fmt::format("\"{}\" is a directory, a reparse point or encrypted", path(node)));
  }
  if ((content == Sha1Digest{}) != (size == 0)) {
    return Fail(Code::kUsage,
                fmt::format("\"{}\": content and size {} disagree", path(node), size));
  }
  if (size != 0) state_->added_sizes[content] = size;
  return ImageEdit::ForGroup(*state_, *this, node,
                             [&content](Dentry entry) { entry.set_content_hash(content); });
}

Status Image::SetMetadata(NodeId node, const Metadata& metadata) {
  WW_RETURN_IF_ERROR(ImageEdit::CheckSecurity(*state_, metadata.security_id));
  return ImageEdit::ForGroup(*state_, *this, node, [&metadata](Dentry entry) {
    auto complete = metadata;
    complete.attributes = (metadata.attributes & ~kStructuralAttributes) |
                          (entry.attributes() & kStructuralAttributes);
    StoreMetadata(entry, complete);
  });
}

Status Image::SetAttributes(NodeId node, std::uint32_t attributes) {
  if (!alive(node)) return Fail(Code::kUsage, "the entry was removed");
  return ImageEdit::ForGroup(*state_, *this, node, [attributes](Dentry entry) {
    entry.Set(dentry::kAttributes,
              (attributes & ~kStructuralAttributes) | (entry.attributes() & kStructuralAttributes));
  });
}

Status Image::SetTimes(NodeId node, FileTime creation, FileTime access, FileTime write) {
  return ImageEdit::ForGroup(*state_, *this, node, [=](Dentry entry) {
    entry.Set(dentry::kCreation, creation);
    entry.Set(dentry::kAccess, access);
    entry.Set(dentry::kWrite, write);
  });
}

Status Image::SetSecurity(NodeId node, std::int32_t security_id) {
  WW_RETURN_IF_ERROR(ImageEdit::CheckSecurity(*state_, security_id));
  return ImageEdit::ForGroup(*state_, *this, node, [security_id](Dentry entry) {
    entry.Set(dentry::kSecurityId, security_id);
  });
}

std::int32_t Image::AddSecurityDescriptor(ByteView descriptor) {
  const auto before = state_->security.count();
  const auto id = state_->security.Add(descriptor);
  if (state_->security.count() != before) state_->modified = true;
  return id;
}

}  // namespace ww::wim
