#include "wimwright/http/target.h"

#include <algorithm>

#include "text_util.h"
#include "wimwright/base/text.h"

namespace ww::http {
namespace {

constexpr std::size_t kMaxSegments = 100;
constexpr std::size_t kMaxPairs = 1000;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool HasControl(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = text.size() - i > 2 ? HexDigit(text[i + 1]) : -1;
      const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
      if (low < 0) return Fail(Code::kCorrupt, "a bad percent sequence");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!IsUtf8(out) || out.find('\0') != std::string::npos) {
    return Fail(Code::kCorrupt, "not UTF-8, or a NUL in it");
  }
  return out;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Result<Target> ParseTarget(std::string_view text) {
  Target target;
  text = text.substr(0, text.find('#'));
  target.raw = text;
  if (text == "*") {
    target.path = "*";
    return target;
  }
  if (!text.starts_with('/')) {
    // The absolute form, which proxies and old clients send: what stands before the path is the
    // Host field's matter.
    const auto scheme = text.find("://");
    const auto word = ToLowerAscii(text.substr(0, scheme == std::string_view::npos ? 0 : scheme));
    if (word != "http" && word != "https") {
      return Fail(Code::kCorrupt, "the target does not begin with '/'");
    }
    const auto path = text.find_first_of("/?", scheme + 3);
    text = path == std::string_view::npos ? "/" : text.substr(path);
  }
  const auto question = text.find('?');
  if (question != std::string_view::npos) {
    target.query = text.substr(question + 1);
    text = text.substr(0, question);
  }
  if (HasControl(text) || HasControl(target.query)) {
    return Fail(Code::kCorrupt, "a control character in the target");
  }
  bool folder = true;  // whether the path ends with a slash
  while (!text.empty()) {
    if (text.front() == '/') {
      folder = true;
      text.remove_prefix(1);
      continue;
    }
    const auto end = std::min(text.find('/'), text.size());
    auto decoded = PercentDecode(text.substr(0, end), false);
    if (!decoded) return Fail(decoded.error().Within("target"));
    std::string& segment = *decoded;
    text.remove_prefix(end);
    folder = false;
    if (segment == "..") return Fail(Code::kCorrupt, "the target climbs out of its root");
    if (HasControl(segment)) return Fail(Code::kCorrupt, "a control character in the target");
    if (segment == ".") {
      folder = true;
      continue;
    }
    if (target.segments.size() == kMaxSegments) {
      return Fail(Code::kCorrupt, "the target has too many segments");
    }
    target.segments.push_back(std::move(segment));
  }
  for (const auto& segment : target.segments) {
    target.path += '/';
    target.path += segment;
  }
  if (folder) target.path += '/';
  return target;
}

Result<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    if (pairs.size() == kMaxPairs) return Fail(Code::kLimit, "too many query options");
    const auto equal = std::min(part.find('='), part.size());
    WW_TRY(auto name, PercentDecode(part.substr(0, equal), true), "query");
    WW_TRY(auto value, PercentDecode(part.substr(std::min(equal + 1, part.size())), true), "query");
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

}  // namespace ww::http
