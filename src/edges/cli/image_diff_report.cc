// An ImageDifference as JSON and as text.
#include <nlohmann/json.hpp>

#include "image_diff.h"
#include "wimwright/base/text.h"
#include "wimwright/wim/blob_table.h"

namespace ww::cli {
namespace {

constexpr std::size_t kJsonDataLimit = 1u << 16;  // characters of one value's data
constexpr std::size_t kTextDataLimit = 60;

std::string HashText(const Sha1Digest& hash) { return wim::IsZero(hash) ? "" : ToHex(hash); }

Json FilesJson(const std::vector<FileDifference>& files) {
  Json list = Json::array();
  for (const FileDifference& f : files) {
    Json item{{"path", f.path}, {"type", f.directory ? "directory" : "file"}};
    if (!f.what.empty()) item["what"] = f.what;
    if (!f.directory) {
      item["old_sha1"] = HashText(f.old_hash);
      item["new_sha1"] = HashText(f.new_hash);
    }
    list.push_back(std::move(item));
  }
  return list;
}

Json DataJson(const std::optional<hive::Value>& value) {
  if (!value) return nullptr;
  return Json{{"type", ValueTypeName(value->type)}, {"data", ValueText(*value, kJsonDataLimit)}};
}

Json ValuesJson(const std::vector<ValueDifference>& values) {
  Json list = Json::array();
  for (const ValueDifference& v : values) {
    list.push_back(Json{{"hive", v.hive},
                        {"key", v.key},
                        {"name", v.name},
                        {"old", DataJson(v.before)},
                        {"new", DataJson(v.after)}});
  }
  return list;
}

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

Json DifferenceJson(const ImageDifference& d) {
  Json packages = Json::array();
  for (const PackageDifference& p : d.packages) {
    packages.push_back(
        Json{{"identity", p.identity}, {"old_state", p.old_state}, {"new_state", p.new_state}});
  }
  return Json{{"index", d.index},
              {"name", d.name},
              {"identical", d.empty()},
              {"build_old", d.old_build},
              {"build_new", d.new_build},
              {"packages", std::move(packages)},
              {"components", {{"added", d.components_added}, {"removed", d.components_removed}}},
              {"files",
               {{"added", FilesJson(d.files.added)},
                {"removed", FilesJson(d.files.removed)},
                {"changed", FilesJson(d.files.changed)}}},
              {"registry",
               {{"keys_added", d.registry.keys_added},
                {"keys_removed", d.registry.keys_removed},
                {"values_added", ValuesJson(d.registry.added)},
                {"values_removed", ValuesJson(d.registry.removed)},
                {"values_changed", ValuesJson(d.registry.changed)}}}};
}

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
