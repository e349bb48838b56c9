// The growing end of a file: small appends are gathered, what is still in the buffer can be patched
// or taken back.
#pragma once

#include <cstdint>

#include "wimwright/base/file.h"

namespace ww::wim {

// Borrows the file. Never writes below the position it was made with.
class AppendBuffer {
 public:
  AppendBuffer(File& file, std::uint64_t position) : file_(file), flushed_(position) {}

  std::uint64_t position() const { return flushed_ + buffer_.size(); }
  Status Append(ByteView bytes);
  Status AppendZeros(std::uint64_t count);
  // Overwrites bytes appended before.
  Status Patch(std::uint64_t offset, ByteView bytes);
  // The next Append() goes to `position`, which is not behind the present one.
  void Rewind(std::uint64_t position);
  // Afterwards everything appended can be read from the file.
  Status Flush();

 private:
  File& file_;
  std::uint64_t flushed_;  // where the buffer begins
  std::uint64_t written_back_ = 0;
  Bytes buffer_;
};

}  // namespace ww::wim
