// A provider whose objects are a vector, over the real schema; and a client that calls the service
// without sockets.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wimwright/adminservice/admin_service.h"
#include "wimwright/cim/provider.h"

namespace ww::adminservice {

const cim::Schema& TestSchema();

class FakeProvider : public cim::Provider {
 public:
  std::vector<cim::Instance> objects;
  std::optional<Error> fail;  // every call fails so
  std::function<Result<cim::Instance>(const cim::ObjectPath&, std::string_view method,
                                      const cim::Instance& in)>
      on_invoke;
  // Of the last call.
  cim::Context context;
  std::string operation;
  std::optional<cim::Instance> put;
  std::optional<std::uint64_t> version;
  bool slow_version = false;  // telling it would take a while
  bool may_keep = true;
  int gets = 0;
  int queries = 0;
  std::size_t breaks_after = 0;  // so many objects of a query, once; 0: not at all
  std::size_t repeat = 1;        // every object of a query comes so often

  // An object with these properties set.
  cim::Instance& Add(std::string_view cls,
                     const std::vector<std::pair<std::string_view, cim::Value>>& values);

  const cim::Schema& schema() const override { return TestSchema(); }
  std::optional<std::uint64_t> Version() override { return version; }
  std::optional<std::uint64_t> VersionAtOnce() override {
    return slow_version ? std::nullopt : version;
  }
  bool MayKeep(const cim::ClassDeclaration&) const override { return may_keep; }
  Result<cim::Instance> Get(const cim::ObjectPath& path, const cim::Context& context) override;
  Result<cim::ObjectPath> Put(const cim::Instance& instance, cim::PutMode mode,
                              const cim::Context& context) override;
  Status Delete(const cim::ObjectPath& path, const cim::Context& context) override;
  Status ExecQuery(const cim::Query& query, const cim::InstanceSink& sink,
                   const cim::Context& context) override;
  Result<cim::Instance> Invoke(const cim::ObjectPath& path, std::string_view method,
                               const cim::Instance& in, const cim::Context& context) override;

 private:
  Status Begin(std::string_view name, const cim::Context& context);
  std::vector<cim::Instance>::iterator Find(const cim::ObjectPath& path);
};

struct Answered {
  int status = 0;
  http::Headers headers;
  std::string text;  // a streamed body, too
  bool streamed = false;
  Status stream;  // how writing the body ended

  boost::json::value json() const;
  std::string message() const;  // of the error object
};

class Lines : public Logger {
 public:
  void Write(LogLevel level, std::string_view component, std::string_view message) override;
  std::vector<std::string> lines;
};

// One image package, one schedule and some more.
class ServiceTest {
 public:
  explicit ServiceTest(std::function<void(AdminServiceOptions&)> change = {});

  // As the server sends it.
  Answered Collect(http::Response response);
  Answered Send(std::string method, std::string_view target, std::string body = {},
                std::vector<http::Headers::Field> headers = {});
  // As the server does it: AtOnce first. Another user than LAB\anna when one is named.
  Answered Ask(std::string_view target, std::vector<http::Headers::Field> headers = {},
               std::string user = {}, std::string method = "GET");
  bool at_once = false;  // of the last Ask()
  Answered Get(std::string_view target) { return Send("GET", target); }
  Answered Post(std::string_view target, std::string body) {
    return Send("POST", target, std::move(body));
  }

  FakeProvider provider;
  Lines log;
  std::unique_ptr<AdminService> service;
  http::Request MakeRequest(std::string method, std::string_view target, std::string body,
                            std::vector<http::Headers::Field> headers);
  std::size_t stream_limit = static_cast<std::size_t>(-1);  // the client goes away after so much
};

}  // namespace ww::adminservice
