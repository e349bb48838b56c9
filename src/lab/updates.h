// The updates of a lab, and what is expected of them.
#pragma once

#include <array>
#include "lab_context.h"
#include "update_files.h"

namespace ww::lab {

Status WriteWindows10Updates(LabContext& lab);
Status WriteRefusedUpdates(LabContext& lab);  // effects that no engine without Windows can have
Status WriteDamagedUpdates(LabContext& lab);
Status WriteWindows7Updates(LabContext& lab);
Status WriteWindows81Updates(LabContext& lab);
Status WriteLargeUpdates(LabContext& lab);
// Since 1809: differences, PSF, combined and checkpoint packages.
Status WriteModernUpdates(LabContext& lab);
Status WriteManyFiles(LabContext& lab);  // one update of 28,000 files

void AddWindows10Cases(LabReport& report);
void AddLegacyCases(LabReport& report);
void AddLargeCases(LabReport& report);
void AddModernCases(LabReport& report);

// Names that several parts use.
inline constexpr std::string_view kWin10Image = "win10-1607-x86.wim";
inline constexpr std::string_view kWin10Wide = "win10-1607-x64.wim";
inline constexpr std::string_view kLargeImage = "win10-1607-x64-large.wim";
inline constexpr std::string_view kLargeLcu = "windows10.0-kb9000402-x64.msu";   // about 600 MB
inline constexpr std::string_view kMiddleFix = "windows10.0-kb9000403-x64.msu";  // about 60 MB
inline constexpr std::string_view kSmallFix = "windows10.0-kb9000404-x64.msu";   // about 6 MB
// About 2 MB each: with the three above, what a year of neglect leaves to be done.
inline constexpr std::array<std::string_view, 7> kFurtherFixes{
    "windows10.0-kb9000405-x64.msu", "windows10.0-kb9000406-x64.msu",
    "windows10.0-kb9000407-x64.msu", "windows10.0-kb9000408-x64.msu",
    "windows10.0-kb9000409-x64.msu", "windows10.0-kb9000410-x64.msu",
    "windows10.0-kb9000411-x64.msu"};
inline constexpr std::string_view kImage1809 = "win10-1809-x64.wim";
inline constexpr std::string_view kImage24H2 = "win11-24h2-x64.wim";
// The same with its features on.
inline constexpr std::string_view kFeaturesImage = "win11-24h2-x64-features.wim";
inline constexpr std::string_view kImage22H2 = "win10-22h2-x64.wim";  // 19045, an enabled build
// An enabled build: as released, and at 26200.4000 without ever having had the checkpoint.
inline constexpr std::string_view kImage25H2 = "win11-25h2-x64.wim";
inline constexpr std::string_view kFolderDeltas =
    "windows10.0-kb9000501-x64.cab";  // f\\, r\\, n\\ in a cabinet
inline constexpr std::string_view kMay2020 = "windows10.0-kb9000503-x64.cab";     // the same, 19041
inline constexpr std::string_view kPsfDeltas = "windows10.0-kb9000502-x64.msu";   // and in a PSF
inline constexpr std::string_view kCheckpoint = "windows11.0-kb9000511-x64.msu";  // 26100.1742
inline constexpr std::string_view kFirstMonth = "windows11.0-kb9000512-x64.msu";  // 26100.2000
inline constexpr std::string_view kSecondMonth = "windows11.0-kb9000513-x64.msu";  // 26100.3000
inline constexpr std::string_view kFarMonth = "windows11.0-kb9000514-x64.msu";     // 26100.5000
inline constexpr std::string_view kManyImage = "win11-24h2-x64-many.wim";
inline constexpr std::string_view kManyFiles = "windows11.0-kb9000540-x64.msu";
inline constexpr std::string_view kEnablementUpdate = "windows11.0-kb9000551-x64.msu";  // to 26200
inline constexpr std::string_view kSafeOs = "windows11.0-kb9000531-x64.cab";            // for WinRE
inline constexpr std::string_view kSetup = "windows11.0-kb9000532-x64.cab";  // no package
inline constexpr std::string_view kLcu = "windows10.0-kb9000102-x86.msu";
inline constexpr std::string_view kLcuWide = "windows10.0-kb9000102-x64.msu";
inline constexpr std::string_view kOlderLcu = "windows10.0-kb9000101-x86.msu";
inline constexpr std::string_view kAncientLcu = "windows10.0-kb9000095-x86.msu";
inline constexpr std::string_view kNewerLcu = "windows10.0-kb9000103-x86.msu";
inline constexpr std::string_view kStackUpdate = "windows10.0-kb9000099-x86.msu";
inline constexpr std::string_view kGolden = "windows10.0-kb4343884-x86.cab";
inline constexpr std::string_view kSigned = "windows10.0-kb9000118-x86.msu";
inline constexpr std::string_view kInstalledLcu = "windows10.0-kb9000090-x86.msu";

}  // namespace ww::lab
