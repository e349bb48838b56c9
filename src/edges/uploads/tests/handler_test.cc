#include "wimwright/uploads/handler.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "wimwright/base/text.h"

namespace ww::uploads {
namespace {

using Json = nlohmann::json;

class UploadHandlerTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           ("ww_uploads_" + std::to_string(::getpid()) + "_" +
            testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir_);
    Open();
  }
  void TearDown() override {
    uploads_.reset();
    std::filesystem::remove_all(dir_);
  }
  void Open() {
    handler_.reset();
    uploads_.reset();
    catalog::UploadLimits limits;
    limits.reserve = 0;
    limits.uploads_per_user = 3;
    limits.bytes = 1000;
    auto opened = catalog::Uploads::Open(dir_, limits, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    uploads_ = *std::move(opened);
    UploadOptions options;
    options.uploads = uploads_.get();
    options.authorize = [](const http::Request& request) -> Result<std::string> {
      if (request.user->name == "nobody") return Fail(Code::kUsage, "may not");
      return "LAB\\" + request.user->name;
    };
    handler_ = std::make_unique<UploadHandler>(std::move(options));
  }
  http::Response Ask(std::string method, std::string_view target, std::string body = {},
                     std::string user = "anna") {
    http::Request request;
    request.method = std::move(method);
    request.target = *http::ParseTarget(target);
    request.body = std::move(body);
    request.user = http::User{std::move(user), "Basic", ""};
    EXPECT_TRUE(UploadHandler::Serves(request.target));
    return handler_->Handle(request);
  }
  static Json Body(const http::Response& response) {
    return Json::parse(std::get<std::string>(response.body));
  }
  std::string Begin(std::uint64_t size, std::string sha256 = {}) {
    Json body{{"name", "update.msu"}, {"size", size}};
    if (!sha256.empty()) body["sha256"] = sha256;
    const auto response = Ask("POST", "/AdminService/uploads", body.dump());
    EXPECT_EQ(response.status, 201) << std::get<std::string>(response.body);
    return "/adminservice/UPLOADS/" + Body(response).value("id", "");
  }

  std::filesystem::path dir_;
  FixedClock clock_{TimePoint(std::chrono::hours(24 * 20000))};
  std::unique_ptr<catalog::Uploads> uploads_;
  std::unique_ptr<UploadHandler> handler_;
};

TEST_F(UploadHandlerTest, GoesOnWhereItEndedAlsoAfterARestart) {
  const auto digest = ToHex(Sha256(AsBytes("0123456789")));
  const auto path = Begin(10, digest);
  EXPECT_EQ(Body(Ask("PUT", path + "?offset=0", "01234"))["offset"], 5);
  const auto wrong = Ask("PUT", path + "?offset=0", "01234");
  EXPECT_EQ(wrong.status, 409);
  EXPECT_EQ(wrong.headers.Get("Upload-Offset"), "5");
  Open();
  EXPECT_EQ(Body(Ask("GET", path))["offset"], 5);
  EXPECT_EQ(Ask("PUT", path + "?offset=5", "56789X").status, 400) << "one byte too many";
  const auto last = Ask("PUT", path + "?offset=5", "56789");
  EXPECT_EQ(last.status, 200);
  EXPECT_TRUE(Body(last)["complete"].get<bool>());
  const auto id = Body(last).value("id", "");
  auto lease = uploads_->Take("LAB\\anna", id);
  ASSERT_TRUE(lease) << lease.error().message;
  EXPECT_EQ(std::filesystem::file_size((*lease)->path()), 10u);
  EXPECT_EQ(Ask("DELETE", path).status, 409) << "somebody works on it";
  (*lease)->Done();
  lease->reset();
  EXPECT_EQ(Ask("GET", path).status, 404);
  EXPECT_TRUE(std::filesystem::is_empty(dir_));
}

TEST_F(UploadHandlerTest, AWrongDigestEndsTheUpload) {
  const auto path = Begin(5, std::string(64, '0'));
  EXPECT_EQ(Ask("PUT", path + "?offset=0", "01234").status, 422);
  EXPECT_EQ(Ask("GET", path).status, 404);
  EXPECT_TRUE(std::filesystem::is_empty(dir_));
}

TEST_F(UploadHandlerTest, WhatCameBeforeARestartIsComparedWhenItIsTaken) {
  const auto path = Begin(5, std::string(64, '0'));
  const auto id = path.substr(path.rfind('/') + 1);
  std::ofstream(dir_ / (id + ".data"), std::ios::binary) << "01234";
  Open();
  const auto lease = uploads_->Take("LAB\\anna", id);
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().code, Code::kVerificationFailed);
}

TEST_F(UploadHandlerTest, OthersDoNotSeeIt) {
  const auto path = Begin(5);
  EXPECT_EQ(Ask("GET", path, {}, "bert").status, 404);
  EXPECT_EQ(Ask("PUT", path + "?offset=0", "x", "bert").status, 404);
  EXPECT_EQ(Ask("DELETE", path, {}, "bert").status, 404);
  EXPECT_TRUE(Body(Ask("GET", "/AdminService/uploads", {}, "bert"))["value"].empty());
  EXPECT_EQ(Ask("GET", path, {}, "nobody").status, 403);
}

TEST_F(UploadHandlerTest, LimitsHold) {
  EXPECT_EQ(Ask("POST", "/AdminService/uploads", R"({"name":"a","size":1001})").status, 413);
  for (const char* body :
       {"", "[]", R"({"name":"a"})", R"({"name":"../a","size":1})", R"({"name":"","size":1})",
        R"({"name":"a","size":-1})", R"({"name":"a","size":0})", R"({"name":7,"size":1})",
        R"({"name":"a","size":1,"sha256":"12"})"}) {
    EXPECT_EQ(Ask("POST", "/AdminService/uploads", body).status, 400) << body;
  }
  for (int i = 0; i < 3; ++i) Begin(5);
  EXPECT_EQ(Ask("POST", "/AdminService/uploads", R"({"name":"a","size":1})").status, 413);
  clock_.Set(clock_.Now() + std::chrono::hours(25));
  EXPECT_EQ(Ask("POST", "/AdminService/uploads", R"({"name":"a","size":1})").status, 201)
      << "the abandoned ones are gone";
}

TEST_F(UploadHandlerTest, UnfinishedUploadsCannotBeTaken) {
  const auto path = Begin(5);
  const auto id = path.substr(path.rfind('/') + 1);
  EXPECT_FALSE(uploads_->Take("LAB\\anna", id));
  EXPECT_EQ(Ask("DELETE", path).status, 204);
}

TEST_F(UploadHandlerTest, UnknownMethodsAndPathsSaySo) {
  EXPECT_EQ(Ask("PATCH", "/AdminService/uploads").status, 405);
  EXPECT_EQ(Ask("POST", Begin(5)).status, 405);
  EXPECT_EQ(Ask("GET", "/AdminService/uploads/a/b").status, 404);
  EXPECT_EQ(Ask("PUT", Begin(5), "12345").status, 400) << "without offset";
}

}  // namespace
}  // namespace ww::uploads
