#include "container.h"

#include <fmt/format.h>

#include <limits>

#include "wimwright/base/hash.h"

namespace ww::delta {
namespace {

constexpr std::size_t kFixedPart = 12;  // magic and FILETIME
constexpr std::size_t kMaxHash = 32;
constexpr std::uint64_t kPa31MaxMinVersion = 1;

bool StartsWith(ByteView bytes, std::string_view text) {
  return bytes.size() >= text.size() && AsText(bytes.first(text.size())) == text;
}

struct Fixed {
  std::string magic;
  bool has_crc = false;
  FileTime target_time = 0;
  ByteView stream;
};

Result<Fixed> ParseFixed(ByteView delta) {
  Fixed fixed;
  if (delta.size() >= 8 && !StartsWith(delta, "PA30") && !StartsWith(delta, "PA31")) {
    const ByteView rest = delta.subspan(4);
    if (StartsWith(rest, "PA30") || StartsWith(rest, "PA31")) {
      if (Crc32(rest) != LoadLe<std::uint32_t>(delta.data())) {
        return Fail(Code::kCorrupt, "the CRC-32 in front of the delta does not match");
      }
      fixed.has_crc = true;
      delta = rest;
    }
  }
  if (StartsWith(delta, "PA19")) return Fail(Code::kUnsupported, "PA19 deltas are not supported");
  if (!StartsWith(delta, "PA30") && !StartsWith(delta, "PA31")) {
    return Fail(Code::kCorrupt, "not a delta (no PA30 signature)");
  }
  if (delta.size() < kFixedPart) return Fail(Code::kCorrupt, "delta ends inside its header");
  fixed.magic = AsText(delta.first(4));
  fixed.target_time = LoadLe<std::uint64_t>(delta.data() + 4);
  fixed.stream = delta.subspan(kFixedPart);
  return fixed;
}

// The five numbers and the hash that both versions have.
Status ReadCommonFields(BitReader& in, Header& header) {
  const auto narrow = [&in](std::uint64_t value) {
    if (value > std::numeric_limits<std::uint32_t>::max()) in.Fail();
    return static_cast<std::uint32_t>(value);
  };
  header.file_type_set = narrow(in.Count());
  header.file_type = narrow(in.Count());
  header.flags = in.Count();
  header.target_size = in.Count();
  header.hash_algorithm = narrow(in.Count());
  const ByteView hash = in.Buffer();
  WW_RETURN_IF_ERROR(in.Check("delta header"));
  if (hash.size() > kMaxHash)
    return Fail(Code::kCorrupt, "delta header: hash longer than 32 bytes");
  header.target_hash = ToBytes(hash);
  return {};
}

Status ReadPa31Fields(ByteView nested, Header& header) {
  WW_TRY(auto in, BitReader::Open(nested), "PA31 header");
  WW_RETURN_IF_ERROR(ReadCommonFields(in, header));
  in.Number();  // HeaderInfoSize, 0x88 seen
  in.Number();  // IsPa31
  const std::uint64_t min_version = in.Count();
  const ByteView source_hash = in.Buffer();
  WW_RETURN_IF_ERROR(in.Check("PA31 header"));
  if (min_version > kPa31MaxMinVersion) {
    return Fail(Code::kUnsupported, fmt::format("PA31 delta for client version {}", min_version));
  }
  if (source_hash.size() > kMaxHash) {
    return Fail(Code::kCorrupt, "PA31 header: hash longer than 32 bytes");
  }
  header.source_hash = ToBytes(source_hash);
  return {};
}

// `hash` may be absent altogether where `optional`.
Status CheckHashLength(const Header& header, const Bytes& hash, bool optional) {
  if (optional && hash.empty()) return {};
  std::size_t expected = 0;
  switch (header.hash_algorithm) {
    case kHashNone:
      break;
    case kHashMd2:
    case kHashMd4:
    case kHashMd5:
      expected = 16;
      break;
    case kHashSha1:
      expected = 20;
      break;
    case kHashSha256:
      expected = 32;
      break;
    default:
      return {};  // an algorithm we do not know: refused when it is needed
  }
  if (hash.size() == expected) return {};
  return Fail(Code::kCorrupt, fmt::format("delta header: hash of {} bytes under algorithm {:#x}",
                                          hash.size(), header.hash_algorithm));
}

}  // namespace

Result<Container> ParseContainer(ByteView delta, const Limits& limits) {
  if (delta.size() > limits.max_delta) {
    return Fail(Code::kLimit,
                fmt::format("delta of {} bytes, allowed are {}", delta.size(), limits.max_delta));
  }
  WW_TRY(const auto fixed, ParseFixed(delta), "delta");
  Container c;
  c.header.magic = fixed.magic;
  c.header.has_crc = fixed.has_crc;
  c.header.target_time = fixed.target_time;
  WW_TRY(auto in, BitReader::Open(fixed.stream), "delta header");
  if (fixed.magic == "PA31") {
    const ByteView nested = in.Buffer();
    WW_RETURN_IF_ERROR(in.Check("PA31 header"));
    WW_RETURN_IF_ERROR(ReadPa31Fields(nested, c.header));
  } else {
    WW_RETURN_IF_ERROR(ReadCommonFields(in, c.header));
  }
  WW_RETURN_IF_ERROR(CheckHashLength(c.header, c.header.target_hash, false));
  WW_RETURN_IF_ERROR(CheckHashLength(c.header, c.header.source_hash, true));
  c.reversal = (c.header.file_type_set & kFileTypeReverse) != 0;
  if (!c.reversal) c.preprocess = in.Buffer();
  c.patch = in.Buffer();
  WW_RETURN_IF_ERROR(in.Check("delta buffers"));
  return c;
}

Status CheckHashAlgorithm(std::uint32_t algorithm) {
  switch (algorithm) {
    case kHashNone:
    case kHashMd5:
    case kHashSha1:
    case kHashSha256:
      return {};
    case kHashMd2:
      return Fail(Code::kUnsupported, "target hash is MD2, which cannot be verified here");
    case kHashMd4:
      return Fail(Code::kUnsupported, "target hash is MD4, which cannot be verified here");
    default:
      return Fail(Code::kUnsupported, fmt::format("unknown hash algorithm {:#x}", algorithm));
  }
}

Bytes ComputeHash(std::uint32_t algorithm, ByteView bytes) {
  const auto copy = [](const auto& digest) { return Bytes(digest.begin(), digest.end()); };
  switch (algorithm) {
    case kHashMd5:
      return copy(Md5(bytes));
    case kHashSha1:
      return copy(Sha1(bytes));
    case kHashSha256:
      return copy(Sha256(bytes));
    default:
      return {};
  }
}

Result<Header> ReadHeader(ByteView delta) {
  WW_TRY(auto container, ParseContainer(delta, Limits{}), "reading the header");
  return std::move(container.header);
}

}  // namespace ww::delta
