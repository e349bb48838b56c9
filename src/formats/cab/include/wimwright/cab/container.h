// What kind of container a file is, decided by its content and never by its name.
#pragma once

#include <filesystem>
#include <string_view>

#include "wimwright/base/file.h"

namespace ww::cab {

enum class ContainerKind {
  kUnknown,   // none of the below
  kCab,       // cabinet holding one package: update.mum, _manifest_.cix.xml or cablist.ini
  kMsu,       // cabinet holding package cabinets (windows-servicing.md 1.2)
  kMsuWim,    // WIM holding packages instead of an image (1.3)
  kPsf,       // payload of an express package (1.6)
  kFolder,    // expanded package: a folder with update.mum or _manifest_.cix.xml
  kExe,       // PE program: self-extracting installers, Defender and Office updates
  kMsp,       // OLE compound file: Windows Installer patch or package
  kScanCab,   // WSUSSCAN.cab / wsusscn2.cab: metadata about updates (8.1, 8.2)
  kWim,       // WIM holding an operating system or anything else that is not an update
  kSetupCab,  // files of Windows Setup for `sources\\` of a media: Setup dynamic updates (1.9)
  kOtherCab,  // cabinet without any package: drivers, something else
};

// For messages: "MSU (cabinet)", "PSF payload of an express update".
std::string_view KindName(ContainerKind kind);

// True for what OpenUpdate() may be asked about with hope: kCab, kMsu, kMsuWim, kFolder.
bool IsUpdate(ContainerKind kind);

// kUnknown is an answer, not an error; errors are I/O failures and cabinets that are broken.
// Directories are looked at through the operating system, files through `fs`.
Result<ContainerKind> Identify(FileSystem& fs, const std::filesystem::path& path);

}  // namespace ww::cab
