// The cabinets of a scan catalogue.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wimwright/cab/members.h"
#include "wimwright/catalog/scan_catalog.h"

namespace ww::catalog {

// Details of the revisions from `first` on, up to the next one's.
struct DetailCabinet {
  std::string name;
  std::uint32_t first = 0;
};

class ScanContainer {
 public:
  static Result<ScanContainer> Open(FileSystem& fs, const std::filesystem::path& path,
                                    const ScanOptions& options);
  // Members with package.xml in it.
  Result<std::unique_ptr<cab::Members>> OpenList();
  // A whole catalogue; else one that travels inside of an MSU and knows only that update's kin.
  bool whole() const { return whole_; }
  // In ascending order; of a WSUSSCAN.cab, package.cab itself.
  const std::vector<DetailCabinet>& details() const { return details_; }
  Result<std::unique_ptr<cab::Members>> OpenDetails(const DetailCabinet& cabinet);

 private:
  Status ReadIndex();
  Result<std::unique_ptr<cab::Members>> OpenInner(std::string_view name);

  FileSystem* fs_ = nullptr;
  ScanOptions options_;
  bool whole_ = false;
  std::unique_ptr<cab::Members> outer_;
  std::vector<DetailCabinet> details_;
};

// The members of a details cabinet that say something, by folder and revision.
enum class DetailKind { kCore, kExtended, kEnglish };
struct DetailMember {
  DetailKind kind;
  std::uint32_t revision;
};
// "x\123", "extended\123", "l\en\123"... Nothing: not one of these.
std::optional<DetailMember> ParseDetailName(std::string_view name);

}  // namespace ww::catalog
