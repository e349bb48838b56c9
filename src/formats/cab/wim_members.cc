#include "wim_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "names.h"
#include "read_only_file.h"
#include "view_files.h"
#include "wimwright/wim/wim_file.h"

namespace ww::cab {
namespace {

constexpr std::size_t kMaxEntries = 1'000'000;
constexpr std::size_t kPiece = 256 << 10;

// Compressed content, chunk by chunk. A reader keeps chunks, so callers take turns.
class BlobFile final : public ReadOnlyFile {
 public:
  BlobFile(std::shared_ptr<const wim::WimFile> wim, std::unique_ptr<wim::BlobReader> reader)
      : wim_(std::move(wim)), reader_(std::move(reader)) {}
  Result<std::uint64_t> Size() const override { return reader_->size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    if (offset > reader_->size() || out.size() > reader_->size() - offset) {
      return Fail(Code::kCorrupt, "reading beyond the end of a member");
    }
    const std::lock_guard lock(mutex_);
    return reader_->ReadAt(offset, out);
  }

 private:
  std::shared_ptr<const wim::WimFile> wim_;  // the reader borrows its file
  mutable std::mutex mutex_;
  std::unique_ptr<wim::BlobReader> reader_;
};

class WimMembers final : public Members {
 public:
  WimMembers(std::shared_ptr<const File> file, std::shared_ptr<const wim::WimFile> wim)
      : file_(std::move(file)), wim_(std::move(wim)) {}

  Status Prepare() {
    WW_TRY(const auto image, wim_->ReadImage(1), "WIM");
    if (image.node_count() > kMaxEntries)
      return Fail(Code::kLimit, "WIM of over a million entries");
    std::vector<Member> list;
    Status status;
    image.ForEachNode([&](wim::NodeId node) {
      if (status && node != image.root()) status = Add(image, node, list);
    });
    WW_RETURN_IF_ERROR(status);
    return SetList(std::move(list));
  }

  Status Stream(std::span<const std::size_t> wanted, MemberSink& sink) override {
    auto order = CheckWanted(wanted);
    if (!order) return Fail(order.error());
    std::stable_sort(order->begin(), order->end(), [this](std::size_t a, std::size_t b) {
      return blobs_[a].where.offset < blobs_[b].where.offset;
    });
    for (const auto i : *order) {
      WW_RETURN_IF_ERROR(sink.Begin(list()[i], i));
      WW_TRY_STATUS(Pass(blobs_[i], sink), list()[i].name);
      WW_RETURN_IF_ERROR(sink.End());
    }
    return {};
  }

  Result<std::shared_ptr<const File>> OpenInPlace(std::size_t index) override {
    const std::size_t one[] = {index};
    if (auto checked = CheckWanted(one); !checked) return Fail(checked.error());
    const wim::Blob& blob = blobs_[index];
    if (!blob.where.compressed()) {
      return std::shared_ptr<const File>(
          std::make_shared<RangeFile>(file_, blob.where.offset, blob.where.size));
    }
    WW_TRY(auto reader, wim_->OpenBlob(blob.hash), list()[index].name);
    return std::shared_ptr<const File>(std::make_shared<BlobFile>(wim_, std::move(reader)));
  }

 private:
  Status Add(const wim::Image& image, wim::NodeId node, std::vector<Member>& list) {
    if (image.is_directory(node)) return {};
    const std::string path = image.path(node);
    if (image.reparse_tag(node) != 0 || !image.named_streams(node).empty()) {
      return Fail(Code::kUnsupported,
                  fmt::format("{}: a link or further streams in an update", path));
    }
    Member member;
    WW_TRY(member.name, NormaliseMemberName(path), "WIM");
    member.time = image.last_write_time(node);
    member.attributes = image.attributes(node);
    wim::Blob blob;  // of an empty file: nothing anywhere
    if (const auto hash = image.hash(node); !wim::IsZero(hash)) {
      const auto* found = wim_->blobs().Find(hash);
      if (found == nullptr) {
        return Fail(Code::kCorrupt, fmt::format("{}: the WIM lacks its content", path));
      }
      blob = *found;
    }
    member.size = blob.where.size;
    list.push_back(std::move(member));
    blobs_.push_back(blob);
    return {};
  }

  Status Pass(const wim::Blob& blob, MemberSink& sink) {
    if (blob.where.size == 0) return {};
    WW_TRY(const auto reader, wim_->OpenBlob(blob.hash), "WIM");
    Sha1Hasher hasher;
    buffer_.resize(kPiece);
    for (std::uint64_t at = 0; at < reader->size();) {
      const auto piece = MutableByteView(buffer_).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, reader->size() - at)));
      WW_RETURN_IF_ERROR(reader->ReadAt(at, piece));
      hasher.Update(piece);
      WW_RETURN_IF_ERROR(sink.Write(piece));
      at += piece.size();
    }
    if (hasher.Finish() != blob.hash) {
      return Fail(Code::kCorrupt, "the content does not match its hash in the WIM");
    }
    return {};
  }

  std::shared_ptr<const File> file_;
  std::shared_ptr<const wim::WimFile> wim_;
  std::vector<wim::Blob> blobs_;  // of each member
  Bytes buffer_;
};

}  // namespace

Result<std::unique_ptr<Members>> OpenWimMembers(std::shared_ptr<const File> file,
                                                const std::filesystem::path& shown) {
  WW_TRY(auto opened, wim::WimFile::Open(std::make_unique<SharedFile>(file), shown), "WIM");
  const std::shared_ptr<const wim::WimFile> wim(std::move(opened));
  if (wim->header().image_count != 1) {
    return Fail(Code::kUnsupported,
                fmt::format("a WIM with {} images is not an update", wim->header().image_count));
  }
  auto members = std::make_unique<WimMembers>(std::move(file), wim);
  WW_RETURN_IF_ERROR(members->Prepare());
  return std::unique_ptr<Members>(std::move(members));
}

}  // namespace ww::cab
