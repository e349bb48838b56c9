#include "wimwright/provider/site_provider.h"

#include <fmt/format.h>

#include <mutex>

#include "access_cache.h"
#include "bind.h"
#include "call_log.h"
#include "locks.h"
#include "query_run.h"
#include "security.h"
#include "site_control.h"
#include "site_tables.h"
#include "supported_platforms.h"
#include "wimwright/provider/identifiers.h"

namespace ww::provider {
namespace {

using cim::WbemStatus;

tl::unexpected<Error> NotFound(const cim::ObjectPath& path) {
  return Fail(
      cim::WbemError(WbemStatus::kNotFound, fmt::format("there is no {}", path.Relative())));
}

class StoredSiteProvider final : public SiteProvider {
 public:
  explicit StoredSiteProvider(const ProviderOptions& options)
      : options_(options), access_(*options.database), log_(options.log) {
    BindPackages(bindings_);
    BindImages(bindings_);
    BindServicing(bindings_);
    BindSchedules(bindings_);
    BindUpdates(bindings_);
    BindDistribution(bindings_);
    BindSite(bindings_);
    BindSiteControl(bindings_);
    BindStatusMessages(bindings_);
    BindLocks(bindings_);
    BindSecurity(bindings_);
    BindFolders(bindings_);
    for (const auto& bind : options_.components) bind(bindings_);
  }

  Status Prepare() {
    WW_TRY_STATUS(options_.database->Define(SiteSchema(*options_.schema)), "site database");
    return Transact(SystemContext(), [&](Call& call) -> Status {
      WW_RETURN_IF_ERROR(SeedSecurity(call.store, call.site().site_code, call.now));
      WW_RETURN_IF_ERROR(SeedSiteControl(call));
      return SeedSupportedPlatforms(call);
    });
  }

  const cim::Schema& schema() const override { return *options_.schema; }

  std::optional<std::uint64_t> Version() override { return options_.database->Version(); }
  std::optional<std::uint64_t> VersionAtOnce() override {
    return options_.database->VersionAtOnce();
  }

  bool MayKeep(const cim::ClassDeclaration& cls) const override {
    for (const auto& concrete : options_.schema->ConcreteClasses(cls.name())) {
      if (!bindings_.Of(*concrete).may_keep()) return false;
    }
    return true;
  }

  Result<cim::Instance> Get(const cim::ObjectPath& path, const cim::Context& context) override {
    const CallLog::Entry entry(log_, *options_.clock, context, "GetObject", path.Relative());
    std::optional<cim::Instance> out;
    auto done = Read(context, [&](Call& call) -> Status {
      WW_TRY(out, GetIn(call, path), path.Relative());
      return {};
    });
    if (!done) return Fail(entry.Failed(done.error()));
    return *std::move(out);
  }

  Result<cim::ObjectPath> Put(const cim::Instance& instance, cim::PutMode mode,
                              const cim::Context& context) override {
    const CallLog::Entry entry(log_, *options_.clock, context, "PutInstance",
                               instance.cls().name());
    std::optional<cim::ObjectPath> out;
    auto done = Transact(context, [&](Call& call) -> Status {
      WW_TRY(out, PutIn(call, instance, mode), instance.cls().name());
      return {};
    });
    if (!done) return Fail(entry.Failed(done.error()));
    return *std::move(out);
  }

  Status Delete(const cim::ObjectPath& path, const cim::Context& context) override {
    const CallLog::Entry entry(log_, *options_.clock, context, "DeleteInstance", path.Relative());
    auto done = Transact(context, [&](Call& call) { return DeleteIn(call, path); });
    if (!done) return Fail(entry.Failed(done.error()));
    return {};
  }

  Status ExecQuery(const cim::Query& query, const cim::InstanceSink& sink,
                   const cim::Context& context) override {
    const CallLog::Entry entry(log_, *options_.clock, context, "ExecQuery", cim::ToWql(query));
    auto done = Read(context, [&](Call& call) {
      return RunQuery(call, bindings_, query, [&](const cim::Instance& one) {
        call.store.tx().MustNotRepeat();  // it was handed on
        return sink(one);
      });
    });
    if (!done) return Fail(entry.Failed(done.error()));
    return {};
  }

  Result<cim::Instance> Invoke(const cim::ObjectPath& path, std::string_view method,
                               const cim::Instance& in, const cim::Context& context) override {
    const CallLog::Entry entry(log_, *options_.clock, context, "ExecMethod",
                               fmt::format("{}.{}", path.Relative(), method));
    std::optional<cim::Instance> out;
    auto done = [&]() -> Status {
      if (const auto* code = LongMethodOf(path, method)) {
        WW_TRY(out, InvokeLong(*code, path, method, in, context), method);
        return {};
      }
      return Transact(context, [&](Call& call) -> Status {
        WW_TRY(out, InvokeIn(call, path, method, in), method);
        return {};
      });
    }();
    if (!done) return Fail(entry.Failed(done.error()));
    return *std::move(out);
  }

  Status Read(const cim::Context& context, const std::function<Status(Call&)>& work) override {
    return options_.database->Read([&](database::Transaction& tx) -> Status {
      WW_TRY(auto call, Begin(tx, context), "call");
      return work(call);
    });
  }

  // Events are told when everything is committed, never for an attempt that was taken back.
  Status Transact(const cim::Context& context, const std::function<Status(Call&)>& work) override {
    std::vector<std::function<void(SiteEvents&)>> events;
    Touched touched;
    WW_RETURN_IF_ERROR(options_.database->Transact([&](database::Transaction& tx) -> Status {
      touched.objects.clear();
      WW_TRY(auto call, Begin(tx, context), "call");
      call.store.NoteIn(touched);
      WW_RETURN_IF_ERROR(work(call));
      events = std::move(call.events);
      return {};
    }));
    for (const auto& [name, key, deleted] : touched.objects) {
      events.push_back([&name = name, &key = key, deleted = deleted](SiteEvents& e) {
        e.Changed(name, key, deleted);
      });
    }
    if (!events.empty()) Tell(events);
    return {};
  }

  void Subscribe(SiteEvents& subscriber) override {
    const std::lock_guard lock(subscribers_mutex_);
    subscribers_.push_back(&subscriber);
  }

  void Unsubscribe(SiteEvents& subscriber) override {
    const std::lock_guard lock(subscribers_mutex_);
    std::erase(subscribers_, &subscriber);
  }

  Status AddFullAdministrator(std::string_view logon_name) override {
    return Transact(SystemContext(),
                    [&](Call& call) { return MakeFullAdministrator(call, logon_name); });
  }

  Result<bool> IsAdministrator(const cim::Context& context) override {
    if (const auto remembered = access_.Known(context)) return remembered->is_administrator();
    bool known = false;
    WW_RETURN_IF_ERROR(options_.database->Read([&](database::Transaction& tx) -> Status {
      ObjectStore store(*options_.schema, tx);
      WW_TRY(const auto access, access_.Of(store, context), "access");
      known = access->is_administrator();
      return {};
    }));
    return known;
  }

 private:
  static bool IsSystem(const cim::Context& context) { return context.user == SystemContext().user; }

  void Tell(const std::vector<std::function<void(SiteEvents&)>>& events) {
    const std::lock_guard lock(subscribers_mutex_);
    for (const auto& event : events) {
      for (auto* subscriber : subscribers_) event(*subscriber);
    }
  }

  Result<Call> Begin(database::Transaction& tx, const cim::Context& context) {
    ObjectStore store(*options_.schema, tx);
    WW_TRY(auto access, access_.Of(store, context), "access");
    return Call{options_, context, store,
                access,   *access, cim::DateTime::FromUtc(options_.clock->Now()),
                {}};
  }

  Result<Guard> GuardOf(Call& call, const ClassBinding& binding, const cim::Instance& instance) {
    if (binding.guard) return binding.guard(call, instance);
    Guard guard{binding.object_type, {}};
    if (guard.type != 0 && !instance.cls().keys().empty()) {
      guard.key = cim::ToText(instance.at(instance.cls().keys()[0]));
    }
    return guard;
  }

  Result<bool> May(Call& call, const ClassBinding& binding, const cim::Instance& instance,
                   std::uint32_t operations) {
    if (IsSystem(call.context)) return true;
    WW_TRY(const auto guard, GuardOf(call, binding, instance), "access");
    if (guard.type == 0) return call.access.is_administrator();
    return call.access.On(call.store, guard.type, guard.key, operations);
  }

  Result<cim::ClassPtr> ClassOf(std::string_view name) {
    WW_TRY(auto cls, options_.schema->Get(name), "class");
    if (cls->embedded()) {
      return Fail(cim::WbemError(WbemStatus::kProviderNotCapable,
                                 fmt::format("{} lives only inside others", cls->name())));
    }
    return cls;
  }

  // The stored or computed instance of a canonical path that the caller may read.
  Result<std::optional<cim::Instance>> Look(Call& call, const cim::ObjectPath& path) {
    std::optional<cim::Instance> found;
    WW_TRY(found, call.store.Find(path), "reading");
    if (!found) {
      for (const auto& cls : options_.schema->ConcreteClasses(path.class_name)) {
        const auto& binding = bindings_.Of(*cls);
        if (binding.source != ClassBinding::Source::kComputed || !binding.enumerate) continue;
        WW_RETURN_IF_ERROR(binding.enumerate(call, [&](const cim::Instance& one) {
          if (const auto at = cim::PathOf(one); at && SameKeys(*at, path)) found = one;
          return !found.has_value();
        }));
        if (found) break;
      }
    }
    if (!found) return found;
    WW_TRY(const auto allowed, May(call, bindings_.Of(found->cls()), *found, kOpRead), "reading");
    if (!allowed) found.reset();
    return found;
  }

  static bool SameKeys(const cim::ObjectPath& a, const cim::ObjectPath& b) {
    if (a.keys.size() != b.keys.size()) return false;
    for (std::size_t i = 0; i < a.keys.size(); ++i) {
      const auto order = cim::Compare(a.keys[i].value, b.keys[i].value);
      if (!order || *order != 0) return false;
    }
    return true;
  }

  Result<cim::Instance> GetIn(Call& call, const cim::ObjectPath& path) {
    WW_TRY(const auto cls, ClassOf(path.class_name), "class");
    WW_TRY(const auto canonical, cim::Canonical(path, *cls), "path");
    if (canonical.kind == cim::ObjectPath::Kind::kClass) {
      return Fail(cim::WbemError(WbemStatus::kInvalidObjectPath, "a class is no instance"));
    }
    WW_TRY(auto found, Look(call, canonical), "reading");
    if (!found) return NotFound(canonical);
    const auto& binding = bindings_.Of(found->cls());
    if (binding.show) WW_RETURN_IF_ERROR(binding.show(call, *found));
    if (binding.show_whole) WW_RETURN_IF_ERROR(binding.show_whole(call, *found));
    return *std::move(found);
  }

  // Keys of what was sent, when all are there.
  static std::optional<cim::ObjectPath> SentPath(const cim::Instance& sent) {
    auto path = cim::PathOf(sent);
    if (!path) return std::nullopt;
    return *std::move(path);
  }

  static Status CheckWritable(const cim::ClassDeclaration& cls, const ClassBinding& binding) {
    if (cls.abstract()) {
      return Fail(cim::WbemError(WbemStatus::kProviderNotCapable,
                                 fmt::format("{} is abstract", cls.name())));
    }
    if (!binding.clients_write || binding.source != ClassBinding::Source::kStored) {
      return Fail(cim::WbemError(
          WbemStatus::kProviderNotCapable,
          fmt::format("instances of {} are made by the site, not by clients", cls.name())));
    }
    return {};
  }

  Result<cim::ObjectPath> PutIn(Call& call, const cim::Instance& sent, cim::PutMode mode) {
    WW_TRY(const auto cls, ClassOf(sent.cls().name()), "class");
    const auto& binding = bindings_.Of(*cls);
    WW_RETURN_IF_ERROR(CheckWritable(*cls, binding));
    WW_RETURN_IF_ERROR(cim::CheckConstraints(sent));
    std::optional<cim::Instance> before;
    auto path = SentPath(sent);
    const bool generated = !binding.generated_key.empty();
    if (path && generated && IsEmptyKey(sent[binding.generated_key])) path.reset();
    if (path) {
      WW_TRY(before, Look(call, *path), "reading");
    }
    if (before) {
      if (mode == cim::PutMode::kCreateOnly) {
        return Fail(
            cim::WbemError(WbemStatus::kAlreadyExists, fmt::format("{} exists", path->Relative())));
      }
      return Update(call, binding, *before, sent);
    }
    if (mode == cim::PutMode::kUpdateOnly || (path && generated)) {
      if (path) return NotFound(*path);
      return Fail(cim::WbemError(WbemStatus::kInvalidParameter, "an update needs all keys"));
    }
    return Create(call, binding, sent);
  }

  static bool IsEmptyKey(const cim::Value& key) {
    if (key.is_null()) return true;
    if (const auto* text = key.AsString()) return text->empty();
    return key.IntOr(1) == 0;
  }

  Status CheckRight(Call& call, const ClassBinding& binding, const cim::Instance& instance,
                    std::uint32_t operations) {
    if (binding.write_operations != 0) operations = binding.write_operations;
    WW_TRY(const auto allowed, May(call, binding, instance, operations), "access");
    if (allowed) return {};
    return Denied(
        fmt::format("{} may not do this with {}", call.context.user, instance.cls().name()));
  }

  Result<cim::ObjectPath> Create(Call& call, const ClassBinding& binding,
                                 const cim::Instance& sent) {
    WW_TRY(auto made, call.store.Make(sent.cls().name()), "new instance");
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const auto& property = sent.cls().properties()[i];
      const bool ignored = (property.read_only && !property.key) || property.fixed ||
                           cim::SameName(property.name, binding.generated_key);
      if (sent.is_set(i) && !ignored) made.SetRaw(i, sent.at(i));
    }
    WW_RETURN_IF_ERROR(CheckRight(call, binding, made, kOpCreate));
    if (binding.create) WW_RETURN_IF_ERROR(binding.create(call, made));
    Stamp(made);
    WW_RETURN_IF_ERROR(CheckNotNull(made));
    WW_RETURN_IF_ERROR(call.store.Insert(made));
    if (binding.saved) WW_RETURN_IF_ERROR(binding.saved(call, made, true));
    return cim::PathOf(made);
  }

  Result<cim::ObjectPath> Update(Call& call, const ClassBinding& binding,
                                 const cim::Instance& before, const cim::Instance& sent) {
    WW_RETURN_IF_ERROR(CheckRight(call, binding, before, kOpModify));
    WW_TRY(const auto path, cim::PathOf(before), "path");
    WW_RETURN_IF_ERROR(CheckLock(call, path));
    if (const auto* stamp = sent.Find("SedoObjectVersion");
        stamp != nullptr && !stamp->is_null() && !(*stamp == before["SedoObjectVersion"])) {
      return Fail(
          cim::ProviderError(cim::ProviderCode::kStaleObject,
                             fmt::format("{} was changed since it was read", path.Relative())));
    }
    auto changed = before;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const auto& property = sent.cls().properties()[i];
      if (!sent.is_set(i) || property.key || property.read_only || property.fixed) continue;
      // A lazy property that comes as null was most likely never loaded by the client
      // (sms-provider-behaviour.md 2.2).
      if (property.lazy && sent.at(i).is_null()) continue;
      changed.SetRaw(i, sent.at(i));
    }
    if (binding.update) WW_RETURN_IF_ERROR(binding.update(call, before, changed, sent));
    Stamp(changed);
    WW_RETURN_IF_ERROR(CheckNotNull(changed));
    WW_RETURN_IF_ERROR(call.store.Save(changed));
    if (binding.saved) WW_RETURN_IF_ERROR(binding.saved(call, changed, false));
    WW_RETURN_IF_ERROR(ReleaseOwnLock(call, path));
    return path;
  }

  static void Stamp(cim::Instance& instance) {
    if (instance.cls().FindProperty("SedoObjectVersion")) {
      instance.SetRaw("SedoObjectVersion", cim::Value::String(NewGuid()));
    }
  }

  static Status CheckNotNull(const cim::Instance& instance) {
    for (const auto key : instance.cls().keys()) {
      if (!instance.at(key).is_null()) continue;
      return BadValue(fmt::format("{} needs a value", instance.cls().properties()[key].name));
    }
    return {};
  }

  Status DeleteIn(Call& call, const cim::ObjectPath& path) {
    WW_TRY(const auto cls, ClassOf(path.class_name), "class");
    WW_TRY(const auto canonical, cim::Canonical(path, *cls), "path");
    if (canonical.kind == cim::ObjectPath::Kind::kClass) {
      return Fail(cim::WbemError(WbemStatus::kInvalidObjectPath, "a class cannot be deleted"));
    }
    WW_TRY(const auto found, Look(call, canonical), "reading");
    if (!found) return NotFound(canonical);
    const auto& binding = bindings_.Of(found->cls());
    WW_RETURN_IF_ERROR(CheckWritable(found->cls(), binding));
    WW_RETURN_IF_ERROR(CheckRight(call, binding, *found, kOpDelete));
    WW_TRY(const auto exact, cim::PathOf(*found), "path");
    WW_RETURN_IF_ERROR(CheckLock(call, exact));
    if (binding.remove) {
      WW_TRY(const auto stays, binding.remove(call, *found), "deleting");
      if (stays) return {};
    }
    WW_RETURN_IF_ERROR(ForgetLock(call, exact));
    return call.store.Delete(exact).map([](bool) {});
  }

  Result<cim::Instance> InvokeIn(Call& call, const cim::ObjectPath& path, std::string_view name,
                                 const cim::Instance& in) {
    WW_TRY(auto cls, ClassOf(path.class_name), "class");
    const auto* method = cls->FindMethod(name);
    if (method == nullptr) {
      return Fail(cim::WbemError(WbemStatus::kInvalidMethod,
                                 fmt::format("{} has no method {}", cls->name(), name)));
    }
    std::optional<cim::Instance> instance;
    auto canonical = path;
    if (!method->is_static) {
      WW_TRY(canonical, cim::Canonical(path, *cls), "path");
      if (canonical.kind == cim::ObjectPath::Kind::kClass) {
        return Fail(cim::WbemError(WbemStatus::kInvalidMethodParameters,
                                   fmt::format("{} is called on an instance", method->name)));
      }
      WW_TRY(instance, Look(call, canonical), "reading");
      if (!instance) return NotFound(canonical);
      cls = instance->class_ptr();
    } else if (!IsSystem(call.context) && !call.access.is_administrator()) {
      return Denied(fmt::format("{} is no administrator of this site", call.context.user));
    }
    const auto* code = bindings_.FindMethod(*cls, method->name);
    if (code == nullptr) {
      return Fail(cim::WbemError(
          WbemStatus::kMethodNotImplemented,
          fmt::format("{}.{} is not offered by this site", cls->name(), method->name)));
    }
    WW_RETURN_IF_ERROR(CheckArguments(*method, in));
    MethodCall one{
        call, *method, canonical, std::move(instance), in, cim::Instance(method->out_class)};
    if (!method->returns_void && one.out.Find("ReturnValue") != nullptr) {
      one.Result("ReturnValue", ZeroOf(method->return_type));
    }
    WW_RETURN_IF_ERROR((*code)(one));
    return std::move(one.out);
  }

  const LongMethod* LongMethodOf(const cim::ObjectPath& path, std::string_view name) {
    const auto cls = ClassOf(path.class_name);
    return cls ? bindings_.FindLongMethod(**cls, name) : nullptr;
  }

  Result<cim::Instance> InvokeLong(const LongMethod& code, const cim::ObjectPath& path,
                                   std::string_view name, const cim::Instance& in,
                                   const cim::Context& context) {
    WW_TRY(const auto known, IsAdministrator(context), "access");
    if (!IsSystem(context) && !known) {
      return Denied(fmt::format("{} is no administrator of this site", context.user));
    }
    WW_TRY(const auto cls, ClassOf(path.class_name), "class");
    const auto* method = cls->FindMethod(name);
    if (method == nullptr) {
      return Fail(cim::WbemError(WbemStatus::kInvalidMethod,
                                 fmt::format("{} has no method {}", cls->name(), name)));
    }
    auto canonical = path;
    if (!method->is_static) {
      WW_TRY(canonical, cim::Canonical(path, *cls), "path");
    }
    WW_RETURN_IF_ERROR(CheckArguments(*method, in));
    LongMethodCall one{*this, context, *method, canonical, in, cim::Instance(method->out_class)};
    if (!method->returns_void && one.out.Find("ReturnValue") != nullptr) {
      one.Result("ReturnValue", ZeroOf(method->return_type));
    }
    WW_RETURN_IF_ERROR(code(one));
    return std::move(one.out);
  }

  static cim::Value ZeroOf(const cim::TypeSpec& type) {
    if (type.type == cim::CimType::kBoolean) return cim::Value::Bool(false);
    return cim::IsUnsigned(type.type) ? cim::Value::Uint(0) : cim::Value::Int(0);
  }

  static Status CheckArguments(const cim::MethodDeclaration& method, const cim::Instance& in) {
    for (const auto& parameter : method.parameters) {
      if (!parameter.in || parameter.optional) continue;
      const auto* value = in.Find(parameter.name);
      if (value != nullptr && !value->is_null()) continue;
      // Public scripts of 2012 omit PackageType (sms-provider-behaviour.md 4).
      if (cim::SameName(method.name, "RunOfflineServicingManager") &&
          cim::SameName(parameter.name, "PackageType")) {
        continue;
      }
      return Fail(cim::WbemError(WbemStatus::kInvalidMethodParameters,
                                 fmt::format("{} needs {}", method.name, parameter.name)));
    }
    return {};
  }

  ProviderOptions options_;
  AccessCache access_;
  Bindings bindings_;
  CallLog log_;
  std::mutex subscribers_mutex_;
  std::vector<SiteEvents*> subscribers_;
};

}  // namespace

const cim::Context& SystemContext() {
  static const cim::Context system = [] {
    cim::Context context;
    context.user = "NT AUTHORITY\\SYSTEM";
    return context;
  }();
  return system;
}

Result<std::unique_ptr<SiteProvider>> SiteProvider::Open(const ProviderOptions& options) {
  auto provider = std::make_unique<StoredSiteProvider>(options);
  WW_RETURN_IF_ERROR(provider->Prepare());
  return std::unique_ptr<SiteProvider>(std::move(provider));
}

}  // namespace ww::provider
