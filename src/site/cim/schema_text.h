// The texts of schema/*.mof, embedded at build time (EmbedSchema.cmake).
#pragma once

#include <span>

#include "wimwright/cim/mof.h"

namespace ww::cim {

std::span<const MofSource> SchemaText();

}  // namespace ww::cim
