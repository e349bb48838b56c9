// Sample images and updates: everything the project is tested, shown and measured with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/progress.h"
#include "wimwright/base/result.h"

namespace ww::lab {

// kSmall: some hundred entries per image, seconds to make. kStandard: some thousand entries.
// kLarge: one image of the size of a real client with the updates that go with it, for benchmarks;
// takes minutes, memory stays bounded by the registry hives of one index. kMany: one image with as
// many components as a real client, all files small, and a cumulative update of 28,000 of them as
// differences: what planning costs.
enum class Preset { kSmall, kStandard, kLarge, kMany };

std::string_view PresetName(Preset preset);
std::optional<Preset> ParsePreset(std::string_view word);

struct LabOptions {
  Preset preset = Preset::kStandard;
  // Per cent of what the preset puts into an image, 1 to 100. Updates stay as they are, so that one
  // may see what grows with the image; one that needs more than the image has loses components.
  unsigned share = 100;
  // Genuine update files: `images/fit-<name>.wim` is written for each, an image in which everything
  // is installed in a lower version that the update asks for.
  std::vector<std::filesystem::path> fit;
  // The time that is written everywhere: same options, same bytes.
  TimePoint now = TimePoint(std::chrono::seconds(1'533'081'600));  // 2018-08-01
  std::uint64_t seed = 1607;
  unsigned threads = 0;  // 0: as many as the machine has; the bytes do not depend on it
  // Only the images and updates of these names (without folder), for tests that need a few.
  // Empty: all of the preset.
  std::vector<std::string> only;
};

// What one update is expected to come to on one image. Words of the command line's JSON
// (docs/cli.md), in the form of `plan`.
struct ExpectedDecision {
  std::string update;    // file name below updates/
  std::string decision;  // empty when the image itself is refused; else install, stage,
                         // already_present, superseded, not_applicable, refused
  std::string hresult;   // "0x800f081e"; "0x00000000" when there is nothing to report
  std::string why;       // one sentence for a person
};

struct Case {
  std::string name;
  std::string image;  // file name below images/
  int index = 1;
  std::vector<ExpectedDecision> updates;  // in the order in which they are given
  int exit_code = 0;                      // of `apply`
  // Of `plan`; differs where only reading the payload shows the defect.
  int plan_exit_code = 0;
  std::string build_before, build_after;  // "14393.2312"; empty where the system has no UBR
};

// What `image verify` is expected to say.
struct ExpectedVerification {
  std::string image;
  int exit_code = 0;
  std::string object;  // part of what the first problem names; empty: no problem
};

struct LabReport {
  std::vector<std::string> images;   // file names below images/
  std::vector<std::string> updates;  // file names below updates/
  std::vector<Case> cases;
  std::vector<ExpectedVerification> verifications;
  std::vector<std::string> notes;  // what was left out and why: wimlib-imagex missing and so on
  std::uint64_t bytes_written = 0;
};

// Writes images/, updates/, README.md, lab.json and lab-ca.pem into `dir`, which is created;
// kConflict when it exists and is not empty. After a failure `dir` holds what was finished.
Result<LabReport> CreateLab(FileSystem& fs, const std::filesystem::path& dir,
                            const LabOptions& options, Progress& progress,
                            const Cancellation& cancellation);

// The certificate (PEM) that signs every catalog of the lab: never trust it outside of tests, its
// private key can be computed by anybody.
Result<std::string> LabCertificatePem();

}  // namespace ww::lab
