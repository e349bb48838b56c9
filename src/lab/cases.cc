// What every update of the lab is expected to come to: judged from windows-servicing.md by hand,
// not asked from any engine.
#include <fmt/format.h>

#include <algorithm>

#include "updates.h"

namespace ww::lab {
namespace {

constexpr std::string_view kOk = "0x00000000";
constexpr std::string_view kNotApplicable = "0x800f081e";
constexpr std::string_view kOldStack = "0x800f0823";
constexpr std::string_view kNotOffline = "0x800f082e";

struct Row {
  std::string_view name, image;
  int index;
  std::vector<ExpectedDecision> updates;
  int exit_code;
  int plan_exit_code;
  std::string_view before, after;
};

ExpectedDecision Expect(std::string_view update, std::string_view decision, std::string_view code,
                        std::string_view why) {
  return {std::string(update), std::string(decision), std::string(code), std::string(why)};
}

std::string Kb(int number) { return fmt::format("windows10.0-kb{}-x86.msu", 9000000 + number); }

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void AddCases(LabReport& report, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    bool complete = Has(report.images, row.image);
    for (const ExpectedDecision& update : row.updates) {
      complete = complete && Has(report.updates, update.update);
    }
    if (!complete) continue;
    Case c;
    c.name = row.name;
    c.image = row.image;
    c.index = row.index;
    c.updates = row.updates;
    c.exit_code = row.exit_code;
    c.plan_exit_code = row.plan_exit_code;
    c.build_before = row.before;
    c.build_after = row.after;
    report.cases.push_back(std::move(c));
  }
}

constexpr std::string_view kBase = "14393.2312";
constexpr std::string_view kRaised = "14393.2457";

// One update on the first index of the Windows 10 image that leaves the build as it is.
Row One(std::string_view name, std::string_view update, std::string_view decision,
        std::string_view code, int exit_code, std::string_view why, int plan_exit_code = -1) {
  return {name,      kWin10Image,
          1,         {Expect(update, decision, code, why)},
          exit_code, plan_exit_code < 0 ? exit_code : plan_exit_code,
          kBase,     kBase};
}

}  // namespace

void AddWindows10Cases(LabReport& report) {
  std::vector<Row> rows;
  for (int index : {1, 2}) {
    rows.push_back({index == 1 ? "cumulative update" : "cumulative update, second edition",
                    kWin10Image,
                    index,
                    {Expect(kLcu, "install", kOk, "newer than installed")},
                    0,
                    0,
                    kBase,
                    kRaised});
  }
  rows.push_back({"cumulative update, 64 bit",
                  kWin10Wide,
                  1,
                  {Expect(kLcuWide, "install", kOk, "with 32-bit twins")},
                  0,
                  0,
                  kBase,
                  kRaised});
  rows.push_back({"two cumulative updates",
                  kWin10Image,
                  1,
                  {Expect(kOlderLcu, "superseded", kOk, "the other one contains it"),
                   Expect(kLcu, "install", kOk, "newest")},
                  0,
                  0,
                  kBase,
                  kRaised});
  rows.push_back(One("already installed", kInstalledLcu, "already_present", kOk, 0,
                     "this very package is installed"));
  rows.push_back(
      One("older than installed", kAncientLcu, "superseded", kOk, 0, "14393.2312 is installed"));
  rows.push_back(One("needs a newer stack", kNewerLcu, "refused", kOldStack, 4,
                     "asks for servicing stack 10.0.14393.2400, the image has 10.0.14393.2273"));
  rows.push_back({"stack and cumulative update",
                  kWin10Image,
                  1,
                  {Expect(kNewerLcu, "install", kOk, "after the stack"),
                   Expect(kStackUpdate, "install", kOk, "first of all")},
                  0,
                  0,
                  kBase,
                  "14393.2500"});
  rows.push_back(One("stack alone", kStackUpdate, "install", kOk, 0, "newer stack"));
  rows.push_back(One("golden example", kGolden, "install", kOk, 0, "windows-servicing.md 5.7"));
  rows.push_back(One("fix with a chain of parents", Kb(110), "install", kOk, 0, "chain complete"));
  rows.push_back(One("feature that is off", Kb(111), "stage", kOk, 0,
                     "its package is staged, so is the update"));
  rows.push_back(One("prerequisite absent", Kb(112), "refused", kNotApplicable, 4,
                     "KB9000113 is not installed"));
  rows.push_back({"prerequisite in the same run",
                  kWin10Image,
                  1,
                  {Expect(Kb(112), "install", kOk, "after KB9000113"),
                   Expect(Kb(113), "install", kOk, "first")},
                  0,
                  0,
                  kBase,
                  kBase});
  rows.push_back(One("other product", Kb(114), "not_applicable", kNotApplicable, 3,
                     "the parent belongs to the server"));
  rows.push_back(
      One("other architecture", kLcuWide, "not_applicable", "0x800f081b", 3, "amd64 on x86"));
  rows.push_back(One("bare cabinet", "windows10.0-kb9000115-x86.cab", "install", kOk, 0, "plain"));
  rows.push_back(
      One("set of cabinets", "windows10.0-kb9000116-x86.cab", "install", kOk, 0, "cablist.ini"));
  rows.push_back(One("expanded folder", "windows10.0-kb9000117-x86", "install", kOk, 0, "folder"));
  rows.push_back(One("signed file", kSigned, "install", kOk, 0, "the MSU and its cabinet"));
  rows.push_back(One("new scheduled task", Kb(121), "refused", kNotOffline, 5, "taskScheduler"));
  rows.push_back(One("new license", Kb(122), "refused", kNotOffline, 5, "sppInstaller"));
  rows.push_back(One("driver of the old kind", Kb(123), "refused", kNotOffline, 5, "driverUpdate"));
  rows.push_back(One("firewall rule", Kb(124), "refused", kNotOffline, 5, "firewallRule"));
  rows.push_back(One("unknown element in a component", Kb(125), "refused", kNotOffline, 5,
                     "nobody knows what it asks for"));
  rows.push_back(One("unknown element in a package", Kb(126), "refused", "0x800f080d", 2,
                     "the package manifest has an element that is not known"));
  // Only who reads the payload sees it: the plan is made, carrying it out fails.
  rows.push_back(One("damaged payload", Kb(131), "install", kOk, 6,
                     "proactive-telemetry-events.js has another digest: apply fails", 0));
  rows.push_back(One("damaged manifest", Kb(132), "refused", "0x80096010", 6,
                     "the catalog lists another digest"));
  rows.push_back(One("missing payload", Kb(133), "refused", "0x800f081f", 2,
                     "proactive-telemetry-events.js is not in the package"));
  rows.push_back(One("escaping member", Kb(134), "refused", "0x800f0805", 2,
                     "a member wants to leave the folder"));
  rows.push_back(One("express cabinet", "windows10.0-kb9000141-x86-express.cab", "refused",
                     kNotOffline, 5, "its payload is in a PSF"));
  rows.push_back(One("express payload", "windows10.0-kb9000141-x86.psf", "refused", kNotOffline, 5,
                     "a PSF is not a package"));
  const std::pair<std::string_view, std::string_view> defects[] = {
      {"defect-pending-xml.wim", "0x800f0806"},
      {"defect-packages-pending.wim", "0x800f0806"},
      {"defect-pending-identifier.wim", "0x800f0806"},
      {"defect-unserviceable.wim", "0x800f0830"},
      {"defect-component-key.wim", "0x80073712"},
      {"defect-manifest-hash.wim", "0x80073712"},
      {"plain.wim", kNotApplicable}};
  for (const auto& [image, code] : defects) {
    const bool plain = image == "plain.wim";
    int exit_code = plain ? 3 : 5;
    // What is missing makes the image invalid; what has another digest failed verification.
    if (code == "0x80073712") exit_code = image == "defect-component-key.wim" ? 2 : 6;
    rows.push_back({image,
                    image,
                    1,
                    {Expect(kLcu, plain ? "not_applicable" : "refused", code, "the image")},
                    exit_code,
                    exit_code,
                    plain ? "" : kBase,
                    plain ? "" : kBase});
  }
  // Nothing is decided here, the file is refused as a whole.
  const std::pair<std::string_view, int> unreadable[] = {
      {"solid.esd", 5}, {"split.swm", 5}, {"truncated.wim", 2}, {"defect-dirty-hive.wim", 5}};
  for (const auto& [image, exit_code] : unreadable) {
    rows.push_back({image,
                    image,
                    1,
                    {Expect(kLcu, "", "", "the image cannot be serviced")},
                    exit_code,
                    exit_code,
                    "",
                    ""});
  }
  AddCases(report, rows);
  for (const auto& [image, object] : {std::pair<std::string_view, std::string_view>{
                                          "defect-component-key.wim", "microsoft-windows-labtask"},
                                      {"defect-manifest-hash.wim", "microsoft-windows-labtask"},
                                      {"defect-payload.wim", "labtask.exe"},
                                      {kWin10Image, ""},
                                      {kWin10Wide, ""},
                                      {"win7sp1-x86.wim", ""},
                                      {"win7sp1-x64.wim", ""},
                                      {"win81-x86.wim", ""},
                                      {"win81-x64.wim", ""},
                                      {"win81-x86-drivers.wim", ""}}) {
    if (!Has(report.images, image)) continue;
    report.verifications.push_back(
        {std::string(image), object.empty() ? 0 : 6, std::string(object)});
  }
}

void AddLargeCases(LabReport& report) {
  std::vector<Row> rows;
  for (int index : {1, 2}) {
    rows.push_back({"large cumulative update",
                    kLargeImage,
                    index,
                    {Expect(kLargeLcu, "install", kOk, "6,000 files")},
                    0,
                    0,
                    kBase,
                    kRaised});
  }
  std::vector<std::string_view> fixes{kMiddleFix, kSmallFix};
  fixes.insert(fixes.end(), kFurtherFixes.begin(), kFurtherFixes.end());
  for (std::string_view update : fixes) {
    rows.push_back({"large image, smaller fix",
                    kLargeImage,
                    1,
                    {Expect(update, "install", kOk, "a fix")},
                    0,
                    0,
                    kBase,
                    kBase});
  }
  AddCases(report, rows);
}

void AddLegacyCases(LabReport& report) {
  const auto install = [](std::string_view name, std::string_view image, int index,
                          std::string_view update, std::string_view why) {
    return Row{name, image, index, {Expect(update, "install", kOk, why)}, 0, 0, "", ""};
  };
  AddCases(report,
           {install("two branches", "win7sp1-x86.wim", 1, "windows6.1-kb9000201-x86.msu",
                    "the service branch (18300): the image never had a hotfix"),
            install("two branches, 64 bit", "win7sp1-x64.wim", 1, "windows6.1-kb9000201-x64.msu",
                    "the service branch (18300)"),
            install("two branches, second edition", "win7sp1-x64.wim", 2,
                    "windows6.1-kb9000201-x64.msu", "the service branch (18300)"),
            install("hotfix line only", "win7sp1-x86.wim", 1, "windows6.1-kb9000202-x86.msu",
                    "elevate=distribution allows the change of branch"),
            install("spring update present", "win81-x86.wim", 1, "windows8.1-kb9000301-x86.msu",
                    "KB2919355 is installed"),
            install("spring update present, 64 bit", "win81-x64.wim", 1,
                    "windows8.1-kb9000301-x64.msu", "KB2919355 is installed")});
}

}  // namespace ww::lab
