// A SQLite file that other programs use beside us: a backup, a command of the site's machine.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "wimwright/base/handle.h"
#include "wimwright/database/database.h"

namespace ww::database {
namespace {

class SqliteLock : public testing::Test {
 protected:
  SqliteLock() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ww-lock-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SqliteLock() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path() const { return (folder_ / "site.db").string(); }

  // Whether another program would find the file locked.
  bool Locked() const {
    const UniqueFd fd(::open(path().c_str(), O_RDWR | O_CLOEXEC));
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    EXPECT_EQ(::fcntl(fd.get(), F_OFD_GETLK, &lock), 0);
    return lock.l_type != F_UNLCK;
  }

  std::filesystem::path folder_;
};

TEST_F(SqliteLock, IsKeptWhenTheProcessConnectsOnceMore) {
  const auto database = Database::Open("sqlite:" + path());
  ASSERT_TRUE(database) << database.error().message;
  Schema schema;
  schema.name = "test";
  schema.tables = {{"T", {{.name = "K", .type = ColumnType::kInteger, .key = true}}}};
  ASSERT_TRUE((*database)->Define(schema));
  // A reader inside a reader needs a second connection.
  const auto read = (*database)->Read([&](Transaction&) -> Status {
    return (*database)->Read([](Transaction& tx) -> Status {
      Select select;
      select.table = "T";
      return tx.Count(select).map([](std::uint64_t) {});
    });
  });
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(Locked()) << "another program may take the log away";
}

TEST_F(SqliteLock, FilesAreForTheirOwnerOnly) {
  ASSERT_TRUE(Database::Open("sqlite:" + path()));
  const auto mode = std::filesystem::status(path()).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace ww::database
