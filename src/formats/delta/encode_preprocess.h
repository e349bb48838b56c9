// The writing counterpart of the preprocess buffer, rift tables included.
#pragma once

#include "bit_writer.h"
#include "preprocess.h"

namespace ww::delta {

// Presence bit, formats and entries. One fixed integer format does for all.
void WriteRift(BitWriter& out, const RiftTable& table);

Bytes WritePreprocess(const Preprocess& preprocess);

}  // namespace ww::delta
