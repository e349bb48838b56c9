// What the component tells: OfflineServicingMgr.log and status messages 7900 to 7919, which stand
// in the log too (offline-servicing.md 5 and 6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/log.h"
#include "wimwright/provider/call.h"

namespace ww::manager {

inline constexpr std::string_view kComponent = "SMS_OFFLINE_SERVICING_MANAGER";

// The numbers, by their meaning.
enum class Message : std::uint32_t {
  kScheduleBegins = 7900,     // schedule id, name
  kScheduleDone = 7901,       // schedule id, name
  kScheduleCancelled = 7902,  // schedule id, name
  kStagingBegins = 7903,      // PackageID
  kCopyBackBegins = 7904,     // PackageID
  kCopyComplete = 7905,       // PackageID
  kApplyingBegins = 7906,     // PackageID
  kApplyingComplete = 7907,   // PackageID
  kUpdateInstalled = 7908,    // update id, PackageID, index
  kUpdateNotRequired = 7909,  // update id, PackageID, index
  kScheduleFailed = 7910,     // schedule id, name
  kUpdateFailed = 7911,       // update id, PackageID, index
  kNoSpace = 7914,            // drive, required MB, free MB
  kSourceReadOnly = 7915,     // PackageID
  kIndexNotSupported = 7916,  // PackageID, index
  kSupportUnknown = 7917,     // binary, update id
  kSomeUpdatesFailed = 7919,  // PackageID, index
};

class ServicingLog {
 public:
  explicit ServicingLog(Logger& log) : log_(log) {}

  template <typename... A>
  void Line(fmt::format_string<A...> format, A&&... args) {
    log_.Info(kComponent, format, std::forward<A>(args)...);
  }

  // Raises the status message, in the call's transaction, and writes the line of the log.
  // `package`: for the message's attribute; may be empty.
  Status Raise(provider::Call& call, Message message, std::vector<std::string> strings,
               std::string_view package = {});

 private:
  Logger& log_;
};

// "Fri Mar 23 09:56:16.443 2012"
std::string StatusDate(const cim::DateTime& time);

}  // namespace ww::manager
