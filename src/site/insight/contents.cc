// WW_ImageContents: packages of an image, and what two versions differ in.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "image_file.h"
#include "methods.h"
#include "wimwright/base/text.h"
#include "wimwright/inspect/difference_json.h"
#include "wimwright/inspect/image_diff.h"
#include "wimwright/inspect/windows_image.h"
#include "wimwright/wim/wim_file.h"

namespace ww::insight {
namespace {

using cim::Instance;
using cim::Value;
using provider::LongMethodCall;
using provider::Number;
using provider::Text;

constexpr std::size_t kMostPackages = 50'000;

std::optional<std::uint32_t> VersionIn(const Value& value) {
  if (value.is_null() || value.UintOr(0) == 0) return std::nullopt;
  return static_cast<std::uint32_t>(value.UintOr(0));
}

// Null for what no servicing stack wrote: a registry without the value, or one made up.
Value TimeOf(FileTime written) {
  const TimePoint time = FromFileTime(written);
  if (time <= TimePoint{}) return {};
  return Value::Date(time);
}

// "Package_for_KB1~token~x86~~1.0" and "...~2.0" are of one family.
std::string FamilyOf(const manifest::AssemblyIdentity& identity) {
  return ToLowerAscii(fmt::format("{}~{}~{}~{}", identity.name, identity.public_key_token,
                                  identity.architecture, identity.language));
}

Status InstalledIn(const wim::WimFile& file, int index, const cim::ClassPtr& cls,
                   const Cancellation& cancel, Value::Array& out) {
  WW_TRY(const auto open, inspect::OpenImageOf(file, index), "image");
  if (!open->windows) return {};  // an image without Windows has no packages
  const auto& packages = open->windows->packages();
  // The newest installed one of each family is what superseded the others.
  std::map<std::string, const cbs::PackageRecord*> newest;
  for (const auto& [key, package] : packages) {
    if (!cbs::IsInstalledState(package.state)) continue;
    auto& best = newest[FamilyOf(package.identity)];
    if (best == nullptr || best->identity.version < package.identity.version) best = &package;
  }
  for (const auto& [key, package] : packages) {
    WW_RETURN_IF_ERROR(cancel.Check());
    if (out.size() >= kMostPackages) {
      return provider::BadValue(fmt::format("more than {} packages", kMostPackages));
    }
    const auto facts = inspect::FactsOf(*open, file, package);
    const std::string_view kb = facts.kb;
    auto one = Instance::Spawn(cls);
    one.SetRaw("ImageIndex", Number(static_cast<std::uint64_t>(index)));
    one.SetRaw("Identity", Text(package.identity_string));
    one.SetRaw("ArticleID", Text(kb.starts_with("KB") ? kb.substr(2) : kb));
    one.SetRaw("ReleaseType", Text(facts.release_type));
    one.SetRaw("State", Text(cbs::PackageStateName(package.state)));
    one.SetRaw("Version", Text(package.identity.version.ToString()));
    one.SetRaw("InstallTime", TimeOf(package.install_time));
    const auto by = newest.find(FamilyOf(package.identity));
    if (package.state == cbs::kStateSuperseded && by != newest.end()) {
      const auto newer = inspect::KbOf(*open, file, *by->second);
      one.SetRaw("SupersededBy", Text(newer.empty() ? by->second->identity_string : newer));
    }
    out.push_back(provider::Embedded(std::move(one)));
  }
  return {};
}

Status InstalledPackages(LongMethodCall& m, const InsightOptions& options) {
  WW_TRY(const auto image, FileOfVersion(m, options, VersionIn(m.Argument("SourceVersion"))),
         "image");
  WW_TRY(const auto cls, m.provider.schema().Get("WW_InstalledPackage"), "class");
  WW_TRY(const auto file, wim::WimFile::Open(*options.files, image.path), image.package_id);
  const auto only = static_cast<int>(m.Argument("ImageIndex").UintOr(0));
  Value::Array out;
  for (int index = 1; index <= static_cast<int>(file->images().size()); ++index) {
    if (only != 0 && index != only) continue;
    WW_TRY_STATUS(InstalledIn(*file, index, cls, *m.context.cancelled, out), image.package_id);
  }
  m.Result("UsedVersion", Number(image.version));
  m.Result("Packages", Value::Of(std::move(out)));
  return {};
}

// More than this is no answer to look at; `Truncated` says so.
constexpr std::size_t kMostLines = 5'000;

template <typename T>
void Cut(std::vector<T>& list, std::size_t most, bool& truncated) {
  if (list.size() <= most) return;
  list.resize(most);
  truncated = true;
}

Status Compare(LongMethodCall& m, const InsightOptions& options) {
  WW_TRY(const auto before, FileOfVersion(m, options, VersionIn(m.Argument("OldVersion"))), "old");
  WW_TRY(const auto after, FileOfVersion(m, options, VersionIn(m.Argument("NewVersion"))), "new");
  WW_TRY(const auto old_file, wim::WimFile::Open(*options.files, before.path), "old");
  WW_TRY(const auto new_file, wim::WimFile::Open(*options.files, after.path), "new");
  const auto only = static_cast<int>(m.Argument("ImageIndex").UintOr(0));
  auto indexes = inspect::Json::array();
  bool identical = true, truncated = false;
  const int count =
      static_cast<int>(std::min(old_file->images().size(), new_file->images().size()));
  for (int index = 1; index <= count; ++index) {
    if (only != 0 && index != only) continue;
    WW_TRY(const auto x, inspect::OpenImageOf(*old_file, index), "old");
    WW_TRY(const auto y, inspect::OpenImageOf(*new_file, index), "new");
    WW_TRY(auto difference, inspect::DiffImages(*m.context.cancelled, *x, *y), "comparing");
    difference.index = index;
    identical = identical && difference.empty();
    Cut(difference.components_added, kMostLines, truncated);
    Cut(difference.components_removed, kMostLines, truncated);
    Cut(difference.files.added, kMostLines, truncated);
    Cut(difference.files.removed, kMostLines, truncated);
    Cut(difference.files.changed, kMostLines, truncated);
    Cut(difference.registry.keys_added, kMostLines, truncated);
    Cut(difference.registry.keys_removed, kMostLines, truncated);
    Cut(difference.registry.added, kMostLines, truncated);
    Cut(difference.registry.removed, kMostLines, truncated);
    Cut(difference.registry.changed, kMostLines, truncated);
    indexes.push_back(inspect::DifferenceJson(difference));
  }
  const inspect::Json report{{"old", before.version},
                             {"new", after.version},
                             {"identical", identical},
                             {"indexes", std::move(indexes)}};
  m.Result("Identical", provider::Flag(identical));
  m.Result("Truncated", provider::Flag(truncated));
  m.Result("Report", Text(report.dump(-1, ' ', false, inspect::Json::error_handler_t::replace)));
  return {};
}

}  // namespace

void BindContents(provider::Bindings& bindings, const InsightOptions& options) {
  bindings.SetLongMethod("WW_ImageContents", "InstalledPackages",
                         [options](LongMethodCall& m) { return InstalledPackages(m, options); });
  bindings.SetLongMethod("WW_ImageContents", "Compare",
                         [options](LongMethodCall& m) { return Compare(m, options); });
}

}  // namespace ww::insight
