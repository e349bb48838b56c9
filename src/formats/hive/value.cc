#include "wimwright/hive/value.h"

#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

std::u16string ToUtf16(std::string_view utf8) {
  if (auto text = Utf8ToUtf16(utf8)) return *std::move(text);
  // Not UTF-8 as a whole: byte by byte, so that the ASCII part survives.
  std::u16string text;
  for (const char c : utf8) {
    text.push_back(static_cast<unsigned char>(c) < 0x80 ? static_cast<char16_t>(c) : u'\xFFFD');
  }
  return text;
}

void AppendTerminated(Bytes& out, std::string_view utf8) {
  const auto text = ToUtf16(utf8);
  Append(out, std::as_bytes(std::span(text)));
  AppendLe<char16_t>(out, 0);
}

// Whole UTF-16 units of `data`; a stray last byte is dropped, as Windows does.
std::u16string Units(ByteView data) {
  std::u16string text(data.size() / 2, u'\0');
  if (!text.empty()) std::memcpy(text.data(), data.data(), text.size() * 2);
  return text;
}

}  // namespace

Value MakeSz(std::string_view utf8) {
  Value value{kRegSz, {}};
  AppendTerminated(value.data, utf8);
  return value;
}

Value MakeExpandSz(std::string_view utf8) {
  Value value = MakeSz(utf8);
  value.type = kRegExpandSz;
  return value;
}

Value MakeMultiSz(std::span<const std::string> items) {
  Value value{kRegMultiSz, {}};
  for (const auto& item : items) {
    if (!item.empty()) AppendTerminated(value.data, item);
  }
  AppendLe<char16_t>(value.data, 0);
  return value;
}

Value MakeDword(std::uint32_t number) {
  Value value{kRegDword, {}};
  AppendLe(value.data, number);
  return value;
}

Value MakeQword(std::uint64_t number) {
  Value value{kRegQword, {}};
  AppendLe(value.data, number);
  return value;
}

Value MakeBinary(ByteView bytes) { return Value{kRegBinary, ToBytes(bytes)}; }

std::optional<std::string> AsText(const Value& value) {
  if (value.type != kRegSz && value.type != kRegExpandSz && value.type != kRegLink) {
    return std::nullopt;
  }
  const auto text = Units(value.data);
  return Utf16ToUtf8(std::u16string_view(text).substr(0, text.find(u'\0')));
}

std::optional<std::uint32_t> AsDword(const Value& value) {
  if (value.data.size() != 4) return std::nullopt;
  const auto number = LoadLe<std::uint32_t>(value.data.data());
  if (value.type == kRegDword) return number;
  if (value.type == kRegDwordBigEndian) return __builtin_bswap32(number);
  return std::nullopt;
}

std::optional<std::uint64_t> AsQword(const Value& value) {
  if (value.type != kRegQword || value.data.size() != 8) return std::nullopt;
  return LoadLe<std::uint64_t>(value.data.data());
}

std::optional<std::vector<std::string>> AsMultiSz(const Value& value) {
  if (value.type != kRegMultiSz) return std::nullopt;
  const auto text = Units(value.data);
  std::vector<std::string> items;
  for (std::u16string_view rest = text; !rest.empty() && rest.front() != u'\0';) {
    const auto end = std::min(rest.find(u'\0'), rest.size());
    items.push_back(Utf16ToUtf8(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return items;
}

}  // namespace ww::hive
