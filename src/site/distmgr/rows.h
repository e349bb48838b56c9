// Short words for statements on the manager's own tables.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "wimwright/database/database.h"

namespace ww::distmgr {

using Cells = std::vector<std::pair<std::string_view, database::Value>>;

inline database::Expression Matches(const Cells& cells) {
  std::vector<database::Expression> all;
  for (const auto& [column, value] : cells) {
    all.push_back(database::Expression::Equal(std::string(column), value));
  }
  return database::Expression::And(std::move(all));
}

inline database::Select SelectFrom(std::string_view table,
                                   const std::vector<std::string_view>& columns,
                                   const Cells& where) {
  database::Select select;
  select.table = table;
  for (const auto& column : columns) {
    select.columns.push_back(database::Expression::Column(std::string(column)));
  }
  if (!where.empty()) select.where = Matches(where);
  return select;
}

inline Status UpsertRow(database::Transaction& tx, std::string_view table, const Cells& cells) {
  std::vector<std::string> columns;
  std::vector<database::Row> rows(1);
  for (const auto& [column, value] : cells) {
    columns.emplace_back(column);
    rows[0].push_back(value);
  }
  return tx.Upsert(table, columns, rows).map([](std::uint64_t) {});
}

inline Status DeleteRows(database::Transaction& tx, std::string_view table, const Cells& where) {
  return tx.Delete(table, Matches(where)).map([](std::uint64_t) {});
}

}  // namespace ww::distmgr
