// The tables of most tests: packages, and what hangs on them.
#pragma once

#include <string>
#include <vector>

#include "wimwright/database/database.h"

namespace ww::database {

inline TableDefinition PackageTable() {
  return {.name = "SMS_ImagePackage",
          .columns = {{.name = "PackageID", .key = true, .case_insensitive = true},
                      {.name = "Name", .indexed = true, .case_insensitive = true},
                      {.name = "SourceVersion", .type = ColumnType::kInteger},
                      {.name = "Size", .type = ColumnType::kReal},
                      {.name = "Path"},
                      {.name = "LastRefreshTime", .type = ColumnType::kDateTime},
                      {.name = "Icon", .type = ColumnType::kBlob}},
          .indexes = {{.columns = {"SourceVersion", "PackageID"}}}};
}

inline TableDefinition TagTable() {
  return {.name = "Tags",
          .columns = {
              {.name = "PackageID", .not_null = true, .indexed = true, .case_insensitive = true},
              {.name = "Position", .type = ColumnType::kInteger},
              {.name = "Tag", .case_insensitive = true}}};
}

inline Schema SampleSchema() { return {.tables = {PackageTable(), TagTable()}}; }

inline const std::vector<std::string> kPackageColumns = {
    "PackageID", "Name", "SourceVersion", "Size", "Path", "LastRefreshTime", "Icon"};

inline Status FillSample(Transaction& tx) {
  const std::vector<Row> packages = {
      {"ABC00001", "Windows 10", 3, 1.5, "/a", "20260101000000.000000+000", Null{}},
      {"ABC00002", "windows 11", 7, 2.5, "/A", "20260201000000.000000+000", Null{}},
      {"ABC00003", Null{}, Null{}, Null{}, Null{}, Null{}, Null{}},
      {"abc00004", "Server [2022] 100%", 10, -1.0, "/b_c", "20250101000000.000000+000", Null{}},
      {"XYZ00005", "Größe ß", 21, 0.0, "/ä", "20240101000000.000000+000", Null{}}};
  WW_TRY_STATUS(tx.Insert("SMS_ImagePackage", kPackageColumns, packages), "sample");
  const std::vector<Row> tags = {{"ABC00001", 0, "Client"},
                                 {"ABC00001", 1, "x64"},
                                 {"ABC00002", 0, "client"},
                                 {"ABC00004", 0, "Server"}};
  WW_TRY_STATUS(tx.Insert("Tags", {"PackageID", "Position", "Tag"}, tags), "sample");
  return {};
}

}  // namespace ww::database
