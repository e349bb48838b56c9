#include "der_writer.h"

#include <algorithm>

#include "wimwright/base/text.h"

namespace ww::lab::der {

Bytes Element(std::uint8_t tag, ByteView content) {
  Bytes out = {std::byte{tag}};
  const std::size_t size = content.size();
  if (size < 0x80) {
    out.push_back(static_cast<std::byte>(size));
  } else {
    unsigned octets = 1;
    while (octets < 4 && (size >> (8 * octets)) != 0) ++octets;
    out.push_back(static_cast<std::byte>(0x80 | octets));
    while (octets-- > 0) out.push_back(static_cast<std::byte>(size >> (8 * octets)));
  }
  Append(out, content);
  return out;
}

Bytes Concat(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) Append(out, part);
  return out;
}

Bytes Sequence(std::initializer_list<Bytes> parts) { return Element(0x30, Concat(parts)); }

Bytes Sequence(const std::vector<Bytes>& parts) {
  Bytes content;
  for (const Bytes& part : parts) Append(content, part);
  return Element(0x30, content);
}

Bytes SetOf(std::vector<Bytes> parts) {
  std::sort(parts.begin(), parts.end());
  Bytes content;
  for (const Bytes& part : parts) Append(content, part);
  return Element(0x31, content);
}

Bytes Oid(std::string_view dotted) {
  std::vector<std::uint64_t> arcs(1, 0);
  for (char c : dotted) {
    if (c == '.') {
      arcs.push_back(0);
    } else {
      arcs.back() = arcs.back() * 10 + static_cast<unsigned>(c - '0');
    }
  }
  Bytes content = {static_cast<std::byte>(arcs[0] * 40 + arcs[1])};
  for (std::size_t i = 2; i < arcs.size(); ++i) {
    int groups = 1;
    while ((arcs[i] >> (7 * groups)) != 0) ++groups;
    while (groups-- > 0) {
      const auto low = static_cast<std::uint8_t>((arcs[i] >> (7 * groups)) & 0x7f);
      content.push_back(static_cast<std::byte>(groups > 0 ? low | 0x80 : low));
    }
  }
  return Element(0x06, content);
}

Bytes Integer(std::uint64_t number) {
  Bytes content;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto octet = static_cast<std::byte>(number >> shift);
    if (content.empty() && octet == std::byte{0} && shift > 0) continue;
    if (content.empty() && (octet & std::byte{0x80}) != std::byte{0}) content.push_back({});
    content.push_back(octet);
  }
  return Element(0x02, content);
}

Bytes OctetString(ByteView content) { return Element(0x04, content); }
Bytes Null() { return Element(0x05, {}); }
Bytes UtcTime(std::string_view text) { return Element(0x17, AsBytes(text)); }

Bytes BmpString(std::string_view text) {
  const auto utf16 = Utf8ToUtf16(text);
  Bytes content;
  for (char16_t unit : utf16 ? *utf16 : std::u16string()) {
    content.push_back(static_cast<std::byte>(unit >> 8));
    content.push_back(static_cast<std::byte>(unit & 0xff));
  }
  return Element(0x1e, content);
}

Bytes Context(unsigned n, ByteView content) {
  return Element(static_cast<std::uint8_t>(0xa0 | n), content);
}
Bytes ContextPrimitive(unsigned n, ByteView content) {
  return Element(static_cast<std::uint8_t>(0x80 | n), content);
}

}  // namespace ww::lab::der
