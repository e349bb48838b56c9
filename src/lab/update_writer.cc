#include <fmt/format.h>

#include <unordered_map>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"
#include "wimwright/delta/encode.h"
#include "wimwright/lab/cab_writer.h"

namespace ww::lab {
namespace {

constexpr std::uint32_t kMd5Algorithm = 0x8003;  // what genuine intra-package deltas carry

std::string EscapeAttribute(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string HashElement(ByteView bytes) {
  return fmt::format(R"(<Hash alg="SHA1" value="{}"/>)", ToHex(Sha1(bytes)));
}

std::string SourceElement(std::string_view type, std::string_view member, ByteView bytes) {
  return fmt::format(R"(<Source type="{}" name="{}">{}</Source>)", type, EscapeAttribute(member),
                     HashElement(bytes));
}

}  // namespace

Result<std::vector<CabInput>> MakeCixPackage(std::span<const CixInput> files,
                                             std::string_view name) {
  std::unordered_map<std::string, std::size_t> ids;
  for (std::size_t i = 0; i < files.size(); ++i) ids.emplace(files[i].name, i);
  std::vector<CabInput> members(1);  // the index goes first
  std::string list;
  std::size_t delta_number = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& file = files[i];
    std::string delta;
    ByteView base;
    if (file.basis) {
      const auto found = ids.find(*file.basis);
      if (found == ids.end()) return Fail(Code::kNotFound, *file.basis + " is not in the package");
      base = files[found->second].data;
      delta = fmt::format(R"(<Basis file="{}"/>)", found->second);
    }
    CabInput member;
    member.time = file.time;
    if (!file.basis && !file.delta_without_basis) {
      member.name = file.name;
      member.data = file.data;
      delta = SourceElement("RAW", member.name, member.data);
    } else if (!file.basis || AsText(base) != AsText(file.data)) {
      member.name = std::to_string(delta_number++);
      delta::EncodeOptions options;
      options.hash_algorithm = kMd5Algorithm;
      options.target_time = file.time;
      WW_TRY(member.data, delta::Encode(base, file.data, options), file.name);
      delta = SourceElement("PA30", member.name, member.data) + delta;
    }
    if (!member.name.empty()) members.push_back(std::move(member));
    list += fmt::format(
        R"(<File id="{}" name="{}" length="{}" time="{}" attr="32">{}<Delta>{}</Delta></File>)", i,
        EscapeAttribute(file.name), file.data.size(), file.time, HashElement(file.data), delta);
  }
  members[0].name = "_manifest_.cix.xml";
  members[0].data = ToBytes(fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<Container name=\"{}\" type=\"CAB\" "
      "length=\"0\" "
      "version=\"1\" xmlns=\"urn:ContainerIndex\"><Description/><Files>{}</Files></Container>",
      EscapeAttribute(name), list));
  return members;
}

std::vector<CabInput> MsuMembers(MsuContent content) {
  std::vector<CabInput> members = std::move(content.packages);
  CabInput unattend;
  unattend.name = content.stem + ".xml";
  unattend.data = ToBytes(content.unattend_xml);
  members.push_back(std::move(unattend));
  std::string lines;
  for (const auto& [key, value] : content.properties)
    lines += fmt::format("{}=\"{}\"\r\n", key, value);
  CabInput properties;
  properties.name = content.stem + "-pkgProperties.txt";
  properties.data = ToBytes(lines);
  members.push_back(std::move(properties));
  return members;
}

Status WriteMsu(FileSystem& fs, const std::filesystem::path& path, MsuContent content,
                const CabOptions& options) {
  const auto members = MsuMembers(std::move(content));
  return WriteCab(fs, path, members, options);
}

}  // namespace ww::lab
