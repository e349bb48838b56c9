// What the updates since 1809 are expected to come to, judged from windows-servicing.md by hand.
// What several files of a line make of each other is tried in tests/test_modern_updates.py.
#include <algorithm>

#include "updates.h"

namespace ww::lab {
namespace {

constexpr std::string_view kOk = "0x00000000";
constexpr std::string_view kBadDigest = "0x80096010";

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Row {
  std::string_view name, image, update, decision, hresult, why;
  int exit_code, plan_exit_code;
  std::string_view before, after;
};

void Add(LabReport& report, const Row& row, int index = 1) {
  if (!Has(report.images, row.image) || !Has(report.updates, row.update)) return;
  Case c;
  c.name = row.name;
  c.image = row.image;
  c.index = index;
  c.updates = {{std::string(row.update), std::string(row.decision), std::string(row.hresult),
                std::string(row.why)}};
  c.exit_code = row.exit_code;
  c.plan_exit_code = row.plan_exit_code;
  c.build_before = row.before;
  c.build_after = row.after;
  report.cases.push_back(std::move(c));
}

// A checkpoint and a month on it in one run: both go in.
void AddMonth(LabReport& report, std::string_view name, std::string_view image,
              std::string_view before, std::string_view after) {
  for (const std::string_view needed : {kCheckpoint, kSecondMonth}) {
    if (!Has(report.updates, needed)) return;
  }
  Add(report, {name, image, kCheckpoint, "install", kOk, "first", 0, 0, before, after});
  if (report.cases.empty() || report.cases.back().name != name) return;
  report.cases.back().updates.push_back(
      {std::string(kSecondMonth), "install", std::string(kOk), "a difference to the checkpoint"});
}

void AddEnabledCases(LabReport& report) {
  Add(report, {"enablement", kImage24H2, kEnablementUpdate, "install", kOk,
               "another build, the same level", 0, 0, "26100.1", "26200.1"});
  Add(report, {"enabled already", kImage25H2, kEnablementUpdate, "already_present", kOk,
               "this very package is installed", 0, 0, "26200.1", "26200.1"});
  Add(report, {"enabled build, checkpoint", kImage25H2, kCheckpoint, "install", kOk,
               "of the line below", 0, 0, "26200.1", "26200.1742"});
  AddMonth(report, "enabled build, checkpoint and month", kImage25H2, "26200.1", "26200.3000");
  Add(report, {"enabled build, checkpoint missing", kImage25H2, kFarMonth, "refused", "0x800f0838",
               "it is a difference to the checkpoint", 4, 4, "26200.1", "26200.1"});
  Add(report, {"enabled build of Windows 10", kImage22H2, kMay2020, "install", kOk,
               "of the line below", 0, 0, "19045.1", "19045.300"});
  for (const std::string_view update : {kFolderDeltas, kCheckpoint}) {
    Add(report, {"enabled build, another line", kImage22H2, update, "not_applicable", "0x800f081e",
                 "neither 17763 nor 26100", 3, 3, "19045.1", "19045.1"});
  }
  for (const std::string_view update : {kCheckpoint, kFirstMonth, kSecondMonth}) {
    Add(report,
        {"older than an enabled build", kImage25H2, update, "superseded", kOk,
         "the image is at level 4000", 0, 0, "26200.4000", "26200.4000"},
        2);
  }
  Add(report,
      {"newer than an enabled build", kImage25H2, kFarMonth, "refused", "0x800f0838",
       "the image went another way than over the checkpoint", 4, 4, "26200.4000", "26200.4000"},
      2);
}

}  // namespace

void AddModernCases(LabReport& report) {
  const auto install = [&](std::string_view name, std::string_view image, std::string_view update,
                           std::string_view before, std::string_view after, std::string_view why) {
    Add(report, {name, image, update, "install", kOk, why, 0, 0, before, after});
  };
  const auto none = [&](std::string_view name, std::string_view image, std::string_view update,
                        std::string_view decision, std::string_view code, int exit_code,
                        std::string_view build, std::string_view why) {
    Add(report, {name, image, update, decision, code, why, exit_code, exit_code, build, build});
  };
  install("deltas in folders, as released", kImage1809, kFolderDeltas, "17763.1", "17763.100",
          "forward deltas against the release");
  install("deltas in a PSF, with a servicing stack", kImage1809, kPsfDeltas, "17763.1", "17763.200",
          "forward deltas against the release, the stack first");
  install("deltas over an older update", "win10-1809-x64-updated.wim", kFolderDeltas, "17763.50",
          "17763.100", "the release is still in the store");
  install("deltas by the way back", "win10-1809-x64-reset.wim", kFolderDeltas, "17763.50",
          "17763.100", "the release is made by reverse deltas");
  none("deltas without a way back", "win10-1809-x64-bare.wim", kFolderDeltas, "refused",
       "0x800f0989", 4, "17763.50", "neither the release nor reverse deltas are in the store");
  install("checkpoint", kImage24H2, kCheckpoint, "26100.1", "26100.1742",
          "differences to the release, by digest");
  install("28,000 files as differences", kManyImage, kManyFiles, "26100.1", "26100.3000",
          "all of them to the release");
  AddMonth(report, "checkpoint and month, features off", kImage24H2, "26100.1", "26100.3000");
  AddMonth(report, "checkpoint and month, features on", kFeaturesImage, "26100.1", "26100.3000");
  AddEnabledCases(report);
  none("checkpoint missing", kImage24H2, kFarMonth, "refused", "0x800f0838", 4, "26100.1",
       "it is a difference to the checkpoint");
  none("checkpoint for a newer image", "win11-24h2-x64-later.wim", kCheckpoint, "superseded", kOk,
       0, "26100.4000", "the image is at a later build");
  for (const std::string_view update : {kFirstMonth, kSecondMonth}) {
    none("older month", "win11-24h2-x64-later.wim", update, "superseded", kOk, 0, "26100.4000",
         "the image is at a later build");
  }
  none("newer month without its basis", "win11-24h2-x64-later.wim", kFarMonth, "refused",
       "0x800f0838", 4, "26100.4000", "the image went another way than over the checkpoint");
  none("for WinRE", kImage24H2, kSafeOs, "refused", "0x80070032", 5, "26100.1",
       "belongs into winre.wim");
  none("for Windows Setup", kImage24H2, kSetup, "refused", "0x800f082e", 5, "26100.1",
       "not a package");
  // Only who reads the payload sees it.
  for (const std::string_view update :
       {"windows11.0-kb9000521-x64.msu", "windows11.0-kb9000522-x64.msu"}) {
    Add(report, {"damaged payload of a PSF", kImage24H2, update, "install", kOk,
                 "a range of the PSF, a delta", 6, 0, "26100.1", "26100.1742"});
  }
  for (const std::string_view update :
       {"windows11.0-kb9000523-x64.msu", "windows11.0-kb9000524-x64.msu",
        "windows11.0-kb9000525-x64.msu"}) {
    none("damaged metadata of a PSF package", kImage24H2, update, "refused", kBadDigest, 6,
         "26100.1", "manifest, catalog, mum");
  }
}

}  // namespace ww::lab
