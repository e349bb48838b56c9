// A transform at work on one image, for the tests of single transforms.
#pragma once

#include <functional>

#include "pe_builder.h"
#include "pe_pipeline.h"

namespace ww::delta {

// Everything at or above `from` moves by `by`; the image base goes from PeBuilder::kBase to
// kNewBase.
constexpr std::uint32_t kNewBase = 0x30000000;

inline RiftTable Shift(std::uint32_t from, std::int64_t by) {
  return RiftTable(std::vector<RiftEntry>{{0, 0}, {from, from + by}});
}

struct Transformed {
  Bytes image;
  MarkerMap marks;
  bool exhausted;
};

// Runs `step` alone. `before` may set marks.
inline Transformed Transform(Bytes image, const RiftTable& rift,
                             const std::function<void(PeWork&)>& step,
                             const std::function<void(PeWork&)>& before = {}) {
  const PeView view = PeView::Parse(image).value();
  PeWork work(view, image, rift, kNewBase);
  if (before) before(work);
  step(work);
  return {std::move(image), std::move(work.marks), work.exhausted};
}

}  // namespace ww::delta
