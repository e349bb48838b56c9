// What one Windows image has: packages and their states, components, winners, stack, pending work.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/log.h"
#include "wimwright/cbs/hive_kind.h"
#include "wimwright/hive/hive.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/identity.h"
#include "wimwright/wim/image.h"
#include "wimwright/wim/wim_file.h"

namespace ww::cbs {

// CurrentState of a package key; windows-servicing.md 2.7.
enum PackageState : std::uint32_t {
  kStateAbsent = 0x00,
  kStateUninstallPending = 0x05,
  kStateResolved = 0x20,
  kStateStaged = 0x40,
  kStateSuperseded = 0x50,
  kStateInstallPending = 0x60,
  kStatePartiallyInstalled = 0x65,
  kStateInstalled = 0x70,
  kStatePermanent = 0x80,
};
// DISM's word: "Installed", "Staged", "Install Pending", ...
std::string_view PackageStateName(std::uint32_t state);
inline bool IsInstalledState(std::uint32_t s) {
  return s == kStateInstalled || s == kStatePermanent;
}

struct PackageRecord {
  manifest::AssemblyIdentity identity;
  std::string identity_string;  // as the registry spells it
  std::uint32_t state = 0;
  std::uint64_t install_time = 0;  // FILETIME; 0: not recorded
  std::uint32_t visibility = 0;
  // Of a package that is only planned: its optional features by lower-case name, as the registry
  // will record them.
  std::map<std::string, std::uint32_t> features;
};

struct WindowsVersion {
  std::string build;  // "14393"
  std::string ubr;    // "2312"; empty before Windows 10
  std::string ToString() const { return ubr.empty() ? build : build + "." + ubr; }
  bool operator==(const WindowsVersion&) const = default;
};

// Reads on demand: hives are paged, manifests are opened when asked for. Borrows the file and the
// image, which must outlive it; the image may be edited meanwhile by nobody.
class ImageState {
 public:
  // kNotFound with hresult kNotSupported when the image is not Windows (no SOFTWARE hive or
  // component store). `hive_cache`: bytes of unchanged pages kept per opened hive. Walking a whole
  // hive wants a good part of it, because its keys lie in the order in which they were made.
  static Result<ImageState> Load(const wim::WimFile& file, const wim::Image& image, int index,
                                 std::size_t hive_cache = 4u << 20);
  ImageState(ImageState&&) noexcept;
  ImageState& operator=(ImageState&&) noexcept;
  ~ImageState();

  int index() const;
  const wim::Image& image() const;
  const wim::WimFile& file() const;
  const std::string& architecture() const;  // "x86", "amd64", "arm64"
  const std::string& edition() const;       // EditionID
  const WindowsVersion& version() const;
  const std::string& control_set() const;  // "ControlSet001"
  bool is_64bit() const;

  // Why the image must not be serviced at all; empty when nothing is pending. One line per item.
  const std::vector<std::string>& pending() const;
  bool unserviceable() const;

  const std::map<std::string, PackageRecord>& packages() const;  // by lower-case identity string
  const std::optional<manifest::Version>& servicing_stack() const;

  // What the package's key records for its optional feature `update`.
  Result<std::optional<std::uint32_t>> FeatureState(const PackageRecord& package,
                                                    std::string_view update);
  // The version that wins the family of `identity` (SideBySide\Winners); nothing when no version is
  // installed.
  Result<std::optional<manifest::Version>> Winner(const manifest::AssemblyIdentity& identity);
  // The highest version of the family within one "major.minor" branch.
  Result<std::optional<manifest::Version>> BranchWinner(const manifest::AssemblyIdentity& identity,
                                                        std::string_view major_minor);
  // The version is known to the component store (DerivedData\Components), installed or only staged.
  Result<bool> HasComponent(const manifest::AssemblyIdentity& identity);
  // All versions of the family that the store knows in any state, ascending.
  Result<std::vector<manifest::Version>> Versions(const manifest::AssemblyIdentity& identity);
  // Plain XML of a manifest in WinSxS\Manifests, decompressed; checked against its S256H where
  // recorded.
  Result<Bytes> ReadManifest(const std::string& keyform);
  Result<manifest::ComponentManifest> LoadComponent(const manifest::AssemblyIdentity& identity);

  // The hive, opened; kNotFound when the image lacks it.
  Result<hive::Hive*> Hive(HiveKind kind);
  bool HasHive(HiveKind kind) const;
  // Content hash of the hive's file in the image.
  std::optional<Sha1Digest> HiveContent(HiveKind kind) const;
  // Gives the opened hive away for editing; the next Hive() call opens a fresh one.
  Result<hive::Hive> TakeHive(HiveKind kind);

 private:
  struct Rep;
  explicit ImageState(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace ww::cbs
