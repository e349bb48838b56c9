// Status messages: what happened, for people and for the classes SMS_StatusMessage and SMS_StatMsg*
// (sms-provider-behaviour.md 10).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "wimwright/provider/call.h"

namespace ww::provider {

enum class Severity : std::uint32_t {
  kInformation = 0x40000000,
  kWarning = 0x80000000,
  kError = 0xC0000000,
};
enum class MessageType : std::uint32_t { kMilestone = 256, kDetail = 512, kAudit = 768 };

inline constexpr std::uint32_t kAttributePackage = 400;
inline constexpr std::uint32_t kAttributeUser = 403;
inline constexpr std::uint32_t kAttributeDistributionPoint = 404;

struct StatusMessage {
  std::string component = "Microsoft.ConfigurationManagement.exe";
  std::string module = "SMS Provider";
  std::string machine;  // empty: the site server
  std::uint32_t id = 0;
  Severity severity = Severity::kInformation;
  MessageType type = MessageType::kDetail;
  std::uint32_t win32_error = 0, process = 0, thread = 0;
  std::optional<cim::DateTime> time;  // nothing: now
  std::vector<std::string> strings;   // at most ten are stored
  std::vector<std::pair<std::uint32_t, std::string>> attributes;
};

// Answers the new RecordID.
Result<std::int64_t> RaiseStatusMessage(Call& call, const StatusMessage& message);

// An audit message: strings are the user's name and then these.
Status Audit(Call& call, std::uint32_t id, std::vector<std::string> strings,
             std::string_view package_id = {});

database::TableDefinition StatusAttributeTable();

}  // namespace ww::provider
