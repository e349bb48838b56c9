#include "registry_changes.h"

#include <gmock/gmock.h>

#include "hive_proof.h"

namespace ww::servicing {
namespace {

using cbs::HiveKind;
using cbs::RegistryChange;
using testing::ElementsAre;

constexpr FileTime kTime = 133'000'000'000'000'000;

Bytes Descriptor() {
  // Self-relative, no owner, no group, no lists: the shortest legal one.
  Bytes out(20);
  out[0] = std::byte{1};
  out[3] = std::byte{0x80};
  return out;
}

class RegistryEdits : public testing::Test {
 protected:
  RegistryEdits() : hive_(*hive::Hive::CreateEmpty("ROOT", Descriptor(), kTime)) {}

  static RegistryChange Make(RegistryChange::Kind kind, std::string key, std::string name = "",
                             hive::Value value = {}) {
    RegistryChange change;
    change.kind = kind;
    change.hive = HiveKind::kSoftware;
    change.key = std::move(key);
    change.name = std::move(name);
    change.value = std::move(value);
    return change;
  }
  static RegistryChange Set(std::string key, std::string name, std::uint32_t number) {
    return Make(RegistryChange::Kind::kSetValue, std::move(key), std::move(name),
                hive::MakeDword(number));
  }
  Status Apply(const RegistryChanges& changes) {
    auto done = ApplyRegistryChanges(hive_, HiveKind::kSoftware, changes);
    if (done) {
      const auto proved = ProveRegistryChanges(hive_, HiveKind::kSoftware, changes);
      EXPECT_TRUE(proved) << proved.error().message;
    }
    return done;
  }
  std::optional<std::uint32_t> Number(std::string_view key, std::string_view name) {
    const auto id = hive_.FindPath(hive_.root(), key);
    if (!id || !*id) return std::nullopt;
    const auto value = hive_.GetValue(**id, name);
    if (!value || !*value) return std::nullopt;
    return hive::AsDword(**value);
  }

  hive::Hive hive_;
};

TEST_F(RegistryEdits, EveryKindDoesWhatItSays) {
  ASSERT_TRUE(Apply({Set("A\\B", "x", 1), Set("A\\B", "y", 2), Set("A\\B\\C\\D", "z", 3)}));
  auto missing = Make(RegistryChange::Kind::kSetIfMissing, "a\\b", "X", hive::MakeDword(9));
  auto fresh = Make(RegistryChange::Kind::kSetIfMissing, "a\\b", "w", hive::MakeDword(8));
  ASSERT_TRUE(Apply({missing, fresh, Make(RegistryChange::Kind::kDeleteValue, "A\\B", "y"),
                     Make(RegistryChange::Kind::kDeleteValue, "None", "y"),
                     Make(RegistryChange::Kind::kDeleteSubkeys, "A\\B"),
                     Make(RegistryChange::Kind::kDeleteSubkeys, "None"),
                     Make(RegistryChange::Kind::kCreateKey, "New\\Key")}));
  EXPECT_EQ(Number("A\\B", "x"), 1U);
  EXPECT_EQ(Number("A\\B", "w"), 8U);
  EXPECT_FALSE(Number("A\\B", "y"));
  EXPECT_FALSE(*hive_.FindPath(hive_.root(), "A\\B\\C"));
  EXPECT_FALSE(*hive_.FindPath(hive_.root(), "None"));
  EXPECT_TRUE(*hive_.FindPath(hive_.root(), "New\\Key"));
}

TEST_F(RegistryEdits, OtherHivesAreNotTouched) {
  auto change = Set("A", "x", 1);
  change.hive = HiveKind::kSystem;
  ASSERT_TRUE(Apply({change}));
  EXPECT_FALSE(*hive_.FindPath(hive_.root(), "A"));
}

TEST_F(RegistryEdits, NewKeyGetsItsDescriptorAndAnOldOneKeepsIts) {
  auto descriptor = Descriptor();
  descriptor[2] = std::byte{4};  // DACL present, null
  auto create = Make(RegistryChange::Kind::kCreateKey, "K");
  create.security_descriptor = descriptor;
  ASSERT_TRUE(Apply({create}));
  const auto key = *hive_.FindPath(hive_.root(), "K");
  EXPECT_EQ(*hive_.SecurityDescriptor(*key), descriptor);
  create.security_descriptor = Descriptor();
  ASSERT_TRUE(Apply({create}));
  EXPECT_EQ(*hive_.SecurityDescriptor(*key), descriptor);
}

TEST_F(RegistryEdits, EqualValueLeavesTheHiveUnmodified) {
  ASSERT_TRUE(Apply({Set("A", "x", 1)}));
  auto bytes = hive_.ToBytes();
  ASSERT_TRUE(bytes);
  auto again = hive::Hive::Open(hive::MemoryStorage(std::move(*bytes)));
  ASSERT_TRUE(again);
  ASSERT_TRUE(ApplyRegistryChanges(*again, HiveKind::kSoftware, RegistryChanges{Set("a", "X", 1)}));
  EXPECT_FALSE(again->modified());
}

TEST_F(RegistryEdits, CreatedBelowAClearedKeyStays) {
  ASSERT_TRUE(Apply({Set("A\\old", "x", 1)}));
  ASSERT_TRUE(Apply({Make(RegistryChange::Kind::kDeleteSubkeys, "A"), Set("A\\new", "x", 2)}));
  EXPECT_FALSE(Number("A\\old", "x"));
  EXPECT_EQ(Number("A\\new", "x"), 2U);
}

TEST_F(RegistryEdits, RemovedKeyTakesEverythingBelowWithIt) {
  ASSERT_TRUE(Apply({Set("A\\B", "x", 1), Set("A\\B\\C", "y", 2), Set("A\\Bx", "z", 3)}));
  ASSERT_TRUE(Apply({Set("A\\B\\C", "y", 4), Make(RegistryChange::Kind::kDeleteKey, "a\\b"),
                     Make(RegistryChange::Kind::kDeleteKey, "A\\none"),
                     Make(RegistryChange::Kind::kDeleteKey, "None\\at\\all"),
                     Make(RegistryChange::Kind::kDeleteKey, "Top")}));
  EXPECT_FALSE(*hive_.FindPath(hive_.root(), "A\\B"));
  EXPECT_EQ(Number("A\\Bx", "z"), 3U);
  // Made again, it is a new one.
  ASSERT_TRUE(Apply({Set("A\\B\\old", "x", 1)}));
  ASSERT_TRUE(Apply({Make(RegistryChange::Kind::kDeleteKey, "A\\B"), Set("A\\B\\new", "x", 2)}));
  EXPECT_FALSE(Number("A\\B\\old", "x"));
  EXPECT_EQ(Number("A\\B\\new", "x"), 2U);
}

TEST_F(RegistryEdits, LastChangeOfAValueCounts) {
  ASSERT_TRUE(Apply({Set("A", "x", 1), Set("a", "X", 2), Set("A\\B", "y", 1),
                     Make(RegistryChange::Kind::kDeleteSubkeys, "A")}));
  EXPECT_EQ(Number("A", "x"), 2U);
}

TEST_F(RegistryEdits, ProofFindsEveryKindOfDifference) {
  const auto differs = [this](const RegistryChange& change) {
    return !ProveRegistryChanges(hive_, HiveKind::kSoftware, {change});
  };
  ASSERT_TRUE(Apply({Set("A\\B", "x", 1)}));
  EXPECT_TRUE(differs(Set("A\\B", "x", 2)));
  EXPECT_TRUE(differs(Set("A\\B", "y", 1)));
  EXPECT_TRUE(differs(Set("A\\C", "x", 1)));
  EXPECT_TRUE(differs(Make(RegistryChange::Kind::kDeleteValue, "A\\B", "x")));
  EXPECT_TRUE(differs(Make(RegistryChange::Kind::kCreateKey, "A\\C")));
  EXPECT_TRUE(differs(Make(RegistryChange::Kind::kDeleteSubkeys, "A")));
  EXPECT_TRUE(differs(Make(RegistryChange::Kind::kDeleteKey, "A\\B")));
  EXPECT_TRUE(differs(Make(RegistryChange::Kind::kSetIfMissing, "A", "q")));
  EXPECT_FALSE(differs(Set("A\\B", "x", 1)));
}

TEST(PagesToChunks, CoversEveryChunkSize) {
  const std::vector<std::uint32_t> pages{0, 2, 3, 7};
  EXPECT_THAT(PagesToChunks(pages, 32768, 8 * 32768), ElementsAre(0, 2, 3, 7));
  EXPECT_THAT(PagesToChunks(pages, 65536, 8 * 32768), ElementsAre(0, 1, 3));
  EXPECT_THAT(PagesToChunks(pages, 1u << 20, 8 * 32768), ElementsAre(0));
  EXPECT_THAT(PagesToChunks(pages, 16384, 8 * 32768), ElementsAre(0, 1, 4, 5, 6, 7, 14, 15));
  EXPECT_THAT(PagesToChunks(pages, 16384, 7 * 32768 + 100), ElementsAre(0, 1, 4, 5, 6, 7, 14));
  EXPECT_THAT(PagesToChunks({}, 32768, 0), ElementsAre());
}

}  // namespace
}  // namespace ww::servicing
