// A server on a free port with a few routes.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "client.h"
#include "wimwright/http/certificate.h"
#include "wimwright/http/server.h"

namespace ww::http {

class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool Wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class CollectingLogger final : public Logger {
 public:
  void Write(LogLevel, std::string_view, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    text_ += std::string(message) + "\n";
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "ww_http_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.endpoints = {{.tls = false}};
    options_.io_threads = 2;
    options_.logger = &log_;
    options_.metrics = &metrics_;
    const Treatment open{.needs_user = false};
    router_.Add(
        "GET", "/hello", [](const Request&) { return Response::Text(200, "hello"); }, open);
    router_.Add("GET", "/inline", [](const Request&) { return Response::Text(200, "inline"); },
                {.needs_user = false, .answers_inline = true});
    router_.Add("POST", "/echo", [](const Request& r) { return Response::Text(200, r.body); },
                {.needs_user = false, .max_body = 1 << 20});
    router_.Add("GET", "/who", [](const Request& r) { return Response::Text(200, r.user->name); });
    router_.Add("POST", "/who", [](const Request& r) { return Response::Text(200, r.user->name); });
    router_.Add(
        "GET", "/file",
        [this](const Request&) {
          return Response::File(folder_ / "file.bin", "application/octet-stream");
        },
        open);
    router_.Add(
        "GET", "/throws", [](const Request&) -> Response { throw std::runtime_error("secret"); },
        open);
  }
  ~ServerTest() override {
    Stop();
    std::filesystem::remove_all(folder_);
  }
  void Start() {
    auto server = Server::Start(options_, router_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
  }
  void Stop() { server_ = nullptr; }
  std::uint16_t port() const { return server_->ports()[0]; }
  std::string Url(std::string_view path) const {
    return "http" + std::string(options_.endpoints[0].tls ? "s" : "") +
           "://localhost:" + std::to_string(port()) + std::string(path);
  }
  static std::string Get(std::string_view path, std::string_view fields = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
  }
  void MakeFile(std::size_t size) {
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
      content[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
    std::ofstream(folder_ / "file.bin", std::ios::binary) << content;
    content_ = content;
  }
  void UseTls() {
    const auto made = MakeSelfSigned({"localhost", "127.0.0.1"}, std::chrono::days(30));
    ASSERT_TRUE(made) << made.error().message;
    options_.tls = {folder_ / "cert.pem", folder_ / "key.pem"};
    ASSERT_TRUE(WriteCertificate(*made, options_.tls.certificate, options_.tls.key));
    options_.endpoints = {{.tls = true}};
  }

  std::filesystem::path folder_;
  std::string content_;
  CollectingLogger log_;
  Metrics metrics_;
  Router router_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

}  // namespace ww::http
