// One CBS package as it was delivered: its tree of packages, its components, where its payload is.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wimwright/base/hash.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/cbs/hydration.h"
#include "wimwright/manifest/catalog.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"

namespace ww::cbs {

// windows-servicing.md 8.4 and field-practice.md 3, decided by the outer package's name and its
// components.
enum class UpdateKind { kServicingStack, kEnablement, kCumulative, kDotNet, kSafeOs, kOther };
std::string_view UpdateKindName(UpdateKind kind);

struct PackageFile {
  manifest::PackageManifest manifest;
  // The bytes as delivered, shared with the plans that carry them into an image.
  std::shared_ptr<const Bytes> mum;
  std::shared_ptr<const Bytes> cat;  // null: the package came without a catalogue
  Sha256Digest cat_digest{};
  std::string mum_member;
};

struct ComponentFile {
  manifest::ComponentManifest manifest;
  std::string keyform;  // lower case, computed from the identity and equal to the member's name
  std::shared_ptr<const Bytes> xml;  // plain XML as delivered
  Sha256Digest digest{};             // of `xml`: the S256H of the COMPONENTS hive
};

// How the package brings the content of one file.
struct PayloadSource {
  enum class Kind {
    kWhole,    // `member` is the file
    kNull,     // `member` is a delta against nothing (n\)
    kForward,  // `member` is a delta against an older version of the file (f\, PSFX.CIX)
    kCarried,  // no member: the image has the file under the name of an older version
  };
  Kind kind = Kind::kWhole;
  std::size_t member = 0;                   // unused for kCarried
  const cab::PsfxTarget* target = nullptr;  // of PSFX.CIX, which names the basis by its digest
  std::optional<std::size_t> reverse;       // member with the delta back (r\)
};

// Movable, read-only after Load. The cab::UpdatePackage stays with the caller and must outlive it.
class UpdateContent {
 public:
  // Reads all mums, catalogues and manifests in one pass. Refuses what contradicts itself: a
  // manifest whose name is not its identity's keyform (kIdentityMismatch), a package without
  // update.mum (kInvalidPackage), a mum without catalogue (kNoSignature), a mum or manifest whose
  // digest is not in its catalogue, a catalogue that is not as somebody signed it (kBadDigest).
  // With a trust store every catalogue's signature must lead to it.
  static Result<UpdateContent> Load(cab::UpdatePackage& package, std::string input,
                                    const manifest::TrustStore* trust = nullptr);

  // For fuzzing what comes behind: nothing vouches for the content.
  static Result<UpdateContent> LoadUnsigned(cab::UpdatePackage& package, std::string input);

  UpdateContent(UpdateContent&&) = default;
  UpdateContent& operator=(UpdateContent&&) = default;

  const std::string& input() const { return input_; }
  cab::UpdatePackage& source() const { return *source_; }
  UpdateKind kind() const { return kind_; }
  const PackageFile& outer() const { return *packages_.at(outer_); }
  std::string identity() const;  // of the outer package
  std::string kb() const;        // "KB4343884"; empty when the package does not say
  const std::string& architecture() const { return outer().manifest.identity.architecture; }

  // By identity string, ignoring case. nullptr: not in this update.
  const PackageFile* FindPackage(const manifest::AssemblyIdentity& identity) const;
  const ComponentFile* FindComponent(const manifest::AssemblyIdentity& identity) const;
  const std::map<std::string, std::unique_ptr<PackageFile>>& packages() const { return packages_; }
  const std::map<std::string, std::unique_ptr<ComponentFile>>& components() const {
    return components_;
  }
  // All components whose identity differs from `reference` only in the language.
  std::vector<const ComponentFile*> FindAllLanguages(
      const manifest::AssemblyIdentity& reference) const;

  // Where `file` of `component` is (name first, then sourceName; windows-servicing.md 3.2): whole,
  // null delta, forward delta, PSFX.CIX (6.5). Nothing: the package does not have it.
  std::optional<PayloadSource> FindPayload(const ComponentFile& component,
                                           const manifest::FileEntry& file) const;
  // Digest and size of a reverse delta, which no manifest tells.
  const FileGoal& ReverseDelta(std::size_t member) const { return reverse_.at(member); }
  // Whether files come as differences: forward, reverse and null deltas, or PSFX.CIX.
  bool differential() const { return !source_->differential.empty() || !targets_.empty(); }

  // A checkpoint: a cumulative update that later ones are based on (1.8). Told by the word that the
  // best known integration script looks for in update.mum.
  bool checkpoint() const { return checkpoint_; }

 private:
  UpdateContent() = default;
  Status Index(cab::UpdatePackage& package);
  void Classify();
  Status ReadMembers(cab::UpdatePackage& package, std::map<std::size_t, Bytes>& files);
  Status CheckCatalogs(const manifest::TrustStore* trust) const;
  std::optional<PayloadSource> FindPayload(std::string_view keyform, std::string_view file) const;

  std::string input_;
  cab::UpdatePackage* source_ = nullptr;
  UpdateKind kind_ = UpdateKind::kOther;
  std::string outer_;
  bool checkpoint_ = false;
  std::map<std::string, std::unique_ptr<PackageFile>> packages_;  // by lower-case identity string
  std::map<std::string, std::unique_ptr<ComponentFile>> components_;  // by keyform
  std::unordered_map<std::string, const cab::PsfxTarget*> targets_;   // by lower-case name
  std::unordered_map<std::size_t, FileGoal> reverse_;                 // by member
};

// What an update would do that no engine without Windows can: windows-servicing.md 3.6, seen
// without an image. The gate against an image (an effect that is unchanged from the predecessor is
// harmless) is in plan.h.
struct UnsupportedEffect {
  std::string component;  // keyform
  std::string effect;     // "taskScheduler", "driverUpdate", ...
  std::string reason;
};
std::vector<UnsupportedEffect> UnsupportedEffects(const UpdateContent& update);

}  // namespace ww::cbs
