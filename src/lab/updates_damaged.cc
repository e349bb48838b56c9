// Updates that were damaged after they were signed, or made with bad intent.
#include <fmt/format.h>

#include "updates.h"

namespace ww::lab {
namespace {

// A sound update of the telemetry component, to be damaged.
UpdateDraft Sound(LabContext& lab, std::string_view kb) {
  const Profile p = Windows10("x86");
  UpdateComposer composer(lab.shop, p, kb, fmt::format("Package_for_{}", kb), "10.0.1.0",
                          "10.0.1.0");
  composer.root().parents = {composer.ProductParent(kFeaturesPackage)};
  composer.AddToRoot({{std::string(kTelemetry), "10.0.14393.2390", 2}});
  return composer.Finish();
}

Status Damaged(LabContext& lab, std::string_view kb,
               const std::function<void(std::vector<UpdateMember>&)>& damage) {
  const std::string name = fmt::format("windows10.0-kb{}-x86.msu", kb.substr(2));
  if (!lab.wanted(name)) return {};
  const UpdateDraft draft = Sound(lab, kb);
  WW_TRY(auto members, MakeMembers(draft, *lab.signer, lab.options.now), kb);
  damage(members);
  return WriteUpdateFile(lab, name, Shape::kMsu, draft, members);
}

void FlipByte(UpdateMember* member, std::size_t from_end) {
  if (member == nullptr) return;
  Bytes bytes = member->content.All();
  if (bytes.size() > from_end) bytes[bytes.size() - 1 - from_end] ^= std::byte{0x20};
  member->content = Content::Literal(std::move(bytes));
}

// The component's manifest, not the deployment's: the one with the long name.
UpdateMember* ComponentManifest(std::vector<UpdateMember>& members) {
  for (UpdateMember& member : members) {
    if (member.name.find("telemetry_") != std::string::npos && member.name.ends_with(".manifest")) {
      return &member;
    }
  }
  return nullptr;
}

}  // namespace

Status WriteDamagedUpdates(LabContext& lab) {
  WW_RETURN_IF_ERROR(Damaged(lab, "KB9000131", [](std::vector<UpdateMember>& members) {
    FlipByte(FindSuffix(members, "events.js"), 100);
  }));
  WW_RETURN_IF_ERROR(Damaged(lab, "KB9000132", [](std::vector<UpdateMember>& members) {
    // A letter of the string table: well-formed still, but not what the catalog lists.
    UpdateMember* const member = ComponentManifest(members);
    if (member == nullptr) return;
    std::string text(AsText(member->content.All()));
    if (const auto at = text.find("Lab component"); at != std::string::npos) text[at] = 'M';
    member->content = Content::Literal(text);
  }));
  WW_RETURN_IF_ERROR(Damaged(lab, "KB9000133", [](std::vector<UpdateMember>& members) {
    std::erase_if(members,
                  [](const UpdateMember& member) { return member.name.ends_with("events.js"); });
  }));
  return Damaged(lab, "KB9000134", [](std::vector<UpdateMember>& members) {
    members.push_back({"..\\..\\escaped.dll", Content::Literal("out of the folder")});
  });
}

}  // namespace ww::lab
