#include "image_model.h"

#include <unordered_map>

#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

// Deployments that an update of a package references, drivers included.
std::vector<AssemblyIdentity> References(const UpdateGroup& update) {
  std::vector<AssemblyIdentity> ids = update.deployments;
  for (const DriverReference& driver : update.drivers) ids.push_back(driver.id);
  return ids;
}

Result<ComponentPtr> Find(const std::map<std::string, ComponentPtr>& components,
                          const AssemblyIdentity& id) {
  const auto found = components.find(manifest::Keyform(id));
  if (found == components.end()) {
    return Fail(Code::kNotFound, "no component " + manifest::Keyform(id));
  }
  return found->second;
}

void MarkWinners(Store& store) {
  std::unordered_map<std::string, StoredComponent*> best;
  for (auto& [keyform, stored] : store.components) {
    if (!stored.installed) continue;
    StoredComponent*& winner = best[manifest::FamilyKey(stored.component->id)];
    if (winner == nullptr || winner->component->id.version < stored.component->id.version) {
      winner = &stored;
    }
  }
  for (auto& [family, winner] : best) winner->winner = true;
}

Status AddDeployments(const ImageModel& model, StoredPackage& package, const UpdateGroup& update,
                      Store& store, std::vector<CatalogMember>& members) {
  const InstalledPackage& entry = package.entry;
  const bool installed = entry.state >= kStateInstalled && update.on;
  const std::string reference = entry.package->identity() + "." + update.name;
  for (const AssemblyIdentity& id : References(update)) {
    WW_TRY(const ComponentPtr deployment, Find(model.components, id), entry.package->identity());
    WW_TRY(const auto closure, Closure(model.components, deployment), deployment->keyform);
    const std::string key = manifest::DeploymentKey(deployment->id);
    package.deployments.push_back(key);
    for (const ComponentPtr& component : closure) {
      StoredComponent& stored = store.components[component->keyform];
      stored.component = component;
      stored.installed = stored.installed || installed;
      stored.deployments.insert(key);
      members.push_back({component->xml});
    }
    store.components[deployment->keyform].uses.push_back(
        {reference, ElevateDigit(update), installed});
  }
  return {};
}

}  // namespace

std::string ElevateDigit(const UpdateGroup& update) {
  if (update.applicable.empty()) return "8";
  const Applicable& guard = update.applicable.front();
  // Another update of the package guards nothing by version.
  if (guard.components.empty() && guard.drivers.empty()) return "8";
  return guard.elevate == "revision" ? "2" : "8";
}

Result<std::vector<ComponentPtr>> Closure(const std::map<std::string, ComponentPtr>& components,
                                          const ComponentPtr& deployment) {
  std::vector<ComponentPtr> reached = {deployment};
  std::set<std::string> seen = {deployment->keyform};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const ComponentPtr from = reached[i];
    for (const ComponentReference& reference : from->dependencies) {
      if (reference.id.language == "*") continue;
      WW_TRY(const ComponentPtr component, Find(components, reference.id), from->keyform);
      if (seen.insert(component->keyform).second) reached.push_back(component);
    }
  }
  return reached;
}

Result<Store> BuildStore(const ImageModel& model, const Signer& signer, TimePoint now) {
  Store store;
  for (const InstalledPackage& entry : model.packages) {
    StoredPackage package;
    package.entry = entry;
    package.mum = MumXml(*entry.package);
    std::vector<CatalogMember> members;
    for (const UpdateGroup& update : entry.package->updates) {
      WW_RETURN_IF_ERROR(AddDeployments(model, package, update, store, members));
    }
    members.push_back({package.mum});
    WW_TRY(package.catalog,
           MakeCatalog(signer, model.profile.catalogs, entry.package->identity(), members, now),
           entry.package->identity());
    package.catalog_name = ToHex(Sha256(package.catalog));
    for (const UpdateGroup& update : entry.package->updates) {
      for (const AssemblyIdentity& id : References(update)) {
        StoredComponent& deployment = store.components[manifest::Keyform(id)];
        if (deployment.catalog.empty()) deployment.catalog = package.catalog_name;
      }
    }
    store.packages.push_back(std::move(package));
  }
  MarkWinners(store);
  return store;
}

}  // namespace ww::lab
