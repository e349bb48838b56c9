#include "referees.h"

#include <fmt/format.h>

#include <sstream>

#include "wimwright/base/text.h"

namespace ww::servicing {
namespace {

std::string Field(const std::string& line, std::string_view name) {
  if (!line.starts_with(name)) return {};
  const auto equals = line.find('=');
  if (equals == std::string::npos) return {};
  return std::string(Trim(std::string_view(line).substr(equals + 1)));
}

}  // namespace

std::map<std::string, Entry> ListImage(const stdfs::path& wim, int index) {
  const auto listing =
      Run(fmt::format("wimlib-imagex dir '{}' {} --detailed", wim.string(), index));
  EXPECT_EQ(listing.status, 0) << listing.output;
  std::map<std::string, Entry> out;
  Entry* entry = nullptr;
  std::istringstream lines(listing.output);
  for (std::string line; std::getline(lines, line);) {
    if (const auto path = Field(line, "Full Path"); !path.empty()) {
      entry = &out[ToLowerAscii(path.substr(1, path.size() - 2))];
    }
    if (entry == nullptr) continue;
    if (auto hash = Field(line, "Hash"); hash.starts_with("0x")) {
      entry->sha1 = hash.find_first_not_of("0x") == std::string::npos ? "" : hash.substr(2);
    }
    if (auto group = Field(line, "Hard Link Group"); !group.empty()) entry->link_group = group;
    if (auto id = Field(line, "Link Group ID"); !id.empty()) entry->link_group = id;
    if (auto text = Field(line, "Security ID"); !text.empty()) entry->security = text;
    if (auto text = Field(line, "Attributes"); !text.empty()) entry->attributes = text;
  }
  return out;
}

std::map<std::string, std::string> ExportHive(const stdfs::path& wim, int index,
                                              const std::string& hive_path) {
  const TempDir dir;
  const auto extracted =
      Run(fmt::format("wimlib-imagex extract '{}' {} '{}' --dest-dir='{}' --no-acls", wim.string(),
                      index, hive_path, dir.path().string()));
  EXPECT_EQ(extracted.status, 0) << extracted.output;
  const auto file = dir / stdfs::path(hive_path).filename().string();
  // --unsafe-printable-strings would hide differences of type; the default prints bytes.
  const auto text = Run(fmt::format("hivexregedit --export '{}' '\\'", file.string()));
  EXPECT_EQ(text.status, 0) << text.output.substr(0, 2000);
  std::map<std::string, std::string> out;
  std::string key;
  std::istringstream lines(text.output);
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.starts_with('[')) {
      key = ToLowerAscii(line.substr(1, line.size() - 2));
      while (!key.empty() && key.front() == '\\') key.erase(0, 1);
      out[key + "\\"] = "";
    } else if (line.starts_with('@')) {
      out[key + "\\@"] = line.substr(line.find('=') + 1);
    } else if (line.starts_with('"')) {
      const auto end = line.find("\"=", 1);
      out[key + "\\" + ToLowerAscii(line.substr(1, end - 1))] = line.substr(end + 2);
    }
  }
  return out;
}

std::string Complaints(const stdfs::path& wim) {
  std::string out;
  for (const auto* program : {"wimlib-imagex verify", "7z t"}) {
    const auto result = Run(fmt::format("{} '{}'", program, wim.string()));
    if (result.status != 0) out += fmt::format("{}: {}\n", program, result.output);
  }
  return out;
}

}  // namespace ww::servicing
