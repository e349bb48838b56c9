#include "update_draft.h"

#include <fmt/format.h>

#include <algorithm>

namespace ww::lab {

UpdateComposer::UpdateComposer(Workshop& shop, const Profile& profile, std::string_view kb,
                               std::string_view root_name, std::string_view root_version,
                               std::string_view child_version)
    : shop_(shop), profile_(profile), child_version_(child_version) {
  draft_.kb = kb;
  draft_.catalogs = profile.catalogs;
  draft_.architecture = profile.architecture;
  draft_.root.id = PackageId(root_name, root_version, profile.architecture);
  draft_.root.kb = kb;
  draft_.root.deep = true;
  draft_.root.parents = {ProductParent(FoundationName(profile))};
}

Parent UpdateComposer::ProductParent(std::string_view name) const {
  Parent parent;
  parent.any_of = {PackageId(name, profile_.rtm, profile_.architecture)};
  return parent;
}

void UpdateComposer::AddUpdate(Package& package, std::string_view branch,
                               const std::vector<ComponentPtr>& members, std::string_view elevate) {
  for (const ComponentPtr& c :
       AddGroup(package, fmt::format("{}-{}_neutral{}", digits(), ++updates_, branch),
                members.front()->id.version.ToString(), members, shop_)) {
    draft_.components.push_back(c);
  }
  Applicable applicable;
  applicable.elevate = elevate;
  for (const ComponentPtr& member : members) applicable.components.push_back(member->id);
  package.updates.back().applicable = {applicable};
}

Package& UpdateComposer::AddChild(const Parent& parent, const std::vector<Raise>& raises,
                                  std::string_view elevate) {
  Package child;
  child.id = PackageId(fmt::format("Package_{}_for_{}", children_.size() + 1, draft_.kb),
                       child_version_, profile_.architecture);
  child.kb = draft_.kb;
  child.release_type = draft_.root.release_type;
  child.parents = {parent};
  for (const Raise& raise : raises) {
    AddUpdate(child, "", MakeWithTwin(shop_, profile_, raise.family, raise.version, raise.revision),
              elevate);
  }
  children_.push_back(std::move(child));
  return children_.back();
}

void UpdateComposer::AddToRoot(const std::vector<Raise>& raises, std::string_view elevate) {
  draft_.root.deep = false;
  for (const Raise& raise : raises) {
    AddUpdate(draft_.root, "",
              MakeWithTwin(shop_, profile_, raise.family, raise.version, raise.revision), elevate);
  }
}

void UpdateComposer::AddTrunk(std::string_view suffix, const Parent& parent) {
  Package package;
  package.id =
      PackageId(draft_.root.id.name + std::string(suffix), child_version_, profile_.architecture);
  package.kb = draft_.kb;
  package.release_type = draft_.root.release_type;
  package.deep = true;
  package.parents = {parent};
  trunk_.push_back(std::move(package));
}

void UpdateComposer::Link(Package& from, const AssemblyIdentity& to) {
  UpdateGroup update;
  update.name = fmt::format("{}-{}_neutral_PACKAGE", digits(), ++updates_);
  update.packages = {to};
  from.updates.push_back(std::move(update));
}

UpdateDraft UpdateComposer::Finish() {
  Package* last = &draft_.root;
  for (Package& package : trunk_) {
    Link(*last, package.id);
    last = &package;
  }
  for (const Package& child : children_) Link(*last, child.id);
  for (Package& package : trunk_) draft_.packages.push_back(std::move(package));
  for (Package& child : children_) draft_.packages.push_back(std::move(child));
  return std::move(draft_);
}

UpdateDraft DraftOfInstalled(const ImageModel& model, std::string_view kb) {
  UpdateDraft draft;
  draft.kb = kb;
  draft.catalogs = model.profile.catalogs;
  draft.architecture = model.profile.architecture;
  for (const InstalledPackage& entry : model.packages) {
    if (entry.package->kb != kb) continue;
    if (entry.owner.empty()) {
      draft.root = *entry.package;
    } else {
      draft.packages.push_back(*entry.package);
    }
    for (const UpdateGroup& update : entry.package->updates) {
      for (const AssemblyIdentity& id : update.deployments) {
        const auto deployment = model.components.find(manifest::Keyform(id));
        if (deployment == model.components.end()) continue;
        const auto closure = Closure(model.components, deployment->second);
        if (!closure) continue;
        draft.components.insert(draft.components.end(), closure->begin(), closure->end());
      }
    }
  }
  return draft;
}

Result<std::vector<UpdateMember>> MakeMembers(const UpdateDraft& draft, const Signer& signer,
                                              TimePoint now) {
  std::map<std::string, ComponentPtr> components;
  for (const ComponentPtr& component : draft.components) {
    components.emplace(component->keyform, component);
  }
  std::vector<UpdateMember> members;
  std::vector<UpdateMember> payload;
  const auto add_package = [&](const Package& package, const std::string& stem) -> Status {
    const Bytes mum = MumXml(package);
    std::vector<CatalogMember> listed = {{mum}};
    for (const UpdateGroup& update : package.updates) {
      std::vector<AssemblyIdentity> ids = update.deployments;
      for (const DriverReference& driver : update.drivers) ids.push_back(driver.id);
      for (const AssemblyIdentity& id : ids) {
        const auto found = components.find(manifest::Keyform(id));
        // An update may name what the image has already.
        if (found == components.end()) continue;
        WW_TRY(const auto closure, Closure(components, found->second), package.identity());
        for (const ComponentPtr& component : closure) listed.push_back({component->xml});
      }
    }
    WW_TRY(Bytes catalog, MakeCatalog(signer, draft.catalogs, package.identity(), listed, now),
           package.identity());
    members.push_back({stem + ".mum", Content::Literal(mum)});
    members.push_back({stem + ".cat", Content::Literal(std::move(catalog))});
    return {};
  };
  WW_RETURN_IF_ERROR(add_package(draft.root, "update"));
  for (const Package& package : draft.packages) {
    WW_RETURN_IF_ERROR(add_package(package, package.identity()));
  }
  for (const auto& [keyform, component] : components) {
    members.push_back({keyform + ".manifest", Content::Literal(component->xml)});
    for (const PayloadFile& file : component->files) {
      payload.push_back({keyform + "\\" + file.name, file.content});
    }
  }
  members.insert(members.end(), payload.begin(), payload.end());
  return members;
}

UpdateMember* FindMember(std::vector<UpdateMember>& members, std::string_view name) {
  for (UpdateMember& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

UpdateMember* FindSuffix(std::vector<UpdateMember>& members, std::string_view suffix) {
  for (UpdateMember& member : members) {
    if (std::string_view(member.name).ends_with(suffix)) return &member;
  }
  return nullptr;
}

}  // namespace ww::lab
