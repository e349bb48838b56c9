#include "xml_check.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

#include "hresults.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

tl::unexpected<Error> XmlError(Code code, std::string message) {
  return Fail(Error{code, std::move(message), {}, kCbsXmlParserFailure});
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The value of `encoding` in an XML declaration, "" when there is none.
std::string_view DeclaredEncoding(std::string_view text) {
  if (!text.starts_with("<?xml")) return {};
  const auto declaration = text.substr(0, std::min(text.find("?>"), std::size_t{1000}));
  const auto at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  const auto open = declaration.find_first_of("'\"", at);
  if (open == std::string_view::npos) return {};
  const auto close = declaration.find(declaration[open], open + 1);
  if (close == std::string_view::npos) return {};
  return declaration.substr(open + 1, close - open - 1);
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Base's decoder lets unpaired surrogates pass, because file names may have them; XML may not.
bool HasSurrogate(std::string_view utf8) {
  for (std::size_t i = 0; i + 1 < utf8.size(); ++i) {
    if (utf8[i] == '\xED' && static_cast<unsigned char>(utf8[i + 1]) >= 0xA0) return true;
  }
  return false;
}

Result<std::string> DecodeUtf16(ByteView bytes, bool big_endian) {
  Bytes swapped;
  if (big_endian) {
    swapped.assign(bytes.begin(), bytes.end());
    for (std::size_t i = 0; i + 1 < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
    bytes = swapped;
  }
  auto text = Utf16LeToUtf8(bytes);
  if (!text || HasSurrogate(*text)) return XmlError(Code::kCorrupt, "not valid UTF-16");
  return text;
}

class Checker {
 public:
  Checker(std::string_view text, const XmlLimits& limits) : text_(text), limits_(limits) {}

  Status Run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '<') {
        WW_RETURN_IF_ERROR(Markup());
      } else if (c == '&') {
        WW_RETURN_IF_ERROR(Reference());
      } else if (!IsAllowed(c)) {
        return Bad("a control character");
      } else if (depth_ == 0 && !IsSpace(c)) {
        return Bad("text outside the root element");
      } else {
        ++at_;
      }
    }
    if (depth_ != 0) return Bad("the document ends inside an element");
    if (!root_seen_) return Bad("no root element");
    return {};
  }

 private:
  static bool IsAllowed(char c) { return static_cast<unsigned char>(c) >= 0x20 || IsSpace(c); }

  tl::unexpected<Error> Bad(std::string_view what, Code code = Code::kCorrupt) const {
    return XmlError(code, fmt::format("{}{}", what, TextPosition(text_, at_)));
  }

  Status Markup() {
    if (++nodes_ > limits_.nodes) return Bad("too many elements", Code::kLimit);
    const auto rest = text_.substr(at_);
    if (rest.starts_with("<!--")) return SkipTo(4, "-->", "a comment does not end");
    if (rest.starts_with("<?")) return SkipTo(2, "?>", "a processing instruction does not end");
    if (rest.starts_with("<![CDATA[")) {
      if (depth_ == 0) return Bad("text outside the root element");
      return SkipTo(9, "]]>", "a CDATA section does not end");
    }
    if (rest.starts_with("<!")) return Bad("a DOCTYPE or other declaration");
    if (rest.starts_with("</")) return EndTag();
    return StartTag();
  }

  Status SkipTo(std::size_t prefix, std::string_view end, std::string_view message) {
    const auto found = text_.find(end, at_ + prefix);
    if (found == std::string_view::npos) return Bad(message);
    for (; at_ < found; ++at_) {
      if (!IsAllowed(text_[at_])) return Bad("a control character");
    }
    at_ = found + end.size();
    return {};
  }

  Status EndTag() {
    if (depth_ == 0) return Bad("an end tag without start");
    const auto end = text_.find('>', at_);
    if (end == std::string_view::npos) return Bad("a tag does not end");
    --depth_;
    at_ = end + 1;
    return {};
  }

  Status StartTag() {
    if (depth_ == 0 && root_seen_) return Bad("a second root element");
    if (depth_ == limits_.depth) return Bad("elements are nested too deep", Code::kLimit);
    root_seen_ = true;
    std::size_t attributes = 0;
    for (++at_; at_ < text_.size();) {
      const char c = text_[at_];
      if (c == '>') {
        if (text_[at_ - 1] != '/') ++depth_;
        ++at_;
        return {};
      }
      if (c == '"' || c == '\'') {
        if (++attributes > limits_.attributes_per_element || ++attributes_ > limits_.attributes) {
          return Bad("too many attributes", Code::kLimit);
        }
        WW_RETURN_IF_ERROR(AttributeValue(c));
      } else if (c == '<') {
        return Bad("a tag inside a tag");
      } else if (!IsAllowed(c)) {
        return Bad("a control character");
      } else {
        ++at_;
      }
    }
    return Bad("a tag does not end");
  }

  Status AttributeValue(char quote) {
    for (++at_; at_ < text_.size();) {
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        return {};
      }
      if (c == '&') {
        WW_RETURN_IF_ERROR(Reference());
        continue;
      }
      if (c == '<') return Bad("'<' inside an attribute");
      if (!IsAllowed(c)) return Bad("a control character");
      ++at_;
    }
    return Bad("an attribute does not end");
  }

  Status Reference() {
    constexpr std::size_t kLongest = 16;
    const auto rest = text_.substr(at_, kLongest);
    const auto end = rest.find(';');
    if (end == std::string_view::npos) return Bad("'&' that is no reference");
    const auto name = rest.substr(1, end - 1);
    const bool known = name == "amp" || name == "lt" || name == "gt" || name == "quot" ||
                       name == "apos" || (name.starts_with("#") && IsCharacter(name.substr(1)));
    if (!known) return Bad("a reference to an unknown entity or character");
    at_ += end + 1;
    return {};
  }

  static bool IsCharacter(std::string_view digits) {
    const int base = digits.starts_with("x") ? 16 : 10;
    if (base == 16) digits.remove_prefix(1);
    std::uint32_t c = 0;
    const char* last = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), last, c, base);
    if (digits.empty() || error != std::errc() || stop != last) return false;
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return c < 0xD800 || (c >= 0xE000 && c <= 0x10FFFF && c != 0xFFFE && c != 0xFFFF);
  }

  std::string_view text_;
  const XmlLimits& limits_;
  std::size_t at_ = 0, depth_ = 0, nodes_ = 0, attributes_ = 0;
  bool root_seen_ = false;
};

}  // namespace

std::string TextPosition(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  return fmt::format(" at line {}, byte {}", 1 + std::count(before.begin(), before.end(), '\n'),
                     offset);
}

Result<std::string> DecodeXml(ByteView bytes, const XmlLimits& limits) {
  if (bytes.size() > limits.bytes) {
    return XmlError(Code::kLimit, fmt::format("a document of {} bytes", bytes.size()));
  }
  const auto raw = AsText(bytes);
  if (raw.starts_with("\xFF\xFE")) return DecodeUtf16(bytes.subspan(2), false);
  if (raw.starts_with("\xFE\xFF")) return DecodeUtf16(bytes.subspan(2), true);
  if (raw.starts_with(std::string_view("<\0", 2))) return DecodeUtf16(bytes, false);
  if (raw.starts_with(std::string_view("\0<", 2))) return DecodeUtf16(bytes, true);
  std::string text(raw.starts_with("\xEF\xBB\xBF") ? raw.substr(3) : raw);
  if (IsAscii(text)) return text;
  const auto encoding = DeclaredEncoding(text);
  if (!encoding.empty() && !EqualNoCaseAscii(encoding, "utf-8")) {
    return XmlError(Code::kUnsupported, fmt::format("the encoding '{}'", encoding.substr(0, 60)));
  }
  if (!Utf8ToUtf16(text) || HasSurrogate(text)) return XmlError(Code::kCorrupt, "not valid UTF-8");
  return text;
}

Status CheckXml(std::string_view text, const XmlLimits& limits) {
  return Checker(text, limits).Run();
}

}  // namespace ww::manifest
