// A value as the next update finds it: what an earlier one has planned, else that of the image.
#pragma once

#include <optional>
#include <string_view>

#include "registry_writer.h"
#include "wimwright/cbs/image_state.h"

namespace ww::cbs {

// Nothing when there is none, or no such key or hive.
inline Result<std::optional<::ww::hive::Value>> PresentValue(const RegistryWriter& registry,
                                                             ImageState& image, HiveKind kind,
                                                             std::string_view key,
                                                             std::string_view name) {
  std::optional<::ww::hive::Value> value = registry.Planned(kind, key, name);
  if (value || !image.HasHive(kind)) return value;
  WW_TRY(auto* hive, image.Hive(kind), HiveName(kind));
  WW_TRY(const auto id, hive->FindPath(hive->root(), key), key);
  if (id) {
    WW_TRY(value, hive->GetValue(*id, name), key);
  }
  return value;
}

}  // namespace ww::cbs
