// The promise that this module was written for: thousands of keys under one parent of a large hive.
#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <random>

#include "hive_testing.h"

namespace ww::hive {
namespace {

using namespace ww::hive::testing;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
constexpr bool kTimed = false;
#else
constexpr bool kTimed = true;
#endif

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string ComponentName(std::uint32_t n) {
  std::mt19937 random(n);
  const auto letters = [&random](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text.push_back(static_cast<char>('a' + random() % 16));
    return text;
  };
  return "amd64_" + letters(24) + "_31bf3856ad364e35_10.0.26100." + std::to_string(n % 9000) +
         "_none_" + letters(16);
}

// About 60 MB in the likeness of COMPONENTS: 28,000 keys under one parent, six values each.
const Bytes& LargeHive() {
  static const Bytes kBytes = [] {
    auto hive = NewHive();
    const auto parent = Get(hive.EnsurePath(hive.root(), "DerivedData\\Components"));
    for (std::uint32_t i = 0; i < 28000; ++i) {
      const auto key = Get(hive.EnsurePath(parent, ComponentName(i)));
      Ok(hive.SetValue(key, "identity", MakeBinary(Bytes(170, static_cast<std::byte>(i)))));
      Ok(hive.SetValue(key, "S256H", MakeBinary(Bytes(32, static_cast<std::byte>(i)))));
      Ok(hive.SetValue(key, "c!" + ComponentName(i + 100000), MakeBinary({})));
      Ok(hive.SetValue(key, "f!file.dll", MakeDword(1)));
      Ok(hive.SetValue(key, "f!other.dll", MakeDword(1)));
      Ok(hive.SetValue(key, "blob", MakeBinary(Bytes(1450, static_cast<std::byte>(i * 3)))));
    }
    return Get(hive.ToBytes());
  }();
  return kBytes;
}

std::uint64_t CellOf(std::size_t payload) { return (payload + 4 + 7) / 8 * 8; }

// Reads through and counts, as a compressed resource would have to decompress.
class CountingStorage final : public Storage {
 public:
  CountingStorage(const Bytes& bytes, std::size_t& reads) : bytes_(&bytes), reads_(&reads) {}
  std::uint64_t size() const override { return bytes_->size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) override {
    ++*reads_;
    WW_TRY(const auto part, Slice(*bytes_, offset, out.size()), "test storage");
    std::ranges::copy(part, out.begin());
    return {};
  }

 private:
  const Bytes* bytes_;
  std::size_t* reads_;
};

TEST(Bulk, TenThousandKeysUnderOneParentOfALargeHive) {
  const Bytes& before = LargeHive();
  EXPECT_GT(before.size(), 60'000'000u);
  std::vector<std::string> names;
  std::uint64_t new_bytes = 0;
  for (std::uint32_t i = 0; i < 10000; ++i) {
    names.push_back(ComponentName(500000 + i));
    new_bytes += CellOf(76 + names.back().size()) + 8;  // the key and its place in the list
  }
  std::size_t reads = 0;
  auto hive = Get(Hive::Open(std::make_unique<CountingStorage>(before, reads)));
  const std::uint64_t security_before = 1;
  const auto start = CpuSeconds();
  const auto parent = *Get(hive.FindPath(hive.root(), "DerivedData\\Components"));
  for (const auto& name : names) Get(hive.EnsurePath(parent, name));
  Ok(hive.Finish());
  const double seconds = CpuSeconds() - start;
  const auto growth = hive.size() - before.size();
  std::printf(
      "10000 keys: %.3f s, growth %llu of %llu bytes, %zu dirty pages, %zu of %zu pages read\n",
      seconds, static_cast<unsigned long long>(growth), static_cast<unsigned long long>(new_bytes),
      hive.dirty_pages().size(), reads, before.size() / kPageSize + 1);
  if (kTimed) {
    EXPECT_LT(seconds, 0.5);
  }
  EXPECT_LE(static_cast<double>(growth), 1.2 * static_cast<double>(new_bytes));
  // Each page of the list's keys once, and a few for the way there.
  EXPECT_LT(reads, before.size() / kPageSize * 11 / 10);
  const auto report = ExpectSound(hive);
  EXPECT_EQ(report.keys, 38000u + 3);
  EXPECT_EQ(report.security_cells, security_before);
  auto reopened = Reopen(hive);
  const auto again = *Get(reopened.FindPath(reopened.root(), "deriveddata\\components"));
  for (const auto& name : names) ASSERT_TRUE(Get(reopened.FindSubkey(again, name))) << name;
}

TEST(Bulk, ManyParentsWithOneNewKeyEach) {
  auto made = NewHive();
  for (int i = 0; i < 8000; ++i)
    Get(made.EnsurePath(made.root(), "Winners\\w" + std::to_string(i) + "\\10.0"));
  const Bytes before = Get(made.ToBytes());
  auto hive = Get(Hive::Open(MemoryStorage(before)));
  const auto start = CpuSeconds();
  for (int i = 0; i < 8000; ++i) {
    const auto key = Get(hive.EnsurePath(hive.root(), "Winners\\w" + std::to_string(i) + "\\10.1"));
    Ok(hive.SetValue(key, "", MakeSz("10.1.2.3")));
  }
  Ok(hive.Finish());
  if (kTimed) {
    EXPECT_LT(CpuSeconds() - start, 1.0);
  }
  ExpectSound(hive);
  const std::uint64_t fresh =
      8000 * (CellOf(76 + 4) + CellOf(20) + CellOf(18) + CellOf(4) + CellOf(4 + 16));
  EXPECT_LE(hive.size() - before.size(), fresh * 12 / 10);
}

TEST(Bulk, MemoryStaysFlatWhileTheWholeHiveIsRead) {
  if (!kTimed) GTEST_SKIP() << "an instrumented build needs more memory";
  const Bytes& before = LargeHive();
  std::size_t reads = 0;
  OpenOptions options;
  options.cache_bytes = 1u << 20;
  auto hive = Get(Hive::Open(std::make_unique<CountingStorage>(before, reads), std::move(options)));
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  const auto peak = usage.ru_maxrss;
  std::size_t values = 0;
  const auto parent = *Get(hive.FindPath(hive.root(), "DerivedData\\Components"));
  Ok(hive.ForEachSubkey(parent, [&](KeyId key, std::string_view) {
    return hive.ForEachValueData(key, [&](std::string_view, Value) -> Status {
      ++values;
      return {};
    });
  }));
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_EQ(values, 28000u * 6);
  EXPECT_LT(usage.ru_maxrss - peak, 16 << 10);  // KiB
}

}  // namespace
}  // namespace ww::hive
