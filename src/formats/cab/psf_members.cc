#include "psf_members.h"

#include <fmt/format.h>

#include <algorithm>

#include "nested.h"
#include "wimwright/delta/apply.h"
#include "wimwright/delta/store_wrapper.h"

namespace ww::cab {
namespace {

constexpr std::string_view kMagic{"PSTREAM\0", 8};
constexpr std::uint64_t kHeaderSize = 0x30;
constexpr std::size_t kIndexOffsetAt = 0x28;
constexpr std::size_t kIndexSizeAt = 0x2C;
constexpr std::uint16_t kVersion = 2;
constexpr std::size_t kPiece = 256 << 10;
// One record and one file made from it. The largest known are 134 MB and 332 MB.
constexpr std::uint64_t kMaxRecord = 256ULL << 20;
constexpr std::uint64_t kMaxFile = 1ULL << 30;

class PsfMembers final : public Members {
 public:
  PsfMembers(std::shared_ptr<const File> psf, std::vector<PsfRecord> records)
      : psf_(std::move(psf)), records_(std::move(records)) {}

  Status Prepare() {
    std::vector<Member> list;
    list.reserve(records_.size());
    for (auto& r : records_) {
      list.push_back({std::move(r.file.name), r.file.length, r.file.time, r.file.attributes});
      if (const auto* digest = std::get_if<Sha256Digest>(&r.file.digest)) {
        list.back().sha256 = *digest;
      }
    }
    return SetList(std::move(list));
  }

  Status Stream(std::span<const std::size_t> wanted, MemberSink& sink) override {
    auto order = CheckWanted(wanted);
    if (!order) return Fail(order.error());
    std::stable_sort(order->begin(), order->end(), [this](std::size_t a, std::size_t b) {
      return records_[a].offset < records_[b].offset;
    });
    for (const auto i : *order) {
      WW_RETURN_IF_ERROR(sink.Begin(list()[i], i));
      WW_TRY_STATUS(records_[i].kind == CixSourceKind::kRaw ? Pass(records_[i], sink)
                                                            : Expand(records_[i], sink),
                    list()[i].name);
      WW_RETURN_IF_ERROR(sink.End());
    }
    return {};
  }

 private:
  static tl::unexpected<Error> StoredMismatch() {
    return Fail(Code::kVerificationFailed, "the bytes in the PSF do not match their digest");
  }
  static tl::unexpected<Error> FileMismatch() {
    return Fail(Code::kVerificationFailed, "the record was read but does not match its digest");
  }

  // Errors of the sink come back unchanged but for the member's name.
  Status Pass(const PsfRecord& record, MemberSink& sink) {
    DigestChecker stored(record.stored_digest);
    DigestChecker file(record.file.digest);
    const bool same = record.stored_digest == record.file.digest;  // nearly always
    buffer_.resize(kPiece);
    for (std::uint64_t at = 0; at < record.stored;) {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, record.stored - at));
      const auto piece = MutableByteView(buffer_).first(size);
      WW_RETURN_IF_ERROR(psf_->ReadAt(record.offset + at, piece));
      stored.Update(piece);
      if (!same) file.Update(piece);
      WW_RETURN_IF_ERROR(sink.Write(piece));
      at += size;
    }
    if (!stored.Finish()) return StoredMismatch();
    if (!same && !file.Finish()) return FileMismatch();
    return {};
  }

  Status Expand(const PsfRecord& record, MemberSink& sink) {
    if (record.stored > kMaxRecord) return Fail(Code::kLimit, "a PSF record of over 256 MB");
    buffer_.resize(static_cast<std::size_t>(record.stored));
    WW_RETURN_IF_ERROR(psf_->ReadAt(record.offset, buffer_));
    if (!Matches(record.stored_digest, buffer_)) return StoredMismatch();
    delta::Limits limits;
    limits.max_delta = kMaxRecord;
    limits.max_target = std::min(record.file.length, kMaxFile);
    WW_TRY(const Bytes file, delta::Apply({}, buffer_, limits), "expanding");
    if (file.size() != record.file.length || !Matches(record.file.digest, file)) {
      return FileMismatch();
    }
    return file.empty() ? Status() : sink.Write(file);
  }

  std::shared_ptr<const File> psf_;
  std::vector<PsfRecord> records_;
  Bytes buffer_;
};

}  // namespace

Result<PsfHeader> ReadPsfHeader(const File& psf) {
  auto size = psf.Size();
  if (!size) return Fail(size.error());
  std::array<std::byte, kHeaderSize> bytes{};
  const auto head = MutableByteView(bytes).first(
      static_cast<std::size_t>(std::min<std::uint64_t>(kHeaderSize, *size)));
  WW_RETURN_IF_ERROR(psf.ReadAt(0, head));
  if (AsText(head).substr(0, kMagic.size()) != kMagic) {
    return Fail(Code::kCorrupt, "not a PSF (no PSTREAM signature)");
  }
  if (*size < kHeaderSize) return Fail(Code::kCorrupt, "the PSF ends inside its header");
  if (const auto version = LoadLe<std::uint16_t>(bytes.data() + 8); version != kVersion) {
    return Fail(Code::kUnsupported, fmt::format("a PSF of version {}", version));
  }
  PsfHeader header;
  header.index_offset = LoadLe<std::uint32_t>(bytes.data() + kIndexOffsetAt);
  header.index_size = LoadLe<std::uint32_t>(bytes.data() + kIndexSizeAt);
  return header;
}

Result<Bytes> ReadEmbeddedPsfIndex(const File& psf) {
  WW_TRY(const auto header, ReadPsfHeader(psf), "PSF");
  if (header.index_size == 0) return Fail(Code::kNotFound, "the PSF has no index inside");
  if (header.index_size > kMaxPsfIndexSize) return Fail(Code::kLimit, "a PSF index of over 256 MB");
  auto size = psf.Size();
  if (!size) return Fail(size.error());
  if (header.index_offset > *size || header.index_size > *size - header.index_offset) {
    return Fail(Code::kCorrupt, "the index inside the PSF lies beyond its end");
  }
  Bytes stored(header.index_size);
  WW_RETURN_IF_ERROR(psf.ReadAt(header.index_offset, stored));
  if (!delta::IsDelta(stored)) return stored;
  delta::Limits limits;
  limits.max_target = kMaxPsfIndexSize;
  WW_TRY(auto xml, delta::Apply({}, stored, limits), "index inside the PSF");
  return xml;
}

Result<std::unique_ptr<Members>> OpenPsf(std::shared_ptr<const File> psf, PsfIndex index) {
  if (const auto header = ReadPsfHeader(*psf); !header) return Fail(header.error());
  auto size = psf->Size();
  if (!size) return Fail(size.error());
  if (index.length && *index.length > *size) {
    return Fail(Code::kCorrupt, fmt::format("the PSF has {} of {} bytes: an incomplete download?",
                                            *size, *index.length));
  }
  for (const auto& r : index.records) {
    if (r.offset > *size || r.stored > *size - r.offset) {
      return Fail(Code::kCorrupt, fmt::format("{} lies beyond the end of the PSF", r.file.name));
    }
  }
  auto members = std::make_unique<PsfMembers>(std::move(psf), std::move(index.records));
  WW_RETURN_IF_ERROR(members->Prepare());
  return std::unique_ptr<Members>(std::move(members));
}

}  // namespace ww::cab
