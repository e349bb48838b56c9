#include "free_space.h"

#include <fmt/format.h>

#include <unordered_set>

namespace ww::servicing {
namespace {

// LZX makes 35 to 50 % of program files; level 20 measured within that.
constexpr std::uint64_t kCompressedPercent = 55;

}  // namespace

std::uint64_t SpaceNeeded(const wim::WimFile& image, const JobPlan& plan, bool copies_bytes) {
  std::uint64_t content = 0;  // is compressed
  std::uint64_t packed = 0;   // is compressed in vain
  for (const auto& [digest, bytes] : plan.contents) content += bytes->size();
  std::uint64_t kept = 0;  // written anew in the size that it has
  std::unordered_set<Sha256Digest, DigestHash> payload;
  const FileChanges* last = nullptr;
  for (const auto& index : plan.indexes) {
    if (!index.does_something) continue;
    for (const auto& hive : index.hives) {
      if (const auto* blob = image.blobs().Find(hive)) kept += blob->where.size_in_wim;
    }
    const auto metadata = image.blobs().metadata();
    kept += metadata[static_cast<std::size_t>(index.index - 1)].where.size_in_wim;
    if (index.files.get() == last) continue;
    last = index.files.get();
    for (const auto& change : *index.files) {
      if (change.kind != cbs::FileChange::Kind::kPayload) continue;
      if (payload.insert(change.digest).second) (change.packed ? packed : content) += change.size;
    }
  }
  const auto& header = image.header();
  kept += header.blob_table.size_in_wim + header.xml.size_in_wim + header.integrity.size_in_wim;
  if (header.compression() != wim::Compression::kNone) content = content / 100 * kCompressedPercent;
  return (copies_bytes ? image.file_size() : 0) + content + packed + kept + kept / 8 + kReserve;
}

Status CheckFreeSpace(FileSystem& fs, const std::filesystem::path& dir, std::uint64_t needed) {
  const auto free = fs.FreeSpace(dir);
  if (!free || *free >= needed) return {};
  constexpr std::uint64_t kMiB = 1u << 20;
  return Fail(Error{Code::kNoSpace,
                    fmt::format("{} has {} MiB free, about {} MiB are needed",
                                dir.empty() ? "." : dir.string(), *free / kMiB, needed / kMiB + 1),
                    "Free that much space, or write the output to another file system.",
                    0x80070070});  // ERROR_DISK_FULL
}

}  // namespace ww::servicing
