#include "wimwright/wim/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>

#include "helpers.h"
#include "integrity.h"
#include "resource_io.h"
#include "wim_file_state.h"
#include "wimwright/base/text.h"

namespace ww::wim {
namespace {

constexpr std::size_t kMostProblems = 1000;
constexpr std::uint64_t kMostIntegrityTable = 64u << 20;
constexpr std::size_t kStep = 1u << 20;

struct Item {
  Blob blob;
  std::string what;  // empty: "blob <hash>"
  std::optional<Sha256Digest> sha256;
};

class Verifier {
 public:
  Verifier(const File& file, const Header& header, std::vector<Item> items, ContentDigests* digests,
           Progress& progress, const Cancellation& cancellation)
      : file_(file),
        header_(header),
        items_(std::move(items)),
        digests_(digests),
        progress_(progress),
        cancellation_(cancellation) {}

  Result<VerifyReport> Run(unsigned threads) {
    // The order of the file is the order in which disks read fastest.
    std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
      return a.blob.where.offset < b.blob.where.offset;
    });
    const auto useful = std::min<std::size_t>(threads, items_.size());
    Helpers helpers(useful == 0 ? 0 : useful - 1, [this] { Work(); });
    Work();
    helpers.Join();
    WW_RETURN_IF_ERROR(cancellation_.Check());
    if (out_of_memory_) return Fail(OutOfMemory());
    return std::move(report_);
  }

 private:
  void Work() {
    try {
      CheckItems();
    } catch (const std::bad_alloc&) {
      out_of_memory_ = true;
    }
  }

  void CheckItems() {
    Bytes buffer(kStep);
    for (auto i = next_.fetch_add(1); i < items_.size(); i = next_.fetch_add(1)) {
      if (cancellation_.requested() || out_of_memory_) return;
      const auto& item = items_[i];
      std::optional<Sha256Digest> digest;
      const auto status = Check(item, buffer, digest);
      if (cancellation_.requested()) return;
      const std::lock_guard lock(mutex_);
      if (digests_ != nullptr && status && digest) digests_->emplace(item.blob.hash, *digest);
      ++report_.blobs;
      report_.bytes += item.blob.where.size;
      if (!status && report_.problems.size() < kMostProblems) {
        report_.problems.push_back(
            {item.what.empty() ? "blob " + ToHex(item.blob.hash) : item.what, status.error()});
      }
    }
  }

  Status Check(const Item& item, Bytes& buffer, std::optional<Sha256Digest>& digest) {
    const auto& blob = item.blob;
    WW_TRY(const auto reader,
           BlobReader::Open(file_, blob.where, header_.compression(), header_.chunk_size),
           "verifying");
    Sha1Hasher hasher;
    std::optional<Sha256Hasher> second;
    if (item.sha256 || (digests_ != nullptr && !blob.where.metadata())) second.emplace();
    for (std::uint64_t at = 0; at < reader->size();) {
      WW_RETURN_IF_ERROR(cancellation_.Check());
      const auto step = std::min<std::uint64_t>(buffer.size(), reader->size() - at);
      const auto piece = MutableByteView(buffer).first(static_cast<std::size_t>(step));
      WW_RETURN_IF_ERROR(reader->ReadAt(at, piece));
      hasher.Update(piece);
      if (second) second->Update(piece);
      progress_.Advance(step);
      at += step;
    }
    const auto actual = hasher.Finish();
    if (actual != blob.hash) {
      return Fail(Code::kVerificationFailed,
                  fmt::format("its content has SHA-1 {}", ToHex(actual)));
    }
    if (!second) return {};
    digest = second->Finish();
    if (item.sha256 && *digest != *item.sha256) {
      return Fail(Code::kVerificationFailed,
                  fmt::format("its content has SHA-256 {}", ToHex(*digest)));
    }
    return {};
  }

  const File& file_;
  const Header& header_;
  std::vector<Item> items_;
  ContentDigests* digests_;  // null: nobody asks for them
  Progress& progress_;
  const Cancellation& cancellation_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> out_of_memory_{false};
  std::mutex mutex_;
  VerifyReport report_;
};

void VerifyIntegrity(const WimFile& wim, unsigned threads, VerifyReport& report) {
  const auto& header = wim.header();
  if (header.integrity.offset == 0) return;
  const auto& file = StateAccess::FileOf(wim);
  const auto problem = [&report](const Error& error) {
    if (report.problems.size() < kMostProblems)
      report.problems.push_back({"integrity table", error});
  };
  const auto check = [&]() -> Status {
    WW_TRY(const auto bytes,
           ReadResource(file, header.integrity, header.compression(), header.chunk_size,
                        kMostIntegrityTable),
           "reading");
    WW_TRY(const auto table, IntegrityTable::Parse(bytes), "reading");
    return CheckIntegrity(file, table, header.blob_table.end(), threads, [&](std::size_t chunk) {
      problem(
          Error{Code::kVerificationFailed, fmt::format("chunk {} does not match", chunk), {}, 0});
    });
  };
  if (const auto status = check(); !status) problem(status.error());
}

}  // namespace

Result<VerifyReport> VerifyBlobs(const WimFile& wim, unsigned threads, Progress& progress,
                                 const Cancellation& cancellation, ContentDigests* digests) {
  std::vector<Item> items;
  int index = 0;
  for (const auto& blob : wim.blobs().metadata()) {
    items.push_back({blob, fmt::format("metadata of image {}", ++index), {}});
  }
  for (const auto& blob : wim.blobs().blobs()) items.push_back({blob, {}, {}});
  Verifier verifier(StateAccess::FileOf(wim), wim.header(), std::move(items), digests, progress,
                    cancellation);
  WW_TRY(auto report, verifier.Run(ThreadCount(threads)), "verifying");
  VerifyIntegrity(wim, ThreadCount(threads), report);
  return report;
}

Result<VerifyReport> VerifyBlobs(const WimFile& wim, std::span<const ExpectedBlob> only,
                                 unsigned threads, Progress& progress,
                                 const Cancellation& cancellation) {
  std::vector<Item> items;
  std::vector<VerifyProblem> missing;
  for (const auto& [hash, sha256] : only) {
    if (const auto* blob = wim.blobs().Find(hash)) {
      items.push_back({*blob, {}, sha256});
    } else if (missing.size() < kMostProblems) {
      missing.push_back({"blob " + ToHex(hash), Error{Code::kNotFound, "not in the file", {}, 0}});
    }
  }
  Verifier verifier(StateAccess::FileOf(wim), wim.header(), std::move(items), nullptr, progress,
                    cancellation);
  WW_TRY(auto report, verifier.Run(ThreadCount(threads)), "verifying");
  report.problems.insert(report.problems.end(), missing.begin(), missing.end());
  return report;
}

}  // namespace ww::wim
