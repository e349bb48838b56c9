// Every failure has a Windows code that people search for, and a next step.
#pragma once

#include <cstdint>
#include <string>

#include "wimwright/base/result.h"

namespace ww::servicing {

// The Windows code of an error and its name. Errors without one of their own get the nearest
// general Windows code, so that every failure can be searched for.
struct WindowsCode {
  std::uint32_t value = 0;
  std::string symbol;
};
WindowsCode WindowsCodeOf(const Error& error);

// Never empty: what the error itself says, else what usually helps.
std::string NextStepOf(const Error& error);

}  // namespace ww::servicing
