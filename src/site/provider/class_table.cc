#include "class_table.h"

#include <algorithm>
#include <array>

namespace ww::provider {
namespace {

using database::Expression;

constexpr std::array<std::string_view, 27> kSearched{"Name",           "LocalizedDisplayName",
                                                     "CI_ID",          "CI_UniqueID",
                                                     "ArticleID",      "BulletinID",
                                                     "PackageID",      "ScheduleID",
                                                     "UpdateID",       "ImagePackageID",
                                                     "LogonName",      "RoleName",
                                                     "GroupID",        "ObjectKey",
                                                     "RecordID",       "MessageID",
                                                     "AttributeValue", "ContentID",
                                                     "ToCIID",         "PkgID",
                                                     "InstanceKey",    "DatePosted",
                                                     "Family",         "SHA1",
                                                     "SHA256",         "StoredID",
                                                     "Finished"};

}  // namespace

bool IsStored(const cim::ClassDeclaration& cls) {
  return !cls.abstract() && !cls.embedded() && !cls.keys().empty();
}

std::string TableNameOf(const cim::ClassDeclaration& cls) {
  constexpr std::string_view kOwn = "WW_";
  const auto& name = cls.name();
  return name.starts_with(kOwn) ? "Own_" + name.substr(kOwn.size()) : name;
}

database::TableDefinition TableOf(const cim::ClassDeclaration& cls) {
  database::TableDefinition table;
  table.name = TableNameOf(cls);
  for (const auto& property : cls.properties()) {
    auto column = ColumnFor(property);
    column.indexed =
        !column.key && std::any_of(kSearched.begin(), kSearched.end(), [&](std::string_view name) {
          return cim::SameName(name, property.name);
        });
    table.columns.push_back(std::move(column));
  }
  // The first column of the key has the key's own index; what else people look for by itself needs
  // one more.
  std::vector<std::string> keys;
  for (const auto& property : cls.properties()) {
    if (property.key) keys.push_back(property.name);
  }
  for (std::size_t i = 1; i < keys.size(); ++i) table.indexes.push_back({{keys[i]}});
  return table;
}

std::vector<std::string> ColumnNames(const cim::ClassDeclaration& cls) {
  std::vector<std::string> out;
  for (const auto& property : cls.properties()) out.push_back(property.name);
  return out;
}

Result<database::Row> ToRow(const cim::Instance& instance) {
  database::Row row;
  row.reserve(instance.size());
  for (std::size_t i = 0; i < instance.size(); ++i) {
    const auto& property = instance.cls().properties()[i];
    WW_TRY(auto cell, ToCell(instance.at(i), property.type), property.name);
    row.push_back(std::move(cell));
  }
  return row;
}

Result<cim::Instance> FromRow(std::span<const database::Value> row, const cim::ClassPtr& cls,
                              const std::vector<std::size_t>& properties,
                              const cim::Schema& schema) {
  cim::Instance out(cls);
  for (std::size_t i = 0; i < properties.size() && i < row.size(); ++i) {
    const auto& property = cls->properties()[properties[i]];
    WW_TRY(auto value, FromCell(row[i], property.type, schema), property.name);
    out.SetRaw(properties[i], std::move(value));
  }
  return out;
}

Result<Expression> KeyCondition(const cim::ObjectPath& path, const cim::ClassDeclaration& cls) {
  std::vector<Expression> all;
  for (const auto& key : path.keys) {
    const auto* property = cls.Property(key.name);
    if (property == nullptr) return Fail(Code::kInternal, "a path that is not canonical");
    WW_TRY(auto cell, ToCell(key.value, property->type), key.name);
    all.push_back(Expression::Equal(property->name, std::move(cell)));
  }
  return Expression::And(std::move(all));
}

}  // namespace ww::provider
