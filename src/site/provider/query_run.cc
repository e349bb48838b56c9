#include "query_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "class_table.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/evaluate.h"

namespace ww::provider {
namespace {

using cim::BoundExpr;
using cim::BoundQuery;
using cim::Instance;
using Row = std::vector<const Instance*>;

// Rows that are held for sorting and joining.
constexpr std::size_t kMostHeld = 2'000'000;

tl::unexpected<Error> TooMany() {
  return Fail(Code::kLimit, "the query would have to hold too many instances at once");
}

class Runner {
 public:
  Runner(Call& call, const Bindings& bindings) : call_(call), bindings_(bindings) {}

  Status Run(BoundQuery& query, const cim::InstanceSink& sink) {
    WW_RETURN_IF_ERROR(
        cim::ResolveSubqueries(query, [this](const BoundQuery& sub) { return ListOf(sub); }));
    if (query.sources.size() > 1) return RunJoin(query, sink);
    return RunSingle(query, sink);
  }

 private:
  const Cancellation& cancelled() const {
    return call_.context.cancelled != nullptr ? *call_.context.cancelled : NeverCancelled();
  }

  Result<std::vector<cim::Value>> ListOf(const BoundQuery& query) {
    std::vector<cim::Value> out;
    const auto column = query.columns.empty() ? cim::Column{} : query.columns.front();
    Runner inner(call_, bindings_);
    auto copy = cim::InstanceSink([&](const Instance& one) {
      if (column.property == cim::Column::kClassName) {
        out.push_back(Text(one.cls().name()));
      } else if (!one.at(column.property).is_null()) {
        out.push_back(one.at(column.property));
      }
      return out.size() < kMostHeld;
    });
    WW_RETURN_IF_ERROR(inner.RunResolved(query, copy));
    return out;
  }

  // Sub-queries of sub-queries were resolved before their outer one.
  Status RunResolved(const BoundQuery& query, const cim::InstanceSink& sink) {
    if (query.sources.size() > 1) {
      return Fail(cim::WbemError(cim::WbemStatus::kInvalidQuery, "a join inside a sub-query"));
    }
    return RunSingle(query, sink);
  }

  // Instances of one source that meet `where` and that the caller may see, of every class below it.
  // `where` must be about this source only.
  Status Each(const cim::ClassPtr& cls, std::size_t source, const BoundExpr* where, bool lazy,
              const cim::InstanceSink& sink) {
    bool more = true;
    for (const auto& one : call_.store.schema().ConcreteClasses(cls->name())) {
      if (!more) break;
      WW_RETURN_IF_ERROR(EachOf(one, source, where, lazy,
                                [&](const Instance& instance) { return more = sink(instance); }));
    }
    return {};
  }

  Status EachOf(const cim::ClassPtr& cls, std::size_t source, const BoundExpr* where, bool lazy,
                const cim::InstanceSink& sink) {
    const auto& binding = bindings_.Of(*cls);
    if (binding.source == ClassBinding::Source::kEmpty) return {};
    if (!call_.access.is_administrator()) return {};
    if (binding.source == ClassBinding::Source::kComputed) {
      if (!binding.enumerate) return {};
      Status failed;
      WW_RETURN_IF_ERROR(binding.enumerate(call_, [&](const Instance& one) {
        return Offer(binding, one, source, where, lazy, sink, failed);
      }));
      return failed;
    }
    if (!IsStored(*cls)) return {};  // lives in results of methods only
    ObjectStore::Reading reading;
    reading.where = where;
    reading.source = source;
    // Conditions may be about lazy properties; they are taken out again afterwards.
    reading.lazy = lazy || !ObjectStore::Complete(reading, *cls) || binding.show != nullptr;
    const bool decided = ObjectStore::Complete(reading, *cls) && !binding.show;
    Status failed;
    WW_RETURN_IF_ERROR(call_.store.Read(
        cls, reading,
        [&](const Instance& one) {
          return Offer(binding, one, source, decided ? nullptr : where, lazy, sink, failed);
        },
        cancelled()));
    return failed;
  }

  bool Offer(const ClassBinding& binding, const Instance& found, std::size_t source,
             const BoundExpr* where, bool lazy, const cim::InstanceSink& sink, Status& failed) {
    if (cancelled().requested()) {
      failed = Fail(cim::WbemError(cim::WbemStatus::kCallCancelled, "the call was cancelled"));
      return false;
    }
    auto visible = Visible(binding, found);
    if (!visible) {
      failed = Fail(visible.error());
      return false;
    }
    if (!*visible) return true;
    if (!binding.show && lazy && where == nullptr) return sink(found);
    auto shown = found;
    if (binding.show) {
      if (auto done = binding.show(call_, shown); !done) {
        failed = done;
        return false;
      }
    }
    if (where != nullptr) {
      Row row(source + 1, nullptr);
      row[source] = &shown;
      if (cim::Evaluate(*where, row) != cim::Truth::kTrue) return true;
    }
    if (!lazy) HideLazy(shown);
    return sink(shown);
  }

  static void HideLazy(Instance& instance) {
    for (std::size_t i = 0; i < instance.size(); ++i) {
      const auto& property = instance.cls().properties()[i];
      if (property.lazy || property.type.type == cim::CimType::kObject) instance.Unset(i);
    }
  }

  Result<bool> Visible(const ClassBinding& binding, const Instance& instance) {
    if (!binding.guard && binding.object_type == 0) return true;
    if (!binding.guard && call_.access.Everywhere(binding.object_type, kOpRead)) return true;
    Guard guard{binding.object_type, {}};
    if (binding.guard) {
      WW_TRY(guard, binding.guard(call_, instance), "access");
    } else if (!instance.cls().keys().empty()) {
      guard.key = cim::ToText(instance.at(instance.cls().keys()[0]));
    }
    if (guard.type == 0) return true;
    return call_.access.On(call_.store, guard.type, guard.key, kOpRead);
  }

  // Whether the database's answer is the answer, so that it may count, sort and page.
  bool DatabaseDecides(const BoundQuery& query, cim::ClassPtr& cls) {
    const auto classes = call_.store.schema().ConcreteClasses(query.sources[0].cls->name());
    if (classes.size() != 1) return false;
    cls = classes[0];
    const auto& binding = bindings_.Of(*cls);
    if (binding.source != ClassBinding::Source::kStored || binding.show || binding.guard) {
      return false;
    }
    if (!call_.access.is_administrator() ||
        (binding.object_type != 0 && !call_.access.Everywhere(binding.object_type, kOpRead))) {
      return false;
    }
    ObjectStore::Reading reading;
    reading.where = query.where.get();
    return ObjectStore::Complete(reading, *cls) && IsStored(*cls);
  }

  std::optional<std::uint64_t> LimitOf(const BoundQuery& query) const {
    auto limit = query.top;
    const auto& most = call_.context.instance_count;
    if (most && (!limit || *limit > *most)) limit = most;
    return limit;
  }

  Status RunSingle(const BoundQuery& query, const cim::InstanceSink& sink) {
    cim::ClassPtr cls;
    const auto limit = LimitOf(query);
    if (DatabaseDecides(query, cls) && !query.distinct && !query.count_column) {
      ObjectStore::Reading reading;
      reading.where = query.where.get();
      if (query.count) {
        WW_TRY(const auto count, call_.store.Count(cls, reading), "counting");
        sink(cim::MakeCount(count));
        return {};
      }
      reading.order = &query.order_by;
      reading.limit = limit;
      reading.skip = query.skip;
      return call_.store.Read(
          cls, reading, [&](const Instance& one) { return sink(cim::Project(query, one)); },
          cancelled());
    }
    const auto each = [&](const cim::InstanceSink& next) {
      return Each(query.sources[0].cls, 0, query.where.get(), false, next);
    };
    if (query.count) {
      std::uint64_t count = 0;
      WW_RETURN_IF_ERROR(each([&](const Instance& one) {
        if (!query.count_column || !one.at(query.count_column->property).is_null()) ++count;
        return true;
      }));
      sink(cim::MakeCount(count));
      return {};
    }
    if (query.order_by.empty() && !query.distinct) {
      std::uint64_t seen = 0, given = 0;
      if (limit && *limit == 0) return {};
      return each([&](const Instance& one) {
        if (seen++ < query.skip) return true;
        return sink(cim::Project(query, one)) && (!limit || ++given < *limit);
      });
    }
    std::vector<Instance> held;
    bool full = false;
    WW_RETURN_IF_ERROR(each([&](const Instance& one) {
      held.push_back(one);
      return !(full = held.size() >= kMostHeld);
    }));
    if (full) return TooMany();
    if (!query.order_by.empty()) {
      std::stable_sort(held.begin(), held.end(), [&](const Instance& a, const Instance& b) {
        const Instance* left[] = {&a};
        const Instance* right[] = {&b};
        return cim::OrderLess(query.order_by, left, right);
      });
    }
    std::vector<Instance> out;
    out.reserve(held.size());
    for (const auto& one : held) out.push_back(cim::Project(query, one));
    if (query.distinct) RemoveEqual(out);
    return Give(out, query.skip, limit, sink);
  }

  static std::string TextOf(const Instance& one) {
    std::string text = one.cls().name();
    for (std::size_t i = 0; i < one.size(); ++i) {
      text += '\x1f' + (one.at(i).is_null() ? std::string("\x1e") : cim::ToText(one.at(i)));
    }
    return FoldCaseUtf8(text);
  }
  static std::string FoldCaseUtf8(std::string text) {
    for (auto& c : text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
  }

  static void RemoveEqual(std::vector<Instance>& rows) {
    std::unordered_map<std::string, bool> seen;
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [&seen](const Instance& one) {
                                return !seen.emplace(TextOf(one), true).second;
                              }),
               rows.end());
  }

  static Status Give(const std::vector<Instance>& rows, std::uint64_t skip,
                     std::optional<std::uint64_t> limit, const cim::InstanceSink& sink) {
    std::uint64_t given = 0;
    for (std::size_t i = static_cast<std::size_t>(std::min<std::uint64_t>(skip, rows.size()));
         i < rows.size() && (!limit || given < *limit); ++i, ++given) {
      if (!sink(rows[i])) break;
    }
    return {};
  }

  // `A.x = B.y` terms of a condition, as columns of the earlier sources and of source `inner`.
  static void Equalities(const BoundExpr* condition, std::size_t inner,
                         std::vector<std::pair<cim::Column, cim::Column>>& out) {
    if (condition == nullptr) return;
    if (condition->kind == BoundExpr::Kind::kAnd) {
      for (const auto& child : condition->children) Equalities(child.get(), inner, out);
      return;
    }
    if (condition->kind != BoundExpr::Kind::kCompare || condition->array ||
        condition->op != cim::CompareOp::kEqual) {
      return;
    }
    const auto& left = *condition->children[0];
    const auto& right = *condition->children[1];
    if (left.kind != BoundExpr::Kind::kColumn || right.kind != BoundExpr::Kind::kColumn) return;
    if (left.column.property == cim::Column::kClassName ||
        right.column.property == cim::Column::kClassName) {
      return;
    }
    if (left.column.source < inner && right.column.source == inner) {
      out.emplace_back(left.column, right.column);
    } else if (right.column.source < inner && left.column.source == inner) {
      out.emplace_back(right.column, left.column);
    }
  }

  static std::string KeyOf(const cim::Value& value) {
    return value.is_null() ? std::string() : FoldCaseUtf8(cim::ToText(value)) + '\x1f';
  }

  Status RunJoin(const BoundQuery& query, const cim::InstanceSink& sink) {
    std::vector<std::vector<Instance>> tables(query.sources.size());
    std::size_t held = 0;
    for (std::size_t s = 0; s < query.sources.size(); ++s) {
      WW_RETURN_IF_ERROR(Each(query.sources[s].cls, s, nullptr, false, [&](const Instance& one) {
        tables[s].push_back(one);
        return ++held < kMostHeld;
      }));
    }
    if (held >= kMostHeld) return TooMany();
    std::vector<Row> rows;
    for (const auto& one : tables[0]) rows.push_back({&one});
    for (std::size_t s = 1; s < query.sources.size(); ++s) {
      WW_TRY(rows, Extend(query, s, rows, tables[s]), "join");
    }
    if (query.where) {
      rows.erase(std::remove_if(rows.begin(), rows.end(),
                                [&](const Row& row) {
                                  return cim::Evaluate(*query.where, row) != cim::Truth::kTrue;
                                }),
                 rows.end());
    }
    return GiveRows(query, rows, sink);
  }

  Result<std::vector<Row>> Extend(const BoundQuery& query, std::size_t s,
                                  const std::vector<Row>& rows,
                                  const std::vector<Instance>& table) {
    const auto& source = query.sources[s];
    std::vector<std::pair<cim::Column, cim::Column>> equal;
    Equalities(source.on.get(), s, equal);
    if (!source.left_join) Equalities(query.where.get(), s, equal);
    std::unordered_multimap<std::string, const Instance*> index;
    for (const auto& one : table) {
      std::string key;
      for (const auto& [outer, inner] : equal) key += KeyOf(one.at(inner.property));
      index.emplace(std::move(key), &one);
    }
    std::vector<Row> out;
    for (const auto& row : rows) {
      std::string key;
      for (const auto& [outer, inner] : equal) {
        const auto* left = row[outer.source];
        key += left != nullptr ? KeyOf(left->at(outer.property)) : std::string("\x1e");
      }
      bool any = false;
      const auto [begin, end] = index.equal_range(key);
      for (auto it = begin; it != end; ++it) {
        auto longer = row;
        longer.push_back(it->second);
        if (source.on && cim::Evaluate(*source.on, longer) != cim::Truth::kTrue) continue;
        any = true;
        out.push_back(std::move(longer));
        if (out.size() > kMostHeld) return TooMany();
        if (cancelled().requested()) {
          return Fail(cim::WbemError(cim::WbemStatus::kCallCancelled, "the call was cancelled"));
        }
      }
      if (!any && source.left_join) {
        auto longer = row;
        longer.push_back(nullptr);
        out.push_back(std::move(longer));
      }
    }
    return out;
  }

  // The selected columns of one source.
  static Instance Part(const BoundQuery& query, std::size_t source, const Instance& one) {
    Instance out(one.class_ptr());
    for (const auto& column : query.columns) {
      if (column.source == source && column.property < one.size()) {
        out.SetRaw(column.property, one.at(column.property));
      }
    }
    return out;
  }

  Status GiveRows(const BoundQuery& query, std::vector<Row>& rows, const cim::InstanceSink& sink) {
    if (query.count) {
      std::uint64_t count = 0;
      for (const auto& row : rows) {
        const auto* one = query.count_column ? row[query.count_column->source] : row[0];
        if (!query.count_column ||
            (one != nullptr && !one->at(query.count_column->property).is_null())) {
          ++count;
        }
      }
      sink(cim::MakeCount(count));
      return {};
    }
    if (!query.order_by.empty()) {
      std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
        return cim::OrderLess(query.order_by, a, b);
      });
    }
    std::vector<Instance> out;
    for (const auto& row : rows) {
      if (query.result_source) {
        if (const auto* one = row[*query.result_source]) out.push_back(cim::Project(query, *one));
        continue;
      }
      Instance generic(query.result_class);
      for (std::size_t s = 0; s < query.sources.size(); ++s) {
        if (row[s] == nullptr) continue;
        generic.SetRaw(query.sources[s].alias, Embedded(Part(query, s, *row[s])));
      }
      out.push_back(std::move(generic));
    }
    if (query.distinct) RemoveEqual(out);
    return Give(out, query.skip, LimitOf(query), sink);
  }

  Call& call_;
  const Bindings& bindings_;
};

}  // namespace

Status RunQuery(Call& call, const Bindings& bindings, const cim::Query& query,
                const cim::InstanceSink& sink) {
  cim::BindOptions options;
  options.now = call.now;
  WW_TRY(auto bound, cim::Bind(query, call.store.schema(), options), "query");
  if (!call.access.is_administrator() && call.context.user != SystemContext().user) {
    return Denied(fmt::format("{} is no administrator of this site", call.context.user));
  }
  return Runner(call, bindings).Run(bound, sink);
}

}  // namespace ww::provider
