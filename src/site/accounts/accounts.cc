#include "wimwright/accounts/accounts.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "session_table.h"

namespace ww::accounts {
namespace {

using database::Expression;
using database::Select;
using database::Transaction;
using database::Value;

constexpr std::string_view kAccounts = "LocalAccounts";
constexpr std::string_view kTokens = "ApiTokens";

std::int64_t Seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}
TimePoint FromSeconds(std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }

database::Schema AccountSchema() {
  using database::ColumnType;
  database::Schema schema;
  schema.name = "accounts";
  schema.tables = {
      {std::string(kAccounts),
       {{.name = "Name", .type = ColumnType::kText, .key = true, .case_insensitive = true},
        {.name = "PasswordHash", .type = ColumnType::kText, .not_null = true},
        {.name = "Changed", .type = ColumnType::kInteger, .not_null = true}}},
      {std::string(kTokens),
       {{.name = "Digest", .type = ColumnType::kText, .key = true},
        {.name = "User",
         .type = ColumnType::kText,
         .not_null = true,
         .indexed = true,
         .case_insensitive = true},
        {.name = "Label", .type = ColumnType::kText, .not_null = true, .case_insensitive = true},
        {.name = "Created", .type = ColumnType::kInteger, .not_null = true},
        {.name = "Expires", .type = ColumnType::kInteger}}},
      SessionTable()};
  return schema;
}

Select TokenSelect(Expression where) {
  Select select;
  select.table = kTokens;
  for (const char* name : {"Label", "User", "Created", "Expires"}) {
    select.columns.push_back(Expression::Column(name));
  }
  select.where = std::move(where);
  return select;
}

Token TokenOf(const database::Row& row) {
  Token token;
  token.label = row[0].text();
  token.user = row[1].text();
  token.created = FromSeconds(row[2].integer());
  if (!row[3].is_null()) token.expires = FromSeconds(row[3].integer());
  return token;
}

// What was found for one version of the database.
template <typename Found>
class Recollection {
 public:
  std::optional<Found> Find(std::string_view key, std::optional<std::uint64_t> version) {
    const std::lock_guard lock(mutex_);
    if (!version || *version != version_) return std::nullopt;
    const auto known = found_.find(key);
    if (known == found_.end()) return std::nullopt;
    return std::optional<Found>(std::in_place, known->second);  // Found may be optional itself
  }
  void Keep(std::string_view key, const Found& found, std::optional<std::uint64_t> version) {
    const std::lock_guard lock(mutex_);
    if (!version || *version < version_) return;
    if (*version > version_ || found_.size() >= kMost) found_.clear();
    version_ = *version;
    found_.insert_or_assign(std::string(key), found);
  }

 private:
  static constexpr std::size_t kMost = 1000;
  std::mutex mutex_;
  std::uint64_t version_ = 0;
  std::map<std::string, Found, std::less<>> found_;
};

}  // namespace

struct Accounts::Memory {
  Recollection<Token> tokens;  // by digest
  // By name, of names without account as well: nobody learns from the time it takes which is which.
  Recollection<std::optional<std::string>> password_hashes;
};

Accounts::Accounts(database::Database& database, const Clock& clock)
    : database_(&database), clock_(&clock), memory_(std::make_shared<Memory>()) {}

Result<Accounts> Accounts::Open(database::Database& database, const Clock& clock) {
  WW_TRY_STATUS(database.Define(AccountSchema()), "accounts");
  return Accounts(database, clock);
}

Status Accounts::SetPassword(std::string_view name, std::string_view password_hash) {
  if (name.empty() || name.size() > 256) return Fail(Code::kUsage, "an account needs a name");
  const auto changed = Seconds(clock_->Now());
  return database_->Transact([&](Transaction& tx) -> Status {
    WW_RETURN_IF_ERROR(EndSessions(tx, name, {}));
    const database::Row rows[] = {{Value(name), Value(password_hash), changed}};
    return tx.Upsert(kAccounts, {"Name", "PasswordHash", "Changed"}, rows).map([](std::uint64_t) {
    });
  });
}

Result<std::optional<std::string>> Accounts::PasswordHash(std::string_view name) const {
  const auto version = database_->Version();  // before reading
  if (const auto known = memory_->password_hashes.Find(name, version)) return *known;
  std::optional<std::string> hash;
  WW_RETURN_IF_ERROR(database_->Read([&](Transaction& tx) -> Status {
    Select select;
    select.table = kAccounts;
    select.columns = {Expression::Column("PasswordHash")};
    select.where = Expression::Equal("Name", Value(name));
    WW_TRY(const auto row, tx.FetchOne(std::move(select)), "account");
    hash.reset();
    if (row) hash = std::string((*row)[0].text());
    return {};
  }));
  memory_->password_hashes.Keep(name, hash, version);
  return hash;
}

std::optional<std::string> Accounts::RecallPasswordHash(std::string_view name) const {
  return memory_->password_hashes.Find(name, database_->VersionAtOnce()).value_or(std::nullopt);
}

Status Accounts::Remove(std::string_view name) {
  return database_->Transact([&](Transaction& tx) -> Status {
    WW_TRY_STATUS(
        tx.Delete(kTokens, Expression::Equal("User", Value(name))).map([](std::uint64_t) {}),
        "tokens");
    WW_RETURN_IF_ERROR(EndSessions(tx, name, {}));
    WW_TRY(const auto gone, tx.Delete(kAccounts, Expression::Equal("Name", Value(name))),
           "account");
    if (gone == 0) return Fail(Code::kNotFound, fmt::format("there is no account {}", name));
    return {};
  });
}

Result<std::vector<std::string>> Accounts::Names() const {
  std::vector<std::string> names;
  WW_RETURN_IF_ERROR(database_->Read([&](Transaction& tx) -> Status {
    Select select;
    select.table = kAccounts;
    select.columns = {Expression::Column("Name")};
    select.order = {{Expression::Column("Name"), false}};
    WW_TRY(const auto rows, tx.Fetch(select), "accounts");
    names.clear();
    for (const auto& row : rows) names.emplace_back(row[0].text());
    return {};
  }));
  return names;
}

Status Accounts::AddToken(std::string_view sha256_hex, const Token& token) {
  return database_->Transact([&](Transaction& tx) -> Status {
    WW_TRY(const auto taken,
           tx.Count(TokenSelect(Expression::And({Expression::Equal("User", Value(token.user)),
                                                 Expression::Equal("Label", Value(token.label))}))),
           "token");
    if (taken != 0) {
      return Fail(Code::kConflict,
                  fmt::format("{} has a token {} already", token.user, token.label));
    }
    std::optional<std::int64_t> expires;
    if (token.expires) expires = Seconds(*token.expires);
    return tx
        .InsertOne(
            kTokens, {"Digest", "User", "Label", "Created", "Expires"},
            {Value(sha256_hex), token.user, token.label, Seconds(token.created), Value(expires)})
        .map([](std::uint64_t) {});
  });
}

Result<std::optional<Token>> Accounts::FindToken(std::string_view sha256_hex) const {
  const auto version = database_->Version();  // before reading
  auto token = memory_->tokens.Find(sha256_hex, version);
  if (!token) {
    WW_RETURN_IF_ERROR(database_->Read([&](Transaction& tx) -> Status {
      WW_TRY(const auto row,
             tx.FetchOne(TokenSelect(Expression::Equal("Digest", Value(sha256_hex)))), "token");
      token.reset();
      if (row) token = TokenOf(*row);
      return {};
    }));
    if (token) memory_->tokens.Keep(sha256_hex, *token, version);
  }
  return Unexpired(std::move(token));
}

std::optional<Token> Accounts::RecallToken(std::string_view sha256_hex) const {
  return Unexpired(memory_->tokens.Find(sha256_hex, database_->VersionAtOnce()));
}

std::optional<Token> Accounts::Unexpired(std::optional<Token> token) const {
  if (token && token->expires && *token->expires <= clock_->Now()) token.reset();
  return token;
}

Result<std::vector<Token>> Accounts::Tokens(std::string_view user) const {
  std::vector<Token> tokens;
  WW_RETURN_IF_ERROR(database_->Read([&](Transaction& tx) -> Status {
    WW_TRY(const auto rows, tx.Fetch(TokenSelect(Expression::Equal("User", Value(user)))),
           "tokens");
    tokens.clear();
    for (const auto& row : rows) tokens.push_back(TokenOf(row));
    return {};
  }));
  return tokens;
}

Status Accounts::RevokeToken(std::string_view user, std::string_view label) {
  return database_->Transact([&](Transaction& tx) -> Status {
    WW_TRY(const auto gone,
           tx.Delete(kTokens, Expression::And({Expression::Equal("User", Value(user)),
                                               Expression::Equal("Label", Value(label))})),
           "token");
    if (gone == 0) return Fail(Code::kNotFound, fmt::format("{} has no token {}", user, label));
    return EndSessions(tx, user, label);
  });
}

}  // namespace ww::accounts
