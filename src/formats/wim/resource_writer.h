// Appends resources to a WIM: splits content into chunks, has them compressed, writes them in
// order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "append_buffer.h"
#include "compression_pool.h"
#include "resource_layout.h"
#include "wimwright/base/hash.h"

namespace ww::wim {

struct WriterStats {
  std::uint64_t chunks_compressed = 0;
  std::uint64_t chunks_reused = 0;
};

// One resource at a time is open; those finished before may still be in the pool. Content up to 1
// MiB is held back until its hash is known, so that a duplicate costs nothing; larger content is
// compressed as it comes and taken back if it turns out to be one. Errors of the file are sticky.
class ResourceWriter {
 public:
  ResourceWriter(File& file, Compression compression, std::uint32_t chunk_size,
                 std::uint64_t position, int level, unsigned threads);
  ~ResourceWriter();
  ResourceWriter(const ResourceWriter&) = delete;
  ResourceWriter& operator=(const ResourceWriter&) = delete;

  // Units in which Write() splits; also without compression.
  std::uint32_t chunk_size() const { return chunk_size_; }
  bool open() const { return current_ != nullptr; }

  Status Begin(std::uint64_t size, bool metadata);  // size > 0
  Status Write(ByteView bytes);
  // A whole chunk, at a chunk boundary, that is probably stored as `candidate`.
  Status WriteChunk(Bytes content, Bytes candidate);
  struct Finished {
    Sha1Digest hash{};
    std::optional<std::size_t> ticket;  // nothing: `known` said that it is stored already
  };
  Result<Finished> Finish(const std::function<bool(const Sha1Digest&)>& known);
  void Abandon();
  // A finished resource of another file, byte for byte; its ticket. Errors of `from`, and stored
  // bytes with another digest (kVerificationFailed), leave nothing behind.
  Result<std::size_t> AppendStored(const File& from, const ResourceLocation& where,
                                   const Sha1Digest& stored_hash);

  // Waits for everything finished; afterwards it can be read from the file.
  Status Flush();
  // Of a finished resource, after Flush().
  const ResourceLocation& location(std::size_t ticket) const { return finished_[ticket]; }

  // The end of the file. Flush() first; then for what is not a resource with chunks.
  AppendBuffer& out() { return out_; }
  const WriterStats& stats() const { return stats_; }
  const Status& status() const { return status_; }

 private:
  struct Resource;
  Status Submit(std::unique_ptr<ChunkJob> job);
  Status SubmitHeld();
  Status Keep(Bytes content, std::optional<Bytes> candidate);
  Status Pump(bool wait);  // handles what is done; with `wait` at least one
  Status Drain();
  Status Accept(std::unique_ptr<ChunkJob> job);
  Status Assemble(Resource& resource);
  Status FinishLarge(Resource& resource);
  Status StoreUncompressed(Resource& resource);
  Status Sticky(Status status);

  File& file_;
  const Compression compression_;
  const std::uint32_t chunk_size_;
  AppendBuffer out_;
  CompressionPool pool_;
  const std::size_t most_in_flight_;
  std::deque<std::unique_ptr<Resource>> resources_;  // finished, not all written
  std::unique_ptr<Resource> current_;
  Sha1Hasher hasher_;
  std::vector<ResourceLocation> finished_;  // by ticket
  WriterStats stats_;
  Status status_;
};

}  // namespace ww::wim
