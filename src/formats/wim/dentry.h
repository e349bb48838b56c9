// A directory entry as it lies in the metadata resource, with its extra streams behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "wimwright/base/hash.h"

namespace ww::wim {

// Offsets inside of an entry. 102 bytes, then name and short name, each with a terminator unless
// empty, then from the next multiple of 8 on tagged items up to the length of the entry. Then the
// streams.
namespace dentry {
inline constexpr std::size_t kLength = 0;  // u64, without streams
inline constexpr std::size_t kAttributes = 8;
inline constexpr std::size_t kSecurityId = 12;
inline constexpr std::size_t kSubdirOffset = 16;
inline constexpr std::size_t kCreation = 40;
inline constexpr std::size_t kAccess = 48;
inline constexpr std::size_t kWrite = 56;
inline constexpr std::size_t kHash = 64;
inline constexpr std::size_t kReparseTag = 88;  // u32, of reparse points
inline constexpr std::size_t kLinkGroup = 88;   // u64, of everything else
inline constexpr std::size_t kStreamCount = 96;
inline constexpr std::size_t kShortNameBytes = 98;
inline constexpr std::size_t kNameBytes = 100;
inline constexpr std::size_t kName = 102;
inline constexpr std::size_t kStreamHash = 16;  // inside of a stream
inline constexpr std::size_t kStreamNameBytes = 36;
inline constexpr std::size_t kStreamName = 38;
inline constexpr std::size_t kEndOfDirectory = 8;  // a length of 0 and nothing else
}  // namespace dentry

constexpr std::uint64_t Align8(std::uint64_t n) { return (n + 7) & ~std::uint64_t{7}; }

// A view of one stream of an entry that CheckDentry() has accepted.
struct StreamView {
  std::byte* raw = nullptr;

  Sha1Digest hash() const;
  void set_hash(const Sha1Digest& hash) const;
  ByteView name() const;  // UTF-16LE
  bool named() const;
};

// A view of an entry that CheckDentry() has accepted. Pointer-sized; borrows.
class Dentry {
 public:
  explicit Dentry(std::byte* raw) : raw_(raw) {}

  std::byte* raw() const { return raw_; }
  template <std::integral T>
  T Get(std::size_t offset) const {
    return LoadLe<T>(raw_ + offset);
  }
  template <std::integral T>
  void Set(std::size_t offset, T value) const {
    StoreLe<T>(raw_ + offset, value);
  }

  std::uint32_t attributes() const { return Get<std::uint32_t>(dentry::kAttributes); }
  std::uint64_t subdir_offset() const { return Get<std::uint64_t>(dentry::kSubdirOffset); }
  void set_subdir_offset(std::uint64_t offset) const { Set(dentry::kSubdirOffset, offset); }
  // May have children. Reparse points with the directory bit are containers for the reader only.
  bool container() const;
  bool reparse_point() const;
  bool directory() const { return container() && !reparse_point(); }
  std::uint64_t link_group() const;  // 0 for what cannot be linked

  std::size_t length() const {
    return static_cast<std::size_t>(Get<std::uint64_t>(dentry::kLength));
  }
  std::size_t name_units() const { return Get<std::uint16_t>(dentry::kNameBytes) / 2u; }
  char16_t name_unit(std::size_t i) const {
    return LoadLe<std::uint16_t>(raw_ + dentry::kName + 2 * i);
  }
  ByteView name() const { return {raw_ + dentry::kName, name_units() * 2}; }
  ByteView short_name() const;
  // The tagged items, whatever they are; from a multiple of 8 on.
  ByteView tagged_items() const;

  std::size_t stream_count() const { return Get<std::uint16_t>(dentry::kStreamCount); }
  Sha1Digest default_hash() const;
  void set_default_hash(const Sha1Digest& hash) const;
  // Visits the extra streams in order.
  template <typename F>
  void ForEachStream(F&& visit) const {
    std::byte* at = raw_ + Align8(length());
    for (std::size_t i = 0; i < stream_count(); ++i) {
      visit(StreamView{at});
      at += Align8(LoadLe<std::uint64_t>(at));
    }
  }
  // Entry and streams with their padding: a multiple of 8.
  std::size_t stored_size() const;

  // The unnamed streams. The first unnamed stream of a reparse point, and the default one only if
  // it has a hash, is the reparse data; the next one is the content.
  Sha1Digest content_hash() const;
  Sha1Digest reparse_hash() const;
  void set_content_hash(const Sha1Digest& hash) const;

 private:
  std::byte* raw_;
};

// Proves that an entry (longer than an end-of-directory mark) with all its streams lies in `bytes`,
// whose size is a multiple of 8, and answers its stored_size().
Result<std::size_t> CheckDentry(ByteView bytes);

// What an entry needs up to the end of its names, not aligned.
std::size_t NamesEnd(std::size_t name_bytes, std::size_t short_name_bytes);

}  // namespace ww::wim
