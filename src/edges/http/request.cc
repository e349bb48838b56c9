#include "wimwright/http/request.h"

#include <algorithm>

#include "wimwright/base/text.h"

namespace ww::http {

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (EqualNoCaseAscii(field, name)) return value;
  }
  return std::nullopt;
}

void Headers::Add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::Set(std::string name, std::string value) {
  std::erase_if(fields_, [&](const Field& f) { return EqualNoCaseAscii(f.first, name); });
  Add(std::move(name), std::move(value));
}

}  // namespace ww::http
