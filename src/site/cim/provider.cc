#include "wimwright/cim/provider.h"

#include <fmt/format.h>

#include "wimwright/cim/wql.h"

namespace ww::cim {

Result<ClassPtr> Provider::GetClass(std::string_view name, const Context& /*context*/) {
  return schema().Get(name);
}

Result<std::vector<ClassPtr>> Provider::EnumClasses(std::string_view superclass, bool deep,
                                                    const Context& /*context*/) {
  if (!superclass.empty()) WW_RETURN_IF_ERROR(schema().Get(superclass));
  return schema().Subclasses(superclass, deep);
}

Status ExecWql(Provider& provider, std::string_view text, const InstanceSink& sink,
               const Context& context) {
  auto query = ParseWql(text);
  if (!query) return Fail(query.error());
  return provider.ExecQuery(*query, sink, context);
}

Result<Instance> NewInParameters(const ClassDeclaration& cls, std::string_view method) {
  const auto* found = cls.FindMethod(method);
  if (found == nullptr) {
    return Fail(WbemError(WbemStatus::kInvalidMethod,
                          fmt::format("{} has no method '{}'", cls.name(), method.substr(0, 256))));
  }
  return Instance(found->in_class);
}

}  // namespace ww::cim
