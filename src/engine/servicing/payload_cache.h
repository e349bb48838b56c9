// Payload of earlier jobs as a WIM stores it: decoded, checked and compressed once.
#pragma once

#include <deque>
#include <filesystem>
#include <set>
#include <span>

#include "payload_pack.h"
#include "wimwright/base/log.h"

namespace ww::servicing {

// A folder of packs. One job adds one pack: a file that is written under a temporary name, synced
// and renamed, and never changed again, so that a kill leaves nothing but a temporary file. What a
// pack says is not believed: stored bytes are held to their digest when they are taken
// (wim::Editor::AddStored), contents to their SHA-256 when the job proves its result. Several
// processes may share a folder; a pack that one of them removes stays readable for the others.
class PayloadCache {
 public:
  // Without a folder: its packs are the images that jobs of this process have published.
  explicit PayloadCache(FileSystem& fs) : PayloadCache(fs, {}) {}
  // Makes the folder if it is not there. Packs that cannot be read are logged and removed.
  static Result<PayloadCache> Open(FileSystem& fs, const std::filesystem::path& dir, Logger& log);

  // nullptr: not there in this form. The answer is good for as long as this object lives.
  const wim::StoredBlob* Find(const Sha256Digest& digest, wim::Compression compression,
                              std::uint32_t chunk_size);
  // The pack of a content told a lie: it is removed, and none of its contents is found any more.
  void Drop(const Sha256Digest& digest, Logger& log);

  // One new pack of `contents`, with the bytes that `image` stores; then removes packs of the
  // folder, unused for longest first, until at most `limit` bytes are left.
  Status Add(const wim::WimFile& image, std::span<const PackedContent> contents,
             std::uint64_t limit, Logger& log);

 private:
  struct Pack : PayloadPack {
    bool used = false;
    bool dropped = false;
  };
  PayloadCache(FileSystem& fs, std::filesystem::path dir) : fs_(&fs), dir_(std::move(dir)) {}

  FileSystem* fs_;
  std::filesystem::path dir_;
  std::deque<Pack> packs_;
};

}  // namespace ww::servicing
