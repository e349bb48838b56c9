#include "wimwright/inspect/registry_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "wimwright/base/text.h"

namespace ww::inspect {
namespace {

using hive::Hive;
using hive::KeyId;
using hive::Value;

struct Pair {
  std::string path;
  std::optional<KeyId> before, after;
};

struct Subkey {
  std::string name;
  std::optional<KeyId> before, after;
};
struct NamedValue {
  std::string name;
  std::optional<Value> before, after;
};

Status CollectSubkeys(Hive& hive, KeyId key, std::optional<KeyId> Subkey::*side,
                      std::map<std::string, Subkey>& out) {
  return hive.ForEachSubkey(key, [&](KeyId id, std::string_view name) -> Status {
    Subkey& subkey = out[FoldCase(name)];
    subkey.name = name;
    subkey.*side = id;
    return {};
  });
}

Status CollectValues(Hive& hive, KeyId key, std::optional<Value> NamedValue::*side,
                     std::map<std::string, NamedValue>& out) {
  return hive.ForEachValueData(key, [&](std::string_view name, Value value) -> Status {
    NamedValue& named = out[FoldCase(name)];
    named.name = name;
    named.*side = std::move(value);
    return {};
  });
}

class Walk {
 public:
  Walk(std::string_view name, Hive* before, Hive* after, RegistryDifference& out)
      : name_(name), before_(before), after_(after), out_(out) {}

  Status Run(const Cancellation& cancel) {
    open_.push_back(Pair{"", Root(before_), Root(after_)});
    while (!open_.empty()) {
      WW_RETURN_IF_ERROR(cancel.Check());
      const Pair at = std::move(open_.back());
      open_.pop_back();
      WW_RETURN_IF_ERROR(Values(at));
      WW_RETURN_IF_ERROR(Subkeys(at));
    }
    return {};
  }

 private:
  static std::optional<KeyId> Root(const Hive* hive) {
    if (hive == nullptr) return std::nullopt;
    return hive->root();
  }

  Status Values(const Pair& at) {
    std::map<std::string, NamedValue> values;
    if (at.before) {
      WW_RETURN_IF_ERROR(CollectValues(*before_, *at.before, &NamedValue::before, values));
    }
    if (at.after) {
      WW_RETURN_IF_ERROR(CollectValues(*after_, *at.after, &NamedValue::after, values));
    }
    for (auto& [folded, v] : values) {
      if (v.before == v.after) continue;
      auto& list = !v.before ? out_.added : !v.after ? out_.removed : out_.changed;
      list.push_back(
          ValueDifference{name_, at.path, v.name, std::move(v.before), std::move(v.after)});
    }
    return {};
  }

  Status Subkeys(const Pair& at) {
    std::map<std::string, Subkey> subkeys;
    if (at.before) {
      WW_RETURN_IF_ERROR(CollectSubkeys(*before_, *at.before, &Subkey::before, subkeys));
    }
    if (at.after) {
      WW_RETURN_IF_ERROR(CollectSubkeys(*after_, *at.after, &Subkey::after, subkeys));
    }
    for (auto it = subkeys.rbegin(); it != subkeys.rend(); ++it) {
      const Subkey& s = it->second;
      std::string path = at.path.empty() ? s.name : at.path + "\\" + s.name;
      if (!s.before) out_.keys_added.push_back(name_ + "\\" + path);
      if (!s.after) out_.keys_removed.push_back(name_ + "\\" + path);
      open_.push_back(Pair{std::move(path), s.before, s.after});
    }
    return {};
  }

  std::string name_;
  Hive* before_;
  Hive* after_;
  RegistryDifference& out_;
  std::vector<Pair> open_;
};

std::string Shortened(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  text.resize(limit);
  // Not in the middle of a character.
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0) text.pop_back();
  return text + "...";
}

}  // namespace

Status DiffHives(std::string_view name, Hive* before, Hive* after, const Cancellation& cancel,
                 RegistryDifference& out) {
  return Walk(name, before, after, out).Run(cancel);
}

std::string ValueTypeName(std::uint32_t type) {
  constexpr std::array<std::string_view, 12> kNames{"REG_NONE",
                                                    "REG_SZ",
                                                    "REG_EXPAND_SZ",
                                                    "REG_BINARY",
                                                    "REG_DWORD",
                                                    "REG_DWORD_BIG_ENDIAN",
                                                    "REG_LINK",
                                                    "REG_MULTI_SZ",
                                                    "REG_RESOURCE_LIST",
                                                    "REG_FULL_RESOURCE_DESCRIPTOR",
                                                    "REG_RESOURCE_REQUIREMENTS_LIST",
                                                    "REG_QWORD"};
  return type < kNames.size() ? std::string(kNames[type]) : fmt::format("0x{:x}", type);
}

std::string ValueText(const Value& value, std::size_t limit) {
  if (const auto text = hive::AsText(value)) return Shortened(*text, limit);
  if (const auto number = hive::AsDword(value)) return fmt::format("0x{:08x}", *number);
  if (const auto number = hive::AsQword(value)) return fmt::format("0x{:016x}", *number);
  if (const auto items = hive::AsMultiSz(value)) {
    std::string text;
    for (const std::string& item : *items) text += (text.empty() ? "" : " | ") + item;
    return Shortened(std::move(text), limit);
  }
  const std::size_t shown = std::min(value.data.size(), limit / 2);
  const std::string hex = ToHex(ByteView(value.data).first(shown));
  return shown < value.data.size() ? hex + "..." : hex;
}

}  // namespace ww::inspect
