// Answers that change something: create, update, delete, methods.
#include <fmt/format.h>

#include <compare>
#include <utility>

#include "call.h"
#include "json_body.h"
#include "json_text.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"

namespace ww::adminservice {
namespace {

using cim::WbemStatus;

constexpr std::string_view kPutInstance = "PutInstance";
constexpr std::string_view kDeleteInstance = "DeleteInstance";
constexpr std::string_view kExecMethod = "ExecMethod";

// Prefer: return=minimal
bool WantsMinimal(const Call& call) {
  return ToLowerAscii(call.request.headers.Get("Prefer")).find("return=minimal") !=
         std::string::npos;
}

http::Response NoContent() {
  http::Response response;
  response.status = 204;
  response.headers.Add("OData-Version", "4.0");
  return response;
}

http::Response Minimal(const std::string& location, bool created) {
  auto response = NoContent();
  response.headers.Add("Preference-Applied", "return=minimal");
  response.headers.Add("OData-EntityId", location);
  if (created) response.headers.Add("Location", location);
  return response;
}

// The bare object with a context of its own. `sent` stands in when the writer may not read what it
// wrote; then the keys come from the path.
http::Response Entity(int status, const Call& call, const cim::ObjectPath& path,
                      const cim::ClassPtr& cls, cim::Instance sent) {
  const auto read = call.service.provider.Get(path, call.context);
  if (!read) {
    for (const auto& key : path.keys) static_cast<void>(sent.Set(key.name, key.value));
  }
  std::string out = "{\"@odata.context\":" + call.ContextJson(cls->name() + "/$entity") + ",";
  call.service.writer.AppendMembers(out, read ? *read : sent,
                                    {.declared = cls.get(), .by_key = true});
  auto response = JsonAnswer(status, std::move(out += "}"));
  if (status == 201) response.headers.Add("Location", call.route_url + AddressOf(path));
  return response;
}

// Keys in the body have to be those of the address.
Status AdoptKeys(cim::Instance& instance, const cim::ObjectPath& path) {
  for (const auto& key : path.keys) {
    const auto property = instance.cls().FindProperty(key.name);
    if (!property) continue;
    if (instance.is_set(*property) && !instance.at(*property).is_null()) {
      const auto order = cim::Compare(instance.at(*property), key.value);
      if (!order || std::is_neq(*order)) {
        return Fail(
            cim::WbemError(WbemStatus::kInvalidParameter,
                           fmt::format("{} in the body is not that of the address", key.name)));
      }
    }
    WW_RETURN_IF_ERROR(instance.Set(*property, key.value));
  }
  return {};
}

http::Response RefuseAbstract(const cim::ClassDeclaration& cls) {
  return Refuse(cim::WbemError(WbemStatus::kInvalidParameter,
                               fmt::format("{} is abstract: create an object of one of its "
                                           "subclasses, or name one by @odata.type",
                                           cls.name())),
                {kPutInstance, cls.name()});
}

}  // namespace

http::Response AnswerCreate(const Call& call, const cim::ClassPtr& cls) {
  const FailedCall failed{kPutInstance, cls->name()};
  const auto& schema = call.service.provider.schema();
  const auto body = ParseJsonObject(call.request.body);
  if (!body) return Refuse(body.error(), failed);
  auto instance = ReadEntity(*body, cls, BodyUse::kCreate, schema);
  if (!instance) return Refuse(instance.error(), failed);
  if (instance->cls().abstract()) return RefuseAbstract(instance->cls());
  const auto put = call.service.provider.Put(*instance, cim::PutMode::kCreateOnly, call.context);
  if (!put) return Refuse(put.error(), failed);
  if (WantsMinimal(call)) return Minimal(call.route_url + AddressOf(*put), true);
  return Entity(201, call, *put, cls, *std::move(instance));
}

http::Response AnswerUpdate(const Call& call, const cim::ClassPtr& cls) {
  const auto path = cim::Canonical(call.address.Path(), *cls);
  if (!path) return Refuse(path.error(), {kPutInstance, cls->name()});
  const auto relative = path->Relative();
  const FailedCall failed{kPutInstance, relative};
  const auto body = ParseJsonObject(call.request.body);
  if (!body) return Refuse(body.error(), failed);
  const auto use = call.Is("PUT") ? BodyUse::kReplace : BodyUse::kMerge;
  auto instance = ReadEntity(*body, cls, use, call.service.provider.schema());
  if (!instance) return Refuse(instance.error(), failed);
  if (auto keys = AdoptKeys(*instance, *path); !keys) return Refuse(keys.error(), failed);
  const auto put = call.service.provider.Put(*instance, cim::PutMode::kUpdateOnly, call.context);
  if (!put) return Refuse(put.error(), failed);
  if (WantsMinimal(call)) return Minimal(call.route_url + AddressOf(*put), false);
  return Entity(200, call, *put, cls, *std::move(instance));
}

http::Response AnswerDelete(const Call& call, const cim::ClassPtr& cls) {
  const auto path = cim::Canonical(call.address.Path(), *cls);
  if (!path) return Refuse(path.error(), {kDeleteInstance, cls->name()});
  if (auto deleted = call.service.provider.Delete(*path, call.context); !deleted) {
    return Refuse(deleted.error(), {kDeleteInstance, path->Relative()});
  }
  return NoContent();
}

http::Response AnswerMethod(const Call& call, const cim::ClassPtr& cls,
                            const cim::MethodDeclaration& method) {
  cim::ObjectPath path;
  path.class_name = cls->name();
  // A static method may be called through an object, too; the object does not matter then.
  if (!method.is_static) {
    auto canonical = cim::Canonical(call.address.Path(), *cls);
    if (!canonical) return Refuse(canonical.error(), {kExecMethod, cls->name()});
    path = *std::move(canonical);
  }
  const auto relative = path.Relative();
  const FailedCall failed{kExecMethod, relative};
  auto in = cim::NewInParameters(*cls, method.name);
  if (!in) return Refuse(in.error(), failed);
  if (call.Is("POST")) {
    const auto body = ParseJsonObject(call.request.body);
    if (!body) return Refuse(body.error(), failed);
    if (auto read = ReadParameters(*body, *in, call.service.provider.schema()); !read) {
      return Refuse(read.error(), failed);
    }
  }
  const auto result = call.service.provider.Invoke(path, method.name, *in, call.context);
  if (!result) return Refuse(result.error(), failed);

  std::string out = "{\"@odata.context\":" + call.ContextJson("__PARAMETERS");
  const auto properties = result->cls().properties();
  for (std::size_t i = 0; i < properties.size(); ++i) {
    out += ',';
    AppendJsonText(out, properties[i].name);
    out += ':';
    AppendJsonValue(out, result->at(i), properties[i].type);
  }
  return JsonAnswer(call.Is("POST") ? 201 : 200, std::move(out += "}"));
}

}  // namespace ww::adminservice
