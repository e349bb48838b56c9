#include "xml_document.h"

#include <fmt/format.h>

#include <pugixml.hpp>

#include "wimwright/base/text.h"

namespace ww::wim {
namespace {

// Everything stays as it is, white space too.
constexpr unsigned kParse = pugi::parse_full | pugi::parse_ws_pcdata;

struct Architecture {
  int number;
  const char* name;
};
// PROCESSOR_ARCHITECTURE_*
constexpr Architecture kArchitectures[] = {
    {0, "x86"}, {5, "arm"}, {6, "ia64"}, {9, "amd64"}, {12, "arm64"}};

std::string ArchitectureName(pugi::xml_node element) {
  if (!element) return {};
  const auto number = element.text().as_int(-1);
  for (const auto& known : kArchitectures) {
    if (known.number == number) return known.name;
  }
  return {};
}

std::string Text(pugi::xml_node parent, const char* name) {
  return std::string(Trim(parent.child(name).text().as_string()));
}

std::uint64_t Number(pugi::xml_node parent, const char* name) {
  return parent.child(name).text().as_ullong(0);
}

// HIGHPART and LOWPART as 0x........
FileTime Time(pugi::xml_node element) {
  const auto part = [element](const char* name) {
    return std::uint64_t{element.child(name).text().as_uint(0)};
  };
  return part("HIGHPART") << 32 | part("LOWPART");
}

pugi::xml_node ChildOrNew(pugi::xml_node parent, const std::string& name) {
  const auto found = parent.child(name.c_str());
  return found ? found : parent.append_child(name.c_str());
}

void SetChild(pugi::xml_node parent, const char* name, const std::string& text) {
  ChildOrNew(parent, name).text().set(text.c_str());
}

void SetTime(pugi::xml_node image, const char* name, FileTime time) {
  const auto element = ChildOrNew(image, name);
  SetChild(element, "HIGHPART", fmt::format("0x{:08X}", time >> 32));
  SetChild(element, "LOWPART", fmt::format("0x{:08X}", time & 0xFFFFFFFF));
}

ImageInfo Read(pugi::xml_node image) {
  ImageInfo info;
  info.index = image.attribute("INDEX").as_int(0);
  info.name = Text(image, "NAME");
  info.description = Text(image, "DESCRIPTION");
  info.display_name = Text(image, "DISPLAYNAME");
  info.flags = Text(image, "FLAGS");
  info.directories = Number(image, "DIRCOUNT");
  info.files = Number(image, "FILECOUNT");
  info.total_bytes = Number(image, "TOTALBYTES");
  info.hard_link_bytes = Number(image, "HARDLINKBYTES");
  info.created = Time(image.child("CREATIONTIME"));
  info.modified = Time(image.child("LASTMODIFICATIONTIME"));
  const auto windows = image.child("WINDOWS");
  info.architecture = ArchitectureName(windows.child("ARCH"));
  info.edition_id = Text(windows, "EDITIONID");
  info.installation_type = Text(windows, "INSTALLATIONTYPE");
  info.product_name = Text(windows, "PRODUCTNAME");
  const auto version = windows.child("VERSION");
  const auto part = [version](const char* name) {
    return static_cast<std::uint32_t>(Number(version, name));
  };
  info.major = part("MAJOR");
  info.minor = part("MINOR");
  info.build = part("BUILD");
  info.sp_build = part("SPBUILD");
  info.sp_level = part("SPLEVEL");
  const auto languages = windows.child("LANGUAGES");
  for (const auto language : languages.children("LANGUAGE")) {
    info.languages.emplace_back(Trim(language.text().as_string()));
  }
  info.default_language = Text(languages, "DEFAULT");
  return info;
}

class StringWriter final : public pugi::xml_writer {
 public:
  void write(const void* data, std::size_t size) override {
    text.append(static_cast<const char*>(data), size);
  }
  std::string text;
};

}  // namespace

struct XmlDocument::State {
  pugi::xml_document document;
  std::vector<pugi::xml_node> images;  // by index - 1
};

XmlDocument::XmlDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;
XmlDocument::~XmlDocument() = default;

Result<std::string> DecodeXml(ByteView stored) {
  if (stored.size() < 2 || LoadLe<std::uint16_t>(stored.data()) != 0xFEFF) {
    return Fail(Code::kCorrupt, "the XML data does not begin with a byte order mark");
  }
  return Utf16LeToUtf8(stored.subspan(2));
}

Result<Bytes> EncodeXml(std::string_view xml) {
  WW_TRY(const auto wide, Utf8ToUtf16(xml), "XML data");
  Bytes out;
  out.reserve(2 + wide.size() * 2);
  AppendLe<std::uint16_t>(out, 0xFEFF);
  Append(out, std::as_bytes(std::span(wide)));
  return out;
}

Result<XmlDocument> XmlDocument::Parse(std::string_view utf8, std::uint32_t image_count) {
  auto state = std::make_unique<State>();
  const auto parsed =
      state->document.load_buffer(utf8.data(), utf8.size(), kParse, pugi::encoding_utf8);
  if (!parsed) {
    return Fail(Code::kCorrupt,
                fmt::format("XML data: {} at byte {}", parsed.description(), parsed.offset));
  }
  const auto root = state->document.child("WIM");
  if (!root) return Fail(Code::kCorrupt, "XML data without a WIM element");
  std::vector<pugi::xml_node> found;
  for (const auto image : root.children("IMAGE")) found.push_back(image);
  if (found.size() != image_count) {
    return Fail(Code::kCorrupt,
                fmt::format("XML data of {} images, the header has {}", found.size(), image_count));
  }
  state->images.resize(found.size());
  for (const auto& image : found) {
    const auto index = image.attribute("INDEX").as_uint(0);
    if (index < 1 || index > image_count || state->images[index - 1]) {
      return Fail(Code::kCorrupt,
                  fmt::format("XML data with image index {} of {}", index, image_count));
    }
    state->images[index - 1] = image;
  }
  return XmlDocument(std::move(state));
}

std::vector<ImageInfo> XmlDocument::Images() const {
  std::vector<ImageInfo> out;
  for (const auto& image : state_->images) out.push_back(Read(image));
  return out;
}

bool XmlDocument::HasImageNamed(std::string_view name) const {
  for (const auto& image : state_->images) {
    if (EqualNoCase(Text(image, "NAME"), name)) return true;
  }
  return false;
}

void XmlDocument::AddImage(std::string_view name, FileTime created) {
  auto image = state_->document.child("WIM").append_child("IMAGE");
  state_->images.push_back(image);
  image.append_attribute("INDEX").set_value(static_cast<unsigned>(state_->images.size()));
  SetTime(image, "CREATIONTIME", created);
  SetChild(image, "NAME", std::string(name));
}

Status XmlDocument::SetText(int index, std::string_view path, std::string_view text) {
  if (index < 1 || static_cast<std::size_t>(index) > state_->images.size()) {
    return Fail(Code::kNotFound, fmt::format("no image {}", index));
  }
  auto at = state_->images[static_cast<std::size_t>(index) - 1];
  std::string_view rest = path;
  while (true) {
    const auto end = std::min(rest.find('/'), rest.size());
    const std::string part(rest.substr(0, end));
    constexpr std::string_view kNameCharacters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    if (part.empty() || part.find_first_not_of(kNameCharacters) != std::string::npos) {
      return Fail(Code::kUsage, fmt::format("\"{}\" is no path of an XML element", path));
    }
    at = ChildOrNew(at, part);
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  at.text().set(std::string(text).c_str());
  return {};
}

void XmlDocument::SetCounts(int index, const ImageCounts& counts, FileTime modified) {
  const auto image = state_->images[static_cast<std::size_t>(index) - 1];
  SetChild(image, "DIRCOUNT", std::to_string(counts.directories));
  SetChild(image, "FILECOUNT", std::to_string(counts.files));
  SetChild(image, "TOTALBYTES", std::to_string(counts.total_bytes));
  SetChild(image, "HARDLINKBYTES", std::to_string(counts.hard_link_bytes));
  if (!image.child("CREATIONTIME") || Time(image.child("CREATIONTIME")) == 0) {
    SetTime(image, "CREATIONTIME", modified);
  }
  SetTime(image, "LASTMODIFICATIONTIME", modified);
}

void XmlDocument::SetTotalBytes(std::uint64_t bytes) {
  auto root = state_->document.child("WIM");
  auto element = root.child("TOTALBYTES");
  if (!element) element = root.prepend_child("TOTALBYTES");
  element.text().set(std::to_string(bytes).c_str());
}

std::string XmlDocument::ToText() const {
  StringWriter out;
  state_->document.save(out, "", pugi::format_raw | pugi::format_no_declaration,
                        pugi::encoding_utf8);
  return std::move(out.text);
}

}  // namespace ww::wim
