#include "held_stream.h"

namespace ww::http {

Status HeldStream::Write(std::string_view bytes) {
  if (stream_ != nullptr) return stream_->Write(bytes);
  held_ += bytes;
  if (held_.size() <= hold_) return {};
  return Begin();
}

Status HeldStream::Flush() {
  if (stream_ == nullptr) WW_RETURN_IF_ERROR(Begin());
  return stream_->Flush();
}

bool HeldStream::TakeBack() {
  if (stream_ != nullptr) return false;
  held_.clear();
  return true;
}

Status HeldStream::Begin() {
  stream_ = &begin_();
  return stream_->Write(Take());
}

}  // namespace ww::http
