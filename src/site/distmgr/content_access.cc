// Who may download content from points: WW_ContentAccess.
#include <fmt/format.h>

#include "dispatch.h"
#include "rows.h"
#include "secrets.h"
#include "tables.h"

namespace ww::distmgr {
namespace {

using provider::Call;
using provider::MethodCall;
using provider::Number;
using provider::Text;

constexpr std::string_view kClass = "WW_ContentAccess";
constexpr std::string_view kEverybody = "(everybody)";
constexpr std::uint64_t kMostDays = 3650;
constexpr std::size_t kMostLabel = 100;

std::int64_t Seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Status CheckSiteRight(const MethodCall& m) {
  if (m.call.access.Everywhere(provider::kTypeSite, provider::kOpModify)) return {};
  return provider::Denied(fmt::format("{} may not say who downloads content", m.call.context.user));
}

Status Save(Call& call, std::string_view label, bool anonymous, std::optional<TimePoint> expires) {
  WW_TRY(auto row, call.store.Make(kClass), "access");
  row.SetRaw("Label", Text(label));
  row.SetRaw("Anonymous", provider::Flag(anonymous));
  row.SetRaw("Created", call.Now());
  row.SetRaw("CreatedBy", call.User());
  if (expires) {
    row.SetRaw("Expires", cim::Value::Date(*expires));
  }
  WW_RETURN_IF_ERROR(call.store.Save(row));
  return RaiseAllGenerations(call);
}

Status Forget(Call& call, std::string_view label) {
  WW_RETURN_IF_ERROR(DeleteRows(call.store.tx(), kAccessTable, {{"Label", label}}));
  WW_TRY_STATUS(call.store.DeleteAll(kClass, {{"Label", Text(label)}}).map([](std::uint64_t) {}),
                "access");
  return RaiseAllGenerations(call);
}

Status CreateToken(Core& core, MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckSiteRight(m));
  const auto label = m.Argument("Label").TextOr("");
  const auto days = m.Argument("Days").UintOr(365);
  if (label.empty() || label.size() > kMostLabel || label.front() == '(') {
    return provider::BadValue("a label has 1 to 100 bytes and does not begin with '('");
  }
  if (days == 0 || days > kMostDays) {
    return provider::BadValue(fmt::format("Days are 1 to {}", kMostDays));
  }
  WW_TRY(const auto token, MakeSecret(), "token");
  const auto expires =
      core.options.clock->Now() + std::chrono::days(static_cast<std::int64_t>(days));
  WW_RETURN_IF_ERROR(
      UpsertRow(m.call.store.tx(), kAccessTable,
                {{"Label", label}, {"Digest", DigestOf(token)}, {"Expires", Seconds(expires)}}));
  WW_RETURN_IF_ERROR(Save(m.call, label, false, expires));
  m.Result("Token", Text(token));
  m.Result("Expires", cim::Value::Date(expires));
  return {};
}

Status AllowAnonymous(MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckSiteRight(m));
  if (!m.Argument("Allowed").BoolOr(false)) return Forget(m.call, kEverybody);
  return Save(m.call, kEverybody, true, std::nullopt);
}

Status Revoke(MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckSiteRight(m));
  const auto label = m.Argument("Label").TextOr("");
  WW_TRY(const auto there, m.call.store.Count(kClass, {{"Label", Text(label)}}), "access");
  if (there == 0) return provider::Missing(fmt::format("there is no access '{}'", label));
  return Forget(m.call, label);
}

}  // namespace

Result<ContentAccess> ContentAccessNow(Core& core, Call& call) {
  ContentAccess out;
  WW_TRY(const auto everybody, call.store.Count(kClass, {{"Anonymous", provider::Flag(true)}}),
         "access");
  out.anonymous = everybody != 0;
  auto select = SelectFrom(kAccessTable, {"Digest", "Expires"}, {});
  select.order = {{database::Expression::Column("Digest"), false}};
  WW_TRY(const auto rows, call.store.tx().Fetch(select), "access");
  for (const auto& row : rows) {
    if (row[1].integer() >= Seconds(core.options.clock->Now())) {
      out.token_sha256.emplace_back(row[0].text());
    }
  }
  return out;
}

Status ForgetEndedTokens(Core& core, Call& call) {
  WW_TRY(const auto rows, call.store.tx().Fetch(SelectFrom(kAccessTable, {"Label", "Expires"}, {})),
         "access");
  for (const auto& row : rows) {
    if (row[1].integer() >= Seconds(core.options.clock->Now())) continue;
    WW_RETURN_IF_ERROR(Forget(call, row[0].text()));
  }
  return {};
}

void BindContentAccess(Core& core, provider::Bindings& bindings) {
  auto& access = bindings[kClass];
  access.clients_write = false;
  access.object_type = provider::kTypeSite;
  bindings.SetMethod(kClass, "CreateToken",
                     [&core](MethodCall& m) { return CreateToken(core, m); });
  bindings.SetMethod(kClass, "AllowAnonymous", AllowAnonymous);
  bindings.SetMethod(kClass, "Revoke", Revoke);
}

}  // namespace ww::distmgr
