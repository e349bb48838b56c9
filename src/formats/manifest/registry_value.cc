#include "wimwright/manifest/registry_value.h"

#include <fmt/format.h>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

struct TypeWord {
  std::string_view word;
  std::uint32_t type;
};
constexpr TypeWord kTypes[] = {
    {"REG_NONE", 0},          {"REG_SZ", 1},
    {"REG_EXPAND_SZ", 2},     {"REG_BINARY", 3},
    {"REG_DWORD", 4},         {"REG_MULTI_SZ", 7},
    {"REG_RESOURCE_LIST", 8}, {"REG_RESOURCE_REQUIREMENTS_LIST", 10},
    {"REG_QWORD", 11},
};

tl::unexpected<Error> Bad(std::string_view type, std::string_view value, std::string_view why) {
  return Fail(Code::kCorrupt,
              fmt::format("'{}' is not {} data: {}", value.substr(0, 100), type, why));
}

std::optional<std::uint64_t> ParseUnsigned(std::string_view digits, int base) {
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, base);
  if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

bool HasHexPrefix(std::string_view text) {
  return text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

Result<Bytes> EncodeDword(std::string_view value) {
  const auto text = Trim(value);
  std::optional<std::uint64_t> number;
  bool negative = false;
  if (HasHexPrefix(text)) {
    number = ParseUnsigned(text.substr(2), 16);
  } else {
    negative = !text.empty() && text[0] == '-';
    number = ParseUnsigned(text.substr(negative ? 1 : 0), 10);
  }
  if (!number || *number > (negative ? 0x80000000u : 0xFFFFFFFFu)) {
    return Bad("REG_DWORD", value, "no number of 32 bits");
  }
  const auto low = static_cast<std::uint32_t>(*number);
  Bytes data;
  AppendLe(data, negative ? 0u - low : low);
  return data;
}

Result<Bytes> EncodeQword(std::string_view value) {
  const auto text = Trim(value);
  Bytes data;
  if (HasHexPrefix(text)) {
    if (const auto number = ParseUnsigned(text.substr(2), 16)) {
      AppendLe(data, *number);
      return data;
    }
  } else if (text.size() == 16) {
    if (auto bytes = FromHex(text)) return *std::move(bytes);
  }
  return Bad("REG_QWORD", value, "neither 0x... nor 16 hexadecimal digits");
}

Status AppendString(Bytes& out, std::string_view text) {
  WW_TRY(const auto utf16, Utf8ToUtf16Le(text), "registry text");
  Append(out, utf16);
  AppendLe(out, std::uint16_t{0});
  return {};
}

// One CSV record; backslashes are literal, doubled quotes stand for one.
Result<std::vector<std::string>> SplitRecord(std::string_view value) {
  std::vector<std::string> fields;
  std::size_t at = 0;
  const auto skip_space = [&] {
    while (at < value.size() && (value[at] == ' ' || value[at] == '\t')) ++at;
  };
  while (true) {
    std::string field;
    skip_space();
    if (at < value.size() && value[at] == '"') {
      bool closed = false;
      for (++at; at < value.size() && !closed; ++at) {
        if (value[at] != '"') {
          field.push_back(value[at]);
        } else if (at + 1 < value.size() && value[at + 1] == '"') {
          field.push_back('"');
          ++at;
        } else {
          closed = true;
        }
      }
      if (!closed) return Bad("REG_MULTI_SZ", value, "a quoted string does not end");
      skip_space();
    } else {
      while (at < value.size() && value[at] != ',') field.push_back(value[at++]);
      if (field.find('"') != std::string::npos) {
        return Bad("REG_MULTI_SZ", value, "a quote inside an unquoted string");
      }
    }
    fields.push_back(std::move(field));
    if (at == value.size()) return fields;
    if (value[at] != ',') return Bad("REG_MULTI_SZ", value, "text behind a quoted string");
    ++at;
  }
}

Result<Bytes> EncodeMultiString(std::string_view value) {
  Bytes data;
  if (!Trim(value).empty()) {
    WW_TRY(const auto strings, SplitRecord(value), "list of strings");
    for (const auto& text : strings) {
      // An empty string ends the list for every reader of REG_MULTI_SZ; alone it is an empty list.
      if (text.empty()) {
        if (strings.size() == 1) break;
        return Bad("REG_MULTI_SZ", value, "an empty string in a list");
      }
      WW_RETURN_IF_ERROR(AppendString(data, text));
    }
  }
  AppendLe(data, std::uint16_t{0});
  return data;
}

Result<Bytes> EncodeHex(std::string_view type, std::string_view value) {
  auto bytes = FromHex(Trim(value));
  if (!bytes) return Bad(type, value, "not hexadecimal digits in pairs");
  return *std::move(bytes);
}

Result<Bytes> EncodeData(std::uint32_t type, std::string_view word, std::string_view value) {
  switch (type) {
    case 1:
    case 2: {
      Bytes data;
      WW_RETURN_IF_ERROR(AppendString(data, value));
      return data;
    }
    case 4:
      return EncodeDword(value);
    case 7:
      return EncodeMultiString(value);
    case 11:
      return EncodeQword(value);
    default:
      return EncodeHex(word, value);
  }
}

}  // namespace

Result<RegistryData> EncodeRegistryValue(std::string_view value_type, std::string_view value) {
  for (const auto& [word, type] : kTypes) {
    if (!EqualNoCaseAscii(word, value_type)) continue;
    WW_TRY(auto data, EncodeData(type, word, value), "registry value");
    return RegistryData{type, std::move(data)};
  }
  // Driver components write raw type numbers for DriverDatabase: FFFF0012.
  if (value_type.size() == 8) {
    if (const auto type = ParseUnsigned(value_type, 16)) {
      WW_TRY(auto data, EncodeHex(value_type, value), "registry value");
      return RegistryData{static_cast<std::uint32_t>(*type), std::move(data)};
    }
  }
  return Fail(Code::kUnsupported,
              fmt::format("registry value type '{}'", value_type.substr(0, 100)));
}

}  // namespace ww::manifest
