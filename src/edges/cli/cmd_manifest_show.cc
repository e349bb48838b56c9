// wimwright manifest show
#include <nlohmann/json.hpp>

#include "command.h"
#include "delta_input.h"
#include "exit_code.h"
#include "wimwright/delta/base_manifest.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "manifest",
    "show",
    "Show a component or package manifest as plain XML",
    "Manifests of the component store are stored as deltas (DCM) against a base manifest that\n"
    "every servicing stack carries in its wcp.dll: name that file with --wcp, or the base "
    "manifest\n"
    "itself with --base. Plain manifests and .mum files need neither.",
    {{"manifest show update.mum", "a plain file"},
     {"manifest show amd64_x.manifest --wcp wcp.dll", "a compressed one, with the stack's wcp.dll"},
     {"manifest show amd64_x.manifest --base base_manifest.bin --json", "for a script"}}};

// What the XML says it is; empty members when it is neither kind.
struct Named {
  std::string kind, identity, keyform;
};

Named NameOf(ByteView xml) {
  if (auto component = manifest::ParseComponent(xml)) {
    auto text = manifest::IdentityText(component->identity);
    const std::string keyform = manifest::Keyform(component->identity);
    return {component->is_deployment ? "deployment" : "component",
            text ? *std::move(text) : keyform, keyform};
  }
  if (auto package = manifest::ParsePackage(xml)) {
    return {"package", manifest::PackageIdentityString(package->identity), ""};
  }
  return {"unknown", "", ""};
}

class ManifestShow final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    AddOption(app, "FILE", path_, "Manifest or .mum file").Required().Value("");
    const Option wcp =
        AddOption(app, "--wcp", wcp_, "wcp.dll of the servicing stack").Value("FILE");
    AddOption(app, "--base", base_, "Base manifest, or for DCD the other version")
        .Value("FILE")
        .Excludes(wcp);
  }

  Result<int> Run(Session& session) override {
    WW_TRY(const Bytes file, ReadFile(session.fs(), path_, kMaxDeltaFile), path_);
    const auto wrapper = delta::DetectWrapper(file);
    auto base = Base(session, wrapper);
    if (!base) return Fail(base.error());
    WW_TRY(const Bytes xml, delta::Unwrap(file, *base), path_);
    if (!session.options().json) {
      session.Print(AsText(xml));
      if (!AsText(xml).ends_with('\n')) session.Print(std::string_view("\n"));
      return kExitDone;
    }
    const Named named = NameOf(xml);
    session.PrintJson("succeeded", kExitDone,
                      Json{{"input", path_},
                           {"wrapper", delta::WrapperName(wrapper)},
                           {"kind", named.kind},
                           {"identity", named.identity},
                           {"keyform", named.keyform},
                           {"bytes", xml.size()},
                           {"xml", AsText(xml)}});
    return kExitDone;
  }

 private:
  Result<Bytes> Base(Session& session, delta::Wrapper wrapper) const {
    if (!base_.empty()) return ReadFile(session.fs(), base_, kMaxBaseFile);
    if (!wcp_.empty()) {
      WW_TRY(const Bytes dll, ReadFile(session.fs(), wcp_, kMaxBaseFile), wcp_);
      return delta::FindBaseManifest(dll);
    }
    if (wrapper == delta::Wrapper::kDcm || wrapper == delta::Wrapper::kDcd) {
      return Fail(Error{Code::kUsage,
                        fmt::format("{} is stored as {}, a delta against another file", path_,
                                    delta::WrapperName(wrapper)),
                        "name the servicing stack's wcp.dll with --wcp, or the base with --base",
                        0});
    }
    return Bytes{};
  }

  std::string path_, wcp_, base_;
};

}  // namespace

std::unique_ptr<Command> MakeManifestShow() { return std::make_unique<ManifestShow>(); }

}  // namespace ww::cli
