#include "products.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wimwright/base/text.h"
#include "wimwright/manifest/version.h"

namespace ww::catalog {
namespace {

constexpr std::string_view kWindows7 = "bfe5b177-a086-47a0-b102-097e4fa1f807";
constexpr std::string_view kServer2008R2 = "fdfe8200-9d98-44ba-a12a-772282bf60ef";
constexpr std::string_view kWindows8 = "2ee2ad83-828c-4405-9479-544d767993fc";
constexpr std::string_view kServer2012 = "a105a108-7c9b-4518-bbbe-73f0fe30012b";
constexpr std::string_view kWindows81 = "6407468e-edc7-4ecd-8c32-521f64cee65e";
constexpr std::string_view kServer2012R2 = "d31bd4c3-d872-41c9-a2e7-231f372588cb";
constexpr std::string_view kWindows10 = "a3c2375d-0c8a-42f9-bce0-28333e198407";
constexpr std::string_view kServer2016 = "569e8e8f-c6cd-42c8-92a3-efbb20a0f6f5";
constexpr std::string_view kServer2019 = "f702a48c-919b-45d6-9aef-ca4248d50397";
constexpr std::string_view kWindows11 = "72e7624a-5b00-45d2-b92f-e561c0a6a160";

constexpr std::array kProducts{
    Product{"6.1.7600", false, "Windows 7", "Windows 7", kWindows7},
    Product{"6.1.7601", false, "Windows 7", "Windows 7", kWindows7},
    Product{"6.1.7600", true, "Windows Server 2008 R2", "Windows Server 2008 R2", kServer2008R2},
    Product{"6.1.7601", true, "Windows Server 2008 R2", "Windows Server 2008 R2", kServer2008R2},
    Product{"6.2.9200", false, "Windows 8", "Windows 8", kWindows8},
    Product{"6.2.9200", true, "Windows Server 2012", "Windows Server 2012", kServer2012},
    Product{"6.3.9600", false, "Windows 8.1", "Windows 8.1", kWindows81},
    Product{"6.3.9600", true, "Windows Server 2012 R2", "Windows Server 2012 R2", kServer2012R2},
    Product{"10.0.10240", false, "Windows 10", "Windows 10", kWindows10},
    Product{"10.0.10586", false, "Windows 10 Version 1511", "Windows 10", kWindows10},
    Product{"10.0.14393", false, "Windows 10 Version 1607", "Windows 10", kWindows10},
    Product{"10.0.14393", true, "Windows Server 2016", "Windows Server 2016", kServer2016},
    Product{"10.0.15063", false, "Windows 10 Version 1703", "Windows 10", kWindows10},
    Product{"10.0.16299", false, "Windows 10 Version 1709", "Windows 10", kWindows10},
    Product{"10.0.17134", false, "Windows 10 Version 1803", "Windows 10", kWindows10},
    Product{"10.0.17763", false, "Windows 10 Version 1809", "Windows 10", kWindows10},
    Product{"10.0.17763", true, "Windows Server 2019", "Windows Server 2019", kServer2019},
    Product{"10.0.18362", false, "Windows 10 Version 1903", "Windows 10", kWindows10},
    Product{"10.0.18363", false, "Windows 10 Version 1909", "Windows 10", kWindows10},
    Product{"10.0.19041", false, "Windows 10 Version 2004", "Windows 10", kWindows10},
    Product{"10.0.20348", true, "Microsoft server operating system version 21H2",
            "Microsoft Server operating system-21H2", ""},
    Product{"10.0.22000", false, "Windows 11", "Windows 11", kWindows11},
    Product{"10.0.22621", false, "Windows 11 Version 22H2", "Windows 11", kWindows11},
    Product{"10.0.26100", false, "Windows 11 Version 24H2", "Windows 11", kWindows11},
};

std::string_view KindWords(const PackageDescription& package) {
  using cbs::UpdateKind;
  switch (package.kind) {
    case UpdateKind::kServicingStack:
      return "Servicing Stack Update";
    case UpdateKind::kCumulative:
      return "Cumulative Update";
    case UpdateKind::kDotNet:
      return "Cumulative Update for .NET Framework";
    case UpdateKind::kSafeOs:
      return "Safe OS Dynamic Update";
    case UpdateKind::kEnablement:
    case UpdateKind::kOther:
      break;
  }
  for (const std::string_view word :
       {"Security Update", "Critical Update", "Hotfix", "Feature Pack", "Service Pack"}) {
    if (EqualNoCaseAscii(package.release_type, word)) return word;
  }
  return "Update";
}

const Product* ProductOf(const PackageDescription& package, bool server) {
  for (const auto& target : package.targets) {
    if (const auto* product = FindProduct(target, server)) return product;
  }
  return nullptr;
}

}  // namespace

const Product* FindProduct(std::string_view build, bool server) {
  for (const auto& product : kProducts) {
    if (product.build == build && product.server == server) return &product;
  }
  return nullptr;
}

KnownCategory ClassificationOf(std::string_view release_type) {
  constexpr KnownCategory kUpdates{"cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83", "Updates"};
  constexpr std::array<std::pair<std::string_view, KnownCategory>, 6> kKnown{{
      {"Security Update", {"0fa1201d-4330-4fa8-8ae9-b877473b6441", "Security Updates"}},
      {"Critical Update", {"e6cf1350-c01b-414d-a61f-263d14d133b4", "Critical Updates"}},
      {"Update Rollup", {"28bc880e-0592-4cbf-8f95-c79b17911d5f", "Update Rollups"}},
      {"Service Pack", {"68c5b0a3-d1a6-4553-ae49-01d3a7827828", "Service Packs"}},
      {"Feature Pack", {"b54e7d24-7add-428f-8b75-90a396fa584f", "Feature Packs"}},
      {"Driver Update", {"ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0", "Drivers"}},
  }};
  for (const auto& [words, category] : kKnown) {
    if (EqualNoCaseAscii(words, release_type)) return category;
  }
  return kUpdates;
}

std::string_view SystemsOf(std::string_view architecture) {
  if (architecture == "amd64") return "x64-based Systems";
  if (architecture == "arm64") return "ARM64-based Systems";
  if (architecture == "x86") return "x86-based Systems";
  if (architecture == "ia64") return "Itanium-based Systems";
  return {};
}

std::string MadeTitle(const PackageDescription& package) {
  std::string title(KindWords(package));
  const auto* client = ProductOf(package, false);
  const auto* server = ProductOf(package, true);
  const auto* product = package.for_server && !package.for_client && server != nullptr ? server
                        : client != nullptr                                            ? client
                                                                                       : server;
  title += fmt::format(" for {}", product != nullptr ? product->title : "Windows");
  const auto systems = SystemsOf(package.architecture);
  if (!systems.empty()) title += fmt::format(" for {}", systems);
  title += package.kb.empty() ? fmt::format(" ({})", package.identity)
                              : fmt::format(" (KB{})", package.kb);
  return title;
}

std::vector<Category> MadeCategories(const PackageDescription& package) {
  std::vector<Category> out;
  const auto add = [&](std::string_view type, std::string_view id, std::string_view title,
                       std::string_view parent) {
    if (id.empty() ||
        std::any_of(out.begin(), out.end(), [&](const Category& one) { return one.id == id; })) {
      return;
    }
    out.push_back(
        {std::string(type), std::string(id), {{1033, std::string(title)}}, std::string(parent)});
  };
  add("Company", kMicrosoft, "Microsoft", "");
  add("ProductFamily", kWindowsFamily, "Windows", kMicrosoft);
  for (const auto& target : package.targets) {
    for (const bool server : {false, true}) {
      // Where the parents do not tell, an update is for both.
      if (package.for_server != package.for_client && server != package.for_server) continue;
      if (const auto* product = FindProduct(target, server)) {
        add("Product", product->id, product->product, kWindowsFamily);
      }
    }
  }
  const auto classification = ClassificationOf(package.release_type);
  add("UpdateClassification", classification.id, classification.title, "");
  return out;
}

bool Replaces(const PackageDescription& newer, std::string_view family, std::string_view version,
              const std::vector<std::string>& targets) {
  if (newer.family != family) return false;
  const auto a = manifest::Version::Parse(newer.version);
  const auto b = manifest::Version::Parse(version);
  if (!a || !b || !(*b < *a)) return false;
  if (newer.targets.empty() && targets.empty()) return true;
  return std::any_of(newer.targets.begin(), newer.targets.end(), [&](const std::string& one) {
    return std::find(targets.begin(), targets.end(), one) != targets.end();
  });
}

}  // namespace ww::catalog
