#include "der.h"

#include <fmt/format.h>

namespace ww::manifest {

std::uint8_t DerReader::PeekTag() const {
  return in_.at_end() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(bytes_[in_.position()]);
}

Result<DerValue> DerReader::Next() {
  const auto start = in_.position();
  WW_TRY(const auto tag, in_.Le<std::uint8_t>(), "DER tag");
  if ((tag & 0x1F) == 0x1F) return Fail(Code::kCorrupt, "DER tag of more than one byte");
  WW_TRY(const auto first, in_.Le<std::uint8_t>(), "DER length");
  std::uint64_t length = first;
  if (first >= 0x80) {
    const unsigned count = first & 0x7Fu;
    if (count == 0 || count > 4) return Fail(Code::kCorrupt, "DER length of unusual form");
    length = 0;
    for (unsigned i = 0; i < count; ++i) {
      WW_TRY(const auto byte, in_.Le<std::uint8_t>(), "DER length");
      length = (length << 8) | byte;
    }
  }
  WW_TRY(const auto content, in_.Take(length), "DER value");
  return DerValue{tag, content, bytes_.subspan(start, in_.position() - start)};
}

Result<DerValue> DerReader::Expect(std::uint8_t tag) {
  WW_TRY(const auto value, Next(), "DER value");
  if (value.tag != tag) {
    return Fail(Code::kCorrupt,
                fmt::format("DER tag {:#04x} where {:#04x} belongs", value.tag, tag));
  }
  return value;
}

}  // namespace ww::manifest
