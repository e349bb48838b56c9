// What a combined MSU says about itself: the CompDBs of its servicing stack and cumulative update
// (windows-servicing.md 1.3).
#pragma once

#include <map>
#include <string>

#include "wimwright/cab/update_package.h"

namespace ww::cab {

// `*AggregatedMetadata*.cab` -> `*.xml.cab` -> XML, in memory, by the name of the XML:
// "LCUCompDB_KB5043080.xml". kNotFound when the update has none; kLimit above 64 MB.
Result<std::map<std::string, Bytes>> ReadCompDbs(UpdateFile& update);

}  // namespace ww::cab
