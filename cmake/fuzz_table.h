// The fuzz targets of a module, for the program that replays their corpora. ww_module_replay()
// (cmake/WwModule.cmake) writes the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

using FuzzEntry = int(const std::uint8_t* data, std::size_t size);

struct FuzzTarget {
  const char* name;
  FuzzEntry* run;
};

const std::vector<FuzzTarget>& FuzzTargets();
