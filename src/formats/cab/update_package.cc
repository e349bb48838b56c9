#include "wimwright/cab/update_package.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "cabinet_set.h"
#include "cix_members.h"
#include "express_package.h"
#include "names.h"
#include "nested.h"
#include "properties.h"
#include "shapes.h"
#include "wim_members.h"
#include "wimwright/base/text.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kMaxPackages = 256;
constexpr std::size_t kMaxCabinetsOfSet = 1024;
constexpr std::string_view kUpdateMum = "update.mum";

using PsfFile = std::shared_ptr<const File>;

// Finds the PSF of a package, given the name that the index has for it; null: not there.
using PsfFinder = std::function<Result<PsfFile>(std::string_view indexed_name)>;

tl::unexpected<Error> PsfMissing(std::string_view name) {
  return Fail(Error{
      Code::kUnsupported,
      fmt::format("{}: an express package: its payload is in a separate PSF file, which is not "
                  "beside it",
                  name),
      "Put the .psf of the same download beside it, or use the full package of the same update.",
      0});
}

// A cabinet or a WIM, told by its first bytes.
Result<std::unique_ptr<Members>> OpenContainer(std::shared_ptr<const File> file,
                                               const std::string& name) {
  auto size = file->Size();
  if (!size) return Fail(size.error());
  std::array<std::byte, 8> magic{};
  if (*size >= magic.size()) WW_RETURN_IF_ERROR(file->ReadAt(0, magic));
  if (AsText(magic) == std::string_view("MSWIM\0\0\0", 8)) return OpenWimMembers(file, name);
  return OpenCabinet(std::move(file));
}

// cablist.ini: everything of Cab1.cab ... CabN.cab and what lies beside them, as one tree.
Result<std::unique_ptr<Members>> OpenCabinetSet(const std::string& name,
                                                std::unique_ptr<Members> outer,
                                                const SpoolPlace& place,
                                                std::vector<UpdateSource>& sources) {
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
    sources.push_back({name + "\\" + outer->list()[index].name, files->at(index)});
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
  return shape != Shape::kMsu && shape != Shape::kScan && shape != Shape::kSetup &&
         shape != Shape::kOther;
}

// Payload that is told here and made elsewhere.
void DescribeTargets(UpdatePackage& package) {
  const auto carried = std::count_if(package.targets.begin(), package.targets.end(),
                                     [](const PsfxTarget& t) { return !t.delta; });
  if (carried != 0) {
    package.differential.push_back(
        fmt::format("files carried over from their predecessors, {} files", carried));
  }
}

// The metadata hold the index, and sometimes (in folders) the PSF too.
Result<ExpressPackage> OpenExpress(const std::string& name, std::unique_ptr<Members> metadata,
                                   const PsfFinder& find_psf) {
  WW_TRY(auto index, ReadPsfIndexOf(*metadata), name);
  PsfFile psf;
  if (const auto own = PsfsOf(*metadata); own.size() == 1) {
    WW_TRY(psf, metadata->OpenInPlace(own[0]), name);
  }
  if (psf == nullptr) {
    WW_TRY(psf, find_psf(index.container), name);
  }
  if (psf == nullptr) return PsfMissing(name);
  WW_TRY(auto package, JoinExpress(std::move(metadata), std::move(index), std::move(psf)), name);
  return package;
}

// A container with IsPackageShape(ShapeOf(*members)), or a folder. What it opens goes to `sources`.
Result<std::unique_ptr<UpdatePackage>> MakePackage(std::string name,
                                                   std::unique_ptr<Members> members,
                                                   const SpoolPlace& place,
                                                   std::vector<UpdateSource>& sources,
                                                   const PsfFinder& find_psf) {
  std::string packaging = "plain";
  std::vector<PsfxTarget> targets;
  const auto shape = ShapeOf(*members);
  switch (shape) {
    case Shape::kIntraDelta: {
      packaging = "intra-package delta";
      WW_TRY(members, OpenIntraPackageDelta(std::move(members)), name);
      break;
    }
    case Shape::kCabinetSet: {
      packaging = "cabinet set";
      WW_TRY(members, OpenCabinetSet(name, std::move(members), place, sources), name);
      break;
    }
    case Shape::kExpress: {
      packaging = "express";
      WW_TRY(auto express, OpenExpress(name, std::move(members), find_psf), "express package");
      members = std::move(express.members);
      targets = std::move(express.targets);
      break;
    }
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
  package->differential = DescribeDeltaPayload(package->members());
  package->targets = std::move(targets);
  DescribeTargets(*package);
  return package;
}

// Without its extension, in lower case: what a package and its PSF share.
std::string Stem(std::string_view name) { return ToLowerAscii(name.substr(0, name.rfind('.'))); }

class MsuReader {
 public:
  MsuReader(UpdateFile& update, const SpoolPlace& place) : update_(update), place_(place) {}

  Status Read() {
    auto& msu = *update_.container;
    const auto psfs = PsfsOf(msu);
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
    wanted.insert(wanted.end(), psfs.begin(), psfs.end());
    WW_TRY(const auto files, OpenNested(msu, wanted, place_), "unpacking the MSU");
    for (const auto index : psfs) psfs_.emplace(msu.list()[index].name, files.at(index));
    for (const auto index : properties_) WW_RETURN_IF_ERROR(AddProperties(*files.at(index)));
    for (const auto index : candidates) WW_RETURN_IF_ERROR(AddCabinet(index, files.at(index)));
    for (const auto& [name, file] : psfs_) {
      if (used_psfs_.count(name) == 0) {
        return Fail(Code::kUnsupported, fmt::format("{}: payload that no package indexes", name));
      }
    }
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
    WW_TRY(auto members, OpenContainer(file, name), name);
    if (!IsPackageShape(ShapeOf(*members))) return {};  // driver or tool of the installer
    update_.sources.push_back({name, std::move(file)});
    auto package = MakePackage(
        name, std::move(members), place_, update_.sources,
        [this, &name](std::string_view indexed) -> Result<PsfFile> { return Psf(name, indexed); });
    if (!package) return Fail(package.error());
    update_.packages.push_back(*std::move(package));
    return {};
  }

  // The PSF with the package's name, or the one that its index names; an only one is meant anyhow.
  PsfFile Psf(std::string_view package, std::string_view indexed) {
    auto found = std::find_if(psfs_.begin(), psfs_.end(),
                              [&](const auto& psf) { return Stem(psf.first) == Stem(package); });
    if (found == psfs_.end()) {
      found = std::find_if(psfs_.begin(), psfs_.end(),
                           [&](const auto& psf) { return EqualNoCaseAscii(psf.first, indexed); });
    }
    if (found == psfs_.end() && psfs_.size() == 1) found = psfs_.begin();
    if (found == psfs_.end()) return nullptr;
    used_psfs_.insert(found->first);
    return found->second;
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
  std::map<std::string, PsfFile> psfs_;
  std::set<std::string> used_psfs_;
};

tl::unexpected<Error> NotAnUpdate(ContainerKind kind) {
  Error error{Code::kUnsupported,
              fmt::format("{}: not an update that can be serviced offline", KindName(kind)),
              {},
              0};
  switch (kind) {
    case ContainerKind::kPsf:
      error.message = "the PSF payload of an express update: it is opened by its package";
      error.next_step = "Name the .cab or .msu that belongs to it.";
      break;
    case ContainerKind::kSetupCab:
      error.message =
          "files of Windows Setup: they belong into \\sources of the media, not an image";
      error.next_step = "Leave it out; `plan` of a media's folder shows what belongs where.";
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
  if (!IsUpdate(update.kind)) return NotAnUpdate(update.kind);
  std::unique_ptr<Members> members;
  if (update.kind == ContainerKind::kFolder) {
    WW_TRY(members, OpenFolder(fs, update.path), "expanded package");
  } else {
    auto opened = fs.Open(update.path, OpenMode::kRead);
    if (!opened) return Fail(opened.error());
    const std::shared_ptr<const File> file(*std::move(opened));
    const auto name = update.path.filename().string();
    WW_TRY(members, OpenContainer(file, name),
           update.kind == ContainerKind::kMsuWim ? "WIM" : "cabinet");
    update.sources.push_back({name, file});
  }
  if (update.kind == ContainerKind::kMsu ||
      (update.kind == ContainerKind::kMsuWim && !IsPackageShape(ShapeOf(*members)))) {
    update.container = std::move(members);
    return MsuReader(update, place).Read();
  }
  auto path = update.path;
  if (!path.has_filename()) path = path.parent_path();
  const auto beside = [&fs, &path](std::string_view) -> Result<PsfFile> {
    auto psf = fs.Open(stdfs::path(path).replace_extension(".psf"), OpenMode::kRead);
    if (psf) return PsfFile(*std::move(psf));
    if (psf.error().code == Code::kNotFound) return PsfFile();
    return Fail(psf.error());
  };
  auto package =
      MakePackage(path.filename().string(), std::move(members), place, update.sources, beside);
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
