// Updates before they are packed: packages, components, and the members that follow from them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base_model.h"
#include "lab_context.h"

namespace ww::lab {

// A file of a package, by its name inside of the cabinet.
struct UpdateMember {
  std::string name;
  Content content;
};

struct UpdateDraft {
  std::string kb;
  Package root;                   // becomes update.mum
  std::vector<Package> packages;  // below it, at any level
  std::vector<ComponentPtr> components;
  CatalogForm catalogs = CatalogForm::kSha256;
  std::string architecture;
  bool flat = false;  // intra-package delta in an MSU (Windows 7)
};

// A component family in a new version.
struct Raise {
  std::string family;
  std::string version;
  std::uint32_t revision = 2;
};

// Builds drafts of the usual shapes.
class UpdateComposer {
 public:
  UpdateComposer(Workshop& shop, const Profile& profile, std::string_view kb,
                 std::string_view root_name, std::string_view root_version,
                 std::string_view child_version);

  UpdateDraft& draft() { return draft_; }
  Package& root() { return draft_.root; }

  // A child of the last package of the tree's trunk, with one update per entry. `parent` is the
  // package of the product that it needs.
  Package& AddChild(const Parent& parent, const std::vector<Raise>& raises,
                    std::string_view elevate = "revision");
  // Updates in the root itself: a package without tree.
  void AddToRoot(const std::vector<Raise>& raises, std::string_view elevate = "revision");
  // Puts a package between the root and the children: "_RTM", "_SP1".
  void AddTrunk(std::string_view suffix, const Parent& parent);
  // One update of `package` with ready components; the first one guards it.
  void AddUpdate(Package& package, std::string_view branch,
                 const std::vector<ComponentPtr>& members, std::string_view elevate);

  Parent ProductParent(std::string_view name) const;
  UpdateDraft Finish();

 private:
  void Link(Package& from, const AssemblyIdentity& to);
  std::string digits() const { return draft_.kb.substr(2); }

  Workshop& shop_;
  const Profile profile_;
  std::string child_version_;
  UpdateDraft draft_;
  std::vector<Package> trunk_;
  std::vector<Package> children_;
  int updates_ = 0;
};

// The package of a KB as it is installed in an image: what "already present" is tried with.
UpdateDraft DraftOfInstalled(const ImageModel& model, std::string_view kb);

// update.mum, update.cat, the other packages, manifests and payload.
Result<std::vector<UpdateMember>> MakeMembers(const UpdateDraft& draft, const Signer& signer,
                                              TimePoint now);

// Null: none of that name.
UpdateMember* FindMember(std::vector<UpdateMember>& members, std::string_view name);
// The first member whose name ends so.
UpdateMember* FindSuffix(std::vector<UpdateMember>& members, std::string_view suffix);

}  // namespace ww::lab
