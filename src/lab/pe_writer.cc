#include "pe_writer.h"

#include <algorithm>
#include <string>

#include "security.h"
#include "words.h"

namespace ww::lab {
namespace {

constexpr std::uint32_t kHeaders = 0x200;
constexpr std::uint32_t kSection = 0x1000;  // address of .rsrc
constexpr std::uint32_t kTables = 0x58;     // three directories with one entry each, one data entry

std::uint32_t AlignUp(std::uint32_t value, std::uint32_t to) { return (value + to - 1) / to * to; }

// One resource directory with one numbered entry, at `at` of the section.
void PutDirectory(Bytes& section, std::uint32_t at, std::uint32_t id, std::uint32_t target) {
  StoreLe<std::uint16_t>(section.data() + at + 14, 1);  // numbered entries
  StoreLe<std::uint32_t>(section.data() + at + 16, id);
  StoreLe<std::uint32_t>(section.data() + at + 20, target);
}

}  // namespace

Bytes MakeResourceLibrary(std::uint16_t machine, std::uint32_t type, std::uint32_t name,
                          ByteView resource) {
  const auto size = static_cast<std::uint32_t>(resource.size());
  const std::uint32_t raw = AlignUp(kTables + size, 0x200);
  const bool wide = machine == 0x8664;

  Bytes section(raw);
  constexpr std::uint32_t kDirectory = 0x80000000;
  PutDirectory(section, 0, type, kDirectory | 24);
  PutDirectory(section, 24, name, kDirectory | 48);
  PutDirectory(section, 48, 0x409, 72);
  StoreLe<std::uint32_t>(section.data() + 72, kSection + kTables);
  StoreLe<std::uint32_t>(section.data() + 76, size);
  std::copy(resource.begin(), resource.end(), section.begin() + kTables);

  Bytes out(kHeaders + raw);
  std::byte* const p = out.data();
  StoreLe<std::uint16_t>(p, 0x5A4D);
  StoreLe<std::uint32_t>(p + 0x3C, 0x40);
  std::byte* const coff = p + 0x40;
  StoreLe<std::uint32_t>(coff, 0x4550);
  StoreLe<std::uint16_t>(coff + 4, machine);
  StoreLe<std::uint16_t>(coff + 6, 1);
  StoreLe<std::uint16_t>(coff + 20, wide ? 0xF0 : 0xE0);
  StoreLe<std::uint16_t>(coff + 22, wide ? 0x2022 : 0x2102);
  std::byte* const optional = coff + 24;
  StoreLe<std::uint16_t>(optional, wide ? 0x20B : 0x10B);
  StoreLe<std::uint32_t>(optional + 8, raw);
  StoreLe<std::uint32_t>(optional + 32, kSection);
  StoreLe<std::uint32_t>(optional + 36, 0x200);
  StoreLe<std::uint16_t>(optional + 40, 6);
  StoreLe<std::uint16_t>(optional + 48, 6);
  StoreLe<std::uint32_t>(optional + 56, kSection + AlignUp(raw, kSection));
  StoreLe<std::uint32_t>(optional + 60, kHeaders);
  StoreLe<std::uint16_t>(optional + 68, 2);
  const std::uint32_t directories = wide ? 108 : 92;
  StoreLe<std::uint32_t>(optional + directories, 16);
  StoreLe<std::uint32_t>(optional + directories + 4 + 2 * 8, kSection);
  StoreLe<std::uint32_t>(optional + directories + 4 + 2 * 8 + 4, kTables + size);
  std::byte* const header = optional + (wide ? 0xF0 : 0xE0);
  constexpr std::string_view kName = ".rsrc";
  for (std::size_t i = 0; i < kName.size(); ++i) header[i] = static_cast<std::byte>(kName[i]);
  StoreLe<std::uint32_t>(header + 8, kTables + size);
  StoreLe<std::uint32_t>(header + 12, kSection);
  StoreLe<std::uint32_t>(header + 16, raw);
  StoreLe<std::uint32_t>(header + 20, kHeaders);
  StoreLe<std::uint32_t>(header + 36, 0x40000040);  // initialised data, readable
  std::copy(section.begin(), section.end(), out.begin() + kHeaders);
  return out;
}

Bytes LabBaseManifest() {
  constexpr std::size_t kSize = 9066;  // of every genuine one (windows-servicing.md 6.2)
  std::string text =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<assembly "
      "xmlns=\"urn:schemas-microsoft-com:asm.v3\" manifestVersion=\"1.0\" copyright=\"wimwright "
      "lab\">\n  <assemblyIdentity name=\"Microsoft-Windows-\" version=\"10.0.14393.0\" "
      "processorArchitecture=\"x86\" language=\"neutral\" buildType=\"release\" "
      "publicKeyToken=\"31bf3856ad364e35\" versionScope=\"nonSxS\" />\n  <deployment />\n  "
      "<dependency discoverable=\"false\">\n    <dependentAssembly dependencyType=\"install\">\n"
      "    </dependentAssembly>\n  </dependency>\n  <file name=\".dll\" "
      "destinationPath=\"$(runtime.system32)\\\" sourceName=\"\" "
      "importPath=\"$(build.nttree)\\\">\n    <securityDescriptor "
      "name=\"WRP_FILE_DEFAULT_SDDL\" />\n    <asmv2:hash "
      "xmlns:asmv2=\"urn:schemas-microsoft-com:asm.v2\" "
      "xmlns:dsig=\"http://www.w3.org/2000/09/xmldsig#\"><dsig:Transforms><dsig:Transform "
      "Algorithm=\"urn:schemas-microsoft-com:HashTransforms.Identity\" "
      "/></dsig:Transforms><dsig:DigestMethod "
      "Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha256\" "
      "/><dsig:DigestValue>=</dsig:DigestValue></asmv2:hash>\n  </file>\n  <registryKeys>\n    "
      "<registryKey keyName=\"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows "
      "NT\\CurrentVersion\\\">\n      <registryValue name=\"\" valueType=\"REG_DWORD\" "
      "value=\"0x00000001\" />\n      <securityDescriptor name=\"WRP_REGKEY_DEFAULT_SDDL\" />\n "
      "   </registryKey>\n  </registryKeys>\n  <trustInfo>\n    <security>\n      "
      "<accessControl>\n      <securityDescriptorDefinitions>\n        "
      "<securityDescriptorDefinition name=\"WRP_FILE_DEFAULT_SDDL\" sddl=\"";
  text += kFileSddl;
  text +=
      "\" operationHint=\"replace\" />\n<securityDescriptorDefinition "
      "name=\"WRP_REGKEY_DEFAULT_SDDL\" sddl=\"";
  text += kKeySddl;
  text +=
      "\" operationHint=\"replace\" />\n      </securityDescriptorDefinitions>\n      "
      "</accessControl>\n    </security>\n  </trustInfo>\n";
  for (std::uint64_t i = 0; text.size() < kSize; ++i) {
    text += "<string id=\"" + FamilyWord(i) + "\" value=\"" + std::string(Word(i * 7)) + "\" />\n";
  }
  text.resize(kSize - 11);
  text += "</assembly>";
  return ToBytes(text);
}

}  // namespace ww::lab
