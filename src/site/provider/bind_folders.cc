// Console folders and what is in them.
#include <fmt/format.h>

#include "bind.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/references.h"

namespace ww::provider {
namespace {

using cim::Instance;

constexpr const char* kNode = "SMS_ObjectContainerNode";
constexpr const char* kItem = "SMS_ObjectContainerItem";

const SecuredType* TypeNamed(std::string_view class_name) {
  for (const auto& type : SecuredTypes()) {
    if (cim::SameName(type.class_name, class_name)) return &type;
  }
  return nullptr;
}
const SecuredType* TypeOf(std::uint64_t id) {
  for (const auto& type : SecuredTypes()) {
    if (type.id == id) return &type;
  }
  return nullptr;
}

// 0 is the root of every type.
Status CheckFolder(Call& call, std::uint64_t id, std::uint64_t object_type) {
  if (id == 0) return {};
  WW_TRY(const auto node, call.store.FindOne(kNode, {{"ContainerNodeID", Number(id)}}), "folder");
  if (!node) return Missing(fmt::format("there is no folder {}", id));
  if ((*node)["ObjectType"].UintOr(0) != object_type) {
    return BadValue(fmt::format("folder {} is for other objects", id));
  }
  return {};
}

Status CreateNode(Call& call, Instance& made) {
  const auto* type = made["ObjectType"].UintOr(0) != 0
                         ? TypeOf(made["ObjectType"].UintOr(0))
                         : TypeNamed(made["ObjectTypeName"].TextOr(""));
  if (type == nullptr) return BadValue("ObjectType is none that has folders here");
  if (made["Name"].TextOr("").empty()) return BadValue("a folder needs a Name");
  made.SetRaw("ObjectType", Number(type->id));
  made.SetRaw("ObjectTypeName", Text(type->class_name));
  if (made["ParentContainerNodeID"].is_null()) made.SetRaw("ParentContainerNodeID", Number(0));
  WW_RETURN_IF_ERROR(CheckFolder(call, made["ParentContainerNodeID"].UintOr(0), type->id));
  WW_TRY(const auto id, NextIdentifier(call, "ContainerNodeID"), "ContainerNodeID");
  made.SetRaw("ContainerNodeID", Number(id));
  made.SetRaw("FolderGuid", Text(NewGuid()));
  made.SetRaw("SourceSite", call.SiteCode());
  made.SetRaw("IsEmpty", Flag(true));
  return {};
}

Status ShowNode(Call& call, Instance& node) {
  WW_TRY(const auto items, call.store.Count(kItem, {{"ContainerNodeID", node["ContainerNodeID"]}}),
         "items");
  WW_TRY(const auto nodes,
         call.store.Count(kNode, {{"ParentContainerNodeID", node["ContainerNodeID"]}}), "folders");
  node.SetRaw("IsEmpty", Flag(items + nodes == 0));
  return {};
}

// Whether `folder` is `ancestor` or below it.
Result<bool> IsBelow(Call& call, std::uint64_t folder, std::uint64_t ancestor) {
  for (int depth = 0; folder != 0 && depth < 256; ++depth) {
    if (folder == ancestor) return true;
    WW_TRY(const auto node, call.store.FindOne(kNode, {{"ContainerNodeID", Number(folder)}}),
           "folder");
    if (!node) return false;
    folder = (*node)["ParentContainerNodeID"].UintOr(0);
  }
  return folder != 0;
}

Status MoveNode(Call& call, Instance node, std::uint64_t target) {
  WW_RETURN_IF_ERROR(CheckFolder(call, target, node["ObjectType"].UintOr(0)));
  WW_TRY(const auto cycle, IsBelow(call, target, node["ContainerNodeID"].UintOr(0)), "folder");
  if (cycle) return BadValue("a folder cannot go into itself");
  node.SetRaw("ParentContainerNodeID", Number(target));
  return call.store.Save(node);
}

Status UpdateNode(Call& call, const Instance& before, Instance& changed, const Instance&) {
  changed.SetRaw("ObjectType", before["ObjectType"]);
  const auto target = changed["ParentContainerNodeID"].UintOr(0);
  if (target == before["ParentContainerNodeID"].UintOr(0)) return {};
  return MoveNode(call, before, target);
}

Result<bool> RemoveNode(Call& call, const Instance& node) {
  auto shown = node;
  WW_RETURN_IF_ERROR(ShowNode(call, shown));
  if (shown["IsEmpty"].BoolOr(true)) return false;
  return Fail(cim::ProviderError(cim::ProviderCode::kReferenced, "the folder is not empty"));
}

Status CreateItem(Call& call, Instance& made) {
  const auto* type = TypeNamed(made["ObjectTypeName"].TextOr(""));
  if (type == nullptr) {
    // The property is read-only, but older scripts know nothing else.
    WW_TRY(const auto node,
           call.store.FindOne(kNode, {{"ContainerNodeID", made["ContainerNodeID"]}}), "folder");
    if (node) type = TypeOf((*node)["ObjectType"].UintOr(0));
  }
  if (type == nullptr) return BadValue("ObjectTypeName is none that has folders here");
  WW_RETURN_IF_ERROR(CheckFolder(call, made["ContainerNodeID"].UintOr(0), type->id));
  if (made["InstanceKey"].TextOr("").empty()) return BadValue("InstanceKey is empty");
  WW_TRY(const auto id, NextIdentifier(call, "MemberID"), "MemberID");
  made.SetRaw("MemberID", Number(id));
  made.SetRaw("MemberGuid", Text(NewGuid()));
  made.SetRaw("ObjectType", Number(type->id));
  made.SetRaw("ObjectTypeName", Text(type->class_name));
  made.SetRaw("SourceSite", call.SiteCode());
  // An object is in one folder of its type.
  return call.store
      .DeleteAll(kItem, {{"InstanceKey", made["InstanceKey"]}, {"ObjectType", Number(type->id)}})
      .map([](std::uint64_t) {});
}

Status MoveMembers(MethodCall& m, const SecuredType* type) {
  auto& call = m.call;
  if (type == nullptr) return BadValue("that object type has no folders here");
  if (!call.access.Somewhere(type->id, kOpManageFolderItem)) {
    return Denied(fmt::format("{} may not move objects", call.context.user));
  }
  const auto target = m.Argument("TargetContainerNodeID").UintOr(0);
  WW_RETURN_IF_ERROR(CheckFolder(call, target, type->id));
  for (const auto& key : List(m.Argument("InstanceKeys"))) {
    WW_TRY_STATUS(
        call.store.DeleteAll(kItem, {{"InstanceKey", key}, {"ObjectType", Number(type->id)}})
            .map([](std::uint64_t) {}),
        "member");
    if (target == 0) continue;  // the root holds what is in no folder
    WW_TRY(auto item, call.store.Make(kItem), "member");
    item.SetRaw("InstanceKey", key);
    item.SetRaw("ContainerNodeID", Number(target));
    item.SetRaw("ObjectTypeName", Text(type->class_name));
    WW_RETURN_IF_ERROR(CreateItem(call, item));
    WW_RETURN_IF_ERROR(call.store.Insert(item));
  }
  return {};
}

Status MoveFolders(MethodCall& m) {
  const auto target = m.Argument("TargetContainerNodeID").UintOr(0);
  for (const auto& id : List(m.Argument("ContainerNodeIDs"))) {
    WW_TRY(const auto node, m.call.store.FindOne(kNode, {{"ContainerNodeID", id}}), "folder");
    if (!node) return Missing(fmt::format("there is no folder {}", id.UintOr(0)));
    const auto type = static_cast<std::uint32_t>((*node)["ObjectType"].UintOr(0));
    if (!m.call.access.Somewhere(type, kOpManageFolder)) {
      return Denied(fmt::format("{} may not move folders", m.call.context.user));
    }
    WW_RETURN_IF_ERROR(MoveNode(m.call, *node, target));
  }
  return {};
}

Result<Guard> GuardOfFolder(Call&, const Instance& instance) {
  const auto* type = instance["ObjectType"].UintOr(0) != 0
                         ? TypeOf(instance["ObjectType"].UintOr(0))
                         : TypeNamed(instance["ObjectTypeName"].TextOr(""));
  return Guard{type != nullptr ? type->id : 0, {}};
}

}  // namespace

void BindFolders(Bindings& bindings) {
  auto& node = bindings[kNode];
  node.generated_key = "ContainerNodeID";
  node.guard = GuardOfFolder;
  node.write_operations = kOpManageFolder;
  node.create = CreateNode;
  node.update = UpdateNode;
  node.show = ShowNode;
  node.shows_rows_only = true;
  node.remove = RemoveNode;
  auto& item = bindings[kItem];
  item.generated_key = "MemberID";
  item.guard = GuardOfFolder;
  item.write_operations = kOpManageFolderItem;
  item.create = CreateItem;
  bindings.SetMethod(kNode, "MoveFolders", MoveFolders);
  bindings.SetMethod(kItem, "MoveMembers", [](MethodCall& m) {
    return MoveMembers(m, TypeOf(m.Argument("ObjectType").UintOr(0)));
  });
  bindings.SetMethod(kItem, "MoveMembersEx", [](MethodCall& m) {
    return MoveMembers(m, TypeNamed(m.Argument("ObjectTypeName").TextOr("")));
  });
}

}  // namespace ww::provider
