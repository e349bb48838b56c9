// Answers that only read: lists, counts, single objects, the service document.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "call.h"
#include "json_text.h"
#include "wimwright/base/windows_code.h"
#include "wimwright/cim/status.h"
#include "wimwright/cim/wql.h"

namespace ww::adminservice {
namespace {

constexpr std::size_t kStreamPiece = 32 << 10;
constexpr int kMostAttempts = 3;
constexpr std::string_view kExecQuery = "ExecQuery";
constexpr std::string_view kGetObject = "GetObject";

http::Response RefuseQuery(const Error& error, const std::string& wql) {
  return Refuse(error, {kExecQuery, wql, true});
}

// Everything that a streamed list needs.
struct List {
  const Service* service;
  cim::Query query;
  cim::Context context;
  cim::ClassPtr cls;
  std::optional<Selection> selection;
  std::string head;  // up to and with "value":[

  EntityWriter::View view() const {
    return {.declared = cls.get(), .selection = selection ? &*selection : nullptr};
  }
};

// The context's cancellation ends with the stream.
Status StreamList(const List& list, http::ResponseStream& stream) {
  Cancellation cancelled;
  cim::Context context = list.context;
  context.cancelled = &cancelled;
  for (int attempt = 1;; ++attempt) {
    Status written;
    std::string piece = list.head;
    bool first = true;
    const auto sink = [&](const cim::Instance& instance) {
      if (!first) piece += ',';
      first = false;
      list.service->writer.Append(piece, instance, list.view());
      if (piece.size() < kStreamPiece) return true;
      written = stream.Write(piece);
      piece.clear();
      if (!written) cancelled.Request();
      return written.has_value();
    };
    const auto ran = list.service->provider.ExecQuery(list.query, sink, context);
    if (!written) return written;
    if (ran) return stream.Write(piece + "]}");
    // The database went away under it: as long as nobody saw anything, that need not show.
    const bool again = ran.error().hresult == kServerUnavailable && attempt < kMostAttempts;
    if (!again || !stream.TakeBack()) return ran;
  }
}

Result<std::uint64_t> Count(const Call& call, const cim::Query& query) {
  std::uint64_t count = 0;
  WW_RETURN_IF_ERROR(call.service.provider.ExecQuery(
      query,
      [&](const cim::Instance& instance) {
        if (instance.size() != 0) count = instance.at(0).UintOr(0);
        return true;
      },
      call.context));
  return count;
}

Result<cim::Query> CountQuery(const Call& call, const cim::ClassDeclaration& cls) {
  auto query = cim::ParseODataQuery(cls.name(), {.filter = call.options.odata.filter});
  if (query) query->count = true;
  return query;
}

// HEAD: how long it would be, when that is not much.
http::Response AnswerHead(const Call& call, const List& list, const std::string& wql) {
  std::string out = list.head;
  bool first = true, whole = true;
  const auto sink = [&](const cim::Instance& instance) {
    whole = out.size() < call.service.options.buffered_result;
    if (!whole) return false;
    if (!first) out += ',';
    first = false;
    call.service.writer.Append(out, instance, list.view());
    return true;
  };
  if (auto ran = call.service.provider.ExecQuery(list.query, sink, call.context); !ran) {
    return RefuseQuery(ran.error(), wql);
  }
  if (whole) return JsonAnswer(200, std::move(out += "]}"));
  auto response = JsonAnswer(200, {});
  response.body = http::StreamBody{};
  return response;
}

// Whole when it is small, streamed otherwise; the query runs once.
http::Response Answer(const Call& call, std::shared_ptr<List> list, const std::string& wql) {
  if (call.Is("HEAD")) return AnswerHead(call, *list, wql);
  auto response = JsonAnswer(200, {});
  response.body = http::StreamBody{
      .write = [list](http::ResponseStream& stream) { return StreamList(*list, stream); },
      .hold = call.service.options.buffered_result,
      .instead = [wql](const Error& error) { return RefuseQuery(error, wql); }};
  return response;
}

}  // namespace

std::string Call::ContextJson(std::string_view fragment) const {
  return JsonText(fmt::format("{}$metadata#{}", route_url, fragment));
}

http::Response JsonAnswer(int status, std::string json) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json; odata.metadata=minimal; charset=utf-8");
  response.headers.Add("OData-Version", "4.0");
  response.body = std::move(json);
  return response;
}

http::Response AnswerCollection(const Call& call, const cim::ClassPtr& cls) {
  // Before the options are understood, the error shows the class's own query.
  const auto plain = cim::ToWql(cim::SelectAll(cls->name()));
  auto selection = ParseSelect(call.options.odata.select, *cls);
  if (!selection) return RefuseQuery(selection.error(), plain);
  auto odata = call.options.odata;
  odata.select.reset();
  if (*selection) odata.select = ProviderSelect(**selection, *cls);
  auto query = cim::ParseODataQuery(cls->name(), odata);
  if (!query) return RefuseQuery(query.error(), plain);

  auto list = std::make_shared<List>(
      List{&call.service, *std::move(query), call.context, cls, *std::move(selection), {}});
  const auto wql = cim::ToWql(list->query);
  list->head = "{\"@odata.context\":" +
               call.ContextJson(cls->name() + (list->selection ? SelectList(*list->selection, *cls)
                                                               : std::string()));
  if (call.options.count) {
    auto query_of_count = CountQuery(call, *cls);
    if (!query_of_count) return RefuseQuery(query_of_count.error(), wql);
    const auto count = Count(call, *query_of_count);
    if (!count) return RefuseQuery(count.error(), wql);
    list->head += fmt::format(",\"@odata.count\":{}", *count);
  }
  list->head += ",\"value\":[";

  return Answer(call, std::move(list), wql);
}

// An addition: what OData's options cannot say.
http::Response AnswerWql(const Call& call) {
  std::string wql;
  const auto options = http::ParseQuery(call.request.target.query);
  for (const auto& [name, value] :
       options ? *options : std::vector<std::pair<std::string, std::string>>{}) {
    if (name == "query") wql = value;
  }
  auto query = cim::ParseWql(wql);
  if (!query) return RefuseQuery(query.error(), wql);
  auto list =
      std::make_shared<List>(List{&call.service, *std::move(query), call.context, {}, {}, {}});
  list->head = "{\"@odata.context\":" + call.ContextJson("Edm.ComplexType") + ",\"value\":[";
  return Answer(call, std::move(list), wql);
}
http::Response AnswerCount(const Call& call, const cim::ClassPtr& cls) {
  auto query = CountQuery(call, *cls);
  if (!query) return RefuseQuery(query.error(), cim::ToWql(cim::SelectAll(cls->name())));
  const auto count = Count(call, *query);
  if (!count) return RefuseQuery(count.error(), cim::ToWql(*query));
  auto response = http::Response::Text(200, std::to_string(*count));
  response.headers.Add("OData-Version", "4.0");
  return response;
}

http::Response AnswerInstance(const Call& call, const cim::ClassPtr& cls) {
  if (call.options.any()) {
    const auto error = cim::WbemError(cim::WbemStatus::kInvalidQuery,
                                      "one object takes no query options other than $select");
    return Refuse(error, {kGetObject, cls->name()});
  }
  const auto path = cim::Canonical(call.address.Path(), *cls);
  if (!path) return Refuse(path.error(), {kGetObject, cls->name()});
  const auto relative = path->Relative();
  auto selection = ParseSelect(call.options.odata.select, *cls);
  if (!selection) return Refuse(selection.error(), {kGetObject, relative});
  const auto instance = call.service.provider.Get(*path, call.context);
  if (!instance) return Refuse(instance.error(), {kGetObject, relative});

  const auto list = *selection ? SelectList(**selection, *cls) : std::string();
  std::string out = "{\"@odata.context\":" + call.ContextJson(cls->name() + list) + ",\"value\":[";
  call.service.writer.Append(
      out, *instance,
      {.declared = cls.get(), .by_key = true, .selection = *selection ? &**selection : nullptr});
  return JsonAnswer(200, std::move(out += "]}"));
}

http::Response AnswerServiceDocument(const Call& call) {
  std::string out =
      "{\"@odata.context\":" + JsonText(call.route_url + "$metadata") + ",\"value\":[";
  bool first = true;
  for (const auto& c : call.service.model.classes()) {
    if (!c.in_service) continue;
    if (!first) out += ',';
    first = false;
    out += fmt::format(R"({{"name":"{0}","kind":"EntitySet","url":"{0}"}})", c.cls->name());
  }
  return JsonAnswer(200, std::move(out += "]}"));
}

}  // namespace ww::adminservice
