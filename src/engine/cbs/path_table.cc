#include "path_table.h"

#include <functional>
#include <string>

#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

// Calls `visit` with every name of the path, until it says false.
template <typename Visit>
void ForEachName(std::string_view path, const Visit& visit) {
  for (;;) {
    const auto end = path.find('\\');
    if (!visit(path.substr(0, end)) || end == std::string_view::npos) return;
    path.remove_prefix(end + 1);
  }
}

}  // namespace

std::size_t PathTable::HashOf(std::uint32_t parent, std::string_view name) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  return std::hash<std::string_view>()(name) ^ static_cast<std::size_t>((parent + 1) * kOdd);
}

std::optional<std::size_t> PathTable::Child(std::uint32_t parent, std::string_view name) const {
  return index_.Find(HashOf(parent, name), [&](std::size_t at) {
    const auto& node = nodes_[at];
    return node.parent == parent && std::string_view(node.name, node.name_size) == name;
  });
}

std::optional<std::size_t> PathTable::Find(std::string_view path) const {
  const auto folded = FoldCase(path);
  auto at = kTop;
  bool known = true;
  ForEachName(folded, [&](std::string_view name) {
    const auto child = Child(at, name);
    known = child.has_value();
    if (known) at = static_cast<std::uint32_t>(*child);
    return known;
  });
  return known ? std::optional<std::size_t>(at) : std::nullopt;
}

std::size_t PathTable::Add(std::string_view path) {
  const auto folded = FoldCase(path);
  if (!text_) text_ = std::make_shared<TextStore>();
  auto at = kTop;
  ForEachName(folded, [&](std::string_view name) {
    auto child = Child(at, name);
    if (!child) {
      child = nodes_.size();
      index_.Add(HashOf(at, name), *child);
      const auto kept = text_->Add(name);
      nodes_.push_back({kept.data(), static_cast<std::uint32_t>(kept.size()), at});
    }
    at = static_cast<std::uint32_t>(*child);
    return true;
  });
  return at;
}

std::string_view PathOwners::Claim(std::string_view path, std::string_view owner) {
  const auto at = paths_.Add(path);
  owners_.resize(paths_.size());
  auto& has = owners_[at];
  if (has.empty()) {
    if (!text_) text_ = std::make_shared<TextStore>();
    // Paths come many to an owner.
    if (last_ != owner) last_ = text_->Add(owner);
    has = last_;
  }
  return has;
}

std::optional<std::string_view> PathOwners::Find(std::string_view path) const {
  const auto at = paths_.Find(path);
  if (!at || *at >= owners_.size() || owners_[*at].empty()) return std::nullopt;
  return owners_[*at];
}

}  // namespace ww::cbs
