// Instances of stored classes, inside one transaction.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "wimwright/cim/bind.h"
#include "wimwright/cim/provider.h"
#include "wimwright/database/database.h"
#include "wimwright/database/select.h"

namespace ww::provider {

// The table of a class, for statements of a component's own: the class's name; those of our own are
// "Own_..." because the database keeps "WW_" for itself.
std::string TableNameOf(const cim::ClassDeclaration& cls);

using Where = std::initializer_list<std::pair<std::string_view, cim::Value>>;

// What a transaction has written: class, key (SiteEvents::Changed), whether it was deleted.
struct Touched {
  static constexpr std::size_t kMost = 256;  // then classes only
  std::set<std::tuple<std::string, std::string, bool>> objects;
  void Add(std::string class_name, std::string key, bool deleted);
};

class ObjectStore {
 public:
  ObjectStore(const cim::Schema& schema, database::Transaction& tx) : schema_(schema), tx_(tx) {}

  const cim::Schema& schema() const { return schema_; }
  database::Transaction& tx() { return tx_; }
  // From now on what is written is noted there; it outlives the store.
  void NoteIn(Touched& touched) { touched_ = &touched; }

  // Of the class or of one derived from it; all properties.
  Result<std::optional<cim::Instance>> Find(const cim::ObjectPath& canonical);
  // The first of those with these values.
  Result<std::optional<cim::Instance>> FindOne(std::string_view class_name, Where where);
  Result<std::vector<cim::Instance>> FindAll(std::string_view class_name, Where where);
  Result<std::uint64_t> Count(std::string_view class_name, Where where);

  // kAlreadyExists when there is one of that key.
  Status Insert(const cim::Instance& instance);
  // Inserts it or replaces the one of that key.
  Status Save(const cim::Instance& instance);
  // Many of one class, in few statements.
  Status InsertAll(std::span<const cim::Instance> instances);
  Status SaveAll(std::span<const cim::Instance> instances);
  // False: there was none.
  Result<bool> Delete(const cim::ObjectPath& canonical);
  Result<std::uint64_t> DeleteAll(std::string_view class_name, Where where);

  // A new instance of a class of ours, its defaults in place.
  Result<cim::Instance> Make(std::string_view class_name) const;

  struct Reading {
    const cim::BoundExpr* where = nullptr;
    std::size_t source = 0;  // which source of the bound query the class is
    const std::vector<cim::BoundOrder>* order = nullptr;
    std::optional<std::uint64_t> limit;
    std::uint64_t skip = 0;
    bool lazy = false;  // lazy properties, too
  };
  // Whether the database can do all of it; else Read() leaves order, limit and skip to the caller.
  static bool Complete(const Reading& reading, const cim::ClassDeclaration& cls);
  // Instances of exactly this class, one at a time.
  Status Read(const cim::ClassPtr& cls, const Reading& reading, const cim::InstanceSink& sink,
              const Cancellation& cancelled);
  // With a complete condition only.
  Result<std::uint64_t> Count(const cim::ClassPtr& cls, const Reading& reading);

 private:
  Result<database::Select> SelectOf(const cim::ClassPtr& cls, const Reading& reading,
                                    const std::vector<std::size_t>& properties) const;
  Result<database::Expression> Condition(const cim::ClassDeclaration& cls, Where where) const;

  void Note(const cim::Instance& instance);
  void Note(const cim::ObjectPath& gone);

  const cim::Schema& schema_;
  database::Transaction& tx_;
  Touched* touched_ = nullptr;
};

}  // namespace ww::provider
