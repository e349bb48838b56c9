#include "tables.h"

namespace ww::distmgr {

using database::ColumnDefinition;
using database::ColumnType;

namespace {

ColumnDefinition Package(bool key = true) {
  return {.name = "PackageID", .type = ColumnType::kText, .key = key, .case_insensitive = true};
}
ColumnDefinition Point(bool key = true) {
  return {.name = "NALPath", .type = ColumnType::kText, .key = key, .case_insensitive = true};
}
ColumnDefinition TextKey(const char* name) {
  return {.name = name, .type = ColumnType::kText, .key = true};
}
ColumnDefinition Text(const char* name) {
  return {.name = name, .type = ColumnType::kText, .not_null = true};
}
ColumnDefinition Integer(const char* name) {
  return {.name = name, .type = ColumnType::kInteger, .not_null = true};
}
ColumnDefinition IntegerKey(const char* name) {
  return {.name = name, .type = ColumnType::kInteger, .key = true};
}
ColumnDefinition Indexed(ColumnDefinition column) {
  column.indexed = true;
  return column;
}

}  // namespace

database::Schema DistributionSchema() {
  database::Schema schema;
  schema.name = "distmgr";
  schema.tables = {
      {std::string(kFilesTable),
       {Package(), IntegerKey("SourceVersion"), TextKey("Path"), Indexed(Text("ContentID")),
        Integer("Bytes")}},
      {std::string(kSourcesTable),
       {Package(), TextKey("Path"), Text("SourcePath"), Text("ContentID"), Integer("Bytes"),
        Integer("Modified"), Integer("Changed"), Integer("Inode")}},
      {std::string(kWriteBacksTable), {Package(), Integer("SourceVersion"), Text("Since")}},
      {std::string(kTemporaryTable), {TextKey("Path"), Indexed(Text("Server")), Package(false)}},
      {std::string(kHoldsTable), {Package(), IntegerKey("SourceVersion"), TextKey("Holder")}},
      {std::string(kWorkTable),
       {Package(), Indexed(Integer("Due")), Integer("Generation"), Integer("Attempts"),
        Text("Owner"), Integer("LeaseUntil"), Text("Problem")}},
      {std::string(kPointsTable),
       {Point(), Indexed(Text("Fingerprint")), Integer("Expires"), Integer("Revoked"),
        Integer("Generation")}},
      {std::string(kTokensTable), {TextKey("Digest"), Indexed(Point(false)), Integer("Expires")}},
      {std::string(kAccessTable),
       {{.name = "Label", .type = ColumnType::kText, .key = true, .case_insensitive = true},
        Text("Digest"),
        Integer("Expires")}},
  };
  return schema;
}

}  // namespace ww::distmgr
