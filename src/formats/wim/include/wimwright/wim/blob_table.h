// The blob table ("lookup table"): every stored content by its SHA-1, and the metadata resources.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "wimwright/base/hash.h"
#include "wimwright/wim/header.h"

namespace ww::wim {

struct Blob {
  Sha1Digest hash{};
  ResourceLocation where;
  std::uint16_t part = 1;
  std::uint32_t references = 0;  // how many stream entries of all images name it
};

inline constexpr std::size_t kBlobEntrySize = 50;

// Blobs in file order, found by hash in constant time. About 72 bytes per blob.
class BlobTable {
 public:
  // Metadata resources go to `metadata`, in order: the n-th belongs to image n + 1. Every resource
  // must lie inside of `file_size` bytes. A second entry of the same hash is dropped: nothing can
  // name it.
  static Result<BlobTable> Parse(ByteView bytes, std::uint64_t file_size);

  std::span<const Blob> blobs() const { return blobs_; }
  std::span<const Blob> metadata() const { return metadata_; }
  std::size_t size() const { return blobs_.size(); }
  const Blob* Find(const Sha1Digest& hash) const;  // null: none
  std::optional<std::size_t> IndexOf(const Sha1Digest& hash) const;

  // Changes. Add() of a hash that is there answers the existing index.
  std::size_t Add(const Blob& blob);
  void AddMetadata(const Blob& blob) { metadata_.push_back(blob); }
  Blob& at(std::size_t index) { return blobs_[index]; }
  Blob& metadata_at(std::size_t index) { return metadata_[index]; }

  // Metadata first, as every known writer has it, then the blobs in order.
  Bytes Serialise() const;

 private:
  std::size_t Slot(const Sha1Digest& hash) const;
  void Grow();

  std::vector<Blob> blobs_;
  std::vector<Blob> metadata_;
  std::vector<std::uint32_t> slots_;  // open addressing: index into blobs_ plus one, 0 is empty
};

inline bool IsZero(const Sha1Digest& hash) { return hash == Sha1Digest{}; }

}  // namespace ww::wim
