#include "image_edit.h"

#include <fmt/format.h>

#include <unordered_map>

#include "registry_changes.h"
#include "tree_changes.h"

namespace ww::servicing {
namespace {

std::uint64_t HiveBytes(const JobPlan& plan, const wim::Editor& editor) {
  std::uint64_t sum = 0;
  for (const auto& index : plan.indexes) {
    for (const auto& hive : index.hives) sum += editor.BlobSize(hive).value_or(0);
  }
  return sum;
}

// The XML is what deployment tools show; it follows the registry.
Status UpdateXml(const IndexPlan& plan, wim::Editor& editor) {
  const auto& info = editor.file().images()[static_cast<std::size_t>(plan.index - 1)];
  if (!plan.after.ubr.empty() && plan.after.ubr != std::to_string(info.sp_build)) {
    WW_RETURN_IF_ERROR(editor.SetImageXml(plan.index, "WINDOWS/VERSION/SPBUILD", plan.after.ubr));
  }
  if (plan.after.build != plan.before.build) {
    WW_RETURN_IF_ERROR(editor.SetImageXml(plan.index, "WINDOWS/VERSION/BUILD", plan.after.build));
  }
  return {};
}

Status EditImage(const IndexPlan& plan, FileTime now, const StoredContents& stored,
                 HiveEditor& hives, wim::Editor& editor) {
  WW_TRY(auto* image, editor.image(plan.index), "reading the image");
  WW_RETURN_IF_ERROR(ApplyFileChanges(*image, *plan.files, stored, now));
  WW_TRY_STATUS(hives.Edit(*image, plan.registry), "registry");
  WW_TRY_STATUS(UpdateXml(plan, editor), "XML of the image");
  return editor.Release(plan.index);
}

}  // namespace

Result<Written> WriteChanges(JobPlan& plan, const UpdateSet& updates, wim::Editor& editor,
                             PayloadCache* cache, std::optional<PayloadFailure>& damaged,
                             const Context& context) {
  Written out;
  // Payload first: which of it the pool holds as well is known only while the pool is full.
  WW_RETURN_IF_ERROR(StorePayload(plan, updates, editor, cache, out.stored, damaged, context));
  WW_RETURN_IF_ERROR(StoreContents(plan.contents, editor, out.stored, context));

  context.progress.BeginPhase("edit", 3, kPhases, HiveBytes(plan, editor));
  HiveEditor hives(editor, plan.now, context);
  for (const auto& index : plan.indexes) {
    if (!index.does_something) continue;
    WW_RETURN_IF_ERROR(context.cancel.Check());
    WW_TRY_STATUS(EditImage(index, plan.now, out.stored, hives, editor),
                  fmt::format("index {}", index.index));
  }
  std::unordered_map<Sha1Digest, std::optional<Sha256Digest>, DigestHash> added;
  for (const auto& hive : hives.added()) added[hive];
  for (const auto& [digest, content] : out.stored) {
    if (content.sha1 == Sha1Digest{}) continue;
    auto& sha256 = added[content.sha1];
    if (content.source == StoredContent::Source::kCache) sha256 = digest;
  }
  for (const auto& [sha1, sha256] : added) out.added.push_back({sha1, sha256});
  return out;
}

}  // namespace ww::servicing
