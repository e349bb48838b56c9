// A hive read where it lies: in a chunk-compressed resource of a WIM.
#pragma once

#include <memory>

#include "wimwright/hive/storage.h"
#include "wimwright/wim/blob_reader.h"

namespace ww::cbs {

std::unique_ptr<hive::Storage> MakeHiveStorage(std::unique_ptr<wim::BlobReader> reader);

}  // namespace ww::cbs
