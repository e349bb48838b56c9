#include "wimwright/cab/scan.h"

#include "names.h"
#include "wimwright/base/text.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

constexpr std::uint64_t kMaxScanSize = 64ULL << 20;

Result<std::unique_ptr<Members>> OpenInside(Members& outer, std::string_view name) {
  const auto index = outer.Find(name);
  if (!index) return Fail(Code::kNotFound, std::string(name) + " is not there");
  WW_TRY(auto bytes, outer.Read(*index, kMaxScanSize), name);
  WW_TRY(auto members, OpenCabinet(MakeMemoryFile(std::move(bytes))), name);
  return members;
}

}  // namespace

Result<ScanMetadata> ReadScanMetadata(UpdateFile& update) {
  if (update.container == nullptr) return Fail(Code::kNotFound, "only an MSU has scan metadata");
  WW_TRY(auto scan, OpenInside(*update.container, "WSUSSCAN.cab"), "scan metadata");
  WW_TRY(auto package, OpenInside(*scan, "package.cab"), "scan metadata");
  std::vector<std::size_t> all(package->list().size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  WW_TRY(auto content, package->ReadMany(all, kMaxScanSize), "scan metadata");
  ScanMetadata out;
  for (auto& [index, bytes] : content) {
    const auto& name = package->list()[index].name;
    if (EqualNoCaseAscii(name, "package.xml")) {
      out.package_xml = std::move(bytes);
    } else {
      out.files.emplace(name, std::move(bytes));
    }
  }
  return out;
}

}  // namespace ww::cab
