#include <gtest/gtest.h>

#include <algorithm>

#include "fake_provider.h"
#include "wimwright/base/windows_code.h"
#include "wimwright/cim/status.h"

namespace ww::adminservice {
namespace {

// Member names of an object, in order.
std::vector<std::string> Names(const boost::json::value& object) {
  std::vector<std::string> out;
  for (const auto& member : object.as_object()) out.emplace_back(member.key());
  return out;
}
std::string Text(const boost::json::value& value) { return boost::json::serialize(value); }
std::ptrdiff_t At(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) - names.begin();
}

TEST(Read, AListHasContextAndValueOnly) {
  ServiceTest t;
  const auto answer = t.Get("/AdminService/wmi/SMS_ImagePackage");
  ASSERT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.text.starts_with(
      R"({"@odata.context":"https://srv/AdminService/wmi/$metadata#SMS_ImagePackage","value":[{)"
      R"("@odata.etag":"XYZ00001","__LAZYPROPERTIES":["__QUALIFIER_SECURITYVERBS",)"))
      << answer.text.substr(0, 300);
  EXPECT_EQ(answer.json().at("value").as_array().size(), 2U);
  EXPECT_EQ(answer.headers.Get("OData-Version"), "4.0");
  EXPECT_TRUE(answer.headers.Get("Content-Type").starts_with("application/json"));
}

TEST(Read, MembersStandInTheDocumentedOrder) {
  ServiceTest t;
  const auto object = t.Get("/AdminService/wmi/SMS_ImagePackage").json().at("value").at(0);
  const auto names = Names(object);
  EXPECT_EQ(names[0], "@odata.etag");
  EXPECT_EQ(names[1], "__LAZYPROPERTIES");
  EXPECT_EQ(names[2], "__QUALIFIER_SECURITYVERBS");
  const auto genus = At(names, "__GENUS");
  const std::vector<std::string> system(names.begin() + genus, names.begin() + genus + 10);
  EXPECT_EQ(system, (std::vector<std::string>{"__GENUS", "__CLASS", "__SUPERCLASS", "__DYNASTY",
                                              "__RELPATH", "__PROPERTY_COUNT", "__DERIVATION",
                                              "__SERVER", "__NAMESPACE", "__PATH"}));
  EXPECT_LT(At(names, "PackageID"), genus);
  EXPECT_LT(At(names, "SecuredScopeNames"), genus);  // an array, but of texts
  EXPECT_GT(At(names, "RefreshSchedule"), genus + 9);
  // Schema order before.
  const auto cls = TestSchema().Find("SMS_ImagePackage");
  std::ptrdiff_t last = 2;
  for (const auto& property : cls->properties()) {
    if (property.type.type == cim::CimType::kObject) continue;
    EXPECT_GT(At(names, property.name), last) << property.name;
    last = At(names, property.name);
  }
  EXPECT_EQ(last + 1, genus);
}

TEST(Read, SystemPropertiesSayWhereTheObjectIs) {
  ServiceTest t;
  const auto object = t.Get("/AdminService/wmi/SMS_ImagePackage").json().at("value").at(0);
  EXPECT_EQ(Text(object.at("__GENUS")), "2");
  EXPECT_EQ(Text(object.at("__CLASS")), R"("SMS_ImagePackage")");
  EXPECT_EQ(Text(object.at("__SUPERCLASS")), R"("SMS_PackageBaseclass")");
  EXPECT_EQ(Text(object.at("__DYNASTY")), R"("SMS_BaseClass")");
  EXPECT_EQ(Text(object.at("__DERIVATION")), R"(["SMS_PackageBaseclass","SMS_BaseClass"])");
  EXPECT_EQ(object.at("__RELPATH").as_string(), R"(SMS_ImagePackage.PackageID="XYZ00001")");
  EXPECT_EQ(object.at("__SERVER").as_string(), "SRV");
  EXPECT_EQ(object.at("__NAMESPACE").as_string(), R"(root\sms\site_XYZ)");
  EXPECT_EQ(object.at("__PATH").as_string(),
            R"(\\SRV\root\sms\site_XYZ:SMS_ImagePackage.PackageID="XYZ00001")");
  EXPECT_EQ(object.at("__PROPERTY_COUNT").as_int64(),
            static_cast<std::int64_t>(TestSchema().Find("SMS_ImagePackage")->properties().size()));
}

TEST(Read, LazyPropertiesAreEmptyInListsAndFilledByKey) {
  ServiceTest t;
  const auto listed = t.Get("/AdminService/wmi/SMS_ImagePackage").json().at("value").at(0);
  EXPECT_TRUE(listed.at("ImageProperty").is_null());
  EXPECT_EQ(Text(listed.at("RefreshSchedule")), "[]");
  EXPECT_TRUE(listed.at("__QUALIFIER_SECURITYVERBS").is_null());
  EXPECT_TRUE(listed.at("ExtendedData").is_null());  // uint8[]: Edm.Binary

  const auto answer = t.Get("/AdminService/wmi/SMS_ImagePackage('XYZ00001')").json();
  EXPECT_EQ(answer.at("@odata.context").as_string(),
            "https://srv/AdminService/wmi/$metadata#SMS_ImagePackage");
  ASSERT_EQ(answer.at("value").as_array().size(), 1U);
  const auto object = answer.at("value").at(0);
  EXPECT_EQ(object.at("ImageProperty").as_string(), "<WIM/>");
  EXPECT_EQ(Text(object.at("__QUALIFIER_SECURITYVERBS")), "-1");
  const auto token = object.at("RefreshSchedule").at(0);
  EXPECT_EQ(Names(token)[0], "@odata.type");
  EXPECT_EQ(token.at("@odata.type").as_string(), "#AdminService.SMS_ST_RecurInterval");
  EXPECT_EQ(Text(token.at("DaySpan")), "7");
}

TEST(Read, TypesAreThoseOfTheService) {
  ServiceTest t;
  t.provider.objects[0].SetRaw("ISVData",
                               cim::Value::Of({cim::Value::Uint(1), cim::Value::Uint(255)}));
  const auto object = t.Get("/AdminService/wmi/SMS_ImagePackage/XYZ00001").json().at("value").at(0);
  EXPECT_EQ(Text(object.at("SourceVersion")), "3");
  EXPECT_EQ(Text(object.at("SourceDate")), R"("2026-01-31T02:30:00Z")");
  EXPECT_EQ(Text(object.at("Name")), R"("Windows 11 \"Enterprise\"")");
  EXPECT_EQ(Text(object.at("ISVData")), R"("Af8=")");
  const auto location = t.Get("/AdminService/wmi/SMS_ProviderLocation").json().at("value").at(0);
  EXPECT_EQ(Text(location.at("ProviderForLocalSite")), "true");
  EXPECT_EQ(location.at("__NAMESPACE").as_string(), R"(root\sms)");
}

TEST(Read, EveryKeyFormFindsTheObject) {
  ServiceTest t;
  for (const char* target : {"/AdminService/wmi/SMS_ImagePackage('XYZ00001')",
                             "/adminservice/WMI/sms_imagepackage/xyz00001",
                             "/AdminService/v1.0/SMS_ImagePackage(packageid='XYZ00001')",
                             "/AdminService/wmi/SMS_ImagePackage(%27XYZ00001%27)/",
                             "/AdminService_TokenAuth/wmi/SMS_ImagePackage/XYZ00001"}) {
    const auto answer = t.Get(target);
    EXPECT_EQ(answer.status, 200) << target << answer.text;
    EXPECT_EQ(answer.json().at("value").at(0).at("__CLASS").as_string(), "SMS_ImagePackage");
  }
  for (const char* target : {"/AdminService/wmi/SMS_ImageServicingSchedule(16777300)",
                             "/AdminService/wmi/SMS_ImageServicingSchedule('16777300')",
                             "/AdminService/wmi/SMS_ImageServicingSchedule/16777300",
                             "/AdminService/wmi/SMS_ImageServicingScheduledImage(ImagePackageID='"
                             "XYZ00001',ScheduleID=16777300)",
                             "/AdminService/wmi/SMS_ImageServicingScheduledImage(scheduleid="
                             "16777300,%20ImagePackageID='XYZ00001')"}) {
    EXPECT_EQ(t.Get(target).status, 200) << target;
  }
  const auto pair = t.Get("/AdminService/wmi/SMS_ImageServicingScheduledImage");
  EXPECT_EQ(pair.json().at("value").at(0).at("@odata.etag").as_string(), "XYZ00001;16777300");
}

TEST(Read, OptionsBecomeTheQuery) {
  ServiceTest t;
  const auto names = [&](std::string_view query) {
    std::string out;
    const auto answer = t.Get("/AdminService/wmi/SMS_ImagePackage/?" + std::string(query));
    EXPECT_EQ(answer.status, 200) << answer.text;
    const auto json = answer.json();
    for (const auto& object : json.at("value").as_array()) {
      out += std::string(object.at("PackageID").as_string().c_str()) + " ";
    }
    return out;
  };
  EXPECT_EQ(names("$filter=SourceVersion%20gt%202"), "XYZ00001 ");
  EXPECT_EQ(names("%24filter=startswith(Name,'serv')+eq+true"), "XYZ00002 ");
  EXPECT_EQ(names("$orderby=Name"), "XYZ00002 XYZ00001 ");
  EXPECT_EQ(names("$orderby=PackageID%20desc&$top=1"), "XYZ00002 ");
  EXPECT_EQ(names("$orderby=PackageID&$skip=1&other=1"), "XYZ00002 ");
  EXPECT_EQ(names("$top=0"), "");
  EXPECT_EQ(names("$format=json"), "XYZ00001 XYZ00002 ");
}

TEST(Read, SelectLeavesWhatWasAskedForAndTheEtag) {
  ServiceTest t;
  const auto answer =
      t.Get("/AdminService/wmi/SMS_ImagePackage?$select=name,__RELPATH&$filter=SourceVersion+eq+3");
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.json().at("@odata.context").as_string(),
            "https://srv/AdminService/wmi/$metadata#SMS_ImagePackage(Name,__RELPATH)");
  const auto object = answer.json().at("value").at(0);
  EXPECT_EQ(Names(object), (std::vector<std::string>{"@odata.etag", "Name", "__RELPATH"}));
  EXPECT_EQ(object.at("__RELPATH").as_string(), R"(SMS_ImagePackage.PackageID="XYZ00001")");

  const auto by_key = t.Get("/AdminService/wmi/SMS_ImagePackage/XYZ00001?$select=ImageProperty");
  EXPECT_EQ(Names(by_key.json().at("value").at(0)),
            (std::vector<std::string>{"@odata.etag", "ImageProperty"}));
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage?$select=Nonsense").status, 400);
  EXPECT_EQ(
      Names(t.Get("/AdminService/wmi/SMS_ImagePackage?$select=Name,*").json().at("value").at(0))
          .size(),
      Names(t.Get("/AdminService/wmi/SMS_ImagePackage").json().at("value").at(0)).size());
}

TEST(Read, CountsAsTextAndInline) {
  ServiceTest t;
  const auto count = t.Get("/AdminService/wmi/SMS_ImagePackage/$count");
  EXPECT_EQ(count.text, "2");
  EXPECT_TRUE(count.headers.Get("Content-Type").starts_with("text/plain"));
  EXPECT_EQ(
      t.Get("/AdminService/wmi/SMS_ImagePackage/$count?$filter=SourceVersion+eq+1&$top=9").text,
      "1");
  const auto list = t.Get("/AdminService/wmi/SMS_ImagePackage?$count=true&$top=1").json();
  EXPECT_EQ(Names(list), (std::vector<std::string>{"@odata.context", "@odata.count", "value"}));
  EXPECT_EQ(Text(list.at("@odata.count")), "2");
  EXPECT_EQ(list.at("value").as_array().size(), 1U);
}

TEST(Read, ObjectsOfSubclassesTellTheirType) {
  ServiceTest t;
  const auto list = t.Get("/AdminService/wmi/SMS_PackageBaseclass").json();
  ASSERT_EQ(list.at("value").as_array().size(), 2U);
  const auto object = list.at("value").at(0);
  EXPECT_EQ(Names(object)[0], "@odata.type");
  EXPECT_EQ(object.at("@odata.type").as_string(), "#AdminService.SMS_ImagePackage");
  EXPECT_TRUE(object.as_object().contains("ImageProperty"));
}

TEST(Read, RefusesOptionsByName) {
  ServiceTest t;
  const auto refused = [&](std::string_view query, int status, std::string_view part) {
    const auto answer = t.Get("/AdminService/wmi/SMS_ImagePackage?" + std::string(query));
    EXPECT_EQ(answer.status, status) << query;
    EXPECT_NE(answer.message().find(part), std::string::npos) << answer.text;
  };
  refused("$filtre=1", 400, "$filtre");
  refused("$expand=Collection", 501, "$expand");
  refused("$search=x", 501, "$search");
  refused("$top=x", 400, "$top");
  refused("$top=1&$top=2", 400, "twice");
  refused("$count=maybe", 400, "$count");
  refused("$format=atom", 400, "$format");
  refused("$filter=Nonsense%20eq%201", 400, "WMI QUERY: SELECT");
  refused("$filter=Name%20eq", 400, "WMI QUERY: SELECT");
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage/XYZ00001?$filter=a%20eq%201").status, 400);
  EXPECT_EQ(t.Post("/AdminService/wmi/SMS_ImageServicingSchedule?$top=1", "{}").status, 400);
}

TEST(Read, TextsInFiltersStayTexts) {
  ServiceTest t;
  for (const char* attack : {"x'' or 1 eq 1 or Name eq ''", "'' UNION SELECT 1 --", "%25", "_"}) {
    std::string quoted;
    for (const char c : std::string_view(attack))
      quoted += c == ' ' ? std::string("%20") : std::string(1, c);
    const auto answer =
        t.Get("/AdminService/wmi/SMS_ImagePackage?$filter=Name%20eq%20'" + quoted + "'");
    EXPECT_EQ(answer.status, 200) << answer.text;
    EXPECT_TRUE(answer.json().at("value").as_array().empty()) << attack;
  }
}

TEST(Read, MissingThingsAre404) {
  ServiceTest t;
  for (const char* target :
       {"/AdminService/wmi/SMS_ImagePackage('NONE')", "/AdminService/wmi/NoSuchClass",
        "/AdminService/v1.0/Device", "/AdminService/v2/SMS_ImagePackage",
        "/AdminService/wmi/SMS_ST_NonRecurring", "/AdminService/wmi/SMS_ImagePackage.NoSuch",
        "/AdminService/wmi/SMS_ImagePackage('XYZ00001')/AdminService.NoSuch"}) {
    const auto answer = t.Get(target);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_EQ(answer.json().at("error").at("code").as_string(), "404");
    EXPECT_FALSE(answer.message().empty());
  }
}

TEST(Read, MalformedKeysAre400) {
  ServiceTest t;
  for (const char* target :
       {"/AdminService/wmi/SMS_ImageServicingSchedule('abc')",
        "/AdminService/wmi/SMS_ImagePackage('XYZ00001", "/AdminService/wmi/SMS_ImagePackage(a=)",
        "/AdminService/wmi/SMS_ImageServicingScheduledImage/XYZ00001",
        "/AdminService/wmi/SMS_ImageServicingScheduledImage(ScheduleID=1)",
        "/AdminService/wmi/SMS_ImagePackage(Wrong='x')"}) {
    EXPECT_EQ(t.Get(target).status, 400) << target;
  }
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage('XYZ00001')/Name").status, 501);
}

TEST(Read, ErrorsCarryTheExtendedStatus) {
  ServiceTest t;
  t.provider.fail = cim::ProviderError(cim::ProviderCode::kLocked, "somebody edits it");
  const auto answer = t.Get("/AdminService/wmi/SMS_ImagePackage('XYZ00001')");
  EXPECT_EQ(answer.status, 409);
  const auto status = answer.json().at("error").at("SMS_ExtendedStatus");
  for (const auto& property : TestSchema().Find("SMS_ExtendedStatus")->properties()) {
    EXPECT_TRUE(status.as_object().contains(property.name)) << property.name;
  }
  EXPECT_EQ(Text(status.at("ErrorCode")), "1078462258");
  EXPECT_EQ(Text(status.at("StatusCode")), "2147749889");
  EXPECT_EQ(status.at("Operation").as_string(), "GetObject");
  EXPECT_EQ(status.at("ParameterInfo").as_string(), R"(SMS_ImagePackage.PackageID="XYZ00001")");
  EXPECT_EQ(status.at("ObjectInfo").as_string(), "CObjectLock");
}

TEST(Read, StatusFollowsTheError) {
  ServiceTest t;
  const auto status = [&](Error error) {
    t.provider.fail = std::move(error);
    return t.Get("/AdminService/wmi/SMS_ImagePackage").status;
  };
  using cim::ProviderCode;
  using cim::WbemStatus;
  EXPECT_EQ(status(cim::WbemError(WbemStatus::kAccessDenied, "Access denied")), 404);
  EXPECT_EQ(t.Get("/AdminService/wmi/SMS_ImagePackage").message(),
            "Access denied  WMI QUERY: SELECT * FROM SMS_ImagePackage");
  EXPECT_EQ(status(cim::ProviderError(ProviderCode::kAccessDenied, "no")), 404);
  EXPECT_EQ(status(cim::ProviderError(ProviderCode::kBusy, "no")), 409);
  EXPECT_EQ(status(cim::ProviderError(ProviderCode::kStaleObject, "no")), 409);
  EXPECT_EQ(status(cim::ProviderError(ProviderCode::kBadValue, "no")), 400);
  EXPECT_EQ(status(cim::WbemError(WbemStatus::kInvalidQuery, "no")), 400);
  EXPECT_EQ(status(cim::WbemError(WbemStatus::kMethodNotImplemented, "no")), 501);
  EXPECT_EQ(status(cim::WbemError(WbemStatus::kFailed, "no")), 500);
  EXPECT_EQ(status({Code::kIo, "disk", {}, 0}), 500);
  EXPECT_EQ(status({Code::kInternal, "bug", {}, 1633}), 500);
  EXPECT_EQ(status({Code::kCancelled, "stop", {}, 0}), 503);
  EXPECT_EQ(status({Code::kIo, "no database", {}, kServerUnavailable}), 503);
  EXPECT_EQ(status({Code::kIo, "done or not", {}, kOutcomeUnknown}), 503);
}

TEST(Read, LargeResultsAreStreamedWithFlatMemory) {
  ServiceTest t([](AdminServiceOptions& o) { o.buffered_result = 20'000; });
  t.provider.repeat = 200;
  const auto answer = t.Get("/AdminService/wmi/SMS_ImagePackage");
  ASSERT_TRUE(answer.streamed);
  EXPECT_TRUE(answer.stream);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("value").as_array().size(), 400U);
  EXPECT_EQ(t.provider.queries, 1);
  EXPECT_EQ(t.log.lines.back(), "Completing request with response code [200] reason [OK]");
}

TEST(Read, ADatabaseThatGoesAwayShowsOnlyWhenSomethingWasSent) {
  for (const std::size_t hold : {std::size_t{1} << 20, std::size_t{20'000}}) {
    ServiceTest t([&](AdminServiceOptions& o) { o.buffered_result = hold; });
    t.provider.repeat = 200;
    t.provider.breaks_after = 300;
    const auto answer = t.Get("/AdminService/wmi/SMS_ImagePackage");
    if (hold > 20'000) {
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.json().at("value").as_array().size(), 400U);
      EXPECT_EQ(t.provider.queries, 2);
    } else {
      EXPECT_TRUE(answer.streamed);
      EXPECT_FALSE(answer.stream) << "it is cut";
      EXPECT_EQ(t.provider.queries, 1);
    }
  }
}

TEST(Read, AStreamThatFailsIsCut) {
  ServiceTest t([](AdminServiceOptions& o) { o.buffered_result = 20'000; });
  t.provider.repeat = 2000;
  t.stream_limit = 200'000;
  const auto answer = t.Get("/AdminService/wmi/SMS_ImagePackage");
  ASSERT_TRUE(answer.streamed);
  EXPECT_FALSE(answer.stream);
  EXPECT_NE(t.log.lines.back().find("was cut"), std::string::npos);
}

TEST(Read, ServiceDocumentListsClasses) {
  ServiceTest t;
  const auto document = t.Get("/AdminService/wmi/").json();
  EXPECT_EQ(document.at("@odata.context").as_string(), "https://srv/AdminService/wmi/$metadata");
  std::size_t images = 0;
  for (const auto& set : document.at("value").as_array()) {
    EXPECT_EQ(set.at("kind").as_string(), "EntitySet");
    images += set.at("name").as_string() == "SMS_ImagePackage";
    EXPECT_NE(set.at("name").as_string(), "SMS_ST_NonRecurring");
  }
  EXPECT_EQ(images, 1U);
  EXPECT_EQ(t.Get("/AdminService/v1.0").status, 200);
  EXPECT_EQ(t.Get("/AdminService").status, 200);
}

}  // namespace
}  // namespace ww::adminservice
