// An ImageDifference as text.
#include "image_diff.h"

#include <fmt/format.h>

#include "wimwright/base/text.h"

namespace ww::cli {
namespace {

constexpr std::size_t kTextDataLimit = 60;

// Adds "title: n" and the first entries.
template <typename T, typename F>
void AddList(std::string& text, std::string_view title, const std::vector<T>& list,
             std::size_t limit, const F& line) {
  if (list.empty()) return;
  text += fmt::format("  {}: {}\n", title, list.size());
  const std::size_t shown = std::min(limit, list.size());
  for (std::size_t i = 0; i < shown; ++i) text += "    " + line(list[i]) + "\n";
  if (shown < list.size() && shown > 0) {
    text += fmt::format("    ... and {} more (--all)\n", list.size() - shown);
  }
}

std::string FileLine(const FileDifference& f) {
  std::string line = f.path + (f.directory ? "\\" : "");
  for (std::size_t i = 0; i < f.what.size(); ++i) line += (i == 0 ? "  " : ", ") + f.what[i];
  return line;
}

std::string ValueLine(const ValueDifference& v) {
  const auto side = [](const std::optional<hive::Value>& value) {
    return value ? ValueText(*value, kTextDataLimit) : std::string();
  };
  const std::string where = v.hive + "\\" + v.key + "\\" + (v.name.empty() ? "(default)" : v.name);
  if (!v.before) return where + " = " + side(v.after);
  if (!v.after) return where + " = " + side(v.before);
  return where + ": " + side(v.before) + " -> " + side(v.after);
}

std::string PackageLine(const PackageDifference& p) {
  if (p.old_state.empty()) return fmt::format("{}  {}", p.identity, p.new_state);
  return fmt::format("{}  {} -> {}", p.identity, p.old_state,
                     p.new_state.empty() ? "gone" : p.new_state);
}

}  // namespace

std::string DifferenceText(const ImageDifference& d, std::size_t limit) {
  std::string text = fmt::format("index {}  {}", d.index, d.name);
  if (d.old_build != d.new_build) text += fmt::format("  {} -> {}", d.old_build, d.new_build);
  text += d.empty() ? ": identical\n" : "\n";
  const auto plain = [](const std::string& s) { return s; };
  AddList(text, "packages that differ", d.packages, limit, PackageLine);
  AddList(text, "components added", d.components_added, limit, plain);
  AddList(text, "components removed", d.components_removed, limit, plain);
  AddList(text, "files and directories added", d.files.added, limit, FileLine);
  AddList(text, "files and directories removed", d.files.removed, limit, FileLine);
  AddList(text, "files and directories changed", d.files.changed, limit, FileLine);
  AddList(text, "registry keys added", d.registry.keys_added, limit, plain);
  AddList(text, "registry keys removed", d.registry.keys_removed, limit, plain);
  AddList(text, "registry values added", d.registry.added, limit, ValueLine);
  AddList(text, "registry values removed", d.registry.removed, limit, ValueLine);
  AddList(text, "registry values changed", d.registry.changed, limit, ValueLine);
  return text;
}

}  // namespace ww::cli
