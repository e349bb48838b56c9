#include "binding.h"

namespace ww::provider {

const ClassBinding& Bindings::Of(const cim::ClassDeclaration& cls) const {
  static const ClassBinding plain;
  for (const auto* at = &cls; at != nullptr; at = at->superclass()) {
    if (const auto it = classes_.find(at->name()); it != classes_.end()) return it->second;
  }
  return plain;
}

const Method* Bindings::FindMethod(const cim::ClassDeclaration& cls,
                                   std::string_view method) const {
  for (const auto* at = &cls; at != nullptr; at = at->superclass()) {
    const auto it = methods_.find(at->name() + "." + std::string(method));
    if (it != methods_.end()) return &it->second;
  }
  return nullptr;
}

}  // namespace ww::provider
