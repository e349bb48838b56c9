// Hives that contradict themselves: refused, in bounded time and memory, whatever they say.
#include <algorithm>
#include <random>

#include "hive_impl.h"
#include "hive_testing.h"

namespace ww::hive {
namespace {

using namespace ww::hive::testing;

// ROOT\Parent\Child\Grandchild and some company, with the places of their cells.
class Victim {
 public:
  Victim() {
    auto hive = NewHive();
    Get(hive.EnsurePath(hive.root(), "Parent\\Child\\Grandchild"));
    Get(hive.EnsurePath(hive.root(), "Parent\\Sibling"));
    const auto child = *Get(hive.FindPath(hive.root(), "Parent\\Child"));
    Ok(hive.SetValue(child, "first", MakeBinary(Bytes(50, std::byte{1}))));
    Ok(hive.SetValue(child, "second", MakeBinary(Bytes(50, std::byte{2}))));
    Ok(hive.SetValue(child, "large", MakeBinary(Bytes(20000, std::byte{3}))));
    Ok(hive.SetSecurityDescriptor(child, Descriptor(1)));
    Ok(hive.SetSecurityDescriptor(*Get(hive.FindPath(hive.root(), "Parent\\Sibling")),
                                  Descriptor(2)));
    bytes_ = Get(hive.ToBytes());
    for (const char* path :
         {"", "Parent", "Parent\\Child", "Parent\\Child\\Grandchild", "Parent\\Sibling"}) {
      cells_[path] = static_cast<std::uint32_t>(*Get(hive.FindPath(hive.root(), path)));
    }
  }
  std::uint32_t cell(const std::string& path) const { return cells_.at(path); }
  // Of a cell's payload.
  std::uint32_t At(std::uint32_t cell, std::size_t at) const {
    return LoadLe<std::uint32_t>(bytes_.data() + 4096 + cell + 4 + at);
  }
  template <typename T>
  void Put(std::uint32_t cell, std::size_t at, T value) {
    StoreLe(bytes_.data() + 4096 + cell + 4 + at, value);
  }
  std::uint32_t Value(const std::string& path, std::size_t index) const {
    return At(At(cell(path), nk::kValueList), index * 4);
  }
  Hive Open() const { return Get(Hive::Open(MemoryStorage(bytes_))); }
  const Bytes& bytes() const { return bytes_; }

  // The check says so, and neither walking nor deleting hangs or crashes.
  void ExpectRefused() const {
    auto hive = Open();
    const auto checked = CheckHive(hive);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, Code::kCorrupt) << checked.error().message;
    Walk();
    auto edited = Open();
    static_cast<void>(edited.DeleteSubkeys(edited.root()));
    static_cast<void>(edited.ToBytes());
  }
  // False: the walk met an error.
  bool Walk() const {
    auto hive = Open();
    std::vector<KeyId> todo{hive.root()};
    bool sound = true;
    for (int steps = 0; !todo.empty(); ++steps) {
      if (steps > 10000) {
        ADD_FAILURE() << "the walk does not end";
        return false;
      }
      const auto key = todo.back();
      todo.pop_back();
      const auto values =
          hive.ForEachValueData(key, [](std::string_view, hive::Value) -> Status { return {}; });
      const auto subkeys = hive.ForEachSubkey(key, [&](KeyId child, std::string_view) -> Status {
        todo.push_back(child);
        return {};
      });
      sound = sound && values && subkeys;
    }
    return sound;
  }

 private:
  Bytes bytes_;
  std::map<std::string, std::uint32_t> cells_;
};

TEST(Hostile, TheVictimItselfIsSound) {
  Victim victim;
  EXPECT_TRUE(victim.Walk());
  auto hive = victim.Open();
  EXPECT_EQ(ExpectSound(hive).keys, 5u);
}

TEST(Hostile, TruncatedHivesAreCorrupt) {
  const Victim victim;
  for (std::size_t size = 0; size < victim.bytes().size(); size += 509) {
    const Bytes cut(victim.bytes().begin(),
                    victim.bytes().begin() + static_cast<std::ptrdiff_t>(size));
    const auto hive = Hive::Open(MemoryStorage(cut));
    ASSERT_FALSE(hive) << size;
    EXPECT_EQ(hive.error().code, Code::kCorrupt) << size;
  }
}

TEST(Hostile, HeadsOfOtherFilesAndVersionsAreRefused) {
  const auto open = [](std::size_t at, std::uint32_t value) {
    Victim victim;
    Bytes bytes = victim.bytes();
    StoreLe(bytes.data() + at, value);
    BaseBlock block;
    std::copy_n(bytes.begin(), 512, block.raw.begin());
    StoreLe(bytes.data() + 508, block.ComputeChecksum());
    const auto hive = Hive::Open(MemoryStorage(bytes));
    return hive ? Code::kInternal : hive.error().code;
  };
  EXPECT_EQ(open(0, 0x12345678), Code::kCorrupt);
  EXPECT_EQ(open(20, 2), Code::kUnsupported);
  EXPECT_EQ(open(24, 2), Code::kUnsupported);
  EXPECT_EQ(open(24, 7), Code::kUnsupported);
  EXPECT_EQ(open(28, 1), Code::kUnsupported);
  EXPECT_EQ(open(36, 0x7FFFFFF8), Code::kCorrupt);  // root cell
  EXPECT_EQ(open(36, 33), Code::kCorrupt);
  EXPECT_EQ(open(40, 0xFFFFF000), Code::kCorrupt);  // size of the bins
  EXPECT_EQ(open(40, 0), Code::kCorrupt);
  EXPECT_EQ(open(40, 5000), Code::kCorrupt);
}

TEST(Hostile, ListsThatLeadBackUpAreCorrupt) {
  for (const char* target : {"", "Parent", "Parent\\Child"}) {
    Victim victim;
    const auto list = victim.At(victim.cell("Parent\\Child"), nk::kSubkeyList);
    victim.Put(list, list::kEntries, victim.cell(target));
    EXPECT_FALSE(victim.Walk()) << target;
    victim.ExpectRefused();
    // Even when the parent field plays along.
    victim.Put(victim.cell(target), nk::kParent, victim.cell("Parent\\Child"));
    EXPECT_FALSE(victim.Walk()) << target;
    victim.ExpectRefused();
  }
}

TEST(Hostile, SubtreesSharedByTwoKeysAreCorrupt) {
  Victim victim;
  const auto list = victim.At(victim.cell("Parent"), nk::kSubkeyList);
  victim.Put(victim.cell("Parent\\Sibling"), nk::kSubkeyList,
             victim.At(victim.cell("Parent\\Child"), nk::kSubkeyList));
  victim.Put<std::uint32_t>(victim.cell("Parent\\Sibling"), nk::kSubkeys, 1);
  EXPECT_FALSE(victim.Walk());
  victim.ExpectRefused();
  Victim twice;
  twice.Put(list, list::kEntries + 8, twice.cell("Parent\\Child"));
  EXPECT_FALSE(twice.Walk());
  twice.ExpectRefused();
}

TEST(Hostile, UnsortedListsAndWrongHashesAreCorrupt) {
  Victim unsorted;
  const auto list = unsorted.At(unsorted.cell("Parent"), nk::kSubkeyList);
  const auto first_key = unsorted.At(list, 4), first_hash = unsorted.At(list, 8);
  unsorted.Put(list, 4, unsorted.At(list, 12));
  unsorted.Put(list, 8, unsorted.At(list, 16));
  unsorted.Put(list, 12, first_key);
  unsorted.Put(list, 16, first_hash);
  unsorted.ExpectRefused();
  Victim hash;
  hash.Put<std::uint32_t>(list, 8, 1);
  hash.ExpectRefused();
}

TEST(Hostile, CountsBeyondTheHiveAreCorrupt) {
  const auto damage = [](const char* path, std::size_t at, auto value) {
    Victim victim;
    victim.Put(victim.cell(path), at, value);
    EXPECT_FALSE(victim.Walk()) << path << " " << at;
    victim.ExpectRefused();
  };
  damage("Parent\\Child", nk::kSubkeys, 0xFFFFFFFFu);
  damage("Parent\\Child", nk::kSubkeys, 2u);
  damage("Parent\\Child", nk::kValues, 0xFFFFFFFFu);
  damage("Parent\\Child", nk::kValues, 1000u);
  damage("Parent\\Child", nk::kNameLength, std::uint16_t{0xFFFF});
  damage("Parent\\Child", nk::kValueList, 0xFFFFFFF8u);
  damage("Parent\\Child", nk::kSubkeyList, 0x7FFFFFF8u);
  Victim list;
  list.Put(list.At(list.cell("Parent"), nk::kSubkeyList), list::kCount, std::uint16_t{0xFFFF});
  EXPECT_FALSE(list.Walk());
  list.ExpectRefused();
  for (const std::size_t value : {0u, 2u}) {  // a plain one and a db one
    Victim data;
    data.Put(data.Value("Parent\\Child", value), vk::kSize, 0x7FFFFFFFu);
    EXPECT_FALSE(data.Walk());
    data.ExpectRefused();
    Victim resident;
    resident.Put(resident.Value("Parent\\Child", value), vk::kSize, 0x80000005u);
    EXPECT_FALSE(resident.Walk());
    resident.ExpectRefused();
  }
}

TEST(Hostile, CellsUsedTwiceOrInTheMiddleOfOthersAreCorrupt) {
  Victim shared;
  shared.Put(shared.Value("Parent\\Child", 1), vk::kData,
             shared.At(shared.Value("Parent\\Child", 0), vk::kData));
  shared.ExpectRefused();
  Victim inside;  // a cell header forged inside other data
  const auto data = inside.At(inside.Value("Parent\\Child", 0), vk::kData);
  inside.Put<std::int32_t>(data, 4, -32);
  inside.Put(inside.Value("Parent\\Child", 1), vk::kData, data + 8);
  inside.Put<std::uint32_t>(inside.Value("Parent\\Child", 1), vk::kSize, 20);
  inside.ExpectRefused();
  Victim segments;
  const auto record = segments.At(segments.Value("Parent\\Child", 2), vk::kData);
  const auto list = segments.At(record, db::kList);
  segments.Put(list, 4, segments.At(list, 0));
  segments.ExpectRefused();
  Victim overlapping;
  const auto cell = overlapping.cell("Parent\\Sibling");
  overlapping.Put<std::int32_t>(cell - 4, 0, -4096);  // its size field
  overlapping.ExpectRefused();
}

TEST(Hostile, BrokenSecurityRingsAreCorrupt) {
  const Victim sound;
  const auto root = sound.At(sound.cell(""), nk::kSecurity);
  const auto child = sound.At(sound.cell("Parent\\Child"), nk::kSecurity);
  const auto sibling = sound.At(sound.cell("Parent\\Sibling"), nk::kSecurity);
  const auto damage = [&](std::uint32_t cell, std::size_t at, std::uint32_t value) {
    Victim victim;
    victim.Put(cell, at, value);
    victim.ExpectRefused();
    auto hive = victim.Open();  // must end, one way or the other
    static_cast<void>(
        hive.SetSecurityDescriptor(*Get(hive.FindPath(hive.root(), "Parent")), Descriptor(9)));
  };
  damage(child, sk::kNext, child);
  damage(sibling, sk::kNext, sibling);
  damage(child, sk::kNext, 0x7FFFFFF8);
  damage(child, sk::kPrevious, child);
  damage(root, sk::kReferences, 1);  // three keys use it
  damage(root, sk::kReferences, 0);
  damage(child, sk::kSize, 0xFFFFFFFF);
}

TEST(Hostile, ExcessReferencesAndLeakedCellsAreReportedNotRefused) {
  Victim victim;
  const auto root = victim.At(victim.cell(""), nk::kSecurity);
  victim.Put(root, sk::kReferences, victim.At(root, sk::kReferences) + 5);
  victim.Put<std::uint32_t>(victim.cell("Parent\\Child"), nk::kValues, 0);
  auto hive = victim.Open();
  const auto report = Get(ExamineHive(hive));
  EXPECT_EQ(report.excess_references, 5u);
  EXPECT_EQ(report.leaked_cells,
            10u);  // list, three values, two data, db with its list and two segments
}

TEST(Hostile, NestingBeyondTheLimitIsRefusedWithoutRecursion) {
  auto hive = NewHive();
  auto at = static_cast<std::uint32_t>(hive.root());
  for (int i = 0; i < 100000; ++i) at = Get(hive.impl().Create(at, u"k"));
  auto deep = Reopen(hive);
  EXPECT_EQ(CheckHive(deep).error().code, Code::kCorrupt);
  EXPECT_EQ(deep.EnsurePath(KeyId{at}, "x").error().code, Code::kCorrupt);
  Ok(deep.DeleteTree(deep.root(), "k"));
  EXPECT_EQ(ExpectSound(deep).keys, 1u);
}

TEST(Hostile, PredefinedHandlesHaveNoValues) {
  // Perflib\009 of genuine SOFTWARE hives: the count of its values is a handle.
  Victim victim;
  const auto key = victim.cell("Parent\\Sibling");
  victim.Put(key, nk::kFlags,
             static_cast<std::uint16_t>(victim.At(key, nk::kFlags) | nk::kPredefinedHandle));
  victim.Put(key, nk::kValues, 0x80000050u);
  auto hive = victim.Open();
  EXPECT_EQ(ExpectSound(hive).keys, 5u);
  EXPECT_EQ(Get(hive.Info(KeyId{key})).values, 0u);
  EXPECT_EQ(hive.SetValue(KeyId{key}, "v", MakeDword(1)).error().code, Code::kUnsupported);
}

TEST(Hostile, RandomDamageNeverCrashes) {
  const Victim victim;
  std::mt19937 random(7);
  for (int round = 0; round < 1500; ++round) {
    Bytes bytes = victim.bytes();
    for (auto n = random() % 6 + 1; n-- > 0;) {
      const auto at = 4096 + random() % (bytes.size() - 4096) / (random() % 4 == 0 ? 1 : 16);
      bytes[at] = static_cast<std::byte>(random() % 4 == 0 ? 0xFF : random());
    }
    auto hive = Hive::Open(MemoryStorage(bytes));
    if (!hive) continue;
    static_cast<void>(CheckHive(*hive));
    for (const char* path : {"Parent\\Child", "Parent\\New", "Parent\\Sibling\\x"}) {
      const auto key = hive->EnsurePath(hive->root(), path);
      if (!key) continue;
      static_cast<void>(hive->SetValue(*key, "first", MakeBinary(Bytes(random() % 20000))));
      static_cast<void>(hive->DeleteValue(*key, "large"));
      static_cast<void>(
          hive->SetSecurityDescriptor(*key, Descriptor(static_cast<unsigned>(random() % 4))));
    }
    static_cast<void>(hive->DeleteTree(hive->root(), "Parent"));
    static_cast<void>(hive->ToBytes());
  }
}

}  // namespace
}  // namespace ww::hive
