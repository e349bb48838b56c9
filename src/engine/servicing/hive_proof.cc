#include "hive_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "later_changes.h"
#include "wimwright/base/text.h"
#include "wimwright/hive/check.h"

namespace ww::servicing {
namespace {

Status NotSo(std::string what) { return Fail(Code::kVerificationFailed, std::move(what)); }

class FileStorage final : public hive::Storage {
 public:
  FileStorage(std::unique_ptr<File> file, std::uint64_t size, const Cancellation& cancel)
      : file_(std::move(file)), size_(size), cancel_(cancel) {}
  std::uint64_t size() const override { return size_; }
  Status ReadAt(std::uint64_t offset, MutableByteView out) override {
    WW_RETURN_IF_ERROR(cancel_.Check());
    return file_->ReadAt(offset, out);
  }

 private:
  std::unique_ptr<File> file_;
  std::uint64_t size_;
  const Cancellation& cancel_;
};

// Where a whole hive goes piece by piece.
class Spool {
 public:
  Spool(FileSystem& fs, const std::filesystem::path& dir, std::uint64_t size) : size_(size) {
    auto file = fs.CreateUnnamed(dir.empty() ? std::filesystem::path(".") : dir);
    if (file) file_ = std::move(*file);
  }

  Status Append(ByteView bytes) {
    if (file_ != nullptr) {
      if (file_->WriteAt(at_, bytes)) {
        at_ += bytes.size();
        return {};
      }
      // No room there: what is written comes back, the rest follows.
      memory_.resize(static_cast<std::size_t>(at_));
      WW_RETURN_IF_ERROR(file_->ReadAt(0, memory_));
      file_.reset();
    }
    if (memory_.capacity() < size_) memory_.reserve(static_cast<std::size_t>(size_));
    ww::Append(memory_, bytes);
    at_ += bytes.size();
    return {};
  }

  std::unique_ptr<hive::Storage> Finish(const Cancellation& cancel) {
    if (file_ == nullptr) return hive::MemoryStorage(std::move(memory_));
    return std::make_unique<FileStorage>(std::move(file_), at_, cancel);
  }

 private:
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  std::unique_ptr<File> file_;
  Bytes memory_;
};

}  // namespace

Status ProveRegistryChanges(hive::Hive& hive, cbs::HiveKind kind, const RegistryChanges& changes) {
  using Kind = cbs::RegistryChange::Kind;
  LaterChanges values;   // key and name
  LaterChanges cleared;  // keys that lost everything below them
  LaterChanges created;  // keys that exist, and all above them
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (change->hive != kind) continue;
    const auto key = FoldCase(change->key);
    const auto slash = key.rfind('\\');
    const bool gone =
        slash != std::string::npos && cleared.KnowsAbove(std::string_view(key).substr(0, slash));
    const auto where = fmt::format("{}\\{}", cbs::HiveName(kind), change->key);
    WW_TRY(const auto id, hive.FindPath(hive.root(), change->key), where);
    if (change->kind == Kind::kDeleteSubkeys) {
      if (id && !gone && !created.Knows(key)) {
        WW_TRY(const auto info, hive.Info(*id), where);
        if (info.subkeys != 0) return NotSo(fmt::format("{} still has subkeys", where));
      }
      cleared.Claim(key);
      continue;
    }
    if (change->kind != Kind::kDeleteValue) {
      created.ClaimAbove(key);
    }
    if (gone) continue;
    if (change->kind == Kind::kCreateKey) {
      if (!id) return NotSo(fmt::format("{} is missing", where));
      continue;
    }
    if (!values.Claim(key + '\0' + FoldCase(change->name))) continue;
    std::optional<hive::Value> value;
    if (id) {
      WW_TRY(value, hive.GetValue(*id, change->name), where);
    }
    const bool right = change->kind == Kind::kDeleteValue    ? !value.has_value()
                       : change->kind == Kind::kSetIfMissing ? value.has_value()
                                                             : value == change->value;
    if (!right) return NotSo(fmt::format("{}, value '{}' is not as planned", where, change->name));
  }
  return {};
}

Status ProveHive(const wim::WimFile& file, const Sha1Digest& content, cbs::HiveKind kind,
                 const RegistryChanges& changes, const std::filesystem::path& scratch_dir,
                 Progress& progress, const Context& context) {
  constexpr std::uint64_t kMaxHive = std::uint64_t{2} << 30;  // Windows' own limit
  WW_TRY(const auto reader, file.OpenBlob(content), "opening");
  if (reader->size() > kMaxHive) return NotSo("it is larger than a hive can be");
  Spool spool(context.fs, scratch_dir, reader->size());
  Sha1Hasher hasher;
  Bytes piece(256u << 10);
  for (std::uint64_t at = 0; at < reader->size();) {
    WW_RETURN_IF_ERROR(context.cancel.Check());
    const auto step = std::min<std::uint64_t>(piece.size(), reader->size() - at);
    const auto part = MutableByteView(piece).first(static_cast<std::size_t>(step));
    WW_TRY_STATUS(reader->ReadAt(at, part), "reading");
    hasher.Update(part);
    WW_TRY_STATUS(spool.Append(part), "reading");
    at += step;
    progress.Advance(step);
  }
  if (hasher.Finish() != content) return NotSo("its bytes do not match their SHA-1");
  hive::OpenOptions options;
  options.cache_bytes = 24u << 20;
  WW_TRY(auto hive, hive::Hive::Open(spool.Finish(context.cancel), std::move(options)), "opening");
  WW_RETURN_IF_ERROR(ProveRegistryChanges(hive, kind, changes));
  WW_RETURN_IF_ERROR(context.cancel.Check());
  return hive::CheckHive(hive);
}

}  // namespace ww::servicing
