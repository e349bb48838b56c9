// ProveCompact(): looks at the two files only, not at how the one was made from the other.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "integrity.h"
#include "references.h"
#include "resource_io.h"
#include "wim_file_state.h"
#include "wimwright/base/text.h"
#include "wimwright/wim/compact.h"
#include "xml_document.h"

namespace ww::wim {
namespace {

constexpr std::uint64_t kMostIntegrityTable = 64u << 20;
constexpr std::uint64_t kStep = 4u << 20;

struct Pair {
  std::uint64_t old_at = 0;
  std::uint64_t new_at = 0;
  std::uint64_t size = 0;
  std::uint64_t end() const { return old_at + size; }
};

tl::unexpected<Error> Differs(std::string_view what) {
  return Fail(Code::kVerificationFailed, fmt::format("the compact file differs in {}", what));
}

bool SamePlaceless(const ResourceLocation& a, const ResourceLocation& b) {
  return a.size == b.size && a.size_in_wim == b.size_in_wim && a.flags == b.flags;
}

Status CompareHeaders(const Header& old, const Header& now) {
  auto expected = old;
  expected.blob_table = now.blob_table;
  expected.xml = now.xml;
  expected.integrity = now.integrity;
  expected.boot_metadata.offset = now.boot_metadata.offset;
  if (expected != now) return Differs("its header");
  if ((old.integrity.offset == 0) != (now.integrity.offset == 0)) {
    return Differs("having an integrity table");
  }
  return {};
}

Status CompareXml(const WimFile& old, const WimFile& now) {
  const auto text = [](const WimFile& wim) -> Result<std::string> {
    WW_TRY(auto document, XmlDocument::Parse(wim.xml(), wim.header().image_count), "XML data");
    document.SetTotalBytes(0);
    return document.ToText();
  };
  WW_TRY(const auto expected, text(old), "XML data");
  WW_TRY(const auto actual, text(now), "XML data");
  if (expected != actual) return Differs("its XML data");
  return {};
}

Status Add(const ResourceLocation& old, const ResourceLocation& now, std::vector<Pair>& pairs) {
  if (!SamePlaceless(old, now)) return Differs("the size of a resource");
  if (old.size_in_wim != 0) pairs.push_back({old.offset, now.offset, old.size_in_wim});
  return {};
}

// What `kept` says no to must be gone, all else there, in the same order.
Status PairUp(std::span<const Blob> old, const std::vector<bool>& kept, std::span<const Blob> now,
              std::vector<Pair>& pairs) {
  if (now.size() != static_cast<std::size_t>(std::count(kept.begin(), kept.end(), true))) {
    return Differs("the number of blobs");
  }
  auto other = now.begin();
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (!kept[i]) continue;
    if (old[i].hash != other->hash || old[i].references != other->references) {
      return Differs("blob " + ToHex(old[i].hash));
    }
    WW_RETURN_IF_ERROR(Add(old[i].where, other->where, pairs));
    ++other;
  }
  return {};
}

// Neighbours that stayed neighbours become one. What overlaps has to have moved alike, so that the
// bytes to compare are never more than the file has.
Result<std::vector<Pair>> Joined(std::vector<Pair> pairs) {
  std::sort(pairs.begin(), pairs.end(),
            [](const Pair& a, const Pair& b) { return a.old_at < b.old_at; });
  std::vector<Pair> joined;
  for (const auto& pair : pairs) {
    if (joined.empty() || pair.old_at > joined.back().end()) {
      joined.push_back(pair);
      continue;
    }
    auto& last = joined.back();
    if (pair.new_at - last.new_at == pair.old_at - last.old_at) {
      last.size = std::max(last.end(), pair.old_at + pair.size) - last.old_at;
    } else if (pair.old_at == last.end()) {
      joined.push_back(pair);
    } else {
      return Differs("what its resources share");
    }
  }
  return joined;
}

class Comparison {
 public:
  Comparison(const File& old, const File& now, std::vector<Pair> pairs, Progress& progress,
             const Cancellation& cancel)
      : old_(old), now_(now), progress_(progress), cancel_(cancel) {
    for (const auto& pair : pairs) {
      for (std::uint64_t done = 0; done < pair.size; done += kStep) {
        steps_.push_back(
            {pair.old_at + done, pair.new_at + done, std::min(kStep, pair.size - done)});
      }
    }
  }

  Status Run(unsigned threads) {
    std::vector<std::thread> helpers;
    const auto useful = std::min<std::size_t>(threads, steps_.size());
    for (std::size_t i = 1; i < useful; ++i) helpers.emplace_back([this] { Work(); });
    Work();
    for (auto& helper : helpers) helper.join();
    if (error_) return Fail(*error_);
    return {};
  }

 private:
  void Work() {
    Bytes expected;
    Bytes actual;
    for (auto i = next_.fetch_add(1); i < steps_.size(); i = next_.fetch_add(1)) {
      const auto done = Compare(steps_[i], expected, actual);
      if (done) continue;
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = done.error();
      next_ = steps_.size();
    }
  }

  Status Compare(const Pair& step, Bytes& expected, Bytes& actual) {
    WW_RETURN_IF_ERROR(cancel_.Check());
    expected.resize(static_cast<std::size_t>(step.size));
    actual.resize(static_cast<std::size_t>(step.size));
    WW_RETURN_IF_ERROR(old_.ReadAt(step.old_at, expected));
    WW_RETURN_IF_ERROR(now_.ReadAt(step.new_at, actual));
    if (expected != actual) return Differs(fmt::format("the bytes from {} on", step.new_at));
    progress_.Advance(step.size);
    return {};
  }

  const File& old_;
  const File& now_;
  std::vector<Pair> steps_;
  Progress& progress_;
  const Cancellation& cancel_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::optional<Error> error_;
};

Status CheckTable(const WimFile& wim, unsigned threads) {
  const auto& header = wim.header();
  if (header.integrity.offset == 0) return {};
  const auto& file = StateAccess::FileOf(wim);
  WW_TRY(const auto bytes,
         ReadResource(file, header.integrity, header.compression(), header.chunk_size,
                      kMostIntegrityTable),
         "integrity table");
  WW_TRY(const auto table, IntegrityTable::Parse(bytes), "integrity table");
  bool ok = true;
  WW_TRY_STATUS(CheckIntegrity(file, table, header.blob_table.end(), threads,
                               [&ok](std::size_t) { ok = false; }),
                "integrity table");
  if (!ok) return Differs("its integrity table");
  return {};
}

}  // namespace

Status ProveCompact(const WimFile& source, const WimFile& result, unsigned threads,
                    Progress& progress, const Cancellation& cancel) {
  WW_RETURN_IF_ERROR(CompareHeaders(source.header(), result.header()));
  WW_RETURN_IF_ERROR(CompareXml(source, result));
  std::vector<Pair> pairs;
  const auto images = source.blobs().metadata();
  WW_RETURN_IF_ERROR(
      PairUp(images, std::vector<bool>(images.size(), true), result.blobs().metadata(), pairs));
  WW_TRY(const auto named, NamedBlobs(source), "what is in use");
  WW_RETURN_IF_ERROR(PairUp(source.blobs().blobs(), named, result.blobs().blobs(), pairs));
  WW_RETURN_IF_ERROR(Add(source.header().boot_metadata, result.header().boot_metadata, pairs));
  WW_TRY(auto joined, Joined(std::move(pairs)), "comparing");
  Comparison comparison(StateAccess::FileOf(source), StateAccess::FileOf(result), std::move(joined),
                        progress, cancel);
  WW_RETURN_IF_ERROR(comparison.Run(ThreadCount(threads)));
  return CheckTable(result, ThreadCount(threads));
}

}  // namespace ww::wim
