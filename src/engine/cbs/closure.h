// The components behind the selected updates: deployments, what they bring, and whether all of it
// can be done without Windows (windows-servicing.md 2.6 step 5, 3.6, 5.7).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "driver.h"
#include "selection.h"

namespace ww::cbs {

struct DeploymentReference {
  std::string reference;  // <package identity string>.<update name>
  std::string elevate;    // word of the update's guard; "" without one
  std::uint32_t state = kStateInstalled;
};

struct PlannedDeployment {
  manifest::AssemblyIdentity identity;
  const ComponentFile* file = nullptr;   // nullptr: the store has it already
  const PackageFile* package = nullptr;  // whose catalogue signs it
  std::vector<DeploymentReference> references;
};

// Where the content of one file comes from.
struct PlannedPayload {
  PayloadSource source;
  std::shared_ptr<const Recipe> recipe;  // null: the member is the file
};

// What is still to be known of the winner before, once it was compared with the new one: a large
// update has ten thousand of them.
struct Predecessor {
  std::string keyform;
  manifest::Version version;
  std::vector<manifest::Service> services;
  // Files that the new version lacks or projects differently.
  std::vector<manifest::FileEntry> files;
  std::shared_ptr<const DriverHistory> driver;  // of drivers only
};

struct PlannedComponent {
  manifest::AssemblyIdentity identity;
  const ComponentFile* file = nullptr;   // nullptr: the store has it already
  std::vector<PlannedPayload> payload;   // one per file of its manifest, when `file` is set
  std::vector<std::string> deployments;  // keys, for the c! values
  std::uint32_t state = kStateStaged;    // kStateInstalled when any deployment installs it
  // Set for components that are to be installed and become the winner of their family.
  bool wins = false;
  std::shared_ptr<const manifest::ComponentManifest> manifest;  // when it wins
  std::optional<Predecessor> predecessor;                       // winner before
};

struct Closure {
  Verdict verdict;
  std::vector<PlannedDeployment> deployments;  // in the order of their first reference
  std::vector<PlannedComponent> components;    // each once, deployments included
};

Result<Closure> Close(const UpdateContent& update, const VirtualState& state,
                      const Selection& selection, std::vector<std::string>& trace);

}  // namespace ww::cbs
