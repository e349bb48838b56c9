// The offline-scan metadata that a classic MSU carries about itself (windows-servicing.md 8.1).
#pragma once

#include <map>
#include <string>

#include "wimwright/cab/update_package.h"

namespace ww::cab {

struct ScanMetadata {
  Bytes package_xml;  // OfflineSyncPackage
  std::map<std::string, Bytes>
      files;  // "core\\123", "extended\\123", "localized\\en\\123": XML fragments
};

// WSUSSCAN.cab -> package.cab, in memory. kNotFound when the update has none; kLimit above 64 MB.
Result<ScanMetadata> ReadScanMetadata(UpdateFile& update);

}  // namespace ww::cab
