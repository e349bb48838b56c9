#include "e8_pass.h"

#include "pe_view.h"

namespace ww::delta {
namespace {

constexpr std::byte kCall{0xE8};
constexpr std::uint64_t kCallSize = 5;

template <typename F>
void ForEachOperand(MutableByteView target, std::uint64_t tail, F translate) {
  const std::uint64_t n = target.size();
  for (std::uint64_t i = 0; i + tail < n && i + kCallSize <= n;) {
    if (target[i] != kCall) {
      ++i;
      continue;
    }
    const auto value = LoadLe<std::int32_t>(target.data() + i + 1);
    StoreLe(target.data() + i + 1,
            static_cast<std::int32_t>(
                translate(value, static_cast<std::int64_t>(i), static_cast<std::int64_t>(n))));
    i += kCallSize;  // also after an operand that stays: delta-formats.md 10
  }
}

}  // namespace

bool WantsE8Pass(ByteView target) {
  const auto view = PeView::Parse(target);
  return view && view->machine == kMachineI386 && !view->plus;
}

void ApplyE8Pass(MutableByteView target, std::uint64_t tail) {
  ForEachOperand(target, tail, [](std::int64_t value, std::int64_t i, std::int64_t n) {
    if (value < -i || value >= n) return value;
    return value >= 0 ? value - i : value + n;
  });
}

void UndoE8Pass(MutableByteView target, std::uint64_t tail) {
  ForEachOperand(target, tail, [](std::int64_t value, std::int64_t i, std::int64_t n) {
    // Operands are now in -i..n-1: those from n-i on had been negative.
    if (value < -i || value >= n) return value;
    return value < n - i ? value + i : value - n;
  });
}

}  // namespace ww::delta
