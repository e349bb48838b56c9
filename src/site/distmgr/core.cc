#include "core.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "version_store.h"

namespace ww::distmgr {

PackageLocks::Held PackageLocks::Lock(std::string_view package_id) {
  std::string key(package_id);
  for (auto& c : key) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::shared_ptr<std::mutex> mutex;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(locks_, [](const auto& entry) { return entry.second.expired(); });
    auto& weak = locks_[key];
    mutex = weak.lock();
    if (!mutex) {
      mutex = std::make_shared<std::mutex>();
      weak = mutex;
    }
  }
  return Held(std::move(mutex));
}

provider::Severity SeverityOf(std::uint32_t message) {
  constexpr std::array<std::uint32_t, 5> kErrors{2302, 2305, 2306, 2307, 2323};
  return std::find(kErrors.begin(), kErrors.end(), message) != kErrors.end()
             ? provider::Severity::kError
             : provider::Severity::kInformation;
}

std::uint32_t MessageOf(const Error& error) {
  switch (error.code) {
    case Code::kNotFound:
      return 2306;
    case Code::kUnsupported:
    case Code::kUsage:
      return 2306;
    case Code::kIo:
      return 2307;
    default:
      return 2302;
  }
}

Result<std::int64_t> Tell(provider::Call& call, std::uint32_t id, std::vector<std::string> strings,
                          std::string_view package_id, std::string_view nal_path,
                          std::uint32_t win32_error) {
  provider::StatusMessage message;
  message.component = kComponentName;
  message.module = "SMS Server";
  message.id = id;
  message.severity = SeverityOf(id);
  message.type = provider::MessageType::kMilestone;
  message.win32_error = win32_error;
  message.process = static_cast<std::uint32_t>(::getpid());
  message.strings = std::move(strings);
  message.attributes.emplace_back(provider::kAttributePackage, package_id);
  if (!nal_path.empty()) {
    message.attributes.emplace_back(provider::kAttributeDistributionPoint, nal_path);
  }
  return provider::RaiseStatusMessage(call, message);
}

std::string StoredPathOf(Core& core, const std::vector<PackageFile>& files) {
  if (files.size() != 1) return {};
  const auto path = core.library().PathOf(files[0].id);
  return path ? path->string() : std::string();
}

Result<std::optional<provider::ImageProperties>> ImageOfVersion(
    Core& core, const cim::Instance& package, const std::vector<PackageFile>& files) {
  std::optional<provider::ImageProperties> out;
  const auto* image = ImageFileOf(package, files);
  if (image == nullptr) return out;
  const auto path = core.library().PathOf(image->id);
  if (!path) {
    return Fail(Code::kNotFound, "the content library does not have " + image->id.ToText());
  }
  WW_TRY(out, provider::ReadImageProperties(*core.options.files, *path), image->path);
  return out;
}

}  // namespace ww::distmgr
