#include "wimwright/cab/container.h"

#include <algorithm>
#include <array>

#include "cix_index.h"
#include "shapes.h"
#include "wim_probe.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

namespace stdfs = std::filesystem;

bool StartsWith(ByteView bytes, std::string_view magic) {
  return AsText(bytes).substr(0, magic.size()) == magic;
}

ContainerKind KindOfCabinet(const Members& members) {
  switch (ShapeOf(members)) {
    case Shape::kPlain:
    case Shape::kIntraDelta:
    case Shape::kCabinetSet:
    case Shape::kExpress:
    case Shape::kFodMetadata:
      return ContainerKind::kCab;
    case Shape::kMsu:
      return ContainerKind::kMsu;
    case Shape::kScan:
      return ContainerKind::kScanCab;
    case Shape::kSetup:
      return ContainerKind::kSetupCab;
    case Shape::kOther:
      break;
  }
  return ContainerKind::kOtherCab;
}

bool IsExpandedPackage(const stdfs::path& folder) {
  std::error_code error;
  stdfs::directory_iterator it(folder, error);
  for (; !error && it != stdfs::directory_iterator(); it.increment(error)) {
    auto name = it->path().filename().string();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    });
    if (name == "update.mum" || name == kCixName) return true;
  }
  return false;
}

}  // namespace

std::string_view KindName(ContainerKind kind) {
  switch (kind) {
    case ContainerKind::kCab:
      return "cabinet";
    case ContainerKind::kMsu:
      return "MSU (cabinet)";
    case ContainerKind::kMsuWim:
      return "MSU (WIM)";
    case ContainerKind::kPsf:
      return "PSF payload of an express update";
    case ContainerKind::kFolder:
      return "folder";
    case ContainerKind::kExe:
      return "Windows program (EXE)";
    case ContainerKind::kMsp:
      return "Windows Installer file (MSI or MSP)";
    case ContainerKind::kScanCab:
      return "update metadata (WSUS scan cabinet)";
    case ContainerKind::kWim:
      return "WIM image";
    case ContainerKind::kSetupCab:
      return "files of Windows Setup (Setup dynamic update)";
    case ContainerKind::kOtherCab:
      return "cabinet without a package";
    case ContainerKind::kUnknown:
      break;
  }
  return "unknown";
}

bool IsUpdate(ContainerKind kind) {
  return kind == ContainerKind::kCab || kind == ContainerKind::kMsu ||
         kind == ContainerKind::kMsuWim || kind == ContainerKind::kFolder;
}

Result<ContainerKind> Identify(FileSystem& fs, const stdfs::path& path) {
  std::error_code error;
  if (stdfs::is_directory(path, error)) {
    return IsExpandedPackage(path) ? ContainerKind::kFolder : ContainerKind::kUnknown;
  }
  auto opened = fs.Open(path, OpenMode::kRead);
  if (!opened) return Fail(opened.error());
  const std::shared_ptr<const File> file(*std::move(opened));
  auto size = file->Size();
  if (!size) return Fail(size.error());
  std::array<std::byte, 8> buffer{};
  const auto magic =
      MutableByteView(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(8, *size)));
  WW_RETURN_IF_ERROR(file->ReadAt(0, magic));

  if (StartsWith(magic, "MSCF")) {
    WW_TRY(const auto members, OpenCabinet(file), path.string());
    return KindOfCabinet(*members);
  }
  if (StartsWith(magic, {"MSWIM\0\0\0", 8})) {
    WW_TRY(const bool packages, WimHoldsPackages(file, path), path.string());
    return packages ? ContainerKind::kMsuWim : ContainerKind::kWim;
  }
  if (StartsWith(magic, {"WLPWM\0\0\0", 8})) return ContainerKind::kWim;  // wimlib's pipable form
  if (StartsWith(magic, {"PSTREAM\0", 8})) return ContainerKind::kPsf;
  if (StartsWith(magic, "MZ")) return ContainerKind::kExe;
  if (StartsWith(magic, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) return ContainerKind::kMsp;
  return ContainerKind::kUnknown;
}

}  // namespace ww::cab
