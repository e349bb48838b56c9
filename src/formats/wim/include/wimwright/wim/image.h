// One image of a WIM: the tree of directory entries with everything an entry carries.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"
#include "wimwright/base/hash.h"

namespace ww::wim {

// An entry of an Image. Stays valid for the life of the image; after Remove() it only answers
// alive().
enum class NodeId : std::uint32_t {};

inline constexpr std::uint32_t kAttributeReadOnly = 0x00000001;
inline constexpr std::uint32_t kAttributeHidden = 0x00000002;
inline constexpr std::uint32_t kAttributeSystem = 0x00000004;
inline constexpr std::uint32_t kAttributeDirectory = 0x00000010;
inline constexpr std::uint32_t kAttributeArchive = 0x00000020;
inline constexpr std::uint32_t kAttributeNormal = 0x00000080;
inline constexpr std::uint32_t kAttributeReparsePoint = 0x00000400;
inline constexpr std::uint32_t kAttributeCompressed = 0x00000800;
inline constexpr std::uint32_t kAttributeEncrypted = 0x00004000;

// What a new entry carries besides name and content.
struct EntryMetadata {
  std::uint32_t attributes = 0;
  FileTime creation = 0;
  FileTime access = 0;
  FileTime write = 0;
  std::int32_t security_id = -1;  // -1: no descriptor
};

struct NamedStream {
  std::string name;
  Sha1Digest hash{};  // all zero: empty
};

// As the XML counts them: hard links count each time, the root is a directory, a directory that is
// a reparse point counts as a file.
struct ImageCounts {
  std::uint64_t directories = 0;
  std::uint64_t files = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t hard_link_bytes = 0;  // the part of total_bytes that links repeat
};

// A compact tree over the bytes of the metadata resource: entries stay where they were read and are
// edited in place, so that everything not edited, also fields nobody knows, is written back byte
// for byte. About 40 bytes per entry besides its own bytes. Names are UTF-16 inside and UTF-8
// (WTF-8: lone surrogates as three bytes) outside; paths are '\\' separated and relative to the
// root, '/' and empty parts are tolerated in Find(). Lookup ignores case and prefers the exact
// spelling. Thread-compatible.
class Image {
 public:
  using Metadata = EntryMetadata;

  // Takes the bytes of a metadata resource. Entries that overlap, form a cycle, are misaligned,
  // nest deeper than 1024 or have names that would break paths are kCorrupt. No recursion.
  static Result<Image> Parse(Bytes metadata);
  // Nothing but a root directory.
  static Image Empty(const Metadata& root);

  Image(Image&&) noexcept;
  Image& operator=(Image&&) noexcept;
  ~Image();

  NodeId root() const { return NodeId{0}; }
  std::size_t node_count() const;  // alive entries, the root included
  bool alive(NodeId node) const;
  std::optional<NodeId> Find(std::string_view path) const;  // "" is the root
  std::optional<NodeId> Child(NodeId directory, std::string_view name) const;
  // In file order, then the added ones. `visit` may edit; entries that it adds here may be visited
  // too.
  void ForEachChild(NodeId directory, const std::function<void(NodeId)>& visit) const;
  std::vector<NodeId> children(NodeId directory) const;
  // Every alive entry, parents before children.
  void ForEachNode(const std::function<void(NodeId)>& visit) const;

  NodeId parent(NodeId node) const;  // the root's is the root
  std::string name(NodeId node) const;
  std::string short_name(NodeId node) const;
  std::string path(NodeId node) const;   // "Windows\\System32"; empty for the root
  bool is_directory(NodeId node) const;  // false for reparse points such as junctions
  std::uint32_t attributes(NodeId node) const;
  FileTime creation_time(NodeId node) const;
  FileTime last_access_time(NodeId node) const;
  FileTime last_write_time(NodeId node) const;
  std::int32_t security_id(NodeId node) const;
  Metadata metadata(NodeId node) const;
  // kNotFound for -1 and for ids outside of the table. The view lives until the next
  // AddSecurityDescriptor().
  Result<ByteView> security_descriptor(std::int32_t id) const;
  std::int32_t security_descriptor_count() const;
  Sha1Digest hash(NodeId node) const;  // unnamed data stream; all zero: empty file or directory
  std::vector<NamedStream> named_streams(NodeId node) const;
  std::uint32_t reparse_tag(NodeId node) const;  // 0: not a reparse point
  Sha1Digest reparse_hash(NodeId node) const;    // its data, as stored (without tag and length)
  // 0: not hard linked. Directories and reparse points never are.
  std::uint64_t link_group_id(NodeId node) const;
  // All entries of the same hard-link group, `node` first; only itself when there is no group.
  std::vector<NodeId> links(NodeId node) const;

  // Edits. New names are refused when empty, ".", "..", longer than 255 UTF-16 units, or holding
  // / \ : or NUL (kUsage), and when a sibling has the name in any case (kConflict). Parents must be
  // directories and alive. A failed edit changes nothing.
  Result<NodeId> AddDirectory(NodeId parent, std::string_view name, const Metadata& metadata);
  // `content` all zero and `size` 0: an empty file.
  Result<NodeId> AddFile(NodeId parent, std::string_view name, const Metadata& metadata,
                         const Sha1Digest& content, std::uint64_t size);
  // One more name of `existing`, which joins its hard-link group or founds one. The new entry
  // shares everything but name and short name (of which it has none).
  Result<NodeId> AddLink(NodeId parent, std::string_view name, NodeId existing);
  // A file: only this entry, its other links stay. A directory: everything below it too. Not the
  // root.
  Status Remove(NodeId node);
  // These change the whole link group. SetContent() refuses directories, reparse points and
  // encrypted files.
  Status SetContent(NodeId node, const Sha1Digest& content, std::uint64_t size);
  Status SetMetadata(NodeId node, const Metadata& metadata);
  // The directory and reparse bits stay as they are.
  Status SetAttributes(NodeId node, std::uint32_t attributes);
  Status SetTimes(NodeId node, FileTime creation, FileTime access, FileTime write);
  Status SetSecurity(NodeId node, std::int32_t security_id);
  // The id of an equal descriptor, or a new one at the end of the table.
  std::int32_t AddSecurityDescriptor(ByteView descriptor);

  bool modified() const;

  // Every stream of every alive entry that has content, links each time.
  void ForEachReference(const std::function<void(NodeId, const Sha1Digest&)>& visit) const;
  // Sizes given to AddFile() and SetContent() for content that a blob table may not know yet.
  std::optional<std::uint64_t> added_content_size(const Sha1Digest& hash) const;
  // `size_of` answers 0 for content it does not know.
  ImageCounts Count(const std::function<std::uint64_t(const Sha1Digest&)>& size_of) const;

  // The metadata resource. Entries keep their order; added ones are sorted in without regard to
  // case. An unedited image with the usual layout gives its own bytes back. Not const: offsets of
  // the lists are noted in the entries.
  std::uint64_t serialised_size();
  Status Serialise(const std::function<Status(ByteView)>& sink);
  Bytes Serialise();

 private:
  friend class ImageParser;
  friend class ImageEdit;
  struct State;
  explicit Image(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ww::wim
