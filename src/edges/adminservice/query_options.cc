#include "query_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "system_properties.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"
#include "wimwright/http/target.h"

namespace ww::adminservice {
namespace {

using cim::WbemStatus;

constexpr std::size_t kMaxSelect = 4096;

tl::unexpected<Error> Refuse(std::string message) {
  return Fail(cim::WbemError(WbemStatus::kInvalidQuery, std::move(message)));
}

Status TakeCount(QueryOptions& options, std::string_view value) {
  options.count = EqualNoCaseAscii(value, "true");
  if (options.count || EqualNoCaseAscii(value, "false")) return {};
  return Refuse(fmt::format("$count is true or false, not '{}'", value));
}

Status CheckFormat(std::string_view value) {
  const auto media = Trim(value.substr(0, value.find(';')));
  if (EqualNoCaseAscii(media, "json") || EqualNoCaseAscii(media, "application/json")) return {};
  return Refuse(fmt::format("$format is json, not '{}'", value));
}

// Where the value of a `$` option goes; null for those that are handled otherwise.
std::optional<std::string>* FieldOf(cim::ODataOptions& odata, std::string_view name) {
  if (EqualNoCaseAscii(name, "$filter")) return &odata.filter;
  if (EqualNoCaseAscii(name, "$select")) return &odata.select;
  if (EqualNoCaseAscii(name, "$orderby")) return &odata.orderby;
  if (EqualNoCaseAscii(name, "$top")) return &odata.top;
  if (EqualNoCaseAscii(name, "$skip")) return &odata.skip;
  return nullptr;
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view other) { return EqualNoCaseAscii(name, other); });
}

}  // namespace

bool QueryOptions::any() const {
  return odata.filter || odata.orderby || odata.top || odata.skip || count;
}

Result<QueryOptions> ParseOptions(std::string_view query) {
  auto pairs = http::ParseQuery(query);
  if (!pairs) return Refuse(pairs.error().message);
  QueryOptions options;
  std::vector<std::string> seen;
  for (auto& [name, value] : *pairs) {
    if (EqualNoCaseAscii(name, "strict")) options.strict = value != "0" && value != "false";
    if (!name.starts_with('$')) continue;
    auto lower = ToLowerAscii(name);
    if (std::find(seen.begin(), seen.end(), lower) != seen.end()) {
      return Refuse(fmt::format("the query option {} was sent twice", name));
    }
    if (auto* field = FieldOf(options.odata, name)) {
      *field = std::move(value);
    } else if (lower == "$count") {
      WW_RETURN_IF_ERROR(TakeCount(options, value));
    } else if (lower == "$format") {
      WW_RETURN_IF_ERROR(CheckFormat(value));
    } else if (IsOneOf(lower, {"$expand", "$search", "$apply", "$compute"})) {
      return Fail(cim::WbemError(WbemStatus::kMethodNotImplemented,
                                 fmt::format("the query option {} is not offered", name)));
    } else {
      return Refuse(fmt::format("the query option {} is unknown", name));
    }
    seen.push_back(std::move(lower));
  }
  return options;
}

std::optional<std::string_view> FindSystemProperty(std::string_view name) {
  for (const auto& property : kSystemProperties) {
    if (cim::SameName(property.name, name)) return property.name;
  }
  return std::nullopt;
}

bool Selection::HasSystem(std::string_view name) const {
  return std::find(system.begin(), system.end(), name) != system.end();
}

Result<std::optional<Selection>> ParseSelect(const std::optional<std::string>& select,
                                             const cim::ClassDeclaration& cls) {
  if (!select) return std::optional<Selection>();
  Selection out;
  out.properties.resize(cls.properties().size());
  bool all = false;
  std::size_t count = 0;
  const std::string_view text = *select;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto name = Trim(text.substr(at, comma - at));
    at = comma + 1;
    if (++count > kMaxSelect) return Refuse("$select: too many names");
    if (name == "*") {
      all = true;
    } else if (const auto property = cls.FindProperty(name)) {
      out.properties[*property] = true;
    } else if (const auto system = FindSystemProperty(name)) {
      if (!out.HasSystem(*system)) out.system.push_back(*system);
    } else {
      return Refuse(fmt::format("$select: {} has no property '{}'", cls.name(), name));
    }
  }
  if (all) return std::optional<Selection>();
  return std::optional<Selection>(std::move(out));
}

std::string ProviderSelect(const Selection& selection, const cim::ClassDeclaration& cls) {
  std::vector<bool> wanted = selection.properties;
  for (const auto key : cls.keys()) wanted[key] = true;
  std::string out;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i]) continue;
    if (!out.empty()) out += ',';
    out += cls.properties()[i].name;
  }
  return out.empty() ? "*" : out;
}

std::string SelectList(const Selection& selection, const cim::ClassDeclaration& cls) {
  std::string out = "(";
  const auto add = [&](std::string_view name) {
    if (out.size() > 1) out += ',';
    out += name;
  };
  for (std::size_t i = 0; i < selection.properties.size(); ++i) {
    if (selection.properties[i]) add(cls.properties()[i].name);
  }
  for (const auto name : selection.system) add(name);
  return out + ")";
}

}  // namespace ww::adminservice
