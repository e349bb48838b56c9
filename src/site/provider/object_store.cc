#include "wimwright/provider/object_store.h"

#include <fmt/format.h>

#include "class_table.h"
#include "query_translation.h"

namespace ww::provider {
namespace {

using database::Expression;

std::vector<std::size_t> AllProperties(const cim::ClassDeclaration& cls) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < cls.properties().size(); ++i) out.push_back(i);
  return out;
}

// What a query returns: embedded objects and lazy properties come with a get only
// (sms-provider-behaviour.md 2.2).
std::vector<std::size_t> QueriedProperties(const cim::ClassDeclaration& cls) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < cls.properties().size(); ++i) {
    const auto& property = cls.properties()[i];
    if (!property.lazy && property.type.type != cim::CimType::kObject) out.push_back(i);
  }
  return out;
}

Result<std::vector<database::Row>> ToRows(std::span<const cim::Instance> instances) {
  std::vector<database::Row> rows;
  rows.reserve(instances.size());
  for (const auto& instance : instances) {
    WW_TRY(auto row, ToRow(instance), instance.cls().name());
    rows.push_back(std::move(row));
  }
  return rows;
}

// Properties that say to which package an instance belongs.
constexpr std::string_view kPackageProperties[] = {"PackageID", "ImagePackageID", "PkgID"};

}  // namespace

void Touched::Add(std::string class_name, std::string key, bool deleted) {
  if (objects.size() >= kMost) key.clear();
  objects.emplace(std::move(class_name), std::move(key), deleted);
}

void ObjectStore::Note(const cim::Instance& instance) {
  if (touched_ == nullptr) return;
  const auto& cls = instance.cls();
  for (const auto name : kPackageProperties) {
    if (const auto* value = instance.Find(name); value != nullptr && !value->is_null()) {
      return touched_->Add(cls.name(), value->TextOr(""), false);
    }
  }
  touched_->Add(cls.name(), cls.keys().empty() ? "" : cim::ToText(instance.at(cls.keys()[0])),
                false);
}

void ObjectStore::Note(const cim::ObjectPath& gone) {
  if (touched_ == nullptr) return;
  std::string key = gone.keys.empty() ? "" : cim::ToText(gone.keys[0].value);
  for (const auto& one : gone.keys) {
    for (const auto name : kPackageProperties) {
      if (cim::SameName(one.name, name)) key = cim::ToText(one.value);
    }
  }
  touched_->Add(gone.class_name, std::move(key), true);
}

Result<cim::Instance> ObjectStore::Make(std::string_view class_name) const {
  WW_TRY(const auto cls, schema_.Get(class_name), "class");
  auto spawned = cim::Instance::Spawn(cls);
  for (std::size_t i = 0; i < spawned.size(); ++i) {
    if (!spawned.at(i).is_null()) spawned.SetRaw(i, spawned.at(i));
  }
  return spawned;
}

Result<std::optional<cim::Instance>> ObjectStore::Find(const cim::ObjectPath& canonical) {
  for (const auto& cls : schema_.ConcreteClasses(canonical.class_name)) {
    if (!IsStored(*cls)) continue;
    WW_TRY(const auto condition, KeyCondition(canonical, *cls), "key");
    database::Select select;
    select.table = TableNameOf(*cls);
    select.where = condition;
    WW_TRY(const auto row, tx_.FetchOne(std::move(select)), cls->name());
    if (!row) continue;
    WW_TRY(auto instance, FromRow(*row, cls, AllProperties(*cls), schema_), cls->name());
    return instance;
  }
  return std::optional<cim::Instance>();
}

Result<Expression> ObjectStore::Condition(const cim::ClassDeclaration& cls, Where where) const {
  std::vector<Expression> all;
  for (const auto& [name, value] : where) {
    const auto* property = cls.Property(name);
    if (property == nullptr) {
      return Fail(Code::kInternal, fmt::format("{} has no property {}", cls.name(), name));
    }
    WW_TRY(auto cell, ToCell(value, property->type), name);
    all.push_back(Expression::Equal(property->name, std::move(cell)));
  }
  return Expression::And(std::move(all));
}

Result<std::vector<cim::Instance>> ObjectStore::FindAll(std::string_view class_name, Where where) {
  std::vector<cim::Instance> out;
  for (const auto& cls : schema_.ConcreteClasses(class_name)) {
    if (!IsStored(*cls)) continue;
    database::Select select;
    select.table = TableNameOf(*cls);
    WW_TRY(select.where, Condition(*cls, where), cls->name());
    WW_TRY(const auto rows, tx_.Fetch(select), cls->name());
    for (const auto& row : rows) {
      WW_TRY(auto instance, FromRow(row, cls, AllProperties(*cls), schema_), cls->name());
      out.push_back(std::move(instance));
    }
  }
  return out;
}

Result<std::optional<cim::Instance>> ObjectStore::FindOne(std::string_view class_name,
                                                          Where where) {
  for (const auto& cls : schema_.ConcreteClasses(class_name)) {
    if (!IsStored(*cls)) continue;
    database::Select select;
    select.table = TableNameOf(*cls);
    WW_TRY(select.where, Condition(*cls, where), cls->name());
    WW_TRY(const auto row, tx_.FetchOne(std::move(select)), cls->name());
    if (!row) continue;
    WW_TRY(auto instance, FromRow(*row, cls, AllProperties(*cls), schema_), cls->name());
    return instance;
  }
  return std::optional<cim::Instance>();
}

Result<std::uint64_t> ObjectStore::Count(std::string_view class_name, Where where) {
  std::uint64_t sum = 0;
  for (const auto& cls : schema_.ConcreteClasses(class_name)) {
    if (!IsStored(*cls)) continue;
    database::Select select;
    select.table = TableNameOf(*cls);
    WW_TRY(select.where, Condition(*cls, where), cls->name());
    WW_TRY(const auto count, tx_.Count(select), cls->name());
    sum += count;
  }
  return sum;
}

Status ObjectStore::Insert(const cim::Instance& instance) {
  Note(instance);
  WW_TRY(auto row, ToRow(instance), instance.cls().name());
  auto inserted =
      tx_.InsertOne(TableNameOf(instance.cls()), ColumnNames(instance.cls()), std::move(row));
  if (inserted) return {};
  if (inserted.error().code != Code::kConflict) return Fail(inserted.error());
  return Fail(cim::ProviderError(cim::ProviderCode::kAlreadyExists,
                                 fmt::format("there is such a {} already", instance.cls().name())));
}

Status ObjectStore::Save(const cim::Instance& instance) {
  Note(instance);
  WW_TRY(auto row, ToRow(instance), instance.cls().name());
  const database::Row rows[] = {std::move(row)};
  return tx_.Upsert(TableNameOf(instance.cls()), ColumnNames(instance.cls()), rows)
      .map([](std::uint64_t) {});
}

Status ObjectStore::InsertAll(std::span<const cim::Instance> instances) {
  if (instances.empty()) return {};
  for (const auto& instance : instances) Note(instance);
  const auto& cls = instances.front().cls();
  WW_TRY(const auto rows, ToRows(instances), cls.name());
  return tx_.Insert(TableNameOf(cls), ColumnNames(cls), rows).map([](std::uint64_t) {});
}

Status ObjectStore::SaveAll(std::span<const cim::Instance> instances) {
  if (instances.empty()) return {};
  for (const auto& instance : instances) Note(instance);
  const auto& cls = instances.front().cls();
  WW_TRY(const auto rows, ToRows(instances), cls.name());
  return tx_.Upsert(TableNameOf(cls), ColumnNames(cls), rows).map([](std::uint64_t) {});
}

Result<bool> ObjectStore::Delete(const cim::ObjectPath& canonical) {
  for (const auto& cls : schema_.ConcreteClasses(canonical.class_name)) {
    if (!IsStored(*cls)) continue;
    WW_TRY(const auto condition, KeyCondition(canonical, *cls), "key");
    WW_TRY(const auto count, tx_.Delete(TableNameOf(*cls), condition), cls->name());
    if (count == 0) continue;
    Note(canonical);
    return true;
  }
  return false;
}

Result<std::uint64_t> ObjectStore::DeleteAll(std::string_view class_name, Where where) {
  WW_TRY(const auto cls, schema_.Get(class_name), "class");
  WW_TRY(const auto condition, Condition(*cls, where), class_name);
  if (touched_ != nullptr) touched_->Add(cls->name(), {}, true);
  return tx_.Delete(TableNameOf(*cls), condition);
}

bool ObjectStore::Complete(const Reading& reading, const cim::ClassDeclaration& cls) {
  return Translate(reading.where, reading.source, cls).complete;
}

Result<database::Select> ObjectStore::SelectOf(const cim::ClassPtr& cls, const Reading& reading,
                                               const std::vector<std::size_t>& properties) const {
  database::Select select;
  select.table = TableNameOf(*cls);
  for (const auto index : properties) {
    select.columns.push_back(Expression::Column(cls->properties()[index].name));
  }
  const auto translated = Translate(reading.where, reading.source, *cls);
  select.where = translated.where;
  if (!translated.complete) return select;
  if (reading.order != nullptr) {
    for (const auto& [column, descending] : *reading.order) {
      if (column.property >= cls->properties().size()) {
        return Fail(cim::WbemError(cim::WbemStatus::kInvalidQuery, "no such column to order by"));
      }
      select.order.push_back(
          {Expression::Column(cls->properties()[column.property].name), descending});
    }
  }
  if (reading.limit || reading.skip != 0) {
    // Pages must not overlap: the key decides among equals.
    for (const auto key : cls->keys()) {
      select.order.push_back({Expression::Column(cls->properties()[key].name), false});
    }
    select.limit = reading.limit;
    select.offset = reading.skip;
  }
  return select;
}

Status ObjectStore::Read(const cim::ClassPtr& cls, const Reading& reading,
                         const cim::InstanceSink& sink, const Cancellation& cancelled) {
  const auto properties = reading.lazy ? AllProperties(*cls) : QueriedProperties(*cls);
  WW_TRY(const auto select, SelectOf(cls, reading, properties), cls->name());
  WW_TRY(auto rows, tx_.Query(select, cancelled), cls->name());
  for (;;) {
    WW_TRY(const auto more, rows->Next(), cls->name());
    if (!more) return {};
    WW_TRY(const auto instance, FromRow(rows->row(), cls, properties, schema_), cls->name());
    if (!sink(instance)) return {};
  }
}

Result<std::uint64_t> ObjectStore::Count(const cim::ClassPtr& cls, const Reading& reading) {
  WW_TRY(const auto select, SelectOf(cls, reading, {}), cls->name());
  return tx_.Count(select);
}

}  // namespace ww::provider
