#include "wimwright/delta/store_wrapper.h"

#include <fmt/format.h>

#include <algorithm>

#include "lzms.h"
#include "wimwright/base/text.h"

namespace ww::delta {
namespace {

constexpr std::size_t kPrefix = 4;
constexpr std::size_t kDcdHeader = 12;  // prefix and a version of four u16, order revision to major

constexpr std::uint32_t kMinLzmsInput = 4;

bool StartsWith(ByteView bytes, std::string_view text) {
  return bytes.size() >= text.size() && AsText(bytes.first(text.size())) == text;
}

// What a decoded manifest must look like (delta-formats.md 3).
Status CheckManifestText(ByteView bytes) {
  std::string_view text = AsText(bytes);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  text = Trim(text);
  if (text.substr(0, 5) != "<?xml" && text.substr(0, 9) != "<assembly") {
    return Fail(Code::kVerificationFailed,
                "the result does not begin like a manifest: wrong base?");
  }
  constexpr std::string_view kEnd = "</assembly>";
  if (text.size() < kEnd.size() || text.substr(text.size() - kEnd.size()) != kEnd) {
    return Fail(Code::kVerificationFailed, "the result does not end like a manifest: wrong base?");
  }
  return {};
}

Result<Bytes> UnwrapDcm(ByteView file, ByteView base, const Limits& limits) {
  if (base.empty()) {
    return Fail(Code::kPrerequisiteMissing, "a DCM manifest needs the base manifest of wcp.dll");
  }
  WW_TRY(auto text, Apply(base, file.subspan(kPrefix), limits), "DCM manifest");
  WW_TRY_STATUS(CheckManifestText(text), "DCM manifest");
  return text;
}

Result<Bytes> UnwrapDcs(ByteView file, const Limits& limits) {
  ByteReader in(file.subspan(kPrefix));
  WW_TRY(const auto blocks, in.Le<std::uint32_t>(), "DCS header");
  WW_TRY(const auto total, in.Le<std::uint32_t>(), "DCS header");
  if (total > limits.max_target) {
    return Fail(Code::kLimit,
                fmt::format("DCS file of {} bytes, allowed are {}", total, limits.max_target));
  }
  Bytes out;
  for (std::uint32_t i = 0; i < blocks; ++i) {
    WW_TRY(const auto stored, in.Le<std::uint32_t>(), "DCS block");
    WW_TRY(const auto plain, in.Le<std::uint32_t>(), "DCS block");
    if (stored < 4 + kMinLzmsInput) return Fail(Code::kCorrupt, "DCS block is too small");
    WW_TRY(const auto data, in.Take(stored - 4), "DCS block");
    if (plain == 0 || plain > total - out.size()) {
      return Fail(Code::kCorrupt, "DCS blocks are larger than the file they make up");
    }
    if (plain > kMaxLzmsChunk) return Fail(Code::kLimit, "DCS block over 64 MiB");
    const std::size_t old = out.size();
    out.resize(old + plain);
    WW_TRY_STATUS(DecompressLzms(data, MutableByteView(out).subspan(old)), "DCS block");
  }
  if (out.size() != total) return Fail(Code::kCorrupt, "DCS blocks are smaller than the file");
  if (!in.at_end()) return Fail(Code::kCorrupt, "DCS file: bytes after the last block");
  return out;
}

}  // namespace

Wrapper DetectWrapper(ByteView file) {
  if (!StartsWith(file, "DC") || file.size() < kPrefix || file[3] != std::byte{1}) {
    return Wrapper::kNone;
  }
  switch (std::to_integer<char>(file[2])) {
    case 'M':
      return Wrapper::kDcm;
    case 'N':
      return Wrapper::kDcn;
    case 'D':
      return Wrapper::kDcd;
    case 'S':
      return Wrapper::kDcs;
    case 'H':
      return Wrapper::kDch;
    case 'X':
      return Wrapper::kDcx;
    default:
      return Wrapper::kNone;
  }
}

std::string_view WrapperName(Wrapper wrapper) {
  switch (wrapper) {
    case Wrapper::kNone:
      return "plain";
    case Wrapper::kDcm:
      return "DCM";
    case Wrapper::kDcn:
      return "DCN";
    case Wrapper::kDcd:
      return "DCD";
    case Wrapper::kDcs:
      return "DCS";
    case Wrapper::kDch:
      return "DCH";
    case Wrapper::kDcx:
      return "DCX";
  }
  return "";
}

bool IsDelta(ByteView file) {
  if (StartsWith(file, "PA30") || StartsWith(file, "PA31") || StartsWith(file, "PA19")) return true;
  if (file.size() < 8) return false;
  return StartsWith(file.subspan(4), "PA30") || StartsWith(file.subspan(4), "PA31");
}

Result<Bytes> Unwrap(ByteView file, ByteView base, const Limits& limits) {
  switch (const Wrapper wrapper = DetectWrapper(file)) {
    case Wrapper::kNone:
      return ToBytes(file);
    case Wrapper::kDcm:
      return UnwrapDcm(file, base, limits);
    case Wrapper::kDcn: {
      WW_TRY(auto content, Apply({}, file.subspan(kPrefix), limits), "DCN file");
      return content;
    }
    case Wrapper::kDcd: {
      if (file.size() < kDcdHeader) return Fail(Code::kCorrupt, "DCD file ends inside its header");
      WW_TRY(auto content, Apply(base, file.subspan(kDcdHeader), limits), "DCD file");
      return content;
    }
    case Wrapper::kDcs:
      return UnwrapDcs(file, limits);
    case Wrapper::kDch:
    case Wrapper::kDcx:
      return Fail(Code::kUnsupported, fmt::format("{} files have no content that could be expanded",
                                                  WrapperName(wrapper)));
  }
  return Fail(Code::kInternal, "unknown wrapper");
}

}  // namespace ww::delta
