#include "point_role.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>

#include "daemon.h"
#include "point_settings.h"
#include "wimwright/base/text.h"
#include "wimwright/distribution/point.h"
#include "wimwright/http/authenticator.h"
#include "wimwright/http/certificate.h"
#include "wimwright/http/server.h"

namespace ww::server {
namespace {

namespace stdfs = std::filesystem;

constexpr std::chrono::days kCertificateLife{3650};
constexpr std::chrono::seconds kDrain{10};

Result<std::unique_ptr<Logger>> LogOf(const stdfs::path& dir, const char* name) {
  return OpenFileLogger(dir / "logs" / name, LogFormat::kServer, SystemClock());
}

Status MakeFolders(const stdfs::path& dir) {
  std::error_code error;
  for (const auto& one : {dir, dir / "tls", dir / "logs", dir / "content"}) {
    stdfs::create_directories(one, error);
    if (error) return Fail(Code::kIo, fmt::format("{}: {}", one.string(), error.message()));
    stdfs::permissions(one, stdfs::perms::owner_all, error);
  }
  return {};
}

std::vector<std::string> ReadAccessTokens(const stdfs::path& dir) {
  std::vector<std::string> out;
  std::ifstream in(dir / "access-tokens");
  for (std::string line; std::getline(in, line);) {
    const auto text = Trim(line);
    if (!text.empty() && text.front() != '#') out.emplace_back(text);
  }
  return out;
}

}  // namespace

bool IsPointFolder(const stdfs::path& dir) {
  std::error_code error;
  return stdfs::exists(dir / "point.toml", error);
}

Result<std::string> InitPoint(const InitPointOptions& options) {
  std::error_code error;
  const auto dir = stdfs::absolute(options.dir, error);
  PointSettings settings;
  settings.site_url = options.site_url;
  while (settings.site_url.ends_with('/')) settings.site_url.pop_back();
  if (!options.listen.empty()) settings.listen = options.listen;
  settings.address = options.address;
  if (!settings.site_url.starts_with("https://")) {
    return Fail(Error{Code::kUsage, "the address of a site begins with https://",
                      "Give the address of its listener for points, such as "
                      "https://site.example.org:8444.",
                      0});
  }
  WW_TRY_STATUS(ParseListen(settings.listen).map([](const http::Endpoint&) {}), "--listen");
  if (stdfs::exists(dir / "site.toml", error)) {
    return Fail(Error{Code::kConflict, fmt::format("{} is the folder of a site", dir.string()),
                      "Name another folder.", 0});
  }
  if (!IsPointFolder(dir) && stdfs::exists(dir, error) && !stdfs::is_empty(dir, error) &&
      !stdfs::exists(dir / "tls", error)) {
    return Fail(Error{Code::kConflict, fmt::format("{} is not empty", dir.string()),
                      "Name a new folder, or that of a distribution point.", 0});
  }
  WW_RETURN_IF_ERROR(MakeFolders(dir));
  if (!stdfs::exists(dir / "tls" / "cert.pem", error)) {
    std::vector<std::string> names{HostName()};
    for (const char* local : {"localhost", "127.0.0.1", "::1"}) {
      if (names.front() != local) names.emplace_back(local);
    }
    WW_TRY(const auto certificate, http::MakeSelfSigned(names, kCertificateLife), "certificate");
    stdfs::remove(dir / "tls" / "key.pem", error);
    WW_TRY_STATUS(
        http::WriteCertificate(certificate, dir / "tls" / "cert.pem", dir / "tls" / "key.pem"),
        "certificate");
  }
  WW_TRY(const auto enrolled, distribution::Enroll({dir}, settings.site_url, options.token),
         "enrollment");
  if (!IsPointFolder(dir)) WW_RETURN_IF_ERROR(WritePointSettings(dir, settings));
  return enrolled.id;
}

Status ServePoint(const ServePointOptions& options) {
  const auto signals = BlockStopSignals();
  std::error_code error;
  const auto dir = stdfs::absolute(options.dir, error);
  WW_TRY(auto settings, ReadPointSettings(dir), "distribution point");
  WW_TRY(auto endpoint, ParseListen(options.listen.empty() ? settings.listen : options.listen),
         "http.listen");
  endpoint.tls = !options.plain_http;
  stdfs::create_directories(dir / "logs", error);
  WW_TRY(const auto log, LogOf(dir, "smsdpprov.log"), "log");
  WW_TRY(const auto http_log, LogOf(dir, "http.log"), "log");
  http::Metrics metrics;
  settings.point.token_sha256 = ReadAccessTokens(dir);
  settings.point.log = log.get();
  settings.point.metrics = &metrics;
  WW_TRY(const auto point, distribution::Point::Open(settings.point), "distribution point");

  http::Router router;
  http::AddHealthRoutes(
      router, [] { return Status(); }, metrics);
  router.Mount("/content", point->content());
  http::ServerOptions server_options;
  server_options.endpoints = {endpoint};
  server_options.tls = {settings.certificate, settings.key};
  server_options.authenticator = &point->authenticator();
  server_options.logger = http_log.get();
  server_options.metrics = &metrics;
  for (const auto& socket : http::InheritedSockets()) {
    server_options.endpoints.front().inherited_fd = socket.fd;
  }
  WW_TRY(const auto server, http::Server::Start(server_options, router), "server");
  const auto port = server->ports().at(0);
  const bool any = endpoint.address == "0.0.0.0" || endpoint.address == "::";
  const auto* const scheme = endpoint.tls ? "https" : "http";
  point->SetAddress(
      settings.address.empty()
          ? fmt::format("{}://{}:{}", scheme, any ? HostName() : endpoint.address, port)
          : settings.address);
  point->Start();
  std::cout << fmt::format("{}://{}:{}/content/", scheme, any ? "localhost" : endpoint.address,
                           port)
            << std::endl;
  http::NotifyReady();
  WaitForStop(signals, [&] {
    if (auto reloaded = server->ReloadCertificate(); !reloaded) {
      http_log->Error("HTTP", "the certificate was not reloaded: {}", reloaded.error().message);
    }
  });
  http::NotifyStopping();
  server->Stop(kDrain);
  point->Stop();
  return {};
}

Result<std::string> MakeAccessToken(const stdfs::path& dir) {
  if (!IsPointFolder(dir)) {
    return Fail(Error{Code::kNotFound, fmt::format("{} is no distribution point", dir.string()),
                      "Give the folder with point.toml.", 0});
  }
  WW_TRY(auto token, http::MakeToken(), "token");
  std::ofstream out(dir / "access-tokens", std::ios::app);
  out << token.sha256_hex << "\n";
  out.close();
  if (!out) return Fail(Code::kIo, "access-tokens cannot be written");
  return token.token;
}

}  // namespace ww::server
