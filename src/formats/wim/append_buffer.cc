#include "append_buffer.h"

#include <algorithm>

namespace ww::wim {
namespace {

constexpr std::size_t kRoom = 1u << 20;
constexpr std::uint64_t kWritebackStep = 8u << 20;

}  // namespace

Status AppendBuffer::Append(ByteView bytes) {
  if (buffer_.capacity() == 0) buffer_.reserve(kRoom);
  while (!bytes.empty()) {
    const auto step = std::min(bytes.size(), kRoom - buffer_.size());
    ww::Append(buffer_, bytes.first(step));
    bytes = bytes.subspan(step);
    if (buffer_.size() == kRoom) WW_RETURN_IF_ERROR(Flush());
  }
  return {};
}

Status AppendBuffer::AppendZeros(std::uint64_t count) {
  const Bytes zeros(static_cast<std::size_t>(std::min<std::uint64_t>(count, 64 * 1024)));
  while (count != 0) {
    const auto step = std::min<std::uint64_t>(count, zeros.size());
    WW_RETURN_IF_ERROR(Append(ByteView(zeros).first(static_cast<std::size_t>(step))));
    count -= step;
  }
  return {};
}

Status AppendBuffer::Patch(std::uint64_t offset, ByteView bytes) {
  if (offset < flushed_) {
    const auto on_file =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), flushed_ - offset));
    WW_RETURN_IF_ERROR(file_.WriteAt(offset, bytes.first(on_file)));
    offset += on_file;
    bytes = bytes.subspan(on_file);
  }
  if (!bytes.empty()) {
    std::copy(bytes.begin(), bytes.end(),
              buffer_.begin() + static_cast<std::ptrdiff_t>(offset - flushed_));
  }
  return {};
}

void AppendBuffer::Rewind(std::uint64_t position) {
  if (position >= flushed_) {
    buffer_.resize(static_cast<std::size_t>(position - flushed_));
  } else {
    buffer_.clear();
    flushed_ = position;
    written_back_ = std::min(written_back_, position);
  }
}

Status AppendBuffer::Flush() {
  if (buffer_.empty()) return {};
  WW_RETURN_IF_ERROR(file_.WriteAt(flushed_, buffer_));
  if (written_back_ == 0) written_back_ = flushed_;
  flushed_ += buffer_.size();
  buffer_.clear();
  if (flushed_ - written_back_ >= kWritebackStep) {
    file_.StartWriteback(written_back_, flushed_ - written_back_);
    written_back_ = flushed_;
  }
  return {};
}

}  // namespace ww::wim
