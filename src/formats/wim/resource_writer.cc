#include "resource_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "helpers.h"
#include "wimwright/wim/blob_reader.h"

namespace ww::wim {
namespace {

constexpr std::uint64_t kSmall = 1u << 20;
constexpr std::size_t kMostInFlight = 4u << 20;
constexpr std::uint32_t kUncompressedStep = 32 * 1024;
// Metadata is rewritten with every edit of an image: half a second matters more than a few
// kilobytes.
constexpr int kMetadataLevel = 10;

}  // namespace

struct ResourceWriter::Resource {
  Resource(std::uint64_t total, std::uint32_t chunk_size, bool is_metadata)
      : layout(total, chunk_size), size(total), small(total <= kSmall), metadata(is_metadata) {}

  const ResourceLayout layout;
  const std::uint64_t size;
  const bool small;
  const bool metadata;
  std::uint64_t taken = 0;                      // content bytes that came in
  Bytes partial;                                // the chunk being filled
  std::vector<std::unique_ptr<ChunkJob>> held;  // small: all chunks, before and after compression
  std::optional<std::size_t> ticket;            // once finished
  std::optional<std::uint64_t> begin;           // large: where the chunk table is
  std::vector<std::uint64_t> ends;              // large: of the chunks, from the end of the table
};

ResourceWriter::ResourceWriter(File& file, Compression compression, std::uint32_t chunk_size,
                               std::uint64_t position, int level, unsigned threads)
    : file_(file),
      compression_(compression),
      chunk_size_(compression == Compression::kNone ? kUncompressedStep : chunk_size),
      out_(file, position),
      pool_(compression, chunk_size_, level, std::min(level, kMetadataLevel), threads),
      most_in_flight_(
          std::max<std::size_t>(kMostInFlight, std::size_t{chunk_size_} * 2 * threads)) {}

ResourceWriter::~ResourceWriter() = default;

Status ResourceWriter::Sticky(Status status) {
  if (!status && status_) status_ = status;
  return status;
}

Status ResourceWriter::Begin(std::uint64_t size, bool metadata) {
  WW_RETURN_IF_ERROR(status_);
  if (current_) return Fail(Code::kUsage, "the blob before is not finished");
  hasher_ = Sha1Hasher();
  current_ = std::make_unique<Resource>(size, chunk_size_, metadata);
  return {};
}

Status ResourceWriter::Write(ByteView bytes) {
  WW_RETURN_IF_ERROR(status_);
  auto& resource = *current_;
  if (bytes.size() > resource.size - resource.taken) {
    return Fail(Code::kUsage, fmt::format("more than the announced {} bytes", resource.size));
  }
  hasher_.Update(bytes);
  while (!bytes.empty()) {
    const auto length = resource.layout.chunk_length(resource.taken / chunk_size_);
    if (resource.partial.empty()) resource.partial.reserve(length);
    const auto step = std::min(bytes.size(), length - resource.partial.size());
    Append(resource.partial, bytes.first(step));
    bytes = bytes.subspan(step);
    resource.taken += step;
    if (resource.partial.size() == length) {
      WW_RETURN_IF_ERROR(Keep(std::exchange(resource.partial, Bytes()), std::nullopt));
    }
  }
  return {};
}

Status ResourceWriter::WriteChunk(Bytes content, Bytes candidate) {
  WW_RETURN_IF_ERROR(status_);
  hasher_.Update(content);
  current_->taken += content.size();
  return Keep(std::move(content), std::move(candidate));
}

Status ResourceWriter::Keep(Bytes content, std::optional<Bytes> candidate) {
  auto job = std::make_unique<ChunkJob>();
  job->owner = current_.get();
  job->content = std::move(content);
  job->fast = current_->metadata;
  job->has_candidate = candidate.has_value();
  if (candidate) job->candidate = *std::move(candidate);
  if (current_->small) {
    current_->held.push_back(std::move(job));
    return {};
  }
  return Sticky(Submit(std::move(job)));
}

Status ResourceWriter::Submit(std::unique_ptr<ChunkJob> job) {
  if (pool_.bytes_in_flight() + job->content.size() > most_in_flight_) {
    // To the half: waking up for every single chunk would cost the workers' time.
    while (pool_.bytes_in_flight() > most_in_flight_ / 2) WW_RETURN_IF_ERROR(Pump(true));
  }
  pool_.Submit(std::move(job));
  return Pump(false);
}

Status ResourceWriter::Pump(bool wait) {
  while (auto job = pool_.Take(wait)) {
    WW_RETURN_IF_ERROR(Accept(std::move(job)));
    wait = false;
  }
  return {};
}

Status ResourceWriter::Drain() {
  while (auto job = pool_.Take(true)) WW_RETURN_IF_ERROR(Accept(std::move(job)));
  return {};
}

// The next chunk in order: everything before it is in `out_`.
Status ResourceWriter::Accept(std::unique_ptr<ChunkJob> job) {
  auto& resource = *static_cast<Resource*>(job->owner);
  if (job->failed) return Fail(OutOfMemory());
  if (compression_ != Compression::kNone) {
    ++(job->reused ? stats_.chunks_reused : stats_.chunks_compressed);
  }
  if (resource.small) {
    resource.held.push_back(std::move(job));
    return resource.held.size() == resource.layout.chunks() ? Assemble(resource) : Status();
  }
  if (!resource.begin) {
    resource.begin = out_.position();
    if (compression_ != Compression::kNone) {
      WW_RETURN_IF_ERROR(out_.AppendZeros(resource.layout.table_size()));
    }
  }
  const auto stored = job->bytes_to_store();
  WW_RETURN_IF_ERROR(out_.Append(stored));
  resource.ends.push_back((resource.ends.empty() ? 0 : resource.ends.back()) + stored.size());
  const bool complete = resource.ends.size() == resource.layout.chunks();
  return complete && resource.ticket ? FinishLarge(resource) : Status();
}

// A small resource: what it needs is known before the first byte is written.
Status ResourceWriter::Assemble(Resource& resource) {
  const auto table_size = compression_ == Compression::kNone ? 0 : resource.layout.table_size();
  std::uint64_t total = table_size;
  for (const auto& job : resource.held) total += job->bytes_to_store().size();
  const bool compressed = compression_ != Compression::kNone && total < resource.size;
  auto& where = finished_[*resource.ticket];
  where.offset = out_.position();
  where.size = resource.size;
  where.size_in_wim = compressed ? total : resource.size;
  where.flags = static_cast<std::uint8_t>((compressed ? kResourceCompressed : 0) |
                                          (resource.metadata ? kResourceMetadata : 0));
  if (compressed) {
    Bytes table;
    std::uint32_t end = 0;  // a small resource has entries of 4 bytes
    for (std::size_t i = 0; i + 1 < resource.held.size(); ++i) {
      end += static_cast<std::uint32_t>(resource.held[i]->bytes_to_store().size());
      AppendLe(table, end);
    }
    WW_RETURN_IF_ERROR(out_.Append(table));
  }
  for (const auto& job : resource.held) {
    WW_RETURN_IF_ERROR(out_.Append(compressed ? job->bytes_to_store() : ByteView(job->content)));
  }
  resources_.pop_front();  // it is the oldest one
  return {};
}

// A large resource whose chunks are all written and whose hash is new.
Status ResourceWriter::FinishLarge(Resource& resource) {
  auto& where = finished_[*resource.ticket];
  where.offset = *resource.begin;
  where.size = resource.size;
  where.size_in_wim = out_.position() - *resource.begin;
  where.flags = resource.metadata ? kResourceMetadata : 0;
  if (compression_ != Compression::kNone) {
    where.flags |= kResourceCompressed;
    Bytes table;
    for (std::size_t i = 0; i + 1 < resource.ends.size(); ++i) {
      if (resource.layout.entry_size() == 4) {
        AppendLe(table, static_cast<std::uint32_t>(resource.ends[i]));
      } else {
        AppendLe(table, resource.ends[i]);
      }
    }
    WW_RETURN_IF_ERROR(out_.Patch(where.offset, table));
    if (where.size_in_wim >= where.size) WW_RETURN_IF_ERROR(StoreUncompressed(resource));
  }
  resources_.pop_front();
  return {};
}

// Content that does not get smaller is stored as it is, as every writer does. It is no longer in
// memory: it is read back to a place behind the resource, and copied down from there, so that no
// byte is overwritten that is still to be read.
Status ResourceWriter::StoreUncompressed(Resource& resource) {
  auto& where = finished_[*resource.ticket];
  WW_RETURN_IF_ERROR(out_.Flush());
  const auto end = out_.position();
  WW_TRY(const auto reader, BlobReader::Open(file_, where, compression_, chunk_size_),
         "storing without compression");
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kSmall, where.size)));
  const auto for_each_piece = [&](auto&& move) -> Status {
    for (std::uint64_t at = 0; at < where.size; at += buffer.size()) {
      const auto step = std::min<std::uint64_t>(buffer.size(), where.size - at);
      WW_RETURN_IF_ERROR(move(at, MutableByteView(buffer).first(static_cast<std::size_t>(step))));
    }
    return {};
  };
  WW_RETURN_IF_ERROR(for_each_piece([&](std::uint64_t at, MutableByteView piece) -> Status {
    WW_RETURN_IF_ERROR(reader->ReadAt(at, piece));
    return file_.WriteAt(end + at, piece);
  }));
  WW_RETURN_IF_ERROR(for_each_piece([&](std::uint64_t at, MutableByteView piece) -> Status {
    WW_RETURN_IF_ERROR(file_.ReadAt(end + at, piece));
    return file_.WriteAt(where.offset + at, piece);
  }));
  where.flags &= static_cast<std::uint8_t>(~kResourceCompressed);
  where.size_in_wim = where.size;
  out_.Rewind(where.offset + where.size);
  return {};
}

Result<ResourceWriter::Finished> ResourceWriter::Finish(
    const std::function<bool(const Sha1Digest&)>& known) {
  WW_RETURN_IF_ERROR(status_);
  if (current_->taken != current_->size) {
    const auto error =
        fmt::format("{} of {} announced bytes came", current_->taken, current_->size);
    Abandon();
    return Fail(Code::kUsage, error);
  }
  Finished result;
  result.hash = hasher_.Finish();
  if (known(result.hash)) {
    Abandon();
    WW_RETURN_IF_ERROR(status_);
    return result;
  }
  result.ticket = finished_.size();
  finished_.emplace_back();
  current_->ticket = result.ticket;
  auto& resource = *current_;
  resources_.push_back(std::move(current_));
  if (!resource.small) {
    const bool complete = resource.ends.size() == resource.layout.chunks();
    if (complete) WW_RETURN_IF_ERROR(Sticky(FinishLarge(resource)));
    return result;
  }
  auto jobs = std::exchange(resource.held, {});
  for (auto& job : jobs) WW_RETURN_IF_ERROR(Sticky(Submit(std::move(job))));
  return result;
}

void ResourceWriter::Abandon() {
  if (!current_) return;
  if (!current_->small && status_) {
    // Its chunks are the last in order: once they came back, everything since `begin` is its own.
    static_cast<void>(Sticky(Drain()));
    if (current_->begin) out_.Rewind(*current_->begin);
  }
  current_.reset();
}

Result<std::size_t> ResourceWriter::AppendStored(const File& from, const ResourceLocation& where,
                                                 const Sha1Digest& stored_hash) {
  WW_RETURN_IF_ERROR(status_);
  if (current_) return Fail(Code::kUsage, "the blob before is not finished");
  WW_RETURN_IF_ERROR(Sticky(Drain()));
  const auto begin = out_.position();
  Sha1Hasher hasher;
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kSmall, where.size_in_wim)));
  for (std::uint64_t at = 0; at < where.size_in_wim;) {
    const auto step = std::min<std::uint64_t>(buffer.size(), where.size_in_wim - at);
    const auto piece = MutableByteView(buffer).first(static_cast<std::size_t>(step));
    if (auto read = from.ReadAt(where.offset + at, piece); !read) {
      out_.Rewind(begin);
      return Fail(read.error());
    }
    hasher.Update(piece);
    WW_RETURN_IF_ERROR(Sticky(out_.Append(piece)));
    at += step;
  }
  if (hasher.Finish() != stored_hash) {
    out_.Rewind(begin);
    return Fail(Code::kVerificationFailed, "stored bytes do not match their digest");
  }
  finished_.push_back({begin, where.size_in_wim, where.size, where.flags});
  return finished_.size() - 1;
}

Status ResourceWriter::Flush() {
  WW_RETURN_IF_ERROR(status_);
  WW_RETURN_IF_ERROR(Sticky(Drain()));
  return Sticky(out_.Flush());
}

}  // namespace ww::wim
