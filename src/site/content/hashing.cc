#include "wimwright/content/hashing.h"

#include <fmt/format.h>

#include <algorithm>

#include "buffer_ring.h"

namespace ww::content {

struct ContentHasher::Impl {
  explicit Impl(File* target) : copy(target), ring(Consumers()) {
    if (copy != nullptr) copy->WriteDirectly(true);
  }

  std::vector<BufferRing::Consumer> Consumers() {
    std::vector<BufferRing::Consumer> out;
    out.emplace_back([this](const Piece& piece) -> Status {
      sha256.Update(piece.bytes);
      return {};
    });
    if (copy != nullptr) {
      out.emplace_back([this](const Piece& piece) -> Status {
        if (piece.written) return {};
        return copy->WriteAt(piece.offset, piece.bytes);
      });
    }
    return out;
  }

  Status Push(std::size_t count, bool written) {
    // On the producer's thread: at ten times the speed of SHA-256 it is not worth a thread.
    blocks.Update(room.first(count));
    bytes += count;
    return ring.Push(count, written);
  }

  File* const copy;
  Sha256Hasher sha256;
  BlockHasher blocks;
  std::uint64_t bytes = 0;
  MutableByteView room;
  BufferRing ring;  // last: its threads use what is above
};

ContentHasher::ContentHasher(File* copy) : impl_(std::make_unique<Impl>(copy)) {}
ContentHasher::~ContentHasher() = default;

MutableByteView ContentHasher::Next() { return impl_->room = impl_->ring.Next(); }
Status ContentHasher::Push(std::size_t count) { return impl_->Push(count, false); }
Status ContentHasher::PushWritten(std::size_t count) { return impl_->Push(count, true); }

Result<HashedContent> ContentHasher::Finish() {
  WW_RETURN_IF_ERROR(impl_->ring.Finish());
  if (impl_->copy != nullptr) impl_->copy->WriteDirectly(false);
  HashedContent out;
  out.file = {{impl_->sha256.Finish()}, impl_->bytes};
  out.blocks = impl_->blocks.Finish();
  return out;
}

Result<HashedContent> HashContent(const File& file, File* copy, Progress& progress,
                                  const Cancellation& cancellation) {
  WW_TRY(const auto size, file.Size(), "hashing a file");
  if (size > kMaxMappedSize) {
    return Fail(Code::kLimit, fmt::format("files of the content library have at most {} GB, not {}",
                                          kMaxMappedSize >> 30, size >> 30));
  }
  ContentHasher hasher(copy);
  for (std::uint64_t at = 0; at < size;) {
    WW_RETURN_IF_ERROR(cancellation.Check());
    const auto room = hasher.Next();
    const auto piece =
        room.first(static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), size - at)));
    WW_RETURN_IF_ERROR(file.ReadAt(at, piece));
    WW_RETURN_IF_ERROR(hasher.Push(piece.size()));
    at += piece.size();
    progress.Advance(piece.size());
  }
  return hasher.Finish();
}

}  // namespace ww::content
