#include <gtest/gtest.h>

#include "fake_provider.h"
#include "wimwright/cim/status.h"

namespace ww::adminservice {
namespace {

using cim::Value;

TEST(Write, CreateAnswersTheWholeEntity) {
  ServiceTest t;
  const auto answer = t.Post("/AdminService/wmi/SMS_ImageServicingSchedule",
                             R"({"Action":1,"Schedule":"0034BE0000080000","UpdateDP":true})");
  ASSERT_EQ(answer.status, 201) << answer.text;
  EXPECT_EQ(answer.headers.Get("Location"),
            "https://srv/AdminService/wmi/SMS_ImageServicingSchedule(16777217)");
  EXPECT_TRUE(answer.text.starts_with(
      R"({"@odata.context":"https://srv/AdminService/wmi/$metadata#SMS_ImageServicingSchedule/$entity",)"
      R"("@odata.etag":"16777217","__LAZYPROPERTIES":[)"))
      << answer.text;
  EXPECT_EQ(answer.json().at("__RELPATH").as_string(),
            "SMS_ImageServicingSchedule.ScheduleID=16777217");
  EXPECT_FALSE(t.provider.put->IsSet("ScheduleID"));
  EXPECT_FALSE(t.provider.put->IsSet("ContinueOnError"));
}

TEST(Write, LocationQuotesAndEncodesKeys) {
  ServiceTest t;
  const auto answer =
      t.Post("/AdminService/v1.0/sms_providerlocation", R"({"SiteCode":"A'/B","Machine":"x"})");
  ASSERT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.Get("Location"),
            "https://srv/AdminService/v1.0/SMS_ProviderLocation('A%27%27%2FB')");
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ProviderLocation('A%27%27%2FB')").status, 200);
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ProviderLocation('A''/B')").status, 200);
  const auto pair = t.Post("/AdminService/wmi/SMS_ImageServicingScheduledImage",
                           R"({"ImagePackageID":"XYZ00002","ScheduleID":"16777300"})");
  EXPECT_EQ(pair.headers.Get("Location"),
            "https://srv/AdminService/wmi/"
            "SMS_ImageServicingScheduledImage(ImagePackageID='XYZ00002',ScheduleID=16777300)");
}

TEST(Write, ValuesSentAsTextAreCoerced) {
  ServiceTest t;
  const auto answer = t.Post(
      "/AdminService/wmi/SMS_ImageServicingSchedule",
      R"({"action":"1","UpdateDP":"TRUE","ContinueOnError":0,"LastRunDateTime":"2026-11-20T01:00:00Z"})");
  ASSERT_EQ(answer.status, 201) << answer.text;
  EXPECT_EQ((*t.provider.put)["Action"].IntOr(0), 1);
  EXPECT_TRUE((*t.provider.put)["UpdateDP"].BoolOr(false));
  EXPECT_FALSE((*t.provider.put)["ContinueOnError"].BoolOr(true));
  // Z is how the service writes wall clock times.
  const auto* date = (*t.provider.put)["LastRunDateTime"].AsDate();
  ASSERT_NE(date, nullptr);
  EXPECT_EQ(date->ToDmtf(), "20261120010000.000000+***");
}

TEST(Write, RefusesWhatItCannotTake) {
  ServiceTest t;
  const auto refused = [&](std::string body, std::string_view part) {
    const auto answer = t.Post("/AdminService/wmi/SMS_ImageServicingSchedule", std::move(body));
    EXPECT_EQ(answer.status, 400);
    EXPECT_NE(answer.message().find(part), std::string::npos) << answer.text;
  };
  refused(R"({"Nonsense":1})", "Nonsense");
  refused(R"({"Action":1,"action":2})", "twice");
  refused(R"({"Action":"many"})", "Action");
  refused(R"({"Action":[1]})", "Action");
  refused(R"({"Action":{"a":1}})", "Action");
  refused(R"({"Action":99999999999})", "Action");
  refused(R"({"Name":"a\u0000b"})", "NUL");
  refused("[]", "object");
  refused("{\"Name\":\"\xff\"}", "UTF-8");
  refused("{", "JSON");
  refused(R"({"Action":)" + std::string(200, '[') + std::string(200, ']') + "}", "JSON");
  EXPECT_EQ(t.provider.put, std::nullopt);
}

TEST(Write, AnExistingKeyIs409) {
  ServiceTest t;
  EXPECT_EQ(t.Post("/AdminService/wmi/SMS_ImageServicingScheduledImage",
                   R"({"ImagePackageID":"XYZ00001","ScheduleID":16777300})")
                .status,
            409);
}

TEST(Write, OnlyJsonIsTaken) {
  ServiceTest t;
  const auto status = [&](std::string type) {
    return t
        .Send("POST", "/AdminService/wmi/SMS_ImageServicingSchedule", "{}",
              {{"Content-Type", std::move(type)}})
        .status;
  };
  EXPECT_EQ(status("application/x-www-form-urlencoded"), 415);
  EXPECT_EQ(status("text/plain"), 415);
  EXPECT_EQ(status("application/json; charset=utf-16"), 415);
  EXPECT_EQ(status("application/json; charset=utf-8"), 201);
}

TEST(Write, PutAndPatchChangeWhatWasSent) {
  ServiceTest t;
  for (const char* verb : {"PUT", "PATCH"}) {
    const auto answer =
        t.Send(verb, "/AdminService/wmi/SMS_ImagePackage('XYZ00001')", R"({"Description":"new"})");
    ASSERT_EQ(answer.status, 200) << answer.text;
    EXPECT_TRUE(
        answer.json().at("@odata.context").as_string().ends_with("#SMS_ImagePackage/$entity"));
    EXPECT_EQ(answer.json().at("Description").as_string(), "new");
    EXPECT_EQ(answer.json().at("SourceVersion").as_int64(), 3);
    EXPECT_FALSE(t.provider.put->IsSet("Name"));
  }
  EXPECT_EQ(t.Send("PUT", "/AdminService/wmi/SMS_ImagePackage('NONE')", "{}").status, 404);
  EXPECT_EQ(
      t.Send("PUT", "/AdminService/wmi/SMS_ImagePackage('XYZ00001')", R"({"PackageID":"XYZ00002"})")
          .status,
      400);
}

TEST(Write, MinimalAnswersOnRequest) {
  ServiceTest t;
  const auto updated = t.Send("PATCH", "/AdminService/wmi/SMS_ImagePackage('XYZ00001')",
                              R"({"Description":"new"})", {{"Prefer", "return=minimal"}});
  EXPECT_EQ(updated.status, 204);
  EXPECT_TRUE(updated.text.empty());
  EXPECT_EQ(updated.headers.Get("Preference-Applied"), "return=minimal");
  const auto created = t.Send("POST", "/AdminService/wmi/SMS_ImageServicingSchedule", "{}",
                              {{"Prefer", "return=minimal"}});
  EXPECT_EQ(created.status, 204);
  EXPECT_TRUE(created.headers.Get("Location").ends_with("(16777217)"));
}

TEST(Write, AListedObjectSentBackWipesNothing) {
  ServiceTest t;
  const auto listed = t.Get("/AdminService/wmi/SMS_ImagePackage").json().at("value").at(0);
  const auto put = t.Send("PUT", "/AdminService/wmi/SMS_ImagePackage('XYZ00001')",
                          boost::json::serialize(listed));
  ASSERT_EQ(put.status, 200) << put.text;
  EXPECT_FALSE(t.provider.put->IsSet("ImageProperty"));
  EXPECT_FALSE(t.provider.put->IsSet("RefreshSchedule"));
  EXPECT_TRUE(t.provider.put->IsSet("Name"));
  // An object fetched by key may lose its schedule on purpose.
  auto fetched = t.Get("/AdminService/wmi/SMS_ImagePackage/XYZ00001").json().at("value").at(0);
  const auto same = t.Send("PUT", "/AdminService/wmi/SMS_ImagePackage('XYZ00001')",
                           boost::json::serialize(fetched));
  ASSERT_EQ(same.status, 200) << same.text;
  EXPECT_EQ((*t.provider.put)["RefreshSchedule"].AsArray()->size(), 1U);
  fetched.as_object()["RefreshSchedule"] = boost::json::array();
  t.Send("PUT", "/AdminService/wmi/SMS_ImagePackage('XYZ00001')", boost::json::serialize(fetched));
  EXPECT_TRUE(t.provider.put->IsSet("RefreshSchedule"));
}

TEST(Write, DeleteIs204WithoutBody) {
  ServiceTest t;
  const auto gone = t.Send("DELETE", "/AdminService/wmi/SMS_ImagePackage/XYZ00001");
  EXPECT_EQ(gone.status, 204);
  EXPECT_TRUE(gone.text.empty());
  EXPECT_EQ(t.Send("DELETE", "/AdminService/wmi/SMS_ImagePackage('XYZ00001')").status, 404);
  EXPECT_EQ(t.provider.objects.size(), 4U);
}

TEST(Write, EmbeddedObjectsAreOfTheClassTheyName) {
  ServiceTest t;
  const auto put = [&](std::string token) {
    return t.Send("PATCH", "/AdminService/wmi/SMS_ImagePackage/XYZ00001",
                  R"({"RefreshSchedule":)" + token + "}");
  };
  const auto one = put(
      R"([{"@odata.type":"#AdminService.SMS_ST_NonRecurring","StartTime":"2026-11-20T01:00:00Z","IsGMT":"false"}])");
  ASSERT_EQ(one.status, 200) << one.text;
  const auto& tokens = *(*t.provider.put)["RefreshSchedule"].AsArray();
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_EQ(tokens[0].AsObject()->cls().name(), "SMS_ST_NonRecurring");
  EXPECT_EQ((*tokens[0].AsObject())["StartTime"].AsDate()->ToIso(), "2026-11-20T01:00:00Z");
  // One element without its array; the class by __CLASS.
  EXPECT_EQ(put(R"({"__CLASS":"SMS_ST_RecurWeekly","Day":2})").status, 200);
  EXPECT_EQ((*t.provider.put)["RefreshSchedule"].AsArray()->size(), 1U);

  EXPECT_EQ(put(R"([{"StartTime":"2026-11-20T01:00:00Z"}])").status, 400);  // abstract
  EXPECT_NE(put(R"([{}])").message().find("@odata.type"), std::string::npos);
  EXPECT_EQ(put(R"([{"@odata.type":"#AdminService.SMS_EmbeddedProperty"}])").status, 400);
  EXPECT_EQ(put(R"([{"@odata.type":"#AdminService.NoSuch"}])").status, 400);
  EXPECT_EQ(put(R"([{"@odata.type":5}])").status, 400);
  EXPECT_EQ(put(R"([{"@odata.type":"#AdminService.SMS_ST_NonRecurring","Wrong":1}])").status, 400);
  EXPECT_EQ(put(R"([[]])").status, 400);
}

TEST(Write, BinaryIsBase64OrNumbers) {
  ServiceTest t;
  const auto patch = [&](std::string value) {
    return t
        .Send("PATCH", "/AdminService/wmi/SMS_ImagePackage/XYZ00001",
              R"({"ISVData":)" + value + "}")
        .status;
  };
  EXPECT_EQ(patch(R"("Af8=")"), 200);
  const auto first = (*t.provider.put)["ISVData"];
  EXPECT_EQ(patch("[1,255]"), 200);
  EXPECT_EQ((*t.provider.put)["ISVData"], first);
  EXPECT_EQ(patch(R"("not base64!")"), 400);
  EXPECT_EQ(patch("[256]"), 400);
}

TEST(Methods, StaticMethodsTakeJsonAndAnswerParameters) {
  ServiceTest t;
  std::optional<cim::Instance> seen;
  t.provider.on_invoke = [&](const cim::ObjectPath& path, std::string_view method,
                             const cim::Instance& in) -> Result<cim::Instance> {
    EXPECT_EQ(path.Relative(), "SMS_ScheduleMethods");
    EXPECT_EQ(method, "WriteToString");
    seen = in;
    cim::Instance out(TestSchema().Find("SMS_ScheduleMethods")->FindMethod(method)->out_class);
    out.SetRaw("ReturnValue", Value::Int(0));
    out.SetRaw("StringData", Value::String("0034BE0000080000"));
    return out;
  };
  const std::string token =
      R"({"@odata.type":"#AdminService.SMS_ST_NonRecurring","StartTime":"2026-11-20T01:00:00Z","IsGMT":false})";
  for (const auto& tokens : {"[" + token + "]", token}) {
    const auto answer = t.Post("/AdminService/wmi/SMS_ScheduleMethods.WriteToString",
                               R"({"TokenData":)" + tokens + "}");
    ASSERT_EQ(answer.status, 201) << answer.text;
    EXPECT_EQ(answer.text,
              R"({"@odata.context":"https://srv/AdminService/wmi/$metadata#__PARAMETERS",)"
              R"("ReturnValue":0,"StringData":"0034BE0000080000"})");
    ASSERT_EQ((*seen)["TokenData"].AsArray()->size(), 1U);
  }
  EXPECT_EQ(t.Post("/AdminService/wmi/sms_schedulemethods.writetostring", R"({"Wrong":1})").status,
            400);
  // The strict metadata's name, and the form of bound operations.
  for (const char* target : {"/AdminService/wmi/SMS_ScheduleMethods_WriteToString",
                             "/AdminService/wmi/SMS_ScheduleMethods/AdminService.WriteToString"}) {
    EXPECT_EQ(t.Post(target, R"({"TokenData":[]})").status, 201) << target;
  }
}

TEST(Methods, InstanceMethodsTakeBothKeyForms) {
  ServiceTest t;
  std::string path;
  t.provider.on_invoke = [&](const cim::ObjectPath& of, std::string_view method,
                             const cim::Instance&) -> Result<cim::Instance> {
    path = of.Relative();
    cim::Instance out(TestSchema().Find("SMS_ImagePackage")->FindMethod(method)->out_class);
    out.SetRaw("ReturnValue", Value::Int(0));
    return out;
  };
  for (const char* target :
       {"/AdminService/wmi/SMS_ImagePackage('XYZ00001')/AdminService.RefreshPkgSource",
        "/AdminService/wmi/sms_imagepackage/XYZ00001/adminservice.refreshpkgsource"}) {
    path.clear();
    EXPECT_EQ(t.Post(target, {}).status, 201) << target;  // no body, no content type
    EXPECT_EQ(path, R"(SMS_ImagePackage.PackageID="XYZ00001")");
    EXPECT_EQ(t.Post(target, "{}").status, 201);
    EXPECT_EQ(t.Get(target).status, 405);
  }
  EXPECT_EQ(t.Post("/AdminService/wmi/SMS_ImagePackage.RefreshPkgSource", "{}").status, 404);
}

TEST(Methods, GetCallsStaticMethodsWithoutInput) {
  ServiceTest t;
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage.GetNextID").status, 200);
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage.GetNextID()").status, 200);
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage.SetNextID").status, 405);
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage.SetNextID(NextID=5)").status, 501);
}

TEST(Methods, OptionalParametersMayBeMissing) {
  ServiceTest t;
  t.provider.on_invoke = [&](const cim::ObjectPath&, std::string_view method,
                             const cim::Instance& in) -> Result<cim::Instance> {
    EXPECT_FALSE(in.IsSet("PackageType"));
    EXPECT_EQ(in["PackageID"].TextOr(""), "XYZ00001");
    return cim::Instance(TestSchema().Find("SMS_ImagePackage")->FindMethod(method)->out_class);
  };
  EXPECT_EQ(t.Post("/AdminService/wmi/SMS_ImagePackage.RunOfflineServicingManager",
                   R"({"SiteCode":"XYZ","ServerName":"srv","PackageID":"XYZ00001"})")
                .status,
            201);
}

TEST(Verbs, WrongOnesAre405WithAllow) {
  ServiceTest t;
  const auto allow = [&](std::string verb, std::string_view target) {
    const auto answer = t.Send(std::move(verb), target);
    EXPECT_EQ(answer.status, 405) << target;
    return std::string(answer.headers.Get("Allow"));
  };
  EXPECT_EQ(allow("DELETE", "/AdminService/wmi/SMS_ImagePackage"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(allow("POST", "/AdminService/wmi/SMS_ImagePackage('X')"),
            "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(allow("POST", "/AdminService/wmi/$metadata"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(allow("POST", "/AdminService/wmi/SMS_Identification"), "GET, HEAD, OPTIONS");  // read
  EXPECT_EQ(allow("PUT", "/AdminService/wmi/SMS_ImagePackage/$count"), "GET, HEAD, OPTIONS");
  const auto options = t.Send("OPTIONS", "/AdminService/wmi/SMS_ImagePackage");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.Get("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(t.Send("HEAD", "/AdminService/wmi/SMS_ImagePackage").status, 200);
  EXPECT_EQ(t.Send("BREW", "/AdminService/wmi/SMS_ImagePackage").status, 405);
}

TEST(Caller, HeadersBecomeTheContext) {
  ServiceTest t([](AdminServiceOptions& o) {
    o.identify = [](const http::Request&, cim::Context& c) { c.groups = {"LAB\\admins"}; };
  });
  t.Send("GET", "/AdminService/wmi/SMS_ImagePackage", {},
         {{"User-Agent", "curl/8.1 (x)"},
          {"SMS-SessionHandle", "handle"},
          {"SMS-ObjectLockContext", "{guid}"},
          {"Accept-Language", "de-DE, en;q=0.5"},
          {"SMS-InstanceCount", "5"}});
  const auto& c = t.provider.context;
  EXPECT_EQ(c.user, "LAB\\anna");
  EXPECT_EQ(c.groups.size(), 1U);
  EXPECT_EQ(c.application_name, "curl");
  EXPECT_EQ(c.machine_name, "192.0.2.7");
  EXPECT_EQ(c.locale, "MS\\1031");
  EXPECT_EQ(c.session_handle, "handle");
  EXPECT_EQ(c.object_lock_context, "{guid}");
  EXPECT_EQ(c.instance_count, 5U);
  t.Send("GET", "/AdminService/wmi/SMS_ImagePackage", {},
         {{"SMS-ApplicationName", "console"},
          {"SMS-MachineName", "PC1"},
          {"SMS-LocaleID", "MS\\1033"}});
  EXPECT_EQ(t.provider.context.application_name, "console");
  EXPECT_EQ(t.provider.context.machine_name, "PC1");
  EXPECT_EQ(t.provider.context.locale, "MS\\1033");
}

TEST(Caller, WhoIsNoAdministratorGets403) {
  ServiceTest t([](AdminServiceOptions& o) {
    o.is_administrator = [](const cim::Context& c) -> Result<bool> {
      return c.user != "LAB\\anna";
    };
  });
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage").status, 403);
  EXPECT_EQ(t.Get("/AdminService/wmi/$metadata").status, 403);
  EXPECT_TRUE(t.provider.operation.empty());
}

TEST(Caller, PagesOfOtherSitesCannotAct) {
  ServiceTest t;
  const std::vector<http::Headers::Field> cross = {{"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(
      t.Send("POST", "/AdminService/wmi/SMS_ImagePackage('XYZ00001')/AdminService.RefreshPkgSource",
             {}, cross)
          .status,
      403);
  EXPECT_EQ(t.Send("GET", "/AdminService/wmi/SMS_ImagePackage.GetNextID", {}, cross).status, 403);
  EXPECT_EQ(t.Send("GET", "/AdminService/wmi/SMS_ImagePackage", {}, cross).status, 200);
}

TEST(Caller, LinesOfTheLog) {
  ServiceTest t;
  t.Get("/AdminService/wmi/SMS_ImagePackage?$top=1");
  ASSERT_EQ(t.log.lines.size(), 2U);
  EXPECT_EQ(t.log.lines[0],
            "Processing incoming request for resource "
            "[https://srv/AdminService/wmi/SMS_ImagePackage?$top=1], method: [GET], User - "
            "[LAB\\anna]");
  EXPECT_EQ(t.log.lines[1], "Completing request with response code [200] reason [OK]");
}

TEST(Caller, LinksFollowTheHostOnlyIfItIsOne) {
  ServiceTest t;
  const auto context = [&](std::string host) {
    http::Request request;
    request.method = "GET";
    request.target = *http::ParseTarget("/AdminService/wmi/");
    request.headers.Add("Host", std::move(host));
    const auto response = t.service->Handle(request);
    return std::get<std::string>(response.body).substr(0, 60);
  };
  EXPECT_TRUE(context("[::1]:8443").starts_with(R"({"@odata.context":"http://[::1]:8443/Admin)"));
  EXPECT_TRUE(context("evil\"/x").starts_with(R"({"@odata.context":"http://SRV/Admin)"));
  ServiceTest fixed([](AdminServiceOptions& o) { o.base_url = "https://site.example.org"; });
  EXPECT_TRUE(
      fixed.Get("/AdminService/wmi/")
          .text.starts_with(
              R"({"@odata.context":"https://site.example.org/AdminService/wmi/$metadata")"));
}

}  // namespace
}  // namespace ww::adminservice
