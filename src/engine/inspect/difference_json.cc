#include "wimwright/inspect/difference_json.h"

#include <nlohmann/json.hpp>

#include "wimwright/base/text.h"
#include "wimwright/wim/blob_table.h"

namespace ww::inspect {
namespace {

constexpr std::size_t kJsonDataLimit = 1u << 16;  // characters of one value's data

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

}  // namespace ww::inspect
