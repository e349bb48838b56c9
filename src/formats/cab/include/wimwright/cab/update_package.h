// An update file as the packages inside it, each a flat tree of mums, manifests and payload
// whatever the packaging was.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/cab/container.h"
#include "wimwright/cab/members.h"
#include "wimwright/cab/psfx_target.h"

namespace ww::cab {

// One CBS package. Its members are final files: of an intra-package delta (Windows 7) the rebuilt
// ones, verified against length and SHA-1 of the index; of a cabinet set the union of all cabinets.
class UpdatePackage {
 public:
  UpdatePackage(std::string name_in, std::string packaging_in, std::unique_ptr<Members> members)
      : name(std::move(name_in)),
        packaging(std::move(packaging_in)),
        members_(std::move(members)) {}

  // The name of its cabinet inside the MSU; for a bare cabinet or folder, the name on disk.
  std::string name;
  std::string packaging;  // "plain", "intra-package delta", "cabinet set", "folder", "express"
  // What is not the final file yet but needs bytes of an image to become one, a few words each:
  // "forward deltas (f\), 12 files". Empty for self-contained packages.
  std::vector<std::string> differential;
  // Of an express package with PSFX.CIX: files that need bytes of the image besides the members.
  std::vector<PsfxTarget> targets;

  Members& members() { return *members_; }
  const Members& members() const { return *members_; }

 private:
  std::unique_ptr<Members> members_;
};

// A file from which packages are read, through the very handle from which they are: who verifies
// what the file says of itself (cabinet_signature.h) verifies what is used.
struct UpdateSource {
  std::string name;  // as UpdatePackage::name; "package.cab\\Cab1.cab" in a cabinet set
  std::shared_ptr<const File> file;
};

struct UpdateFile {
  std::filesystem::path path;
  ContainerKind kind = ContainerKind::kUnknown;
  std::string container_text;  // "MSU (cabinet)", "cabinet", "folder"
  std::map<std::string, std::string>
      properties;  // of *pkgProperties.txt, keys as written; else empty
  std::vector<std::unique_ptr<UpdatePackage>> packages;  // in stored order, at least one
  // Members of the MSU that are not packages: WSUSSCAN.cab, the .xml, DesktopDeployment.cab.
  std::vector<std::string> other_members;
  // The file itself first, unless it is a folder; then the packages of an MSU and the cabinets of
  // cabinet sets. A PSF is not one of them: what it holds is proved by the manifests.
  std::vector<UpdateSource> sources;
  // The MSU itself, for who wants other_members (WSUSSCAN.cab: scan.h). Null for other kinds.
  std::unique_ptr<Members> container;
};

struct OpenOptions {
  // Directory for unnamed temporary files: packages that an MSU stores compressed and that exceed
  // 4 MB are decompressed there once. "": /var/tmp, else the update's own folder.
  std::filesystem::path scratch_dir;
  // Asked while packages are decompressed; nullptr: never.
  const Cancellation* cancellation = nullptr;
};

// Opens everything and proves that each package has its index or update.mum; payload is read later.
// An express package takes its payload from the PSF beside it (in the MSU or folder, or on disk
// with the cabinet's name); ranges are read from where they lie. `fs` must outlive the result.
// kUnsupported with a plain reason for express packages without their PSF or with several
// baselines, FoD metadata, scan catalogues, programs and cabinets without a package; kCorrupt;
// kLimit.
Result<UpdateFile> OpenUpdate(FileSystem& fs, const std::filesystem::path& path,
                              const OpenOptions& options);

}  // namespace ww::cab
