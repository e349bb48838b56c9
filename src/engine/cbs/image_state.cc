#include "wimwright/cbs/image_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "identity_text.h"
#include "registry_names.h"
#include "wimwright/base/text.h"
#include "wimwright/cbs/hive_storage.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/delta/base_manifest.h"
#include "wimwright/delta/store_wrapper.h"

namespace ww::cbs {
namespace {

constexpr std::uint64_t kMaxManifest = 64ull << 20;
constexpr std::uint64_t kMaxLog = 256ull << 20;
constexpr Sha1Digest kEmptyContent{};

}  // namespace

std::string_view PackageStateName(std::uint32_t state) {
  switch (state) {
    case kStateAbsent:
      return "Not Present";
    case kStateUninstallPending:
      return "Uninstall Pending";
    case 0x10:
      return "Resolving";
    case kStateResolved:
      return "Resolved";
    case 0x30:
      return "Staging";
    case kStateStaged:
      return "Staged";
    case kStateSuperseded:
      return "Superseded";
    case kStateInstallPending:
      return "Install Pending";
    case kStatePartiallyInstalled:
      return "Partially Installed";
    case kStateInstalled:
    case kStatePermanent:
      return "Installed";
    default:
      return "Invalid";
  }
}

struct ImageState::Rep {
  const wim::WimFile* file = nullptr;
  const wim::Image* image = nullptr;
  int index = 0;
  std::size_t hive_cache = 0;
  std::string architecture, edition, control_set = "ControlSet001";
  WindowsVersion version;
  std::vector<std::string> pending;
  bool unserviceable = false;
  std::map<std::string, PackageRecord> packages;
  std::optional<manifest::Version> servicing_stack;
  std::array<std::optional<hive::Hive>, kHiveKinds> hives;
  std::optional<Bytes> base_manifest;
  std::optional<std::vector<std::string>> component_index;  // sorted lower-case keyforms

  Result<hive::Hive> OpenHive(HiveKind kind) const;
  Result<hive::Hive*> Opened(HiveKind kind);
  Result<Bytes> ReadFile(std::string_view path, std::uint64_t limit) const;
  Status LoadVersion();
  Status LoadArchitecture();
  Status LoadPackages();
  Status LoadPending();
  Status LoadServicingStack();
  Result<std::optional<hive::Value>> Value(HiveKind kind, std::string_view key,
                                           std::string_view name);
  Result<std::optional<hive::KeyId>> Key(HiveKind kind, std::string_view key);
  Result<bool> HasSubkeysOrValues(std::string_view cbs_subkey);
  Result<const Bytes*> BaseManifest();
  Result<const std::vector<std::string>*> ComponentIndex();
};

Result<Bytes> ImageState::Rep::ReadFile(std::string_view path, std::uint64_t limit) const {
  const auto node = image->Find(path);
  if (!node || image->is_directory(*node)) {
    return Fail(Code::kNotFound, fmt::format("the image has no file {}", path));
  }
  const auto hash = image->hash(*node);
  if (hash == kEmptyContent) return Bytes();
  return file->ReadBlob(hash, limit);
}

Result<hive::Hive> ImageState::Rep::OpenHive(HiveKind kind) const {
  const auto path = HiveImagePath(kind);
  const auto node = image->Find(path);
  if (!node || image->is_directory(*node) || image->hash(*node) == kEmptyContent) {
    return Fail(Code::kNotFound, fmt::format("the image has no hive {}", path));
  }
  const auto hash = image->hash(*node);
  hive::OpenOptions options;
  options.cache_bytes = hive_cache;
  WW_TRY(auto reader, file->OpenBlob(hash), HiveName(kind));
  auto opened = hive::Hive::Open(MakeHiveStorage(std::move(reader)), std::move(options));
  if (opened || opened.error().code != Code::kUnsupported) {
    if (opened) return opened;
    return Fail(
        opened.error().Within(fmt::format("hive {}", path)).WithHresult(kComponentStoreCorrupt));
  }
  // Dirty: once more with its transaction logs.
  options = {};
  options.cache_bytes = hive_cache;
  for (const std::string_view suffix : {".LOG1", ".LOG", ".LOG2"}) {
    auto log = ReadFile(std::string(path) + std::string(suffix), kMaxLog);
    if (!log || log->empty()) continue;
    (suffix == ".LOG2" ? options.log2 : options.log1) = std::move(*log);
  }
  WW_TRY(auto again, file->OpenBlob(hash), HiveName(kind));
  opened = hive::Hive::Open(MakeHiveStorage(std::move(again)), std::move(options));
  if (opened) return opened;
  return Fail(opened.error()
                  .Within(fmt::format("hive {}", path))
                  .WithHresult(kImageUnserviceable)
                  .WithNextStep("Start and shut down the image's Windows cleanly once, or restore "
                                "the image from a good copy."));
}

Result<hive::Hive*> ImageState::Rep::Opened(HiveKind kind) {
  auto& slot = hives[static_cast<std::size_t>(kind)];
  if (!slot) {
    WW_TRY(auto opened, OpenHive(kind), "opening the registry");
    slot.emplace(std::move(opened));
  }
  return &*slot;
}

Result<std::optional<hive::KeyId>> ImageState::Rep::Key(HiveKind kind, std::string_view key) {
  WW_TRY(auto* hive, Opened(kind), key);
  return hive->FindPath(hive->root(), key);
}

Result<std::optional<hive::Value>> ImageState::Rep::Value(HiveKind kind, std::string_view key,
                                                          std::string_view name) {
  WW_TRY(const auto id, Key(kind, key), key);
  if (!id) return std::optional<hive::Value>();
  return hives[static_cast<std::size_t>(kind)]->GetValue(*id, name);
}

Status ImageState::Rep::LoadVersion() {
  const auto text = [this](std::string_view name) -> Result<std::string> {
    WW_TRY(const auto value, Value(HiveKind::kSoftware, kCurrentVersionKey, name), name);
    return value ? hive::AsText(*value).value_or("") : std::string();
  };
  WW_TRY(version.build, text("CurrentBuild"), "Windows version");
  if (version.build.empty()) {
    WW_TRY(version.build, text("CurrentBuildNumber"), "Windows version");
  }
  WW_TRY(edition, text("EditionID"), "Windows edition");
  WW_TRY(const auto ubr, Value(HiveKind::kSoftware, kCurrentVersionKey, "UBR"), "Windows version");
  if (ubr) {
    if (const auto number = hive::AsDword(*ubr)) version.ubr = std::to_string(*number);
  }
  return {};
}

Status ImageState::Rep::LoadArchitecture() {
  WW_TRY(const auto select, Value(HiveKind::kSystem, "Select", "Default"), "control set");
  if (select) {
    if (const auto number = hive::AsDword(*select); number && *number >= 1 && *number <= 999) {
      control_set = fmt::format("ControlSet{:03}", *number);
    }
  }
  const auto key = control_set + R"(\Control\Session Manager\Environment)";
  WW_TRY(const auto value, Value(HiveKind::kSystem, key, "PROCESSOR_ARCHITECTURE"), "architecture");
  if (value) architecture = ToLowerAscii(hive::AsText(*value).value_or(""));
  if (architecture.empty()) {
    std::map<std::string, int> votes;
    for (const auto& [id, record] : packages) ++votes[ToLowerAscii(record.identity.architecture)];
    for (const auto& [name, count] : votes) {
      if (architecture.empty() || count > votes[architecture]) architecture = name;
    }
  }
  if (architecture.empty()) {
    architecture = file->images()[static_cast<std::size_t>(index - 1)].architecture;
  }
  return {};
}

Status ImageState::Rep::LoadPackages() {
  WW_TRY(const auto key, Key(HiveKind::kSoftware, std::string(kCbsKey) + R"(\Packages)"),
         "installed packages");
  if (!key) return {};
  auto& software = *hives[static_cast<std::size_t>(HiveKind::kSoftware)];
  return software.ForEachSubkey(*key, [&](hive::KeyId id, std::string_view name) -> Status {
    auto identity = manifest::ParsePackageIdentity(name);
    if (!identity)
      return {};  // Windows keeps only packages here; `image verify` reports the others
    PackageRecord record;
    record.identity = std::move(*identity);
    record.identity_string = name;
    const auto dword = [&](std::string_view value_name) -> Result<std::uint32_t> {
      WW_TRY(const auto value, software.GetValue(id, value_name), name);
      return value ? hive::AsDword(*value).value_or(0) : 0u;
    };
    WW_TRY(record.state, dword("CurrentState"), "package state");
    WW_TRY(const auto high, dword("InstallTimeHigh"), "install time");
    WW_TRY(const auto low, dword("InstallTimeLow"), "install time");
    record.install_time = std::uint64_t{high} << 32 | low;
    WW_TRY(record.visibility, dword("Visibility"), "visibility");
    packages[ToLowerAscii(name)] = std::move(record);
    return {};
  });
}

Result<bool> ImageState::Rep::HasSubkeysOrValues(std::string_view cbs_subkey) {
  WW_TRY(const auto key, Key(HiveKind::kSoftware, fmt::format("{}\\{}", kCbsKey, cbs_subkey)),
         cbs_subkey);
  if (!key) return false;
  WW_TRY(const auto info, hives[static_cast<std::size_t>(HiveKind::kSoftware)]->Info(*key),
         cbs_subkey);
  return info.subkeys > 0 || info.values > 0;
}

// windows-servicing.md 5.6.
Status ImageState::Rep::LoadPending() {
  for (const std::string_view name : {"pending.xml", "reboot.xml"}) {
    const auto path = fmt::format("{}\\{}", kStorePath, name);
    if (image->Find(path)) pending.push_back(path);
  }
  if (image->Find(HiveImagePath(HiveKind::kComponents))) {
    WW_TRY(const auto identifier, Value(HiveKind::kComponents, "", "PendingXmlIdentifier"),
           "pending operations");
    if (identifier) pending.push_back(R"(COMPONENTS\PendingXmlIdentifier)");
  }
  WW_TRY(const auto packages_pending, HasSubkeysOrValues("PackagesPending"), "pending packages");
  if (packages_pending) pending.push_back(R"(Component Based Servicing\PackagesPending)");
  for (const std::string_view name : {"RebootPending", "RebootInProgress"}) {
    WW_TRY(const auto key, Key(HiveKind::kSoftware, fmt::format("{}\\{}", kCbsKey, name)), name);
    if (key) pending.push_back(fmt::format(R"(Component Based Servicing\{})", name));
  }
  WW_TRY(const auto exclusive,
         Value(HiveKind::kSoftware, std::string(kCbsKey) + R"(\SessionsPending)", "Exclusive"),
         "pending sessions");
  if (exclusive && hive::AsDword(*exclusive).value_or(0) != 0) {
    pending.push_back(R"(Component Based Servicing\SessionsPending\Exclusive)");
  }
  for (const auto& [id, record] : packages) {
    if (record.state == kStateInstallPending || record.state == kStateUninstallPending) {
      pending.push_back(
          fmt::format("{} is {}", record.identity_string, PackageStateName(record.state)));
    }
  }
  WW_TRY(const auto mark, Value(HiveKind::kSoftware, kCbsKey, "Unserviceable"), "serviceability");
  unserviceable = mark.has_value();
  return {};
}

Status ImageState::Rep::LoadServicingStack() {
  const auto consider = [this](const std::optional<manifest::Version>& version_in) {
    if (version_in && (!servicing_stack || *version_in > *servicing_stack))
      servicing_stack = version_in;
  };
  WW_TRY(const auto key, Key(HiveKind::kSoftware, std::string(kCbsKey) + R"(\Version)"),
         "servicing stack");
  if (key) {
    WW_RETURN_IF_ERROR(hives[static_cast<std::size_t>(HiveKind::kSoftware)]->ForEachValue(
        *key, [&](std::string_view name, std::uint32_t, std::uint32_t) -> Status {
          consider(manifest::Version::Parse(name));
          return {};
        }));
  }
  if (servicing_stack) return {};
  manifest::AssemblyIdentity stack;
  stack.name = kServicingStackName;
  stack.architecture = architecture;
  stack.public_key_token = "31bf3856ad364e35";
  stack.version_scope = "nonSxS";
  const auto path = fmt::format("{}\\{}", kWinnersKey, manifest::FamilyKey(stack));
  WW_TRY(const auto branch, Value(HiveKind::kSoftware, path, ""), "servicing stack");
  if (!branch) return {};
  WW_TRY(const auto full,
         Value(HiveKind::kSoftware, fmt::format("{}\\{}", path, hive::AsText(*branch).value_or("")),
               ""),
         "servicing stack");
  if (full) consider(manifest::Version::Parse(hive::AsText(*full).value_or("")));
  return {};
}

// The newest servicing stack's wcp.dll holds it; every public copy is the same
// (windows-servicing.md 6.2).
Result<const Bytes*> ImageState::Rep::BaseManifest() {
  if (base_manifest) return &*base_manifest;
  const auto store = image->Find(kStorePath);
  std::optional<wim::NodeId> best;
  manifest::Version best_version;
  const auto prefix =
      ToLowerAscii(fmt::format("{}_microsoft-windows-servicingstack_", architecture));
  if (store) {
    image->ForEachChild(*store, [&](wim::NodeId node) {
      const auto name = ToLowerAscii(image->name(node));
      if (name.rfind(prefix, 0) != 0) return;
      const auto token = name.find('_', prefix.size());
      if (token == std::string::npos) return;
      const auto end = name.find('_', token + 1);
      const auto version_text = manifest::Version::Parse(name.substr(token + 1, end - token - 1));
      const auto dll = image->Child(node, "wcp.dll");
      if (!version_text || !dll || (best && *version_text <= best_version)) return;
      best = dll;
      best_version = *version_text;
    });
  }
  if (!best) {
    return Fail(Error{Code::kUnsupported,
                      "the image's manifests are compressed, but it has no servicing stack with "
                      "the dictionary (wcp.dll)",
                      "Service an image that still has its servicing stack.", kStoreCorruption});
  }
  WW_TRY(const auto dll, file->ReadBlob(image->hash(*best), kMaxManifest), "wcp.dll");
  WW_TRY(auto dictionary, delta::FindBaseManifest(dll), "wcp.dll");
  base_manifest = std::move(dictionary);
  return &*base_manifest;
}

Result<const std::vector<std::string>*> ImageState::Rep::ComponentIndex() {
  if (!component_index) {
    std::vector<std::string> names;
    WW_TRY(const auto key, Key(HiveKind::kComponents, kComponentsKey), "component keys");
    if (key) {
      WW_RETURN_IF_ERROR(hives[static_cast<std::size_t>(HiveKind::kComponents)]->ForEachSubkey(
          *key, [&](hive::KeyId, std::string_view name) -> Status {
            names.push_back(ToLowerAscii(name));
            return {};
          }));
    }
    std::sort(names.begin(), names.end());
    component_index = std::move(names);
  }
  return &*component_index;
}

Result<ImageState> ImageState::Load(const wim::WimFile& file, const wim::Image& image, int index,
                                    std::size_t hive_cache) {
  auto rep = std::make_unique<Rep>();
  rep->file = &file;
  rep->image = &image;
  rep->index = index;
  rep->hive_cache = hive_cache;
  if (index < 1 || static_cast<std::size_t>(index) > file.images().size()) {
    return Fail(Code::kNotFound, fmt::format("the file has no image {}", index));
  }
  const bool windows = image.Find(HiveImagePath(HiveKind::kSoftware)) &&
                       image.Find(HiveImagePath(HiveKind::kSystem)) && image.Find(kStorePath);
  if (!windows) {
    return Fail(Error{Code::kUnsupported,
                      "the image is not an installed Windows (no registry or no component store)",
                      "Give an image of an installed Windows, or choose its indexes with --index.",
                      kNotSupported});
  }
  WW_RETURN_IF_ERROR(rep->LoadVersion());
  WW_RETURN_IF_ERROR(rep->LoadPackages());
  WW_RETURN_IF_ERROR(rep->LoadArchitecture());
  WW_RETURN_IF_ERROR(rep->LoadPending());
  WW_RETURN_IF_ERROR(rep->LoadServicingStack());
  return ImageState(std::move(rep));
}

ImageState::ImageState(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
ImageState::ImageState(ImageState&&) noexcept = default;
ImageState& ImageState::operator=(ImageState&&) noexcept = default;
ImageState::~ImageState() = default;

int ImageState::index() const { return rep_->index; }
const wim::Image& ImageState::image() const { return *rep_->image; }
const wim::WimFile& ImageState::file() const { return *rep_->file; }
const std::string& ImageState::architecture() const { return rep_->architecture; }
const std::string& ImageState::edition() const { return rep_->edition; }
const WindowsVersion& ImageState::version() const { return rep_->version; }
const std::string& ImageState::control_set() const { return rep_->control_set; }
bool ImageState::is_64bit() const {
  return rep_->architecture != "x86" && rep_->architecture != "arm";
}
const std::vector<std::string>& ImageState::pending() const { return rep_->pending; }
bool ImageState::unserviceable() const { return rep_->unserviceable; }
const std::map<std::string, PackageRecord>& ImageState::packages() const { return rep_->packages; }
const std::optional<manifest::Version>& ImageState::servicing_stack() const {
  return rep_->servicing_stack;
}

Result<std::optional<std::uint32_t>> ImageState::FeatureState(const PackageRecord& package,
                                                              std::string_view update) {
  const auto path = fmt::format("{}\\Packages\\{}\\Updates", kCbsKey, package.identity_string);
  WW_TRY(const auto value, rep_->Value(HiveKind::kSoftware, path, update), "features");
  return value ? hive::AsDword(*value) : std::nullopt;
}

Result<std::optional<manifest::Version>> ImageState::Winner(
    const manifest::AssemblyIdentity& identity) {
  const auto path = fmt::format("{}\\{}", kWinnersKey, manifest::FamilyKey(identity));
  WW_TRY(const auto branch, rep_->Value(HiveKind::kSoftware, path, ""), "winner");
  if (!branch) return std::optional<manifest::Version>();
  return BranchWinner(identity, hive::AsText(*branch).value_or(""));
}

Result<std::optional<manifest::Version>> ImageState::BranchWinner(
    const manifest::AssemblyIdentity& identity, std::string_view major_minor) {
  const auto path =
      fmt::format("{}\\{}\\{}", kWinnersKey, manifest::FamilyKey(identity), major_minor);
  WW_TRY(const auto full, rep_->Value(HiveKind::kSoftware, path, ""), "winner");
  if (!full) return std::optional<manifest::Version>();
  const auto version = manifest::Version::Parse(hive::AsText(*full).value_or(""));
  if (!version) {
    return Fail(Error{Code::kCorrupt, fmt::format("the winner of {} has no readable version", path),
                      "Repair the image's component store or restore the image.",
                      kComponentStoreCorrupt});
  }
  return version;
}

Result<bool> ImageState::HasComponent(const manifest::AssemblyIdentity& identity) {
  if (!HasHive(HiveKind::kComponents)) return false;
  const auto path = fmt::format("{}\\{}", kComponentsKey, manifest::Keyform(identity));
  WW_TRY(const auto key, rep_->Key(HiveKind::kComponents, path), "component key");
  return key.has_value();
}

Result<std::vector<manifest::Version>> ImageState::Versions(
    const manifest::AssemblyIdentity& identity) {
  std::vector<manifest::Version> versions;
  if (!HasHive(HiveKind::kComponents)) return versions;
  WW_TRY(const auto* names, rep_->ComponentIndex(), "component keys");
  // arch_name40_token_: the part of a keyform before the version.
  auto family = manifest::FamilyKey(identity);
  for (int i = 0; i < 2; ++i) family.resize(family.rfind('_'));  // hash, culture
  family += '_';
  for (auto at = std::lower_bound(names->begin(), names->end(), family);
       at != names->end() && at->rfind(family, 0) == 0; ++at) {
    WW_TRY(
        const auto value,
        rep_->Value(HiveKind::kComponents, fmt::format("{}\\{}", kComponentsKey, *at), "identity"),
        *at);
    if (!value) continue;
    const auto known = ParseIdentityText(AsText(value->data));
    if (!known || !manifest::SameComponentFamily(*known, identity)) continue;
    versions.push_back(known->version);
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

Result<Bytes> ImageState::ReadManifest(const std::string& keyform) {
  const auto path = fmt::format("{}\\{}.manifest", kManifestsPath, keyform);
  auto stored = rep_->ReadFile(path, kMaxManifest);
  if (!stored) return Fail(stored.error().WithHresult(kComponentStoreCorrupt));
  const auto wrapper = delta::DetectWrapper(*stored);
  if (wrapper != delta::Wrapper::kNone) {
    ByteView base;
    if (wrapper == delta::Wrapper::kDcm) {
      WW_TRY(const auto* dictionary, rep_->BaseManifest(), "compressed manifest");
      base = *dictionary;
    }
    auto plain = delta::Unwrap(*stored, base);
    if (!plain) return Fail(plain.error().Within(path).WithHresult(kComponentStoreCorrupt));
    stored = std::move(*plain);
  }
  if (HasHive(HiveKind::kComponents)) {
    WW_TRY(
        const auto recorded,
        rep_->Value(HiveKind::kComponents, fmt::format("{}\\{}", kComponentsKey, keyform), "S256H"),
        keyform);
    if (recorded) {
      const auto digest = Sha256(*stored);
      if (recorded->data != Bytes(digest.begin(), digest.end())) {
        return Fail(Error{Code::kVerificationFailed,
                          fmt::format("{} is not what the registry records (S256H)", path),
                          "Repair the image's component store or restore the image.",
                          kComponentStoreCorrupt});
      }
    }
  }
  return std::move(*stored);
}

Result<manifest::ComponentManifest> ImageState::LoadComponent(
    const manifest::AssemblyIdentity& identity) {
  const auto keyform = manifest::Keyform(identity);
  WW_TRY(const auto xml, ReadManifest(keyform), "component manifest");
  auto component = manifest::ParseComponent(xml);
  if (!component)
    return Fail(component.error().Within(keyform).WithHresult(kComponentStoreCorrupt));
  if (manifest::Keyform(component->identity) != keyform) {
    return Fail(Error{Code::kCorrupt,
                      fmt::format("{}.manifest holds the component {}", keyform,
                                  manifest::Keyform(component->identity)),
                      "Repair the image's component store or restore the image.",
                      kComponentStoreCorrupt});
  }
  return component;
}

Result<hive::Hive*> ImageState::Hive(HiveKind kind) { return rep_->Opened(kind); }

bool ImageState::HasHive(HiveKind kind) const { return HiveContent(kind).has_value(); }

std::optional<Sha1Digest> ImageState::HiveContent(HiveKind kind) const {
  const auto node = rep_->image->Find(HiveImagePath(kind));
  if (!node || rep_->image->is_directory(*node)) return std::nullopt;
  const auto hash = rep_->image->hash(*node);
  if (hash == kEmptyContent) return std::nullopt;
  return hash;
}

Result<hive::Hive> ImageState::TakeHive(HiveKind kind) {
  WW_TRY(auto* opened, rep_->Opened(kind), "opening the registry");
  auto taken = std::move(*opened);
  rep_->hives[static_cast<std::size_t>(kind)].reset();
  return taken;
}

}  // namespace ww::cbs
