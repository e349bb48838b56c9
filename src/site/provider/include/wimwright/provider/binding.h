// What a class means: where its values come from, who may touch it, what its methods do.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "wimwright/provider/call.h"

namespace ww::provider {

// The object whose rights an instance stands under: its own, or the image's for what belongs to an
// image.
struct Guard {
  std::uint32_t type = 0;  // 0: every administrator may
  std::string key;
};

// Of what belongs to a package: the package's own.
Result<Guard> PackageGuard(Call& call, std::string_view package_id);

struct MethodCall {
  Call& call;
  const cim::MethodDeclaration& method;
  cim::ObjectPath path;                   // canonical; of an instance for instance methods
  std::optional<cim::Instance> instance;  // for instance methods: all properties
  const cim::Instance& in;
  cim::Instance out;  // of the method's out_class

  const cim::Value& Argument(std::string_view name) const { return in[name]; }
  void Result(std::string_view name, cim::Value value) { out.SetRaw(name, std::move(value)); }
};

// All members are optional; what is not set does nothing. Hooks run inside the call's transaction.
struct ClassBinding {
  enum class Source {
    kStored,    // the class's own table
    kComputed,  // `enumerate`
    kEmpty,     // belongs to a feature that this site does not have: no instance ever
  };
  Source source = Source::kStored;
  bool clients_write = true;  // false: instances come into being by what the site does

  std::string generated_key;  // name of the key that the provider makes up
  std::uint32_t object_type = 0;
  // The guard of an instance, when it is not `object_type` with the first key.
  std::function<Result<Guard>(Call&, const cim::Instance&)> guard;
  // What a write of an instance needs there, when it is not Create, Modify and Delete.
  std::uint32_t write_operations = 0;

  // Fills in what clients do not send: generated keys, dates, read-only properties.
  std::function<Status(Call&, cim::Instance& made)> create;
  // `changed` has what was sent; `sent` tells what that was.
  std::function<Status(Call&, const cim::Instance& before, cim::Instance& changed,
                       const cim::Instance& sent)>
      update;
  // After the row is written.
  std::function<Status(Call&, const cim::Instance& saved, bool created)> saved;
  // Before the row goes. True: it has been dealt with, the row stays.
  std::function<Result<bool>(Call&, const cim::Instance& gone)> remove;
  // Values that are not in the row: in every result, and in those of a get only.
  std::function<Status(Call&, cim::Instance&)> show;
  std::function<Status(Call&, cim::Instance&)> show_whole;

  // The two above read the database and the call's context only, not the clock and no files: what
  // they show may be kept until the database changes.
  bool shows_rows_only = false;

  std::function<Status(Call&, const cim::InstanceSink&)> enumerate;

  bool may_keep() const {
    return source == Source::kStored && (shows_rows_only || (!show && !show_whole));
  }
};

using Method = std::function<Status(MethodCall&)>;

// A method that works for longer than a transaction may last (reading files, hashing): it begins
// its own ones through `provider`, checks rights in them, and may be called by several at once.
struct LongMethodCall {
  SiteProvider& provider;
  const cim::Context& context;
  const cim::MethodDeclaration& method;
  cim::ObjectPath path;  // as given: of an instance for instance methods, which may not exist
  const cim::Instance& in;
  cim::Instance out;  // of the method's out_class

  const cim::Value& Argument(std::string_view name) const { return in[name]; }
  void Result(std::string_view name, cim::Value value) { out.SetRaw(name, std::move(value)); }
};
using LongMethod = std::function<Status(LongMethodCall&)>;

class Bindings {
 public:
  ClassBinding& operator[](std::string_view class_name) {
    return classes_[std::string(class_name)];
  }
  // Of the class or the nearest one above that has a binding; a plain one otherwise.
  const ClassBinding& Of(const cim::ClassDeclaration& cls) const;
  void SetMethod(std::string_view class_name, std::string_view method, Method code) {
    methods_[std::string(class_name) + "." + std::string(method)] = std::move(code);
  }
  void SetLongMethod(std::string_view class_name, std::string_view method, LongMethod code) {
    long_methods_[std::string(class_name) + "." + std::string(method)] = std::move(code);
  }
  // Of the class or of one above it; null when there is none.
  const Method* FindMethod(const cim::ClassDeclaration& cls, std::string_view method) const;
  const LongMethod* FindLongMethod(const cim::ClassDeclaration& cls, std::string_view method) const;

 private:
  cim::NameMap<ClassBinding> classes_;
  cim::NameMap<Method> methods_;
  cim::NameMap<LongMethod> long_methods_;
};

}  // namespace ww::provider
