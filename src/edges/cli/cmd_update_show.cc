// wimwright update show
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "command.h"
#include "error_text.h"
#include "exit_code.h"
#include "wimwright/cab/search.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/cbs/update_content.h"
#include "wimwright/cbs/update_signature.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "update",
    "show",
    "Show what an update holds and what it would do",
    "For every package of every file: container, identity, KB number, architecture, the packages\n"
    "it must find in an image (parents), components with the kind of their payload, and the\n"
    "effects that cannot be had without running Windows. A folder is searched by content.",
    {{"update show windows10.0-kb4343884-x86.msu", "for a person"},
     {"update show updates/ --json", "a folder, for a script"}}};

// How the files of a component come.
std::string_view PayloadKind(const cbs::UpdateContent& update,
                             const cbs::ComponentFile& component) {
  std::size_t full = 0, missing = 0, delta = 0;
  for (const manifest::FileEntry& file : component.manifest.files) {
    const auto payload = update.FindPayload(component, file);
    if (!payload) {
      ++missing;
    } else {
      ++(payload->kind == cbs::PayloadSource::Kind::kWhole ? full : delta);
    }
  }
  if (missing > 0) return full + delta > 0 ? "incomplete" : "missing";
  if (delta > 0) return "delta";
  return full > 0 ? "full" : "none";
}

// The leaves of the parent conditions, once each.
void CollectParents(const std::vector<manifest::Parent>& parents, std::vector<std::string>& out) {
  std::vector<const manifest::Parent*> open;
  for (const manifest::Parent& p : parents) open.push_back(&p);
  while (!open.empty()) {
    const manifest::Parent* p = open.back();
    open.pop_back();
    for (const manifest::AssemblyIdentity& id : p->any_of) {
      std::string text = manifest::PackageIdentityString(id);
      if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
    }
    for (const manifest::Parent& nested : p->nested) open.push_back(&nested);
  }
}

std::string IdentityOf(const cbs::ComponentFile& component) {
  auto text = manifest::IdentityText(component.manifest.identity);
  return text ? *std::move(text) : component.keyform;
}

struct Shown {
  Json json;
  std::string text;
  std::optional<Error> error;
};

Json SignatureJson(const cbs::FileSignature& signature) {
  Json json{{"state", cbs::StateName(signature.state)}};
  if (signature.state != cbs::FileSignature::State::kVerified) return json;
  json["signer"] = signature.signer;
  if (signature.signing_time) {
    json["signed_at"] = FormatFileTime(ToFileTime(*signature.signing_time));
  }
  return json;
}

std::string SignatureText(const cbs::FileSignature& signature) {
  if (signature.state == cbs::FileSignature::State::kNotChecked) {
    return "not checked (no --trust-store)";
  }
  std::string text(cbs::StateName(signature.state));
  if (signature.state == cbs::FileSignature::State::kVerified) text += ", " + signature.signer;
  return text;
}

Shown ShowPackage(const cab::UpdateFile& file, const cbs::UpdateSignatures& signatures,
                  const cab::UpdatePackage& package, const cbs::UpdateContent& update) {
  Shown shown;
  std::vector<std::string> parents;
  CollectParents(update.outer().manifest.parents, parents);
  Json packages = Json::array(), components = Json::array(), effects = Json::array();
  for (const auto& [key, p] : update.packages()) {
    packages.push_back(manifest::PackageIdentityString(p->manifest.identity));
  }
  std::map<std::string, int, std::less<>> kinds;
  for (const auto& [keyform, component] : update.components()) {
    const std::string_view payload = PayloadKind(update, *component);
    ++kinds[std::string(payload)];
    components.push_back(
        Json{{"identity", IdentityOf(*component)}, {"keyform", keyform}, {"payload", payload}});
  }
  const auto unsupported = cbs::UnsupportedEffects(update);
  for (const cbs::UnsupportedEffect& e : unsupported) {
    effects.push_back(Json{{"component", e.component}, {"effect", e.effect}, {"reason", e.reason}});
  }
  const std::string input = file.path.filename().string();
  std::string& t = shown.text;
  t = fmt::format("{}: {}, {}\n", input, file.container_text, package.packaging);
  t += fmt::format("  {:<13} {}\n", "identity", update.identity());
  t += fmt::format("  {:<13} {}\n", "KB", update.kb().empty() ? "not given" : update.kb());
  t += fmt::format("  {:<13} {}\n", "kind", cbs::UpdateKindName(update.kind()));
  t += fmt::format("  {:<13} {}\n", "architecture", update.architecture());
  t += fmt::format("  {:<13} {}\n", "packages", update.packages().size());
  t += fmt::format("  {:<13} {}", "components", update.components().size());
  for (const auto& [kind, count] : kinds) t += fmt::format(", {} with payload {}", count, kind);
  t += '\n';
  t += fmt::format("  {:<13} {}\n", "signature", SignatureText(signatures.file));
  for (const std::string& parent : parents) t += fmt::format("  {:<13} {}\n", "parent", parent);
  for (const std::string& shape : package.differential) {
    t += fmt::format("  {:<13} {}\n", "differential", shape);
  }
  for (const cbs::UnsupportedEffect& e : unsupported) {
    t += fmt::format("  {:<13} {} of {}: {}\n", "unsupported", e.effect, e.component, e.reason);
  }
  shown.json = Json{{"input", input},
                    {"container", file.container_text},
                    {"packaging", package.packaging},
                    {"identity", update.identity()},
                    {"kb", update.kb()},
                    {"kind", cbs::UpdateKindName(update.kind())},
                    {"architecture", update.architecture()},
                    {"signature", SignatureJson(signatures.file)},
                    {"parents", parents},
                    {"packages", std::move(packages)},
                    {"components", std::move(components)},
                    {"differential", package.differential},
                    {"unsupported_effects", std::move(effects)}};
  if (const auto own = signatures.inside.find(package.name); own != signatures.inside.end()) {
    shown.json["package_signature"] = SignatureJson(own->second);
  }
  return shown;
}

Shown ShowError(const std::filesystem::path& path, const Error& error) {
  Shown shown;
  shown.error = error.Within(path.filename().string());
  shown.json = Json{{"input", path.filename().string()}, {"error", ErrorJson(error)}};
  return shown;
}

class UpdateShow final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    AddOption(app, "UPDATE", updates_, "Update file (.msu, .cab) or folder of updates")
        .Required()
        .Value("")
        .Several();
    AddOption(app, "--trust-store", trust_store_,
              "Certificates that every signature must lead to (PEM or DER)")
        .Value("FILE");
  }

  Result<int> Run(Session& session) override {
    if (!trust_store_.empty()) {
      WW_TRY(trust_, manifest::TrustStore::FromFile(session.fs(), trust_store_),
             "reading certificates");
    }
    std::vector<Shown> shown;
    Json ignored = Json::array();
    for (const std::string& path : updates_) {
      auto found = cab::FindUpdates(session.fs(), path);
      if (!found) {
        shown.push_back(ShowError(path, found.error()));
        continue;
      }
      for (const cab::IgnoredFile& i : found->ignored) {
        session.Note("ignored {}: {}\n", i.path.string(), i.reason);
        ignored.push_back(Json{{"path", i.path.string()}, {"reason", i.reason}});
      }
      for (const cab::FoundUpdate& update : found->updates) {
        WW_RETURN_IF_ERROR(session.cancel().Check());
        ShowFile(session, update.path, shown);
      }
    }
    return Show(session, shown, std::move(ignored));
  }

 private:
  void ShowFile(Session& session, const std::filesystem::path& path,
                std::vector<Shown>& shown) const {
    auto file =
        cab::OpenUpdate(session.fs(), path, cab::OpenOptions{session.options().scratch_dir});
    if (!file) {
      shown.push_back(ShowError(path, file.error()));
      return;
    }
    const auto* trust = trust_ ? &*trust_ : nullptr;
    const auto signatures = cbs::CheckFileSignatures(*file, trust, session.cancel());
    if (!signatures) {
      shown.push_back(ShowError(path, signatures.error()));
      return;
    }
    for (const auto& package : file->packages) {
      auto update = cbs::UpdateContent::Load(*package, path.filename().string(), trust);
      shown.push_back(update ? ShowPackage(*file, *signatures, *package, *update)
                             : ShowError(path, update.error()));
    }
  }

  static int Show(Session& session, const std::vector<Shown>& shown, Json ignored) {
    int exit_code = kExitDone;
    std::optional<Error> first;
    Json updates = Json::array();
    for (const Shown& s : shown) {
      updates.push_back(s.json);
      if (s.error && !first) first = s.error;
      if (!session.options().json) session.Print(s.text);
    }
    if (shown.empty()) first = Error{Code::kNotFound, "no update was found", {}, 0};
    if (first) exit_code = ExitCodeOf(first->code);
    for (const Shown& s : shown) {
      if (!s.error) continue;
      session.Complain("wimwright update show: not readable as an update\n");
      ComplainAbout(session, *s.error, ExitCodeOf(s.error->code));
    }
    if (shown.empty()) ComplainAbout(session, *first, exit_code);
    if (session.options().json) {
      Json object{{"updates", std::move(updates)}, {"ignored", std::move(ignored)}};
      if (first) object["error"] = ErrorJson(*first);
      session.PrintJson(first ? "failed" : "succeeded", exit_code, object);
    }
    return exit_code;
  }

  std::vector<std::string> updates_;
  std::string trust_store_;
  std::optional<manifest::TrustStore> trust_;
};

}  // namespace

std::unique_ptr<Command> MakeUpdateShow() { return std::make_unique<UpdateShow>(); }

}  // namespace ww::cli
