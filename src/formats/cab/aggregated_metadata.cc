#include "wimwright/cab/aggregated_metadata.h"

#include <fmt/format.h>

#include "names.h"
#include "wimwright/base/text.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

constexpr std::uint64_t kMaxSize = 64ULL << 20;
constexpr std::size_t kMaxDocuments = 256;

Result<std::unique_ptr<Members>> OpenInside(Members& outer, std::size_t index) {
  const auto& name = outer.list()[index].name;
  WW_TRY(auto bytes, outer.Read(index, kMaxSize), name);
  WW_TRY(auto members, OpenCabinet(MakeMemoryFile(std::move(bytes))), name);
  return members;
}

bool IsAggregated(std::string_view name) {
  return EndsWithNoCase(name, ".cab") &&
         ToLowerAscii(name).find("aggregatedmetadata") != std::string::npos;
}

// The XML members of one cabinet of the metadata. `room` is what all may have together.
Status AddDocuments(Members& cabinet, std::uint64_t& room, std::map<std::string, Bytes>& out) {
  for (std::size_t i = 0; i < cabinet.list().size(); ++i) {
    const auto& member = cabinet.list()[i];
    if (!EndsWithNoCase(member.name, ".xml")) continue;
    if (member.size > room || out.size() == kMaxDocuments) {
      return Fail(Code::kLimit, "more metadata than is allowed here");
    }
    room -= member.size;
    WW_TRY(auto xml, cabinet.Read(i, kMaxSize), member.name);
    if (!out.emplace(member.name, std::move(xml)).second) {
      return Fail(Code::kCorrupt, fmt::format("two documents are called {}", member.name));
    }
  }
  return {};
}

}  // namespace

Result<std::map<std::string, Bytes>> ReadCompDbs(UpdateFile& update) {
  if (update.container == nullptr) return Fail(Code::kNotFound, "only an MSU has such metadata");
  std::map<std::string, Bytes> out;
  bool found = false;
  std::uint64_t room = kMaxSize;
  for (std::size_t i = 0; i < update.container->list().size(); ++i) {
    if (!IsAggregated(update.container->list()[i].name)) continue;
    found = true;
    WW_TRY(auto metadata, OpenInside(*update.container, i), "aggregated metadata");
    WW_TRY_STATUS(AddDocuments(*metadata, room, out), "aggregated metadata");
    for (std::size_t inner = 0; inner < metadata->list().size(); ++inner) {
      if (!EndsWithNoCase(metadata->list()[inner].name, ".xml.cab")) continue;
      WW_TRY(auto cabinet, OpenInside(*metadata, inner), "aggregated metadata");
      WW_TRY_STATUS(AddDocuments(*cabinet, room, out), "aggregated metadata");
    }
  }
  if (!found) return Fail(Code::kNotFound, "the update has no aggregated metadata");
  return out;
}

}  // namespace ww::cab
