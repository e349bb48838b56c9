// DER, written inside out: each function returns one complete element.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "wimwright/base/bytes.h"

namespace ww::lab::der {

Bytes Element(std::uint8_t tag, ByteView content);
Bytes Concat(std::initializer_list<Bytes> parts);
Bytes Sequence(std::initializer_list<Bytes> parts);
Bytes Sequence(const std::vector<Bytes>& parts);
// SET OF: the parts are sorted as DER demands.
Bytes SetOf(std::vector<Bytes> parts);
Bytes Oid(std::string_view dotted);  // "1.3.6.1"; arcs below 2^32
Bytes Integer(std::uint64_t number);
Bytes OctetString(ByteView content);
Bytes Null();
Bytes UtcTime(std::string_view text);    // "180801000000Z"
Bytes BmpString(std::string_view text);  // UTF-8 in, UTF-16BE out
// [n] constructed around `content`, which may be several elements.
Bytes Context(unsigned n, ByteView content);
// [n] IMPLICIT on a primitive.
Bytes ContextPrimitive(unsigned n, ByteView content);

}  // namespace ww::lab::der
