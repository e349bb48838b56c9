#include "replacement.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "rows.h"
#include "source.h"
#include "tables.h"
#include "wimwright/provider/identifiers.h"

namespace ww::distmgr {
namespace {

namespace stdfs = std::filesystem;
using provider::Call;

}  // namespace

Error SourceNotWritable(const stdfs::path& place, const Error& cause) {
  Error error = cause;
  error.message =
      fmt::format("the package source {} cannot be written: {}", place.string(), cause.message);
  error.next_step = "Let the server's user write there.";
  if (error.hresult == 0) error.hresult = 0x80070005;
  return error;
}

Replacement::Replacement(Core& core, std::string package_id, stdfs::path place)
    : core_(core),
      package_id_(std::move(package_id)),
      place_(std::move(place)),
      temporary_(place_.parent_path() / fmt::format("{}{}-{}", kTemporaryPrefix, package_id_,
                                                    provider::NewGuid().substr(1, 8))) {}

Replacement::~Replacement() {
  if (!begun_) return;
  std::error_code ignored;
  stdfs::remove(temporary_, ignored);
  const auto forgotten = core_.Transact([this](Call& call) {
    return DeleteRows(call.store.tx(), kTemporaryTable, {{"Path", temporary_.string()}});
  });
  static_cast<void>(forgotten);  // the next start does it
}

Status Replacement::Intend() {
  if (begun_) return {};
  WW_RETURN_IF_ERROR(core_.Transact([this](Call& call) {
    return UpsertRow(call.store.tx(), kTemporaryTable,
                     {{"Path", temporary_.string()},
                      {"Server", core_.options.server_id},
                      {"PackageID", package_id_}});
  }));
  begun_ = true;
  return {};
}

Status Replacement::CheckSpace(std::uint64_t bytes) const {
  WW_TRY(const auto free, core_.options.files->FreeSpace(place_.parent_path()), "free space");
  if (free >= bytes) return {};
  return Fail(Error{Code::kNoSpace,
                    fmt::format("{} has {} bytes free, {} are needed",
                                place_.parent_path().string(), free, bytes),
                    "Make room beside the package source.", 0x80070070});
}

Result<bool> Replacement::CanClone(const stdfs::path& stored) {
  WW_RETURN_IF_ERROR(Intend());
  if (auto cloned = core_.options.files->Clone(stored, temporary_); !cloned) return false;
  WW_RETURN_IF_ERROR(core_.options.files->Remove(temporary_));
  return true;
}

Status Replacement::Begin(std::uint64_t bytes) {
  WW_RETURN_IF_ERROR(CheckSpace(bytes));
  WW_RETURN_IF_ERROR(Intend());
  auto made = core_.options.files->CreateNew(temporary_);
  if (!made) return Fail(SourceNotWritable(place_, made.error()));
  file_ = *std::move(made);
  return {};
}

bool Replacement::Is(const stdfs::path& place, const PackageFile& content) const {
  return holds_ && place_ == place && holds_->id == content.id && holds_->bytes == content.bytes;
}

Status Replacement::Write(const PackageFile& content, Progress& progress,
                          const Cancellation& cancelled) {
  auto& files = *core_.options.files;
  WW_RETURN_IF_ERROR(Intend());
  if (const auto stored = core_.library().PathOf(content.id)) {
    auto cloned = files.Clone(*stored, temporary_);
    if (cloned) {
      file_ = *std::move(cloned);
      return {};
    }
    if (cloned.error().code != Code::kUnsupported)
      return Fail(SourceNotWritable(place_, cloned.error()));
  }
  WW_TRY(const auto from, core_.library().Open(content.id), content.path);
  WW_RETURN_IF_ERROR(Begin(content.bytes));
  return CopyDirectly(*from, *file_, content.bytes, [&](std::uint64_t bytes) -> Status {
    progress.Advance(bytes);
    return cancelled.Check();
  });
}

Status Replacement::Settle(std::uint64_t bytes) {
  TakeOverOwner();
  WW_RETURN_IF_ERROR(file_->Sync());
  WW_TRY(const auto size, file_->Size(), temporary_.string());
  if (size == bytes) return {};
  return Fail(Code::kVerificationFailed,
              fmt::format("{} has {} bytes instead of {}", temporary_.string(), size, bytes));
}

// Whoever could read the old file can read this one.
void Replacement::TakeOverOwner() {
  struct stat old {};
  if (::stat(place_.c_str(), &old) != 0) {
    ::chmod(temporary_.c_str(), 0644);
    return;
  }
  if (::chown(temporary_.c_str(), old.st_uid, old.st_gid) != 0) {
    // Only root gives files away; the rest of the rights still fits.
  }
  ::chmod(temporary_.c_str(), old.st_mode & 07777);
}

Status Replacement::GiveName() {
  if (auto renamed = core_.options.files->Rename(temporary_, place_); !renamed) {
    return Fail(SourceNotWritable(place_, renamed.error()));
  }
  return core_.options.files->SyncDirectory(place_.parent_path());
}

Status Replacement::Complete(Call& call) {
  return DeleteRows(call.store.tx(), kTemporaryTable, {{"Path", temporary_.string()}});
}

}  // namespace ww::distmgr
