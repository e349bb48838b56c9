// A program image that holds one resource: what the lab's wcp.dll is.
#pragma once

#include <cstdint>

#include "wimwright/base/bytes.h"

namespace ww::lab {

// A library without code for `machine` (0x14C or 0x8664) whose only resource has the given numbers
// as type and name and US English as language.
Bytes MakeResourceLibrary(std::uint16_t machine, std::uint32_t type, std::uint32_t name,
                          ByteView resource);

// The dictionary of the lab's compressed manifests: as long as the real one, a text of our own.
Bytes LabBaseManifest();

}  // namespace ww::lab
