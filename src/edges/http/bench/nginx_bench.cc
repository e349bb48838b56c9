// The same bytes from this server and from nginx, loaded by wrk in turns: requests per second on
// kept-alive connections, and a large file. The goal is half of nginx or better. The ratio says
// something, the absolute numbers depend on what else the machine does.
#include <benchmark/benchmark.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "wimwright/http/server.h"

extern char** environ;

namespace {

using namespace ww;
using namespace ww::http;

constexpr std::string_view kBody = R"({"value":[{"PackageID":"ABC00001","Name":"Windows 11"}]})";
constexpr int kRounds = 5;

std::string Shell(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return out;
  char bytes[4096];
  while (const auto count = std::fread(bytes, 1, sizeof(bytes), pipe)) out.append(bytes, count);
  ::pclose(pipe);
  return out;
}

struct Both {
  std::filesystem::path folder;
  Router router;
  std::unique_ptr<Server> server;
  int nginx_port = 0;
  pid_t nginx = -1;

  Both() {
    auto pattern = (std::filesystem::temp_directory_path() / "ww_nginx_XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    std::filesystem::permissions(folder, std::filesystem::perms(0755));
    std::ofstream(folder / "small.json") << kBody;
    std::ofstream large(folder / "large.bin", std::ios::binary);
    const std::string piece(1 << 20, 'w');
    for (int i = 0; i < 512; ++i) large << piece;
    large.close();
    const auto small = [](const Request&) { return Response::Json(200, std::string(kBody)); };
    router.Add("GET", "/small.json", small, {.needs_user = false, .answers_inline = true});
    router.Add("GET", "/worker.json", small, {.needs_user = false});
    router.Add("GET", "/large.bin",
               [this](const Request&) {
                 return Response::File(folder / "large.bin", "application/octet-stream");
               },
               {.needs_user = false});
    auto started = Server::Start({.endpoints = {{.tls = false}},
                                  .io_threads = 1,
                                  .limits = {.idle_timeout = std::chrono::seconds(75)}},
                                 router);
    if (!started) std::abort();
    server = *std::move(started);
    nginx_port = server->ports()[0] ^ 1;  // a neighbour, most likely free
    std::ofstream(folder / "nginx.conf")
        << "daemon off; master_process off; worker_processes 1; error_log stderr crit; pid "
        << folder.string()
        << "/pid;\nevents { worker_connections 512; }\nhttp { access_log off; sendfile on; "
           "tcp_nopush on; "
           "keepalive_requests 100000000; client_body_temp_path "
        << folder.string() << "/b; proxy_temp_path " << folder.string() << "/p; fastcgi_temp_path "
        << folder.string() << "/f; uwsgi_temp_path " << folder.string() << "/u; scgi_temp_path "
        << folder.string() << "/s;\nserver { listen 127.0.0.1:" << nginx_port << " reuseport; root "
        << folder.string()
        << "; location = /small.json { default_type application/json; return 200 '" << kBody
        << "'; } } }\n";
    std::string config = (folder / "nginx.conf").string(), program = "nginx", flag = "-c";
    char* argv[] = {program.data(), flag.data(), config.data(), nullptr};
    if (posix_spawnp(&nginx, "/usr/sbin/nginx", nullptr, nullptr, argv, environ) != 0) nginx = -1;
    for (int i = 0; i < 100; ++i) {
      if (Shell("curl -s " + Url(nginx_port, "/small.json")) == kBody) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    std::fprintf(stderr, "nginx does not answer\n");
    std::exit(1);
  }
  ~Both() {
    if (nginx > 0) {
      kill(nginx, SIGTERM);
      waitpid(nginx, nullptr, 0);
    }
    server = nullptr;
    std::filesystem::remove_all(folder);
  }
  static std::string Url(int port, const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(port) + path;
  }
};

Both& TheServers() {
  static Both both;
  return both;
}

double RequestsPerSecond(const std::string& url) {
  const auto out = Shell("wrk -t1 -c32 -d3s " + url);
  const auto at = out.find("Requests/sec:");
  return at == std::string::npos ? 0 : std::atof(out.c_str() + at + 13);
}

double BytesPerSecond(const std::string& url) {
  return std::atof(Shell("curl -s -o /dev/null -w '%{speed_download}' " + url).c_str());
}

// The median of the rounds' ratios, in turns so that the machine's moods meet both.
template <typename Measure>
void Compare(benchmark::State& state, const Measure& measure, const std::string& ours,
             const std::string& theirs) {
  auto& both = TheServers();
  for (auto _ : state) {
    std::vector<double> ratios, mine, nginx;
    for (int i = 0; i < kRounds; ++i) {
      mine.push_back(measure(Both::Url(both.server->ports()[0], ours)));
      nginx.push_back(measure(Both::Url(both.nginx_port, theirs)));
      ratios.push_back(nginx.back() > 0 ? mine.back() / nginx.back() : 0);
    }
    for (auto* list : {&ratios, &mine, &nginx}) std::ranges::sort(*list);
    state.counters["ratio"] = ratios[kRounds / 2];
    state.counters["ours"] = mine[kRounds / 2];
    state.counters["nginx"] = nginx[kRounds / 2];
  }
}

void KeepAliveInline(benchmark::State& state) {
  Compare(state, RequestsPerSecond, "/small.json", "/small.json");
}
void KeepAliveWorker(benchmark::State& state) {
  Compare(state, RequestsPerSecond, "/worker.json", "/small.json");
}
void Download(benchmark::State& state) {
  Compare(state, BytesPerSecond, "/large.bin", "/large.bin");
}
BENCHMARK(KeepAliveInline)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(KeepAliveWorker)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(Download)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
