#include "wire.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "wimwright/base/text.h"

namespace ww::distribution {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<PointReport::Kind, const char*>, 6> kKinds{{
    {PointReport::Kind::kTransferring, "transferring"},
    {PointReport::Kind::kInstalled, "installed"},
    {PointReport::Kind::kRetrying, "retrying"},
    {PointReport::Kind::kFailed, "failed"},
    {PointReport::Kind::kRemoved, "removed"},
    {PointReport::Kind::kRemovalFailed, "removal-failed"},
}};

// Reads members of one object; the first that is missing or of another type is remembered.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {
    if (!object.is_object()) problem_ = "an object";
  }

  std::string Text(const char* name, std::size_t most = kMostText) {
    const auto* const value = Find(name);
    if (value == nullptr || !value->is_string()) return Bad(name), std::string();
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() > most) return Bad(name), std::string();
    return text;
  }
  std::uint64_t Number(const char* name,
                       std::uint64_t most = std::numeric_limits<std::int64_t>::max()) {
    const auto* const value = Find(name);
    if (value == nullptr || !value->is_number_unsigned()) return Bad(name), 0;
    const auto number = value->get<std::uint64_t>();
    if (number > most) return Bad(name), 0;
    return number;
  }
  bool Flag(const char* name) {
    const auto* const value = Find(name);
    if (value == nullptr || !value->is_boolean()) return Bad(name), false;
    return value->get<bool>();
  }
  const Json& List(const char* name, std::size_t most) {
    static const Json kNone = Json::array();
    const auto* const value = Find(name);
    if (value == nullptr || !value->is_array() || value->size() > most) return Bad(name), kNone;
    return *value;
  }
  content::ContentId Id(const char* name) {
    const auto id = content::ContentId::FromText(Text(name));
    if (!id) Bad(name);
    return id.value_or(content::ContentId());
  }
  void Bad(const char* name) {
    if (problem_.empty()) problem_ = name;
  }
  Status Check() const {
    if (problem_.empty()) return {};
    return Fail(Code::kCorrupt, "the message of the other side has no good '" + problem_ + "'");
  }

 private:
  const Json* Find(const char* name) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }
  const Json& object_;
  std::string problem_;
};

Result<Json> Parse(std::string_view text) {
  // A callback bounds the depth: the parser does not recurse, what walks the tree later might.
  constexpr int kMostDepth = 16;
  bool deep = false;
  auto json = Json::parse(
      text,
      [&deep](int depth, Json::parse_event_t, Json&) {
        deep = deep || depth > kMostDepth;
        return !deep;
      },
      false);
  if (json.is_discarded() || deep) return Fail(Code::kCorrupt, "the message is no JSON");
  return json;
}

// Text that is not UTF-8 (an error message with a file's name) must not stop a report.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json JsonOf(const Assignment& a) {
  auto files = Json::array();
  for (const auto& file : a.files) {
    files.push_back(
        {{"path", file.path}, {"id", file.stored.id.ToText()}, {"bytes", file.stored.bytes}});
  }
  return {{"package", a.package_id}, {"name", a.name},           {"version", a.version},
          {"request", a.request},    {"verify", a.verify},       {"remove", a.remove},
          {"priority", a.priority},  {"files", std::move(files)}};
}

Result<Assignment> AssignmentOf(const Json& json, std::size_t& files_left) {
  Members in(json);
  Assignment out;
  out.package_id = in.Text("package", 256);
  if (!IsPackageId(out.package_id)) in.Bad("package");
  out.name = in.Text("name");
  out.version =
      static_cast<std::uint32_t>(in.Number("version", std::numeric_limits<std::uint32_t>::max()));
  out.request = in.Number("request");
  out.verify = in.Flag("verify");
  out.remove = in.Flag("remove");
  out.priority = static_cast<std::uint32_t>(in.Number("priority", 1000));
  const auto& files = in.List("files", files_left);
  WW_RETURN_IF_ERROR(in.Check());
  files_left -= files.size();
  std::set<std::string_view> paths;
  out.files.reserve(files.size());
  for (const auto& entry : files) {
    Members file(entry);
    ContentFile one;
    one.path = file.Text("path");
    one.stored = {file.Id("id"), file.Number("bytes")};
    if (!IsPackagePath(one.path)) file.Bad("path");
    WW_RETURN_IF_ERROR(file.Check());
    out.files.push_back(std::move(one));
    if (!paths.insert(out.files.back().path).second) {
      return Fail(Code::kCorrupt, "a package has two files of one name");
    }
  }
  return out;
}

Result<PointReport> ReportOf(const Json& json) {
  Members in(json);
  PointReport out;
  out.package_id = in.Text("package", 256);
  if (!IsPackageId(out.package_id)) in.Bad("package");
  out.version =
      static_cast<std::uint32_t>(in.Number("version", std::numeric_limits<std::uint32_t>::max()));
  out.request = in.Number("request");
  const auto kind = in.Text("state");
  const auto found =
      std::ranges::find_if(kKinds, [&](const auto& entry) { return kind == entry.second; });
  if (found == kKinds.end()) in.Bad("state");
  out.bytes_total = in.Number("bytes_total");
  out.bytes_done = in.Number("bytes_done");
  out.bytes_sent = in.Number("bytes_sent");
  out.code = in.Text("code", 64);
  out.problem = in.Text("problem");
  const auto& damaged = in.List("damaged", 1000);
  WW_RETURN_IF_ERROR(in.Check());
  out.kind = found->first;
  for (const auto& id : damaged) {
    const auto parsed = id.is_string()
                            ? content::ContentId::FromText(id.get_ref<const std::string&>())
                            : std::nullopt;
    if (!parsed) return Fail(Code::kCorrupt, "the report has no good 'damaged'");
    out.damaged.push_back(*parsed);
  }
  return out;
}

}  // namespace

bool IsPackagePath(std::string_view path) {
  if (path.empty() || path.size() > kMostText) return false;
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) return false;
  }
  for (std::size_t at = 0;;) {
    const auto end = path.find('/', at);
    const auto segment = path.substr(at, end == std::string_view::npos ? end : end - at);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (end == std::string_view::npos) return true;
    at = end + 1;
  }
}

bool IsPackageId(std::string_view id) {
  if (id.empty() || id.size() > 255 || id.front() == '.') return false;
  return std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string ToJson(const Assignments& assignments) {
  auto packages = Json::array();
  for (const auto& a : assignments.packages) packages.push_back(JsonOf(a));
  return Dump({{"generation", assignments.generation},
               {"bytes_per_second", assignments.bytes_per_second},
               {"anonymous", assignments.access.anonymous},
               {"tokens", assignments.access.token_sha256},
               {"packages", std::move(packages)}});
}

Result<Assignments> ParseAssignments(std::string_view text) {
  WW_TRY(const auto json, Parse(text), "assignments");
  Members in(json);
  Assignments out;
  out.generation = in.Number("generation", std::numeric_limits<std::uint64_t>::max());
  out.bytes_per_second = in.Number("bytes_per_second");
  out.access.anonymous = in.Flag("anonymous");
  const auto& tokens = in.List("tokens", 100'000);
  const auto& packages = in.List("packages", kMostFiles);
  WW_TRY_STATUS(in.Check(), "assignments");
  for (const auto& token : tokens) {
    if (!token.is_string()) return Fail(Code::kCorrupt, "assignments: a token is no text");
    out.access.token_sha256.push_back(token.get<std::string>());
  }
  std::size_t files_left = kMostFiles;
  std::set<std::pair<std::string, std::uint32_t>> seen;
  for (const auto& package : packages) {
    WW_TRY(auto assignment, AssignmentOf(package, files_left), "assignments");
    if (!seen.emplace(assignment.package_id, assignment.version).second) {
      return Fail(Code::kCorrupt, "assignments: a package's version comes twice");
    }
    out.packages.push_back(std::move(assignment));
  }
  return out;
}

std::string ToJson(const std::vector<PointReport>& reports) {
  auto list = Json::array();
  for (const auto& r : reports) {
    const auto kind =
        std::ranges::find(kKinds, r.kind, &std::pair<PointReport::Kind, const char*>::first);
    auto damaged = Json::array();
    for (const auto& id : r.damaged) damaged.push_back(id.ToText());
    list.push_back({{"package", r.package_id},
                    {"version", r.version},
                    {"request", r.request},
                    {"state", kind == kKinds.end() ? "" : kind->second},
                    {"bytes_total", r.bytes_total},
                    {"bytes_done", r.bytes_done},
                    {"bytes_sent", r.bytes_sent},
                    {"code", r.code},
                    {"problem", r.problem},
                    {"damaged", std::move(damaged)}});
  }
  return Dump({{"reports", std::move(list)}});
}

Result<std::vector<PointReport>> ParseReports(std::string_view text) {
  WW_TRY(const auto json, Parse(text), "status");
  Members in(json);
  const auto& list = in.List("reports", kMostReports);
  WW_TRY_STATUS(in.Check(), "status");
  std::vector<PointReport> out;
  for (const auto& entry : list) {
    WW_TRY(auto report, ReportOf(entry), "status");
    out.push_back(std::move(report));
  }
  return out;
}

std::string ToJson(const Heartbeat& heartbeat) {
  auto drives = Json::array();
  for (const auto& d : heartbeat.drives) {
    drives.push_back(
        {{"drive", d.drive}, {"bytes_total", d.bytes_total}, {"bytes_free", d.bytes_free}});
  }
  return Dump({{"address", heartbeat.address},
               {"software", heartbeat.software},
               {"drives", std::move(drives)}});
}

Result<Heartbeat> ParseHeartbeat(std::string_view text) {
  WW_TRY(const auto json, Parse(text), "heartbeat");
  Members in(json);
  Heartbeat out;
  out.address = in.Text("address");
  out.software = in.Text("software", 64);
  const auto& drives = in.List("drives", 100);
  WW_TRY_STATUS(in.Check(), "heartbeat");
  for (const auto& entry : drives) {
    Members drive(entry);
    out.drives.push_back(
        {drive.Text("drive"), drive.Number("bytes_total"), drive.Number("bytes_free")});
    WW_TRY_STATUS(drive.Check(), "heartbeat");
  }
  return out;
}

std::string ToJson(const EnrollmentRequest& request) {
  return Dump({{"token", request.word}, {"request", request.request_pem}});
}

Result<EnrollmentRequest> ParseEnrollmentRequest(std::string_view text) {
  WW_TRY(const auto json, Parse(text), "enrollment");
  Members in(json);
  EnrollmentRequest out{in.Text("token"), in.Text("request", 64 << 10)};
  WW_TRY_STATUS(in.Check(), "enrollment");
  return out;
}

std::string ToJson(const EnrollmentAnswer& answer) {
  return Dump(
      {{"id", answer.id}, {"server", answer.server_name}, {"certificate", answer.certificate_pem}});
}

Result<EnrollmentAnswer> ParseEnrollmentAnswer(std::string_view text) {
  WW_TRY(const auto json, Parse(text), "enrollment");
  Members in(json);
  EnrollmentAnswer out{in.Text("id"), in.Text("server"), in.Text("certificate", 64 << 10)};
  WW_TRY_STATUS(in.Check(), "enrollment");
  return out;
}

}  // namespace ww::distribution
