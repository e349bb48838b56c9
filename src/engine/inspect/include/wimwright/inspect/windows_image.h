// A WIM file with one image of it opened as Windows: what the `image` commands start from.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "wimwright/cbs/image_state.h"
#include "wimwright/wim/wim_file.h"

namespace ww::inspect {

// Not movable: the state points to the image beside it.
struct OpenImage {
  wim::Image image;
  // Nothing when the image holds no Windows; `why` then says so.
  std::optional<cbs::ImageState> windows;
  std::optional<Error> why;

  OpenImage(wim::Image i) : image(std::move(i)) {}
  OpenImage(const OpenImage&) = delete;
  OpenImage& operator=(const OpenImage&) = delete;
};

// Fails when the image cannot be read; that it is not Windows is no failure. `file` must outlive
// the result.
Result<std::unique_ptr<OpenImage>> OpenImageOf(const wim::WimFile& file, int index);
// The same, but it has to be Windows.
Result<std::unique_ptr<OpenImage>> OpenWindowsOf(const wim::WimFile& file, int index);

// "KB4343884", from the package's name or the mum in Windows\servicing\Packages; "" when neither
// says.
std::string KbOf(const OpenImage& image, const wim::WimFile& file,
                 const cbs::PackageRecord& package);

// What only the package's mum knows; all empty when it is missing or cannot be read.
struct PackageFacts {
  std::string kb;            // as KbOf
  std::string release_type;  // "Security Update", "Language Pack"... as written
};
PackageFacts FactsOf(const OpenImage& image, const wim::WimFile& file,
                     const cbs::PackageRecord& package);

}  // namespace ww::inspect
