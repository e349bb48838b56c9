#include "wimwright/wim/compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "extents.h"
#include "integrity.h"
#include "references.h"
#include "resource_io.h"
#include "wim_file_state.h"
#include "wimwright/wim/space.h"
#include "xml_document.h"

namespace ww::wim {
namespace {

// A stretch of the source and where it goes.
struct Move {
  std::uint64_t from = 0;
  std::uint64_t size = 0;
  std::uint64_t to = 0;
};

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

// The compact file before it exists, to be read like one: header, stretches of the source, tables.
class CompactView final : public File {
 public:
  static Result<std::unique_ptr<CompactView>> Make(const WimFile& source, unsigned threads);

  const Header& header() const { return header_; }

  Result<std::uint64_t> Size() const override { return tables_at_ + tables_.size(); }
  // Where the header will be there are zeros.
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override;
  Status WriteAt(std::uint64_t, ByteView) override { return ReadOnly(); }
  Status Truncate(std::uint64_t) override { return ReadOnly(); }
  Status Sync() override { return ReadOnly(); }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  Status LockExclusive() override { return ReadOnly(); }
  Status LockShared() override { return ReadOnly(); }

 private:
  CompactView(const File& source, std::vector<bool> named)
      : source_(source), named_(std::move(named)) {}
  static Status ReadOnly() { return Fail(Code::kInternal, "a view is read-only"); }
  Status PlanMoves(const WimFile& source);
  ResourceLocation Moved(ResourceLocation where) const;
  Status MakeTables(const WimFile& source, unsigned threads);

  const File& source_;
  const std::vector<bool> named_;  // by blob of the source
  std::vector<Move> moves_;        // in order on both sides
  std::uint64_t tables_at_ = kHeaderSize;
  Bytes tables_;
  Header header_;
};

Result<std::unique_ptr<CompactView>> CompactView::Make(const WimFile& source, unsigned threads) {
  WW_TRY(auto named, NamedBlobs(source), "what is in use");
  auto view =
      std::unique_ptr<CompactView>(new CompactView(StateAccess::FileOf(source), std::move(named)));
  WW_RETURN_IF_ERROR(view->PlanMoves(source));
  WW_RETURN_IF_ERROR(view->MakeTables(source, threads));
  return view;
}

Status CompactView::PlanMoves(const WimFile& source) {
  for (const auto& extent : Merged(ContentExtents(source, &named_))) {
    if (extent.offset < kHeaderSize) {
      return Fail(Code::kCorrupt, fmt::format("a resource at {}, in the header", extent.offset));
    }
    moves_.push_back({extent.offset, extent.size, tables_at_});
    tables_at_ += extent.size;
  }
  return {};
}

ResourceLocation CompactView::Moved(ResourceLocation where) const {
  if (where.size_in_wim == 0) {
    if (where.offset != 0) where.offset = kHeaderSize;  // anywhere, but inside of the file
    return where;
  }
  const auto behind =
      std::upper_bound(moves_.begin(), moves_.end(), where.offset,
                       [](std::uint64_t offset, const Move& move) { return offset < move.from; });
  const auto& move = *std::prev(behind);  // ContentExtents() has every resource
  where.offset = where.offset - move.from + move.to;
  return where;
}

Status CompactView::MakeTables(const WimFile& source, unsigned threads) {
  const auto& old = source.header();
  header_ = old;
  header_.boot_metadata = Moved(old.boot_metadata);
  BlobTable table;
  for (auto blob : source.blobs().metadata()) {
    blob.where = Moved(blob.where);
    table.AddMetadata(blob);
  }
  for (std::size_t i = 0; i < named_.size(); ++i) {
    if (!named_[i]) continue;
    auto blob = source.blobs().blobs()[i];
    blob.where = Moved(blob.where);
    table.Add(blob);
  }
  tables_ = table.Serialise();
  header_.blob_table = Place(tables_at_, tables_.size(), Uncompressed(old.blob_table.flags));
  WW_TRY(auto document, XmlDocument::Parse(source.xml(), old.image_count), "XML data");
  document.SetTotalBytes(header_.blob_table.end());
  WW_TRY(const auto xml, EncodeXml(document.ToText()), "XML data");
  header_.xml = Place(header_.blob_table.end(), xml.size(), Uncompressed(old.xml.flags));
  Append(tables_, xml);
  header_.integrity = {};
  if (old.integrity.offset == 0) return {};
  WW_TRY(const auto integrity,
         ExtendIntegrity(*this, {}, kHeaderSize, header_.blob_table.end(), threads),
         "integrity table");
  const auto bytes = integrity.Serialise();
  header_.integrity = Place(header_.xml.end(), bytes.size(), Uncompressed(old.integrity.flags));
  Append(tables_, bytes);
  return {};
}

Status CompactView::ReadAt(std::uint64_t offset, MutableByteView out) const {
  if (offset < kHeaderSize && !out.empty()) {
    const auto zeros = out.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), kHeaderSize - offset)));
    std::fill(zeros.begin(), zeros.end(), std::byte{});
    out = out.subspan(zeros.size());
    offset += zeros.size();
  }
  auto move =
      std::upper_bound(moves_.begin(), moves_.end(), offset,
                       [](std::uint64_t at, const Move& candidate) { return at < candidate.to; });
  if (move != moves_.begin()) --move;
  for (; !out.empty() && offset < tables_at_; ++move) {
    const auto skip = offset - move->to;
    const auto piece =
        out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), move->size - skip)));
    WW_RETURN_IF_ERROR(source_.ReadAt(move->from + skip, piece));
    out = out.subspan(piece.size());
    offset += piece.size();
  }
  if (out.empty()) return {};
  WW_TRY(const auto rest, Slice(tables_, offset - tables_at_, out.size()), "a compact file");
  std::copy(rest.begin(), rest.end(), out.begin());
  return {};
}

}  // namespace

Result<bool> IsCompact(const WimFile& wim) {
  if (MeasureSpace(wim).dead_bytes() != 0) return false;
  WW_TRY(const auto named, NamedBlobs(wim), "what is in use");
  return std::find(named.begin(), named.end(), false) == named.end();
}

std::uint64_t CompactSize(const WimFile& source) {
  const auto extents = Merged(ContentExtents(source));
  const auto& header = source.header();
  return std::accumulate(
      extents.begin(), extents.end(),
      kHeaderSize + (source.blobs().size() + source.blobs().metadata().size()) * kBlobEntrySize +
          header.xml.size + header.integrity.size,
      [](std::uint64_t sum, const Extent& extent) { return sum + extent.size; });
}

Status WriteCompact(const WimFile& source, File& target, unsigned threads,
                    const std::function<Status(std::uint64_t)>& on_piece) {
  WW_TRY(const auto view, CompactView::Make(source, ThreadCount(threads)), source.path().string());
  WW_TRY(const auto size, view->Size(), "size");
  WW_TRY_STATUS(CopyDirectly(*view, target, size, on_piece), "copying");
  WW_TRY_STATUS(target.Sync(), "before the header");
  WW_TRY_STATUS(target.WriteAt(0, SerialiseHeader(view->header())), "header");
  WW_TRY_STATUS(target.Sync(), "after the header");
  return {};
}

}  // namespace ww::wim
