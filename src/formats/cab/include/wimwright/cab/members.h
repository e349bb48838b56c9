// Named members of a container, listed at once and streamed in the container's own order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/position_index.h"

namespace ww::cab {

// The DOS attribute bits as the container stores them; 0x20 ("archive") is the usual value.
inline constexpr std::uint32_t kAttributeArchive = 0x20;

struct Member {
  // UTF-8, '\\' between components, in the case that was stored. Proved to be a harmless relative
  // path: no "..", no drive, no absolute or device name, nothing NTFS would refuse or fold away.
  std::string name;
  std::uint64_t size = 0;
  FileTime time = 0;  // 0: none or not a date. DOS times are local without a zone and taken as UTC
  std::uint32_t attributes = 0;
  // Where an index tells it: Stream() ends in kVerificationFailed when the bytes have another one.
  std::optional<Sha256Digest> sha256 = std::nullopt;
};

// Receives members. Calls come from the thread that called Stream(), never nested. An error ends
// the stream and is returned by it unchanged. Bytes are to be trusted only once End() was called:
// digests and checksums may be known only then.
class MemberSink {
 public:
  virtual ~MemberSink() = default;
  virtual Status Begin(const Member& member, std::size_t index) = 0;
  virtual Status Write(ByteView bytes) = 0;
  virtual Status End() = 0;
};

// One flat list of members with unique names (also when case is ignored). Not thread-safe: one call
// at a time. Keeps the container open; independent of the object it was made from.
class Members {
 public:
  virtual ~Members() = default;
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  const std::vector<Member>& list() const { return list_; }
  // Ignores case and takes '/' for '\\'.
  std::optional<std::size_t> Find(std::string_view name) const;

  // Delivers exactly the members `wanted` (in any order, repetitions are one), each once, in the
  // order in which the container holds them. Every folder is decompressed at most once and only up
  // to the last wanted byte; memory does not grow with sizes (intra-package deltas: see
  // update_package.h). kUsage for an index that is not in the list.
  virtual Status Stream(std::span<const std::size_t> wanted, MemberSink& sink) = 0;

  // One whole member; kLimit when it is larger than `limit`. Costs decompressing its folder from
  // the start unless Preload() has it: for many members use ReadMany() or Preload().
  virtual Result<Bytes> Read(std::size_t index, std::uint64_t limit);
  // The whole of several members in one pass; kLimit when they are more than `total_limit`
  // together.
  Result<std::map<std::size_t, Bytes>> ReadMany(std::span<const std::size_t> wanted,
                                                std::uint64_t total_limit);
  // Reads these members in one pass and keeps them, so that Read() of them costs a copy. Repeated
  // calls add up. kLimit, and nothing is kept, when what is new here exceeds `total_limit`.
  Status Preload(std::span<const std::size_t> wanted, std::uint64_t total_limit);
  // Preload() of every member whose name ends in one of `suffixes` (".mum", ".manifest"; case
  // ignored).
  Status PreloadBySuffix(std::span<const std::string_view> suffixes, std::uint64_t total_limit);
  void DropPreloaded() { preloaded_.clear(); }

  // The member as a file of its own without copying it, where the container stores it as it is
  // (uncompressed folder, plain file, anything in a WIM); nullptr where it does not. Blocks of a
  // cabinet are verified as they are read; what lies in a WIM or folder has to prove itself.
  virtual Result<std::shared_ptr<const File>> OpenInPlace(std::size_t index);

 protected:
  Members() = default;
  // Takes over validated members; kCorrupt when two names differ in case only or one is a folder of
  // another.
  Status SetList(std::vector<Member> list);
  // Sorted, unique, all inside the list.
  Result<std::vector<std::size_t>> CheckWanted(std::span<const std::size_t> wanted) const;

 private:
  std::vector<Member> list_;
  PositionIndex by_name_;  // of list_, by folded name
  std::map<std::size_t, Bytes> preloaded_;
};

}  // namespace ww::cab
