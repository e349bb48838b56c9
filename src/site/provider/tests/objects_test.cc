// Put, Get, Delete and queries, whatever the class.
#include "site_fixture.h"
#include "wimwright/cim/status.h"

namespace ww::provider {
namespace {

class Objects : public SiteTest {};

constexpr auto kNotFound = static_cast<std::uint32_t>(cim::WbemStatus::kNotFound);

TEST_P(Objects, PackagesOfAllKindsShareOneCounter) {
  EXPECT_EQ(Put("SMS_ImagePackage", {{"Name", S("a")}}), "SMS_ImagePackage.PackageID=\"LAB00001\"");
  EXPECT_EQ(Put("SMS_SoftwareUpdatesPackage", {{"Name", S("b")}}),
            "SMS_SoftwareUpdatesPackage.PackageID=\"LAB00002\"");
  const auto all = Query("SELECT * FROM SMS_PackageBaseclass ORDER BY PackageID DESC");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].cls().name(), "SMS_SoftwareUpdatesPackage");
  EXPECT_EQ(all[0]["PackageType"].UintOr(0), 5u);
  EXPECT_EQ(Query("SELECT COUNT(*) FROM SMS_PackageBaseclass")[0]["Count"].UintOr(0), 2u);
}

TEST_P(Objects, APartialPutLeavesTheRestAlone) {
  const auto path =
      Put("SMS_ImagePackage", {{"Name", S("a")}, {"Description", S("d")}, {"Version", S("1")}});
  Put("SMS_ImagePackage", {{"PackageID", S("lab00001")}, {"Version", S("2")}});
  const auto image = Get(path);
  EXPECT_EQ(image["Description"].TextOr(""), "d");
  EXPECT_EQ(image["Version"].TextOr(""), "2");
  EXPECT_EQ(image["PackageType"].UintOr(0), 257u);
}

TEST_P(Objects, AGeneratedKeyThatDoesNotExistIsNotMade) {
  EXPECT_EQ(PutFails("SMS_ImagePackage", {{"PackageID", S("LAB0AAAA")}, {"Name", S("x")}}).hresult,
            kNotFound);
}

TEST_P(Objects, AStaleObjectIsRefused) {
  const auto path = Put("SMS_ImagePackage", {{"Name", S("a")}});
  const auto read = Get(path);
  Put("SMS_ImagePackage", {{"PackageID", S("LAB00001")}, {"Version", S("2")}});
  auto stale = read;
  const auto put = provider_->Put(stale, cim::PutMode::kCreateOrUpdate, admin_);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().hresult, static_cast<std::uint32_t>(cim::ProviderCode::kStaleObject));
}

TEST_P(Objects, QueriesPageSortAndFilter) {
  for (int i = 0; i < 25; ++i) {
    Put("SMS_ImagePackage", {{"Name", S("image " + std::to_string(i % 5))}});
  }
  cim::ODataOptions options;
  options.filter = "startswith(Name,'IMAGE 1') or Name eq 'image 2'";
  options.orderby = "PackageID desc";
  options.top = "3";
  options.skip = "1";
  const auto query = cim::ParseODataQuery("SMS_ImagePackage", options);
  ASSERT_TRUE(query);
  std::vector<std::string> ids;
  ASSERT_TRUE(provider_->ExecQuery(
      *query,
      [&](const cim::Instance& one) {
        ids.push_back(one["PackageID"].TextOr(""));
        return true;
      },
      admin_));
  EXPECT_EQ(ids, (std::vector<std::string>{"LAB00016", "LAB00012", "LAB00011"}));
  EXPECT_EQ(Query("SELECT DISTINCT Name FROM SMS_ImagePackage").size(), 5u);
  EXPECT_EQ(Query("SELECT * FROM SMS_ImagePackage WHERE Name LIKE 'image [1-2]'").size(), 10u);
  EXPECT_EQ(Query("SELECT * FROM SMS_ImagePackage WHERE Description IS NULL").size(), 0u);
}

TEST_P(Objects, JoinsWork) {
  Put("SMS_ImagePackage", {{"Name", S("a")}});
  Put("SMS_ImageServicingSchedule", {{"Action", N(1)}});
  Put("SMS_ImageServicingScheduledImage",
      {{"ImagePackageID", S("LAB00001")}, {"ScheduleID", N(16777217)}});
  const auto rows = Query(
      "SELECT i.Name, s.ScheduleID FROM SMS_ImagePackage AS i JOIN "
      "SMS_ImageServicingScheduledImage "
      "AS s ON s.ImagePackageID = i.PackageID");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ((*rows[0]["i"].AsObject())["Name"].TextOr(""), "a");
}

TEST_P(Objects, ASourceThatCannotBeReadIsRefused) {
  for (const char* source : {"/no/such/install.wim", "install.wim"}) {
    const auto error =
        PutFails("SMS_ImagePackage",
                 {{"Name", S("a")}, {"PkgSourceFlag", N(2)}, {"PkgSourcePath", S(source)}});
    EXPECT_EQ(error.hresult, static_cast<std::uint32_t>(cim::ProviderCode::kBadValue)) << source;
  }
  Put("SMS_ImagePackage", {{"Name", S("a")},
                           {"PkgSourceFlag", N(2)},
                           {"PkgSourcePath", S("\\\\srv\\src\\install.wim")}});
  const auto warnings = Query("SELECT * FROM SMS_StatusMessage WHERE MessageID = 2306");
  EXPECT_EQ(warnings.size(), 1u) << "this server cannot look into a share, and says so";
}

TEST_P(Objects, DeletedObjectsAreGone) {
  const auto path = Put("SMS_ImagePackage", {{"Name", S("a")}});
  ASSERT_TRUE(provider_->Delete(*cim::ParseObjectPath(path), admin_));
  const auto got = provider_->Get(*cim::ParseObjectPath(path), admin_);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().hresult, kNotFound);
  EXPECT_EQ(provider_->Delete(*cim::ParseObjectPath(path), admin_).error().hresult, kNotFound);
}

TEST_P(Objects, ATextCannotLeaveItsLiteral) {
  const std::string evil = "x'; DROP TABLE SMS_ImagePackage; --";
  Put("SMS_ImagePackage", {{"Name", S(evil)}});
  EXPECT_EQ(Query("SELECT * FROM SMS_ImagePackage WHERE Name = \"" + evil + "\"").size(), 1u);
  EXPECT_EQ(Query("SELECT * FROM SMS_ImagePackage WHERE Name = \"' OR 1=1 --\"").size(), 0u);
  EXPECT_EQ(Query("SELECT * FROM SMS_ImagePackage").size(), 1u);
}

TEST_P(Objects, EveryClassAnswersAQuery) {
  for (const auto& cls : schema_->classes()) {
    if (cls->embedded() || cls->name().starts_with("__")) continue;
    Query("SELECT * FROM " + cls->name());
  }
}

TEST_P(Objects, AReopenedSiteHasWhatItHad) {
  const auto path = Put("SMS_ImagePackage", {{"Name", S("a")}});
  Open();
  EXPECT_EQ(Get(path)["Name"].TextOr(""), "a");
}

WW_BOTH_BACKENDS(Objects);

}  // namespace
}  // namespace ww::provider
