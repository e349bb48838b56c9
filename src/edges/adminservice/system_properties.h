// The members that every object has besides its properties (admin-service.md 4).
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace ww::adminservice {

struct SystemProperty {
  std::string_view name;
  std::string_view edm_type;
};

// The first two stand before the properties, the others after them, in this order.
inline constexpr std::size_t kLeadingSystemProperties = 2;
inline constexpr std::array kSystemProperties = {
    SystemProperty{"__LAZYPROPERTIES", "Collection(Edm.String)"},
    SystemProperty{"__QUALIFIER_SECURITYVERBS", "Edm.Int32"},
    SystemProperty{"__GENUS", "Edm.Int32"},
    SystemProperty{"__CLASS", "Edm.String"},
    SystemProperty{"__SUPERCLASS", "Edm.String"},
    SystemProperty{"__DYNASTY", "Edm.String"},
    SystemProperty{"__RELPATH", "Edm.String"},
    SystemProperty{"__PROPERTY_COUNT", "Edm.Int32"},
    SystemProperty{"__DERIVATION", "Collection(Edm.String)"},
    SystemProperty{"__SERVER", "Edm.String"},
    SystemProperty{"__NAMESPACE", "Edm.String"},
    SystemProperty{"__PATH", "Edm.String"},
};

// Any case; the proper name.
std::optional<std::string_view> FindSystemProperty(std::string_view name);

}  // namespace ww::adminservice
