#include "soci_connection.h"

#include <new>

#include "wimwright/base/text.h"

namespace ww::database {
namespace {

constexpr std::size_t kMaxCachedText = 32 << 10;

std::unique_ptr<Cell> MakeCell(WireType type) {
  auto cell = std::make_unique<Cell>();
  cell->type = type;
  return cell;
}

template <typename Exchange>
void Attach(Cell& cell, const Exchange& exchange) {
  switch (cell.type) {
    case WireType::kInteger:
      return exchange(cell.integer, cell.indicator);
    case WireType::kReal:
      return exchange(cell.real, cell.indicator);
    case WireType::kText:
    case WireType::kBlob:
      return exchange(cell.text, cell.indicator);
  }
}

// The cache's key: on SQLite the text alone does not tell the types.
std::string KeyOf(const Sql& sql, const std::vector<WireType>& columns) {
  std::string key = sql.text;
  key += '\n';
  for (const auto& parameter : sql.parameters) {
    key += static_cast<char>('0' + static_cast<int>(parameter.type));
  }
  key += '\n';
  for (const auto type : columns) key += static_cast<char>('0' + static_cast<int>(type));
  return key;
}

}  // namespace

Status SociConnection::Guard(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const std::bad_alloc&) {
    return Fail(Code::kLimit, "database: out of memory");
  } catch (const std::exception&) {
    const Classified what = Classify();
    collided_ = what.collided;
    broken_ = broken_ || what.broken;
    return Fail(what.error);
  }
}

Status SociConnection::Execute(const std::string& text) {
  return Guard([&] { session_->once << text; });
}

Status SociConnection::Commit() {
  collided_ = false;
  return Execute("COMMIT");
}

void SociConnection::Rollback() {
  const bool collided = collided_;  // of the error that leads here
  if (!Execute("ROLLBACK")) broken_ = true;
  failed_.clear();
  collided_ = collided;
}

std::string SociConnection::ToWire(ByteView bytes) const {
  return backend() == Backend::kSqlite ? std::string(AsText(bytes)) : "\\x" + ToHex(bytes);
}

void SociConnection::FromWire(Cell& cell, Value& value) const {
  auto& out = value.variant();
  if (cell.indicator == soci::i_null) {
    out = Null{};
    return;
  }
  switch (cell.type) {
    case WireType::kInteger:
      out = static_cast<std::int64_t>(cell.integer);
      break;
    case WireType::kReal:
      out = cell.real;
      break;
    case WireType::kText:
      // SOCI fills the cell afresh for each row: no copy, and both keep their memory.
      if (auto* text = std::get_if<std::string>(&out)) {
        text->swap(cell.text);
      } else {
        out = cell.text;
      }
      break;
    case WireType::kBlob:
      if (backend() == Backend::kSqlite) {
        out = ToBytes(cell.text);
      } else {
        const std::string_view hex = cell.text;
        out = FromHex(hex.starts_with("\\x") ? hex.substr(2) : hex).value_or(Bytes());
      }
      break;
  }
}

void SociConnection::SetParameters(PreparedStatement& statement, const Sql& sql) const {
  for (std::size_t i = 0; i < sql.parameters.size(); ++i) {
    Cell& cell = *statement.parameters[i];
    const Value& value = sql.parameters[i].value;
    cell.indicator = value.is_null() ? soci::i_null : soci::i_ok;
    switch (cell.type) {
      case WireType::kInteger:
        cell.integer = value.integer();
        break;
      case WireType::kReal:
        cell.real = value.real();
        break;
      case WireType::kText:
        cell.text = value.text();
        break;
      case WireType::kBlob:
        cell.text = ToWire(value.blob());
        break;
    }
  }
}

std::shared_ptr<PreparedStatement> SociConnection::Prepare(const Sql& sql,
                                                           const std::vector<WireType>& columns) {
  std::string key = KeyOf(sql, columns);
  const auto [first, last] = by_text_.equal_range(key);
  for (auto it = first; it != last; ++it) {
    auto& prepared = it->second->second;
    if (prepared->busy) continue;
    recent_.splice(recent_.begin(), recent_, it->second);
    SetParameters(*prepared, sql);
    prepared->busy = true;
    return prepared;
  }
  auto prepared = std::make_shared<PreparedStatement>(*session_);
  for (const auto& parameter : sql.parameters) {
    prepared->parameters.push_back(MakeCell(parameter.type));
    Attach(*prepared->parameters.back(), [&](auto& value, soci::indicator& indicator) {
      prepared->statement.exchange(soci::use(value, indicator));
    });
  }
  for (const auto type : columns) {
    prepared->columns.push_back(MakeCell(type));
    Attach(*prepared->columns.back(), [&](auto& value, soci::indicator& indicator) {
      prepared->statement.exchange(soci::into(value, indicator));
    });
  }
  SetParameters(*prepared, sql);
  prepared->statement.alloc();
  prepared->statement.prepare(sql.text);
  prepared->statement.define_and_bind();
  prepared->busy = true;
  if (key.size() <= kMaxCachedText && cache_size_ > 0) {
    while (recent_.size() >= cache_size_) {
      const auto old = std::prev(recent_.end());
      const auto range = by_text_.equal_range(old->first);
      for (auto it = range.first; it != range.second; ++it) {
        if (it->second == old) {
          by_text_.erase(it);
          break;
        }
      }
      recent_.pop_back();  // a statement in use lives on with its rows
    }
    recent_.emplace_front(std::move(key), prepared);
    by_text_.emplace(recent_.front().first, recent_.begin());
  }
  return prepared;
}

std::shared_ptr<PreparedStatement> SociConnection::PrepareOnce(
    const std::string& text, const std::vector<WireType>& columns) {
  auto prepared = std::make_shared<PreparedStatement>(*session_);
  for (const auto type : columns) {
    prepared->columns.push_back(MakeCell(type));
    Attach(*prepared->columns.back(), [&](auto& value, soci::indicator& indicator) {
      prepared->statement.exchange(soci::into(value, indicator));
    });
  }
  prepared->statement.alloc();
  prepared->statement.prepare(text, soci::details::st_one_time_query);
  prepared->statement.define_and_bind();
  prepared->busy = true;
  return prepared;
}

void SociConnection::Release(PreparedStatement* statement) {
  Reset(*statement);
  // What one caller sent must not stay in memory for long when it is large.
  for (auto& cell : statement->parameters) {
    if (cell->text.capacity() > (64 << 10)) cell->text = std::string();
  }
  statement->busy = false;
  if (statement->failed) Forget(statement);
}

void SociConnection::Forget(const PreparedStatement* statement) {
  for (auto it = by_text_.begin(); it != by_text_.end(); ++it) {
    const auto entry = it->second;
    if (entry->second.get() != statement) continue;
    failed_.push_back(entry->second);
    by_text_.erase(it);
    recent_.erase(entry);
    return;
  }
}

Result<std::uint64_t> SociConnection::Change(const Sql& sql) {
  std::shared_ptr<PreparedStatement> prepared;
  std::uint64_t changed = 0;
  const Status done = Guard([&] {
    prepared = Prepare(sql, {});
    prepared->statement.execute(true);
    const auto affected = prepared->statement.get_affected_rows();
    changed = affected > 0 ? static_cast<std::uint64_t>(affected) : 0;
  });
  if (prepared) {
    prepared->failed = !done;
    Release(prepared.get());
  }
  if (!done) return Fail(done.error());
  return changed;
}

StatementRows::StatementRows(SociConnection& connection,
                             std::shared_ptr<PreparedStatement> statement,
                             const Cancellation& cancellation)
    : connection_(connection), statement_(std::move(statement)), cancellation_(cancellation) {
  row_.resize(statement_->columns.size());
}

StatementRows::~StatementRows() { Close(); }

void StatementRows::Close() {
  if (!statement_) return;
  connection_.Release(statement_.get());
  statement_ = nullptr;
}

Result<bool> StatementRows::Next() {
  if (!statement_) return false;
  bool found = false;
  Status status = cancellation_.Check();
  if (status) {
    status = connection_.Guard([&] {
      found = executed_ ? statement_->statement.fetch() : statement_->statement.execute(true);
      executed_ = true;
    });
    if (!status) statement_->failed = true;
  }
  if (!status || !found) {
    Close();
    if (!status) return Fail(status.error());
    return false;
  }
  for (std::size_t i = 0; i < row_.size(); ++i) {
    connection_.FromWire(*statement_->columns[i], row_[i]);
  }
  return true;
}

}  // namespace ww::database
