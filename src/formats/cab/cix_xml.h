// What all container indexes have in common: `urn:ContainerIndex` (delta-formats.md 16.4,
// windows-servicing.md 1.4, 1.6, 1.7).
#pragma once

#include <initializer_list>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "digest_value.h"
#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"

namespace ww::cab {

inline constexpr std::size_t kMaxCixEntries = 500'000;

// The root element of a container index of `type`. kCorrupt for no index, kUnsupported for an index
// of another type.
Result<pugi::xml_node> LoadCix(ByteView xml, std::string_view type, pugi::xml_document& document);

Result<std::uint64_t> CixNumber(pugi::xml_node node, const char* attribute);

// The element children of `node` may only be those of `allowed`, each at most once.
Status OnlyOnce(pugi::xml_node node, std::initializer_list<std::string_view> allowed);

// The Hash child of `parent`. kUnsupported when it has more than algorithm and value: a
// normalisation or a sub-range, and then it is not the digest of the bytes.
Result<DigestValue> CixHash(pugi::xml_node parent);

// What a File element says about the file it stands for.
struct CixFile {
  std::uint64_t id = 0;
  std::string name;  // normalised
  std::uint64_t length = 0;
  FileTime time = 0;
  std::uint32_t attributes = 0;
  DigestValue digest;
};
Result<CixFile> ReadCixFile(pugi::xml_node file);

enum class CixSourceKind { kRaw, kDelta };
// Deltas of every kind are one: the decoder goes by the stream's own magic.
Result<CixSourceKind> CixSourceType(pugi::xml_node source);

// Calls `visit(File element)` for each entry of the index. kUnsupported for other elements among
// them, kLimit for more than kMaxCixEntries.
template <typename F>
Status ForEachCixFile(pugi::xml_node root, F visit) {
  std::size_t count = 0;
  for (const auto node : root.child("Files").children()) {
    if (node.type() != pugi::node_element) continue;
    if (node.name() != std::string_view("File")) {
      return Fail(Code::kUnsupported, std::string("index element Files/") + node.name());
    }
    if (++count > kMaxCixEntries) return Fail(Code::kLimit, "the index lists too many files");
    WW_RETURN_IF_ERROR(visit(node));
  }
  return {};
}

}  // namespace ww::cab
