#include "wimwright/provider/binding.h"

#include "wimwright/provider/references.h"

namespace ww::provider {

Result<Guard> PackageGuard(Call& call, std::string_view package_id) {
  WW_TRY(const auto package,
         call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", Text(package_id)}}), "package");
  return Guard{package ? ObjectTypeOf(package->cls()) : kTypeImagePackage, std::string(package_id)};
}

const ClassBinding& Bindings::Of(const cim::ClassDeclaration& cls) const {
  static const ClassBinding plain;
  for (const auto* at = &cls; at != nullptr; at = at->superclass()) {
    if (const auto it = classes_.find(at->name()); it != classes_.end()) return it->second;
  }
  return plain;
}

namespace {

template <typename Code>
const Code* FindIn(const cim::NameMap<Code>& methods, const cim::ClassDeclaration& cls,
                   std::string_view method) {
  for (const auto* at = &cls; at != nullptr; at = at->superclass()) {
    const auto it = methods.find(at->name() + "." + std::string(method));
    if (it != methods.end()) return &it->second;
  }
  return nullptr;
}

}  // namespace

const Method* Bindings::FindMethod(const cim::ClassDeclaration& cls,
                                   std::string_view method) const {
  return FindIn(methods_, cls, method);
}

const LongMethod* Bindings::FindLongMethod(const cim::ClassDeclaration& cls,
                                           std::string_view method) const {
  return FindIn(long_methods_, cls, method);
}

}  // namespace ww::provider
