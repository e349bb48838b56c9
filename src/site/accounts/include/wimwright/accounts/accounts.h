// Who may sign in: local accounts and API tokens. What they may do there is the provider's matter.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/database/database.h"

namespace ww::accounts {

struct Token {
  std::string label;
  std::string user;
  TimePoint created{};
  std::optional<TimePoint> expires;
};

// Names are compared without case, as Windows does. Passwords and tokens are never stored: only a
// hash that somebody else makes (http/password_hash.h) and a SHA-256. Thread-safe.
class Accounts {
 public:
  // Defines the tables.
  static Result<Accounts> Open(database::Database& database, const Clock& clock);

  // Makes the account or gives it another password.
  Status SetPassword(std::string_view name, std::string_view password_hash);
  Result<std::optional<std::string>> PasswordHash(std::string_view name) const;
  Status Remove(std::string_view name);  // its tokens too; kNotFound
  Result<std::vector<std::string>> Names() const;

  Status AddToken(std::string_view sha256_hex, const Token& token);
  // Nothing for unknown and for expired tokens.
  Result<std::optional<Token>> FindToken(std::string_view sha256_hex) const;
  // Without asking the database for rows: what was found since anything changed there. Never waits.
  std::optional<std::string> RecallPasswordHash(std::string_view name) const;
  std::optional<Token> RecallToken(std::string_view sha256_hex) const;
  Result<std::vector<Token>> Tokens(std::string_view user) const;
  Status RevokeToken(std::string_view user, std::string_view label);  // kNotFound

 private:
  struct Memory;
  Accounts(database::Database& database, const Clock& clock);
  database::Database* database_;
  const Clock* clock_;
  std::optional<Token> Unexpired(std::optional<Token> token) const;
  std::shared_ptr<Memory> memory_;
};

}  // namespace ww::accounts
