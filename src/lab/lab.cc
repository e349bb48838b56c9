#include "wimwright/lab/lab.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "lab_context.h"

namespace ww::lab {
namespace {

constexpr std::array<std::pair<Preset, std::string_view>, 4> kPresets = {
    {{Preset::kSmall, "small"},
     {Preset::kStandard, "standard"},
     {Preset::kLarge, "large"},
     {Preset::kMany, "many"}}};

Scale ScaleOf(Preset preset) {
  switch (preset) {
    case Preset::kSmall:
      return {4000, 2};
    case Preset::kStandard:
      return {12'000, 3};
    case Preset::kLarge:
      return {53'000, 6};
    case Preset::kMany:
      return {200, 6};
  }
  return {};
}

ModelSize ModelSizeOf(const LabOptions& options) {
  const auto share = [&options](std::uint64_t whole) { return whole * options.share / 100; };
  switch (options.preset) {
    case Preset::kSmall:
      return {share(24)};
    case Preset::kStandard:
      return {share(220)};
    case Preset::kLarge:
    case Preset::kMany:
      return {share(3680)};
  }
  return {};
}

ImageSize WholeImage(Preset preset) {
  switch (preset) {
    case Preset::kSmall:
    case Preset::kMany:
      return {24, 3000, 0, 0, 0};
    case Preset::kStandard:
      return {300, 12'000, 1 << 20, 1 << 19, 1 << 18};
    case Preset::kLarge:
      return {2000, 100'000, 88 << 20, 18 << 20, 46 << 20};
  }
  return {};
}

ImageSize ImageSizeOf(const LabOptions& options) {
  auto size = WholeImage(options.preset);
  size.loose_files = size.loose_files * static_cast<int>(options.share) / 100;
  for (auto* bytes : {&size.software_bytes, &size.system_bytes, &size.components_bytes}) {
    *bytes = *bytes * options.share / 100;
  }
  return size;
}

Status MakeDirectories(const std::filesystem::path& dir) {
  std::error_code error;
  if (std::filesystem::exists(dir, error) && !std::filesystem::is_empty(dir, error)) {
    return Fail(Error{Code::kConflict, dir.string() + " is not empty", "name a new directory", 0});
  }
  for (const char* name : {"images", "updates"}) {
    std::filesystem::create_directories(dir / name, error);
    if (error) return Fail(Code::kIo, "making " + dir.string() + ": " + error.message());
  }
  return {};
}

}  // namespace

std::string_view PresetName(Preset preset) {
  for (const auto& [value, name] : kPresets) {
    if (value == preset) return name;
  }
  return "";
}

std::optional<Preset> ParsePreset(std::string_view word) {
  for (const auto& [value, name] : kPresets) {
    if (name == word) return value;
  }
  return std::nullopt;
}

bool LabContext::wanted(std::string_view name) const {
  // What was asked for by --fit is always made.
  return options.only.empty() || name.starts_with("fit-") ||
         std::find(options.only.begin(), options.only.end(), name) != options.only.end();
}

WimSettings LabContext::wim_settings() const {
  WimSettings settings;
  settings.now = options.now;
  settings.seed = options.seed;
  settings.threads = options.threads;
  return settings;
}

Status LabContext::FinishedImage(std::string_view name) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(image_path(name), error);
  if (error) return Fail(Code::kIo, std::string(name) + ": " + error.message());
  report.bytes_written += size;
  report.images.emplace_back(name);
  progress.Advance(size);
  return cancellation.Check();
}

Status LabContext::FinishedUpdate(std::string_view name) {
  std::error_code error;
  std::uint64_t size = 0;
  if (std::filesystem::is_regular_file(update_path(name), error)) {
    size = std::filesystem::file_size(update_path(name), error);
  }
  report.bytes_written += size;
  report.updates.emplace_back(name);
  progress.Advance(size);
  return cancellation.Check();
}

Result<LabReport> CreateLab(FileSystem& fs, const std::filesystem::path& dir,
                            const LabOptions& options, Progress& progress,
                            const Cancellation& cancellation) {
  if (options.share < 1 || options.share > 100) {
    return Fail(Code::kUsage, "the share of a lab is 1 to 100 per cent");
  }
  WW_RETURN_IF_ERROR(MakeDirectories(dir));
  WW_TRY(auto signer, Signer::Create(), "lab");
  LabContext lab{fs,
                 dir,
                 options,
                 progress,
                 cancellation,
                 std::move(signer),
                 Workshop(options.seed, ScaleOf(options.preset)),
                 ModelSizeOf(options),
                 ImageSizeOf(options),
                 {}};
  progress.BeginPhase("images", 1, 3, 0);
  WW_TRY_STATUS(WriteImages(lab), "images");
  progress.BeginPhase("updates", 2, 3, 0);
  WW_TRY_STATUS(WriteUpdates(lab), "updates");
  progress.BeginPhase("description", 3, 3, 0);
  WW_TRY_STATUS(WriteDescription(lab), "description");
  return std::move(lab.report);
}

Result<std::string> LabCertificatePem() {
  WW_TRY(const auto signer, Signer::Create(), "lab certificate");
  return signer->ca_pem();
}

}  // namespace ww::lab
