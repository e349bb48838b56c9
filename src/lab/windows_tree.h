// The directories and files of a Windows that belong to no component.
#pragma once

#include "image_writer.h"

namespace ww::lab {

void WriteWindowsTree(const ImageModel& model, const ImageSize& size, std::uint64_t seed,
                      TreeBuilder& tree);
// The hive and the empty logs beside it.
void WriteHiveFiles(std::string_view path, Bytes bytes, TreeBuilder& tree);

}  // namespace ww::lab
