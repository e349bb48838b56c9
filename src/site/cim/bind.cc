#include "wimwright/cim/bind.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "binder.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

// May be selected although no class declares them; whoever returns objects adds them anyway.
constexpr std::array<std::string_view, 10> kSystemProperties = {
    "__GENUS",          "__CLASS",      "__SUPERCLASS", "__DYNASTY",   "__RELPATH",
    "__PROPERTY_COUNT", "__DERIVATION", "__SERVER",     "__NAMESPACE", "__PATH"};

bool IsSystemProperty(std::string_view name) {
  return std::ranges::any_of(kSystemProperties, [&](auto p) { return SameName(p, name); });
}

void Add(BoundQuery& out, const Column& column) {
  if (std::ranges::find(out.columns, column) == out.columns.end()) out.columns.push_back(column);
}

}  // namespace

BoundExpr::BoundExpr() = default;
BoundExpr::~BoundExpr() = default;

Status Binder::AddColumn(const Name& name, BoundQuery& out) const {
  if (name.property == "*") {
    auto wanted = SourceOf(name);
    if (!wanted) return Fail(wanted.error());
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      if (!name.qualifier.empty() && s != *wanted) continue;
      for (std::size_t p = 0; p < sources_[s].cls->properties().size(); ++p) {
        out.columns.push_back({s, p});
      }
    }
    return {};
  }
  if (IsSystemProperty(name.property)) {
    auto source = SourceOf(name);
    if (!source) return Fail(source.error());
    for (const std::size_t key : sources_[*source].cls->keys()) Add(out, {*source, key});
    return {};
  }
  auto column = Resolve(name);
  if (!column) return Fail(column.error());
  out.columns.push_back(*column);
  return {};
}

Status Binder::Columns(const cim::Query& query, BoundQuery& out) const {
  if (query.count) {
    if (query.distinct) return BindError(0, "COUNT and DISTINCT cannot be used together");
    if (query.select[0].property != "*") {
      auto column = Resolve(query.select[0]);
      if (!column) return Fail(column.error());
      if (column->property == Column::kClassName) return BindError(0, "__CLASS cannot be counted");
      out.count_column = *column;
    }
    return {};
  }
  for (const auto& name : query.select) WW_RETURN_IF_ERROR(AddColumn(name, out));
  // Each once, the first place counts.
  std::vector<std::vector<bool>> seen(sources_.size());
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    seen[s].resize(sources_[s].cls->properties().size());
  }
  std::erase_if(out.columns, [&](const Column& c) {
    const bool before = seen[c.source][c.property];
    seen[c.source][c.property] = true;
    return before;
  });
  out.all_columns = sources_.size() == 1 && std::ranges::any_of(query.select, [](const auto& n) {
                      return n.property == "*";
                    });
  if (out.distinct && !out.all_columns) {
    for (const auto& column : out.columns) {
      const auto& type = DeclarationOf(column).type;
      if (type.array || type.type == CimType::kObject) {
        return BindError(0, fmt::format("DISTINCT cannot compare {}", DeclarationOf(column).name));
      }
    }
  }
  return {};
}

Status Binder::Order(const cim::Query& query, BoundQuery& out) const {
  for (const auto& term : query.order_by) {
    auto column = Resolve(term.name);
    if (!column) return Fail(column.error());
    if (column->property == Column::kClassName) {
      return BindError(term.name.position, "__CLASS has no order");
    }
    const auto& type = DeclarationOf(*column).type;
    if (type.array || type.type == CimType::kObject) {
      return BindError(term.name.position, fmt::format("{} has no order: it is {}",
                                                       term.name.property, ToString(type)));
    }
    out.order_by.push_back({*column, term.descending});
  }
  return {};
}

Status Binder::ResultClass(BoundQuery& out) const {
  if (out.count) {
    out.result_class = CountClass();
    return {};
  }
  const bool one = std::ranges::all_of(
      out.columns, [&](const Column& c) { return c.source == out.columns[0].source; });
  if (sources_.size() == 1 || (one && !out.columns.empty())) {
    out.result_source = out.columns.empty() ? 0 : out.columns[0].source;
    out.result_class = sources_[*out.result_source].cls;
    return {};
  }
  ClassBuilder builder("__Generic");
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const bool selected =
        std::ranges::any_of(out.columns, [&](const Column& c) { return c.source == s; });
    if (!selected) continue;
    builder.Property(sources_[s].alias, {CimType::kObject, false, sources_[s].cls->name()});
  }
  WW_TRY(out.result_class, std::move(builder).Build(), "join");
  return {};
}

Result<BoundQuery> Binder::Query(const cim::Query& query) {
  BoundQuery out;
  out.count = query.count;
  out.distinct = query.distinct;
  out.top = query.top;
  out.skip = query.skip;
  if (query.select.empty()) return BindError(0, "nothing is selected");
  WW_RETURN_IF_ERROR(AddSource(query.from, Join::Kind::kInner));
  for (const auto& join : query.joins) {
    WW_RETURN_IF_ERROR(AddSource(join.source, join.kind));
    if (join.on == nullptr) continue;
    auto on = Condition(*join.on);
    if (!on) return Fail(on.error());
    sources_.back().on = *std::move(on);
  }
  WW_RETURN_IF_ERROR(Columns(query, out));
  if (query.where != nullptr) {
    auto where = Condition(*query.where);
    if (!where) return Fail(where.error());
    out.where = *std::move(where);
  }
  WW_RETURN_IF_ERROR(Order(query, out));
  WW_RETURN_IF_ERROR(ResultClass(out));
  out.sources = std::move(sources_);
  return out;
}

Result<BoundQuery> Bind(const Query& query, const Schema& schema, const BindOptions& options) {
  return Binder(schema, options).Query(query);
}

Result<BoundExprPtr> Bind(const Expr& expr, ClassPtr cls, const Schema& schema,
                          const BindOptions& options) {
  return Binder(schema, options).ConditionOn(expr, std::move(cls));
}

}  // namespace ww::cim
