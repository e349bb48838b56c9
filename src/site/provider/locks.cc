#include "locks.h"

#include <fmt/format.h>

#include "bind.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/references.h"

namespace ww::provider {
namespace {

using database::Expression;

constexpr std::string_view kTable = "ObjectLocks";

// SMS_ObjectLockRequest: RequestState and LockState.
enum RequestState : std::uint32_t { kUnknown = 0, kGranted = 10, kDenied = 20 };
enum LockState : std::uint32_t { kUnassigned = 0, kAssigned = 1, kNotFound = 5 };

struct Lock {
  std::string path, user, context, machine, site, request;
  std::string time;  // DMTF
};

const std::vector<std::string>& Columns() {
  static const std::vector<std::string> columns{"Path",     "User", "Context",  "Machine",
                                                "SiteCode", "Time", "RequestID"};
  return columns;
}

Lock FromRow(const database::Row& row) {
  const auto text = [&row](std::size_t i) { return std::string(row[i].text()); };
  return {text(0), text(1), text(2), text(3), text(4), text(6), text(5)};
}

database::Select SelectBy(std::string_view column, std::string_view value) {
  database::Select select;
  select.table = kTable;
  for (const auto& name : Columns()) select.columns.push_back(Expression::Column(name));
  select.where = Expression::Equal(std::string(column), database::Value(value));
  return select;
}

Result<std::optional<Lock>> FindBy(Call& call, std::string_view column, std::string_view value) {
  WW_TRY(const auto row, call.store.tx().FetchOne(SelectBy(column, value)), "lock");
  if (!row) return std::optional<Lock>();
  return FromRow(*row);
}

bool IsOwn(const Call& call, const Lock& lock) {
  return cim::SameName(lock.user, call.context.user) &&
         cim::SameName(lock.context, call.context.object_lock_context);
}

Status Remove(Call& call, std::string_view path) {
  return call.store.tx()
      .Delete(kTable, Expression::Equal("Path", database::Value(path)))
      .map([](std::uint64_t) {});
}

Result<cim::ObjectPath> PathArgument(Call& call, const cim::Value& text) {
  WW_TRY(const auto path, cim::ParseObjectPath(text.TextOr("")), "ObjectRelPath");
  WW_TRY(auto canonical, cim::Canonical(path, call.store.schema()), "ObjectRelPath");
  if (canonical.keys.empty()) return BadValue("ObjectRelPath names a class, not an object");
  canonical.server.clear();
  canonical.name_space.clear();
  return canonical;
}

struct Granted {
  RequestState request = kUnknown;
  LockState lock = kUnassigned;
  std::optional<Lock> holder;
};

// What the caller may not read is not there.
Result<bool> IsThere(Call& call, const cim::ObjectPath& path) {
  WW_TRY(const auto object, call.store.Find(path), "object");
  if (!object) return false;
  const auto type = ObjectTypeOf(object->cls());
  if (type == 0) return call.access.is_administrator();
  return call.access.On(call.store, type, cim::ToText(path.keys.at(0).value), kOpRead);
}

Result<Granted> Request(Call& call, const cim::ObjectPath& path) {
  const auto& context = call.context;
  if (context.object_lock_context.empty() || context.machine_name == "Unknown") {
    return BadValue("a lock needs ObjectLockContext and MachineName in the context");
  }
  WW_TRY(const auto there, IsThere(call, path), "object");
  if (!there) return Granted{kUnknown, kNotFound, {}};
  WW_TRY(const auto held, FindBy(call, "Path", path.Relative()), "lock");
  if (held && !IsOwn(call, *held)) return Granted{kDenied, kAssigned, held};
  Lock lock{path.Relative(),      context.user,          context.object_lock_context,
            context.machine_name, call.site().site_code, held ? held->request : NewGuid(),
            call.now.ToDmtf()};
  const database::Row rows[] = {
      {lock.path, lock.user, lock.context, lock.machine, lock.site, lock.time, lock.request}};
  WW_RETURN_IF_ERROR(call.store.tx().Upsert(kTable, Columns(), rows).map([](std::uint64_t) {}));
  return Granted{kGranted, kAssigned, lock};
}

// Both the out parameters and SMS_ObjectLockRequest have these names.
Status Describe(const Granted& granted, cim::Instance& out, const Call& call) {
  const auto set = [&out](std::string_view name, cim::Value value) {
    if (out.cls().FindProperty(name)) out.SetRaw(name, std::move(value));
  };
  set("RequestState", Number(granted.request));
  set("LockState", Number(granted.lock));
  if (!granted.holder) return {};
  const auto& lock = *granted.holder;
  set("RequestID", Text(lock.request));
  set("AssignedUser", Text(lock.user));
  set("AssignedObjectLockContext", Text(lock.context));
  set("AssignedMachine", Text(lock.machine));
  set("AssignedSiteCode", Text(lock.site));
  WW_TRY(const auto time, cim::DateTime::ParseDmtf(lock.time), "lock");
  set("AssignedTimeUTC", cim::Value::Date(time));
  static_cast<void>(call);
  return {};
}

Status RequestLock(MethodCall& m) {
  WW_TRY(const auto path, PathArgument(m.call, m.Argument("ObjectRelPath")), "lock");
  WW_TRY(const auto granted, Request(m.call, path), "lock");
  return Describe(granted, m.out, m.call);
}

Status RequestLocks(MethodCall& m) {
  cim::Value::Array rows;
  const auto* paths = m.Argument("ObjectRelPaths").AsArray();
  for (const auto& text : paths != nullptr ? *paths : cim::Value::Array()) {
    WW_TRY(const auto path, PathArgument(m.call, text), "lock");
    WW_TRY(const auto granted, Request(m.call, path), "lock");
    WW_TRY(auto row, m.call.store.Make("SMS_ObjectLockRequest"), "lock");
    row.SetRaw("ObjectRelPath", text);
    WW_RETURN_IF_ERROR(Describe(granted, row, m.call));
    rows.push_back(Embedded(std::move(row)));
  }
  m.Result("ObjectLockRequests", cim::Value::Of(std::move(rows)));
  return {};
}

Status Release(Call& call, const cim::Value& text) {
  WW_TRY(const auto path, PathArgument(call, text), "lock");
  WW_TRY(const auto held, FindBy(call, "Path", path.Relative()), "lock");
  if (!held || !IsOwn(call, *held)) return Missing("this context holds no lock of that object");
  return Remove(call, held->path);
}

Status ReleaseLocks(MethodCall& m) {
  const auto* paths = m.Argument("ObjectRelPaths").AsArray();
  for (const auto& text : paths != nullptr ? *paths : cim::Value::Array()) {
    WW_RETURN_IF_ERROR(Release(m.call, text));
  }
  return {};
}

Status ReleaseAllLocks(MethodCall& m) {
  const auto& context = m.call.context;
  return m.call.store.tx()
      .Delete(kTable,
              Expression::And(
                  {Expression::Equal("User", database::Value(context.user)),
                   Expression::Equal("Context", database::Value(context.object_lock_context))}))
      .map([](std::uint64_t) {});
}

// Requests are answered at once: what is asked about later is either the lock or nothing.
Status CheckLockRequest(MethodCall& m) {
  const auto id = m.Argument("RequestID").TextOr("");
  WW_TRY(const auto held, FindBy(m.call, "RequestID", id), "lock");
  m.Result("RequestID", Text(id));
  return Describe(held ? Granted{kGranted, kAssigned, held} : Granted{kUnknown, kNotFound, {}},
                  m.out, m.call);
}

Status CheckLockRequests(MethodCall& m) {
  cim::Value::Array rows;
  const auto* ids = m.Argument("RequestIDs").AsArray();
  for (const auto& id : ids != nullptr ? *ids : cim::Value::Array()) {
    WW_TRY(const auto held, FindBy(m.call, "RequestID", id.TextOr("")), "lock");
    WW_TRY(auto row, m.call.store.Make("SMS_ObjectLockRequest"), "lock");
    row.SetRaw("RequestID", id);
    WW_RETURN_IF_ERROR(Describe(
        held ? Granted{kGranted, kAssigned, held} : Granted{kUnknown, kNotFound, {}}, row, m.call));
    if (held) row.SetRaw("ObjectRelPath", Text(held->path));
    rows.push_back(Embedded(std::move(row)));
  }
  m.Result("ObjectLockRequests", cim::Value::Of(std::move(rows)));
  return {};
}

Status Cancel(Call& call, std::string_view id) {
  WW_TRY(const auto held, FindBy(call, "RequestID", id), "lock");
  if (!held || !IsOwn(call, *held)) return Missing("this context has no such lock request");
  return Remove(call, held->path);
}

Status CancelLockRequests(MethodCall& m) {
  const auto* ids = m.Argument("RequestIDs").AsArray();
  for (const auto& id : ids != nullptr ? *ids : cim::Value::Array()) {
    WW_RETURN_IF_ERROR(Cancel(m.call, id.TextOr("")));
  }
  return {};
}

Status GetLockInformation(MethodCall& m) {
  WW_TRY(const auto path, PathArgument(m.call, m.Argument("ObjectRelPath")), "lock");
  WW_TRY(const auto there, IsThere(m.call, path), "object");
  if (!there) return Describe(Granted{kUnknown, kNotFound, {}}, m.out, m.call);
  WW_TRY(const auto held, FindBy(m.call, "Path", path.Relative()), "lock");
  return Describe(held ? Granted{kGranted, kAssigned, held} : Granted{kUnknown, kUnassigned, {}},
                  m.out, m.call);
}

}  // namespace

database::TableDefinition LockTable() {
  using database::ColumnType;
  database::TableDefinition table;
  table.name = kTable;
  for (const auto& name : Columns()) {
    table.columns.push_back({.name = name, .type = ColumnType::kText, .case_insensitive = true});
  }
  table.columns[0].key = true;
  table.columns[6].indexed = true;
  return table;
}

Status CheckLock(Call& call, const cim::ObjectPath& canonical) {
  WW_TRY(const auto held, FindBy(call, "Path", canonical.Relative()), "lock");
  if (!held || IsOwn(call, *held)) return {};
  return Fail(cim::ProviderError(
      cim::ProviderCode::kLocked,
      fmt::format("{} cannot get the lock of {} now: {} holds it on {} since {}", call.context.user,
                  held->path, held->user, held->machine, held->time)));
}

Status ReleaseOwnLock(Call& call, const cim::ObjectPath& canonical) {
  WW_TRY(const auto held, FindBy(call, "Path", canonical.Relative()), "lock");
  if (!held || !IsOwn(call, *held)) return {};
  return Remove(call, held->path);
}

Status ForgetLock(Call& call, const cim::ObjectPath& canonical) {
  return Remove(call, canonical.Relative());
}

void BindLocks(Bindings& bindings) {
  const auto set = [&bindings](std::string_view name, Method code) {
    bindings.SetMethod("SMS_ObjectLock", name, std::move(code));
  };
  set("RequestLock", RequestLock);
  set("RequestLockAsync", RequestLock);
  set("RequestLocks", RequestLocks);
  set("RequestLocksAsync", RequestLocks);
  set("ReleaseLock", [](MethodCall& m) { return Release(m.call, m.Argument("ObjectRelPath")); });
  set("ReleaseLocks", ReleaseLocks);
  set("ReleaseAllLocks", ReleaseAllLocks);
  set("CheckLockRequest", CheckLockRequest);
  set("CheckLockRequests", CheckLockRequests);
  set("CancelLockRequest",
      [](MethodCall& m) { return Cancel(m.call, m.Argument("RequestID").TextOr("")); });
  set("CancelLockRequests", CancelLockRequests);
  set("GetLockInformation", GetLockInformation);
}

}  // namespace ww::provider
