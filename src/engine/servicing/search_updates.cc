#include "search_updates.h"

#include <fmt/format.h>

#include <set>
#include <system_error>

#include "job_report.h"
#include "wimwright/base/memory.h"
#include "wimwright/cab/search.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/cbs/update_signature.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kComponent = "OfflineServicing";

std::string InputName(const stdfs::path& path) {
  const auto name = path.filename().string();
  return name.empty() || name == "." ? path.parent_path().filename().string() : name;
}

class Loader {
 public:
  Loader(JobFileSystem& fs, const stdfs::path& scratch_dir, const manifest::TrustStore* trust,
         const Exclusions& exclusions, const Context& context)
      : fs_(fs),
        scratch_dir_(scratch_dir),
        trust_(trust),
        exclusions_(exclusions),
        context_(context) {}

  Status Search(const stdfs::path& path) {
    auto found = cab::FindUpdates(fs_, path);
    WW_RETURN_IF_ERROR(fs_.Check());
    if (!found) {
      AddUnreadable(path, found.error());
      return {};
    }
    for (const auto& file : found->ignored) {
      set_.ignored.push_back(fmt::format("{}: {}", file.path.string(), file.reason));
      context_.log.Info(kComponent, "ignored: {}", set_.ignored.back());
    }
    for (const auto& update : found->updates) WW_RETURN_IF_ERROR(Open(update.path));
    return {};
  }

  UpdateSet Take() { return std::move(set_); }

 private:
  Status Open(const stdfs::path& path) {
    std::error_code error;
    const auto canonical = stdfs::weakly_canonical(path, error);
    if (!seen_.insert(error ? path : canonical).second) return {};  // named, and in a folder too
    cab::OpenOptions options;
    options.scratch_dir = scratch_dir_;
    auto file = cab::OpenUpdate(fs_, path, options);
    WW_RETURN_IF_ERROR(fs_.Check());
    const auto size = stdfs::file_size(path, error);
    if (!error) context_.progress.Advance(size);
    if (!file) {
      AddUnreadable(path, file.error());
      return {};
    }
    const auto signatures = cbs::CheckFileSignatures(*file, trust_, context_.cancel);
    WW_RETURN_IF_ERROR(fs_.Check());
    if (!signatures) {
      AddUnreadable(path, signatures.error());
      return {};
    }
    if (signatures->file.state == cbs::FileSignature::State::kVerified) {
      context_.log.Info(kComponent, "{} is signed by {}", InputName(path), signatures->file.signer);
    }
    set_.files.push_back(std::move(*file));
    for (std::size_t i = 0; i < set_.files.back().packages.size(); ++i) {
      WW_RETURN_IF_ERROR(Load(path, *set_.files.back().packages[i], i));
    }
    return {};
  }

  Status Load(const stdfs::path& path, cab::UpdatePackage& package, std::size_t number) {
    JobUpdate update;
    update.input = InputName(path);
    update.key = fmt::format("{}#{}", path.string(), number);
    auto content = cbs::UpdateContent::Load(package, update.input, trust_);
    package.members().DropPreloaded();
    WW_RETURN_IF_ERROR(fs_.Check());
    if (content) {
      update.source = &package;
      update.identity = content->identity();
      update.kb = content->kb();
      update.content.emplace(std::move(*content));
    } else {
      update.error = content.error().Within(package.name);
    }
    if (const auto excluded = exclusions_.find(update.key); excluded != exclusions_.end()) {
      update.error = excluded->second;
    }
    Add(std::move(update));
    return {};
  }

  void AddUnreadable(const stdfs::path& path, Error error) {
    JobUpdate update;
    update.input = InputName(path);
    update.key = path.string();
    update.error = std::move(error);
    Add(std::move(update));
  }

  void Add(JobUpdate update) {
    if (update.error) {
      if (update.error->hresult == 0) {
        update.error->hresult = update.error->code == Code::kUnsupported ? cbs::kNotAllowedOffline
                                                                         : cbs::kInvalidPackage;
      }
      if (update.error->next_step.empty()) {
        update.error->next_step = NextStepFor(update.error->code);
      }
      context_.log.Warning(kComponent, "{} cannot be used: {}", update.input,
                           update.error->message);
    } else {
      context_.log.Info(kComponent, "{} holds {}", update.input, update.identity);
    }
    set_.updates.push_back(std::move(update));
  }

  JobFileSystem& fs_;
  const stdfs::path& scratch_dir_;
  const manifest::TrustStore* trust_;  // null: none was given
  const Exclusions& exclusions_;
  const Context& context_;
  std::set<stdfs::path> seen_;
  UpdateSet set_;
};

}  // namespace

void UpdateSet::ReleaseContents() {
  for (auto& update : updates) update.content.reset();
}

Result<UpdateSet> LoadUpdates(const JobOptions& options, JobFileSystem& fs,
                              const stdfs::path& scratch_dir, const Exclusions& exclusions,
                              const Context& context) {
  std::optional<manifest::TrustStore> trust;
  if (!options.trust_store.empty()) {
    WW_TRY(trust, manifest::TrustStore::FromFile(fs, options.trust_store), "reading certificates");
  }
  Loader loader(fs, scratch_dir, trust ? &*trust : nullptr, exclusions, context);
  for (const auto& path : options.updates) WW_RETURN_IF_ERROR(loader.Search(path));
  auto set = loader.Take();
  ReturnFreeMemory();  // indexes of packages may have taken a hundred megabytes
  if (set.updates.empty()) {
    return Fail(Error{Code::kNotFound,
                      options.updates.empty()
                          ? std::string("no update was given")
                          : fmt::format("no update was found; {} files were looked at and ignored",
                                        set.ignored.size()),
                      "Name at least one .msu or .cab file, or a folder that holds one.", 0});
  }
  return set;
}

}  // namespace ww::servicing
