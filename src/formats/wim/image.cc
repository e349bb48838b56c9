#include "wimwright/wim/image.h"

#include <algorithm>

#include "image_state.h"
#include "wimwright/base/text.h"

namespace ww::wim {
namespace {

std::uint32_t Index(NodeId node) { return static_cast<std::uint32_t>(node); }

std::string Utf8(ByteView utf16) { return Utf16LeToUtf8(utf16).value_or(std::string()); }

}  // namespace

Image::Image(std::unique_ptr<State> state) : state_(std::move(state)) {}
Image::Image(Image&&) noexcept = default;
Image& Image::operator=(Image&&) noexcept = default;
Image::~Image() = default;

std::size_t Image::node_count() const { return state_->nodes.size() - state_->removed_count; }

bool Image::alive(NodeId node) const { return state_->Alive(Index(node)); }

std::optional<NodeId> Image::Child(NodeId directory, std::string_view name) const {
  const auto wide = Utf8ToUtf16(name);
  if (!wide || !alive(directory)) return std::nullopt;
  const auto found = state_->FindChild(Index(directory), *wide);
  if (found == kNoNode) return std::nullopt;
  return NodeId{found};
}

std::optional<NodeId> Image::Find(std::string_view path) const {
  std::optional<NodeId> at = root();
  while (at && !path.empty()) {
    const auto end = std::min(path.find_first_of("\\/"), path.size());
    if (end > 0) at = Child(*at, path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return at;
}

void Image::ForEachChild(NodeId directory, const std::function<void(NodeId)>& visit) const {
  if (!alive(directory)) return;
  auto& s = *state_;
  for (auto child = s.SkipRemoved(s.nodes[Index(directory)].first_child); child != kNoNode;
       child = s.SkipRemoved(s.nodes[child].next_sibling)) {
    visit(NodeId{child});
  }
}

std::vector<NodeId> Image::children(NodeId directory) const {
  std::vector<NodeId> out;
  ForEachChild(directory, [&out](NodeId child) { out.push_back(child); });
  return out;
}

void Image::ForEachNode(const std::function<void(NodeId)>& visit) const {
  for (std::uint32_t node = 0; node != kNoNode; node = state_->NextNode(node)) visit(NodeId{node});
}

NodeId Image::parent(NodeId node) const {
  const auto parent = state_->nodes[Index(node)].parent;
  return parent == kNoNode ? root() : NodeId{parent};
}

std::string Image::name(NodeId node) const { return Utf8(state_->At(Index(node)).name()); }

std::string Image::short_name(NodeId node) const {
  return Utf8(state_->At(Index(node)).short_name());
}

std::string Image::path(NodeId node) const {
  std::vector<NodeId> parts;
  for (; node != root() && alive(node); node = parent(node)) parts.push_back(node);
  std::string out;
  for (auto at = parts.rbegin(); at != parts.rend(); ++at) {
    if (!out.empty()) out += '\\';
    out += name(*at);
  }
  return out;
}

bool Image::is_directory(NodeId node) const { return state_->At(Index(node)).directory(); }
std::uint32_t Image::attributes(NodeId node) const { return state_->At(Index(node)).attributes(); }

FileTime Image::creation_time(NodeId node) const {
  return state_->At(Index(node)).Get<std::uint64_t>(dentry::kCreation);
}
FileTime Image::last_access_time(NodeId node) const {
  return state_->At(Index(node)).Get<std::uint64_t>(dentry::kAccess);
}
FileTime Image::last_write_time(NodeId node) const {
  return state_->At(Index(node)).Get<std::uint64_t>(dentry::kWrite);
}
std::int32_t Image::security_id(NodeId node) const {
  return state_->At(Index(node)).Get<std::int32_t>(dentry::kSecurityId);
}

Image::Metadata Image::metadata(NodeId node) const {
  return {attributes(node), creation_time(node), last_access_time(node), last_write_time(node),
          security_id(node)};
}

Result<ByteView> Image::security_descriptor(std::int32_t id) const {
  return state_->security.Get(id);
}
std::int32_t Image::security_descriptor_count() const { return state_->security.count(); }

Sha1Digest Image::hash(NodeId node) const { return state_->At(Index(node)).content_hash(); }

std::vector<NamedStream> Image::named_streams(NodeId node) const {
  std::vector<NamedStream> out;
  state_->At(Index(node)).ForEachStream([&out](const StreamView& stream) {
    if (stream.named()) out.push_back({Utf8(stream.name()), stream.hash()});
  });
  return out;
}

std::uint32_t Image::reparse_tag(NodeId node) const {
  const auto entry = state_->At(Index(node));
  return entry.reparse_point() ? entry.Get<std::uint32_t>(dentry::kReparseTag) : 0;
}
Sha1Digest Image::reparse_hash(NodeId node) const { return state_->At(Index(node)).reparse_hash(); }

std::uint64_t Image::link_group_id(NodeId node) const {
  return state_->At(Index(node)).link_group();
}

std::vector<NodeId> Image::links(NodeId node) const {
  std::vector<NodeId> out{node};
  auto at = state_->nodes[Index(node)].next_link;
  for (; at != kNoNode && at != Index(node); at = state_->nodes[at].next_link) {
    if (state_->Alive(at)) out.push_back(NodeId{at});
  }
  return out;
}

bool Image::modified() const { return state_->modified; }

void Image::ForEachReference(const std::function<void(NodeId, const Sha1Digest&)>& visit) const {
  ForEachNode([&](NodeId node) {
    const auto entry = state_->At(Index(node));
    const auto offer = [&](const Sha1Digest& hash) {
      if (hash != Sha1Digest{}) visit(node, hash);
    };
    offer(entry.default_hash());
    entry.ForEachStream([&offer](const StreamView& stream) { offer(stream.hash()); });
  });
}

std::optional<std::uint64_t> Image::added_content_size(const Sha1Digest& hash) const {
  const auto found = state_->added_sizes.find(hash);
  if (found == state_->added_sizes.end()) return std::nullopt;
  return found->second;
}

ImageCounts Image::Count(const std::function<std::uint64_t(const Sha1Digest&)>& size_of) const {
  ImageCounts counts;
  // One entry of every link group stands for it; the others repeat it. Each ring is walked once,
  // whatever its size.
  std::vector<bool> repeats(state_->nodes.size());
  ForEachNode([&](NodeId node) {
    ++(is_directory(node) ? counts.directories : counts.files);
    if (repeats[Index(node)]) return;
    auto at = state_->nodes[Index(node)].next_link;
    for (; at != kNoNode && at != Index(node); at = state_->nodes[at].next_link) repeats[at] = true;
  });
  ForEachReference([&](NodeId node, const Sha1Digest& hash) {
    const auto size = size_of(hash);
    counts.total_bytes += size;
    if (repeats[Index(node)]) counts.hard_link_bytes += size;
  });
  return counts;
}

}  // namespace ww::wim
