#include "backends.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

extern char** environ;

namespace ww::database {
namespace {

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";

pid_t Spawn(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  if (posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid = -1;
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

int Run(std::vector<std::string> arguments) {
  const pid_t pid = Spawn(std::move(arguments));
  int status = -1;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// PostgreSQL refuses to run as root: then it runs as the user that its package made, or as nobody.
// It also ends when the test does, however that comes.
std::vector<std::string> AsServer(std::vector<std::string> command) {
  std::vector<std::string> out = {"setpriv", "--pdeathsig", "INT"};
  if (geteuid() == 0) {
    const char* user = getpwnam("postgres") != nullptr ? "postgres" : "nobody";
    out.insert(out.end(), {std::string("--reuid=") + user,
                           "--regid=" + std::to_string(getpwnam(user)->pw_gid), "--clear-groups"});
  }
  out.push_back("--");
  out.insert(out.end(), command.begin(), command.end());
  return out;
}

class RunningCluster : public Cluster {
 public:
  ~RunningCluster() override {
    if (pid_ <= 0) return;
    kill(pid_, SIGINT);
    waitpid(pid_, nullptr, 0);
  }
  void Stop() override {
    if (pid_ <= 0) return;
    kill(pid_, SIGQUIT);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  std::string Make() {
    const auto program = std::string(kPrograms) + "postgres";
    if (access(program.c_str(), X_OK) != 0) return "PostgreSQL 15 is not installed";
    const auto folder = folder_.path().string();
    if (geteuid() == 0) {
      const auto* user =
          getpwnam("postgres") != nullptr ? getpwnam("postgres") : getpwnam("nobody");
      if (user == nullptr || chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
        return "no user to run PostgreSQL as";
      }
    }
    if (Run(AsServer({std::string(kPrograms) + "initdb", "-D", folder + "/data", "-U", "ww",
                      "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"})) != 0) {
      return "initdb failed";
    }
    socket_folder = folder;
    return Start();
  }
  std::string Start() override {
    const auto program = std::string(kPrograms) + "postgres";
    const auto& folder = socket_folder;
    pid_ = Spawn(
        AsServer({program, "-D", folder + "/data", "-k", folder, "-c", "listen_addresses=", "-c",
                  "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=50"}));
    if (pid_ <= 0) return "postgres did not start";
    for (int i = 0; i < 3000; ++i) {
      if (Run({std::string(kPrograms) + "pg_isready", "-q", "-h", folder, "-U", "ww"}) == 0)
        return "";
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return "postgres is not ready after a minute";
  }

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
};

}  // namespace

TemporaryFolder::TemporaryFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "ww_database_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Cluster::NewUrl() {
  static int count = 0;
  const auto name = "n" + std::to_string(++count);
  if (Run({std::string(kPrograms) + "psql", "-q", "-h", socket_folder, "-U", "ww", "-d", "postgres",
           "-c", "CREATE SCHEMA " + name}) != 0) {
    return "";
  }
  return "postgresql://ww@/postgres?host=" + socket_folder + "&options=-csearch_path%3D" + name;
}

bool Cluster::Execute(const std::string& sql, const std::string& url) {
  return Run({std::string(kPrograms) + "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d",
              url.empty() ? "postgresql://ww@/postgres?host=" + socket_folder : url, "-c", sql}) ==
         0;
}

void Cluster::CloseConnections() {
  Execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
}

Cluster* SharedCluster(std::string* why) {
  static RunningCluster cluster;
  static const std::string problem = cluster.Make();
  *why = problem;
  return problem.empty() ? &cluster : nullptr;
}

void ContractTest::SetUp() {
  if (GetParam() == Backend::kSqlite) {
    url_ = "sqlite:" + (folder_.path() / "a b=c.db").string();
    return;
  }
  std::string why;
  auto* cluster = SharedCluster(&why);
  if (cluster == nullptr) GTEST_SKIP() << why;
  url_ = cluster->NewUrl();
  ASSERT_FALSE(url_.empty());
}

Database& ContractTest::Make(Schema schema, const Options& options) {
  auto opened = Database::Open(url_, options);
  if (!opened) throw std::runtime_error(opened.error().message);
  database_ = *std::move(opened);
  if (auto defined = database_->Define(schema); !defined) {
    throw std::runtime_error(defined.error().message);
  }
  return *database_;
}

}  // namespace ww::database
