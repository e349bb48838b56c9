// What every edge talks to: the object manager's calls, without any transport.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/base/result.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/object_path.h"
#include "wimwright/cim/query.h"
#include "wimwright/cim/schema.h"
#include "wimwright/cim/status.h"

namespace ww::cim {

// Who calls and what the client sent along (sms-provider-behaviour.md 5). The edge has
// authenticated `user`; everything else is the client's word.
struct Context {
  std::string user;                             // DOM\user
  std::vector<std::string> groups;              // DOM\group, as far as the edge knows them
  std::string application_name = "Unknown";     // ApplicationName
  std::string machine_name = "Unknown";         // MachineName
  std::string locale;                           // LocaleID: "MS\1033", "ms\0x0409"; empty: default
  std::string session_handle;                   // SessionHandle of site control sessions
  std::string object_lock_context;              // ObjectLockContext: GUID that owns locks
  std::optional<std::uint64_t> instance_count;  // InstanceCount: most instances returned
  std::vector<std::string> limit_to_collections;      // LimitToCollectionIDs
  bool query_qualifiers = false;                      // QueryQualifiers
  std::string context_handle;                         // ContextHandle
  const Cancellation* cancelled = &NeverCancelled();  // asked between instances
};

// What a Put may do.
enum class PutMode {
  kCreateOrUpdate,  // WMI's default
  kCreateOnly,      // kAlreadyExists otherwise
  kUpdateOnly,      // kNotFound otherwise
};

// Takes one result; false ends the call early, without error.
using InstanceSink = std::function<bool(const Instance& instance)>;

// Implementations are safe from any number of threads. Errors carry a WbemStatus or ProviderCode in
// Error::hresult (status.h); an object the caller may not read fails like a missing one.
class Provider {
 public:
  virtual ~Provider() = default;

  // Lives as long as the provider.
  virtual const Schema& schema() const = 0;

  virtual Result<ClassPtr> GetClass(std::string_view name, const Context& context);
  // Direct subclasses of `superclass` ("" for those without one), or all below.
  virtual Result<std::vector<ClassPtr>> EnumClasses(std::string_view superclass, bool deep,
                                                    const Context& context);

  // Lazy properties included. The path may have any client's form.
  virtual Result<Instance> Get(const ObjectPath& path, const Context& context) = 0;
  // Only properties that are set in `instance` count; generated keys are left empty by clients that
  // create. Answers the canonical relative path.
  virtual Result<ObjectPath> Put(const Instance& instance, PutMode mode,
                                 const Context& context) = 0;
  virtual Status Delete(const ObjectPath& path, const Context& context) = 0;
  // For whoever keeps what Get answered. Asked before the call and again later, the same number
  // means that nothing changed from which answers follow, the caller's rights included. nullopt:
  // not known at this moment.
  virtual std::optional<std::uint64_t> Version() { return std::nullopt; }
  // The same for threads that must not wait: nullopt where it would take a while.
  virtual std::optional<std::uint64_t> VersionAtOnce() { return std::nullopt; }
  // Whether what Get answers of this class follows from path, context and what Version() counts:
  // not from the time, and not from files.
  virtual bool MayKeep(const ClassDeclaration& cls) const {
    static_cast<void>(cls);
    return false;
  }
  // Streams; lazy properties are null. Instances may be of subclasses of the class asked for.
  virtual Status ExecQuery(const Query& query, const InstanceSink& sink,
                           const Context& context) = 0;
  // `in` is of the method's in_class (see NewInParameters); the result of its out_class. A class
  // path for static methods. Missing optional parameters are not set.
  virtual Result<Instance> Invoke(const ObjectPath& path, std::string_view method,
                                  const Instance& in, const Context& context) = 0;
};

// Parses and runs.
Status ExecWql(Provider& provider, std::string_view text, const InstanceSink& sink,
               const Context& context);

// An empty set of in parameters: kInvalidMethod when the class has no such method.
Result<Instance> NewInParameters(const ClassDeclaration& cls, std::string_view method);

}  // namespace ww::cim
