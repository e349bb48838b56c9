#include "wimwright/delta/base_manifest.h"

#include <optional>

#include "pe_view.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kResourceType = 614;
constexpr std::uint32_t kResourceName = 1;
constexpr std::uint64_t kMaxManifest = 1ull << 20;  // 9066 bytes in every copy known
constexpr std::uint32_t kMaxEntries = 4096;         // per directory
constexpr std::uint32_t kHighBit = 0x80000000;

// The offset field of the entry with the numeric `id`, or of the first entry without one.
Result<std::uint32_t> FindEntry(ByteView resources, std::uint32_t directory,
                                std::optional<std::uint32_t> id) {
  ByteReader in(resources);
  WW_TRY_STATUS(in.Seek(directory), "resource directory");
  WW_RETURN_IF_ERROR(in.Skip(12));
  WW_TRY(const auto named, in.Le<std::uint16_t>(), "resource directory");
  WW_TRY(const auto numbered, in.Le<std::uint16_t>(), "resource directory");
  const std::uint32_t count = std::uint32_t{named} + numbered;
  if (count > kMaxEntries) return Fail(Code::kLimit, "resource directory with over 4096 entries");
  for (std::uint32_t i = 0; i < count; ++i) {
    WW_TRY(const auto name, in.Le<std::uint32_t>(), "resource entry");
    WW_TRY(const auto offset, in.Le<std::uint32_t>(), "resource entry");
    if (!id || name == *id) return offset;
  }
  return Fail(Code::kNotFound, "no resource of type 614, name 1 (the base manifest)");
}

Result<std::uint32_t> FindSubdirectory(ByteView resources, std::uint32_t directory,
                                       std::uint32_t id) {
  WW_TRY(const auto offset, FindEntry(resources, directory, id), "resource tree");
  if ((offset & kHighBit) == 0)
    return Fail(Code::kCorrupt, "resource tree: data where a directory belongs");
  return offset & ~kHighBit;
}

// `size` bytes at `rva`, inside the file.
Result<ByteView> AtRva(const PeView& view, ByteView file, std::uint32_t rva, std::uint64_t size) {
  const auto at = view.FileOffset(rva);
  if (!at) return Fail(Code::kCorrupt, "resource lies outside the image's sections");
  return Slice(file, *at, size);
}

}  // namespace

Result<Bytes> FindBaseManifest(ByteView wcp_dll) {
  WW_TRY(const auto view, PeView::Parse(wcp_dll), "base manifest");
  const PeDirectory dir = view.directories[kDirResource];
  if (!dir.present()) return Fail(Code::kNotFound, "base manifest: the image has no resources");
  WW_TRY(const auto resources, AtRva(view, wcp_dll, dir.rva, dir.size), "base manifest");
  WW_TRY(const auto names, FindSubdirectory(resources, 0, kResourceType), "base manifest");
  WW_TRY(const auto languages, FindSubdirectory(resources, names, kResourceName), "base manifest");
  WW_TRY(const auto leaf, FindEntry(resources, languages, std::nullopt), "base manifest");
  if ((leaf & kHighBit) != 0)
    return Fail(Code::kCorrupt, "base manifest: resource tree is too deep");
  ByteReader in(resources);
  WW_TRY_STATUS(in.Seek(leaf), "base manifest");
  WW_TRY(const auto rva, in.Le<std::uint32_t>(), "base manifest");
  WW_TRY(const auto size, in.Le<std::uint32_t>(), "base manifest");
  if (size == 0) return Fail(Code::kCorrupt, "base manifest: empty resource");
  if (size > kMaxManifest) return Fail(Code::kLimit, "base manifest: resource over 1 MiB");
  WW_TRY(const auto data, AtRva(view, wcp_dll, rva, size), "base manifest");
  return ToBytes(data);
}

}  // namespace ww::delta
