#include "wimwright/inspect/tree_diff.h"

#include <map>
#include <optional>

#include "wimwright/base/text.h"

namespace ww::inspect {
namespace {

using wim::Image;
using wim::NodeId;

struct Pair {
  std::optional<NodeId> before, after;
};

std::map<std::string, Pair> Children(const Image& before, const Image& after, const Pair& at) {
  std::map<std::string, Pair> children;
  if (at.before) {
    before.ForEachChild(*at.before,
                        [&](NodeId n) { children[FoldCase(before.name(n))].before = n; });
  }
  if (at.after) {
    after.ForEachChild(*at.after, [&](NodeId n) { children[FoldCase(after.name(n))].after = n; });
  }
  return children;
}

bool SameSecurity(const Image& a, NodeId x, const Image& b, NodeId y) {
  const auto i = a.security_descriptor(a.security_id(x));
  const auto j = b.security_descriptor(b.security_id(y));
  if (!i || !j) return !i && !j;
  return AsText(*i) == AsText(*j);
}

bool SameStreams(const Image& a, NodeId x, const Image& b, NodeId y) {
  const auto s = a.named_streams(x);
  const auto t = b.named_streams(y);
  if (s.size() != t.size()) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i].name != t[i].name || s[i].hash != t[i].hash) return false;
  }
  return true;
}

std::vector<std::string> Changes(const Image& a, NodeId x, const Image& b, NodeId y) {
  std::vector<std::string> what;
  if (a.is_directory(x) != b.is_directory(y)) what.emplace_back("type");
  if (a.hash(x) != b.hash(y)) what.emplace_back("content");
  if (!SameStreams(a, x, b, y)) what.emplace_back("streams");
  if (a.attributes(x) != b.attributes(y)) what.emplace_back("attributes");
  if (a.reparse_tag(x) != b.reparse_tag(y) || a.reparse_hash(x) != b.reparse_hash(y)) {
    what.emplace_back("reparse");
  }
  if (!SameSecurity(a, x, b, y)) what.emplace_back("security");
  return what;
}

FileDifference One(const Image& image, NodeId node) {
  FileDifference d;
  d.path = "\\" + image.path(node);
  d.directory = image.is_directory(node);
  return d;
}

}  // namespace

TreeDifference DiffTrees(const Image& before, const Image& after) {
  TreeDifference difference;
  std::vector<Pair> open{{before.root(), after.root()}};
  while (!open.empty()) {
    const Pair at = open.back();
    open.pop_back();
    std::vector<Pair> below;
    for (const auto& [name, pair] : Children(before, after, at)) {
      if (!pair.before) {
        difference.added.push_back(One(after, *pair.after));
        difference.added.back().new_hash = after.hash(*pair.after);
      } else if (!pair.after) {
        difference.removed.push_back(One(before, *pair.before));
        difference.removed.back().old_hash = before.hash(*pair.before);
      } else if (auto what = Changes(before, *pair.before, after, *pair.after); !what.empty()) {
        FileDifference d = One(after, *pair.after);
        d.what = std::move(what);
        d.old_hash = before.hash(*pair.before);
        d.new_hash = after.hash(*pair.after);
        difference.changed.push_back(std::move(d));
      }
      below.push_back(pair);
    }
    // The stack turns the order round once more.
    open.insert(open.end(), below.rbegin(), below.rend());
  }
  return difference;
}

}  // namespace ww::inspect
