#include "payload_pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wimwright/base/bytes.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

constexpr std::array<std::byte, 8> kMagic{std::byte{'W'}, std::byte{'W'}, std::byte{'P'},
                                          std::byte{'A'}, std::byte{'C'}, std::byte{'K'},
                                          std::byte{'1'}, std::byte{0}};
constexpr std::size_t kHashed = 64;
constexpr std::size_t kHeader = 96;
constexpr std::size_t kEntry = 104;
constexpr std::uint64_t kMostContents = 1u << 20;

Sha256Digest DigestOf(ByteView header, ByteView index) {
  Sha256Hasher hasher;
  hasher.Update(header.first(kHashed));
  hasher.Update(index);
  return hasher.Finish();
}

template <std::size_t N>
void AppendDigest(Bytes& out, const Digest<N>& digest) {
  out.insert(out.end(), digest.begin(), digest.end());
}

template <std::size_t N>
void TakeDigest(const std::byte* from, Digest<N>& out) {
  std::copy_n(from, N, out.begin());
}

Status ReadIndex(ByteView index, std::uint64_t end, PayloadPack& pack) {
  for (std::size_t at = 0; at < index.size(); at += kEntry) {
    const auto* entry = index.data() + at;
    Sha256Digest digest;
    wim::StoredBlob blob;
    TakeDigest(entry, digest);
    TakeDigest(entry + 32, blob.hash);
    TakeDigest(entry + 52, blob.stored_hash);
    blob.where.offset = LoadLe<std::uint64_t>(entry + 72);
    blob.where.size_in_wim = LoadLe<std::uint64_t>(entry + 80);
    blob.where.size = LoadLe<std::uint64_t>(entry + 88);
    blob.where.flags = std::to_integer<std::uint8_t>(entry[96]);
    const auto& where = blob.where;
    const bool inside =
        where.offset >= kHeader && where.offset <= end && where.size_in_wim <= end - where.offset;
    const bool sound =
        where.compressed() ? where.size_in_wim < where.size : where.size_in_wim == where.size;
    if (!inside || !sound || where.size_in_wim == 0 ||
        (where.flags & ~wim::kResourceCompressed) != 0) {
      return Fail(Code::kCorrupt, "an entry that cannot be");
    }
    blob.file = pack.file.get();
    pack.contents.emplace(digest, blob);
  }
  return {};
}

Result<wim::ResourceLocation> Locate(const wim::WimFile& image, const PackedContent& content) {
  const auto* blob = image.blobs().Find(content.sha1);
  if (blob == nullptr) return Fail(Code::kInternal, "a content for the cache is not in the image");
  auto where = blob->where;
  where.flags &= wim::kResourceCompressed;
  return where;
}

// All stored bytes in order; their SHA-1.
template <typename Take>
Result<Sha1Digest> ReadThrough(const wim::WimFile& image, const wim::ResourceLocation& where,
                               const Take& take) {
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(1u << 20, where.size_in_wim)));
  Sha1Hasher hasher;
  for (std::uint64_t at = 0; at < where.size_in_wim;) {
    const auto step = std::min<std::uint64_t>(buffer.size(), where.size_in_wim - at);
    const auto piece = MutableByteView(buffer).first(static_cast<std::size_t>(step));
    WW_RETURN_IF_ERROR(image.ReadStored(where.offset + at, piece));
    WW_RETURN_IF_ERROR(take(at, ByteView(piece)));
    hasher.Update(piece);
    at += step;
  }
  return hasher.Finish();
}

}  // namespace

Result<PayloadPack> ReadPack(FileSystem& fs, const stdfs::path& path) {
  PayloadPack pack;
  pack.path = path;
  const auto read = [&]() -> Status {
    WW_TRY(pack.file, fs.Open(path, OpenMode::kRead), "pack");
    WW_TRY(pack.file_size, pack.file->Size(), "pack");
    Bytes header(kHeader);
    if (pack.file_size < kHeader) return Fail(Code::kCorrupt, "too short");
    WW_RETURN_IF_ERROR(pack.file->ReadAt(0, header));
    const auto compression = LoadLe<std::uint32_t>(header.data() + 8);
    const auto count = LoadLe<std::uint64_t>(header.data() + 16);
    const auto place = LoadLe<std::uint64_t>(header.data() + 24);
    if (!std::equal(kMagic.begin(), kMagic.end(), header.begin()) || count > kMostContents ||
        compression > static_cast<std::uint32_t>(wim::Compression::kLzms) ||
        LoadLe<std::uint64_t>(header.data() + 32) != pack.file_size || place < kHeader ||
        place > pack.file_size || pack.file_size - place != count * kEntry) {
      return Fail(Code::kCorrupt, "not a whole pack");
    }
    Bytes index(static_cast<std::size_t>(count * kEntry));
    WW_RETURN_IF_ERROR(pack.file->ReadAt(place, index));
    const auto digest = DigestOf(header, index);
    if (!std::equal(digest.begin(), digest.end(), header.begin() + kHashed)) {
      return Fail(Code::kCorrupt, "the index does not match its digest");
    }
    pack.compression = static_cast<wim::Compression>(compression);
    pack.chunk_size = LoadLe<std::uint32_t>(header.data() + 12);
    return ReadIndex(index, place, pack);
  };
  WW_TRY_STATUS(read(), path.filename().string());
  return pack;
}

Result<PayloadPack> PackOf(FileSystem& fs, const wim::WimFile& image,
                           std::span<const PackedContent> contents) {
  PayloadPack pack;
  pack.path = image.path();
  pack.compression = image.header().compression();
  pack.chunk_size = image.header().chunk_size;
  WW_TRY(pack.file, fs.Open(image.path(), OpenMode::kRead), "payload of an image");
  for (const auto& content : contents) {
    WW_TRY(const auto where, Locate(image, content), "payload of an image");
    if (where.size_in_wim == 0) continue;
    wim::StoredBlob blob{content.sha1, {}, where, pack.file.get()};
    WW_TRY(blob.stored_hash, ReadThrough(image, where, [](auto, auto) { return Status(); }),
           "payload of an image");
    pack.contents.emplace(content.digest, blob);
  }
  return pack;
}

Status WritePack(const wim::WimFile& image, std::span<const PackedContent> contents, File& file) {
  Bytes index;
  std::uint64_t end = kHeader;
  std::uint64_t count = 0;
  for (const auto& content : contents) {
    WW_TRY(const auto where, Locate(image, content), "payload of an image");
    if (where.size_in_wim == 0) continue;
    const auto write = [&](std::uint64_t at, ByteView piece) {
      return file.WriteAt(end + at, piece);
    };
    WW_TRY(const auto stored, ReadThrough(image, where, write), "payload of an image");
    AppendDigest(index, content.digest);
    AppendDigest(index, content.sha1);
    AppendDigest(index, stored);
    AppendLe<std::uint64_t>(index, end);
    AppendLe<std::uint64_t>(index, where.size_in_wim);
    AppendLe<std::uint64_t>(index, where.size);
    AppendLe<std::uint64_t>(index, where.flags);
    end += where.size_in_wim;
    ++count;
  }
  Bytes header(kMagic.begin(), kMagic.end());
  AppendLe<std::uint32_t>(header, static_cast<std::uint32_t>(image.header().compression()));
  AppendLe<std::uint32_t>(header, image.header().chunk_size);
  AppendLe<std::uint64_t>(header, count);
  AppendLe<std::uint64_t>(header, end);
  AppendLe<std::uint64_t>(header, end + index.size());
  header.resize(kHashed);
  AppendDigest(header, DigestOf(header, index));
  WW_RETURN_IF_ERROR(file.WriteAt(end, index));
  WW_RETURN_IF_ERROR(file.WriteAt(0, header));
  return file.Sync();
}

}  // namespace ww::servicing
