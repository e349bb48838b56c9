#include "wimwright/servicing/media.h"

#include <fmt/format.h>

#include <system_error>

#include "job_files.h"
#include "search_updates.h"
#include "wimwright/base/text.h"
#include "wimwright/cab/search.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kWinRe = R"(\Windows\System32\Recovery\winre.wim)";

// Names on a media come in any case.
std::optional<stdfs::path> Child(const stdfs::path& folder, std::string_view name) {
  std::error_code error;
  stdfs::directory_iterator it(folder, error);
  for (; !error && it != stdfs::directory_iterator(); it.increment(error)) {
    if (EqualNoCaseAscii(it->path().filename().string(), name)) return it->path();
  }
  return std::nullopt;
}

std::optional<stdfs::path> InSources(const stdfs::path& media, std::string_view name) {
  const auto sources = Child(media, "sources");
  return sources ? Child(*sources, name) : std::nullopt;
}

class MediaPlanner {
 public:
  MediaPlanner(const JobOptions& options, const Context& context)
      : options_(options), context_(context) {}

  MediaReport Run() {
    if (auto done = Plan(); !done) report_.error = done.error();
    return std::move(report_);
  }

 private:
  Status Plan() {
    for (const std::string_view other : {"install.esd", "install.swm"}) {
      if (const auto path = InSources(options_.image, other)) {
        return Fail(Error{Code::kUnsupported,
                          fmt::format("{}: images in this form are not serviced", path->string()),
                          "Export them to an install.wim with a WIM tool first.",
                          cbs::kNotSupported});
      }
    }
    WW_RETURN_IF_ERROR(SortUpdates());
    for (const std::string_view name : {"install.wim", "boot.wim"}) {
      const auto path = InSources(options_.image, name);
      if (!path) continue;
      WW_RETURN_IF_ERROR(context_.cancel.Check());
      MediaFile file{*path, std::nullopt};
      if (!for_images_.empty()) {
        auto options = options_;
        options.image = *path;
        options.updates = for_images_;
        file.report = servicing::Plan(options, context_);
        Blame(file.report->error);
      }
      report_.files.push_back(std::move(file));
    }
    PlaceCompanions();
    return {};
  }

  // By what they are, never by their names.
  Status SortUpdates() {
    for (const auto& path : options_.updates) {
      std::vector<stdfs::path> updates, others;
      std::error_code error;
      if (stdfs::is_directory(path, error)) {
        auto found = cab::FindUpdates(context_.fs, path);
        if (!found) return Fail(found.error());
        for (const auto& update : found->updates) updates.push_back(update.path);
        for (const auto& ignored : found->ignored) {
          others.push_back(ignored.path);
          report_.ignored_files.push_back(
              fmt::format("{}: {}", ignored.path.string(), ignored.reason));
        }
      } else {
        updates.push_back(path);
      }
      for (const auto& other : others) AddIfSetup(other);
      for (const auto& update : updates) {
        if (!AddIfSetup(update) && !AddIfSafeOs(update)) for_images_.push_back(update);
      }
    }
    return {};
  }

  bool AddIfSetup(const stdfs::path& path) {
    const auto kind = cab::Identify(context_.fs, path);
    if (!kind || *kind != cab::ContainerKind::kSetupCab) return false;
    report_.companions.push_back(
        {path.filename().string(), "", "sources",
         "files of Windows Setup carry no digests that would prove them after copying",
         "Copy them over the media's sources folder by hand, and test the media."});
    return true;
  }

  bool AddIfSafeOs(const stdfs::path& path) {
    cab::OpenOptions open;
    open.scratch_dir = options_.scratch_dir;
    const auto file = cab::OpenUpdate(context_.fs, path, open);
    if (!file) return false;  // the images' plans say why
    for (const auto& package : (*file).packages) {
      const auto content = cbs::UpdateContent::Load(*package, path.filename().string());
      if (!content || content->kind() != cbs::UpdateKind::kSafeOs) continue;
      report_.companions.push_back(
          {path.filename().string(), content->identity(), "",
           "the recovery system inside an image is not serviced: its result could not be proved",
           "Service winre.wim with Windows' own tools and put it back, or leave the update out."});
      return true;
    }
    return false;
  }

  // Where WinRE really is.
  void PlaceCompanions() {
    std::string places;
    for (const auto& file : report_.files) {
      const auto wim = wim::WimFile::Open(context_.fs, file.path);
      if (!wim) continue;
      for (int index = 1; index <= static_cast<int>((*wim)->images().size()); ++index) {
        const auto image = (*wim)->ReadImage(index);
        if (!image || !image->Find(kWinRe)) continue;
        places += fmt::format("{}{}: {} (index {})", places.empty() ? "" : ", ",
                              file.path.filename().string(), kWinRe, index);
      }
    }
    for (auto& companion : report_.companions) {
      if (companion.target.empty()) {
        companion.target = places.empty() ? "WinRE, which this media does not have" : places;
      }
      Blame(Error{Code::kUnsupported, fmt::format("{}: {}", companion.input, companion.reason),
                  companion.next_step, cbs::kNotSupported});
    }
  }

  void Blame(const std::optional<Error>& error) {
    if (error && !report_.error) report_.error = error;
  }

  const JobOptions& options_;
  const Context& context_;
  std::vector<stdfs::path> for_images_;
  MediaReport report_;
};

}  // namespace

bool IsMedia(const stdfs::path& path) {
  for (const std::string_view name : {"install.wim", "install.esd", "install.swm", "boot.wim"}) {
    if (InSources(path, name)) return true;
  }
  return false;
}

MediaReport PlanMedia(const JobOptions& options, const Context& context) {
  return MediaPlanner(options, context).Run();
}

}  // namespace ww::servicing
