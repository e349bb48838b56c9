#include "point_settings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <set>

#include "wimwright/base/file.h"

namespace ww::server {
namespace {

constexpr std::uint64_t kMostFile = 1 << 20;

// Takes keys out of the tables one by one: what is left at the end is unknown.
class Reader {
 public:
  explicit Reader(const toml::table& file) : file_(file) {}

  void Text(const char* table, const char* key, std::string& to) {
    if (const auto* node = Take(table, key)) {
      if (const auto text = node->value_exact<std::string>()) {
        to = *text;
      } else {
        Bad(*node, table, key, "text in quotes");
      }
    }
  }
  void Flag(const char* table, const char* key, bool& to) {
    if (const auto* node = Take(table, key)) {
      if (const auto flag = node->value_exact<bool>()) {
        to = *flag;
      } else {
        Bad(*node, table, key, "true or false");
      }
    }
  }
  std::int64_t Number(const char* table, const char* key, std::int64_t fallback, std::int64_t least,
                      std::int64_t most) {
    const auto* const node = Take(table, key);
    if (node == nullptr) return fallback;
    const auto number = node->value_exact<std::int64_t>();
    if (number && *number >= least && *number <= most) return *number;
    Bad(*node, table, key, fmt::format("a number from {} to {}", least, most));
    return fallback;
  }
  const toml::array* List(const char* table, const char* key) {
    const auto* const node = Take(table, key);
    if (node == nullptr) return nullptr;
    if (node->is_array()) return node->as_array();
    Bad(*node, table, key, "a list");
    return nullptr;
  }
  void Bad(const toml::node& node, std::string_view table, std::string_view key,
           std::string_view wanted) {
    if (!problem_.empty()) return;
    problem_ = fmt::format("point.toml, line {}: {}{}{} is {}", node.source().begin.line, table,
                           table.empty() ? "" : ".", key, wanted);
  }

  Status Finish() {
    for (const auto& [key, node] : file_) {
      const std::string name(key.str());
      if (taken_.contains(name)) continue;
      const auto* const table = node.as_table();
      if (table == nullptr) return Unknown(node, name);
      for (const auto& [inner, value] : *table) {
        const auto full = name + "." + std::string(inner.str());
        if (!taken_.contains(full)) return Unknown(value, full);
      }
    }
    if (problem_.empty()) return {};
    return Fail(Error{Code::kUsage, problem_, "Correct the file.", 0});
  }

 private:
  const toml::node* Take(const std::string& table, const std::string& key) {
    taken_.insert(table.empty() ? key : table + "." + key);
    const toml::table* from = &file_;
    if (!table.empty()) {
      const auto* const node = file_.get(table);
      from = node == nullptr ? nullptr : node->as_table();
    }
    return from == nullptr ? nullptr : from->get(key);
  }
  static Status Unknown(const toml::node& node, std::string_view name) {
    return Fail(
        Error{Code::kUsage,
              fmt::format("point.toml, line {}: unknown key {}", node.source().begin.line, name),
              "Correct the file.", 0});
  }

  const toml::table& file_;
  std::set<std::string> taken_;
  std::string problem_;
};

std::uint64_t Unsigned(std::int64_t number) { return static_cast<std::uint64_t>(number); }

void ReadHours(Reader& in, std::vector<distribution::RateHours>& out) {
  constexpr const char* kWanted = "a list of { from, to, bytes_per_second }";
  const auto* const list = in.List("transfer", "hours");
  if (list == nullptr) return;
  for (const auto& node : *list) {
    const auto* const table = node.as_table();
    if (table == nullptr) return in.Bad(node, "transfer", "hours", kWanted);
    Reader entry(*table);
    distribution::RateHours hours;
    hours.from = static_cast<int>(entry.Number("", "from", 0, 0, 23));
    hours.to = static_cast<int>(entry.Number("", "to", 24, 0, 24));
    hours.bytes_per_second = Unsigned(entry.Number("", "bytes_per_second", 0, 0, INT64_MAX));
    if (!entry.Finish()) return in.Bad(node, "transfer", "hours", kWanted);
    out.push_back(hours);
  }
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

Result<PointSettings> ReadPointSettings(const std::filesystem::path& dir) {
  const auto bytes = ReadFile(RealFileSystem(), dir / "point.toml", kMostFile);
  if (!bytes && bytes.error().code == Code::kNotFound) {
    return Fail(
        Error{Code::kNotFound,
              fmt::format("{} is no distribution point: there is no point.toml", dir.string()),
              "Make one: wimwrightd point init --data DIR --site URL --token TOKEN", 0});
  }
  if (!bytes) return Fail(bytes.error());
  return ParsePointSettings(AsText(*bytes), dir);
}

Result<PointSettings> ParsePointSettings(std::string_view text, const std::filesystem::path& dir) {
  toml::table file;
  try {
    file = toml::parse(text);
  } catch (const toml::parse_error& e) {
    return Fail(Error{
        Code::kCorrupt,
        fmt::format("point.toml, line {}: {}", e.source().begin.line, std::string(e.description())),
        "Correct the file.", 0});
  }
  Reader in(file);
  PointSettings out;
  std::string role;
  in.Text("", "role", role);
  in.Text("site", "url", out.site_url);
  in.Text("http", "listen", out.listen);
  in.Text("http", "address", out.address);
  std::string certificate = (dir / "tls" / "cert.pem").string();
  std::string key = (dir / "tls" / "key.pem").string();
  in.Text("http", "certificate", certificate);
  in.Text("http", "key", key);
  out.certificate = certificate;
  out.key = key;
  auto& point = out.point;
  point.folder.dir = dir;
  point.bytes_per_second = Unsigned(in.Number("transfer", "bytes_per_second", 0, 0, INT64_MAX));
  ReadHours(in, point.hours);
  point.parallel = static_cast<int>(in.Number("transfer", "parallel", point.parallel, 1, 16));
  point.reserve = Unsigned(in.Number("content", "reserve_mb", 256, 0, 1 << 20)) << 20;
  point.removal_grace = std::chrono::seconds(
      in.Number("content", "removal_grace", point.removal_grace.count(), 0, 30 * 86400));
  in.Flag("content", "anonymous", point.anonymous);
  WW_RETURN_IF_ERROR(in.Finish());
  if (role != "distribution-point") {
    return Fail(Error{Code::kUsage, "point.toml: role is not \"distribution-point\"",
                      "Correct the file.", 0});
  }
  if (!out.site_url.starts_with("https://")) {
    return Fail(Error{Code::kUsage, "point.toml: site.url is the https:// address of the site",
                      "Correct the file.", 0});
  }
  while (out.site_url.ends_with('/')) out.site_url.pop_back();
  point.site_url = out.site_url;
  return out;
}

Status WritePointSettings(const std::filesystem::path& dir, const PointSettings& settings) {
  const auto text = fmt::format(
      "# A distribution point of wimwright. Changes count from the next start of the server.\n"
      "role = \"distribution-point\"\n\n"
      "[site]\nurl = {}\n\n"
      "[http]  # for clients\nlisten = {}\n{}address = {}  # what clients are told\n\n"
      "[transfer]\nbytes_per_second = 0  # from the site; 0: no limit\nparallel = 2\n"
      "# hours = [{{ from = 8, to = 18, bytes_per_second = 2000000 }}]  # local time\n\n"
      "[content]\nreserve_mb = 256  # stay free\nremoval_grace = 60  # seconds\n"
      "anonymous = false  # true: clients need no token\n",
      Quoted(settings.site_url), Quoted(settings.listen), settings.address.empty() ? "# " : "",
      Quoted(settings.address.empty() ? "https://point.example.org:8445" : settings.address));
  const auto path = dir / "point.toml";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Fail(errno == EEXIST ? Code::kConflict : Code::kIo,
                fmt::format("{} cannot be made", path.string()));
  }
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (::close(fd) != 0 || !written) return Fail(Code::kIo, "point.toml could not be written");
  return {};
}

}  // namespace ww::server
