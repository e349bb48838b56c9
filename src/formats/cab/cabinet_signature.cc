#include "wimwright/cab/cabinet_signature.h"

#include <algorithm>
#include <array>

#include "wimwright/base/bytes.h"

namespace ww::cab {
namespace {

constexpr std::uint32_t kMscf = 0x4643534D;
constexpr std::uint16_t kFlagReserve = 4;
constexpr std::uint32_t kMarker = 0x00100000;
// Header, sizes of the reserved areas, reserved area of a signed cabinet.
constexpr std::size_t kSignedHeader = 36 + 4 + 20;
constexpr std::uint16_t kReserve = 20;
constexpr std::size_t kPiece = 256 << 10;

struct Part {
  std::uint64_t begin, end;
};

}  // namespace

Result<std::optional<CabinetSignature>> FindCabinetSignature(const File& file) {
  WW_TRY(const auto file_size, file.Size(), "cabinet");
  std::array<std::byte, kSignedHeader> header{};
  if (file_size < header.size()) return std::nullopt;
  WW_RETURN_IF_ERROR(file.ReadAt(0, header));
  const std::byte* b = header.data();
  if (LoadLe<std::uint32_t>(b) != kMscf || (LoadLe<std::uint16_t>(b + 30) & kFlagReserve) == 0 ||
      LoadLe<std::uint16_t>(b + 36) < kReserve || LoadLe<std::uint32_t>(b + 40) != kMarker) {
    return std::nullopt;
  }
  const CabinetSignature signature{LoadLe<std::uint32_t>(b + 44), LoadLe<std::uint32_t>(b + 48)};
  if (signature.size == 0) return std::nullopt;
  // None of these is signed, and all of them say where the tables and the data are.
  if (LoadLe<std::uint16_t>(b + 36) != kReserve || LoadLe<std::uint16_t>(b + 38) != 0) {
    return Fail(Code::kCorrupt, "reserved areas that signed cabinets do not have");
  }
  if (signature.offset != LoadLe<std::uint32_t>(b + 8)) {
    return Fail(Code::kCorrupt, "the signature does not begin where the cabinet ends");
  }
  if (signature.offset < kSignedHeader || signature.offset > file_size ||
      signature.size != file_size - signature.offset) {
    return Fail(Code::kCorrupt, "the signature does not end with the file");
  }
  return signature;
}

Status HashSignedBytes(const File& file, const CabinetSignature& signature,
                       const std::function<void(ByteView)>& update,
                       const Cancellation& cancellation) {
  Bytes buffer(kPiece);
  for (const auto [begin, end] : {Part{0, 4}, Part{8, 34}, Part{56, signature.offset}}) {
    for (auto at = begin; at < end;) {
      WW_RETURN_IF_ERROR(cancellation.Check());
      const auto piece = MutableByteView(buffer).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, end - at)));
      WW_RETURN_IF_ERROR(file.ReadAt(at, piece));
      update(piece);
      at += piece.size();
    }
  }
  return {};
}

}  // namespace ww::cab
