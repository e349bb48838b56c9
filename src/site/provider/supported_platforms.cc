#include "supported_platforms.h"

#include <array>

namespace ww::provider {
namespace {

struct Platform {
  std::string_view name, version, product;
};

// windows-servicing.md: component based servicing from Windows 7 on.
constexpr std::array kPlatforms{
    Platform{"Windows 7", "6.1.7601", "WinNT"},
    Platform{"Windows Server 2008 R2", "6.1.7601", "ServerNT"},
    Platform{"Windows 8", "6.2.9200", "WinNT"},
    Platform{"Windows Server 2012", "6.2.9200", "ServerNT"},
    Platform{"Windows 8.1", "6.3.9600", "WinNT"},
    Platform{"Windows Server 2012 R2", "6.3.9600", "ServerNT"},
    Platform{"Windows 10 1507", "10.0.10240", "WinNT"},
    Platform{"Windows 10 1511", "10.0.10586", "WinNT"},
    Platform{"Windows 10 1607", "10.0.14393", "WinNT"},
    Platform{"Windows Server 2016", "10.0.14393", "ServerNT"},
    Platform{"Windows 10 1703", "10.0.15063", "WinNT"},
    Platform{"Windows 10 1709", "10.0.16299", "WinNT"},
    Platform{"Windows 10 1803", "10.0.17134", "WinNT"},
};

}  // namespace

Status SeedSupportedPlatforms(Call& call) {
  for (const auto& platform : kPlatforms) {
    WW_TRY(auto row, call.store.Make("SMS_SupportedPlatformsOfflineServicing"), "platform");
    row.SetRaw("Name", Text(platform.name));
    row.SetRaw("OsVersionBuild", Text(platform.version));
    row.SetRaw("ProductType", Text(platform.product));
    WW_RETURN_IF_ERROR(call.store.Save(row));
  }
  return {};
}

}  // namespace ww::provider
