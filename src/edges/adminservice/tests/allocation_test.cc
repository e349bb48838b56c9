// What arrives from outside meets the end of memory, too.
#include <gtest/gtest.h>

#include "address.h"
#include "allocation_faults.h"
#include "entity_writer.h"
#include "fake_provider.h"
#include "json_body.h"
#include "query_options.h"

namespace ww::adminservice {
namespace {

TEST(Allocation, Addresses) {
  const std::vector<std::string> segments = {
      "AdminService", "wmi", "SMS_ImageServicingScheduledImage(ImagePackageID='A long ''text'' /",
      "and more',ScheduleID=5)", "AdminService.SomeMethodWithALongName"};
  test::ExpectSurvivesEveryAllocationFault([&] { return ParseAddress(segments).has_value(); });
}

TEST(Allocation, QueryOptions) {
  const auto cls = TestSchema().Find("SMS_ImagePackage");
  test::ExpectSurvivesEveryAllocationFault([&] {
    const auto options = ParseOptions(
        "$filter=Name%20eq%20'a+long+text+that+allocates'&$select=Name,PackageID,__PATH");
    return options && ParseSelect(options->odata.select, *cls).has_value();
  });
}

TEST(Allocation, BodiesAndEntities) {
  const auto& schema = TestSchema();
  const auto cls = schema.Find("SMS_ImagePackage");
  const EntityWriter writer(schema, "SRV", "root\\sms\\site_XYZ");
  test::ExpectSurvivesEveryAllocationFault([&] {
    const auto body = ParseJsonObject(
        R"({"PackageID":"XYZ00001","Name":"a name that does not fit into itself","ISVData":"Af8=",)"
        R"("RefreshSchedule":[{"@odata.type":"#AdminService.SMS_ST_RecurInterval","DaySpan":7}]})");
    if (!body) return false;
    const auto instance = ReadEntity(*body, cls, BodyUse::kCreate, schema);
    if (!instance) return false;
    std::string out;
    writer.Append(out, *instance, {.declared = cls.get(), .by_key = true});
    return !out.empty();
  });
}

}  // namespace
}  // namespace ww::adminservice
