#include "run_queue.h"

#include <fmt/format.h>

#include "wimwright/provider/identifiers.h"

namespace ww::manager {
namespace {

using database::Comparison;
using database::Expression;
using database::Value;

constexpr const char* kLeases = "ServicingLeases";

Expression OfRun(const Lease& lease) {
  return Expression::And({Expression::Equal("ImagePackageID", Value(lease.image)),
                          Expression::Equal("Token", Value(lease.token))});
}

// Queued, not to be left waiting, and of an image that nobody has.
Expression Claimable(const std::string& runs, TimePoint now) {
  const auto compare = [](Comparison how, TimePoint time) {
    const auto text = cim::DateTime::FromUtc(time).ToDmtf();
    return Expression::Compare(how, Expression::Column("NotBefore"),
                               Expression::Literal(Value(text)));
  };
  // So far ahead lies a retry only after the clock was set back.
  const auto left_behind =
      Expression::And({Expression::Compare(Comparison::kGreater, Expression::Column("Attempt"),
                                           Expression::Literal(Value(0))),
                       compare(Comparison::kGreater, now + kLongestDelay)});
  database::Select leased;
  leased.table = kLeases;
  leased.where =
      Expression::Compare(Comparison::kEqual, Expression::Column(kLeases, "ImagePackageID"),
                          Expression::Column(runs, "ImagePackageID"));
  return Expression::And({Expression::Equal("State", Value(StateName(RunState::kQueued))),
                          Expression::Or({Expression::IsNull(Expression::Column("NotBefore")),
                                          compare(Comparison::kLessOrEqual, now), left_behind}),
                          Expression::Not(Expression::Exists(leased))});
}

struct LeaseRow {
  std::string image, server, token;
  std::int64_t heartbeat = 0;
};

Result<std::map<std::int64_t, LeaseRow>> Leases(provider::Call& call) {
  database::Select select;
  select.table = kLeases;
  for (const char* name : {"RunID", "ImagePackageID", "Server", "Token", "Heartbeat"}) {
    select.columns.push_back(Expression::Column(name));
  }
  WW_TRY(const auto rows, call.store.tx().Fetch(select), "leases");
  std::map<std::int64_t, LeaseRow> out;
  for (const auto& row : rows) {
    out[row[0].integer()] = {std::string(row[1].text()), std::string(row[2].text()),
                             std::string(row[3].text()), row[4].integer()};
  }
  return out;
}

}  // namespace

database::TableDefinition LeaseTable() {
  using database::ColumnType;
  return {
      kLeases,
      {{.name = "ImagePackageID", .type = ColumnType::kText, .key = true, .case_insensitive = true},
       {.name = "RunID", .type = ColumnType::kInteger, .not_null = true},
       {.name = "Server", .type = ColumnType::kText, .not_null = true},
       {.name = "Token", .type = ColumnType::kText, .not_null = true},
       {.name = "Heartbeat", .type = ColumnType::kInteger, .not_null = true}}};
}

Result<std::optional<RunQueue::Claimed>> RunQueue::Claim(provider::SiteProvider& provider) {
  database::Database::Claim claim;
  WW_TRY(const auto runs, provider.schema().Get(kRunClass), "runs");
  claim.table = provider::TableNameOf(*runs);
  claim.where = Claimable(claim.table, options_.clock->Now());
  claim.order = {{Expression::Column("RunID")}};
  claim.assignments = {
      {"State", Expression::Literal(Value(StateName(RunState::kStaging)))},
      {"Server", Expression::Literal(Value(options_.server_id))},
      {"Attempt", Expression::Add(Expression::Column("Attempt"), Expression::Literal(Value(1)))}};
  claim.columns = {"RunID"};
  // A claim that a crash cuts off here is found by Recover(): active, without a lease.
  WW_TRY(const auto rows, options_.database->ClaimRows(claim), "the queue of runs");
  if (rows.empty()) return std::optional<Claimed>();
  const auto id = rows[0][0].integer();
  {
    const std::lock_guard lock(mutex_);
    mine_.insert(id);
  }
  Claimed claimed;
  bool taken = false;
  const auto done =
      provider.Transact(provider::SystemContext(), [&](provider::Call& call) -> Status {
        WW_TRY(const auto row, RunRow(call, id), "run");
        claimed.run = RunOf(row);
        claimed.lease = {claimed.run.image, id, provider::NewGuid()};
        const auto made = call.store.tx().InsertOne(
            kLeases, {"ImagePackageID", "RunID", "Server", "Token", "Heartbeat"},
            {Value(claimed.lease.image), Value(id), Value(options_.server_id),
             Value(claimed.lease.token), Value(0)});
        taken = !made && made.error().code == Code::kConflict;
        if (!made && !taken) return Fail(made.error().Within("lease"));
        return {};
      });
  if (done && !taken) return std::optional<Claimed>(std::move(claimed));
  Abandon(id);
  // Another server took the image in between: the run waits for it.
  WW_TRY_STATUS(provider.Transact(provider::SystemContext(),
                                  [&](provider::Call& call) {
                                    return ChangeRun(call, id, [](cim::Instance& row) {
                                      SetState(row, RunState::kQueued);
                                      row.SetRaw("Attempt",
                                                 provider::Number(row["Attempt"].UintOr(1) - 1));
                                    });
                                  }),
                "giving a run back");
  if (!done) return Fail(done.error());
  return std::optional<Claimed>();
}

Status RunQueue::CheckLease(provider::Call& call, const Lease& lease) {
  database::Select select;
  select.table = kLeases;
  select.where = OfRun(lease);
  WW_TRY(const auto held, call.store.tx().Count(select), "lease");
  if (held != 0) return {};
  return Fail(
      Error{Code::kConflict,
            fmt::format("the lease on {} is lost: another server took the run over", lease.image),
            "Nothing: the other server finishes it.", 0});
}

Status RunQueue::EndLease(provider::Call& call, const Lease& lease) {
  WW_TRY_STATUS(call.store.tx().Delete(kLeases, OfRun(lease)).map([](std::uint64_t) {}), "lease");
  return {};
}

void RunQueue::Abandon(std::int64_t run) {
  const std::lock_guard lock(mutex_);
  mine_.erase(run);
}

Result<RunQueue::Pulse> RunQueue::Beat(provider::Call& call, const Lease& lease) {
  Pulse pulse;
  WW_TRY(const auto held,
         call.store.tx().Update(kLeases,
                                {{"Heartbeat", Expression::Add(Expression::Column("Heartbeat"),
                                                               Expression::Literal(Value(1)))}},
                                OfRun(lease)),
         "lease");
  pulse.lost = held == 0;
  WW_TRY(const auto row, RunRow(call, lease.run), "run");
  pulse.cancel_requested = row["CancelRequested"].BoolOr(false);
  return pulse;
}

bool RunQueue::StoodStill(std::int64_t run, const std::string& token, std::int64_t heartbeat) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (mine_.contains(run)) return false;
  auto& seen = sightings_[run];
  if (seen.token != token || seen.heartbeat != heartbeat ||
      seen.since == std::chrono::steady_clock::time_point()) {
    seen = {token, heartbeat, now};
    return options_.lease_timeout.count() <= 0;
  }
  return now - seen.since >= options_.lease_timeout;
}

Result<RunQueue::Recovered> RunQueue::Recover(provider::SiteProvider& provider, bool own) {
  Recovered recovered;
  WW_RETURN_IF_ERROR(
      provider.Transact(provider::SystemContext(), [&](provider::Call& call) -> Status {
        recovered = {};
        WW_TRY(const auto leases, Leases(call), "leases");
        for (auto state = RunState::kStaging; state < RunState::kSucceeded;
             state = static_cast<RunState>(static_cast<int>(state) + 1)) {
          WW_TRY(auto rows,
                 call.store.FindAll(kRunClass, {{"State", provider::Text(StateName(state))}}),
                 "runs");
          for (auto& row : rows) {
            const auto run = RunOf(row);
            const auto lease = leases.find(run.id);
            const LeaseRow none;
            const auto& held = lease == leases.end() ? none : lease->second;
            const bool dead = (own && run.server == options_.server_id) ||
                              StoodStill(run.id, held.token, held.heartbeat);
            if (!dead) continue;
            if (lease != leases.end()) {
              WW_RETURN_IF_ERROR(EndLease(call, Lease{held.image, run.id, held.token}));
            }
            // What is proven is only published: that may be tried for ever.
            const bool again = run.attempt < options_.most_attempts || !run.new_content.empty();
            (again ? recovered.queued : recovered.given_up).push_back(run.id);
            if (!again) continue;
            SetState(row, RunState::kQueued);
            row.SetRaw("Reason",
                       provider::Text(fmt::format("interrupted in state {} on {}: taken up again",
                                                  StateName(state), run.server)));
            WW_RETURN_IF_ERROR(call.store.Save(row));
          }
        }
        return {};
      }));
  const std::lock_guard lock(mutex_);
  for (const auto& list : {recovered.queued, recovered.given_up}) {
    for (const auto id : list) sightings_.erase(id);
  }
  return recovered;
}

}  // namespace ww::manager
