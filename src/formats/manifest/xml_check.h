// What has to hold before a parser may build a tree from hostile XML.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wimwright/base/bytes.h"

namespace ww::manifest {

// The largest genuine documents: a component manifest of 3.3 MB, elements nested 20 deep.
struct XmlLimits {
  std::size_t bytes = std::size_t{64} << 20;
  std::size_t nodes = 1'000'000;  // elements, CDATA sections, comments, processing instructions
  std::size_t attributes = 4'000'000;
  std::size_t attributes_per_element = 512;
  std::size_t depth = 128;
};

// The document as UTF-8 without byte order mark. UTF-16 is recognised by its mark or by its first
// character. A declared encoding that does not fit is an error unless the text is ASCII.
Result<std::string> DecodeXml(ByteView bytes, const XmlLimits& limits);

// One pass over the text, without recursion and without memory: caps, balanced tags, no DOCTYPE or
// other declaration, no control characters, only predefined entities and valid character references
// (pugixml would let `&#0;` cut a value in two). Errors carry hresult 0x800F0900, line and offset.
Status CheckXml(std::string_view text, const XmlLimits& limits);

// " at line 3, byte 117"
std::string TextPosition(std::string_view text, std::size_t offset);

}  // namespace ww::manifest
