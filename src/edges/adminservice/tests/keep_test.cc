// Answers that are given again.
#include <gtest/gtest.h>

#include "answer_cache.h"
#include "fake_provider.h"

namespace ww::adminservice {
namespace {

constexpr std::string_view kImage = "/AdminService/wmi/SMS_ImagePackage('XYZ00001')";

TEST(Keep, AnObjectIsReadOnceWhileNothingChanges) {
  ServiceTest t;
  t.provider.version = 7;
  const auto first = t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
  const auto again = t.Ask(kImage);
  EXPECT_TRUE(t.at_once);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(again.headers, first.headers);
  EXPECT_EQ(t.provider.gets, 1);
  t.Ask(kImage, {}, {}, "HEAD");
  EXPECT_TRUE(t.at_once);
}

TEST(Keep, AnotherVersionReadsAnew) {
  ServiceTest t;
  t.provider.version = 7;
  t.Ask(kImage);
  t.provider.objects[0].SetRaw("Name", cim::Value::String("other"));
  t.provider.version = 8;
  const auto changed = t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
  EXPECT_NE(changed.text.find("\"other\""), std::string::npos);
  t.provider.version = 7;  // an old number does not bring an old answer back
  t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
}

TEST(Keep, WithoutVersionNothingIsKept) {
  ServiceTest t;
  t.Ask(kImage);
  t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
  t.provider.version = 7;
  t.Ask(kImage);
  t.provider.version.reset();  // not known at this moment
  t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
  EXPECT_EQ(t.provider.gets, 4);
}

TEST(Keep, WhatCannotBeTrustedAtOnceIsFoundByAWorker) {
  ServiceTest t;
  t.provider.version = 7;
  t.provider.slow_version = true;
  const auto first = t.Ask(kImage);
  const auto again = t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
  EXPECT_EQ(t.provider.gets, 1);
  EXPECT_EQ(again.text, first.text);
  t.provider.version = 8;
  t.Ask(kImage);
  EXPECT_EQ(t.provider.gets, 2);
}

TEST(Keep, ClassesThatDependOnMoreAreNotKept) {
  ServiceTest t;
  t.provider.version = 7;
  t.provider.may_keep = false;
  t.Ask(kImage);
  t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
}

TEST(Keep, IsForOneUserOneAddressAndOneLocale) {
  ServiceTest t;
  t.provider.version = 7;
  t.Ask(kImage);
  t.Ask(kImage, {}, "LAB\\bert");
  EXPECT_FALSE(t.at_once);
  t.Ask(kImage, {{"Accept-Language", "de"}});
  EXPECT_FALSE(t.at_once);
  t.Ask("/AdminService/wmi/SMS_ImagePackage('XYZ00001')?$select=Name");
  EXPECT_FALSE(t.at_once);
  t.Ask("/AdminService/v1.0/SMS_ImagePackage('XYZ00001')");
  EXPECT_FALSE(t.at_once);
  t.Ask(kImage);
  EXPECT_TRUE(t.at_once);
}

TEST(Keep, SessionsLocksAndLimitsAreNoBusinessOfIt) {
  for (const char* name : {"SMS-SessionHandle", "SMS-ObjectLockContext", "SMS-ContextHandle",
                           "SMS-InstanceCount", "SMS-LimitToCollectionIDs"}) {
    ServiceTest t;
    t.provider.version = 7;
    t.Ask(kImage);
    t.Ask(kImage, {{name, "5"}});
    EXPECT_FALSE(t.at_once) << name;
    EXPECT_EQ(t.provider.gets, 2) << name;
  }
}

TEST(Keep, FailuresListsAndChangesAreNotKept) {
  ServiceTest t;
  t.provider.version = 7;
  for (const char* target :
       {"/AdminService/wmi/SMS_ImagePackage('XYZ99999')", "/AdminService/wmi/SMS_ImagePackage",
        "/AdminService/wmi/SMS_ImagePackage/$count"}) {
    t.Ask(target);
    t.Ask(target);
    EXPECT_FALSE(t.at_once) << target;
  }
  t.Ask(kImage, {}, {}, "DELETE");
  t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
}

TEST(Keep, WhoIsNoLongerAnAdministratorGetsNothing) {
  bool administrator = true;
  ServiceTest t([&](AdminServiceOptions& options) {
    options.is_administrator = [&](const cim::Context&) { return Result<bool>(administrator); };
  });
  t.provider.version = 7;
  t.Ask(kImage);
  t.Ask(kImage);
  EXPECT_TRUE(t.at_once);
  administrator = false;
  t.provider.version = 8;  // as the provider counts it: roles are data
  EXPECT_EQ(t.Ask(kImage).status, 403);
  EXPECT_FALSE(t.at_once);
}

TEST(Keep, NoneAreKeptWhenThereIsNoRoom) {
  ServiceTest t([](AdminServiceOptions& options) { options.kept_answers = 0; });
  t.provider.version = 7;
  t.Ask(kImage);
  t.Ask(kImage);
  EXPECT_FALSE(t.at_once);
}

TEST(AnswerCache, StaysWithinItsBytes) {
  AnswerCache cache(64 << 10);
  const auto response = http::Response::Json(200, std::string(1000, 'x'));
  for (int i = 0; i < 1000; ++i) {
    cache.Keep("key" + std::to_string(i), 1, response);
    EXPECT_LE(cache.bytes(), 64u << 10);
    EXPECT_TRUE(cache.Find("key0", 1)) << "the one that is asked for stays";
  }
  EXPECT_TRUE(cache.Find("key999", 1));
  EXPECT_FALSE(cache.Find("key1", 1));
  cache.Keep("large", 1, http::Response::Json(200, std::string(8 << 10, 'x')));
  EXPECT_FALSE(cache.Find("large", 1));
  cache.Keep("new", 2, response);
  EXPECT_LT(cache.bytes(), 2000u) << "what is of another version goes";
  cache.Keep("late", 1, response);
  EXPECT_FALSE(cache.Find("late", 1));
}

}  // namespace
}  // namespace ww::adminservice
