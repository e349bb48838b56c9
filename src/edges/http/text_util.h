// Small text helpers of HTTP: tokens and dates.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/clock.h"

namespace ww::http {

// "Sat, 21 Nov 2026 09:00:00 GMT"
std::string FormatHttpDate(std::chrono::sys_seconds time);
std::optional<std::chrono::sys_seconds> ParseHttpDate(std::string_view text);  // that form only

// Without what would end a header field: control characters become blanks.
std::string FieldValue(std::string_view text);

// Code points in order, no overlong form, no surrogates.
bool IsUtf8(std::string_view text);

}  // namespace ww::http
