// $(runtime.*) macros of component manifests (windows-servicing.md 3.5).
#pragma once

#include <string>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww::manifest {

// The meaning of the macros for components of one architecture in images of one architecture.
class Variables {
 public:
  // Architectures as manifests write them ("amd64", "x86", "wow64", "arm64", "msil"...). A
  // combination whose directories are not known (arm in arm64 images, amd64 in x86 images) is
  // kUnsupported.
  static Result<Variables> For(std::string_view component_architecture,
                               std::string_view image_architecture);

  // A file or directory path: `\Windows\System32\drivers`, from the root of the volume, single
  // backslashes, none at the end (the root itself is `\`). The text must begin with a macro.
  // Unknown or ambiguous macros ($(runtime.system), $(runtime.startMenu)) are kUnsupported; names
  // that could leave the directory or are not valid in Windows are kCorrupt.
  Result<std::string> ExpandPath(std::string_view text) const;
  // Registry text: macros become `C:\Windows\System32`, everything else is left as it is.
  Result<std::string> ExpandText(std::string_view text) const;

  // x86 or wow64 component in a 64-bit image: its registry keys are redirected (3.3).
  bool redirected() const { return redirected_; }

 private:
  Variables(bool redirected, bool wide) : redirected_(redirected), wide_(wide) {}
  Result<std::string> Replace(std::string_view text, std::string_view drive) const;
  bool redirected_;
  bool wide_;  // the image has a 64-bit and a 32-bit set of directories
};

}  // namespace ww::manifest
