// The content library in a folder, see layout.h.
#pragma once

#include <atomic>
#include <memory>

#include "layout.h"
#include "locks.h"
#include "wimwright/content/library.h"

namespace ww::content {

class FolderLibrary final : public Library {
 public:
  FolderLibrary(FolderOptions options, std::unique_ptr<ScratchFolder> scratch)
      : options_(std::move(options)), layout_{options_.dir}, scratch_(std::move(scratch)) {}

  Result<StoredFile> Add(const std::filesystem::path& source, Progress& progress,
                         const Cancellation& cancellation) override;
  Result<StoredFile> Adopt(const std::filesystem::path& scratch, Progress& progress,
                           const Cancellation& cancellation) override;
  Result<StoredFile> Adopt(const std::filesystem::path& scratch,
                           const HashedContent& hashed) override;
  bool Has(const ContentId& id) const override;
  Result<std::uint64_t> Size(const ContentId& id) const override;
  Result<std::unique_ptr<File>> Open(const ContentId& id) const override;
  std::optional<std::filesystem::path> PathOf(const ContentId& id) const override;
  Result<BlockMap> Blocks(const ContentId& id) override;
  Status Verify(const ContentId& id, Progress& progress, const Cancellation& cancellation) override;
  Result<std::vector<StoredFile>> List() const override;
  Status Renew(const ContentId& id) override;
  Status Remove(const ContentId& id) override;
  Result<Garbage> CollectGarbage(const std::function<bool(const ContentId&)>& is_live,
                                 std::chrono::seconds grace) override;
  const std::filesystem::path& ScratchDir() const override { return scratch_->path(); }

 private:
  std::filesystem::path NewScratchName();
  Status CheckSpace(std::uint64_t bytes) const;
  Result<HashedContent> CopyIn(const std::filesystem::path& source,
                               const std::filesystem::path& scratch, Progress& progress,
                               const Cancellation& cancellation);
  // `scratch` is on stable storage. Gives it its name, or drops it when the library has it.
  Status Publish(const std::filesystem::path& scratch, const HashedContent& hashed);
  Status WriteMap(const HashedContent& hashed);
  Status SetTime(const std::filesystem::path& file) const;
  // Exactly the file that `read` is, if it still has that name.
  Status Quarantine(const ContentId& id, const struct FileIdentity& read);
  Result<HashedContent> ReadAndCheck(const ContentId& id, Progress& progress,
                                     const Cancellation& cancellation);
  Status RemoveLocked(const ContentId& id);

  const FolderOptions options_;
  const Layout layout_;
  const std::unique_ptr<ScratchFolder> scratch_;
  std::atomic<std::uint64_t> next_name_{0};
};

}  // namespace ww::content
