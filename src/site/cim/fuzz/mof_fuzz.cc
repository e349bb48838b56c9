// MOF text; what it declares has to be usable.
#include <cstdlib>

#include "wimwright/base/bytes.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/mof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::cim;
  const MofSource source{"fuzz.mof", ww::AsText(std::as_bytes(std::span(data, size)))};
  const auto schema = ParseMof({&source, 1});
  if (!schema) {
    if (!schema.error().message.starts_with("fuzz.mof:")) std::abort();
    return 0;
  }
  for (const auto& cls : schema->classes()) {
    if (schema->Find(cls->name()) != cls) std::abort();
    if (cls->superclass() != nullptr && !cls->IsA(*cls->superclass())) std::abort();
    const auto instance = Instance::Spawn(cls);
    static_cast<void>(CheckConstraints(instance));
    for (const auto& property : cls->properties()) {
      if (cls->Property(property.name) != &property) std::abort();
    }
    for (const auto& method : cls->methods()) {
      if (!method.in_class || !method.out_class) std::abort();
    }
  }
  return 0;
}
