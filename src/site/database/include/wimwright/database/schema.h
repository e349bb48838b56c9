// A schema as the program wants it: tables, and the numbered steps that plain growth cannot do.
#pragma once

#include <string>
#include <vector>

#include "wimwright/database/table.h"

namespace ww::database {

enum class Backend { kSqlite, kPostgresql };

// One numbered step from an older released schema, in SQL that its author wrote for each back-end:
// renaming, splitting, converting. It runs once, in a transaction of its own, before tables are
// compared. On a database that is new it does not run: it is recorded as done.
struct Migration {
  int version = 0;  // > 0, rising
  std::string name;
  std::vector<std::string> sqlite;  // one statement each
  std::vector<std::string> postgresql;
  // Tables whose recorded form this step made true; they are compared afresh by their definition.
  std::vector<TableDefinition> results = {};
};

// Growth needs no migration: tables, columns and indexes that are missing are added. A column whose
// type, key or case rule changed is refused until a migration says what to do with its values.
// Columns that the program no longer names stay where they are.
struct Schema {
  std::string name = "main";  // versions are counted for each; tables belong to all
  int version = 1;            // what this program writes; a database of a higher one is refused
  std::vector<TableDefinition> tables;
  std::vector<Migration> migrations = {};
};

}  // namespace ww::database
