#include "site_fixture.h"
#include "wimwright/cim/status.h"

namespace ww::provider {
namespace {

class Security : public SiteTest {
 protected:
  cim::Context As(std::string_view name, std::string_view role, std::string_view scope) {
    Put("SMS_Admin",
        {{"LogonName", S(name)},
         {"Permissions", cim::Value::Of({Object("SMS_APermission", {{"RoleID", S(role)},
                                                                    {"CategoryID", S(scope)}})})}});
    cim::Context context;
    context.user = name;
    return context;
  }
};

TEST_P(Security, AnObjectOfAnotherScopeIsNotThere) {
  const auto seen = Put("SMS_ImagePackage", {{"Name", S("seen")}});
  const auto hidden = Put("SMS_ImagePackage", {{"Name", S("hidden")}});
  const auto scope = Put("SMS_SecuredCategory", {{"CategoryName", S("team")}});
  const auto id = Get(scope)["CategoryID"].TextOr("");
  Put("SMS_SecuredCategoryMembership",
      {{"CategoryID", S(id)}, {"ObjectKey", S("LAB00001")}, {"ObjectTypeID", N(18)}});
  const auto member = As("LAB\\member", "SMS000AR", id);
  const auto found = QueryAs("SELECT * FROM SMS_ImagePackage", member);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["Name"].TextOr(""), "seen");
  const auto got = provider_->Get(*cim::ParseObjectPath(hidden), member);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().hresult, static_cast<std::uint32_t>(cim::WbemStatus::kNotFound));
  EXPECT_EQ(QueryAs("SELECT COUNT(*) FROM SMS_ImagePackage", member)[0]["Count"].UintOr(9), 1u);
  EXPECT_FALSE(provider_->Delete(*cim::ParseObjectPath(hidden), member));
  EXPECT_TRUE(provider_->Get(*cim::ParseObjectPath(seen), member));
}

TEST_P(Security, AnAnalystReadsAndChangesNothing) {
  const auto path = Put("SMS_ImagePackage", {{"Name", S("a")}});
  const auto analyst = As("LAB\\analyst", "SMS0002R", "SMS00ALL");
  EXPECT_TRUE(provider_->Get(*cim::ParseObjectPath(path), analyst));
  const auto put = provider_->Put(New("SMS_ImagePackage", {{"Name", S("b")}}),
                                  cim::PutMode::kCreateOrUpdate, analyst);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().hresult, static_cast<std::uint32_t>(cim::ProviderCode::kAccessDenied));
  EXPECT_FALSE(provider_->Delete(*cim::ParseObjectPath(path), analyst));
}

TEST_P(Security, WhoIsNoAdministratorGetsNothing) {
  cim::Context stranger;
  stranger.user = "LAB\\stranger";
  EXPECT_FALSE(*provider_->IsAdministrator(stranger));
  const auto done = cim::ExecWql(
      *provider_, "SELECT * FROM SMS_ImagePackage", [](const auto&) { return true; }, stranger);
  EXPECT_FALSE(done);
}

// What is remembered of rights must not outlive a change by another server of the site. On SQLite
// that is seen at once; the test's clock stands still, so that time alone forgets nothing.
TEST_P(Security, ARightThatAnotherServerTookIsGone) {
  if (GetParam() != database::Backend::kSqlite) GTEST_SKIP() << "seen after a moment there";
  const auto path = Put("SMS_ImagePackage", {{"Name", S("a")}});
  const auto analyst = As("LAB\\analyst", "SMS0002R", "SMS00ALL");
  ASSERT_TRUE(provider_->Get(*cim::ParseObjectPath(path), analyst));
  EXPECT_TRUE(*provider_->IsAdministrator(analyst));
  const auto here = provider_->Version();
  ASSERT_TRUE(here);

  auto database = *database::Database::Open("sqlite:" + (folder_.path() / "site.db").string());
  ProviderOptions options;
  options.schema = schema_.get();
  options.database = database.get();
  options.files = &RealFileSystem();
  options.clock = &clock_;
  auto other = *SiteProvider::Open(options);
  const auto admins = Query("SELECT * FROM SMS_Admin WHERE LogonName = 'LAB\\\\analyst'");
  ASSERT_EQ(admins.size(), 1u);
  ASSERT_TRUE(other->Delete(*cim::PathOf(admins[0]), admin_));

  EXPECT_NE(provider_->Version(), here);
  EXPECT_FALSE(provider_->Get(*cim::ParseObjectPath(path), analyst));
  EXPECT_FALSE(*provider_->IsAdministrator(analyst));
}

TEST_P(Security, WhatFollowsFromRowsMayBeKept) {
  EXPECT_TRUE(provider_->MayKeep(*schema_->Find("SMS_ImagePackage")));
  EXPECT_TRUE(provider_->MayKeep(*schema_->Find("SMS_ImageServicingSchedule")));
  EXPECT_FALSE(provider_->MayKeep(*schema_->Find("SMS_ImageInformation"))) << "it is computed";
}

TEST_P(Security, TheLastFullAdministratorStays) {
  const auto admins = Query("SELECT * FROM SMS_Admin");
  ASSERT_EQ(admins.size(), 1u);
  EXPECT_FALSE(provider_->Delete(*cim::PathOf(admins[0]), admin_));
}

TEST_P(Security, BuiltInRolesAreThereAndStay) {
  EXPECT_EQ(Query("SELECT * FROM SMS_Role").size(), 14u);
  EXPECT_FALSE(provider_->Delete(*cim::ParseObjectPath("SMS_Role.RoleID=\"SMS0001R\""), admin_));
}

TEST_P(Security, ALockKeepsOthersOut) {
  const auto path = Put("SMS_ImagePackage", {{"Name", S("a")}});
  auto other = As("LAB\\other", "SMS0001R", "SMS00ALL");
  other.object_lock_context = "{1}";
  other.machine_name = "PC2";
  auto arguments = *cim::NewInParameters(*schema_->Find("SMS_ObjectLock"), "RequestLock");
  ASSERT_TRUE(arguments.Set("ObjectRelPath", S(path)));
  const auto lock =
      provider_->Invoke(*cim::ParseObjectPath("SMS_ObjectLock"), "RequestLock", arguments, other);
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_EQ((*lock)["RequestState"].UintOr(0), 10u);
  const auto error =
      PutFails("SMS_ImagePackage", {{"PackageID", S("LAB00001")}, {"Version", S("2")}});
  EXPECT_EQ(error.hresult, static_cast<std::uint32_t>(cim::ProviderCode::kLocked));
}

// A role without status messages sees them under none of their names.
TEST_P(Security, EveryFaceOfStatusMessagesIsGuarded) {
  Put("SMS_ImagePackage", {{"Name", S("a")}});  // leaves an audit message
  const auto role =
      Put("SMS_Role",
          {{"RoleName", S("images only")},
           {"Operations",
            cim::Value::Of({Object("SMS_ARoleOperation",
                                   {{"ObjectTypeID", N(18)}, {"GrantedOperations", N(3)}})})}});
  const auto member = As("LAB\\member", Get(role)["RoleID"].TextOr(""), "SMS00ALL");
  for (const char* cls :
       {"SMS_StatusMessage", "SMS_StatMsg", "SMS_StatMsgWithInsStrings", "SMS_StatMsgInsStrings",
        "SMS_StatMsgAttributes", "SMS_StatAttr", "SMS_StatInsStr"}) {
    const auto wql = std::string("SELECT * FROM ") + cls;
    EXPECT_FALSE(Query(wql).empty()) << cls;
    EXPECT_TRUE(QueryAs(wql, member).empty()) << cls;
  }
}

TEST_P(Security, AnObjectThatCannotBeSeenCannotBeLocked) {
  const auto path = Put("SMS_ImagePackage", {{"Name", S("a")}});
  const auto scope = Get(Put("SMS_SecuredCategory", {{"CategoryName", S("other")}}));
  auto member = As("LAB\\member", "SMS000AR", scope["CategoryID"].TextOr(""));
  member.object_lock_context = "{1}";
  member.machine_name = "PC2";
  auto arguments = *cim::NewInParameters(*schema_->Find("SMS_ObjectLock"), "RequestLock");
  ASSERT_TRUE(arguments.Set("ObjectRelPath", S(path)));
  const auto lock =
      provider_->Invoke(*cim::ParseObjectPath("SMS_ObjectLock"), "RequestLock", arguments, member);
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_EQ((*lock)["LockState"].UintOr(0), 5u) << "not found";
  Put("SMS_ImagePackage", {{"PackageID", S("LAB00001")}, {"Version", S("2")}});
}

WW_BOTH_BACKENDS(Security);

}  // namespace
}  // namespace ww::provider
