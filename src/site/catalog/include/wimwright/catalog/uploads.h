// Files that clients send in pieces before the site takes them in: resumable, also after a restart.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/hash.h"

namespace ww::catalog {

struct UploadLimits {
  std::uint64_t bytes = std::uint64_t{64} << 30;            // of one upload
  std::uint64_t bytes_per_user = std::uint64_t{128} << 30;  // announced, of unfinished business
  std::size_t uploads_per_user = 16;
  std::size_t uploads = 256;
  std::chrono::hours abandoned{24};   // without a new byte: removed
  std::uint64_t reserve = 256 << 20;  // left free on the disk
};

struct UploadRequest {
  std::string name;  // a file name, without folders
  std::uint64_t bytes = 0;
  std::optional<Sha256Digest> sha256;  // checked when the last byte has come
};

struct UploadState {
  std::string id;
  UploadRequest request;
  std::uint64_t offset = 0;  // bytes that are on the disk
  bool complete() const { return offset == request.bytes; }
};

// Every call names the user: nobody sees or touches an upload of somebody else (kNotFound).
// Thread-safe.
class Uploads {
 public:
  virtual ~Uploads() = default;

  // `dir` is made if it does not exist and belongs to this object alone. What an earlier process
  // left is taken over.
  static Result<std::unique_ptr<Uploads>> Open(const std::filesystem::path& dir,
                                               const UploadLimits& limits = {},
                                               const Clock& clock = SystemClock());

  // kUsage for a name or size that makes no sense, kLimit, kNoSpace.
  virtual Result<UploadState> Begin(std::string_view user, const UploadRequest& request) = 0;
  virtual Result<UploadState> Find(std::string_view user, std::string_view id) = 0;
  virtual Result<std::vector<UploadState>> List(std::string_view user) = 0;
  // `bytes` go at `offset`, which has to be the upload's own (kConflict with the true one in the
  // state of Find() otherwise). They are on the disk when this returns. With the last ones the
  // digest is checked: kVerificationFailed, and the upload is gone.
  virtual Result<UploadState> Append(std::string_view user, std::string_view id,
                                     std::uint64_t offset, ByteView bytes) = 0;
  virtual Status Remove(std::string_view user, std::string_view id) = 0;

  // A complete upload for as long as the lease lives: neither removed nor handed out twice
  // (kBusy). kConflict while bytes are missing.
  class Lease {
   public:
    virtual ~Lease() = default;
    virtual const UploadState& state() const = 0;
    virtual const std::filesystem::path& path() const = 0;
    // The file is no longer needed: removed when the lease ends.
    virtual void Done() = 0;
  };
  virtual Result<std::unique_ptr<Lease>> Take(std::string_view user, std::string_view id) = 0;
};

}  // namespace ww::catalog
