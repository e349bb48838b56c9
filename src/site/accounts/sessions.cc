#include "wimwright/accounts/sessions.h"

#include <algorithm>

#include "session_table.h"

namespace ww::accounts {
namespace {

using database::Expression;
using database::Select;
using database::Transaction;
using database::Value;

constexpr std::string_view kSessions = "ConsoleSessions";
constexpr std::chrono::seconds kWriteEvery{60};
constexpr std::size_t kIdLength = 16;

std::int64_t Seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}
TimePoint FromSeconds(std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }

Expression Before(const char* column, std::int64_t seconds) {
  return Expression::Compare(database::Comparison::kLess, Expression::Column(column),
                             Expression::Literal(Value(seconds)));
}

Expression NotBefore(const char* column, std::int64_t seconds) {
  return Expression::Compare(database::Comparison::kGreaterOrEqual, Expression::Column(column),
                             Expression::Literal(Value(seconds)));
}

}  // namespace

database::TableDefinition SessionTable() {
  using database::ColumnType;
  return {std::string(kSessions),
          {{.name = "Digest", .type = ColumnType::kText, .key = true},
           {.name = "User",
            .type = ColumnType::kText,
            .not_null = true,
            .indexed = true,
            .case_insensitive = true},
           {.name = "Scheme", .type = ColumnType::kText, .not_null = true},
           {.name = "Detail", .type = ColumnType::kText, .not_null = true},
           {.name = "Created", .type = ColumnType::kInteger, .not_null = true},
           {.name = "Used", .type = ColumnType::kInteger, .not_null = true}}};
}

Status EndSessions(Transaction& tx, std::string_view user, std::string_view detail) {
  auto which = Expression::Equal("User", Value(user));
  if (!detail.empty()) {
    which = Expression::And({std::move(which), Expression::Equal("Detail", Value(detail))});
  }
  return tx.Delete(kSessions, which).map([](std::uint64_t) {});
}

Status Sessions::Begin(std::string_view sha256_hex, const SignedIn& who) const {
  const auto now = clock_->Now();
  return database_->Transact([&](Transaction& tx) -> Status {
    const auto whole = Seconds(now - limits_.whole), idle = Seconds(now - limits_.idle);
    WW_TRY_STATUS(
        tx.Delete(kSessions, Expression::Or({Before("Created", whole), Before("Used", idle)}))
            .map([](std::uint64_t) {}),
        "expired sessions");
    return tx
        .InsertOne(
            kSessions, {"Digest", "User", "Scheme", "Detail", "Created", "Used"},
            {Value(sha256_hex), who.user, who.scheme, who.detail, Seconds(now), Seconds(now)})
        .map([](std::uint64_t) {});
  });
}

std::string SessionId(std::string_view sha256_hex) {
  return std::string(sha256_hex.substr(0, kIdLength));
}

Result<std::optional<SignedIn>> Sessions::Find(std::string_view sha256_hex, bool active) const {
  std::optional<database::Row> row;
  WW_RETURN_IF_ERROR(database_->Read([&](Transaction& tx) -> Status {
    Select select;
    select.table = kSessions;
    for (const char* name : {"User", "Scheme", "Detail", "Created", "Used"}) {
      select.columns.push_back(Expression::Column(name));
    }
    select.where = Expression::Equal("Digest", Value(sha256_hex));
    WW_TRY(row, tx.FetchOne(std::move(select)), "session");
    return {};
  }));
  if (!row) return std::nullopt;
  SignedIn who{.user = std::string((*row)[0].text()),
               .scheme = std::string((*row)[1].text()),
               .detail = std::string((*row)[2].text()),
               .created = FromSeconds((*row)[3].integer()),
               .used = FromSeconds((*row)[4].integer())};
  const auto now = clock_->Now();
  who.expires = std::min(who.created + limits_.whole, who.used + limits_.idle);
  // A clock that was set back must not make a session last.
  if (who.expires <= now || who.created > now + kWriteEvery) return std::nullopt;
  if (!active) return who;
  if (now - who.used >= std::min(kWriteEvery, limits_.idle / 4)) {
    WW_RETURN_IF_ERROR(database_->Transact([&](Transaction& tx) -> Status {
      return tx
          .Update(kSessions, {{"Used", Expression::Literal(Value(Seconds(now)))}},
                  Expression::Equal("Digest", Value(sha256_hex)))
          .map([](std::uint64_t) {});
    }));
  }
  who.used = now;
  who.expires = std::min(who.created + limits_.whole, now + limits_.idle);
  return who;
}

Status Sessions::End(std::string_view sha256_hex) const {
  return database_->Transact([&](Transaction& tx) -> Status {
    return tx.Delete(kSessions, Expression::Equal("Digest", Value(sha256_hex)))
        .map([](std::uint64_t) {});
  });
}

Result<std::vector<ListedSession>> Sessions::List() const {
  const auto now = clock_->Now();
  std::vector<ListedSession> out;
  WW_RETURN_IF_ERROR(database_->Read([&](Transaction& tx) -> Status {
    out.clear();
    Select select;
    select.table = kSessions;
    for (const char* name : {"Digest", "User", "Scheme", "Detail", "Created", "Used"}) {
      select.columns.push_back(Expression::Column(name));
    }
    select.where = Expression::And({NotBefore("Created", Seconds(now - limits_.whole)),
                                    NotBefore("Used", Seconds(now - limits_.idle))});
    select.order = {{Expression::Column("Used"), true}};
    select.limit = kMostListed;
    WW_TRY(const auto rows, tx.Fetch(select), "sessions");
    for (const auto& row : rows) {
      ListedSession one{SessionId(row[0].text()),
                        {.user = std::string(row[1].text()),
                         .scheme = std::string(row[2].text()),
                         .detail = std::string(row[3].text()),
                         .created = FromSeconds(row[4].integer()),
                         .used = FromSeconds(row[5].integer())}};
      one.who.expires = std::min(one.who.created + limits_.whole, one.who.used + limits_.idle);
      if (one.who.expires > now) out.push_back(std::move(one));
    }
    return {};
  }));
  return out;
}

Status Sessions::EndListed(std::string_view id) const {
  if (id.size() != kIdLength) return Fail(Code::kNotFound, "there is no such session");
  bool ended = false;
  WW_RETURN_IF_ERROR(database_->Transact([&](Transaction& tx) -> Status {
    ended = false;
    Select select;
    select.table = kSessions;
    select.columns = {Expression::Column("Digest")};
    WW_TRY(const auto rows, tx.Fetch(select), "sessions");
    for (const auto& row : rows) {
      if (SessionId(row[0].text()) != id) continue;
      WW_TRY_STATUS(
          tx.Delete(kSessions, Expression::Equal("Digest", row[0])).map([](std::uint64_t) {}),
          "session");
      ended = true;
    }
    return {};
  }));
  if (!ended) return Fail(Code::kNotFound, "there is no such session");
  return {};
}

}  // namespace ww::accounts
