#include "wimwright/catalog/contents.h"

#include <fmt/format.h>

#include <algorithm>

namespace ww::catalog {

using provider::Call;
using provider::Number;

bool UpdateContent::downloaded() const {
  return !files.empty() && std::all_of(files.begin(), files.end(),
                                       [](const ContentFile& file) { return file.downloaded(); });
}

Result<std::vector<UpdateContent>> ContentOfUpdate(Call& call, std::uint32_t ci_id) {
  WW_TRY(const auto links, call.store.FindAll("SMS_CIToContent", {{"CI_ID", Number(ci_id)}}),
         "content of the update");
  if (links.empty()) {
    WW_TRY(const auto known, call.store.Count("SMS_SoftwareUpdate", {{"CI_ID", Number(ci_id)}}),
           "update");
    if (known == 0) return provider::Missing(fmt::format("there is no software update {}", ci_id));
  }
  std::vector<UpdateContent> out;
  for (const auto& link : links) {
    UpdateContent content;
    content.content_id = static_cast<std::uint32_t>(link["ContentID"].UintOr(0));
    content.unique_id = link["ContentUniqueID"].TextOr("");
    WW_TRY(const auto files,
           call.store.FindAll("WW_ContentFile", {{"ContentID", Number(content.content_id)}}),
           "files of the content");
    for (const auto& file : files) {
      content.files.push_back({file["FileName"].TextOr(""),
                               content::ContentId::FromText(file["StoredID"].TextOr("")),
                               static_cast<std::uint64_t>(file["FileSize"].IntOr(0))});
    }
    std::sort(content.files.begin(), content.files.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    out.push_back(std::move(content));
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.content_id < b.content_id; });
  return out;
}

Result<bool> IsContentOfUpdate(Call& call, const content::ContentId& id) {
  return call.store.Count("WW_ContentFile", {{"StoredID", provider::Text(id.ToText())}})
      .map([](std::uint64_t count) { return count != 0; });
}

}  // namespace ww::catalog
