#include "fake_provider.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wimwright/base/windows_code.h"
#include "wimwright/cim/bind.h"
#include "wimwright/cim/evaluate.h"
#include "wimwright/cim/status.h"

namespace ww::adminservice {

using cim::Value;

const cim::Schema& TestSchema() {
  static const cim::Schema kSchema = *cim::LoadBuiltInSchema();
  return kSchema;
}

cim::Instance& FakeProvider::Add(
    std::string_view cls, const std::vector<std::pair<std::string_view, cim::Value>>& values) {
  auto instance = cim::Instance::Spawn(TestSchema().Find(cls));
  for (const auto& [name, value] : values) {
    const auto set = instance.Set(name, value);
    EXPECT_TRUE(set) << set.error().message;
  }
  objects.push_back(std::move(instance));
  return objects.back();
}

Status FakeProvider::Begin(std::string_view name, const cim::Context& of_call) {
  operation = name;
  context = of_call;
  if (fail) return Fail(*fail);
  return {};
}

std::vector<cim::Instance>::iterator FakeProvider::Find(const cim::ObjectPath& path) {
  return std::find_if(objects.begin(), objects.end(), [&](const cim::Instance& object) {
    if (!object.cls().IsA(path.class_name)) return false;
    return std::all_of(path.keys.begin(), path.keys.end(), [&](const cim::PathKey& key) {
      const auto order = cim::Compare(object[key.name], key.value);
      return order && *order == 0;
    });
  });
}

Result<cim::Instance> FakeProvider::Get(const cim::ObjectPath& path, const cim::Context& of_call) {
  ++gets;
  WW_RETURN_IF_ERROR(Begin("Get", of_call));
  const auto found = Find(path);
  if (found == objects.end()) {
    return Fail(cim::WbemError(cim::WbemStatus::kNotFound, "no such object"));
  }
  return *found;
}

Result<cim::ObjectPath> FakeProvider::Put(const cim::Instance& instance, cim::PutMode mode,
                                          const cim::Context& of_call) {
  WW_RETURN_IF_ERROR(Begin("Put", of_call));
  put = instance;
  auto whole = instance;
  if (whole.cls().name() == "SMS_ImageServicingSchedule" && !whole.IsSet("ScheduleID")) {
    whole.SetRaw("ScheduleID", Value::Int(16777217));
  }
  WW_TRY(auto path, cim::PathOf(whole), "Put");
  const auto found = Find(path);
  if (found == objects.end()) {
    if (mode == cim::PutMode::kUpdateOnly) {
      return Fail(cim::WbemError(cim::WbemStatus::kNotFound, "no such object"));
    }
    objects.push_back(whole);
    return path;
  }
  if (mode == cim::PutMode::kCreateOnly) {
    return Fail(cim::ProviderError(cim::ProviderCode::kAlreadyExists, "it exists"));
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole.is_set(i)) found->SetRaw(i, whole.at(i));
  }
  return path;
}

Status FakeProvider::Delete(const cim::ObjectPath& path, const cim::Context& of_call) {
  WW_RETURN_IF_ERROR(Begin("Delete", of_call));
  const auto found = Find(path);
  if (found == objects.end()) {
    return Fail(cim::WbemError(cim::WbemStatus::kNotFound, "no such object"));
  }
  objects.erase(found);
  return {};
}

Status FakeProvider::ExecQuery(const cim::Query& query, const cim::InstanceSink& sink,
                               const cim::Context& of_call) {
  WW_RETURN_IF_ERROR(Begin("ExecQuery", of_call));
  ++queries;
  WW_TRY(const auto bound, cim::Bind(query, schema(), {}), "query");
  std::vector<const cim::Instance*> rows;
  for (const auto& object : objects) {
    if (!object.cls().IsA(*bound.sources[0].cls)) continue;
    if (bound.where && cim::Evaluate(*bound.where, object) != cim::Truth::kTrue) continue;
    rows.push_back(&object);
  }
  if (bound.count) {
    sink(cim::MakeCount(rows.size()));
    return {};
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const cim::Instance* a, const cim::Instance* b) {
    return cim::OrderLess(bound.order_by, {&a, 1}, {&b, 1});
  });
  std::size_t sent = 0, told = 0;
  for (std::size_t i = bound.skip; i < rows.size() && sent < bound.top.value_or(1000);
       ++i, ++sent) {
    auto row = cim::Project(bound, *rows[i]);
    for (std::size_t p = 0; p < row.size(); ++p) {
      if (row.cls().properties()[p].lazy) row.SetRaw(p, {});
    }
    for (std::size_t n = 0; n < repeat; ++n) {
      WW_RETURN_IF_ERROR(of_call.cancelled->Check());
      if (breaks_after != 0 && ++told > breaks_after) {
        breaks_after = 0;
        return Fail(Error{Code::kIo, "no database", {}, kServerUnavailable});
      }
      if (!sink(row)) return {};
    }
  }
  return {};
}

Result<cim::Instance> FakeProvider::Invoke(const cim::ObjectPath& path, std::string_view method,
                                           const cim::Instance& in, const cim::Context& of_call) {
  WW_RETURN_IF_ERROR(Begin("Invoke", of_call));
  if (on_invoke) return on_invoke(path, method, in);
  cim::Instance out(TestSchema().Find(path.class_name)->FindMethod(method)->out_class);
  out.SetRaw("ReturnValue", Value::Int(0));
  return out;
}

boost::json::value Answered::json() const {
  boost::system::error_code failed;
  auto value = boost::json::parse(text, failed);
  EXPECT_FALSE(failed) << text;
  return value;
}

std::string Answered::message() const {
  const auto value = json();
  if (!value.is_object() || !value.as_object().contains("error")) return {};
  return std::string(value.at("error").at("message").as_string().c_str());
}

void Lines::Write(LogLevel, std::string_view, std::string_view message) {
  lines.emplace_back(message);
}

namespace {

// What a server makes of a stream: the beginning is held back, as much as the answer wants.
class Collected : public http::ResponseStream {
 public:
  Collected(std::string& text, std::size_t hold, std::size_t limit)
      : text_(text), hold_(hold), limit_(limit) {}
  Status Write(std::string_view bytes) override {
    if (text_.size() + bytes.size() > limit_) return Fail(Code::kCancelled, "the client left");
    text_ += bytes;
    return {};
  }
  Status Flush() override { return {}; }
  bool closed() const override { return false; }
  bool TakeBack() override {
    if (begun()) return false;
    text_.clear();
    return true;
  }
  bool begun() const { return text_.size() > hold_; }

 private:
  std::string& text_;
  std::size_t hold_, limit_;
};

}  // namespace

ServiceTest::ServiceTest(std::function<void(AdminServiceOptions&)> change) {
  const auto date = Value::String("20260131023000.000000+***");
  auto token = cim::Instance::Spawn(TestSchema().Find("SMS_ST_RecurInterval"));
  token.SetRaw("DaySpan", Value::Uint(7));
  provider.Add("SMS_ImagePackage",
               {{"PackageID", Value::String("XYZ00001")},
                {"Name", Value::String("Windows 11 \"Enterprise\"")},
                {"SourceVersion", Value::Uint(3)},
                {"SourceDate", date},
                {"ImageProperty", Value::String("<WIM/>")},
                {"RefreshSchedule",
                 Value::Of({Value::Object(std::make_shared<const cim::Instance>(token))})},
                {"ExtendedData", Value()}});
  provider.Add("SMS_ImagePackage", {{"PackageID", Value::String("XYZ00002")},
                                    {"Name", Value::String("Server 2022")},
                                    {"SourceVersion", Value::Uint(1)}});
  provider.Add("SMS_ImageServicingSchedule", {{"ScheduleID", Value::Int(16777300)},
                                              {"Action", Value::Int(1)},
                                              {"Name", Value::String("monthly")}});
  provider.Add("SMS_ImageServicingScheduledImage", {{"ImagePackageID", Value::String("XYZ00001")},
                                                    {"ScheduleID", Value::Int(16777300)}});
  provider.Add("SMS_ProviderLocation", {{"SiteCode", Value::String("XYZ")},
                                        {"Machine", Value::String("srv")},
                                        {"ProviderForLocalSite", Value::Bool(true)}});
  AdminServiceOptions options;
  options.server_name = "SRV";
  options.site_namespace = "root\\sms\\site_XYZ";
  options.logger = &log;
  if (change) change(options);
  service = AdminService::Make(provider, std::move(options));
}

http::Request ServiceTest::MakeRequest(std::string method, std::string_view target,
                                       std::string body,
                                       std::vector<http::Headers::Field> headers) {
  http::Request request;
  request.method = std::move(method);
  auto parsed = http::ParseTarget(target);
  EXPECT_TRUE(parsed) << target;
  if (!parsed) return request;
  request.target = *std::move(parsed);
  request.headers.Add("Host", "srv");
  for (auto& [name, value] : headers) request.headers.Add(name, value);
  if (!body.empty() && !request.headers.Find("Content-Type")) {
    request.headers.Add("Content-Type", "application/json");
  }
  request.body = std::move(body);
  request.peer = {"192.0.2.7", 5555, true};
  request.user = http::User{"LAB\\anna", "Basic", {}};
  return request;
}

Answered ServiceTest::Ask(std::string_view target, std::vector<http::Headers::Field> headers,
                          std::string user, std::string method) {
  auto request = MakeRequest(std::move(method), target, {}, std::move(headers));
  if (!user.empty()) request.user->name = std::move(user);
  auto response = service->AtOnce(request);
  at_once = response.has_value();
  if (!response) response = service->Handle(request);
  return Collect(*std::move(response));
}

Answered ServiceTest::Send(std::string method, std::string_view target, std::string body,
                           std::vector<http::Headers::Field> headers) {
  const auto request = MakeRequest(std::move(method), target, std::move(body), std::move(headers));
  auto response = service->Handle(request);
  return Collect(std::move(response));
}

Answered ServiceTest::Collect(http::Response response) {
  Answered out{response.status, response.headers, {}, false, {}};
  const auto* stream = std::get_if<http::StreamBody>(&response.body);
  if (stream == nullptr) {
    out.text = std::get<std::string>(response.body);
    return out;
  }
  if (!stream->write) return out;
  Collected collected(out.text, stream->hold, stream_limit);
  out.stream = stream->write(collected);
  out.streamed = collected.begun();
  if (out.streamed || out.stream) return out;
  return Collect(stream->instead(out.stream.error()));
}

}  // namespace ww::adminservice
