// The seeds of the fuzz targets: made here, never taken from a real hive.
// WW_WRITE_SEEDS=src/formats/hive/fuzz/corpus hive_tests --gtest_filter='Seeds.*' writes them anew.
#include <algorithm>

#include "fuzz/fuzz_input.h"
#include "hive_testing.h"

namespace ww::hive {
namespace {

using namespace ww::hive::testing;

Hive Small(std::uint32_t minor) {
  auto hive = NewHive(minor);
  const auto key = Get(hive.EnsurePath(hive.root(), "Key\\sub"));
  Ok(hive.SetValue(key, "", MakeSz("text")));
  Ok(hive.SetValue(key, "n", MakeDword(1)));
  Ok(hive.SetValue(key, "m", MakeMultiSz(std::vector<std::string>{"a", "b"})));
  Get(hive.EnsurePath(hive.root(), "é\\Ж"));
  Ok(hive.SetSecurityDescriptor(key, Descriptor(1)));
  return hive;
}

std::map<std::string, Bytes> Hives() {
  std::map<std::string, Bytes> hives;
  hives["lh"] = Get(Small(5).ToBytes());
  hives["lf"] = Get(Small(3).ToBytes());
  auto wide = NewHive();
  for (int i = 0; i < 520; ++i) Get(wide.EnsurePath(wide.root(), std::to_string(i)));
  hives["ri"] = Get(wide.ToBytes());
  auto big = NewHive();
  Ok(big.SetValue(big.root(), "big", MakeBinary(Bytes(16345, std::byte{1}))));
  hives["db"] = Get(big.ToBytes());
  // The same lists without hashes.
  hives["li"] = hives["lf"];
  auto& li = hives["li"];
  for (std::size_t at = 4096; at + 16 < li.size(); at += 8) {
    if (LoadLe<std::uint16_t>(li.data() + at + 4) != 0x666C) continue;
    li[at + 5] = std::byte{'i'};
    const auto count = LoadLe<std::uint16_t>(li.data() + at + 6);
    for (std::size_t i = 1; i < count; ++i) {
      StoreLe(li.data() + at + 8 + 4 * i, LoadLe<std::uint32_t>(li.data() + at + 8 + 8 * i));
    }
  }
  return hives;
}

Bytes WithHead(std::initializer_list<Bytes> blocks, const Bytes& hive) {
  Bytes seed{std::byte{3}};
  for (const auto& block : blocks) {
    AppendLe(seed, static_cast<std::uint16_t>(block.size()));
    Append(seed, block);
  }
  Append(seed, hive);
  return seed;
}

Bytes Dirty(Bytes hive) {
  StoreLe(hive.data() + 4, LoadLe<std::uint32_t>(hive.data() + 4) + 1);
  return hive;
}

Bytes Log(const Bytes& hive, std::uint32_t type) {
  Bytes log(hive.begin(), hive.begin() + 512);
  StoreLe(log.data() + 28, type);
  if (type == 1) {
    StoreLe(log.data() + 4, LoadLe<std::uint32_t>(log.data() + 8));
    Append(log, AsBytes("DIRT"));
    AppendLe<std::uint16_t>(log, 0x00FF);  // the first 4 KiB of bins
    log.resize(1024);
    log.insert(log.end(), hive.begin() + 4096, hive.begin() + 8192);
    return log;
  }
  Append(log, AsBytes("HvLE"));
  AppendLe<std::uint32_t>(log, 1024);
  AppendLe<std::uint32_t>(log, 0);
  AppendLe(log, LoadLe<std::uint32_t>(hive.data() + 8));
  AppendLe(log, LoadLe<std::uint32_t>(hive.data() + 40));
  AppendLe<std::uint32_t>(log, 1);
  log.resize(log.size() + 16);
  AppendLe<std::uint32_t>(log, 0);
  AppendLe<std::uint32_t>(log, 512);
  log.insert(log.end(), hive.begin() + 4096, hive.begin() + 4608);
  log.resize(512 + 1024);
  return log;
}

Bytes Program(std::initializer_list<int> bytes) {
  Bytes program;
  for (const int b : bytes) program.push_back(static_cast<std::byte>(b));
  return program;
}

TEST(Seeds, AreHivesOfEveryKind) {
  const char* const folder = std::getenv("WW_WRITE_SEEDS");
  std::map<std::string, Bytes> seeds;
  const Bytes program = Program({0, 2, 1, 1, 0, 10, 1, 16, 3, 2, 0, 100, 0, 4, 0,
                                 3, 0, 0, 5, 1, 1,  7, 0,  0, 4, 3, 0,   1, 2, 20});
  for (const auto& [name, bytes] : Hives()) {
    auto hive = Get(Hive::Open(MemoryStorage(bytes)));
    Ok(CheckHive(hive));
    seeds["hive_read/" + name] = WithHead({{}, {}}, bytes);
    seeds["hive_edit/" + name] = WithHead({program}, bytes);
  }
  const Bytes plain = Get(Small(5).ToBytes());
  seeds["hive_read/dirt"] = WithHead({Log(Dirty(plain), 1), {}}, Dirty(plain));
  seeds["hive_read/hvle"] = WithHead({Log(Dirty(plain), 6), {}}, Dirty(plain));
  for (const std::uint32_t type : {1u, 6u}) {  // the seeds must reach what they are for
    Bytes hive = Dirty(plain);
    OpenOptions options;
    options.log1 = Log(hive, type);
    fuzz::RepairBase(hive, false);
    fuzz::RepairLog(options.log1);
    EXPECT_TRUE(Get(Hive::Open(MemoryStorage(hive), std::move(options))).was_replayed());
  }
  seeds["hive_edit/bulk"] =
      WithHead({Program({8, 2, 200, 8, 1, 0, 4, 0, 0, 8, 2, 140, 8, 0, 0, 2, 0, 200})}, plain);
  EXPECT_EQ(seeds.size(), 13u);
  if (folder == nullptr) return;
  for (const auto& [name, bytes] : seeds) {
    const auto path = std::filesystem::path(folder) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
}

}  // namespace
}  // namespace ww::hive
