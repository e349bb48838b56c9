// A cursor over DER (X.690, definite lengths only).
#pragma once

#include <cstdint>

#include "wimwright/base/bytes.h"

namespace ww::manifest {

namespace der {
inline constexpr std::uint8_t kInteger = 0x02, kOctetString = 0x04, kOid = 0x06, kUtcTime = 0x17,
                              kGeneralizedTime = 0x18, kBmpString = 0x1E, kSequence = 0x30,
                              kSet = 0x31, kContext0 = 0xA0, kContext2 = 0xA2;
}

struct DerValue {
  std::uint8_t tag = 0;
  ByteView content;
  ByteView whole;  // with tag and length
};

// Borrows its bytes. Nested values are read by a new reader over `content`: the depth is what the
// caller asks for, never what the input says.
class DerReader {
 public:
  explicit DerReader(ByteView bytes) : in_(bytes), bytes_(bytes) {}

  bool at_end() const { return in_.at_end(); }
  // The tag of the next value; 0 at the end.
  std::uint8_t PeekTag() const;
  Result<DerValue> Next();
  Result<DerValue> Expect(std::uint8_t tag);

 private:
  ByteReader in_;
  ByteView bytes_;
};

}  // namespace ww::manifest
