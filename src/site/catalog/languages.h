// Languages of update metadata as Windows numbers them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ww::catalog {

inline constexpr std::uint32_t kEnglish = 1033;

// "de", "pt-br", "zh-HK", "neu"...: the names of WSUS, in any case. Nothing: not a known one.
std::optional<std::uint32_t> LocaleOf(std::string_view language);

}  // namespace ww::catalog
