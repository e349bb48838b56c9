#include "wimwright/provider/status_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bind.h"
#include "value_codec.h"
#include "wimwright/cim/wql.h"
#include "wimwright/provider/identifiers.h"

namespace ww::provider {
namespace {

using cim::Instance;
using database::Expression;

constexpr std::string_view kAttributes = "StatusMessageAttributes";
constexpr std::size_t kMostStrings = 10;
constexpr std::size_t kMostDeleted = 256;
constexpr std::size_t kMostRows = 1'000'000;

// A message as another class shows it: what both have by the same name.
Result<Instance> As(Call& call, std::string_view class_name, const Instance& message) {
  WW_TRY(const auto cls, call.store.schema().Get(class_name), "class");
  Instance out(cls);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (const auto* value = message.Find(cls->properties()[i].name)) out.SetRaw(i, *value);
  }
  return out;
}

Status EachMessage(Call& call, const std::function<Result<bool>(const Instance&)>& visit) {
  WW_TRY(const auto cls, call.store.schema().Get("SMS_StatusMessage"), "class");
  Status failed;
  ObjectStore::Reading reading;
  WW_RETURN_IF_ERROR(call.store.Read(
      cls, reading,
      [&](const Instance& message) {
        auto more = visit(message);
        if (!more) failed = Fail(more.error());
        return more && *more;
      },
      NeverCancelled()));
  return failed;
}

Status EnumerateMessages(Call& call, const cim::InstanceSink& sink) {
  return EachMessage(call, [&](const Instance& message) -> Result<bool> {
    WW_TRY(const auto shown, As(call, "SMS_StatMsg", message), "message");
    return sink(shown);
  });
}

Status EnumerateWithStrings(Call& call, const cim::InstanceSink& sink) {
  return EachMessage(call, [&](const Instance& message) -> Result<bool> {
    WW_TRY(auto shown, As(call, "SMS_StatMsgWithInsStrings", message), "message");
    WW_TRY(const auto strings,
           call.store.FindAll("SMS_StatMsgInsStrings", {{"RecordID", message["RecordID"]}}),
           "strings");
    for (const auto& one : strings) {
      shown.SetRaw(fmt::format("InsString{}", one["InsStrIndex"].UintOr(0) + 1),
                   one["InsStrValue"]);
    }
    return sink(shown);
  });
}

Status EnumerateStrings(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto all, call.store.FindAll("SMS_StatMsgInsStrings", {}), "strings");
  for (const auto& one : all) {
    WW_TRY(const auto shown, As(call, "SMS_StatInsStr", one), "string");
    if (!sink(shown)) break;
  }
  return {};
}

// Several messages may have the same attribute at the same time: the class's documented key is
// none.
Status EnumerateAttributes(std::string_view class_name, Call& call, const cim::InstanceSink& sink) {
  database::Select select;
  select.table = kAttributes;
  for (const char* column : {"RecordID", "AttributeID", "AttributeTime", "AttributeValue"}) {
    select.columns.push_back(Expression::Column(column));
  }
  WW_TRY(const auto rows, call.store.tx().Fetch(select, kMostRows), "attributes");
  WW_TRY(const auto cls, call.store.schema().Get(class_name), "class");
  for (const auto& row : rows) {
    Instance one(cls);
    one.SetRaw("RecordID", cim::Value::Int(row[0].integer()));
    one.SetRaw("AttributeID", Number(static_cast<std::uint64_t>(row[1].integer())));
    WW_TRY(const auto time, cim::DateTime::ParseDmtf(row[2].text()), "attribute");
    one.SetRaw("AttributeTime", cim::Value::Date(time));
    one.SetRaw("AttributeValue", Text(row[3].text()));
    if (!sink(one)) break;
  }
  return {};
}

Status DeleteRecord(Call& call, const cim::Value& record) {
  WW_RETURN_IF_ERROR(
      call.store.DeleteAll("SMS_StatMsgInsStrings", {{"RecordID", record}}).map([](std::uint64_t) {
      }));
  WW_RETURN_IF_ERROR(
      call.store.tx()
          .Delete(kAttributes, Expression::Equal("RecordID", database::Value(record.IntOr(0))))
          .map([](std::uint64_t) {}));
  return call.store.DeleteAll("SMS_StatusMessage", {{"RecordID", record}}).map([](std::uint64_t) {
  });
}

Status DeleteRecords(MethodCall& m, const std::vector<cim::Value>& records) {
  if (!m.call.access.Everywhere(kTypeStatusMessage, kOpDelete)) {
    return Denied(fmt::format("{} may not delete status messages", m.call.context.user));
  }
  std::uint64_t deleted = 0;
  for (const auto& record : records) {
    WW_TRY(const auto there, m.call.store.Count("SMS_StatusMessage", {{"RecordID", record}}),
           "message");
    if (there == 0) continue;
    WW_RETURN_IF_ERROR(DeleteRecord(m.call, record));
    ++deleted;
  }
  m.Result("ReturnValue", Number(deleted));
  return {};
}

Status DeleteById(MethodCall& m) {
  const auto* ids = m.Argument("RecordIDs").AsArray();
  if (ids == nullptr || ids->size() > kMostDeleted) {
    return BadValue(fmt::format("RecordIDs are 1 to {} numbers", kMostDeleted));
  }
  return DeleteRecords(m, *ids);
}

Status DeleteByQuery(MethodCall& m) {
  WW_TRY(auto query, cim::ParseWql(m.Argument("WQLSelect").TextOr("")), "WQLSelect");
  cim::BindOptions options;
  options.now = m.call.now;
  WW_TRY(const auto bound, cim::Bind(query, m.call.store.schema(), options), "WQLSelect");
  const auto& cls = bound.sources[0].cls;
  if (bound.sources.size() != 1 || !cls->FindProperty("RecordID") ||
      !cim::SameName(cls->name(), "SMS_StatusMessage")) {
    return BadValue("WQLSelect selects from SMS_StatusMessage");
  }
  ObjectStore::Reading reading;
  reading.where = bound.where.get();
  if (!ObjectStore::Complete(reading, *cls)) {
    return BadValue("WQLSelect has a condition that cannot be used for deleting");
  }
  std::vector<cim::Value> records;
  WW_RETURN_IF_ERROR(m.call.store.Read(
      cls, reading,
      [&](const Instance& one) {
        records.push_back(one["RecordID"]);
        return true;
      },
      NeverCancelled()));
  return DeleteRecords(m, records);
}

Status TakeAttributes(const MethodCall& m, StatusMessage& message) {
  const auto* ids = m.Argument("AttrIDs").AsArray();
  const auto* values = m.Argument("AttrValues").AsArray();
  const std::size_t count = ids != nullptr ? ids->size() : 0;
  if (count != (values != nullptr ? values->size() : 0)) {
    return BadValue("AttrIDs and AttrValues have different lengths");
  }
  for (std::size_t i = 0; i < count; ++i) {
    message.attributes.emplace_back(static_cast<std::uint32_t>((*ids)[i].UintOr(0)),
                                    (*values)[i].TextOr(""));
  }
  return {};
}

Status Raise(MethodCall& m, StatusMessage message) {
  const auto& context = m.call.context;
  if (context.application_name == "Unknown" || context.machine_name == "Unknown") {
    return BadValue("status messages need ApplicationName and MachineName in the context");
  }
  message.component = context.application_name;
  message.machine = context.machine_name;
  message.type = static_cast<MessageType>(m.Argument("MessageType").UintOr(512));
  message.win32_error = static_cast<std::uint32_t>(m.Argument("Win32Error").UintOr(0));
  message.process = static_cast<std::uint32_t>(m.Argument("ProcessID").UintOr(0));
  message.thread = static_cast<std::uint32_t>(m.Argument("ThreadID").UintOr(0));
  if (const auto* time = m.Argument("Time").AsDate()) message.time = StoredDate(*time);
  WW_RETURN_IF_ERROR(TakeAttributes(m, message));
  return RaiseStatusMessage(m.call, message).map([](std::int64_t) {});
}

Method RaiseText(std::uint32_t id, Severity severity) {
  return [id, severity](MethodCall& m) -> Status {
    StatusMessage message;
    message.id = id;
    message.severity = severity;
    message.strings = {m.Argument("MessageText").TextOr("")};
    return Raise(m, std::move(message));
  };
}

Status RaiseRaw(MethodCall& m) {
  StatusMessage message;
  message.module = m.Argument("ModuleName").TextOr("");
  const auto id = m.Argument("MessageID").UintOr(0);
  message.id = static_cast<std::uint32_t>(id & 0xFFFF);
  if ((id & 0xC0000000u) != 0) message.severity = static_cast<Severity>(id & 0xC0000000u);
  for (int i = 1; i <= 10; ++i) {
    const auto& text = m.Argument(fmt::format("InsStr{}", i));
    if (!text.is_null()) message.strings.push_back(text.TextOr(""));
  }
  return Raise(m, std::move(message));
}

Status EnumerateModules(Call& call, const cim::InstanceSink& sink) {
  for (const auto& [module, dll] :
       {std::pair{"SMS Server", "srvmsgs.dll"}, std::pair{"SMS Provider", "provmsgs.dll"},
        std::pair{"SMS Client", "climsgs.dll"}}) {
    WW_TRY(auto row, call.store.Make("SMS_StatMsgModuleNames"), "module");
    row.SetRaw("ModuleName", Text(module));
    row.SetRaw("MsgDLLName", Text(dll));
    if (!sink(row)) break;
  }
  return {};
}

}  // namespace

database::TableDefinition StatusAttributeTable() {
  using database::ColumnType;
  return {std::string(kAttributes),
          {{.name = "RecordID", .type = ColumnType::kInteger, .not_null = true, .indexed = true},
           {.name = "AttributeID", .type = ColumnType::kInteger, .not_null = true},
           {.name = "AttributeTime", .type = ColumnType::kDateTime},
           {.name = "AttributeValue",
            .type = ColumnType::kText,
            .indexed = true,
            .case_insensitive = true}}};
}

Result<std::int64_t> RaiseStatusMessage(Call& call, const StatusMessage& message) {
  WW_TRY(const auto number, NextNumber(call, "RecordID"), "RecordID");
  const std::int64_t record = (std::int64_t{call.site().site_number} << 48) | number;
  WW_TRY(auto row, call.store.Make("SMS_StatusMessage"), "message");
  const auto time = message.time.value_or(call.now);
  row.SetRaw("RecordID", cim::Value::Int(record));
  row.SetRaw("Component", Text(message.component));
  row.SetRaw("ModuleName", Text(message.module));
  row.SetRaw("MachineName",
             Text(message.machine.empty() ? call.site().server_name : message.machine));
  row.SetRaw("MessageID", Number(message.id));
  row.SetRaw("MessageType", Number(static_cast<std::uint32_t>(message.type)));
  row.SetRaw("Severity", Number(static_cast<std::uint32_t>(message.severity)));
  row.SetRaw("SiteCode", call.SiteCode());
  row.SetRaw("TopLevelSiteCode", Text(""));
  row.SetRaw("Time", cim::Value::Date(time));
  row.SetRaw("Win32Error", Number(message.win32_error));
  row.SetRaw("ProcessID", Number(message.process));
  row.SetRaw("ThreadID", Number(message.thread));
  for (const char* legacy :
       {"PerClient", "ReportFunction", "SuccessfulTransaction", "Transaction"}) {
    row.SetRaw(legacy, Number(0));
  }
  WW_RETURN_IF_ERROR(call.store.Insert(row));
  for (std::size_t i = 0; i < std::min(message.strings.size(), kMostStrings); ++i) {
    WW_TRY(auto text, call.store.Make("SMS_StatMsgInsStrings"), "message");
    text.SetRaw("RecordID", cim::Value::Int(record));
    text.SetRaw("InsStrIndex", Number(i));
    text.SetRaw("InsStrValue", Text(message.strings[i]));
    WW_RETURN_IF_ERROR(call.store.Insert(text));
  }
  std::vector<database::Row> rows;
  for (const auto& [id, value] : message.attributes) {
    rows.push_back({record, id, time.ToDmtf(), value});
  }
  if (!rows.empty()) {
    WW_RETURN_IF_ERROR(call.store.tx()
                           .Insert(kAttributes,
                                   {"RecordID", "AttributeID", "AttributeTime", "AttributeValue"},
                                   rows)
                           .map([](std::uint64_t) {}));
  }
  return record;
}

Status Audit(Call& call, std::uint32_t id, std::vector<std::string> strings,
             std::string_view package_id) {
  StatusMessage message;
  message.id = id;
  message.type = MessageType::kAudit;
  message.machine = call.context.machine_name == "Unknown" ? "" : call.context.machine_name;
  message.strings = {call.context.user};
  message.strings.insert(message.strings.end(), strings.begin(), strings.end());
  message.attributes.emplace_back(kAttributeUser, call.context.user);
  if (!package_id.empty()) message.attributes.emplace_back(kAttributePackage, package_id);
  return RaiseStatusMessage(call, message).map([](std::int64_t) {});
}

void BindStatusMessages(Bindings& bindings) {
  auto& message = bindings["SMS_StatusMessage"];
  message.clients_write = false;
  message.object_type = kTypeStatusMessage;
  bindings["SMS_StatMsgInsStrings"].clients_write = false;
  bindings["SMS_StatMsgInsStrings"].object_type = kTypeStatusMessage;
  const auto computed = [&bindings](std::string_view name, auto enumerate) {
    auto& binding = bindings[name];
    binding.source = ClassBinding::Source::kComputed;
    binding.object_type = kTypeStatusMessage;  // another face of the same messages
    binding.enumerate = enumerate;
  };
  computed("SMS_StatMsg", EnumerateMessages);
  computed("SMS_StatMsgWithInsStrings", EnumerateWithStrings);
  computed("SMS_StatInsStr", EnumerateStrings);
  computed("SMS_StatMsgModuleNames", EnumerateModules);
  for (const char* name : {"SMS_StatMsgAttributes", "SMS_StatAttr"}) {
    computed(name, [name](Call& call, const cim::InstanceSink& sink) {
      return EnumerateAttributes(name, call, sink);
    });
  }
  bindings["SMS_ComponentSummarizer"].clients_write = false;

  const auto method = [&bindings](std::string_view name, Method code) {
    bindings.SetMethod("SMS_StatusMessage", name, std::move(code));
  };
  method("RaiseInformationalStatusMsg", RaiseText(39997, Severity::kInformation));
  method("RaiseWarningStatusMsg", RaiseText(39998, Severity::kWarning));
  method("RaiseErrorStatusMsg", RaiseText(39999, Severity::kError));
  method("RaiseRawStatusMsg", RaiseRaw);
  method("DeleteByID", DeleteById);
  method("DeleteByQuery", DeleteByQuery);
}

}  // namespace ww::provider
