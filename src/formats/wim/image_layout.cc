#include <algorithm>

#include "image_state.h"

namespace ww::wim {
namespace {

// Windows sorts siblings without regard to case.
bool Before(Dentry a, Dentry b) {
  const auto common = std::min(a.name_units(), b.name_units());
  for (std::size_t i = 0; i < common; ++i) {
    const auto left = FoldUnit(a.name_unit(i));
    const auto right = FoldUnit(b.name_unit(i));
    if (left != right) return left < right;
  }
  return a.name_units() < b.name_units();
}

// Collects small pieces for a sink.
class Gatherer {
 public:
  explicit Gatherer(const std::function<Status(ByteView)>& sink) : sink_(sink) {
    buffer_.reserve(kRoom);
  }

  Status Put(ByteView piece) {
    if (piece.size() > kRoom - buffer_.size()) WW_RETURN_IF_ERROR(Flush());
    if (piece.size() > kRoom) return sink_(piece);
    Append(buffer_, piece);
    return {};
  }

  Status Flush() {
    if (buffer_.empty()) return {};
    WW_RETURN_IF_ERROR(sink_(buffer_));
    buffer_.clear();
    return {};
  }

 private:
  static constexpr std::size_t kRoom = 64 * 1024;
  const std::function<Status(ByteView)>& sink_;
  Bytes buffer_;
};

constexpr std::byte kEndMark[dentry::kEndOfDirectory] = {};

}  // namespace

std::uint32_t Image::State::SkipRemoved(std::uint32_t sibling) const {
  while (sibling != kNoNode && nodes[sibling].parent == kNoNode) {
    sibling = nodes[sibling].next_sibling;
  }
  return sibling;
}

std::uint32_t Image::State::NextNode(std::uint32_t node) const {
  if (const auto child = SkipRemoved(nodes[node].first_child); child != kNoNode) return child;
  for (; node != 0; node = nodes[node].parent) {
    if (const auto next = SkipRemoved(nodes[node].next_sibling); next != kNoNode) return next;
  }
  return kNoNode;
}

// Entries that were read keep their order, whatever it is; added ones are merged in.
void Image::State::SettleDirectory(std::uint32_t directory) {
  std::vector<std::uint32_t> read;
  std::vector<std::uint32_t> added;
  for (auto child = SkipRemoved(nodes[directory].first_child); child != kNoNode;
       child = SkipRemoved(nodes[child].next_sibling)) {
    (child < read_count ? read : added).push_back(child);
  }
  const auto before = [this](std::uint32_t a, std::uint32_t b) { return Before(At(a), At(b)); };
  std::sort(added.begin(), added.end(), before);
  std::vector<std::uint32_t> merged(read.size() + added.size());
  std::merge(read.begin(), read.end(), added.begin(), added.end(), merged.begin(), before);
  auto& node = nodes[directory];
  node.first_child = node.last_child = kNoNode;
  for (const auto child : merged) {
    nodes[child].next_sibling = kNoNode;
    LinkChild(directory, child);
  }
}

std::uint64_t Image::State::Layout() {
  std::sort(changed_directories.begin(), changed_directories.end());
  changed_directories.erase(std::unique(changed_directories.begin(), changed_directories.end()),
                            changed_directories.end());
  for (const auto directory : changed_directories) {
    if (Alive(directory)) SettleDirectory(directory);
  }
  changed_directories.clear();

  // The root with an end mark behind it, then the lists in the order in which a walk meets their
  // directories.
  std::uint64_t at = security.serialised_size() + At(0).stored_size() + dentry::kEndOfDirectory;
  for (std::uint32_t node = 0; node != kNoNode; node = NextNode(node)) {
    const auto entry = At(node);
    const auto first = nodes[node].first_child;
    if (!entry.container()) {
      entry.set_subdir_offset(0);
    } else if (first != kNoNode || entry.subdir_offset() != 0) {
      entry.set_subdir_offset(at);
      for (auto child = first; child != kNoNode; child = nodes[child].next_sibling) {
        at += At(child).stored_size();
      }
      at += dentry::kEndOfDirectory;
    }
  }
  return at;
}

std::uint64_t Image::serialised_size() { return state_->Layout(); }

Status Image::Serialise(const std::function<Status(ByteView)>& sink) {
  auto& s = *state_;
  s.Layout();
  Gatherer out(sink);
  const auto put = [&](std::uint32_t node) {
    return out.Put({s.nodes[node].raw, s.At(node).stored_size()});
  };
  WW_RETURN_IF_ERROR(out.Put(s.security.Serialise()));
  WW_RETURN_IF_ERROR(put(0));
  WW_RETURN_IF_ERROR(out.Put(kEndMark));
  for (std::uint32_t node = 0; node != kNoNode; node = s.NextNode(node)) {
    if (!s.At(node).container() || s.At(node).subdir_offset() == 0) continue;
    for (auto child = s.nodes[node].first_child; child != kNoNode;
         child = s.nodes[child].next_sibling) {
      WW_RETURN_IF_ERROR(put(child));
    }
    WW_RETURN_IF_ERROR(out.Put(kEndMark));
  }
  return out.Flush();
}

Bytes Image::Serialise() {
  Bytes out;
  out.reserve(static_cast<std::size_t>(state_->Layout()));
  // A sink that cannot fail.
  static_cast<void>(Serialise([&out](ByteView piece) -> Status {
    Append(out, piece);
    return {};
  }));
  return out;
}

}  // namespace ww::wim
