// All values of windows-servicing.md 5.7, names and data spelled out. The hashes in them are from
// the text, or were computed by a program that shares no code with this project.
#include "golden_values.h"

namespace ww::lab {
namespace {

using Kind = GoldenRow::Kind;
using Row = GoldenRow;

constexpr std::string_view kComponents = "COMPONENTS";
constexpr std::string_view kSoftware = "SOFTWARE";

constexpr Row kValues[] = {
    {kComponents, "CanonicalData\\Catalogs\\{catalog}",
     "c!0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_9455a7841fff71a4", Kind::kBinary,
     ""},
    {kComponents,
     "CanonicalData\\Deployments\\0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_"
     "9455a7841fff71a4",
     "appid", Kind::kAscii,
     "0a39eed9423d33f2d79ace05598381a2, Culture=neutral, Version=10.0.14393.2312, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "CanonicalData\\Deployments\\0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_"
     "9455a7841fff71a4",
     "CatalogThumbprint", Kind::kCatalog, ""},
    {kComponents,
     "CanonicalData\\Deployments\\0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_"
     "9455a7841fff71a4",
     "i!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_09a48a1df11e1628",
     Kind::kPlanned,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6107_neutral"},
    {kComponents,
     "CanonicalData\\Deployments\\0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_"
     "9455a7841fff71a4",
     "p!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_09a48a1df11e1628",
     Kind::kPlanned,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6107_neutral"},
    {kComponents,
     "CanonicalData\\Deployments\\0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_"
     "9455a7841fff71a4",
     "s!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_09a48a1df11e1628",
     Kind::kStaged,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6107_neutral"},
    {kComponents,
     "DerivedData\\Components\\x86_0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_10.0.14393."
     "2312_none_9455a7841fff71a4",
     "c!0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_9455a7841fff71a4", Kind::kBinary,
     ""},
    {kComponents,
     "DerivedData\\Components\\x86_0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_10.0.14393."
     "2312_none_9455a7841fff71a4",
     "CF", Kind::kDword, "0c"},
    {kComponents,
     "DerivedData\\Components\\x86_0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_10.0.14393."
     "2312_none_9455a7841fff71a4",
     "identity", Kind::kAscii,
     "0a39eed9423d33f2d79ace05598381a2, Culture=neutral, Version=10.0.14393.2312, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "DerivedData\\Components\\x86_0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_10.0.14393."
     "2312_none_9455a7841fff71a4",
     "S256H", Kind::kDigest,
     "x86_0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_10.0.14393.2312_none_9455a7841fff71a4"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "c!0a39eed9423..e05598381a2_31bf3856ad364e35_10.0.14393.2312_9455a7841fff71a4", Kind::kBinary,
     ""},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!appxprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!assocprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!cbsprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!compatprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!dmiprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!folderprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!genericprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!imagingprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!intlprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!osprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!smiprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "f!unattendprovider.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "identity", Kind::kAscii,
     "Microsoft-Windows-Deployment-Image-Servicing-Management-WinProviders, Culture=neutral, "
     "Version=10.0.14393.2312, PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, "
     "versionScope=NonSxS"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0."
     "14393.2312_none_d0d72ee747323b22",
     "S256H", Kind::kDigest,
     "x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0.14393.2312_none_"
     "d0d72ee747323b22"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\ComponentDetect\\x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_0."
     "0.0.0_none_db27af44ed165c01",
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6107_neutral", Kind::kText,
     "10.0.14393.2312@2"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_none_a402d9375e369405",
     "", Kind::kText, "10.0"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_none_a402d9375e369405\\10.0",
     "", Kind::kText, "10.0.14393.2312"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_none_a402d9375e369405\\10.0",
     "10.0.14393.2312", Kind::kBinary, "01"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-d..gement-"
     "winproviders_31bf3856ad364e35_none_95ffd8293d69d2f7\\10.0",
     "", Kind::kText, "10.0.14393.2312"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-d..gement-"
     "winproviders_31bf3856ad364e35_none_95ffd8293d69d2f7\\10.0",
     "10.0.14393.2312", Kind::kBinary, "01"},
    {kComponents, "CanonicalData\\Catalogs\\{catalog}",
     "c!2d4c6b8a001..6778899aabb_31bf3856ad364e35_10.0.14393.693_dadf44a12793f6a4", Kind::kBinary,
     ""},
    {kComponents,
     "CanonicalData\\Deployments\\2d4c6b8a001..6778899aabb_31bf3856ad364e35_10.0.14393.693_"
     "dadf44a12793f6a4",
     "appid", Kind::kAscii,
     "2d4c6b8a00112233445566778899aabb, Culture=neutral, Version=10.0.14393.693, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "CanonicalData\\Deployments\\2d4c6b8a001..6778899aabb_31bf3856ad364e35_10.0.14393.693_"
     "dadf44a12793f6a4",
     "CatalogThumbprint", Kind::kCatalog, ""},
    {kComponents,
     "CanonicalData\\Deployments\\2d4c6b8a001..6778899aabb_31bf3856ad364e35_10.0.14393.693_"
     "dadf44a12793f6a4",
     "i!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_f7ea5bfa1900fdf9",
     Kind::kPlanned,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6108_neutral"},
    {kComponents,
     "CanonicalData\\Deployments\\2d4c6b8a001..6778899aabb_31bf3856ad364e35_10.0.14393.693_"
     "dadf44a12793f6a4",
     "p!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_f7ea5bfa1900fdf9",
     Kind::kPlanned,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6108_neutral"},
    {kComponents,
     "CanonicalData\\Deployments\\2d4c6b8a001..6778899aabb_31bf3856ad364e35_10.0.14393.693_"
     "dadf44a12793f6a4",
     "s!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_f7ea5bfa1900fdf9",
     Kind::kStaged,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6108_neutral"},
    {kComponents,
     "DerivedData\\Components\\x86_2d4c6b8a00112233445566778899aabb_31bf3856ad364e35_10.0.14393."
     "693_none_dadf44a12793f6a4",
     "c!2d4c6b8a001..6778899aabb_31bf3856ad364e35_10.0.14393.693_dadf44a12793f6a4", Kind::kBinary,
     ""},
    {kComponents,
     "DerivedData\\Components\\x86_2d4c6b8a00112233445566778899aabb_31bf3856ad364e35_10.0.14393."
     "693_none_dadf44a12793f6a4",
     "CF", Kind::kDword, "0c"},
    {kComponents,
     "DerivedData\\Components\\x86_2d4c6b8a00112233445566778899aabb_31bf3856ad364e35_10.0.14393."
     "693_none_dadf44a12793f6a4",
     "identity", Kind::kAscii,
     "2d4c6b8a00112233445566778899aabb, Culture=neutral, Version=10.0.14393.693, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "DerivedData\\Components\\x86_2d4c6b8a00112233445566778899aabb_31bf3856ad364e35_10.0.14393."
     "693_none_dadf44a12793f6a4",
     "S256H", Kind::kDigest,
     "x86_2d4c6b8a00112233445566778899aabb_31bf3856ad364e35_10.0.14393.693_none_dadf44a12793f6a4"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-smi-engine_31bf3856ad364e35_10.0.14393.693_"
     "none_75968890f89a2f25",
     "c!2d4c6b8a001..6778899aabb_31bf3856ad364e35_10.0.14393.693_dadf44a12793f6a4", Kind::kBinary,
     ""},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-smi-engine_31bf3856ad364e35_10.0.14393.693_"
     "none_75968890f89a2f25",
     "f!smiengine.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-smi-engine_31bf3856ad364e35_10.0.14393.693_"
     "none_75968890f89a2f25",
     "f!smiinstaller.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-smi-engine_31bf3856ad364e35_10.0.14393.693_"
     "none_75968890f89a2f25",
     "f!smipi.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-smi-engine_31bf3856ad364e35_10.0.14393.693_"
     "none_75968890f89a2f25",
     "identity", Kind::kAscii,
     "Microsoft-Windows-SMI-Engine, Culture=neutral, Version=10.0.14393.693, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-smi-engine_31bf3856ad364e35_10.0.14393.693_"
     "none_75968890f89a2f25",
     "S256H", Kind::kDigest,
     "x86_microsoft-windows-smi-engine_31bf3856ad364e35_10.0.14393.693_none_75968890f89a2f25"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\ComponentDetect\\x86_microsoft-windows-smi-engine_31bf3856ad364e35_0.0.0.0_none_"
     "bbef25415b0d1e36",
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6108_neutral", Kind::kText,
     "10.0.14393.693@2"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "2d4c6b8a00112233445566778899aabb_31bf3856ad364e35_none_96fb442364dd51e3",
     "", Kind::kText, "10.0"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "2d4c6b8a00112233445566778899aabb_31bf3856ad364e35_none_96fb442364dd51e3\\10.0",
     "", Kind::kText, "10.0.14393.693"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "2d4c6b8a00112233445566778899aabb_31bf3856ad364e35_none_96fb442364dd51e3\\10.0",
     "10.0.14393.693", Kind::kBinary, "01"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-smi-engine_"
     "31bf3856ad364e35_none_e5c3fbfc14c02f2a\\10.0",
     "", Kind::kText, "10.0.14393.693"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-smi-engine_"
     "31bf3856ad364e35_none_e5c3fbfc14c02f2a\\10.0",
     "10.0.14393.693", Kind::kBinary, "01"},
    {kComponents, "CanonicalData\\Catalogs\\{catalog}",
     "c!5e1d7c3b9a0..a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_e88e3a09fa408acd", Kind::kBinary,
     ""},
    {kComponents,
     "CanonicalData\\Deployments\\5e1d7c3b9a0..a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_"
     "e88e3a09fa408acd",
     "appid", Kind::kAscii,
     "5e1d7c3b9a0f48626c8e0a2c4e60829a, Culture=neutral, Version=10.0.14393.2457, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "CanonicalData\\Deployments\\5e1d7c3b9a0..a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_"
     "e88e3a09fa408acd",
     "CatalogThumbprint", Kind::kCatalog, ""},
    {kComponents,
     "CanonicalData\\Deployments\\5e1d7c3b9a0..a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_"
     "e88e3a09fa408acd",
     "i!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_e6302dd640e3e5ca",
     Kind::kPlanned,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6109_neutral"},
    {kComponents,
     "CanonicalData\\Deployments\\5e1d7c3b9a0..a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_"
     "e88e3a09fa408acd",
     "p!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_e6302dd640e3e5ca",
     Kind::kPlanned,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6109_neutral"},
    {kComponents,
     "CanonicalData\\Deployments\\5e1d7c3b9a0..a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_"
     "e88e3a09fa408acd",
     "s!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_e6302dd640e3e5ca",
     Kind::kStaged,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6109_neutral"},
    {kComponents,
     "DerivedData\\Components\\x86_5e1d7c3b9a0f48626c8e0a2c4e60829a_31bf3856ad364e35_10.0.14393."
     "2457_none_e88e3a09fa408acd",
     "c!5e1d7c3b9a0..a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_e88e3a09fa408acd", Kind::kBinary,
     ""},
    {kComponents,
     "DerivedData\\Components\\x86_5e1d7c3b9a0f48626c8e0a2c4e60829a_31bf3856ad364e35_10.0.14393."
     "2457_none_e88e3a09fa408acd",
     "CF", Kind::kDword, "0c"},
    {kComponents,
     "DerivedData\\Components\\x86_5e1d7c3b9a0f48626c8e0a2c4e60829a_31bf3856ad364e35_10.0.14393."
     "2457_none_e88e3a09fa408acd",
     "identity", Kind::kAscii,
     "5e1d7c3b9a0f48626c8e0a2c4e60829a, Culture=neutral, Version=10.0.14393.2457, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "DerivedData\\Components\\x86_5e1d7c3b9a0f48626c8e0a2c4e60829a_31bf3856ad364e35_10.0.14393."
     "2457_none_e88e3a09fa408acd",
     "S256H", Kind::kDigest,
     "x86_5e1d7c3b9a0f48626c8e0a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_none_e88e3a09fa408acd"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-packagemanager_31bf3856ad364e35_10.0.14393."
     "2457_none_0659f8bf958f6270",
     "c!5e1d7c3b9a0..a2c4e60829a_31bf3856ad364e35_10.0.14393.2457_e88e3a09fa408acd", Kind::kBinary,
     ""},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-packagemanager_31bf3856ad364e35_10.0.14393."
     "2457_none_0659f8bf958f6270",
     "f!pkgmgr.exe", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-packagemanager_31bf3856ad364e35_10.0.14393."
     "2457_none_0659f8bf958f6270",
     "f!ssshim.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-packagemanager_31bf3856ad364e35_10.0.14393."
     "2457_none_0659f8bf958f6270",
     "identity", Kind::kAscii,
     "Microsoft-Windows-PackageManager, Culture=neutral, Version=10.0.14393.2457, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-packagemanager_31bf3856ad364e35_10.0.14393."
     "2457_none_0659f8bf958f6270",
     "S256H", Kind::kDigest,
     "x86_microsoft-windows-packagemanager_31bf3856ad364e35_10.0.14393.2457_none_0659f8bf958f6270"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\ComponentDetect\\x86_microsoft-windows-packagemanager_31bf3856ad364e35_0.0.0.0_"
     "none_10b1b9c93b6e81dd",
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6109_neutral", Kind::kText,
     "10.0.14393.2457@2"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "5e1d7c3b9a0f48626c8e0a2c4e60829a_31bf3856ad364e35_none_7f235c076268ca46",
     "", Kind::kText, "10.0"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "5e1d7c3b9a0f48626c8e0a2c4e60829a_31bf3856ad364e35_none_7f235c076268ca46\\10.0",
     "", Kind::kText, "10.0.14393.2457"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "5e1d7c3b9a0f48626c8e0a2c4e60829a_31bf3856ad364e35_none_7f235c076268ca46\\10.0",
     "10.0.14393.2457", Kind::kBinary, "01"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-"
     "packagemanager_31bf3856ad364e35_none_553a2e8d34b55cfb\\10.0",
     "", Kind::kText, "10.0.14393.2457"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-"
     "packagemanager_31bf3856ad364e35_none_553a2e8d34b55cfb\\10.0",
     "10.0.14393.2457", Kind::kBinary, "01"},
    {kComponents, "CanonicalData\\Catalogs\\{catalog}",
     "c!c0ffee00d15..a11feedf00d_31bf3856ad364e35_10.0.14393.1715_efc52544119ba027", Kind::kBinary,
     ""},
    {kComponents,
     "CanonicalData\\Deployments\\c0ffee00d15..a11feedf00d_31bf3856ad364e35_10.0.14393.1715_"
     "efc52544119ba027",
     "appid", Kind::kAscii,
     "c0ffee00d15ea5e0ba5eba11feedf00d, Culture=neutral, Version=10.0.14393.1715, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "CanonicalData\\Deployments\\c0ffee00d15..a11feedf00d_31bf3856ad364e35_10.0.14393.1715_"
     "efc52544119ba027",
     "CatalogThumbprint", Kind::kCatalog, ""},
    {kComponents,
     "CanonicalData\\Deployments\\c0ffee00d15..a11feedf00d_31bf3856ad364e35_10.0.14393.1715_"
     "efc52544119ba027",
     "i!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_750d3bfd72ef9918",
     Kind::kPlanned,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6110_neutral"},
    {kComponents,
     "CanonicalData\\Deployments\\c0ffee00d15..a11feedf00d_31bf3856ad364e35_10.0.14393.1715_"
     "efc52544119ba027",
     "p!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_750d3bfd72ef9918",
     Kind::kPlanned,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6110_neutral"},
    {kComponents,
     "CanonicalData\\Deployments\\c0ffee00d15..a11feedf00d_31bf3856ad364e35_10.0.14393.1715_"
     "efc52544119ba027",
     "s!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_750d3bfd72ef9918",
     Kind::kStaged,
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6110_neutral"},
    {kComponents,
     "DerivedData\\Components\\x86_c0ffee00d15ea5e0ba5eba11feedf00d_31bf3856ad364e35_10.0.14393."
     "1715_none_efc52544119ba027",
     "c!c0ffee00d15..a11feedf00d_31bf3856ad364e35_10.0.14393.1715_efc52544119ba027", Kind::kBinary,
     ""},
    {kComponents,
     "DerivedData\\Components\\x86_c0ffee00d15ea5e0ba5eba11feedf00d_31bf3856ad364e35_10.0.14393."
     "1715_none_efc52544119ba027",
     "CF", Kind::kDword, "0c"},
    {kComponents,
     "DerivedData\\Components\\x86_c0ffee00d15ea5e0ba5eba11feedf00d_31bf3856ad364e35_10.0.14393."
     "1715_none_efc52544119ba027",
     "identity", Kind::kAscii,
     "c0ffee00d15ea5e0ba5eba11feedf00d, Culture=neutral, Version=10.0.14393.1715, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "DerivedData\\Components\\x86_c0ffee00d15ea5e0ba5eba11feedf00d_31bf3856ad364e35_10.0.14393."
     "1715_none_efc52544119ba027",
     "S256H", Kind::kDigest,
     "x86_c0ffee00d15ea5e0ba5eba11feedf00d_31bf3856ad364e35_10.0.14393.1715_none_efc52544119ba027"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..menttools-reporting_31bf3856ad364e35_10.0."
     "14393.1715_none_ce0731641666d116",
     "c!c0ffee00d15..a11feedf00d_31bf3856ad364e35_10.0.14393.1715_efc52544119ba027", Kind::kBinary,
     ""},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..menttools-reporting_31bf3856ad364e35_10.0."
     "14393.1715_none_ce0731641666d116",
     "f!labdeploy.dll", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..menttools-reporting_31bf3856ad364e35_10.0."
     "14393.1715_none_ce0731641666d116",
     "f!labdeploy.xsl", Kind::kDword, "01"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..menttools-reporting_31bf3856ad364e35_10.0."
     "14393.1715_none_ce0731641666d116",
     "identity", Kind::kAscii,
     "Microsoft-Windows-DeploymentTools-Reporting, Culture=neutral, Version=10.0.14393.1715, "
     "PublicKeyToken=31bf3856ad364e35, ProcessorArchitecture=x86, versionScope=NonSxS"},
    {kComponents,
     "DerivedData\\Components\\x86_microsoft-windows-d..menttools-reporting_31bf3856ad364e35_10.0."
     "14393.1715_none_ce0731641666d116",
     "S256H", Kind::kDigest,
     "x86_microsoft-windows-d..menttools-reporting_31bf3856ad364e35_10.0.14393.1715_none_"
     "ce0731641666d116"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\ComponentDetect\\x86_microsoft-windows-d..menttools-reporting_31bf3856ad364e35_0."
     "0.0.0_none_d88337afbc2a3275",
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.4343884-6110_neutral", Kind::kText,
     "10.0.14393.1715@2"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "c0ffee00d15ea5e0ba5eba11feedf00d_31bf3856ad364e35_none_c01dfbfe0a7e325a",
     "", Kind::kText, "10.0"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "c0ffee00d15ea5e0ba5eba11feedf00d_31bf3856ad364e35_none_c01dfbfe0a7e325a\\10.0",
     "", Kind::kText, "10.0.14393.1715"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_"
     "c0ffee00d15ea5e0ba5eba11feedf00d_31bf3856ad364e35_none_c01dfbfe0a7e325a\\10.0",
     "10.0.14393.1715", Kind::kBinary, "01"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-d..menttools-"
     "reporting_31bf3856ad364e35_none_38afa743982ebb23\\10.0",
     "", Kind::kText, "10.0.14393.1715"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-d..menttools-"
     "reporting_31bf3856ad364e35_none_38afa743982ebb23\\10.0",
     "10.0.14393.1715", Kind::kBinary, "01"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\PackageDetect\\Microsoft-Windows-Common-Foundation-Package~31bf3856ad364e35~x86~~"
     "0.0.0.0",
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9", Kind::kDword, "02"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\PackageIndex\\Package_2378_for_KB4343884~31bf3856ad364e35~x86~~0.0.0.0",
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9", Kind::kDword, "00"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\Packages\\Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9",
     "CurrentState", Kind::kDword, "70"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\Packages\\Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9",
     "InstallClient", Kind::kText, "DISM Package Manager Provider"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\Packages\\Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9",
     "InstallName", Kind::kText, "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9.mum"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\Packages\\Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9",
     "InstallUser", Kind::kText, "S-1-5-18"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\Packages\\Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9",
     "SelfUpdate", Kind::kDword, "00"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\Packages\\Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9",
     "Visibility", Kind::kDword, "02"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\Component Based "
     "Servicing\\Packages\\Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9\\Owners",
     "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9", Kind::kDword, "30070"},
};

constexpr Row kOptional[] = {
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-d..gement-"
     "winproviders_31bf3856ad364e35_none_95ffd8293d69d2f7",
     "", Kind::kText, "10.0"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-smi-engine_"
     "31bf3856ad364e35_none_e5c3fbfc14c02f2a",
     "", Kind::kText, "10.0"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-"
     "packagemanager_31bf3856ad364e35_none_553a2e8d34b55cfb",
     "", Kind::kText, "10.0"},
    {kSoftware,
     "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\x86_microsoft-windows-d..menttools-"
     "reporting_31bf3856ad364e35_none_38afa743982ebb23",
     "", Kind::kText, "10.0"},
};

}  // namespace

std::span<const GoldenRow> GoldenRows() { return kValues; }
std::span<const GoldenRow> OptionalGoldenRows() { return kOptional; }

}  // namespace ww::lab
