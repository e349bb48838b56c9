// What the parts of the distribution manager share.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/distmgr/distribution_manager.h"
#include "wimwright/provider/image_properties.h"
#include "wimwright/provider/site_provider.h"
#include "wimwright/provider/status_messages.h"

namespace ww::distmgr {

inline constexpr std::string_view kComponentName = "SMS_DISTRIBUTION_MANAGER";

// One at a time for each package in this process. Several servers meet in the database.
class PackageLocks {
 public:
  class Held {
   public:
    explicit Held(std::shared_ptr<std::mutex> mutex) : mutex_(std::move(mutex)), lock_(*mutex_) {}

   private:
    std::shared_ptr<std::mutex> mutex_;
    std::unique_lock<std::mutex> lock_;
  };
  [[nodiscard]] Held Lock(std::string_view package_id);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<std::mutex>, std::less<>> locks_;
};

class PointRegistry;
class Replacement;

struct Core {
  DistributionOptions options;
  provider::SiteProvider* provider = nullptr;
  PackageLocks locks;
  PointRegistry* points = nullptr;

  content::Library& library() { return *options.library; }
  // As NT AUTHORITY\SYSTEM; all or nothing.
  Status Transact(const std::function<Status(provider::Call&)>& work) {
    return provider->Transact(provider::SystemContext(), work);
  }
  Status Read(const std::function<Status(provider::Call&)>& work) {
    return provider->Read(provider::SystemContext(), work);
  }
  template <typename... A>
  void Info(fmt::format_string<A...> format, A&&... args) {
    options.log->Info(kComponentName, format, std::forward<A>(args)...);
  }
  template <typename... A>
  void Problem(fmt::format_string<A...> format, A&&... args) {
    options.log->Error(kComponentName, format, std::forward<A>(args)...);
  }
};

// A status message of the component about a package (attribute 400), and a point (404) when there
// is one.
// Answers its RecordID.
Result<std::int64_t> Tell(provider::Call& call, std::uint32_t id, std::vector<std::string> strings,
                          std::string_view package_id, std::string_view nal_path = {},
                          std::uint32_t win32_error = 0);
inline Status RaiseMessage(provider::Call& call, std::uint32_t id, std::vector<std::string> strings,
                           std::string_view package_id, std::string_view nal_path = {},
                           std::uint32_t win32_error = 0) {
  return Tell(call, id, std::move(strings), package_id, nal_path, win32_error)
      .map([](std::int64_t) {});
}
// The message that tells of a source that could not be taken in.
std::uint32_t MessageOf(const Error& error);
// Which severity the numbers of the component have.
provider::Severity SeverityOf(std::uint32_t message);

// take_source.cc, write_back.cc
Result<PackageVersion> TakeSource(Core& core, std::string_view package_id, Progress& progress,
                                  const Cancellation& cancelled);
// `draft`: used in place of reading from the library when it holds that content for that place.
Status WriteFileBack(Core& core, const PackageVersion& version, std::string_view path,
                     Progress& progress, const Cancellation& cancelled,
                     Replacement* draft = nullptr);
// Answers whether there was anything to write back.
Result<bool> WritePendingBack(Core& core, std::string_view package_id, Progress& progress,
                              const Cancellation& cancelled, Replacement* draft = nullptr);
Result<std::unique_ptr<Replacement>> DraftFileBack(Core& core, std::string_view package_id,
                                                   std::string_view path, std::uint64_t bytes);
Status DropWriteBack(Core& core, std::string_view package_id);
Status TrySourceWritable(Core& core, std::string_view package_id);
// Removes what this server left beside sources when it was killed.
Status RemoveTemporaryFiles(Core& core);

// What the WIM among a version's files says of itself; nothing when there is none.
Result<std::optional<provider::ImageProperties>> ImageOfVersion(
    Core& core, const cim::Instance& package, const std::vector<PackageFile>& files);

// Where the library has a version that is one file; empty otherwise.
std::string StoredPathOf(Core& core, const std::vector<PackageFile>& files);

// retention.cc, verify.cc
Status KeepLastVersions(Core& core, std::string_view package_id);
Result<content::Garbage> RemoveGarbage(Core& core, const Cancellation& cancelled);
Result<VerifyReport> VerifyContent(Core& core, std::string_view package_id,
                                   const Cancellation& cancelled);

// bind_versions.cc
void BindVersions(Core& core, DistributionManager& manager, provider::Bindings& bindings);

}  // namespace ww::distmgr
