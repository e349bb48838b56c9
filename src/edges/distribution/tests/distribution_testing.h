// A site and its points in one process, on loopback.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>

#include "wimwright/base/text.h"
#include "wimwright/distribution/authority.h"
#include "wimwright/distribution/memory_directory.h"
#include "wimwright/distribution/point.h"
#include "wimwright/distribution/site_handler.h"
#include "wimwright/distribution/token.h"
#include "wimwright/http/server.h"

namespace ww::distribution {

namespace stdfs = std::filesystem;

#define WW_ASSERT_OK(expr)                                           \
  do {                                                               \
    const auto& ww_result = (expr);                                  \
    ASSERT_TRUE(ww_result.has_value()) << ww_result.error().message; \
  } while (false)

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}
inline void Must(Status status) {
  if (!status) throw std::runtime_error(status.error().message);
}

class TestFolder {
 public:
  TestFolder() {
    auto pattern = (stdfs::temp_directory_path() / "ww_distribution_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    stdfs::remove_all(path_, ignored);
  }
  stdfs::path operator/(const stdfs::path& name) const { return path_ / name; }
  const stdfs::path& path() const { return path_; }

 private:
  stdfs::path path_;
};

inline Bytes RandomBytes(std::size_t size, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  Bytes out(size + 8);
  for (std::size_t i = 0; i < size; i += 8) StoreLe<std::uint64_t>(out.data() + i, random());
  out.resize(size);
  return out;
}

inline void WriteWhole(const stdfs::path& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

// Passes requests on, unless the test says otherwise.
class Meddler final : public http::Handler {
 public:
  explicit Meddler(http::Handler& inner) : inner_(inner) {}
  std::function<std::optional<http::Response>(const http::Request&)> meddle;

  http::Treatment TreatmentOf(const http::Request& head) const override {
    return inner_.TreatmentOf(head);
  }
  http::Response Handle(const http::Request& request) override {
    if (meddle) {
      if (auto response = meddle(request)) return *std::move(response);
    }
    return inner_.Handle(request);
  }

 private:
  http::Handler& inner_;
};

class Site {
 public:
  explicit Site(stdfs::path dir)
      : dir_(std::move(dir)),
        library_(Must(content::OpenFolderLibrary({.dir = dir_ / "content", .reserve = 0}))),
        authority_(Must(Authority::Open(dir_ / "tls"))) {
    Must(authority_->EnsureServer({"localhost"}, dir_ / "tls/d.pem", dir_ / "tls/d.key"));
    Start();
  }
  ~Site() { Stop(); }

  void Start(std::uint16_t port = 0) {
    handler_ = SiteHandler::Make(
        {.directory = &directory, .library = library_.get(), .authority = authority_.get()});
    meddler_ = std::make_unique<Meddler>(*handler_);
    meddler_->meddle = [this](const http::Request& r) -> std::optional<http::Response> {
      return meddle ? meddle(r) : std::nullopt;
    };
    server_ = Must(http::Server::Start(
        {.endpoints = {{.port = port}},
         .tls = {dir_ / "tls/d.pem", dir_ / "tls/d.key", authority_->certificate_path()},
         .io_threads = 1,
         .workers = 8},
        *meddler_));
    port_ = server_->ports().at(0);
  }
  void Stop() {
    if (!server_) return;
    handler_->Stop();
    server_->Stop(std::chrono::milliseconds(0));
    server_.reset();
  }
  void Restart() {
    Stop();
    Start(port_);
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  content::Library& library() { return *library_; }
  Authority& authority() { return *authority_; }

  std::string Token(std::string_view point) {
    return FormatToken(
        {authority_->fingerprint(), directory.CreateToken(point, std::chrono::minutes(10))});
  }
  ContentFile Add(const std::string& path, ByteView bytes) {
    WriteWhole(dir_ / "source", bytes);
    return {path, Must(library_->Add(dir_ / "source"))};
  }
  Assignment Package(const std::string& id, std::uint32_t version, std::vector<ContentFile> files) {
    return {.package_id = id,
            .name = id,
            .version = version,
            .request = version,
            .files = std::move(files)};
  }

  MemoryDirectory directory;
  std::function<std::optional<http::Response>(const http::Request&)> meddle;

 private:
  const stdfs::path dir_;
  std::unique_ptr<content::Library> library_;
  std::unique_ptr<Authority> authority_;
  std::unique_ptr<SiteHandler> handler_;
  std::unique_ptr<Meddler> meddler_;
  std::unique_ptr<http::Server> server_;
  std::uint16_t port_ = 0;
};

inline PointOptions QuickOptions(const stdfs::path& dir, const Site& site) {
  PointOptions options;
  options.folder = {dir};
  options.site_url = site.url();
  options.address = "https://point";
  options.reserve = 0;
  options.wait = std::chrono::seconds(5);
  options.poll = std::chrono::milliseconds(20);
  options.retry_first = std::chrono::milliseconds(20);
  options.retry_most = std::chrono::milliseconds(100);
  options.removal_grace = std::chrono::seconds(0);
  return options;
}

}  // namespace ww::distribution
