// Tables that are the distribution manager's own: what no class shows.
#pragma once

#include <string_view>

#include "wimwright/database/schema.h"

namespace ww::distmgr {

// Files of versions. The versions themselves are WW_ImageVersion.
inline constexpr std::string_view kFilesTable = "DistMgrFiles";
// What is known of the files of a source: which content was there under which size and times.
inline constexpr std::string_view kSourcesTable = "DistMgrSources";
// Content on its way back to a source: one row for each package.
inline constexpr std::string_view kWriteBacksTable = "DistMgrWriteBacks";
// Files beside a source that have no name of their own yet.
inline constexpr std::string_view kTemporaryTable = "DistMgrTemporaryFiles";
// Who needs which version, besides the points.
inline constexpr std::string_view kHoldsTable = "DistMgrHolds";
// Packages that somebody has to look after.
inline constexpr std::string_view kWorkTable = "DistMgrWork";
// Who is a distribution point: one row for each that ever had a token.
inline constexpr std::string_view kPointsTable = "DistMgrPoints";
inline constexpr std::string_view kTokensTable = "DistMgrTokens";
// Digests of what clients show to download content.
inline constexpr std::string_view kAccessTable = "DistMgrAccess";

database::Schema DistributionSchema();

}  // namespace ww::distmgr
