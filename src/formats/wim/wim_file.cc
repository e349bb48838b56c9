#include "wimwright/wim/wim_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resource_io.h"
#include "wim_file_state.h"
#include "wimwright/base/text.h"
#include "xml_document.h"

namespace ww::wim {
namespace {

constexpr std::uint64_t kMostBlobTable = 1u << 30;
constexpr std::uint64_t kMostMetadataResource = 1u << 30;

Status CheckInside(const ResourceLocation& where, std::uint64_t file_size, std::string_view what) {
  if (where.offset <= file_size && where.size_in_wim <= file_size - where.offset) return {};
  return Fail(Code::kCorrupt, fmt::format("{} {}+{} lies outside of the file of {} bytes", what,
                                          where.offset, where.size_in_wim, file_size));
}

std::uint64_t ReferencedEnd(const Header& header, const BlobTable& blobs) {
  std::uint64_t end = kHeaderSize;
  const auto include = [&end](const ResourceLocation& where) {
    // Also what has no bytes: its place must remain inside of the file.
    end = std::max(end, where.end());
  };
  include(header.blob_table);
  include(header.xml);
  include(header.boot_metadata);
  include(header.integrity);
  for (const auto& blob : blobs.blobs()) include(blob.where);
  for (const auto& blob : blobs.metadata()) include(blob.where);
  return end;
}

}  // namespace

WimFile::WimFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
WimFile::~WimFile() = default;

Result<std::unique_ptr<WimFile>> WimFile::Open(FileSystem& fs, const std::filesystem::path& path) {
  WW_TRY(auto file, fs.Open(path, OpenMode::kRead), "WIM");
  return Open(std::move(file), path);
}

Result<std::unique_ptr<WimFile>> WimFile::Open(std::unique_ptr<File> file,
                                               const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  auto& s = *state;
  s.path = path;
  s.file = std::move(file);
  const auto read = [&s]() -> Status {
    WW_TRY(s.file_size, s.file->Size(), "size");
    std::array<std::byte, kHeaderSize> raw{};
    const auto present = std::min<std::uint64_t>(s.file_size, raw.size());
    WW_RETURN_IF_ERROR(s.file->ReadAt(0, MutableByteView(raw).first(present)));
    WW_TRY(s.header, ParseHeader(ByteView(raw).first(present)), "header");
    const auto& h = s.header;
    const auto compression = h.compression();
    WW_RETURN_IF_ERROR(CheckInside(h.blob_table, s.file_size, "blob table"));
    WW_RETURN_IF_ERROR(CheckInside(h.xml, s.file_size, "XML data"));
    WW_RETURN_IF_ERROR(CheckInside(h.boot_metadata, s.file_size, "boot metadata"));
    WW_RETURN_IF_ERROR(CheckInside(h.integrity, s.file_size, "integrity table"));
    WW_TRY(const auto table,
           ReadResource(*s.file, h.blob_table, compression, h.chunk_size, kMostBlobTable),
           "blob table");
    WW_TRY(s.blobs, BlobTable::Parse(table, s.file_size), "blob table");
    if (s.blobs.metadata().size() != h.image_count) {
      return Fail(Code::kCorrupt, fmt::format("{} metadata resources for {} images",
                                              s.blobs.metadata().size(), h.image_count));
    }
    WW_TRY(const auto xml, ReadResource(*s.file, h.xml, compression, h.chunk_size, kMostXml),
           "XML data");
    WW_TRY(s.xml, DecodeXml(xml), "XML data");
    WW_TRY(const auto document, XmlDocument::Parse(s.xml, h.image_count), "XML data");
    s.images = document.Images();
    s.tail.end = ReferencedEnd(h, s.blobs);
    s.tail.bytes = s.file_size - s.tail.end;
    return {};
  };
  WW_TRY_STATUS(read(), path.string());
  return std::unique_ptr<WimFile>(new WimFile(std::move(state)));
}

const Header& WimFile::header() const { return state_->header; }
const std::vector<ImageInfo>& WimFile::images() const { return state_->images; }
const std::string& WimFile::xml() const { return state_->xml; }
const BlobTable& WimFile::blobs() const { return state_->blobs; }
const std::filesystem::path& WimFile::path() const { return state_->path; }
std::uint64_t WimFile::file_size() const { return state_->file_size; }
const TailInfo& WimFile::tail() const { return state_->tail; }

Status WimFile::ReadStored(std::uint64_t offset, MutableByteView out) const {
  return state_->file->ReadAt(offset, out);
}

Result<std::unique_ptr<BlobReader>> WimFile::OpenBlob(const Sha1Digest& hash) const {
  const auto* blob = state_->blobs.Find(hash);
  if (blob == nullptr) return Fail(Code::kNotFound, fmt::format("no blob {}", ToHex(hash)));
  return BlobReader::Open(*state_->file, blob->where, header().compression(), header().chunk_size);
}

Result<Bytes> WimFile::ReadBlob(const Sha1Digest& hash, std::uint64_t limit) const {
  const auto* blob = state_->blobs.Find(hash);
  if (blob == nullptr) return Fail(Code::kNotFound, fmt::format("no blob {}", ToHex(hash)));
  WW_TRY(auto bytes,
         ReadVerified(*state_->file, blob->where, header().compression(), header().chunk_size,
                      limit, hash),
         fmt::format("blob {}", ToHex(hash)));
  return bytes;
}

Result<Bytes> WimFile::ReadMetadata(int index) const {
  const auto metadata = state_->blobs.metadata();
  if (index < 1 || static_cast<std::size_t>(index) > metadata.size()) {
    return Fail(Code::kNotFound, fmt::format("{} has no image {}", path().string(), index));
  }
  const auto& blob = metadata[static_cast<std::size_t>(index) - 1];
  WW_TRY(auto bytes,
         ReadVerified(*state_->file, blob.where, header().compression(), header().chunk_size,
                      kMostMetadataResource, blob.hash),
         fmt::format("{}: metadata of image {}", path().string(), index));
  return bytes;
}

Result<Image> WimFile::ReadImage(int index) const {
  WW_TRY(auto bytes, ReadMetadata(index), "reading an image");
  WW_TRY(auto image, Image::Parse(std::move(bytes)),
         fmt::format("{}: image {}", path().string(), index));
  return image;
}

}  // namespace ww::wim
