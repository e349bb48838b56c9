#include "wimwright/base/bytes.h"

#include <fmt/format.h>

namespace ww {

tl::unexpected<Error> ByteReader::Truncated(std::uint64_t wanted) const {
  return Fail(Code::kCorrupt, fmt::format("truncated: {} bytes wanted at offset {}, {} left",
                                          wanted, position_, remaining()));
}

Result<ByteView> ByteReader::Take(std::uint64_t count) {
  if (count > remaining()) return Truncated(count);
  const auto view = bytes_.subspan(position_, static_cast<std::size_t>(count));
  position_ += view.size();
  return view;
}

Status ByteReader::Skip(std::uint64_t count) {
  if (count > remaining()) return Truncated(count);
  position_ += static_cast<std::size_t>(count);
  return {};
}

Status ByteReader::Seek(std::uint64_t position) {
  if (position > bytes_.size()) {
    return Fail(Code::kCorrupt,
                fmt::format("offset {} lies outside of {} bytes", position, bytes_.size()));
  }
  position_ = static_cast<std::size_t>(position);
  return {};
}

Result<ByteView> Slice(ByteView bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) {
    return Fail(Code::kCorrupt,
                fmt::format("range {}+{} lies outside of {} bytes", offset, size, bytes.size()));
  }
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

}  // namespace ww
