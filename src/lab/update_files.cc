#include "update_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

constexpr std::uint64_t kPiece = 1 << 18;
// Above this a package goes through a file instead of memory.
constexpr std::uint64_t kInMemory = 64 << 20;

CabInput ToInput(const UpdateMember& member, FileTime time) {
  CabInput input;
  input.name = member.name;
  input.time = time;
  if (member.content.literal()) {
    input.data = member.content.All();
  } else {
    const Content content = member.content;
    input.size = content.size();
    input.read = [content](std::uint64_t offset, MutableByteView out) -> Status {
      content.ReadAt(offset, out);
      return {};
    };
  }
  return input;
}

std::vector<CabInput> ToInputs(const std::vector<UpdateMember>& members, FileTime time) {
  std::vector<CabInput> inputs;
  for (const UpdateMember& member : members) inputs.push_back(ToInput(member, time));
  return inputs;
}

std::string UnattendXml(const UpdateDraft& draft, std::string_view cab_name) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<unattend "
      "xmlns=\"urn:schemas-microsoft-com:unattend\">\r\n  <servicing>\r\n    <package "
      "action=\"install\">\r\n      {}\r\n      <source location=\"%configsetroot%\\{}\" />\r\n    "
      "</package>\r\n  </servicing>\r\n</unattend>\r\n",
      IdentityXml(draft.root.id), cab_name);
}

std::map<std::string, std::string> Properties(const UpdateDraft& draft) {
  const std::string system = draft.root.id.version.ToString();
  return {{"ApplicabilityInfo", "wimwright lab;"},
          {"Applies to", "wimwright lab"},
          {"Build Date", "2018/08/01"},
          {"Company", "wimwright lab"},
          {"File Version", "1"},
          {"Installation Type", "FULL"},
          {"Installer Engine", "Component Based Servicing - WUSA.exe"},
          {"Installer Version", draft.root.stack.empty() ? "6.0.0.0" : draft.root.stack},
          {"KB Article Number", draft.kb.substr(2)},
          {"Language", "ALL"},
          {"Package Type", draft.root.release_type},
          {"Processor Architecture", draft.architecture},
          {"Product Name", "wimwright lab"},
          {"Support Link", "http://support.example.com?kbid=" + draft.kb.substr(2)}};
}

// Every second version of a file against the first one of its name, the rest against manifests: the
// forms that genuine packages show.
std::vector<CixInput> ToCix(const std::vector<UpdateMember>& members, FileTime time) {
  std::vector<CixInput> files;
  std::map<std::string, std::string> first_of_name;
  for (const UpdateMember& member : members) {
    CixInput file;
    file.name = member.name;
    file.data = member.content.All();
    file.time = time;
    const std::size_t slash = member.name.find('\\');
    if (slash != std::string::npos) {
      const std::string base = ToLowerAscii(member.name.substr(slash + 1));
      const auto [known, is_first] = first_of_name.emplace(base, member.name);
      if (!is_first) {
        file.basis = known->second;
      } else if (SeedOf(base) % 4 == 0) {
        file.delta_without_basis = true;
      } else {
        file.basis = "update.mum";
      }
    }
    files.push_back(std::move(file));
  }
  return files;
}

Status WriteFile(FileSystem& fs, const std::filesystem::path& path, const Content& content) {
  WW_TRY(const auto file, fs.CreateNew(path), path.string());
  Bytes piece;
  for (std::uint64_t at = 0; at < content.size(); at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min(kPiece, content.size() - at)));
    content.ReadAt(at, piece);
    WW_RETURN_IF_ERROR(file->WriteAt(at, piece));
  }
  return {};
}

Status WriteFolder(LabContext& lab, const std::filesystem::path& root,
                   const std::vector<UpdateMember>& members) {
  for (const UpdateMember& member : members) {
    std::string relative = member.name;
    std::replace(relative.begin(), relative.end(), '\\', '/');
    const std::filesystem::path path = root / relative;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return Fail(Code::kIo, path.string() + ": " + error.message());
    WW_RETURN_IF_ERROR(WriteFile(lab.fs, path, member.content));
  }
  return {};
}

// Manifests and packages in the first cabinet, payload in the second.
Result<std::vector<CabInput>> CabSet(const std::vector<UpdateMember>& members, FileTime time,
                                     const CabOptions& options) {
  std::vector<CabInput> metadata, payload;
  for (const UpdateMember& member : members) {
    const bool is_payload = member.name.find('\\') != std::string::npos;
    (is_payload ? payload : metadata).push_back(ToInput(member, time));
  }
  std::vector<CabInput> outer(3);
  outer[0].name = "cablist.ini";
  outer[0].data = ToBytes("[CabList]\r\nCab1=Cab1.cab\r\nCab2=Cab2.cab\r\n");
  outer[1].name = "Cab1.cab";
  WW_TRY(outer[1].data, MakeCab(metadata, options), "Cab1.cab");
  outer[2].name = "Cab2.cab";
  WW_TRY(outer[2].data, MakeCab(payload, options), "Cab2.cab");
  for (CabInput& input : outer) input.time = time;
  return outer;
}

Status WriteMsuFile(LabContext& lab, const std::filesystem::path& path, std::string_view stem,
                    const UpdateDraft& draft, const std::vector<CabInput>& inputs,
                    const CabOptions& options, Signing signing) {
  MsuContent content;
  content.stem = stem;
  const std::string cab_name = content.stem + ".cab";
  content.unattend_xml = UnattendXml(draft, cab_name);
  content.properties = Properties(draft);
  std::uint64_t total = 0;
  for (const CabInput& input : inputs)
    total += std::max<std::uint64_t>(input.size, input.data.size());
  CabInput package;
  package.name = cab_name;
  const std::filesystem::path temporary = path.string() + ".cab.tmp";
  if (total > kInMemory) {
    WW_RETURN_IF_ERROR(WriteCab(lab.fs, temporary, inputs, options));
    WW_TRY(package, CabInputFromFile(lab.fs, temporary, cab_name), "package");
  } else {
    WW_TRY(package.data, MakeSignedCab(*lab.signer, signing, inputs, options), "package");
  }
  package.time = ToFileTime(lab.options.now);
  content.packages.push_back(std::move(package));
  // The outer cabinet of a large one is stored: its content does not compress again.
  CabOptions outer;
  outer.compression = total > kInMemory ? CabCompression::kNone : CabCompression::kMszip;
  if (signing != Signing::kNone && total <= kInMemory) {
    WW_TRY(Bytes msu, MakeSignedCab(*lab.signer, signing, MsuMembers(std::move(content)), outer),
           "MSU");
    return WriteFile(lab.fs, path, Content::Literal(std::move(msu)));
  }
  const Status written = WriteMsu(lab.fs, path, std::move(content), outer);
  if (total > kInMemory) {
    if (auto removed = lab.fs.Remove(temporary); written && !removed) return removed;
  }
  return written;
}

}  // namespace

Status WriteUpdateFile(LabContext& lab, std::string_view name, Shape shape,
                       const UpdateDraft& draft, const std::vector<UpdateMember>& members,
                       const CabOptions& options, Signing signing) {
  if (!lab.wanted(name)) return {};
  const std::filesystem::path path = lab.update_path(name);
  const FileTime time = ToFileTime(lab.options.now);
  const std::string stem = path.stem().string();
  switch (shape) {
    case Shape::kMsu:
      WW_TRY_STATUS(WriteMsuFile(lab, path, stem, draft, ToInputs(members, time), options, signing),
                    name);
      break;
    case Shape::kMsuDeltas: {
      WW_TRY(const auto inputs, MakeCixPackage(ToCix(members, time), stem), name);
      WW_TRY_STATUS(WriteMsuFile(lab, path, stem, draft, inputs, options, signing), name);
      break;
    }
    case Shape::kCab:
      if (signing != Signing::kNone) {
        WW_TRY(Bytes cabinet, MakeSignedCab(*lab.signer, signing, ToInputs(members, time), options),
               name);
        WW_TRY_STATUS(WriteFile(lab.fs, path, Content::Literal(std::move(cabinet))), name);
      } else {
        WW_TRY_STATUS(WriteCab(lab.fs, path, ToInputs(members, time), options), name);
      }
      break;
    case Shape::kCabSet: {
      WW_TRY(const auto outer, CabSet(members, time, options), name);
      CabOptions stored;
      stored.compression = CabCompression::kNone;
      WW_TRY_STATUS(WriteCab(lab.fs, path, outer, stored), name);
      break;
    }
    case Shape::kFolder:
      WW_TRY_STATUS(WriteFolder(lab, path, members), name);
      break;
  }
  return lab.FinishedUpdate(name);
}

Status WriteUpdate(LabContext& lab, std::string_view name, Shape shape, const UpdateDraft& draft,
                   const CabOptions& options, Signing signing) {
  if (!lab.wanted(name)) return {};
  WW_TRY(const auto members, MakeMembers(draft, *lab.signer, lab.options.now), name);
  return WriteUpdateFile(lab, name, shape, draft, members, options, signing);
}

Status WriteRawUpdate(LabContext& lab, std::string_view name, ByteView bytes) {
  if (!lab.wanted(name)) return {};
  WW_TRY_STATUS(WriteFile(lab.fs, lab.update_path(name), Content::Literal(ToBytes(bytes))), name);
  return lab.FinishedUpdate(name);
}

}  // namespace ww::lab
