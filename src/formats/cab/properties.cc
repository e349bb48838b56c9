#include "properties.h"

#include "wimwright/base/text.h"

namespace ww::cab {
namespace {

Result<std::string> Decode(ByteView text) {
  if (text.size() >= 2 && text[0] == std::byte{0xFF} && text[1] == std::byte{0xFE}) {
    return Utf16LeToUtf8(text.subspan(2));
  }
  auto view = AsText(text);
  if (view.substr(0, 3) == "\xEF\xBB\xBF") view.remove_prefix(3);
  return std::string(view);
}

}  // namespace

Result<std::map<std::string, std::string>> ParseProperties(ByteView text) {
  WW_TRY(const auto decoded, Decode(text), "package properties");
  std::map<std::string, std::string> out;
  std::string_view rest = decoded;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto line = Trim(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    auto value = Trim(line.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    out.emplace(Trim(line.substr(0, equals)), value);
  }
  return out;
}

}  // namespace ww::cab
