#include "wimwright/provider/identifiers.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>

namespace ww::provider {
namespace {

using database::Expression;

constexpr std::string_view kTable = "SiteCounters";
constexpr std::string_view kPackages = "PackageID";
constexpr std::uint32_t kMaxPackages = 0xFFFFF;
constexpr std::uint32_t kMaxNumbers = 0xFFFFFF;
constexpr std::int64_t kMaxLongNumbers = (std::int64_t{1} << 48) - 1;

Result<std::int64_t> Peek(Call& call, std::string_view counter) {
  database::Select select;
  select.table = kTable;
  select.columns = {Expression::Column("Next")};
  select.where = Expression::Equal("Name", database::Value(counter));
  WW_TRY(const auto row, call.store.tx().FetchOne(std::move(select)), "counter");
  return row ? (*row)[0].integer() : 1;
}

Status Put(Call& call, std::string_view counter, std::int64_t next) {
  const database::Row rows[] = {{database::Value(counter), database::Value(next)}};
  return call.store.tx().Upsert(kTable, {"Name", "Next"}, rows).map([](std::uint64_t) {});
}

Result<std::int64_t> Take(Call& call, std::string_view counter, std::uint32_t count = 1) {
  WW_TRY(const auto next, Peek(call, counter), "counter");
  WW_RETURN_IF_ERROR(Put(call, counter, next + count));
  return next;
}

}  // namespace

database::TableDefinition CounterTable() {
  using database::ColumnType;
  return {std::string(kTable),
          {{.name = "Name", .type = ColumnType::kText, .key = true},
           {.name = "Next", .type = ColumnType::kInteger, .not_null = true}}};
}

Result<std::int64_t> NextNumber(Call& call, std::string_view counter) {
  WW_TRY(const auto number, Take(call, counter), counter);
  if (number < 1 || number > kMaxLongNumbers) {
    return Fail(Code::kLimit, fmt::format("no more numbers for {}", counter));
  }
  return number;
}

Result<std::uint32_t> NextIdentifier(Call& call, std::string_view counter) {
  return NextIdentifiers(call, counter, 1);
}

Result<std::uint32_t> NextIdentifiers(Call& call, std::string_view counter, std::uint32_t count) {
  WW_TRY(const auto number, Take(call, counter, count), counter);
  if (number < 1 || number > kMaxNumbers || count > kMaxNumbers - number + 1) {
    return Fail(Code::kLimit, fmt::format("no more numbers for {}", counter));
  }
  return (call.site().site_number << 24) | static_cast<std::uint32_t>(number);
}

Result<std::string> NextPackageId(Call& call) {
  for (;;) {
    WW_TRY(const auto number, Take(call, kPackages), "PackageID");
    if (number < 1 || number > kMaxPackages) {
      return Fail(Code::kLimit, "no more package numbers at this site");
    }
    auto id = fmt::format("{}{:05X}", call.site().site_code, number);
    // A number that SetNextID skipped back over may be taken.
    WW_TRY(const auto taken, call.store.Count("SMS_PackageBaseclass", {{"PackageID", Text(id)}}),
           "PackageID");
    if (taken == 0) return id;
  }
}

Result<std::uint32_t> PeekPackageNumber(Call& call) {
  WW_TRY(const auto number, Peek(call, kPackages), "PackageID");
  return static_cast<std::uint32_t>(number);
}

Status SetPackageNumber(Call& call, std::uint32_t next) {
  if (next == 0 || next > kMaxPackages) return BadValue("NextID is 1 to 1048575");
  return Put(call, kPackages, next);
}

std::string NewGuid() {
  std::array<unsigned char, 16> random{};
  RAND_bytes(random.data(), static_cast<int>(random.size()));
  std::string hex;
  for (const auto byte : random) hex += fmt::format("{:02X}", byte);
  hex[12] = '4';  // random, version 4
  return fmt::format("{{{}-{}-{}-{}-{}}}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20, 12));
}

}  // namespace ww::provider
