// A whole file: header, tables, XML, images and content; then an edit in place, which must leave a
// good file.
#include <cstdint>
#include <cstdlib>

#include "memory_file_system.h"
#include "wimwright/wim/compact.h"
#include "wimwright/wim/editor.h"
#include "wimwright/wim/rollback.h"
#include "wimwright/wim/space.h"
#include "wimwright/wim/verify.h"

namespace {

using namespace ww;
using namespace ww::wim;

void Require(bool holds) {
  if (!holds) std::abort();
}

void Read(const WimFile& wim) {
  for (std::size_t i = 1; i <= std::min<std::size_t>(wim.images().size(), 4); ++i) {
    const auto image = wim.ReadImage(static_cast<int>(i));
    if (!image) continue;
    image->ForEachReference(
        [&](NodeId, const Sha1Digest& hash) { static_cast<void>(wim.ReadBlob(hash, 1u << 20)); });
  }
  for (const auto& blob : wim.blobs().blobs()) {
    const auto reader = wim.OpenBlob(blob.hash);
    if (!reader || (*reader)->size() == 0) continue;
    Bytes some(static_cast<std::size_t>(std::min<std::uint64_t>(100, (*reader)->size())));
    static_cast<void>((*reader)->ReadAt((*reader)->size() - some.size(), some));
  }
}

void Edit(const std::shared_ptr<Bytes>& bytes) {
  MemoryFileSystem fs(bytes);
  EditorOptions options;
  options.threads = 1;
  options.compression_level = 1;
  auto editor = Editor::OpenInPlace(fs, "memory", options);
  if (!editor) return;
  const auto old_end = (*editor)->file().tail().end;
  const Bytes before(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(old_end));
  const auto image = (*editor)->image(1);
  if (!image) return;
  const Image::Metadata plain{kAttributeArchive, 1, 2, 3, -1};
  const auto hash = (*editor)->AddBlob(AsBytes("some new content, some new content"));
  if (!hash) return;
  static_cast<void>((*image)->AddFile((*image)->root(), "added by the fuzzer", plain, *hash, 34));
  static_cast<void>((*editor)->SetImageXml(1, "WINDOWS/VERSION/SPBUILD", "1"));
  const auto stats = (*editor)->Commit(1);
  editor->reset();
  Require(bytes->size() >= before.size());
  Require(std::equal(before.begin() + kHeaderSize, before.end(), bytes->begin() + kHeaderSize));
  const auto again = WimFile::Open(fs, "memory");
  Require(again.has_value());
  if (!stats) return;
  const auto edited = (*again)->ReadImage(1);
  Require(edited.has_value());
  // Compacting must not trust the tables either; whatever it makes holds the same.
  const auto use = MeasureSpace(**again);
  Require(use.live_bytes <= use.file_bytes);
  const auto compact = std::make_shared<Bytes>();
  MemoryFileSystem target(compact);
  const auto file = target.Open("memory", OpenMode::kReadWrite);
  if (WriteCompact(**again, **file, 1, [](std::uint64_t) { return Status(); })) {
    const auto result = WimFile::Open(target, "memory");
    Require(result.has_value());
    Require(ProveCompact(**again, **result, 1, NullProgress(), NeverCancelled()).has_value());
  }
  Require(RollBack(fs, "memory").has_value());
  Require(*bytes == before);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::make_shared<Bytes>(ToBytes(std::as_bytes(std::span(data, size))));
  MemoryFileSystem fs(bytes);
  const auto wim = WimFile::Open(fs, "memory");
  if (!wim) return 0;
  Read(**wim);
  static_cast<void>(FormerSize(**wim));
  if (size <= 64 * 1024) Edit(bytes);
  return 0;
}
