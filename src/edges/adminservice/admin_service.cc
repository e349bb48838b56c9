#include "wimwright/adminservice/admin_service.h"

#include <fmt/format.h>

#include <exception>
#include <mutex>
#include <utility>

#include "answer_cache.h"
#include "call.h"
#include "csdl.h"
#include "openapi.h"
#include "request_context.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/status.h"

namespace ww::adminservice {
namespace {

using cim::WbemStatus;
using Kind = Address::Kind;

constexpr std::string_view kComponent = "AdminService";

// Documents that never change: made when first asked for.
class Cached {
 public:
  template <typename Make>
  const std::string& Get(Make make) {
    std::call_once(once_, [&] { text_ = make(); });
    return text_;
  }

 private:
  std::once_flag once_;
  std::string text_;
};

// Verbs, as Allow lists them.
std::string AllowedFor(const Address& address, const cim::ClassDeclaration* cls,
                       const cim::MethodDeclaration* method) {
  std::string read = "GET, HEAD, OPTIONS";
  switch (address.kind) {
    case Kind::kSet:
      return cls != nullptr && !cls->read_only() ? "GET, HEAD, POST, OPTIONS" : read;
    case Kind::kInstance:
      return cls != nullptr && !cls->read_only() ? "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" : read;
    case Kind::kStaticMethod:
      return method != nullptr && method->is_static && !HasInput(*method)
                 ? "GET, HEAD, POST, OPTIONS"
                 : "POST, OPTIONS";
    case Kind::kInstanceMethod:
      return "POST, OPTIONS";
    default:
      return read;
  }
}

bool IsIn(std::string_view verb, std::string_view allowed) {
  const auto at = allowed.find(verb);
  return at != std::string_view::npos && (at == 0 || allowed[at - 1] == ' ') &&
         (at + verb.size() == allowed.size() || allowed[at + verb.size()] == ',');
}

// A page of another site may make a browser send requests with the user's credentials. JSON bodies
// and other verbs than GET need its consent (CORS), which nobody here gives; calls without body do
// not, so that what the browser says about the request's origin decides.
bool IsForged(const http::Request& request, const Address& address) {
  const bool acts = address.kind == Kind::kStaticMethod || address.kind == Kind::kInstanceMethod ||
                    (request.method != "GET" && request.method != "HEAD");
  return acts && EqualNoCaseAscii(Trim(request.headers.Get("Sec-Fetch-Site")), "cross-site");
}

// JSON, in UTF-8 as far as it says.
bool HasJsonBody(const http::Request& request) {
  const auto type = ToLowerAscii(request.headers.Get("Content-Type"));
  const auto media = Trim(std::string_view(type).substr(0, type.find(';')));
  if (media != "application/json" && media != "text/json") return false;
  const auto charset = type.find("charset=");
  if (charset == std::string::npos) return true;
  auto name = Trim(std::string_view(type).substr(charset + 8));
  name = Trim(name.substr(0, name.find(';')));
  return name == "utf-8" || name == "\"utf-8\"" || name == "us-ascii";
}

class Implementation final : public AdminService {
 public:
  Implementation(cim::Provider& provider, const AdminServiceOptions& options)
      : service_{provider, options,
                 EntityWriter(provider.schema(), options.server_name, options.site_namespace),
                 EdmModel(provider.schema())},
        log_(options.logger == nullptr ? NullLogger() : *options.logger),
        kept_(options.kept_answers) {}

  http::Treatment TreatmentOf(const http::Request& head) const override {
    return {.needs_user = true,
            .tries_at_once = service_.options.kept_answers != 0 &&
                             (head.method == "GET" || head.method == "HEAD"),
            .max_body = service_.options.max_body};
  }

  std::optional<http::Response> AtOnce(const http::Request& request) override {
    auto context = ContextOf(request);
    if (service_.options.identify) service_.options.identify(request, context);
    const auto key = AnswerKey(request, context, BaseOf(request));
    const auto version = key ? service_.provider.VersionAtOnce() : std::nullopt;
    return version ? kept_.Find(*key, *version) : std::nullopt;
  }

  http::Response Handle(const http::Request& request) override {
    auto context = ContextOf(request);
    if (service_.options.identify) service_.options.identify(request, context);
    std::optional<Keeping> keeping;
    if (service_.options.kept_answers != 0 &&
        (request.method == "GET" || request.method == "HEAD")) {
      keeping = Keeping{AnswerKey(request, context, BaseOf(request)), service_.provider.Version()};
      // Where asking for the version takes a while, nobody asked at once.
      if (keeping->key && keeping->version) {
        if (auto kept = kept_.Find(*keeping->key, *keeping->version)) return *std::move(kept);
      }
      if (request.method == "HEAD") keeping.reset();
    }
    log_.Info(kComponent,
              "Processing incoming request for resource [{}], method: [{}], User - [{}]",
              BaseOf(request) + request.target.raw, request.method, context.user);
    auto response = Answer(request, context, keeping);
    if (auto* stream = std::get_if<http::StreamBody>(&response.body)) {
      LogAtEnd(*stream, response.status);
    } else {
      LogCompletion(response.status);
    }
    return response;
  }

 private:
  // Under which name an answer could be kept. The version was told before anything was read.
  struct Keeping {
    std::optional<std::string> key;
    std::optional<std::uint64_t> version;
  };

  std::string BaseOf(const http::Request& request) const {
    const auto& fixed = service_.options.base_url;
    return fixed.empty() ? BaseUrlOf(request, service_.options.server_name) : fixed;
  }

  void LogCompletion(int status) const {
    log_.Info(kComponent, "Completing request with response code [{}] reason [{}]", status,
              http::ReasonPhrase(status));
  }
  void LogAtEnd(http::StreamBody& body, int status) const {
    body.write = [this, status, write = std::move(body.write)](http::ResponseStream& stream) {
      auto written = write(stream);
      if (written) {
        LogCompletion(status);
      } else if (!stream.TakeBack()) {
        log_.Warning(kComponent, "Response with code [{}] was cut: {}", status,
                     written.error().message);
      }
      return written;
    };
    body.instead = [this, instead = std::move(body.instead)](const Error& error) {
      auto response = instead ? instead(error) : Refuse(error, {});
      LogCompletion(response.status);
      return response;
    };
  }

  http::Response Answer(const http::Request& request, const cim::Context& context,
                        const std::optional<Keeping>& keeping) {
    if (const auto& ask = service_.options.is_administrator) {
      const auto known = ask(context);
      if (!known) return Refuse(known.error(), {"GetObject", ""});
      if (!*known) {
        return Refuse(
            403,
            cim::WbemError(WbemStatus::kAccessDenied,
                           fmt::format("Access denied: {} is not an administrator", context.user)),
            {"GetObject", ""});
      }
    }
    auto address = ParseAddress(request.target.segments);
    if (!address) return Refuse(address.error(), {"GetObject", request.target.path});
    if (IsForged(request, *address)) {
      return Refuse(403,
                    cim::WbemError(WbemStatus::kAccessDenied,
                                   "Access denied: the request comes from another site's page"),
                    {"ExecMethod", request.target.path});
    }
    ResolveAlias(*address);
    return Route(request, *address, context, keeping);
  }

  // "Class_Method" of the strict $metadata.
  void ResolveAlias(Address& address) const {
    const auto& schema = service_.provider.schema();
    if (address.kind != Kind::kSet || schema.Find(address.class_name) != nullptr) return;
    const std::string_view name = address.class_name;
    for (auto at = name.rfind('_'); at != std::string_view::npos && at != 0;
         at = name.rfind('_', at - 1)) {
      const auto cls = schema.Find(name.substr(0, at));
      const auto* method = cls == nullptr ? nullptr : cls->FindMethod(name.substr(at + 1));
      if (method == nullptr || !method->is_static) continue;
      address.kind = Kind::kStaticMethod;
      address.method = method->name;
      address.class_name = cls->name();
      return;
    }
  }

  http::Response Route(const http::Request& request, const Address& address,
                       const cim::Context& context, const std::optional<Keeping>& keeping) {
    cim::ClassPtr cls;
    const cim::MethodDeclaration* method = nullptr;
    if (!address.class_name.empty()) {
      cls = service_.provider.schema().Find(address.class_name);
      if (cls == nullptr) return RefuseClass(address);
      if (!address.method.empty()) {
        method = cls->FindMethod(address.method);
        if (method == nullptr) return RefuseUnknownMethod(address, *cls);
      } else if (cls->embedded()) {
        return Refuse(
            404,
            cim::WbemError(WbemStatus::kInvalidClass,
                           fmt::format("{} lives only inside other objects", cls->name())),
            {"GetObject", cls->name()});
      }
    }
    const auto allowed = AllowedFor(address, cls.get(), method);
    if (request.method == "OPTIONS") {
      http::Response response;
      response.status = 204;
      response.headers.Add("Allow", allowed);
      response.headers.Add("OData-Version", "4.0");
      return response;
    }
    if (!IsIn(request.method, allowed)) return RefuseMethod(request.method, allowed);
    if (!request.body.empty() && request.method != "GET" && request.method != "HEAD" &&
        request.method != "DELETE" && !HasJsonBody(request)) {
      return Refuse(415,
                    cim::WbemError(WbemStatus::kInvalidParameter,
                                   "the body has to be application/json in UTF-8"),
                    {"PutInstance", request.target.path});
    }
    auto options = ParseOptions(request.target.query);
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (options && !reads && options->any()) {
      options = Fail(
          cim::WbemError(WbemStatus::kInvalidQuery,
                         fmt::format("query options are for reading, not for {}", request.method)));
    }
    if (!options) return Refuse(options.error(), {"ExecQuery", request.target.query});

    const Call call{service_, request, address,
                    *options, context, BaseOf(request) + "/AdminService/" + address.route + "/"};
    auto response = Dispatch(call, cls, method);
    if (keeping && keeping->key && keeping->version && address.kind == Kind::kInstance &&
        response.status == 200 && service_.provider.MayKeep(*cls)) {
      kept_.Keep(*keeping->key, *keeping->version, response);
    }
    return response;
  }

  http::Response Dispatch(const Call& call, const cim::ClassPtr& cls,
                          const cim::MethodDeclaration* method) {
    const auto& address = call.address;
    switch (address.kind) {
      case Kind::kRoot:
        return JsonAnswer(200,
                          R"({"value":[{"name":"wmi","url":"wmi/"},{"name":"v1.0","url":"v1.0/"},)"
                          R"({"name":"openapi.json","url":"openapi.json"}]})");
      case Kind::kOpenApi:
        return http::Response::Json(200,
                                    openapi_.Get([this] { return MakeOpenApi(service_.model); }));
      case Kind::kWql:
        return AnswerWql(call);
      case Kind::kServiceDocument:
        return AnswerServiceDocument(call);
      case Kind::kMetadata:
        return Metadata(call.options.strict);
      case Kind::kSet:
        return call.Is("POST") ? AnswerCreate(call, cls) : AnswerCollection(call, cls);
      case Kind::kCount:
        return AnswerCount(call, cls);
      case Kind::kInstance:
        if (call.Is("DELETE")) return AnswerDelete(call, cls);
        return call.Is("PUT") || call.Is("PATCH") ? AnswerUpdate(call, cls)
                                                  : AnswerInstance(call, cls);
      case Kind::kStaticMethod:
        if (!method->is_static) {
          return Refuse(404,
                        cim::WbemError(WbemStatus::kInvalidMethod,
                                       fmt::format("{0} is a method of objects: POST to "
                                                   "{1}(key)/AdminService.{0}",
                                                   method->name, cls->name())),
                        {"ExecMethod", cls->name()});
        }
        [[fallthrough]];
      case Kind::kInstanceMethod:
        return AnswerMethod(call, cls, *method);
    }
    return Refuse(Error{Code::kInternal, "an address without answer", {}, 0}, {});
  }

  http::Response Metadata(bool strict) {
    const auto form = strict ? CsdlForm::kStrict : CsdlForm::kDotted;
    http::Response response;
    response.headers.Add("Content-Type", "application/xml; charset=utf-8");
    response.headers.Add("OData-Version", "4.0");
    response.body =
        (strict ? strict_ : dotted_).Get([&] { return MakeCsdl(service_.model, form); });
    return response;
  }

  static http::Response RefuseClass(const Address& address) {
    std::string message = fmt::format("there is no class '{}'", address.class_name);
    if (address.route == "v1.0") {
      message += "; this route has the classes of wmi, not the entities and functions of its own";
    }
    return Refuse(cim::WbemError(WbemStatus::kInvalidClass, std::move(message)),
                  {"GetObject", address.class_name});
  }
  static http::Response RefuseUnknownMethod(const Address& address,
                                            const cim::ClassDeclaration& cls) {
    return Refuse(cim::WbemError(WbemStatus::kInvalidMethod,
                                 fmt::format("{} has no method '{}'", cls.name(), address.method)),
                  {"ExecMethod", cls.name()});
  }

  const Service service_;
  Logger& log_;
  Cached dotted_, strict_, openapi_;
  AnswerCache kept_;
};

}  // namespace

std::unique_ptr<AdminService> AdminService::Make(cim::Provider& provider,
                                                 AdminServiceOptions options) {
  return std::make_unique<Implementation>(provider, options);
}

bool AdminService::Serves(const http::Target& target) {
  return !target.segments.empty() && IsServicePrefix(target.segments.front());
}

}  // namespace ww::adminservice
