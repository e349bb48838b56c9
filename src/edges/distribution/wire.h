// The JSON that site and points exchange. What comes from the other side is checked here once:
// counts, lengths, and paths that could climb.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wimwright/distribution/point_directory.h"

namespace ww::distribution {

inline constexpr std::size_t kMostFiles = 1'000'000;  // of all assignments of a point
inline constexpr std::size_t kMostReports = 100'000;
inline constexpr std::size_t kMostText = 4096;

// Whether `path` names a file inside a package: segments that are not "." or "..", no controls.
bool IsPackagePath(std::string_view path);
// Letters, digits, '-', '_' and '.', not beginning with '.': a package's ID is part of addresses.
bool IsPackageId(std::string_view id);

std::string ToJson(const Assignments& assignments);
Result<Assignments> ParseAssignments(std::string_view json);

std::string ToJson(const std::vector<PointReport>& reports);
Result<std::vector<PointReport>> ParseReports(std::string_view json);

struct Heartbeat {
  std::string address, software;
  std::vector<PointDrive> drives;
};
std::string ToJson(const Heartbeat& heartbeat);
Result<Heartbeat> ParseHeartbeat(std::string_view json);

struct EnrollmentRequest {
  std::string word, request_pem;
};
std::string ToJson(const EnrollmentRequest& request);
Result<EnrollmentRequest> ParseEnrollmentRequest(std::string_view json);

struct EnrollmentAnswer {
  std::string id, server_name, certificate_pem;
};
std::string ToJson(const EnrollmentAnswer& answer);
Result<EnrollmentAnswer> ParseEnrollmentAnswer(std::string_view json);

}  // namespace ww::distribution
