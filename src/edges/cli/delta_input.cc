#include "delta_input.h"

namespace ww::cli {

ByteView DeltaInside(ByteView file) {
  constexpr std::size_t kPrefix = 4;  // "DCM\x01"
  const bool wrapped = delta::DetectWrapper(file) != delta::Wrapper::kNone;
  return wrapped && file.size() > kPrefix ? file.subspan(kPrefix) : file;
}

}  // namespace ww::cli
