#include "servicing_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "wimwright/provider/status_messages.h"

namespace ww::manager {
namespace {

constexpr std::size_t kInsertionStrings = 10;

provider::Severity SeverityOf(Message message) {
  switch (message) {
    case Message::kScheduleFailed:
    case Message::kUpdateFailed:
    case Message::kNoSpace:
    case Message::kSourceReadOnly:
    case Message::kSomeUpdatesFailed:
      return provider::Severity::kError;
    default:
      return provider::Severity::kInformation;
  }
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? '\'' : c;
  return out + "\"";
}

}  // namespace

std::string StatusDate(const cim::DateTime& time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto c = time.civil();
  return fmt::format("{} {} {:02} {:02}:{:02}:{:02}.{:03} {}",
                     kDays[static_cast<std::size_t>(c.weekday - 1)],
                     kMonths[static_cast<std::size_t>(c.month - 1)], c.day, c.hour, c.minute,
                     c.second, c.micros / 1000, c.year);
}

Status ServicingLog::Raise(provider::Call& call, Message message, std::vector<std::string> strings,
                           std::string_view package) {
  provider::StatusMessage raised;
  raised.id = static_cast<std::uint32_t>(message);
  raised.severity = SeverityOf(message);
  raised.type = provider::MessageType::kMilestone;
  raised.component = kComponent;
  raised.module = "SMS Server";
  raised.process = static_cast<std::uint32_t>(::getpid());
  raised.thread = static_cast<std::uint32_t>(::gettid());
  if (!package.empty()) {
    raised.attributes = {{provider::kAttributePackage, std::string(package)}};
  }
  std::string line = fmt::format(
      "STATMSG: ID={} SEV={} LEV=M SOURCE=\"SMS Server\" COMP=\"{}\" SYS={} SITE={} PID={} TID={} "
      "GMTDATE={}",
      raised.id, raised.severity == provider::Severity::kError ? 'E' : 'I', kComponent,
      call.site().server_name, call.site().site_code, raised.process, raised.thread,
      StatusDate(call.now));
  for (std::size_t i = 0; i < kInsertionStrings; ++i) {
    line += fmt::format(" ISTR{}={}", i, Quoted(i < strings.size() ? strings[i] : ""));
  }
  line += fmt::format(" NUMATTRS={}", raised.attributes.size());
  if (!package.empty()) line += fmt::format(" AID0=400 AVAL0={}", Quoted(package));
  raised.strings = std::move(strings);
  WW_RETURN_IF_ERROR(provider::RaiseStatusMessage(call, raised).map([](std::int64_t) {}));
  log_.Info(kComponent, "{}", line);
  return {};
}

}  // namespace ww::manager
