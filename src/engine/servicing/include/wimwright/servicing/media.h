// An installation media as a whole: which of its files gets which update (windows-servicing.md 1.9,
// 9.1).
#pragma once

#include "wimwright/servicing/job.h"

namespace ww::servicing {

// A file of the media that updates are for.
struct MediaFile {
  std::filesystem::path path;       // sources/install.wim, sources/boot.wim
  std::optional<JobReport> report;  // nothing: no update of the run is for it
};

// An update that is for something else than the images: WinRE inside of one, Windows Setup.
struct Companion {
  std::string input;     // file name of the update
  std::string identity;  // empty for files of Windows Setup
  std::string target;    // "sources/install.wim: \Windows\System32\Recovery\winre.wim (index 1)"
  // What keeps it from being applied: nobody proves the result.
  std::string reason;
  std::string next_step;
};

struct MediaReport {
  std::vector<MediaFile> files;
  std::vector<Companion> companions;
  std::vector<std::string> ignored_files;
  std::optional<Error> error;  // of the media, or of the first file or companion that is refused
};

// Whether `path` is a folder with `sources/` and at least one image file in it.
bool IsMedia(const std::filesystem::path& path);

// Plans everything that the updates come to on the media; `options.image` is its folder. Nothing is
// written. kUnsupported for images in a form that is not serviced (install.esd, install.swm).
MediaReport PlanMedia(const JobOptions& options, const Context& context);

}  // namespace ww::servicing
