// Next steps that several refusals give.
#pragma once

#include <string_view>

namespace ww::cbs {

inline constexpr std::string_view kDownloadAgain =
    "The download is damaged or was changed: download the update again.";

}  // namespace ww::cbs
