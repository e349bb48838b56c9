// Databases for the contract: a SQLite file, and a PostgreSQL cluster that the tests start
// themselves (a folder in the temporary directory, no network).
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "wimwright/database/database.h"

namespace ww::database {

// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The cluster of this process, started at the first call and stopped at exit. nullopt, with the
// reason in `why`, when PostgreSQL is not installed or does not start.
struct Cluster {
  std::string socket_folder;
  virtual ~Cluster() = default;
  // The URL of a new, empty namespace in it.
  std::string NewUrl();
  // SQL of the test's own, in that namespace; false when it fails.
  bool Execute(const std::string& sql, const std::string& url = "");
  // Ends every session of clients.
  void CloseConnections();
  // As by a power switch, and up again.
  virtual void Stop() = 0;
  virtual std::string Start() = 0;
};
Cluster* SharedCluster(std::string* why);

// A test on both back-ends. Skips when there is no cluster.
class ContractTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override;
  // A database of the tables in `schema`.
  Database& Make(Schema schema, const Options& options = {});
  Result<std::unique_ptr<Database>> Reopen(const Options& options = {}) {
    return Database::Open(url_, options);
  }

  TemporaryFolder folder_;
  std::string url_;
  std::unique_ptr<Database> database_;
};

inline std::string BackendName(const testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::kSqlite ? "Sqlite" : "Postgresql";
}

#define WW_BOTH_BACKENDS(suite)                                                                \
  INSTANTIATE_TEST_SUITE_P(                                                                    \
      All, suite,                                                                              \
      testing::Values(::ww::database::Backend::kSqlite, ::ww::database::Backend::kPostgresql), \
      ::ww::database::BackendName)

}  // namespace ww::database
