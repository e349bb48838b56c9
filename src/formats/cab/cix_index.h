// `_manifest_.cix.xml`: how a Windows 7 package rebuilds its files from its members
// (windows-servicing.md 1.4).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cix_xml.h"
#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"

namespace ww::cab {

inline constexpr std::string_view kCixName = "_manifest_.cix.xml";
inline constexpr std::uint64_t kMaxCixSize = 64ULL << 20;

struct CixSource {
  CixSourceKind kind = CixSourceKind::kRaw;
  std::string member;  // normalised
  DigestValue digest;
};

// One file of the package. Four forms (counts in the document): RAW; delta without basis; delta
// against a basis; basis alone, which is a copy of it.
struct CixEntry {
  std::string name;  // normalised
  std::uint64_t length = 0;
  FileTime time = 0;
  std::uint32_t attributes = 0;
  DigestValue digest;
  std::optional<CixSource> source;
  std::optional<std::size_t> basis;  // index into the entries
};

// Every basis exists and none depends on itself: proved here, relied upon later. kUnsupported for
// shapes of the schema that no CAB index was seen to use (several deltas, basis search in the
// target system, byte ranges); those would need files this package does not carry.
Result<std::vector<CixEntry>> ParseCix(ByteView xml);

}  // namespace ww::cab
