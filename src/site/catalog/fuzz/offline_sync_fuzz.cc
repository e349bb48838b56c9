// package.xml of hostile catalogues: whatever comes out keeps what the header promises.
#include <cstdlib>

#include "offline_sync.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::catalog;
  OfflineSyncEvents events;
  events.update = [](OfflineUpdate&& update) -> ww::Status {
    if (ParseGuid(GuidText(update.id)) != update.id) std::abort();
    if (update.installable() && update.action == "Bundle") std::abort();
    for (const auto& [type, id] : update.categories) {
      if (ParseCategoryType(CategoryTypeName(type)) != type) std::abort();
    }
    return {};
  };
  events.location = [](const ww::Sha1Digest&, std::string_view) { return ww::Status(); };
  const auto bytes = std::as_bytes(std::span(data, size));
  OfflineSyncParser whole(events);
  const bool good = ParseXml(bytes, false, whole).has_value();
  // In two pieces it is the same document.
  OfflineSyncParser pieces(events);
  XmlStream stream(pieces, false);
  auto fed = stream.Feed(bytes.first(size / 2));
  if (fed) fed = stream.Feed(bytes.subspan(size / 2));
  if (fed) fed = stream.Finish();
  if (fed.has_value() != good || (good && whole.updates() != pieces.updates())) std::abort();
  return 0;
}
