// One request on its way through the service: what the parts that answer share.
#pragma once

#include <string>
#include <string_view>

#include "address.h"
#include "edm.h"
#include "entity_writer.h"
#include "query_options.h"
#include "refusal.h"
#include "wimwright/adminservice/admin_service.h"
#include "wimwright/cim/provider.h"
#include "wimwright/http/request.h"
#include "wimwright/http/response.h"

namespace ww::adminservice {

// What lives as long as the service.
struct Service {
  cim::Provider& provider;
  AdminServiceOptions options;
  EntityWriter writer;
  EdmModel model;
};

struct Call {
  const Service& service;
  const http::Request& request;
  const Address& address;
  const QueryOptions& options;
  const cim::Context& context;
  std::string route_url;  // "https://srv/AdminService/wmi/"

  bool Is(std::string_view method) const { return request.method == method; }
  // "https://srv/AdminService/wmi/$metadata#fragment", as JSON text.
  std::string ContextJson(std::string_view fragment) const;
};

// 200, or the given status, with the service's content type and OData-Version.
http::Response JsonAnswer(int status, std::string json);

// The answers, by what the address means; the verb has been checked. `cls` is the address's class.
http::Response AnswerCollection(const Call& call, const cim::ClassPtr& cls);
http::Response AnswerCount(const Call& call, const cim::ClassPtr& cls);
http::Response AnswerInstance(const Call& call, const cim::ClassPtr& cls);
http::Response AnswerCreate(const Call& call, const cim::ClassPtr& cls);
http::Response AnswerUpdate(const Call& call, const cim::ClassPtr& cls);  // PUT and PATCH
http::Response AnswerDelete(const Call& call, const cim::ClassPtr& cls);
http::Response AnswerMethod(const Call& call, const cim::ClassPtr& cls,
                            const cim::MethodDeclaration& method);
http::Response AnswerWql(const Call& call);
http::Response AnswerServiceDocument(const Call& call);

}  // namespace ww::adminservice
