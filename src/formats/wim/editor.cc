#include "wimwright/wim/editor.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "codec.h"
#include "editor_state.h"
#include "resource_io.h"
#include "wim_file_state.h"
#include "wimwright/base/text.h"

namespace ww::wim {
namespace {

std::uint32_t UsualChunkSize(Compression compression) {
  return compression == Compression::kLzms ? 128 * 1024 : 32 * 1024;
}

std::uint32_t CompressionFlags(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return 0;
    case Compression::kXpress:
      return kFlagCompressed | kFlagXpress;
    case Compression::kLzx:
      return kFlagCompressed | kFlagLzx;
    case Compression::kLzms:
      return kFlagCompressed | kFlagLzms;
  }
  return 0;
}

std::array<std::byte, 16> RandomGuid() {
  std::array<std::byte, 16> guid{};
  std::random_device random;
  for (auto& byte : guid) byte = static_cast<std::byte>(random() & 0xFF);
  return guid;
}

}  // namespace

Editor::Editor(std::unique_ptr<State> state) : state_(std::move(state)) {
  auto& s = *state_;
  const auto& header = s.wim->header();
  s.integrity = s.integrity || header.integrity.offset != 0;
  s.writer = std::make_unique<ResourceWriter>(*s.file, header.compression(), header.chunk_size,
                                              s.original_end, s.options.compression_level,
                                              ThreadCount(s.options.threads));
  for (const auto& blob : s.wim->blobs().metadata()) {
    s.images.emplace_back();
    s.images.back().stored = blob;
  }
}

Editor::~Editor() {
  if (!state_->finished) static_cast<void>(Abort());
}

Result<std::unique_ptr<Editor>> Editor::OpenCopy(FileSystem& fs, const std::filesystem::path& input,
                                                 const std::filesystem::path& temporary,
                                                 const EditorOptions& options) {
  auto state = std::make_unique<State>();
  auto& s = *state;
  s.mode = EditorMode::kCopy;
  s.options = options;
  WW_TRY(auto source, fs.Open(input, OpenMode::kRead), "WIM");
  WW_TRY_STATUS(source->LockShared(), "copying the WIM");  // nobody may append meanwhile
  WW_TRY(s.wim, WimFile::Open(std::move(source), input), "WIM");
  s.original_end = s.wim->tail().end;
  if (auto clone = fs.Clone(input, temporary); clone) {
    s.target = *std::move(clone);
    if (options.on_copied) options.on_copied(s.original_end);
  } else if (clone.error().code != Code::kUnsupported) {
    return Fail(clone.error().Within("copying the WIM"));
  } else {
    WW_TRY(s.target, fs.CreateNew(temporary), "copying the WIM");
    // A file of its own: direct writes are a property of the descriptor.
    WW_TRY(auto again, fs.Open(temporary, OpenMode::kReadWrite), "copying the WIM");
    s.copying = std::make_unique<BackgroundCopy>(s.old_content(), std::move(again), s.original_end,
                                                 options.on_copied);
  }
  s.file = s.target.get();
  return std::unique_ptr<Editor>(new Editor(std::move(state)));
}

Result<std::unique_ptr<Editor>> Editor::OpenInPlace(FileSystem& fs,
                                                    const std::filesystem::path& path,
                                                    const EditorOptions& options) {
  WW_TRY(auto file, fs.Open(path, OpenMode::kReadWrite), "WIM");
  WW_TRY_STATUS(file->LockExclusive(), "editing the WIM in place");
  auto state = std::make_unique<State>();
  state->mode = EditorMode::kInPlace;
  state->options = options;
  WW_TRY(state->wim, WimFile::Open(std::move(file), path), "WIM");
  if ((state->wim->header().flags & kFlagReadOnly) != 0) {
    const Error error{
        Code::kUnsupported, fmt::format("{} is marked read-only", path.string()), {}, 0};
    return Fail(error.WithNextStep("Write to another file with --output."));
  }
  state->file = state->wim->state_->file.get();
  state->original_end = state->wim->tail().end;
  if (state->wim->tail().bytes != 0) {
    WW_TRY_STATUS(state->file->Truncate(state->original_end), "removing an interrupted append");
  }
  return std::unique_ptr<Editor>(new Editor(std::move(state)));
}

Result<std::unique_ptr<Editor>> Editor::CreateEmpty(FileSystem& fs,
                                                    const std::filesystem::path& path,
                                                    const CreateOptions& create,
                                                    const EditorOptions& options) {
  Header header;
  header.flags = CompressionFlags(create.compression);
  header.guid = create.guid ? *create.guid : RandomGuid();
  if (create.compression != Compression::kNone) {
    header.chunk_size =
        create.chunk_size != 0 ? create.chunk_size : UsualChunkSize(create.compression);
    if (!ChunkSizeValid(create.compression, header.chunk_size)) {
      return Fail(Code::kUsage,
                  fmt::format("{} with chunks of {} bytes", CompressionName(create.compression),
                              header.chunk_size));
    }
  }
  WW_TRY(auto file, fs.CreateNew(path), "WIM");
  WW_TRY_STATUS(file->LockExclusive(), "a new WIM");
  auto inner = std::make_unique<WimFile::State>();
  inner->file = std::move(file);
  inner->path = path;
  inner->header = header;
  inner->xml = "<WIM></WIM>";
  inner->tail.end = kHeaderSize;
  auto state = std::make_unique<State>();
  state->mode = EditorMode::kNew;
  state->options = options;
  state->integrity = create.integrity;
  state->file = inner->file.get();
  state->original_end = kHeaderSize;
  state->wim = std::unique_ptr<WimFile>(new WimFile(std::move(inner)));
  return std::unique_ptr<Editor>(new Editor(std::move(state)));
}

Status Editor::State::Usable() const {
  if (finished) return Fail(Code::kUsage, "the editing session is over");
  return writer->status();
}

const File& Editor::State::old_content() const { return *wim->state_->file; }

Result<ImageSlot*> Editor::State::Slot(int index) {
  if (index < 1 || static_cast<std::size_t>(index) > images.size()) {
    return Fail(Code::kNotFound, fmt::format("{} has no image {}", wim->path().string(), index));
  }
  return &images[static_cast<std::size_t>(index) - 1];
}

Result<XmlDocument*> Editor::State::Xml() {
  if (!xml) {
    WW_TRY(auto parsed, XmlDocument::Parse(wim->xml(), wim->header().image_count), "XML data");
    xml.emplace(std::move(parsed));
  }
  return &*xml;
}

const Blob* Editor::State::Find(const Sha1Digest& hash) const {
  const auto* blob = wim->blobs().Find(hash);
  return blob != nullptr ? blob : added.Find(hash);
}

Result<Sha1Digest> Editor::State::FinishBlob() {
  const auto size = open_size;
  WW_TRY(const auto done, writer->Finish([this](const Sha1Digest& hash) { return Known(hash); }),
         "adding a blob");
  if (!done.ticket) {
    ++deduplicated;
    return done.hash;
  }
  Blob blob;
  blob.hash = done.hash;
  blob.where.size = size;
  added.Add(blob);
  added_tickets.push_back(*done.ticket);
  return done.hash;
}

Status Editor::State::Settle() {
  WW_RETURN_IF_ERROR(writer->Flush());
  for (; settled < added_tickets.size(); ++settled) {
    added.at(settled).where = writer->location(added_tickets[settled]);
  }
  for (auto& slot : images) {
    if (!slot.ticket) continue;
    slot.stored = Blob{*slot.written_hash, writer->location(*slot.ticket), 1, 1};
    slot.ticket.reset();
  }
  return {};
}

Status Editor::State::WriteImage(ImageSlot& slot) {
  auto& image = *slot.image;
  slot.counts = image.Count([this](const Sha1Digest& hash) -> std::uint64_t {
    const auto* blob = Find(hash);
    return blob == nullptr ? 0 : blob->where.size;
  });
  WW_RETURN_IF_ERROR(writer->Begin(image.serialised_size(), true));
  WW_RETURN_IF_ERROR(image.Serialise([this](ByteView piece) { return writer->Write(piece); }));
  WW_TRY(const auto done, writer->Finish([](const Sha1Digest&) { return false; }),
         "image metadata");
  slot.written_hash = done.hash;
  slot.ticket = done.ticket;
  slot.written = true;
  return {};
}

Status Editor::State::Truncate() {
  WW_TRY(const auto size, file->Size(), "size");
  if (size <= original_end) return {};
  return file->Truncate(mode == EditorMode::kNew ? 0 : original_end);
}

const WimFile& Editor::file() const { return *state_->wim; }
int Editor::image_count() const { return static_cast<int>(state_->images.size()); }

Result<Image*> Editor::image(int index) {
  WW_RETURN_IF_ERROR(state_->Usable());
  WW_TRY(auto* const slot, state_->Slot(index), "image");
  if (slot->image) return slot->image.get();
  if (slot->ticket) WW_RETURN_IF_ERROR(state_->Settle());
  const auto what = fmt::format("{}: image {}", file().path().string(), index);
  WW_TRY(auto bytes,
         ReadVerified(state_->FileOf(*slot), slot->stored->where, file().header().compression(),
                      file().header().chunk_size, std::uint64_t{1} << 30, slot->stored->hash),
         what);
  WW_TRY(auto image, Image::Parse(std::move(bytes)), what);
  slot->image = std::make_unique<Image>(std::move(image));
  return slot->image.get();
}

Result<int> Editor::AddImage(std::string_view name, const Image::Metadata& root) {
  WW_RETURN_IF_ERROR(state_->Usable());
  WW_TRY(auto* const xml, state_->Xml(), "adding an image");
  if (name.empty()) return Fail(Code::kUsage, "an image without a name");
  if (xml->HasImageNamed(name)) {
    return Fail(Code::kConflict, fmt::format("an image \"{}\" exists", name));
  }
  xml->AddImage(name, root.creation);
  state_->xml_changed = true;
  state_->images.emplace_back();
  state_->images.back().image = std::make_unique<Image>(Image::Empty(root));
  return image_count();
}

Status Editor::Release(int index) {
  WW_RETURN_IF_ERROR(state_->Usable());
  WW_TRY(auto* const slot, state_->Slot(index), "image");
  if (!slot->image) return {};
  if (slot->image->modified()) WW_TRY_STATUS(state_->WriteImage(*slot), "writing an image");
  slot->image.reset();
  return {};
}

Editor::BlobWriter::BlobWriter(BlobWriter&& other) noexcept
    : editor_(std::exchange(other.editor_, nullptr)) {}

Editor::BlobWriter& Editor::BlobWriter::operator=(BlobWriter&& other) noexcept {
  std::swap(editor_, other.editor_);
  return *this;
}

Editor::BlobWriter::~BlobWriter() {
  if (editor_ != nullptr) editor_->state_->writer->Abandon();
}

Status Editor::BlobWriter::Write(ByteView bytes) {
  if (editor_ == nullptr) return Fail(Code::kUsage, "the blob is finished");
  auto& s = *editor_->state_;
  if (s.open_size == 0) {
    return bytes.empty() ? Status() : Fail(Code::kUsage, "more than the announced 0 bytes");
  }
  return s.writer->Write(bytes);
}

Result<Sha1Digest> Editor::BlobWriter::Finish() {
  if (editor_ == nullptr) return Fail(Code::kUsage, "the blob is finished");
  auto& s = *std::exchange(editor_, nullptr)->state_;
  if (s.open_size == 0) return Sha1Digest{};
  auto result = s.FinishBlob();
  if (!result) s.writer->Abandon();
  return result;
}

Result<Editor::BlobWriter> Editor::BeginBlob(std::uint64_t size) {
  WW_RETURN_IF_ERROR(state_->Usable());
  if (state_->writer->open()) return Fail(Code::kUsage, "the blob before is not finished");
  state_->open_size = size;
  if (size != 0) WW_RETURN_IF_ERROR(state_->writer->Begin(size, false));
  return BlobWriter(this);
}

Result<Sha1Digest> Editor::AddBlob(ByteView whole) {
  if (!whole.empty() && state_->Known(Sha1(whole))) {
    WW_RETURN_IF_ERROR(state_->Usable());
    ++state_->deduplicated;
    return Sha1(whole);
  }
  WW_TRY(auto writer, BeginBlob(whole.size()), "adding a blob");
  WW_RETURN_IF_ERROR(writer.Write(whole));
  return writer.Finish();
}

Status Editor::AddStored(const StoredBlob& blob) {
  auto& s = *state_;
  WW_RETURN_IF_ERROR(s.Usable());
  if (s.Known(blob.hash)) {
    ++s.deduplicated;
    return {};
  }
  WW_TRY(const auto ticket, s.writer->AppendStored(*blob.file, blob.where, blob.stored_hash),
         "taking a stored blob");
  Blob added;
  added.hash = blob.hash;
  added.where.size = blob.where.size;
  s.added.Add(added);
  s.added_tickets.push_back(ticket);
  return {};
}

std::uint32_t Editor::chunk_size() const { return state_->writer->chunk_size(); }

Result<Sha1Digest> Editor::AddEdited(
    const Sha1Digest& base, std::uint64_t new_size, std::span<const std::uint32_t> dirty_chunks,
    const std::function<Status(std::uint64_t, MutableByteView)>& read) {
  WW_TRY(const auto old, OpenBlob(base), "the base of an edited blob");
  WW_TRY(auto writer, BeginBlob(new_size), "adding an edited blob");
  const std::uint64_t step = chunk_size();
  std::vector<std::uint32_t> dirty(dirty_chunks.begin(), dirty_chunks.end());
  std::sort(dirty.begin(), dirty.end());
  const auto stored = old->stored_chunks();
  for (std::uint64_t offset = 0; offset < new_size; offset += step) {
    const auto index = offset / step;
    Bytes content(static_cast<std::size_t>(std::min(step, new_size - offset)));
    WW_TRY_STATUS(read(offset, content), "reading an edited blob");
    const bool same_extent =
        index < stored && std::min(step, old->size() - offset) == content.size();
    if (same_extent && !std::binary_search(dirty.begin(), dirty.end(), index)) {
      WW_TRY(auto candidate, old->ReadStoredChunk(index), "the base of an edited blob");
      WW_RETURN_IF_ERROR(state_->writer->WriteChunk(std::move(content), std::move(candidate)));
    } else {
      WW_RETURN_IF_ERROR(writer.Write(content));
    }
  }
  return writer.Finish();
}

std::optional<std::uint64_t> Editor::BlobSize(const Sha1Digest& hash) const {
  const auto* blob = state_->Find(hash);
  if (blob == nullptr) return std::nullopt;
  return blob->where.size;
}

Result<std::unique_ptr<BlobReader>> Editor::OpenBlob(const Sha1Digest& hash) {
  WW_RETURN_IF_ERROR(state_->Usable());
  const auto& header = file().header();
  if (const auto* old = state_->wim->blobs().Find(hash)) {
    return BlobReader::Open(state_->old_content(), old->where, header.compression(),
                            header.chunk_size);
  }
  if (state_->added.Find(hash) == nullptr) {
    return Fail(Code::kNotFound, fmt::format("no blob {}", ToHex(hash)));
  }
  WW_RETURN_IF_ERROR(state_->Settle());
  return BlobReader::Open(*state_->file, state_->added.Find(hash)->where, header.compression(),
                          header.chunk_size);
}

Status Editor::SetImageXml(int index, std::string_view path, std::string_view text) {
  WW_RETURN_IF_ERROR(state_->Usable());
  WW_TRY(auto* const xml, state_->Xml(), "XML data");
  WW_RETURN_IF_ERROR(xml->SetText(index, path, text));
  state_->xml_changed = true;
  return {};
}

Status Editor::Abort() {
  auto& s = *state_;
  if (s.finished) return {};
  s.finished = true;
  s.writer->Abandon();
  s.copying.reset();
  if (s.header_written) {
    return Fail(Code::kInternal, "the header names the new state, but it may not be on disk");
  }
  return s.mode == EditorMode::kCopy ? Status() : s.Truncate();
}

}  // namespace ww::wim
