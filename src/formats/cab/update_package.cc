#include "wimwright/cab/update_package.h"

#include <fmt/format.h>

#include <algorithm>

#include "cabinet_set.h"
#include "cix_members.h"
#include "names.h"
#include "nested.h"
#include "properties.h"
#include "shapes.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kMaxPackages = 256;
constexpr std::size_t kMaxCabinetsOfSet = 1024;
constexpr std::string_view kUpdateMum = "update.mum";

tl::unexpected<Error> ExpressRefused() {
  return Fail(
      Error{Code::kUnsupported,
            "an express package: its payload is in a separate PSF file, which is not supported yet",
            "Use the full package (.cab or .msu without .psf) of the same update.", 0});
}

// cablist.ini: everything of Cab1.cab ... CabN.cab and what lies beside them, as one tree.
Result<std::unique_ptr<Members>> OpenCabinetSet(std::unique_ptr<Members> outer,
                                                const SpoolPlace& place) {
  auto cabinets = CabinetsOfSet(*outer);
  if (!cabinets) return Fail(cabinets.error());
  if (cabinets->size() > kMaxCabinetsOfSet) return Fail(Code::kLimit, "a set of too many cabinets");
  auto files = OpenNested(*outer, *cabinets, place);
  if (!files) return Fail(files.error());
  std::vector<SetPart> parts;
  for (const auto index : *cabinets) {
    WW_TRY(auto members, OpenCabinet(files->at(index)), outer->list()[index].name);
    if (const auto shape = ShapeOf(*members);
        shape == Shape::kExpress || shape == Shape::kIntraDelta || shape == Shape::kCabinetSet) {
      return Fail(Code::kUnsupported,
                  fmt::format("{} of the cabinet set is itself packed", outer->list()[index].name));
    }
    SetPart part;
    part.members = std::move(members);
    parts.push_back(std::move(part));
  }
  SetPart rest;
  rest.hidden = *cabinets;
  for (std::size_t i = 0; i < outer->list().size(); ++i) {
    if (EndsWithNoCase(outer->list()[i].name, "cablist.ini")) rest.hidden.push_back(i);
  }
  rest.members = std::move(outer);
  parts.push_back(std::move(rest));
  return JoinParts(std::move(parts));
}

bool IsPackageShape(Shape shape) {
  return shape != Shape::kMsu && shape != Shape::kScan && shape != Shape::kOther;
}

// A container with IsPackageShape(ShapeOf(*members)), or a folder.
Result<std::unique_ptr<UpdatePackage>> MakePackage(std::string name,
                                                   std::unique_ptr<Members> members,
                                                   const SpoolPlace& place) {
  std::string packaging = "plain";
  const auto shape = ShapeOf(*members);
  switch (shape) {
    case Shape::kIntraDelta: {
      packaging = "intra-package delta";
      WW_TRY(members, OpenIntraPackageDelta(std::move(members)), name);
      break;
    }
    case Shape::kCabinetSet: {
      packaging = "cabinet set";
      WW_TRY(members, OpenCabinetSet(std::move(members), place), name);
      break;
    }
    case Shape::kExpress:
      return Fail(ExpressRefused().value().Within(name));
    case Shape::kFodMetadata:
      return Fail(
          Error{Code::kUnsupported,
                fmt::format("{}: features-on-demand metadata cannot be serviced offline", name),
                {},
                0x80070032});
    default:
      break;
  }
  if (!members->Find(kUpdateMum)) {
    return Fail(Code::kUnsupported, fmt::format("{}: there is no update.mum in the package", name));
  }
  auto package =
      std::make_unique<UpdatePackage>(std::move(name), std::move(packaging), std::move(members));
  package->unsupported_shapes = DescribeDeltaPayload(package->members());
  return package;
}

class MsuReader {
 public:
  MsuReader(UpdateFile& update, const SpoolPlace& place) : update_(update), place_(place) {}

  Status Read() {
    auto& msu = *update_.container;
    for (const auto& member : msu.list()) {
      if (EndsWithNoCase(member.name, ".psf"))
        return Fail(ExpressRefused().value().Within(member.name));
    }
    const auto candidates = PackageCandidates(msu);
    if (candidates.size() > kMaxPackages) return Fail(Code::kLimit, "more than 256 packages");
    auto wanted = candidates;
    for (std::size_t i = 0; i < msu.list().size(); ++i) {
      const auto& member = msu.list()[i];
      if (EndsWithNoCase(member.name, "pkgProperties.txt") && member.size <= kMaxPropertiesSize) {
        properties_.push_back(i);
      }
    }
    wanted.insert(wanted.end(), properties_.begin(), properties_.end());
    WW_TRY(const auto files, OpenNested(msu, wanted, place_), "unpacking the MSU");
    for (const auto index : properties_) WW_RETURN_IF_ERROR(AddProperties(*files.at(index)));
    for (const auto index : candidates) WW_RETURN_IF_ERROR(AddCabinet(index, files.at(index)));
    ListOthers(candidates);
    if (update_.packages.empty()) {
      return Fail(Code::kUnsupported, "no cabinet of the MSU holds a package");
    }
    return {};
  }

 private:
  Status AddProperties(const File& file) {
    WW_TRY(const auto text, ReadAll(file, kMaxPropertiesSize), "package properties");
    WW_TRY(auto properties, ParseProperties(text), "package properties");
    update_.properties.merge(properties);
    return {};
  }

  Status AddCabinet(std::size_t index, std::shared_ptr<const File> file) {
    const auto& name = update_.container->list()[index].name;
    WW_TRY(auto members, OpenCabinet(std::move(file)), name);
    if (!IsPackageShape(ShapeOf(*members))) return {};  // driver or tool of the installer
    auto package = MakePackage(name, std::move(members), place_);
    if (!package) return Fail(package.error());
    update_.packages.push_back(*std::move(package));
    return {};
  }

  void ListOthers(const std::vector<std::size_t>& candidates) {
    const auto& list = update_.container->list();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto is_package = [&](const auto& package) { return package->name == list[i].name; };
      const bool candidate = std::find(candidates.begin(), candidates.end(), i) != candidates.end();
      const auto& packages = update_.packages;
      if (candidate && std::any_of(packages.begin(), packages.end(), is_package)) continue;
      update_.other_members.push_back(list[i].name);
    }
  }

  UpdateFile& update_;
  const SpoolPlace& place_;
  std::vector<std::size_t> properties_;
};

tl::unexpected<Error> NotAnUpdate(ContainerKind kind) {
  Error error{Code::kUnsupported,
              fmt::format("{}: not an update that can be serviced offline", KindName(kind)),
              {},
              0};
  switch (kind) {
    case ContainerKind::kMsuWim:
      error.message = "an MSU in WIM form, which is not supported yet";
      break;
    case ContainerKind::kPsf:
      error.message = "the PSF payload of an express update, which is not supported yet";
      error.next_step = "Use the full package (.cab or .msu without .psf) of the same update.";
      break;
    case ContainerKind::kExe:
      error.next_step =
          "Programs (EXE) have to be run on Windows; only .msu and .cab can be applied.";
      break;
    default:
      break;
  }
  return Fail(std::move(error));
}

Status OpenFile(FileSystem& fs, UpdateFile& update, const SpoolPlace& place) {
  if (!IsUpdate(update.kind) || update.kind == ContainerKind::kMsuWim)
    return NotAnUpdate(update.kind);
  std::unique_ptr<Members> members;
  if (update.kind == ContainerKind::kFolder) {
    WW_TRY(members, OpenFolder(fs, update.path), "expanded package");
  } else {
    auto file = fs.Open(update.path, OpenMode::kRead);
    if (!file) return Fail(file.error());
    WW_TRY(members, OpenCabinet(*std::move(file)), "cabinet");
  }
  if (update.kind == ContainerKind::kMsu) {
    update.container = std::move(members);
    return MsuReader(update, place).Read();
  }
  auto path = update.path;
  if (!path.has_filename()) path = path.parent_path();
  auto package = MakePackage(path.filename().string(), std::move(members), place);
  if (!package) return Fail(package.error());
  if (update.kind == ContainerKind::kFolder && (*package)->packaging == "plain") {
    (*package)->packaging = "folder";
  } else if ((*package)->packaging != "plain") {
    update.container_text += fmt::format(" ({})", (*package)->packaging);
  }
  update.packages.push_back(*std::move(package));
  return {};
}

}  // namespace

Result<UpdateFile> OpenUpdate(FileSystem& fs, const stdfs::path& path, const OpenOptions& options) {
  SpoolPlace place;
  place.fs = &fs;
  if (options.cancellation != nullptr) place.cancellation = options.cancellation;
  if (!options.scratch_dir.empty()) {
    place.folders = {options.scratch_dir};
  } else {
    const auto own = path.parent_path();
    place.folders = {"/var/tmp", own.empty() ? stdfs::path(".") : own};
  }
  UpdateFile update;
  update.path = path;
  auto kind = Identify(fs, path);
  if (!kind) return Fail(kind.error());
  update.kind = *kind;
  update.container_text = KindName(*kind);
  WW_TRY_STATUS(OpenFile(fs, update, place), path.string());
  return update;
}

}  // namespace ww::cab
