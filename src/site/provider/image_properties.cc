#include "wimwright/provider/image_properties.h"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <sstream>
#include <system_error>

#include "wimwright/wim/image_info.h"
#include "wimwright/wim/wim_file.h"

namespace ww::provider {
namespace {

namespace stdfs = std::filesystem;

// Labels of Property elements.
constexpr const char* kName = "Image name";
constexpr const char* kDescription = "Image description";
constexpr const char* kArchitecture = "Architecture";
constexpr const char* kOsVersion = "OS version";
constexpr const char* kProductType = "Product type";
constexpr const char* kLanguage = "Language";
constexpr const char* kCreated = "Creation date";
constexpr const char* kSize = "Size (bytes)";
constexpr const char* kEdition = "Edition";

std::string VersionOf(const wim::ImageInfo& info) {
  if (info.major == 0) return {};
  return fmt::format("{}.{}.{}.{}", info.major, info.minor, info.build, info.sp_build);
}

std::string ProductTypeOf(const wim::ImageInfo& info) {
  return info.installation_type.find("Server") == std::string::npos ? "WinNT" : "ServerNT";
}

// The WIM's own numbers for architectures: what SMS_ImageInformation.Architecture is believed to
// be.
std::string ArchitectureOf(const wim::ImageInfo& info) {
  if (info.architecture == "x86") return "0";
  if (info.architecture == "amd64") return "9";
  if (info.architecture == "arm64") return "12";
  if (info.architecture == "arm") return "5";
  if (info.architecture == "ia64") return "6";
  return {};
}

void Add(pugi::xml_node image, const char* label, const std::string& text) {
  auto property = image.append_child("Property");
  property.append_attribute("name") = label;
  property.text() = text.c_str();
}

}  // namespace

std::optional<stdfs::path> LocalWim(std::string_view source_path) {
  if (source_path.empty() || source_path.front() != '/') return std::nullopt;
  const stdfs::path path(source_path);
  std::error_code error;
  if (stdfs::is_directory(path, error)) return path / "sources" / "install.wim";
  return path;
}

Result<ImageProperties> ReadImageProperties(FileSystem& fs, const stdfs::path& wim) {
  WW_TRY(const auto file, wim::WimFile::Open(fs, wim), wim.string());
  ImageProperties out;
  out.bytes = file->file_size();
  pugi::xml_document document;
  auto root = document.append_child("WIM");
  for (const auto& info : file->images()) {
    auto image = root.append_child("IMAGE");
    image.append_attribute("index") = info.index;
    Add(image, kName, info.name);
    Add(image, kDescription, info.description);
    Add(image, kArchitecture, ArchitectureOf(info));
    Add(image, kOsVersion, VersionOf(info));
    Add(image, kProductType, ProductTypeOf(info));
    Add(image, kEdition, info.edition_id);
    Add(image, kLanguage, info.default_language);
    Add(image, kCreated, info.created == 0 ? std::string() : FormatFileTime(info.created));
    Add(image, kSize, std::to_string(info.total_bytes));
    if (out.os_version.empty()) out.os_version = VersionOf(info);
  }
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  out.xml = text.str();
  return out;
}

std::vector<IndexProperties> IndexesOf(std::string_view xml) {
  std::vector<IndexProperties> out;
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default)) return out;
  for (const auto image : document.child("WIM").children("IMAGE")) {
    IndexProperties one;
    one.index = image.attribute("index").as_int();
    for (const auto property : image.children("Property")) {
      const std::string_view label = property.attribute("name").as_string();
      const std::string text = property.text().as_string();
      if (label == kName) one.name = text;
      if (label == kDescription) one.description = text;
      if (label == kArchitecture) one.architecture = text;
      if (label == kOsVersion) one.os_version = text;
      if (label == kProductType) one.product_type = text;
      if (label == kLanguage) one.language = text;
      if (label == kCreated) one.created = text;
      if (label == kSize) one.bytes = property.text().as_ullong();
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace ww::provider
