// Dirty hives and their transaction logs, made by hand.
#include "log_replay.h"

#include <algorithm>

#include "hive_testing.h"
#include "marvin32.h"

namespace ww::hive {
namespace {

using namespace ww::hive::testing;

// A hive before and after some change that also makes it larger.
struct States {
  Bytes before, after;
};
States TwoStates() {
  auto hive = NewHive();
  for (int i = 0; i < 100; ++i) {
    Ok(hive.SetValue(Get(hive.EnsurePath(hive.root(), "key" + std::to_string(i))), "v",
                     MakeSz("old")));
  }
  States states;
  states.before = Get(hive.ToBytes());
  auto edited = Get(Hive::Open(MemoryStorage(states.before)));
  for (int i = 0; i < 100; i += 3) {
    Ok(edited.SetValue(*Get(edited.FindPath(edited.root(), "key" + std::to_string(i))), "v",
                       MakeBinary(Bytes(500, static_cast<std::byte>(i)))));
  }
  states.after = Get(edited.ToBytes());
  return states;
}

template <typename T>
void Set(Bytes& bytes, std::size_t at, T value) {
  StoreLe(bytes.data() + at, value);
}
void FixChecksum(Bytes& bytes) {
  BaseBlock block;
  std::copy_n(bytes.begin(), 512, block.raw.begin());
  Set(bytes, base::kChecksum, block.ComputeChecksum());
}

// What is left on disk when Windows stopped while writing: the first sequence number is ahead, some
// of the new pages are there, some not.
Bytes TornPrimary(const States& states) {
  Bytes torn = states.before;
  const auto sequence = LoadLe<std::uint32_t>(torn.data() + 4);
  Set(torn, 4, sequence + 1);
  FixChecksum(torn);
  std::copy_n(states.after.begin() + 8192, 512, torn.begin() + 8192);
  return torn;
}

std::vector<std::size_t> ChangedBlocks(const States& states) {
  std::vector<std::size_t> blocks;  // of 4096 bytes, in the bins
  for (std::size_t at = 4096; at < states.after.size(); at += 4096) {
    const auto from = static_cast<std::ptrdiff_t>(at);
    if (at >= states.before.size() ||
        !std::equal(states.after.begin() + from, states.after.begin() + from + 4096,
                    states.before.begin() + from)) {
      blocks.push_back(at);
    }
  }
  return blocks;
}

Bytes LogBase(const States& states, std::uint32_t type) {
  Bytes log(states.after.begin(), states.after.begin() + 512);
  Set<std::uint32_t>(log, base::kType, type);
  Set(log, 12, LoadLe<FileTime>(states.before.data() + 12));
  FixChecksum(log);
  return log;
}

Bytes DirtLog(const States& states) {
  Bytes log = LogBase(states, 1);
  Append(log, AsBytes("DIRT"));
  const std::size_t bitmap = log.size();
  log.resize(bitmap + (states.after.size() - 4096) / 512 / 8);
  const auto blocks = ChangedBlocks(states);
  for (const auto at : blocks) log[bitmap + (at - 4096) / 4096] = std::byte{0xFF};
  log.resize((log.size() + 511) / 512 * 512);
  for (const auto at : blocks) Append(log, ByteView(states.after).subspan(at, 4096));
  return log;
}

void SealEntry(Bytes& entry) {
  Set(entry, 24, Marvin32(kLogEntrySeed, ByteView(entry).subspan(40)));
  Set(entry, 32, Marvin32(kLogEntrySeed, ByteView(entry).first(32)));
}

Bytes Entry(const States& states, std::uint32_t sequence, const std::vector<std::size_t>& blocks) {
  Bytes entry = ToBytes(std::string_view("HvLE"));
  entry.resize(40);
  Set(entry, 12, sequence);
  Set(entry, 16, static_cast<std::uint32_t>(states.after.size() - 4096));
  Set(entry, 20, static_cast<std::uint32_t>(blocks.size()));
  for (const auto at : blocks) {
    AppendLe(entry, static_cast<std::uint32_t>(at - 4096));
    AppendLe<std::uint32_t>(entry, 4096);
  }
  for (const auto at : blocks) Append(entry, ByteView(states.after).subspan(at, 4096));
  entry.resize((entry.size() + 511) / 512 * 512);
  Set(entry, 4, static_cast<std::uint32_t>(entry.size()));
  SealEntry(entry);
  return entry;
}

std::uint32_t NextSequence(const States& states) {
  return LoadLe<std::uint32_t>(states.before.data() + 8);
}

Result<Hive> OpenWith(Bytes primary, Bytes log1, Bytes log2 = {}) {
  OpenOptions options;
  options.log1 = std::move(log1);
  options.log2 = std::move(log2);
  return Hive::Open(MemoryStorage(std::move(primary)), std::move(options));
}

void ExpectState(Result<Hive> opened, const Bytes& expected) {
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(opened->was_replayed());
  EXPECT_TRUE(opened->modified());
  auto wanted = Get(Hive::Open(MemoryStorage(expected)));
  EXPECT_EQ(Dump(*opened), Dump(wanted));
  ExpectSound(*opened);
  auto clean = Get(Hive::Open(MemoryStorage(Get(opened->ToBytes()))));
  EXPECT_FALSE(clean.was_replayed());
  // Only the head of the file may differ from what Windows would have written.
  const Bytes bytes = Get(clean.ToBytes());
  EXPECT_TRUE(
      std::equal(bytes.begin() + 4096, bytes.end(), expected.begin() + 4096, expected.end()));
}

TEST(LogReplay, DirtyHiveWithoutLogsIsRefused) {
  const auto states = TwoStates();
  const auto opened = OpenWith(TornPrimary(states), {});
  EXPECT_EQ(opened.error().code, Code::kUnsupported);
  EXPECT_NE(opened.error().message.find("dirty"), std::string::npos);
  Bytes bad_checksum = states.before;
  bad_checksum[508] ^= std::byte{1};
  EXPECT_EQ(OpenWith(bad_checksum, {}).error().code, Code::kUnsupported);
}

TEST(LogReplay, CleanHiveIgnoresLogs) {
  const auto states = TwoStates();
  auto hive = Get(OpenWith(states.before, DirtLog(states)));
  EXPECT_FALSE(hive.was_replayed());
  EXPECT_EQ(Get(hive.ToBytes()), states.before);
}

TEST(LogReplay, OldFormatIsApplied) {
  const auto states = TwoStates();
  ASSERT_GT(states.after.size(), states.before.size());
  ExpectState(OpenWith(TornPrimary(states), DirtLog(states)), states.after);
  ExpectState(OpenWith(TornPrimary(states), {}, DirtLog(states)), states.after);
}

TEST(LogReplay, OldFormatRecoversABadBaseBlock) {
  const auto states = TwoStates();
  Bytes torn = TornPrimary(states);
  std::fill_n(torn.begin() + 36, 100, std::byte{0x55});
  ExpectState(OpenWith(torn, DirtLog(states)), states.after);
}

TEST(LogReplay, OldFormatOfAnotherTimeOrCutShortIsNotApplied) {
  const auto states = TwoStates();
  Bytes other = DirtLog(states);
  Set<FileTime>(other, 12, kNow);
  FixChecksum(other);
  EXPECT_EQ(OpenWith(TornPrimary(states), other).error().code, Code::kUnsupported);
  Bytes cut = DirtLog(states);
  cut.resize(cut.size() - 1);
  EXPECT_EQ(OpenWith(TornPrimary(states), cut).error().code, Code::kUnsupported);
  Bytes unfinished = DirtLog(states);
  Set(unfinished, 4, LoadLe<std::uint32_t>(unfinished.data() + 4) + 1);
  FixChecksum(unfinished);
  EXPECT_EQ(OpenWith(TornPrimary(states), unfinished).error().code, Code::kUnsupported);
}

TEST(LogReplay, NewFormatIsApplied) {
  const auto states = TwoStates();
  Bytes log = LogBase(states, 6);
  Append(log, Entry(states, NextSequence(states), ChangedBlocks(states)));
  log.resize(log.size() + 4096);
  ExpectState(OpenWith(TornPrimary(states), log), states.after);
}

TEST(LogReplay, NewFormatContinuesInTheOtherLogAndSkipsOldEntries) {
  const auto states = TwoStates();
  const auto blocks = ChangedBlocks(states);
  ASSERT_GE(blocks.size(), 4u);
  const auto half = blocks.begin() + static_cast<std::ptrdiff_t>(blocks.size() / 2);
  const auto next = NextSequence(states);
  States garbage = states;
  std::fill(garbage.after.begin() + 4096, garbage.after.end(), std::byte{0xEE});
  Bytes first = LogBase(states, 6);
  Append(first, Entry(states, next + 1, {half, blocks.end()}));
  Append(first, Entry(garbage, next - 1, {blocks.begin(), half}));  // applied long ago
  Bytes second = LogBase(states, 6);
  Append(second, Entry(states, next, {blocks.begin(), half}));
  Append(second, Entry(garbage, next + 3, blocks));  // does not follow
  ExpectState(OpenWith(TornPrimary(states), first, second), states.after);
}

TEST(LogReplay, NewFormatStopsAtTheFirstBadEntry) {
  const auto states = TwoStates();
  const auto next = NextSequence(states);
  for (const std::size_t damage :
       {std::size_t{50}, std::size_t{13}, std::size_t{25}, std::size_t{33}}) {
    Bytes log = LogBase(states, 6);
    Bytes bad = Entry(states, next, ChangedBlocks(states));
    bad[damage] ^= std::byte{1};
    Append(log, bad);
    EXPECT_EQ(OpenWith(TornPrimary(states), log).error().code, Code::kUnsupported) << damage;
  }
  Bytes log = LogBase(states, 6);
  Append(log, Entry(states, next, ChangedBlocks(states)));
  Bytes bad = Entry(states, next + 1, {4096});
  bad.back() ^= std::byte{1};
  Append(log, bad);
  ExpectState(OpenWith(TornPrimary(states), log), states.after);
}

TEST(LogReplay, EntriesThatLeadOutOfTheHiveAreCorrupt) {
  const auto states = TwoStates();
  const auto next = NextSequence(states);
  const auto with = [&](std::size_t at, std::uint32_t value) {
    Bytes entry = Entry(states, next, {4096});
    Set(entry, at, value);
    SealEntry(entry);
    Bytes log = LogBase(states, 6);
    Append(log, entry);
    const auto opened = OpenWith(TornPrimary(states), log);
    return opened ? Code::kInternal : opened.error().code;
  };
  EXPECT_EQ(with(40, 0x7FFFF000u), Code::kCorrupt);  // page offset
  EXPECT_EQ(with(44, 0x7FFFF000u), Code::kCorrupt);  // page size
  EXPECT_EQ(with(20, 0xFFFFFFFFu), Code::kCorrupt);  // number of pages
  EXPECT_EQ(with(16, 0x7FFFF000u), Code::kCorrupt);  // growth without content
}

}  // namespace
}  // namespace ww::hive
