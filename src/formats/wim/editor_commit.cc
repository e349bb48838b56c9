#include <fmt/format.h>

#include <algorithm>

#include "editor_state.h"
#include "resource_io.h"
#include "rollback_record.h"
#include "wim_file_state.h"
#include "wimwright/base/text.h"

namespace ww::wim {
namespace {

constexpr std::uint64_t kMostIntegrityTable = 64u << 20;

std::uint8_t Uncompressed(std::uint8_t flags) {
  return static_cast<std::uint8_t>(flags & ~kResourceCompressed);
}

ResourceLocation Place(std::uint64_t offset, std::uint64_t size, std::uint8_t flags) {
  ResourceLocation where;
  where.offset = offset;
  where.size = where.size_in_wim = size;
  where.flags = flags;
  return where;
}

}  // namespace

// Over all images, edited or not: counts in files found in the wild are often wrong, and a count
// too low would throw away content that another image needs.
Status Editor::State::CountReferences(std::vector<std::uint32_t>& old_counts,
                                      std::vector<std::uint32_t>& added_counts) {
  old_counts.assign(wim->blobs().size(), 0);
  added_counts.assign(added.size(), 0);
  for (std::size_t i = 0; i < images.size(); ++i) {
    std::optional<Image> transient;
    const Image* image = images[i].image.get();
    if (image == nullptr) {
      const auto& blob = *images[i].stored;
      const auto what = fmt::format("metadata of image {}", i + 1);
      WW_TRY(auto bytes,
             ReadVerified(FileOf(images[i]), blob.where, wim->header().compression(),
                          wim->header().chunk_size, std::uint64_t{1} << 30, blob.hash),
             what);
      WW_TRY(auto parsed, Image::Parse(std::move(bytes)), what);
      transient.emplace(std::move(parsed));
      image = &*transient;
    }
    std::optional<Error> error;
    image->ForEachReference([&](NodeId node, const Sha1Digest& hash) {
      if (error) return;
      const auto old = wim->blobs().IndexOf(hash);
      const auto fresh = old ? std::nullopt : added.IndexOf(hash);
      if (!old && !fresh) {
        const bool ours = image->added_content_size(hash).has_value();
        error = Error{
            ours ? Code::kUsage : Code::kCorrupt,
            fmt::format("image {}: \"{}\" names content {}, which {}", i + 1, image->path(node),
                        ToHex(hash), ours ? "was never added" : "the file does not have"),
            {},
            0};
        return;
      }
      ++(old ? old_counts[*old] : added_counts[*fresh]);
      const auto expected = image->added_content_size(hash);
      const auto actual =
          old ? wim->blobs().blobs()[*old].where.size : added.blobs()[*fresh].where.size;
      if (expected && *expected != actual) {
        error = Error{Code::kUsage,
                      fmt::format("image {}: \"{}\" was given {} bytes, its content has {}", i + 1,
                                  image->path(node), *expected, actual),
                      {},
                      0};
      }
    });
    if (error) return Fail(*error);
  }
  return {};
}

BlobTable Editor::State::NewTable(const std::vector<std::uint32_t>& old_counts,
                                  const std::vector<std::uint32_t>& added_counts,
                                  CommitStats& stats) const {
  BlobTable table;
  for (const auto& slot : images) table.AddMetadata(*slot.stored);
  for (std::size_t i = 0; i < old_counts.size(); ++i) {
    auto blob = wim->blobs().blobs()[i];
    blob.references = old_counts[i];
    if (blob.references == 0) {
      ++stats.blobs_dropped;
    } else {
      table.Add(blob);
    }
  }
  for (std::size_t i = 0; i < added_counts.size(); ++i) {
    auto blob = added.blobs()[i];
    blob.references = added_counts[i];
    if (blob.references == 0) {
      ++stats.blobs_dropped;
      continue;
    }
    table.Add(blob);
    ++stats.blobs_added;
    stats.bytes_new_content += blob.where.size;
  }
  return table;
}

// [Rollback record,] blob table, XML, integrity table, in the order in which everybody has them.
// Where everything is has to be known before the first byte is written: the rollback record comes
// first and vouches for the rest.
Status Editor::State::WriteTables(const BlobTable& table, FileTime now, Header& header) {
  const auto old = header;
  WW_TRY(auto* const document, Xml(), "XML data");
  const auto flags_of = [](const ResourceLocation& where) {
    return where.offset == 0 ? kResourceMetadata : Uncompressed(where.flags);
  };
  auto& out = writer->out();
  const auto record = mode == EditorMode::kInPlace ? kRollbackRecordSize : 0;
  const auto table_bytes = table.Serialise();
  header.blob_table = Place(out.position() + record, table_bytes.size(), flags_of(old.blob_table));
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].written) document->SetCounts(static_cast<int>(i + 1), *images[i].counts, now);
  }
  document->SetTotalBytes(header.blob_table.end());
  WW_TRY(const auto xml_bytes, EncodeXml(document->ToText()), "XML data");
  header.xml = Place(header.blob_table.end(), xml_bytes.size(), flags_of(old.xml));
  header.integrity = {};
  IntegrityTable before;
  if (integrity) {
    WW_TRY(before, OldIntegrity(old), "integrity table");
    header.integrity =
        Place(header.xml.end(), IntegrityTable::SizeFor(header.blob_table.end(), before.chunk_size),
              Uncompressed(old.integrity.flags));
  }

  if (record != 0) WW_RETURN_IF_ERROR(WriteRollbackRecord(header, table_bytes, xml_bytes));
  WW_TRY_STATUS(out.Append(table_bytes), "blob table");
  WW_TRY_STATUS(out.Append(xml_bytes), "XML data");
  if (!integrity) return {};
  WW_TRY_STATUS(out.Flush(), "writing tables");
  WW_TRY(const auto after,
         ExtendIntegrity(*file, before, old.blob_table.end(), header.blob_table.end(),
                         ThreadCount(options.threads)),
         "integrity table");
  WW_TRY_STATUS(out.Append(after.Serialise()), "integrity table");
  return {};
}

Status Editor::State::WriteRollbackRecord(const Header& header, ByteView table, ByteView xml_data) {
  RollbackRecord record;
  record.former_size = original_end;
  record.former_header = SerialiseHeader(wim->header());
  WW_TRY(record.former_state, StateDigestOf(old_content(), wim->header()), "rollback record");
  record.state = StateDigest(header, table, xml_data);
  WW_TRY_STATUS(writer->out().Append(record.Serialise()), "rollback record");
  return {};
}

Result<IntegrityTable> Editor::State::OldIntegrity(const Header& old) const {
  if (old.integrity.offset == 0) return IntegrityTable{};
  WW_TRY(const auto bytes,
         ReadResource(old_content(), old.integrity, old.compression(), old.chunk_size,
                      kMostIntegrityTable),
         "reading");
  return IntegrityTable::Parse(bytes);
}

Result<CommitStats> Editor::Commit(FileTime now) {
  auto& s = *state_;
  WW_RETURN_IF_ERROR(s.Usable());
  if (s.writer->open()) return Fail(Code::kUsage, "a blob is not finished");
  CommitStats stats;
  bool changed = s.xml_changed || s.mode == EditorMode::kNew;
  for (auto& slot : s.images) {
    if (slot.image && slot.image->modified()) {
      WW_TRY_STATUS(s.WriteImage(slot), "writing an image");
    }
    changed = changed || slot.written;
    stats.images_written += slot.written ? 1 : 0;
  }
  WW_TRY_STATUS(s.Settle(), "writing content");
  if (s.copying) WW_TRY_STATUS(s.copying->Wait(), "copying the WIM");
  stats.blobs_deduplicated = s.deduplicated;
  stats.chunks_compressed = s.writer->stats().chunks_compressed;
  stats.chunks_reused = s.writer->stats().chunks_reused;
  if (!changed) {
    // Blobs without an entry that names them are no change of the file.
    WW_TRY_STATUS(s.file->Truncate(s.original_end), "removing what nobody needs");
    s.finished = true;
    return stats;
  }

  std::vector<std::uint32_t> old_counts;
  std::vector<std::uint32_t> added_counts;
  WW_RETURN_IF_ERROR(s.CountReferences(old_counts, added_counts));
  const auto table = s.NewTable(old_counts, added_counts, stats);
  auto header = s.wim->header();
  header.image_count = static_cast<std::uint32_t>(s.images.size());
  if (header.boot_index != 0) {
    header.boot_metadata = s.images[header.boot_index - 1].stored->where;
  }
  WW_TRY_STATUS(s.WriteTables(table, now, header), "writing tables");
  WW_TRY_STATUS(s.writer->out().Flush(), "writing tables");
  // Whoever proves the result before its header is written needs the memory more.
  for (auto& slot : s.images) slot.image.reset();

  const auto end = s.writer->out().position();
  WW_TRY(const auto size, s.file->Size(), "size");
  if (size > end) WW_TRY_STATUS(s.file->Truncate(end), "writing tables");
  // Everything the header will name is on stable storage before the header names it.
  WW_TRY_STATUS(s.file->Sync(), "before the header");
  s.header_written = true;
  WW_TRY_STATUS(s.file->WriteAt(0, SerialiseHeader(header)), "header");
  WW_TRY_STATUS(s.file->Sync(), "after the header");
  s.finished = true;
  stats.bytes_appended = end - s.original_end;
  return stats;
}

}  // namespace ww::wim
