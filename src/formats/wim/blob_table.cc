#include "wimwright/wim/blob_table.h"

#include <fmt/format.h>

#include <bit>
#include <random>

namespace ww::wim {
namespace {

// One per process: a hostile table must not be able to choose colliding slots.
std::uint64_t Seed() {
  static const std::uint64_t seed = [] {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
  }();
  return seed;
}

Result<Blob> ParseEntry(ByteReader& in, std::uint64_t file_size) {
  Blob blob;
  WW_TRY(blob.where, ParseResourceLocation(in), "resource");
  WW_TRY(blob.part, in.Le<std::uint16_t>(), "part number");
  WW_TRY(blob.references, in.Le<std::uint32_t>(), "reference count");
  WW_TRY(const auto hash, in.Take(blob.hash.size()), "hash");
  std::memcpy(blob.hash.data(), hash.data(), hash.size());
  if ((blob.where.flags & kResourceSolid) != 0) {
    Error error{Code::kUnsupported, "a solid WIM (ESD)", {}, 0};
    return Fail(
        error.WithNextStep("Convert it: wimlib-imagex export IN.esd all OUT.wim --compress=LZX"));
  }
  if ((blob.where.flags & kResourceSpanned) != 0) {
    return Fail(Code::kUnsupported, "a resource that continues in another file");
  }
  if (blob.where.offset > file_size || blob.where.size_in_wim > file_size - blob.where.offset) {
    return Fail(Code::kCorrupt, fmt::format("resource {}+{} lies outside of the file of {} bytes",
                                            blob.where.offset, blob.where.size_in_wim, file_size));
  }
  return blob;
}

}  // namespace

Result<BlobTable> BlobTable::Parse(ByteView bytes, std::uint64_t file_size) {
  if (bytes.size() % kBlobEntrySize != 0) {
    return Fail(Code::kCorrupt, fmt::format("a blob table of {} bytes", bytes.size()));
  }
  BlobTable table;
  const auto count = bytes.size() / kBlobEntrySize;
  if (count >= (1u << 30)) return Fail(Code::kLimit, fmt::format("{} blobs", count));
  table.blobs_.reserve(count);
  table.slots_.assign(std::bit_ceil(count + count / 2 + 16), 0);
  ByteReader in(bytes);
  for (std::size_t i = 0; i < count; ++i) {
    WW_TRY(const auto blob, ParseEntry(in, file_size), fmt::format("blob table entry {}", i));
    if (blob.where.metadata()) {
      table.metadata_.push_back(blob);
    } else if (blob.part == 1) {  // others cannot be in this file
      table.Add(blob);
    }
  }
  return table;
}

std::size_t BlobTable::Slot(const Sha1Digest& hash) const {
  std::uint64_t h = Seed();
  for (const std::size_t at : {0, 8}) {
    h = (h ^ LoadLe<std::uint64_t>(hash.data() + at)) * 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
  }
  h = (h ^ LoadLe<std::uint32_t>(hash.data() + 16)) * 0xBF58476D1CE4E5B9u;
  h ^= h >> 32;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(h) & mask;
  while (slots_[slot] != 0 && blobs_[slots_[slot] - 1].hash != hash) slot = (slot + 1) & mask;
  return slot;
}

void BlobTable::Grow() {
  slots_.assign(std::bit_ceil(blobs_.size() * 2 + 16), 0);
  for (std::size_t i = 0; i < blobs_.size(); ++i) {
    slots_[Slot(blobs_[i].hash)] = static_cast<std::uint32_t>(i + 1);
  }
}

std::optional<std::size_t> BlobTable::IndexOf(const Sha1Digest& hash) const {
  if (slots_.empty()) return std::nullopt;
  const auto found = slots_[Slot(hash)];
  if (found == 0) return std::nullopt;
  return found - 1;
}

const Blob* BlobTable::Find(const Sha1Digest& hash) const {
  const auto index = IndexOf(hash);
  return index ? &blobs_[*index] : nullptr;
}

std::size_t BlobTable::Add(const Blob& blob) {
  if (blobs_.size() + blobs_.size() / 2 >= slots_.size()) Grow();
  const auto slot = Slot(blob.hash);
  if (slots_[slot] == 0) {
    blobs_.push_back(blob);
    slots_[slot] = static_cast<std::uint32_t>(blobs_.size());
  }
  return slots_[slot] - 1;
}

Bytes BlobTable::Serialise() const {
  Bytes out((metadata_.size() + blobs_.size()) * kBlobEntrySize);
  std::byte* p = out.data();
  const auto put = [&p](const Blob& blob) {
    StoreResourceLocation(blob.where, p);
    StoreLe<std::uint16_t>(p + 24, blob.part);
    StoreLe<std::uint32_t>(p + 26, blob.references);
    std::memcpy(p + 30, blob.hash.data(), blob.hash.size());
    p += kBlobEntrySize;
  };
  for (const auto& blob : metadata_) put(blob);
  for (const auto& blob : blobs_) put(blob);
  return out;
}

}  // namespace ww::wim
