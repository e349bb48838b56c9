// No memory at any moment of reading and of editing a hive.
#include "allocation_faults.h"
#include "fuzz/fuzz_input.h"
#include "fuzz_seed.h"
#include "wimwright/hive/check.h"

namespace ww::hive {
namespace {

// Opens the seed as the fuzz target does: one byte of flags, two logs, the hive.
Result<Hive> Open(const Bytes& seed) {
  fuzz::Input input(reinterpret_cast<const std::uint8_t*>(seed.data()), seed.size());
  const unsigned flags = input.Byte();
  OpenOptions options;
  options.log1 = input.Block();
  options.log2 = input.Block();
  auto hive = input.Rest();
  if ((flags & fuzz::kRepairBase) != 0) fuzz::RepairBase(hive, options.log1.empty());
  return Hive::Open(MemoryStorage(std::move(hive)), std::move(options));
}

bool Walk(Hive& hive) {
  std::vector<KeyId> todo{hive.root()};
  while (!todo.empty()) {
    const auto key = todo.back();
    todo.pop_back();
    const auto values =
        hive.ForEachValueData(key, [](std::string_view, const Value&) -> Status { return {}; });
    const auto keys = hive.ForEachSubkey(key, [&](KeyId child, std::string_view) -> Status {
      todo.push_back(child);
      return {};
    });
    if (!values || !keys) return false;
  }
  return CheckHive(hive).has_value();
}

TEST(Allocation, ReadingSurvivesEveryFault) {
  for (const auto* name : {"lh", "db", "ri"}) {
    SCOPED_TRACE(name);
    const auto seed = test::FuzzSeed(std::filesystem::path("hive_read") / name);
    ASSERT_TRUE(seed);
    test::ExpectSurvivesEveryAllocationFault([&] {
      auto hive = Open(*seed);
      return hive && Walk(*hive);
    });
  }
}

}  // namespace
}  // namespace ww::hive
