// Reading a WIM file: its tables, its images and its content.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "wimwright/base/file.h"
#include "wimwright/wim/blob_reader.h"
#include "wimwright/wim/blob_table.h"
#include "wimwright/wim/header.h"
#include "wimwright/wim/image.h"
#include "wimwright/wim/image_info.h"

namespace ww::wim {

// Bytes behind the last resource that the header or the blob table names: what an interrupted
// append left.
struct TailInfo {
  std::uint64_t end = 0;    // where the referenced part of the file ends
  std::uint64_t bytes = 0;  // how much lies behind it
};

// Const members may be called from several threads at once. Takes no lock: a file that libwim or
// another Editor appends to at the same time stays readable as it was when opened.
class WimFile {
 public:
  // Solid (ESD), split, pipable and half written files are kUnsupported, with the conversion to run
  // as next_step; damaged ones kCorrupt.
  static Result<std::unique_ptr<WimFile>> Open(FileSystem& fs, const std::filesystem::path& path);
  // The same on a file that is open already.
  static Result<std::unique_ptr<WimFile>> Open(std::unique_ptr<File> file,
                                               const std::filesystem::path& path);
  ~WimFile();
  WimFile(const WimFile&) = delete;
  WimFile& operator=(const WimFile&) = delete;

  const Header& header() const;
  const std::vector<ImageInfo>& images() const;
  const std::string& xml() const;  // UTF-8, without byte order mark
  const BlobTable& blobs() const;
  const std::filesystem::path& path() const;
  std::uint64_t file_size() const;  // when it was opened
  const TailInfo& tail() const;

  // Bytes of the file as they lie there.
  Status ReadStored(std::uint64_t offset, MutableByteView out) const;
  Result<std::unique_ptr<BlobReader>> OpenBlob(const Sha1Digest& hash) const;  // kNotFound
  // The whole blob, checked against `hash` (kVerificationFailed); more than `limit` bytes is
  // kLimit.
  Result<Bytes> ReadBlob(const Sha1Digest& hash, std::uint64_t limit) const;
  // The tree of image `index` (1-based; kNotFound). Its metadata is checked against its hash.
  Result<Image> ReadImage(int index) const;
  // The bytes that ReadImage() parses.
  Result<Bytes> ReadMetadata(int index) const;

 private:
  friend class Editor;
  friend class StateAccess;
  struct State;
  explicit WimFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ww::wim
