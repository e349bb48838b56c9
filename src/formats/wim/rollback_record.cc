#include "rollback_record.h"

#include <fmt/format.h>

#include <algorithm>

namespace ww::wim {
namespace {

constexpr std::string_view kMagic("WWFORMER", 8);
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kDigestAt = kRollbackRecordSize - sizeof(Sha256Digest);

Status HashRange(const File& file, const ResourceLocation& where, Sha256Hasher& hasher) {
  constexpr std::uint64_t kStep = 256 * 1024;
  Bytes buffer(static_cast<std::size_t>(std::min(kStep, where.size_in_wim)));
  for (std::uint64_t done = 0; done < where.size_in_wim;) {
    const auto step = std::min<std::uint64_t>(buffer.size(), where.size_in_wim - done);
    const auto piece = MutableByteView(buffer).first(static_cast<std::size_t>(step));
    WW_RETURN_IF_ERROR(file.ReadAt(where.offset + done, piece));
    hasher.Update(piece);
    done += step;
  }
  return {};
}

template <std::size_t N>
Status TakeInto(ByteReader& in, std::array<std::byte, N>& out) {
  WW_TRY(const auto bytes, in.Take(N), "rollback record");
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return {};
}

}  // namespace

std::array<std::byte, kRollbackRecordSize> RollbackRecord::Serialise() const {
  Bytes out;
  out.reserve(kRollbackRecordSize);
  Append(out, AsBytes(kMagic));
  AppendLe(out, kVersion);
  AppendLe(out, static_cast<std::uint32_t>(kRollbackRecordSize));
  AppendLe(out, former_size);
  Append(out, former_header);
  Append(out, former_state);
  Append(out, state);
  Append(out, Sha256(out));
  std::array<std::byte, kRollbackRecordSize> bytes{};
  static_assert(kMagic.size() + 4 + 4 + 8 + kHeaderSize + 3 * sizeof(Sha256Digest) ==
                kRollbackRecordSize);
  std::copy(out.begin(), out.end(), bytes.begin());
  return bytes;
}

Result<RollbackRecord> RollbackRecord::Parse(ByteView bytes) {
  ByteReader in(bytes);
  const auto magic = in.Take(kMagic.size());
  if (!magic || AsText(*magic) != kMagic) return Fail(Code::kNotFound, "no rollback record");
  WW_TRY(const auto version, in.Le<std::uint32_t>(), "rollback record");
  WW_TRY(const auto size, in.Le<std::uint32_t>(), "rollback record");
  if (version != kVersion) {
    return Fail(Code::kUnsupported, fmt::format("a rollback record of version {}", version));
  }
  const auto damaged = [] { return Fail(Code::kCorrupt, "the rollback record is damaged"); };
  if (size != kRollbackRecordSize || bytes.size() != kRollbackRecordSize) return damaged();
  RollbackRecord record;
  WW_TRY(record.former_size, in.Le<std::uint64_t>(), "rollback record");
  WW_RETURN_IF_ERROR(TakeInto(in, record.former_header));
  WW_RETURN_IF_ERROR(TakeInto(in, record.former_state));
  WW_RETURN_IF_ERROR(TakeInto(in, record.state));
  Sha256Digest digest{};
  WW_RETURN_IF_ERROR(TakeInto(in, digest));
  if (Sha256(bytes.first(kDigestAt)) != digest) return damaged();
  return record;
}

Sha256Digest StateDigest(const Header& header, ByteView blob_table, ByteView xml) {
  Sha256Hasher hasher;
  hasher.Update(SerialiseHeader(header));
  hasher.Update(blob_table);
  hasher.Update(xml);
  return hasher.Finish();
}

Result<Sha256Digest> StateDigestOf(const File& file, const Header& header) {
  Sha256Hasher hasher;
  hasher.Update(SerialiseHeader(header));
  WW_TRY_STATUS(HashRange(file, header.blob_table, hasher), "blob table");
  WW_TRY_STATUS(HashRange(file, header.xml, hasher), "XML data");
  return hasher.Finish();
}

}  // namespace ww::wim
