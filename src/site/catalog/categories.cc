#include <fmt/format.h>

#include <algorithm>

#include "languages.h"
#include "records.h"
#include "wimwright/provider/identifiers.h"

namespace ww::catalog {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::Flag;
using provider::Number;
using provider::Text;

namespace {

// The one with this GUID, whatever its type.
const StoredCategory* FindById(const CategoryMap& known, std::string_view guid) {
  for (const auto* type : {"Company", "ProductFamily", "Product", "UpdateClassification"}) {
    const auto found = known.find(fmt::format("{}:{}", type, guid));
    if (found != known.end()) return &found->second;
  }
  return nullptr;
}

Status Name(Call& call, const Category& category, Instance& row) {
  Value::Array names;
  for (const auto& [locale, title] : category.titles) {
    WW_TRY(auto one, call.store.Make("SMS_Category_LocalizedProperties"), "name");
    one.SetRaw("CategoryInstanceName", Text(title));
    one.SetRaw("LocaleID", Number(locale));
    names.push_back(provider::Embedded(std::move(one)));
  }
  const auto title = category.title();
  row.SetRaw("LocalizedInformation", Value::Of(std::move(names)));
  row.SetRaw("LocalizedCategoryInstanceName", Text(title.empty() ? category.id : title));
  row.SetRaw("LocalizedPropertyLocaleID", Number(kEnglish));
  return {};
}

}  // namespace

Result<CategoryMap> LoadCategories(Call& call) {
  WW_TRY(const auto rows, call.store.FindAll("SMS_UpdateCategoryInstance", {}), "categories");
  CategoryMap out;
  for (const auto& row : rows) {
    StoredCategory one;
    one.id = static_cast<std::uint32_t>(row["CategoryInstanceID"].UintOr(0));
    one.unique_id = row["CategoryInstance_UniqueID"].TextOr("");
    one.type = row["CategoryTypeName"].TextOr("");
    one.title = row["LocalizedCategoryInstanceName"].TextOr("");
    out.emplace(one.unique_id, std::move(one));
  }
  return out;
}

Status EnsureCategories(Call& call, const std::vector<Category>& wanted, CategoryMap& known) {
  // Parents first; a circle ends with whatever is left in its order.
  std::vector<const Category*> order;
  for (const auto& one : wanted) order.push_back(&one);
  const auto depth = [&](const Category& category) {
    int steps = 0;
    const auto* at = &category;
    while (at != nullptr && !at->parent.empty() && steps < 8) {
      ++steps;
      const auto next = std::find_if(wanted.begin(), wanted.end(),
                                     [&](const Category& c) { return c.id == at->parent; });
      at = next == wanted.end() ? nullptr : &*next;
    }
    return steps;
  };
  if (wanted.size() < 1000) {
    std::stable_sort(order.begin(), order.end(),
                     [&](const auto* a, const auto* b) { return depth(*a) < depth(*b); });
  }
  for (const auto* category : order) {
    auto found = known.find(category->unique_id());
    if (found != known.end()) {
      auto& have = found->second;
      if (category->titles.empty() || have.title != category->id) continue;
      WW_TRY(auto row,
             call.store.FindOne("SMS_UpdateCategoryInstance",
                                {{"CategoryInstanceID", Number(have.id)}}),
             "category");
      if (!row) continue;
      WW_RETURN_IF_ERROR(Name(call, *category, *row));
      WW_RETURN_IF_ERROR(call.store.Save(*row));
      have.title = category->title();
      continue;
    }
    WW_TRY(auto row, call.store.Make("SMS_UpdateCategoryInstance"), "category");
    WW_TRY(const auto id, provider::NextIdentifier(call, "CategoryInstanceID"), "category");
    row.SetRaw("CategoryInstanceID", Number(id));
    row.SetRaw("CategoryInstance_UniqueID", Text(category->unique_id()));
    row.SetRaw("CategoryTypeName", Text(category->type));
    row.SetRaw("SourceSite", call.SiteCode());
    row.SetRaw("AllowSubscription", Flag(false));  // nothing to subscribe to: no update point
    row.SetRaw("IsSubscribed", Flag(false));
    const auto* parent = category->parent.empty() ? nullptr : FindById(known, category->parent);
    row.SetRaw("ParentCategoryInstanceID", Number(parent != nullptr ? parent->id : 0));
    WW_RETURN_IF_ERROR(Name(call, *category, row));
    WW_RETURN_IF_ERROR(call.store.Insert(row));
    known[category->unique_id()] = {id, category->unique_id(), category->type,
                                    row["LocalizedCategoryInstanceName"].TextOr("")};
  }
  return {};
}

Result<Instance> MakeCategoryLink(Call& call, const Instance& update,
                                  const StoredCategory& category) {
  WW_TRY(auto row, call.store.Make("SMS_CIAllCategories"), "category");
  row.SetRaw("CategoryInstanceID", Number(category.id));
  row.SetRaw("CategoryInstance_UniqueID", Text(category.unique_id));
  row.SetRaw("CategoryTypeName", Text(category.type));
  row.SetRaw("LocalizedCategoryInstanceName", Text(category.title));
  row.SetRaw("LocalizedPropertyLocaleID", Number(kEnglish));
  row.SetRaw("CI_ID", update["CI_ID"]);
  row.SetRaw("CI_UniqueID", update["CI_UniqueID"]);
  row.SetRaw("ModelName", update["ModelName"]);
  row.SetRaw("ObjectTypeID", Number(provider::kTypeSoftwareUpdate));
  return row;
}

void NameCategories(const std::vector<const StoredCategory*>& categories, Instance& update) {
  Value::Array ids, names;
  for (const auto* category : categories) {
    ids.push_back(Text(category->unique_id));
    names.push_back(Text(category->title));
  }
  update.SetRaw("CategoryInstance_UniqueIDs", Value::Of(std::move(ids)));
  update.SetRaw("LocalizedCategoryInstanceNames", Value::Of(std::move(names)));
}

}  // namespace ww::catalog
