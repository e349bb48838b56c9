#include "site_command.h"

#include <algorithm>

#include "exit_code.h"

namespace ww::cli {

std::string CellText(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string out;
  for (const auto& one : value) out += (out.empty() ? "" : ", ") + CellText(one);
  return out;
}

int ShowList(Session& session, std::string_view name, const Json& objects,
             const std::vector<TableColumn>& columns) {
  if (session.options().json) {
    Json list = Json::array();
    for (const auto& object : objects) {
      Json row = Json::object();
      for (const auto& column : columns) {
        row[column.property] = object.value(column.property, Json());
      }
      list.push_back(std::move(row));
    }
    session.PrintJson("succeeded", kExitDone, Json{{std::string(name), std::move(list)}});
    return kExitDone;
  }
  std::vector<std::size_t> widths;
  for (const auto& column : columns) widths.push_back(column.title.size());
  std::vector<std::vector<std::string>> rows;
  for (const auto& object : objects) {
    std::vector<std::string> row;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      row.push_back(CellText(object.value(columns[i].property, Json())));
      widths[i] = std::max(widths[i], row.back().size());
    }
    rows.push_back(std::move(row));
  }
  const auto line = [&](const auto& cell) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += i + 1 == columns.size() ? cell(i) : fmt::format("{:<{}}  ", cell(i), widths[i]);
    }
    session.Print("{}\n", text);
  };
  line([&](std::size_t i) { return columns[i].title; });
  for (const auto& row : rows) line([&](std::size_t i) { return row[i]; });
  return kExitDone;
}

int ShowObject(Session& session, std::string_view name, const Json& object) {
  if (session.options().json) {
    session.PrintJson("succeeded", kExitDone, Json{{std::string(name), object}});
    return kExitDone;
  }
  for (const auto& [key, value] : object.items()) {
    if (key.starts_with("@") || key.starts_with("__") || value.is_null()) continue;
    session.Print("{:<32} {}\n", key, CellText(value));
  }
  return kExitDone;
}

std::string LineOfRun(const Json& run) {
  std::string line =
      fmt::format("run {}, {} {}: {}", run.at("RunID").dump(), run.value("ImagePackageID", ""),
                  run.value("ImageName", ""), run.value("State", ""));
  const auto before = run.value("BuildBefore", ""), after = run.value("BuildAfter", "");
  if (!after.empty()) {
    line += fmt::format(", {} -> {}, version {}", before, after, run.at("NewVersion").dump());
  } else if (run.value("State", "") == "Succeeded") {
    line += ", nothing left to do";
  }
  if (const auto reason = run.value("Reason", ""); !reason.empty()) {
    line += fmt::format("\n  cause: {}", reason);
  }
  if (const auto next = run.value("NextStep", ""); !next.empty()) {
    line += fmt::format("\n  next:  {}", next);
  }
  if (const auto code = run.value("ErrorCode", ""); !code.empty()) {
    line += fmt::format("\n  code:  {}", code);
  }
  return line + "\n";
}

int ShowDone(Session& session, const std::string& line, const Json& content) {
  if (session.options().json) {
    session.PrintJson("succeeded", kExitDone, content);
  } else {
    session.Print("{}\n", line);
  }
  return kExitDone;
}

}  // namespace ww::cli
