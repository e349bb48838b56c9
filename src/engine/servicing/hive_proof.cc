#include "hive_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "later_changes.h"
#include "wimwright/base/text.h"
#include "wimwright/cbs/hive_storage.h"
#include "wimwright/hive/check.h"

namespace ww::servicing {
namespace {

Status NotSo(std::string what) { return Fail(Code::kVerificationFailed, std::move(what)); }

// For looking values up key by key; the check itself goes through the file in order.
constexpr std::size_t kHiveCache = 8u << 20;

}  // namespace

Status ProveRegistryChanges(hive::Hive& hive, cbs::HiveKind kind, const RegistryChanges& changes) {
  using Kind = cbs::RegistryChange::Kind;
  LaterChanges values;   // key and name
  LaterChanges cleared;  // keys that lost everything below them
  LaterChanges removed;  // keys that are gone
  LaterChanges created;  // keys that exist, and all above them
  std::optional<std::string_view> last;
  std::optional<hive::KeyId> id;  // of `last`
  for (std::size_t at = changes.size(); at-- > 0;) {
    const auto change = changes[at];
    if (change.hive != kind) continue;
    const auto key = FoldCase(change.key);
    const auto slash = key.rfind('\\');
    const bool gone =
        removed.KnowsAbove(key) ||
        (slash != std::string::npos && cleared.KnowsAbove(std::string_view(key).substr(0, slash)));
    const auto where = fmt::format("{}\\{}", cbs::HiveName(kind), change.key);
    if (!last || *last != change.key) {  // changes come many to a key
      WW_TRY(id, hive.FindPath(hive.root(), change.key), where);
      last = change.key;
    }
    if (change.kind == Kind::kDeleteSubkeys) {
      if (id && !gone && !created.Knows(key)) {
        WW_TRY(const auto info, hive.Info(*id), where);
        if (info.subkeys != 0) return NotSo(fmt::format("{} still has subkeys", where));
      }
      cleared.Claim(key);
      continue;
    }
    if (change.kind == Kind::kDeleteKey) {
      if (id && !gone && !created.Knows(key)) return NotSo(fmt::format("{} is still there", where));
      removed.Claim(key);
      continue;
    }
    if (change.kind != Kind::kDeleteValue) {
      created.ClaimAbove(key);
    }
    if (gone) continue;
    if (change.kind == Kind::kCreateKey) {
      if (!id) return NotSo(fmt::format("{} is missing", where));
      continue;
    }
    if (!values.Claim(key + '\0' + FoldCase(change.name))) continue;
    std::optional<hive::Value> value;
    if (id) {
      WW_TRY(value, hive.GetValue(*id, change.name), where);
    }
    const bool right = change.kind == Kind::kDeleteValue    ? !value.has_value()
                       : change.kind == Kind::kSetIfMissing ? value.has_value()
                                                            : value && change.HasValue(*value);
    if (!right) return NotSo(fmt::format("{}, value '{}' is not as planned", where, change.name));
  }
  return {};
}

Status ProveHive(const wim::WimFile& file, const Sha1Digest& content, cbs::HiveKind kind,
                 const RegistryChanges& changes, const Context& context) {
  WW_TRY(auto reader, file.OpenBlob(content), "opening");
  hive::OpenOptions options;
  options.cache_bytes = kHiveCache;
  WW_TRY(auto hive, hive::Hive::Open(cbs::MakeHiveStorage(std::move(reader)), std::move(options)),
         "opening");
  WW_RETURN_IF_ERROR(ProveRegistryChanges(hive, kind, changes));
  WW_RETURN_IF_ERROR(context.cancel.Check());
  return hive::CheckHive(hive);
}

}  // namespace ww::servicing
