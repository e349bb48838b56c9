#include "skeleton.h"

#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/text.h"
#include "wimwright/wim/image.h"

namespace ww::lab {
namespace {

constexpr std::uint32_t kMountPointTag = 0xA0000003;

struct Entry {
  std::string_view name, short_name;
  std::uint32_t attributes = wim::kAttributeDirectory;
  std::int32_t security_id = 0;
  Sha1Digest hash{};
  std::uint32_t reparse_tag = 0;
  std::string_view stream_name;  // empty: no named stream
  Sha1Digest stream_hash{};
  int parent = -1;
};

Bytes Utf16(std::string_view text) {
  const auto bytes = Utf8ToUtf16Le(text);
  return bytes ? *bytes : Bytes();
}

void Align(Bytes& out) { out.resize((out.size() + 7) / 8 * 8); }

// The entry and its named streams; the subdirectory offset is filled in later, at byte 16.
Bytes Serialise(const Entry& entry, FileTime time) {
  const Bytes name = Utf16(entry.name);
  const Bytes short_name = Utf16(entry.short_name);
  const bool has_stream = !entry.stream_name.empty();
  Bytes out(102);
  StoreLe<std::uint32_t>(out.data() + 8, entry.attributes);
  StoreLe<std::int32_t>(out.data() + 12, entry.security_id);
  StoreLe<std::uint64_t>(out.data() + 40, time);
  StoreLe<std::uint64_t>(out.data() + 48, time);
  StoreLe<std::uint64_t>(out.data() + 56, time);
  // With named streams the unnamed one is listed among them.
  if (!has_stream) std::copy(entry.hash.begin(), entry.hash.end(), out.begin() + 64);
  StoreLe<std::uint32_t>(out.data() + 88, entry.reparse_tag);
  StoreLe<std::uint16_t>(out.data() + 96, has_stream ? 2 : 0);
  StoreLe<std::uint16_t>(out.data() + 98, static_cast<std::uint16_t>(short_name.size()));
  StoreLe<std::uint16_t>(out.data() + 100, static_cast<std::uint16_t>(name.size()));
  Append(out, name);
  if (!name.empty()) out.resize(out.size() + 2);
  if (!short_name.empty()) {
    Append(out, short_name);
    out.resize(out.size() + 2);
  }
  Align(out);
  StoreLe<std::uint64_t>(out.data(), out.size());
  if (!has_stream) return out;
  const std::pair<std::string_view, const Sha1Digest*> streams[] = {
      {"", &entry.hash}, {entry.stream_name, &entry.stream_hash}};
  for (const auto& [stream_name, hash] : streams) {
    Bytes stream(38);
    const Bytes text = Utf16(stream_name);
    std::copy(hash->begin(), hash->end(), stream.begin() + 16);
    StoreLe<std::uint16_t>(stream.data() + 36, static_cast<std::uint16_t>(text.size()));
    Append(stream, text);
    if (!text.empty()) stream.resize(stream.size() + 2);
    Align(stream);
    StoreLe<std::uint64_t>(stream.data(), stream.size());
    Append(out, stream);
  }
  return out;
}

}  // namespace

Bytes SkeletonMetadata(const SkeletonContent& content, ByteView directory_security,
                       ByteView file_security, FileTime time) {
  const std::vector<Entry> entries = {
      {"", ""},
      {"Documents and Settings",
       "DOCUME~1",
       wim::kAttributeDirectory | wim::kAttributeReparsePoint | wim::kAttributeHidden |
           wim::kAttributeSystem,
       0,
       content.junction,
       kMountPointTag,
       "",
       {},
       0},
      {"Program Files",
       "PROGRA~1",
       wim::kAttributeDirectory | wim::kAttributeReadOnly,
       0,
       {},
       0,
       "",
       {},
       0},
      {"ProgramData",
       "PROGRA~3",
       wim::kAttributeDirectory | wim::kAttributeHidden,
       0,
       {},
       0,
       "",
       {},
       0},
      {"Users", "", wim::kAttributeDirectory, 0, {}, 0, "", {}, 0},
      {"Lab notes.txt", "LABNOT~1.TXT", wim::kAttributeArchive, 1, content.notes, 0,
       "Zone.Identifier", content.notes_zone, 3},
  };
  // Security data: sizes, then descriptors.
  Bytes out(8 + 2 * 8);
  StoreLe<std::uint32_t>(out.data() + 4, 2);
  StoreLe<std::uint64_t>(out.data() + 8, directory_security.size());
  StoreLe<std::uint64_t>(out.data() + 16, file_security.size());
  Append(out, directory_security);
  Append(out, file_security);
  Align(out);
  StoreLe<std::uint32_t>(out.data(), static_cast<std::uint32_t>(out.size()));
  // Directories one after the other, each list ended by a zero length.
  std::vector<std::size_t> offsets(entries.size());
  const auto append_list = [&](int parent) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].parent != parent) continue;
      offsets[i] = out.size();
      Append(out, Serialise(entries[i], time));
    }
    out.resize(out.size() + 8);
  };
  append_list(-1);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint32_t kind =
        entries[i].attributes & (wim::kAttributeDirectory | wim::kAttributeReparsePoint);
    if (kind != wim::kAttributeDirectory) continue;
    StoreLe<std::uint64_t>(out.data() + offsets[i] + 16, out.size());
    append_list(static_cast<int>(i));
  }
  return out;
}

Bytes JunctionData(std::string_view target, std::string_view shown) {
  const Bytes substitute = Utf16(target);
  const Bytes print = Utf16(shown);
  Bytes out(8);
  StoreLe<std::uint16_t>(out.data() + 2, static_cast<std::uint16_t>(substitute.size()));
  StoreLe<std::uint16_t>(out.data() + 4, static_cast<std::uint16_t>(substitute.size() + 2));
  StoreLe<std::uint16_t>(out.data() + 6, static_cast<std::uint16_t>(print.size()));
  Append(out, substitute);
  out.resize(out.size() + 2);
  Append(out, print);
  out.resize(out.size() + 2);
  return out;
}

}  // namespace ww::lab
