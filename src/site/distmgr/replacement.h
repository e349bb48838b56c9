// A file on its way to its place in a package's source: beside it, under a name that says so.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core.h"
#include "wimwright/distmgr/source_draft.h"

namespace ww::distmgr {

Error SourceNotWritable(const std::filesystem::path& place, const Error& cause);

// The intent is in the database before the file exists; both go with the object unless Completed().
class Replacement final : public SourceDraft {
 public:
  Replacement(Core& core, std::string package_id, std::filesystem::path place);
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() override;

  // Whether the file system makes copies of the library's files at no cost.
  Result<bool> CanClone(const std::filesystem::path& stored);
  // An empty file, for whoever makes the content. kNoSpace when `bytes` do not fit.
  Status Begin(std::uint64_t bytes);
  File& file() override { return *file_; }
  void Holds(const content::StoredFile& content) override { holds_ = content; }
  bool Is(const std::filesystem::path& place, const PackageFile& content) const;

  // From the library.
  Status Write(const PackageFile& content, Progress& progress, const Cancellation& cancelled);

  // Rights as those of what it replaces; size; on the disk.
  Status Settle(std::uint64_t bytes);
  Status GiveName();
  // The intent goes with the memory of the new file, in `call`.
  Status Complete(provider::Call& call);
  void Completed() { begun_ = false; }

 private:
  Status Intend();
  Status CheckSpace(std::uint64_t bytes) const;
  void TakeOverOwner();

  Core& core_;
  std::string package_id_;
  std::filesystem::path place_, temporary_;
  bool begun_ = false;
  std::unique_ptr<File> file_;
  std::optional<content::StoredFile> holds_;
};

}  // namespace ww::distmgr
