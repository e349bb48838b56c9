// Changing a WIM by appending: new content, new metadata, new tables, and last of all the header.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "wimwright/base/file.h"
#include "wimwright/wim/image.h"
#include "wimwright/wim/wim_file.h"

namespace ww::wim {

struct EditorOptions {
  int compression_level = 4;  // libwim's scale; metadata is compressed at a faster one
  unsigned threads = 0;       // 0: as many as the machine has
  // OpenCopy(): told the bytes of the input as they reach the copy, from another thread.
  std::function<void(std::uint64_t)> on_copied;
};

// A content as another file stores it, in this file's compression and chunk size.
struct StoredBlob {
  Sha1Digest hash{};           // of the content; believed, as is `where`
  Sha1Digest stored_hash{};    // of the stored bytes
  ResourceLocation where;      // in `file`
  const File* file = nullptr;  // borrowed
};

// A new file's own properties.
struct CreateOptions {
  Compression compression = Compression::kLzx;
  std::uint32_t chunk_size = 0;                   // 0: the usual one (32 KiB, LZMS 128 KiB)
  bool integrity = false;                         // with an integrity table
  std::optional<std::array<std::byte, 16>> guid;  // nothing: random
};

struct CommitStats {
  std::uint64_t bytes_appended = 0;     // growth of the file; 0: there was nothing to do
  std::uint64_t bytes_new_content = 0;  // uncompressed size of the blobs that were stored
  std::uint64_t blobs_added = 0;
  std::uint64_t blobs_deduplicated = 0;  // offered, but the file had them
  std::uint64_t blobs_dropped = 0;       // no longer named by any image: dead space
  std::uint64_t chunks_compressed = 0;
  std::uint64_t chunks_reused = 0;  // by AddEdited()
  int images_written = 0;
};

// One editing session. Old bytes are never touched: until the header is written, by one write of
// 208 bytes after everything else is on stable storage, the file is what it was. Appending
// compresses on worker threads, across blobs, and writes in order; at most about 8 MiB (or four
// chunks per thread) are in flight. Called from one thread. An error of an append is sticky: every
// later call and Commit() answer it.
//
//   open --(edits, blobs)--> Commit() --> committed: only file() may be used, and tells the old
//   state
//                        \-> Abort()  --> aborted;  the destructor aborts too
class Editor {
 public:
  // Output mode: makes `temporary`, which must not exist, a copy of `input` and appends there.
  // Where the file system shares no blocks, the copying goes on in the background until Commit();
  // old content is read from `input`, which stays locked meanwhile. The caller renames or removes
  // `temporary`. kBusy while somebody appends to `input`.
  static Result<std::unique_ptr<Editor>> OpenCopy(FileSystem& fs,
                                                  const std::filesystem::path& input,
                                                  const std::filesystem::path& temporary,
                                                  const EditorOptions& options);
  // In-place mode: takes the exclusive lock (kBusy), cuts off the tail of an interrupted session.
  // Commit() leaves a record of the former header: RollBack() returns to it.
  static Result<std::unique_ptr<Editor>> OpenInPlace(FileSystem& fs,
                                                     const std::filesystem::path& path,
                                                     const EditorOptions& options);
  // A new file without images at `path`, which must not exist. It is no WIM before Commit().
  static Result<std::unique_ptr<Editor>> CreateEmpty(FileSystem& fs,
                                                     const std::filesystem::path& path,
                                                     const CreateOptions& create,
                                                     const EditorOptions& options);
  ~Editor();
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  const WimFile& file() const;  // as it was opened
  int image_count() const;      // with the added ones
  // Loaded on first use; owned by the editor.
  Result<Image*> image(int index);
  // A new image with an empty root; its index. The name must be new (kConflict).
  Result<int> AddImage(std::string_view name, const Image::Metadata& root);
  // Writes the image's metadata now if it was edited, and frees its memory. image() loads it again.
  Status Release(int index);

  // Content of exactly the announced size, in pieces of any size. One writer at a time. Without
  // Finish() nothing was added.
  class BlobWriter {
   public:
    BlobWriter(BlobWriter&& other) noexcept;
    BlobWriter& operator=(BlobWriter&& other) noexcept;
    ~BlobWriter();
    Status Write(ByteView bytes);
    // Content that the file has already is dropped again. kUsage when bytes are missing. An empty
    // blob is not stored: its hash is the all-zero one that entries use for empty files.
    Result<Sha1Digest> Finish();

   private:
    friend class Editor;
    explicit BlobWriter(Editor* editor) : editor_(editor) {}
    Editor* editor_;  // null: finished or moved from
  };
  Result<BlobWriter> BeginBlob(std::uint64_t size);
  Result<Sha1Digest> AddBlob(ByteView whole);

  // Appends stored bytes without a look inside. Nothing is added, and the session goes on, when
  // they cannot be read or do not match `stored_hash` (kVerificationFailed). Waits for pending
  // writes.
  Status AddStored(const StoredBlob& blob);

  // Content that differs from `base` (which this file has) only in `dirty_chunks`, counted in units
  // of chunk_size(). The compressed bytes of the other chunks are kept, after a check on a worker
  // thread that they hold what `read` gives: a chunk wrongly called clean is compressed anew.
  // `read` is called for every byte once, in order. kNotFound: there is no such base.
  Result<Sha1Digest> AddEdited(const Sha1Digest& base, std::uint64_t new_size,
                               std::span<const std::uint32_t> dirty_chunks,
                               const std::function<Status(std::uint64_t, MutableByteView)>& read);
  std::uint32_t chunk_size() const;  // of this file's resources; 32 KiB when it is not compressed

  // Content of the file or added in this session: its size, or a reader (waits for pending writes;
  // the reader must not outlive the editor).
  std::optional<std::uint64_t> BlobSize(const Sha1Digest& hash) const;
  Result<std::unique_ptr<BlobReader>> OpenBlob(const Sha1Digest& hash);

  // Sets the text of an element of the image's XML, made when absent: "WINDOWS/VERSION/SPBUILD".
  // Counts, sizes and modification time are maintained by Commit() and need no call.
  Status SetImageXml(int index, std::string_view path, std::string_view text);

  // Writes everything that is pending. References are counted anew over all images; blobs that no
  // image names leave the blob table. Without any change nothing is written. `now` becomes the
  // modification time.
  Result<CommitStats> Commit(FileTime now);
  // In place and new files: cuts everything appended off again. Copy: nothing (the caller removes
  // it).
  Status Abort();

 private:
  struct State;
  explicit Editor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ww::wim
