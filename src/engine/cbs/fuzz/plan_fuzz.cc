// A whole update as the fuzzer makes it, planned against an image of the lab.
//
// The input is a list of members, each behind a line "%%% KIND NAME". Kinds: "mum" and "manifest"
// get the name that their identity asks for, a manifest also the payload that it lists, so that a
// change of one byte does not end at the first comparison of names; "folder" puts the payload of
// what follows there ("f\", with a way back in "r\"); "raw" is taken as it is.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "wimwright/base/text.h"
#include "wimwright/cab/members.h"
#include "wimwright/cbs/plan.h"
#include "wimwright/lab/lab.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"

namespace ww::cbs {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kMostMembers = 400;

[[noreturn]] void Broken(const std::string& what) {
  std::fprintf(stderr, "broken: %s\n", what.c_str());
  std::abort();
}

// A relative path as any container would let it pass.
bool IsHarmless(std::string_view name) {
  if (name.empty() || name.size() > 400) return false;
  constexpr std::string_view kForbidden = "/:*?\"<>|";
  while (!name.empty()) {
    const auto end = name.find('\\');
    const auto part = name.substr(0, end);
    if (end + 1 == name.size()) return false;
    name = end == std::string_view::npos ? std::string_view() : name.substr(end + 1);
    if (part.empty() || part.back() == '.' || part.back() == ' ') return false;
    for (const char c : part) {
      if (static_cast<unsigned char>(c) < 0x20 || kForbidden.find(c) != std::string_view::npos) {
        return false;
      }
    }
  }
  return true;
}

class MemoryMembers final : public cab::Members {
 public:
  void Add(std::string name, ByteView bytes) {
    if (members_.size() >= kMostMembers || !IsHarmless(name)) return;
    if (!known_.insert(FoldCase(name)).second) return;
    members_.push_back({std::move(name), bytes.size(), 0, cab::kAttributeArchive});
    contents_.push_back(ToBytes(bytes));
  }
  Status Finish() { return SetList(std::move(members_)); }

  Status Stream(std::span<const std::size_t> wanted, cab::MemberSink& sink) override {
    WW_TRY(const auto all, CheckWanted(wanted), "memory");
    for (const auto index : all) {
      WW_RETURN_IF_ERROR(sink.Begin(list()[index], index));
      WW_RETURN_IF_ERROR(sink.Write(contents_[index]));
      WW_RETURN_IF_ERROR(sink.End());
    }
    return {};
  }

 private:
  std::vector<cab::Member> members_;
  std::vector<Bytes> contents_;
  std::set<std::string> known_;
};

void AddMum(MemoryMembers& members, std::string_view text, bool outermost) {
  const auto parsed = manifest::ParsePackage(AsBytes(text));
  if (outermost || !parsed) {
    members.Add("update.mum", AsBytes(text));
  } else {
    members.Add(manifest::PackageIdentityString(parsed->identity) + ".mum", AsBytes(text));
  }
}

void AddManifest(MemoryMembers& members, std::string_view text, std::string_view folder) {
  const auto parsed = manifest::ParseComponent(AsBytes(text));
  if (!parsed) {
    members.Add("broken.manifest", AsBytes(text));
    return;
  }
  const auto keyform = manifest::Keyform(parsed->identity);
  members.Add(keyform + ".manifest", AsBytes(text));
  for (const auto& file : parsed->files) {
    members.Add(fmt::format("{}\\{}{}", keyform, folder, file.name), {});
    if (folder == "f\\")
      members.Add(fmt::format("{}\\r\\{}", keyform, file.name), AsBytes("way back"));
  }
}

Result<std::unique_ptr<cab::UpdatePackage>> MakePackage(std::string_view input) {
  constexpr std::string_view kMark = "%%% ";
  auto members = std::make_unique<MemoryMembers>();
  bool outermost = true;
  std::string_view folder;
  for (auto at = input.find(kMark); at != std::string_view::npos;) {
    const auto next = input.find(std::string("\n") + std::string(kMark), at);
    const auto whole = input.substr(at, next == std::string_view::npos ? next : next - at);
    const auto line = whole.substr(0, whole.find('\n'));
    const auto text = whole.substr(std::min(whole.size(), line.size() + 1));
    const auto words = line.substr(kMark.size());
    const auto kind = words.substr(0, words.find(' '));
    if (kind == "mum") {
      AddMum(*members, text, outermost);
      outermost = false;
    } else if (kind == "manifest") {
      AddManifest(*members, text, folder);
    } else if (kind == "folder") {
      folder = words.substr(std::min(words.size(), kind.size() + 1));
    } else if (kind == "raw" && words.size() > kind.size()) {
      members->Add(std::string(words.substr(kind.size() + 1)), AsBytes(text));
    }
    at = next == std::string_view::npos ? next : next + 1;
  }
  WW_RETURN_IF_ERROR(members->Finish());
  auto package = std::make_unique<cab::UpdatePackage>("fuzz", "plain", std::move(members));
  if (!folder.empty()) package->differential.emplace_back("differences");
  return package;
}

// An image, made once and opened twice: what one plan leaves in caches must not change another.
class Target {
 public:
  explicit Target(std::string_view image) {
    auto pattern = (stdfs::temp_directory_path() / "ww-plan-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) Broken("no temporary folder");
    const stdfs::path dir(pattern);
    lab::LabOptions options;
    options.preset = lab::Preset::kSmall;
    options.only = {std::string(image)};
    const auto made =
        lab::CreateLab(RealFileSystem(), dir / "lab", options, NullProgress(), NeverCancelled());
    if (!made) Broken("no lab: " + made.error().message);
    wim_ = Must(wim::WimFile::Open(RealFileSystem(), dir / "lab" / "images" / image));
    stdfs::remove_all(dir);  // the open file stays readable
    tree_ = std::make_unique<wim::Image>(Must(wim_->ReadImage(1)));
    first = std::make_unique<ImageState>(Must(ImageState::Load(*wim_, *tree_, 1)));
    second = std::make_unique<ImageState>(Must(ImageState::Load(*wim_, *tree_, 1)));
  }

 private:
  template <typename T>
  static T Must(Result<T> result) {
    if (!result) Broken(result.error().message);
    return *std::move(result);
  }
  std::unique_ptr<wim::WimFile> wim_;
  std::unique_ptr<wim::Image> tree_;

 public:
  std::unique_ptr<ImageState> first, second;
};

std::string Describe(const ServicingPlan& plan) {
  std::string out;
  for (const auto& update : plan.updates) {
    out += fmt::format("{} {} {:#x} {}|{}\n", DecisionName(update.decision), update.order,
                       update.hresult, update.reason, update.next_step);
    for (const auto& line : update.trace) out += "  " + line + "\n";
  }
  for (const auto& file : plan.files) {
    out +=
        fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}\n", static_cast<int>(file.kind), file.path,
                    file.target, file.update, file.member, ToHex(file.digest), file.size,
                    file.content ? ToHex(*file.content) : std::string(), file.attributes, file.time,
                    ToHex(file.security_descriptor), file.security_like);
  }
  for (const auto& package : plan.expected.packages) {
    out += fmt::format("{} {}\n", package.identity, package.state);
  }
  for (const auto& component : plan.expected.components) {
    out += fmt::format("{} {} {} {} {}\n", component.keyform, ToHex(component.manifest_digest),
                       component.installed, component.family_key, component.version);
  }
  return out + fmt::format("{} {} {} {} {}\n", plan.before.ToString(), plan.after.ToString(),
                           plan.file_counts.added, plan.file_counts.replaced,
                           plan.file_counts.removed);
}

void CheckPath(const std::string& path) {
  if (!path.starts_with('\\') || !IsHarmless(std::string_view(path).substr(1))) {
    Broken("a path outside of the image: " + path);
  }
}

void CheckPlan(const ServicingPlan& plan, const cab::UpdatePackage& package) {
  if (plan.updates.size() != 1) Broken("not one decision per update");
  const auto& decision = plan.updates.front();
  const bool done =
      decision.decision == Decision::kInstall || decision.decision == Decision::kStage;
  if (done != (decision.order == 1)) Broken("the order does not follow the decision");
  if (!done && decision.reason.empty()) Broken("an update is left out without a reason");
  if (!done && plan.does_something()) Broken("something is done for an update that is not");
  for (const auto& file : plan.files) {
    CheckPath(file.path);
    if (file.kind == FileChange::Kind::kLink) CheckPath(file.target);
    if (file.kind != FileChange::Kind::kPayload) continue;
    if (file.update != 0 || file.member >= package.members().list().size()) {
      Broken("payload that no member holds: " + file.path);
    }
  }
  for (const auto change : plan.registry) {
    if (change.key.starts_with('\\') || change.key.ends_with('\\') ||
        change.key.find("\\\\") != std::string::npos) {
      Broken("not the name of a key: " + std::string(change.key));
    }
  }
}

void PlanTwice(Target& target, std::string_view input) {
  const auto package = MakePackage(input);
  if (!package) return;
  const auto content = UpdateContent::LoadUnsigned(**package, "fuzz");
  if (!content) return;
  static_cast<void>(UnsupportedEffects(*content));
  const UpdateContent* const updates[] = {&*content};
  const auto plan = MakePlan(*target.first, updates, {}, NullLogger());
  if (!plan) Broken("the image became unreadable: " + plan.error().message);
  CheckPlan(*plan, **package);
  const auto again = MakePlan(*target.second, updates, {}, NullLogger());
  if (!again) Broken("the image became unreadable: " + again.error().message);
  if (Describe(*plan) != Describe(*again) || plan->registry != again->registry) {
    Broken("two plans of the same update differ");
  }
  if (std::getenv("WW_FUZZ_TELL") != nullptr) std::fputs(Describe(*plan).c_str(), stdout);
}

}  // namespace
}  // namespace ww::cbs

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ww::cbs::Target small("win10-1607-x86.wim");
  static ww::cbs::Target modern("win11-24h2-x64.wim");  // with drivers of its own
  const auto input = ww::AsText(std::as_bytes(std::span(data, size)));
  ww::cbs::PlanTwice(input.find("amd64") == std::string_view::npos ? small : modern, input);
  return 0;
}
