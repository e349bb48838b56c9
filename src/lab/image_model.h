// What is installed in one image, and what follows from it for every file and key of the component
// store.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catalog_writer.h"
#include "model.h"
#include "profile.h"

namespace ww::lab {

inline constexpr std::uint32_t kStateStaged = 0x40;
inline constexpr std::uint32_t kStateSuperseded = 0x50;
inline constexpr std::uint32_t kStateInstalled = 0x70;

struct InstalledPackage {
  PackagePtr package;
  std::uint32_t state = kStateInstalled;
  std::string owner;  // identity of the package that brought it; empty: itself
  bool visible = true;
};

struct ImageModel {
  Profile profile;
  Edition edition;
  std::vector<InstalledPackage> packages;
  std::map<std::string, ComponentPtr> components;  // by keyform, deployments too

  void Add(const ComponentPtr& component) { components[component->keyform] = component; }
  void Add(const std::vector<ComponentPtr>& more) {
    for (const ComponentPtr& component : more) Add(component);
  }
  void Install(Package package, std::uint32_t state = kStateInstalled, std::string owner = "",
               bool visible = true) {
    packages.push_back(
        {std::make_shared<const Package>(std::move(package)), state, std::move(owner), visible});
  }
};

// One `p!`, `s!`, `i!` trio of a deployment.
struct DeploymentUse {
  std::string reference;  // <package identity>.<update name>
  std::string digit;      // how far the package may raise what it updates
  bool installed = false;
};

struct StoredComponent {
  ComponentPtr component;
  bool installed = false;             // else staged
  bool winner = false;                // installed, and the highest version of its family
  std::set<std::string> deployments;  // keys of those that contain it, itself included
  std::vector<DeploymentUse> uses;    // of deployments
  std::string catalog;                // of deployments: name of the catalog that signs them
};

struct StoredPackage {
  InstalledPackage entry;
  Bytes mum, catalog;
  std::string catalog_name;              // SHA-256 of the catalog, hexadecimal
  std::vector<std::string> deployments;  // keys of those whose manifests the catalog signs
};

// The image's component store, worked out.
struct Store {
  std::vector<StoredPackage> packages;
  std::map<std::string, StoredComponent> components;  // by keyform
};

// The components below a deployment, itself first: references to any language that nothing answers
// are left out. kNotFound when a named one is missing.
Result<std::vector<ComponentPtr>> Closure(const std::map<std::string, ComponentPtr>& components,
                                          const ComponentPtr& deployment);

// The digit that stands for the word `elevate` of a package's updates: "2" for revision (5.2.2),
// "8" for packages of the product.
std::string ElevateDigit(const UpdateGroup& update);

Result<Store> BuildStore(const ImageModel& model, const Signer& signer, TimePoint now);

}  // namespace ww::lab
