// One registry hive (regf 1.3 to 1.6), read page by page and edited copy-on-write.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/hive/storage.h"
#include "wimwright/hive/value.h"

namespace ww::hive {

// The offset of the key's cell; valid until that key is deleted. Offsets of deleted keys are
// reused: a stale id is refused with kCorrupt or means another key, but never harms memory.
enum class KeyId : std::uint32_t {};

struct KeyInfo {
  std::string name;
  FileTime last_written = 0;
  std::uint32_t subkeys = 0;
  std::uint32_t values = 0;
  std::uint16_t flags = 0;  // as stored: 0x04 root, 0x10 symbolic link, 0x20 compressed name ...
  std::string class_name;   // empty: none
};

struct OpenOptions {
  Bytes log1;  // contents of NAME.LOG1 (or NAME.LOG) and NAME.LOG2; looked at only when the hive is
               // dirty
  Bytes log2;
  std::size_t cache_bytes = 8u << 20;  // unchanged pages kept; changed pages come on top
};

// The granularity of the page cache and of dirty_pages(): a chunk of a WIM resource.
inline constexpr std::uint32_t kPageSize = 32768;

// Names and paths are UTF-8 (WTF-8 for lone surrogates), compared without case as Windows does;
// '\\' separates. Key names have up to 255, value names up to 16383 UTF-16 units.
//
// Errors: kCorrupt when the hive contradicts its format, kUsage for impossible names, kLimit past
// the 2 GiB or 512 levels that Windows allows. A change that failed with anything but kUsage and
// kLimit found at once leaves the hive unusable for Finish(), which repeats that error: throw it
// away.
//
// Not thread-safe: one thread at a time, also for reading (the page cache changes).
class Hive {
 public:
  // Looks at the base block and the root key only. A dirty hive (sequence numbers differ, or the
  // base block's checksum is wrong) is brought up to date from the logs, DIRT or HvLE, when they
  // are given and belong to it; otherwise kUnsupported.
  static Result<Hive> Open(std::unique_ptr<Storage> storage, OpenOptions options = {});
  // A hive of version 1.`minor` (3, 5 or 6) with a root key and its security descriptor.
  static Result<Hive> CreateEmpty(std::string_view root_name, ByteView root_security_descriptor,
                                  FileTime now, std::uint32_t minor = 5);
  Hive(Hive&&) noexcept;
  Hive& operator=(Hive&&) noexcept;
  ~Hive();

  bool was_replayed() const;
  std::uint32_t minor_version() const;
  KeyId root() const;

  // Reading. Callbacks may read and edit the hive; they see the list as it was when the call began,
  // and must not delete keys or values of that list which they have not seen yet.
  Result<std::optional<KeyId>> FindSubkey(KeyId parent, std::string_view name);
  Result<std::optional<KeyId>> FindPath(KeyId from, std::string_view path);  // "" is `from`
  Result<KeyInfo> Info(KeyId key);
  Result<std::optional<KeyId>> Parent(KeyId key);  // nothing for the root
  Status ForEachSubkey(KeyId key, const std::function<Status(KeyId, std::string_view name)>& visit);
  Status ForEachValue(KeyId key,
                      const std::function<Status(std::string_view name, std::uint32_t type,
                                                 std::uint32_t size)>& visit);
  Status ForEachValueData(KeyId key,
                          const std::function<Status(std::string_view name, Value value)>& visit);
  Result<std::optional<Value>> GetValue(KeyId key, std::string_view name);  // "": the default value
  Result<Bytes> SecurityDescriptor(KeyId key);

  // Editing.
  void SetTime(
      FileTime now);  // stamp of keys changed from now on; before: the time the hive has itself
  // Creates the keys that are missing; a new key shares its parent's security cell.
  Result<KeyId> EnsurePath(KeyId from, std::string_view path);
  // Replaces a value of that name whatever its type. An existing value keeps its place and
  // spelling.
  Status SetValue(KeyId key, std::string_view name, const Value& value);
  Result<bool> DeleteValue(KeyId key, std::string_view name);  // false: there was none
  // The subkey with everything below it; kNotFound when there is none.
  Status DeleteTree(KeyId parent, std::string_view name);
  Status DeleteSubkeys(KeyId key);  // all of them; values stay
  // Keys with equal descriptors share one cell.
  Status SetSecurityDescriptor(KeyId key, ByteView descriptor);

  // Writes what is still pending and the base block: equal sequence numbers, size, checksum. May be
  // called again after further edits. Without any edit nothing changes at all.
  Status Finish();

  // The hive as it is to be written, after Finish().
  std::uint64_t size() const;
  Status ReadAt(std::uint64_t offset, MutableByteView out);
  std::vector<std::uint32_t> dirty_pages()
      const;  // ascending numbers of 32 KiB pages that are not those of the storage
  bool modified() const;
  Result<Bytes> ToBytes();  // calls Finish()

  class Impl;  // private; named here for the module's own files
  Impl& impl() { return *impl_; }

 private:
  explicit Hive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ww::hive
