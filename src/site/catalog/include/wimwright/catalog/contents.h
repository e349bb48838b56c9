// What the site has of an update's content, for whoever services with it or cleans up after it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wimwright/content/content_id.h"
#include "wimwright/provider/call.h"

namespace ww::catalog {

struct ContentFile {
  std::string name;                      // with subfolder relative to the content root
  std::optional<content::ContentId> id;  // nothing: the bytes were never here
  std::uint64_t bytes = 0;
  bool downloaded() const { return id.has_value(); }
};

struct UpdateContent {
  std::uint32_t content_id = 0;
  std::string unique_id;  // GUID: the name of the content's folder
  std::vector<ContentFile> files;
  // All of its files are there. Whether the library still has the bytes is its to say.
  bool downloaded() const;
};

// In the order of ContentID; none for an update without content. kObjectMissing for an update that
// the site does not have. Rights are the caller's affair.
Result<std::vector<UpdateContent>> ContentOfUpdate(provider::Call& call, std::uint32_t ci_id);

// Whether some content of an update needs these bytes: what the library's garbage collection asks.
Result<bool> IsContentOfUpdate(provider::Call& call, const content::ContentId& id);

}  // namespace ww::catalog
