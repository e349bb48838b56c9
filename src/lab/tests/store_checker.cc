// The self-test of windows-servicing.md 9.3, written for these tests alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "lab_test_support.h"
#include "wimwright/base/text.h"
#include "wimwright/delta/base_manifest.h"
#include "wimwright/delta/store_wrapper.h"
#include "wimwright/hive/hive.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"
#include "wimwright/manifest/variables.h"

namespace ww::lab {
namespace {

class StoreChecker {
 public:
  StoreChecker(const wim::WimFile& wim, wim::Image image) : wim_(wim), image_(std::move(image)) {}

  std::vector<std::string> Run() {
    if (!OpenHives()) return problems_;
    FindBase();
    CheckManifests();
    CheckKeys();
    CheckProjections();
    CheckPackages();
    CheckCatalogs();
    return problems_;
  }

 private:
  void Problem(std::string text) { problems_.push_back(std::move(text)); }

  Result<Bytes> Read(wim::NodeId node) { return wim_.ReadBlob(image_.hash(node), 1 << 28); }

  std::optional<hive::Hive> OpenHive(const std::string& name) {
    const auto node = image_.Find("Windows\\System32\\config\\" + name);
    if (!node) return std::nullopt;
    auto bytes = Read(*node);
    if (!bytes) return std::nullopt;
    auto hive = hive::Hive::Open(hive::MemoryStorage(*std::move(bytes)));
    if (!hive) return std::nullopt;
    return std::move(*hive);
  }

  bool OpenHives() {
    software_ = OpenHive("SOFTWARE");
    components_ = OpenHive("COMPONENTS");
    if (!software_ || !components_) Problem("a hive does not open");
    return software_ && components_;
  }

  std::optional<hive::Value> Value(hive::Hive& hive, const std::string& path,
                                   std::string_view name) {
    const auto key = hive.FindPath(hive.root(), path);
    if (!key || !*key) return std::nullopt;
    auto value = hive.GetValue(**key, name);
    return value ? *value : std::nullopt;
  }

  std::vector<std::string> Subkeys(hive::Hive& hive, const std::string& path) {
    std::vector<std::string> names;
    const auto key = hive.FindPath(hive.root(), path);
    if (!key || !*key) return names;
    EXPECT_TRUE(hive.ForEachSubkey(**key, [&](hive::KeyId, std::string_view name) -> Status {
      names.emplace_back(name);
      return {};
    }));
    return names;
  }

  std::vector<wim::NodeId> Files(std::string_view path) {
    const auto node = image_.Find(path);
    return node ? image_.children(*node) : std::vector<wim::NodeId>();
  }

  void FindBase() {
    for (const wim::NodeId node : Files("Windows\\WinSxS")) {
      if (image_.name(node).find("servicingstack") == std::string::npos) continue;
      const auto wcp = image_.Child(node, "wcp.dll");
      if (!wcp) continue;
      const auto bytes = Read(*wcp);
      if (const auto base = bytes ? delta::FindBaseManifest(*bytes) : Result<Bytes>(Bytes())) {
        base_ = *base;
      }
    }
    if (base_.size() != 9066) Problem("no base manifest");
  }

  void CheckManifests() {
    for (const wim::NodeId node : Files("Windows\\WinSxS\\Manifests")) {
      const std::string name = image_.name(node);
      const auto stored = Read(node);
      const auto plain = stored ? delta::Unwrap(*stored, base_) : stored;
      if (!plain) {
        Problem(name + ": does not unpack");
        continue;
      }
      const auto parsed = manifest::ParseComponent(*plain);
      if (!parsed) {
        Problem(name + ": does not parse: " + parsed.error().message);
        continue;
      }
      const std::string keyform = manifest::Keyform(parsed->identity);
      if (keyform + ".manifest" != name) Problem(name + ": is " + keyform);
      const auto digest = Value(*components_, "DerivedData\\Components\\" + keyform, "S256H");
      if (!digest || digest->data != ToBytes(ByteView(Sha256(*plain)))) {
        Problem(name + ": S256H differs");
      }
      const auto identity = Value(*components_, "DerivedData\\Components\\" + keyform, "identity");
      const auto text = manifest::IdentityText(parsed->identity);
      if (!identity || !text || AsText(identity->data) != *text) Problem(name + ": identity");
      manifests_.emplace(keyform, *parsed);
      CheckPayload(keyform, *parsed);
    }
  }

  void CheckPayload(const std::string& keyform, const manifest::ComponentManifest& component) {
    const auto flags = Value(*components_, "DerivedData\\Components\\" + keyform, "CF");
    if (flags && (hive::AsDword(*flags).value_or(0) & 0x40) != 0) return;  // payload deleted
    for (const manifest::FileEntry& file : component.files) {
      const std::string path = "Windows\\WinSxS\\" + keyform + "\\" + file.name;
      const auto node = image_.Find(path);
      const auto bytes = node ? Read(*node) : Result<Bytes>(Fail(Code::kNotFound, path));
      if (!bytes || ToBytes(ByteView(Sha256(*bytes))) != file.digest) {
        Problem(path + ": missing or another digest");
      }
      const auto name = manifest::FileValueName(file.name);
      if (!name || !Value(*components_, "DerivedData\\Components\\" + keyform, *name)) {
        Problem(path + ": no f! value");
      }
    }
  }

  void CheckKeys() {
    for (const std::string& name : Subkeys(*components_, "DerivedData\\Components")) {
      if (!manifests_.contains(name)) Problem(name + ": key without manifest");
    }
  }

  // The winning version of a family, by the registry.
  std::string Winner(const manifest::AssemblyIdentity& id) {
    const std::string path =
        "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\" + manifest::FamilyKey(id);
    const auto branch = Value(*software_, path, "");
    if (!branch) return "";
    const auto version = Value(*software_, path + "\\" + hive::AsText(*branch).value_or(""), "");
    return version ? hive::AsText(*version).value_or("") : "";
  }

  void CheckProjections() {
    const auto wide = image_.Find("Windows\\SysWOW64").has_value();
    std::size_t projected = 0;
    for (const auto& [keyform, component] : manifests_) {
      const auto variables =
          manifest::Variables::For(component.identity.architecture, wide ? "amd64" : "x86");
      ASSERT_TRUE(variables);
      const bool winner = Winner(component.identity) == component.identity.version.ToString();
      for (const manifest::FileEntry& file : component.files) {
        if (!file.destination_path) continue;
        const auto directory = variables->ExpandPath(*file.destination_path);
        ASSERT_TRUE(directory) << directory.error().message;
        const std::string path = directory->substr(1) + "\\" + std::string(file.installed_name());
        const auto master = image_.Find("Windows\\WinSxS\\" + keyform + "\\" + file.name);
        const auto installed = image_.Find(path);
        const bool linked = master && installed && image_.link_group_id(*master) != 0 &&
                            image_.link_group_id(*master) == image_.link_group_id(*installed);
        if (linked != winner) Problem(path + ": link and winner disagree for " + keyform);
        if (linked) ++projected;
      }
    }
    if (projected < 20) Problem("hardly anything is projected");
  }

  void CheckPackages() {
    const std::string root =
        "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages";
    const std::vector<std::string> keys = Subkeys(*software_, root);
    for (const std::string& key : keys) {
      for (const char* suffix : {".mum", ".cat"}) {
        if (!image_.Find("Windows\\servicing\\Packages\\" + key + suffix)) {
          Problem(key + suffix + " is missing");
        }
      }
      const auto mum = image_.Find("Windows\\servicing\\Packages\\" + key + ".mum");
      const auto bytes = mum ? Read(*mum) : Result<Bytes>(Bytes());
      const auto parsed = manifest::ParsePackage(*bytes);
      if (!parsed || manifest::PackageIdentityString(parsed->identity) != key) {
        Problem(key + ": mum does not parse or is another");
      }
    }
    if (keys.size() * 2 != Files("Windows\\servicing\\Packages").size()) {
      Problem("packages and mums differ in number");
    }
  }

  void CheckCatalogs() {
    std::size_t files = 0;
    for (const wim::NodeId node : Files("Windows\\WinSxS\\Catalogs")) {
      const auto bytes = Read(node);
      ++files;
      if (!bytes || ToHex(Sha256(*bytes)) + ".cat" != image_.name(node)) {
        Problem(image_.name(node) + ": another digest");
      }
    }
    if (Subkeys(*components_, "CanonicalData\\Catalogs").size() != files) {
      Problem("catalogs and their keys differ in number");
    }
  }

  const wim::WimFile& wim_;
  wim::Image image_;
  std::optional<hive::Hive> software_, components_;
  Bytes base_;
  std::map<std::string, manifest::ComponentManifest> manifests_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> CheckStore(const wim::WimFile& wim, int index) {
  auto image = wim.ReadImage(index);
  if (!image) return {image.error().message};
  return StoreChecker(wim, *std::move(image)).Run();
}

}  // namespace ww::lab
