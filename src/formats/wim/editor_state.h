// The representation of Editor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "background_copy.h"
#include "integrity.h"
#include "resource_writer.h"
#include "wimwright/wim/editor.h"
#include "xml_document.h"

namespace ww::wim {

// One image of the session.
struct ImageSlot {
  std::unique_ptr<Image> image;       // loaded
  std::optional<Blob> stored;         // its metadata in the file; nothing: added and never written
  std::optional<std::size_t> ticket;  // written in this session, `stored` not filled in yet
  std::optional<Sha1Digest> written_hash;  // with `ticket`
  std::optional<ImageCounts> counts;       // taken when it was written
  bool written = false;                    // in this session
};

enum class EditorMode { kCopy, kInPlace, kNew };

struct Editor::State {
  EditorMode mode = EditorMode::kCopy;
  EditorOptions options;
  std::unique_ptr<WimFile> wim;             // as it was opened; a copy's input
  std::unique_ptr<File> target;             // kCopy: the copy
  File* file = nullptr;                     // what is written: `target` or the one of `wim`
  std::unique_ptr<BackgroundCopy> copying;  // kCopy without reflink, until Commit()
  std::uint64_t original_end = 0;           // nothing below is ever written, but the header
  bool integrity = false;
  std::unique_ptr<ResourceWriter> writer;
  BlobTable added;  // content of this session; `where` is filled in by Settle()
  std::vector<std::size_t> added_tickets;  // by index in `added`
  std::size_t settled = 0;                 // how many of `added` have their place
  std::optional<XmlDocument> xml;          // parsed at the first need
  bool xml_changed = false;
  std::vector<ImageSlot> images;
  std::uint64_t deduplicated = 0;
  bool header_written = false;
  bool finished = false;        // committed or aborted
  std::uint64_t open_size = 0;  // announced by BeginBlob()

  Status Usable() const;
  const File& FileOf(const ImageSlot& slot) const { return slot.written ? *file : old_content(); }
  const File& old_content() const;
  Result<ImageSlot*> Slot(int index);
  Result<XmlDocument*> Xml();
  bool Known(const Sha1Digest& hash) const { return Find(hash) != nullptr; }
  const Blob* Find(const Sha1Digest& hash) const;
  Result<Sha1Digest> FinishBlob();
  // Waits for pending writes; then everything added has its place.
  Status Settle();
  Status WriteImage(ImageSlot& slot);
  Status Truncate();

  // editor_commit.cc
  Status CountReferences(std::vector<std::uint32_t>& old_counts,
                         std::vector<std::uint32_t>& added_counts);
  BlobTable NewTable(const std::vector<std::uint32_t>& old_counts,
                     const std::vector<std::uint32_t>& added_counts, CommitStats& stats) const;
  Status WriteTables(const BlobTable& table, FileTime now, Header& header);
  Status WriteRollbackRecord(const Header& header, ByteView table, ByteView xml_data);
  Result<IntegrityTable> OldIntegrity(const Header& old) const;
};

}  // namespace ww::wim
