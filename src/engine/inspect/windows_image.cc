#include "wimwright/inspect/windows_image.h"

#include <fmt/format.h>

#include <cctype>

#include "wimwright/base/text.h"
#include "wimwright/manifest/package.h"

namespace ww::inspect {
namespace {

constexpr std::uint64_t kMaxMum = 16u << 20;

// "Package_for_KB2780124~..." and "Package_1_for_KB2780124~...".
std::string KbInName(std::string_view name) {
  const std::string upper = ToUpperAscii(name);
  for (auto at = upper.find("KB"); at != std::string::npos; at = upper.find("KB", at + 1)) {
    std::size_t end = at + 2;
    while (end < upper.size() && upper[end] >= '0' && upper[end] <= '9') ++end;
    if (end - at >= 8 && end - at <= 10) return upper.substr(at, end - at);  // 6 to 8 digits
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<OpenImage>> OpenImageOf(const wim::WimFile& file, int index) {
  auto tree = file.ReadImage(index);
  if (!tree) return Fail(tree.error().Within(fmt::format("image {}", index)));
  auto open = std::make_unique<OpenImage>(*std::move(tree));
  auto state = cbs::ImageState::Load(file, open->image, index);
  if (state) {
    open->windows.emplace(*std::move(state));
  } else if (state.error().code == Code::kNotFound) {
    open->why = state.error();
  } else {
    return Fail(state.error().Within(fmt::format("image {}", index)));
  }
  return open;
}

Result<std::unique_ptr<OpenImage>> OpenWindowsOf(const wim::WimFile& file, int index) {
  auto open = OpenImageOf(file, index);
  if (open && (*open)->why) {
    return Fail((*open)->why->Within(fmt::format("image {}", index)));
  }
  return open;
}

std::string KbOf(const OpenImage& image, const wim::WimFile& file,
                 const cbs::PackageRecord& package) {
  std::string kb = KbInName(package.identity.name);
  return kb.empty() ? FactsOf(image, file, package).kb : kb;
}

PackageFacts FactsOf(const OpenImage& image, const wim::WimFile& file,
                     const cbs::PackageRecord& package) {
  PackageFacts out{.kb = KbInName(package.identity.name), .release_type = {}};
  const auto node =
      image.image.Find("Windows\\servicing\\Packages\\" + package.identity_string + ".mum");
  if (!node) return out;
  const auto bytes = file.ReadBlob(image.image.hash(*node), kMaxMum);
  if (!bytes) return out;
  const auto mum = manifest::ParsePackage(*bytes);
  if (!mum) return out;
  if (out.kb.empty()) out.kb = mum->kb();
  out.release_type = mum->release_type;
  return out;
}

}  // namespace ww::inspect
