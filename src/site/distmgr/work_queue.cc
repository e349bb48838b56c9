#include "work_queue.h"

#include <algorithm>

#include "rows.h"
#include "tables.h"

namespace ww::distmgr {
namespace {

using database::Comparison;
using database::Expression;
using database::Transaction;
using database::Value;

std::int64_t Seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Expression Compare(const char* column, Comparison how, std::int64_t number) {
  return Expression::Compare(how, Expression::Column(column), Expression::Literal(number));
}

// Past, or so far ahead that only a clock that was set back explains it.
Expression Reached(const char* column, std::int64_t now, std::int64_t furthest) {
  return Expression::Or({Compare(column, Comparison::kLessOrEqual, now),
                         Compare(column, Comparison::kGreater, now + furthest)});
}

database::Assignment Set(const char* column, Value value) {
  return {column, Expression::Literal(std::move(value))};
}

Status Done(Result<std::uint64_t> changed) {
  return std::move(changed).map([](std::uint64_t) {});
}

}  // namespace

std::int64_t WorkQueue::Now() const { return Seconds(options_.clock->Now()); }

Status WorkQueue::Touch(Transaction& tx, std::string_view package_id) const {
  WW_TRY(const auto row,
         tx.FetchOne(SelectFrom(kWorkTable, {"Generation"}, {{"PackageID", package_id}})), "work");
  const auto now = Now();
  if (row) {
    return Done(
        tx.Update(kWorkTable,
                  {Set("Generation", (*row)[0].integer() + 1), Set("Due", now), Set("Attempts", 0)},
                  Matches({{"PackageID", package_id}})));
  }
  return UpsertRow(tx, kWorkTable,
                   {{"PackageID", package_id},
                    {"Due", now},
                    {"Generation", 1},
                    {"Attempts", 0},
                    {"Owner", ""},
                    {"LeaseUntil", 0},
                    {"Problem", ""}});
}

Status WorkQueue::Touch(std::string_view package_id) const {
  return options_.database->Transact([&](Transaction& tx) { return Touch(tx, package_id); });
}

Status WorkQueue::Schedule(std::string_view package_id, std::chrono::seconds after) const {
  return options_.database->Transact([&](Transaction& tx) -> Status {
    WW_TRY(const auto row,
           tx.FetchOne(SelectFrom(kWorkTable, {"Due"}, {{"PackageID", package_id}})), "work");
    if (row) return {};
    return UpsertRow(tx, kWorkTable,
                     {{"PackageID", package_id},
                      {"Due", Now() + after.count()},
                      {"Generation", 1},
                      {"Attempts", 0},
                      {"Owner", ""},
                      {"LeaseUntil", 0},
                      {"Problem", ""}});
  });
}

Result<std::optional<Work>> WorkQueue::Claim() const {
  const auto now = Now();
  const auto furthest =
      std::max({options_.retry_most,
                std::chrono::duration_cast<std::chrono::seconds>(options_.collect_every),
                std::chrono::duration_cast<std::chrono::seconds>(options_.verify_every)})
          .count() +
      1;
  database::Database::Claim claim;
  claim.table = kWorkTable;
  claim.where = Expression::And(
      {Reached("Due", now, furthest), Reached("LeaseUntil", now, options_.lease.count() + 1)});
  claim.order = {{Expression::Column("Due"), false}, {Expression::Column("PackageID"), false}};
  claim.assignments = {Set("Owner", options_.server_id),
                       Set("LeaseUntil", now + options_.lease.count())};
  claim.columns = {"PackageID", "Generation", "Attempts", "Problem"};
  WW_TRY(const auto rows, options_.database->ClaimRows(claim), "work");
  if (rows.empty()) return std::optional<Work>();
  Work work;
  work.package_id = rows[0][0].text();
  work.generation = rows[0][1].integer();
  work.attempts = static_cast<std::uint32_t>(rows[0][2].integer());
  work.problem = rows[0][3].text();
  return std::optional(std::move(work));
}

Status WorkQueue::Renew(const Work& work) const {
  return options_.database->Transact([&](Transaction& tx) -> Status {
    WW_TRY(const auto changed,
           tx.Update(kWorkTable, {Set("LeaseUntil", Now() + options_.lease.count())},
                     Matches({{"PackageID", work.package_id}, {"Owner", options_.server_id}})),
           "lease");
    if (changed != 0) return {};
    return ww::Fail(Code::kConflict, "another server has taken over " + work.package_id);
  });
}

Status WorkQueue::Complete(const Work& work) const {
  return options_.database->Transact([&](Transaction& tx) -> Status {
    WW_TRY(const auto gone,
           tx.Delete(kWorkTable, Matches({{"PackageID", work.package_id},
                                          {"Owner", options_.server_id},
                                          {"Generation", work.generation}})),
           "work");
    if (gone != 0) return {};
    return Done(
        tx.Update(kWorkTable, {Set("Owner", ""), Set("LeaseUntil", 0)},
                  Matches({{"PackageID", work.package_id}, {"Owner", options_.server_id}})));
  });
}

Status WorkQueue::Update(const Work& work, std::int64_t due, std::uint32_t attempts,
                         std::string_view problem) const {
  return options_.database->Transact([&](Transaction& tx) -> Status {
    const Cells mine{{"PackageID", work.package_id}, {"Owner", options_.server_id}};
    auto same = mine;
    same.emplace_back("Generation", work.generation);
    WW_TRY(const auto changed,
           tx.Update(kWorkTable,
                     {Set("Due", due), Set("Attempts", attempts), Set("Problem", problem),
                      Set("Owner", ""), Set("LeaseUntil", 0)},
                     Matches(same)),
           "work");
    if (changed != 0) return {};
    // Touched meanwhile: due as it says.
    return Done(tx.Update(kWorkTable,
                          {Set("Problem", problem), Set("Owner", ""), Set("LeaseUntil", 0)},
                          Matches(mine)));
  });
}

Status WorkQueue::Repeat(const Work& work, std::chrono::seconds after) const {
  return Update(work, Now() + after.count(), 0, "");
}

Result<std::chrono::seconds> WorkQueue::Fail(const Work& work, const Error& error) const {
  const auto doublings = std::min<std::uint32_t>(work.attempts, 20);
  const auto wait = std::min<std::chrono::seconds>(options_.retry_first * (1LL << doublings),
                                                   options_.retry_most);
  WW_RETURN_IF_ERROR(Update(work, Now() + wait.count(), work.attempts + 1, error.message));
  return wait;
}

Result<std::optional<TimePoint>> WorkQueue::NextDue() const {
  std::optional<std::int64_t> next;
  WW_RETURN_IF_ERROR(options_.database->Read([&](Transaction& tx) -> Status {
    next.reset();
    WW_TRY(const auto rows, tx.Fetch(SelectFrom(kWorkTable, {"Due", "LeaseUntil"}, {})), "work");
    for (const auto& row : rows) {
      const auto when = std::max(row[0].integer(), row[1].integer());
      if (!next || when < *next) next = when;
    }
    return {};
  }));
  if (!next) return std::optional<TimePoint>();
  return std::optional(TimePoint(std::chrono::seconds(*next)));
}

Status WorkQueue::ReleaseOwn() const {
  return options_.database->Transact([&](Transaction& tx) {
    return Done(tx.Update(kWorkTable, {Set("Owner", ""), Set("LeaseUntil", 0)},
                          Matches({{"Owner", options_.server_id}})));
  });
}

}  // namespace ww::distmgr
