// How much of a WIM file is still in use.
#pragma once

#include <cstdint>

#include "wimwright/wim/wim_file.h"

namespace ww::wim {

struct SpaceUse {
  std::uint64_t file_bytes = 0;
  std::uint64_t live_bytes = 0;  // header, tables and every resource they name; shared bytes once
  // Replaced tables and metadata, dropped content, rollback records, and the tail.
  std::uint64_t dead_bytes() const { return file_bytes - live_bytes; }
};

SpaceUse MeasureSpace(const WimFile& wim);

}  // namespace ww::wim
