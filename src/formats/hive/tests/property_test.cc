// Random edits against a model that is nothing but maps.
#include <algorithm>
#include <random>

#include "hive_testing.h"
#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

using namespace ww::hive::testing;

struct ModelKey {
  std::string name;
  Bytes descriptor;
  std::map<std::string, std::pair<std::string, Value>> values;  // by folded name
  std::map<std::string, ModelKey> subkeys;
};

void Render(const ModelKey& key, const std::string& path, std::set<std::string>& lines) {
  lines.insert(path + "|" + ToHex(key.descriptor));
  for (const auto& [folded, value] : key.values) {
    lines.insert(path + "|" + value.first + "|" + std::to_string(value.second.type) + "|" +
                 ToHex(value.second.data));
  }
  for (const auto& [folded, child] : key.subkeys) Render(child, path + "\\" + child.name, lines);
}

void Render(Hive& hive, KeyId key, const std::string& path, std::set<std::string>& lines) {
  lines.insert(path + "|" + ToHex(Get(hive.SecurityDescriptor(key))));
  Ok(hive.ForEachValueData(key, [&](std::string_view name, Value value) -> Status {
    lines.insert(path + "|" + std::string(name) + "|" + std::to_string(value.type) + "|" +
                 ToHex(value.data));
    return {};
  }));
  Ok(hive.ForEachSubkey(key, [&](KeyId child, std::string_view name) -> Status {
    Render(hive, child, path + "\\" + std::string(name), lines);
    return {};
  }));
}

class RandomEdits {
 public:
  RandomEdits(unsigned seed, std::uint32_t minor, int names)
      : random_(seed), names_(names), hive_(NewHive(minor)), root_{"ROOT", Descriptor(), {}, {}} {}

  void Step() {
    auto [key, model] = Pick();
    const auto choice = Number(100);
    if (choice < 35) {
      const auto name = Name();
      Get(hive_.EnsurePath(key, name));
      model->subkeys.try_emplace(FoldCase(name), ModelKey{name, model->descriptor, {}, {}});
    } else if (choice < 65) {
      const auto name = Number(10) == 0 ? std::string() : Name();
      const Value value{Number(12), Data()};
      Ok(hive_.SetValue(key, name, value));
      auto& slot = model->values.try_emplace(FoldCase(name), name, Value{}).first->second;
      slot.second = value;
    } else if (choice < 75) {
      const auto name = Name();
      EXPECT_EQ(Get(hive_.DeleteValue(key, name)), model->values.erase(FoldCase(name)) == 1);
    } else if (choice < 83) {
      const auto name = Name();
      const auto deleted = hive_.DeleteTree(key, name);
      EXPECT_EQ(deleted.has_value(), model->subkeys.erase(FoldCase(name)) == 1);
    } else if (choice < 84) {
      Ok(hive_.DeleteSubkeys(key));
      model->subkeys.clear();
    } else if (choice < 92) {
      model->descriptor = Descriptor(Number(5));
      Ok(hive_.SetSecurityDescriptor(key, model->descriptor));
    } else if (choice < 94) {
      hive_ = Reopen(hive_);
    } else {
      const auto name = Name();
      const auto found = Get(hive_.FindSubkey(key, name));
      EXPECT_EQ(found.has_value(), model->subkeys.contains(FoldCase(name)));
      const auto value = Get(hive_.GetValue(key, name));
      const auto it = model->values.find(FoldCase(name));
      ASSERT_EQ(value.has_value(), it != model->values.end());
      if (value) {
        EXPECT_EQ(*value, it->second.second);
      }
    }
  }

  void Compare() {
    std::set<std::string> expected, actual;
    Render(root_, "", expected);
    Render(hive_, hive_.root(), "", actual);
    ASSERT_EQ(actual, expected);
    ExpectSound(hive_);
  }

 private:
  std::uint32_t Number(std::uint32_t below) {
    return static_cast<std::uint32_t>(random_() % below);
  }

  std::string Name() {
    const auto n = std::to_string(Number(static_cast<std::uint32_t>(names_)));
    switch (Number(6)) {
      case 0:
        return "Name" + n;
      case 1:
        return "NAME" + n;
      case 2:
        return "é_" + n;
      case 3:
        return "Ж" + n;
      case 4:
        return "\xE4\xB8\xAD" + n;
      default:
        return n + std::string(n.size() * 9, 'x');
    }
  }
  Bytes Data() {
    constexpr std::size_t kLimits[] = {3, 5, 40, 40, 300, 300, 5000, 40000};
    Bytes data(Number(static_cast<std::uint32_t>(kLimits[Number(8)])));
    for (auto& b : data) b = static_cast<std::byte>(random_());
    return data;
  }
  // A key somewhere, more often near the root.
  std::pair<KeyId, ModelKey*> Pick() {
    KeyId key = hive_.root();
    ModelKey* model = &root_;
    while (!model->subkeys.empty() && Number(4) != 0) {
      auto it = model->subkeys.begin();
      std::advance(
          it, Number(static_cast<std::uint32_t>(std::min<std::size_t>(model->subkeys.size(), 50))));
      const auto found = Get(hive_.FindSubkey(key, it->second.name));
      EXPECT_TRUE(found) << it->second.name;
      if (!found) break;
      key = *found;
      model = &it->second;
    }
    return {key, model};
  }

  std::mt19937 random_;
  int names_;
  Hive hive_;
  ModelKey root_;
};

class Property : public ::testing::TestWithParam<unsigned> {};

TEST_P(Property, RandomEditsEqualTheModel) {
  const unsigned seed = GetParam();
  RandomEdits edits(seed, seed % 3 == 0 ? 3 : 5, seed % 2 == 0 ? 12 : 400);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 150; ++i) edits.Step();
    edits.Compare();
    if (HasFatalFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Property, ::testing::Range(0u, 24u));

// Lists of several leaves: thousands of siblings come and go.
TEST(Property, WideListsEqualTheModel) {
  std::mt19937 random(5);
  auto hive = NewHive();
  std::map<std::string, int> expected;
  const auto base = Get(hive.EnsurePath(hive.root(), "wide"));
  auto key = base;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 700; ++i) {
      const auto number = static_cast<int>(random() % 6000);
      const auto name = "N" + std::to_string(number);
      if (random() % 100 < (round < 7 ? 80u : 15u)) {
        Get(hive.EnsurePath(key, name));
        expected[name] = number;
      } else {
        EXPECT_EQ(hive.DeleteTree(key, name).has_value(), expected.erase(name) == 1);
      }
      if (random() % 50 == 0) {
        const auto probe = "n" + std::to_string(random() % 6000);
        EXPECT_EQ(Get(hive.FindSubkey(key, probe)).has_value(),
                  expected.contains("N" + probe.substr(1)));
      }
    }
    std::vector<std::string> names;
    for (const auto& item : expected) names.push_back(item.first);
    ASSERT_EQ(SubkeyNames(hive, key), names);
    ExpectSound(hive);
    if (round % 2 == 0) {
      hive = Reopen(hive);
      key = *Get(hive.FindPath(hive.root(), "wide"));
    }
    for (int i = 0; i < 100; ++i) {  // searches on disk, too
      const auto probe = "n" + std::to_string(random() % 6000);
      EXPECT_EQ(Get(hive.FindSubkey(key, probe)).has_value(),
                expected.contains("N" + probe.substr(1)));
    }
  }
}

}  // namespace
}  // namespace ww::hive
