// What the registry of a Windows holds besides the component store.
#pragma once

#include "hives.h"
#include "image_model.h"
#include "image_writer.h"

namespace ww::lab {

void WriteWindowsRegistry(const ImageModel& model, Hives& hives);
// Keys and values of the usual sorts until the hives have grown by about what `size` asks for.
void FillHives(const ImageSize& size, std::uint64_t seed, Hives& hives);

}  // namespace ww::lab
