// Bytes in memory: views, little-endian loads and stores, and the one cursor for untrusted input.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "wimwright/base/result.h"

namespace ww {

using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;
using Bytes = std::vector<std::byte>;

static_assert(std::endian::native == std::endian::little, "loads and stores below assume it");

// Unchecked: the caller has proved that `at` holds sizeof(T) bytes.
template <std::integral T>
T LoadLe(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}
template <std::integral T>
void StoreLe(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof(T));
}
template <std::integral T>
void AppendLe(Bytes& out, T value) {
  const auto old = out.size();
  out.resize(old + sizeof(T));
  StoreLe(out.data() + old, value);
}
inline void Append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

inline ByteView AsBytes(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes ToBytes(std::string_view text) {
  const auto v = AsBytes(text);
  return {v.begin(), v.end()};
}
inline Bytes ToBytes(ByteView v) { return {v.begin(), v.end()}; }

// A cursor over bytes that somebody else wrote. Borrows the view. A failed read leaves the position
// unchanged and answers kCorrupt with the position.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  std::size_t position() const { return position_; }
  std::size_t remaining() const { return bytes_.size() - position_; }
  bool at_end() const { return remaining() == 0; }

  template <std::integral T>
  Result<T> Le() {
    if (sizeof(T) > remaining()) return Truncated(sizeof(T));
    const T value = LoadLe<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return value;
  }
  Result<ByteView> Take(std::uint64_t count);
  Status Skip(std::uint64_t count);
  Status Seek(std::uint64_t position);

 private:
  tl::unexpected<Error> Truncated(std::uint64_t wanted) const;
  ByteView bytes_;
  std::size_t position_ = 0;
};

// bytes[offset, offset+size), or kCorrupt when that does not lie inside. Tests by subtraction.
Result<ByteView> Slice(ByteView bytes, std::uint64_t offset, std::uint64_t size);

}  // namespace ww
