// The words of a command's manual, which both programs share.
#pragma once

#include "wimwright/usage/manual.h"

namespace ww::cli {

using usage::Example;
using usage::Manual;
using usage::NounManual;

}  // namespace ww::cli
