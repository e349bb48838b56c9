#include "wim_support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace ww::wim::test {

namespace stdfs = std::filesystem;

ScratchDir::ScratchDir() {
  std::string pattern = (stdfs::temp_directory_path() / "ww_wim_XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  stdfs::remove_all(path_, ignored);
}

CommandResult Shell(const std::string& command) {
  CommandResult result;
  std::FILE* pipe =
      ::popen(("LC_ALL=C.UTF-8; export LC_ALL; ( " + command + " ) 2>&1").c_str(), "r");
  if (pipe == nullptr) return result;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) != 0;) {
    result.output.append(buffer, n);
  }
  const int status = ::pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

bool HasProgram(const std::string& name) { return Shell("command -v " + name).exit_code == 0; }

std::string Quote(const stdfs::path& path) { return "'" + path.string() + "'"; }

void WriteText(const stdfs::path& path, std::string_view text) {
  stdfs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

Bytes ReadAll(const stdfs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return ToBytes(text);
}

Bytes Compressible(std::size_t size, std::uint32_t seed) {
  Bytes out;
  out.reserve(size + 64);
  std::uint32_t state = seed * 2654435761u + 1;
  while (out.size() < size) {
    state = state * 1664525u + 1013904223u;
    const auto word =
        "word" + std::to_string((state >> 16) % 977) + (state & 0x40000 ? " and " : ", ");
    Append(out, AsBytes(word));
  }
  out.resize(size);
  return out;
}

Bytes Incompressible(std::size_t size, std::uint32_t seed) {
  Bytes out(size);
  std::uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  for (auto& byte : out) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<std::byte>(state >> 24);
  }
  return out;
}

void ExpectRefereesAccept(const stdfs::path& wim) {
  const auto verify = Shell("wimlib-imagex verify " + Quote(wim));
  EXPECT_EQ(verify.exit_code, 0) << verify.output;
  const auto seven = Shell("7z t " + Quote(wim));
  EXPECT_EQ(seven.exit_code, 0) << seven.output;
}

namespace {

void PutName(Bytes& out, const std::u16string& name) {
  if (name.empty()) return;
  for (const auto unit : name) AppendLe<std::uint16_t>(out, unit);
  AppendLe<std::uint16_t>(out, 0);
}

void Pad(Bytes& out) { out.resize((out.size() + 7) / 8 * 8); }

}  // namespace

Bytes Lay(const Entry& entry) {
  Bytes out;
  AppendLe<std::uint64_t>(out, 0);  // the length, below
  AppendLe(out, entry.attributes);
  AppendLe(out, entry.security_id);
  AppendLe(out, entry.subdir_offset);
  AppendLe(out, entry.unused_1);
  AppendLe(out, entry.unused_2);
  for (int i = 0; i < 3; ++i) AppendLe(out, entry.time + static_cast<std::uint64_t>(i));
  Append(out, entry.hash);
  AppendLe(out, entry.unknown_54);
  AppendLe(out, entry.link_group);
  AppendLe(out, static_cast<std::uint16_t>(entry.streams.size()));
  AppendLe(out, static_cast<std::uint16_t>(entry.short_name.size() * 2));
  AppendLe(out, static_cast<std::uint16_t>(entry.name.size() * 2));
  PutName(out, entry.name);
  PutName(out, entry.short_name);
  Pad(out);
  Append(out, entry.tagged);
  StoreLe<std::uint64_t>(out.data(), out.size());
  Pad(out);
  for (const auto& stream : entry.streams) {
    const auto begin = out.size();
    AppendLe<std::uint64_t>(out, 0);
    AppendLe<std::uint64_t>(out, 0);
    Append(out, stream.hash);
    AppendLe(out, static_cast<std::uint16_t>(stream.name.size() * 2));
    PutName(out, stream.name);
    Pad(out);
    StoreLe<std::uint64_t>(out.data() + begin, out.size() - begin);
  }
  return out;
}

MetadataBuilder::MetadataBuilder(const std::vector<Bytes>& descriptors) {
  AppendLe<std::uint32_t>(bytes, 0);
  AppendLe(bytes, static_cast<std::uint32_t>(descriptors.size()));
  for (const auto& descriptor : descriptors) AppendLe<std::uint64_t>(bytes, descriptor.size());
  for (const auto& descriptor : descriptors) Append(bytes, descriptor);
  Pad(bytes);
  StoreLe(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}

std::size_t MetadataBuilder::Add(const Entry& entry) {
  const auto at = bytes.size();
  Append(bytes, Lay(entry));
  return at;
}

void MetadataBuilder::SetSubdir(std::size_t entry_at, std::uint64_t offset) {
  StoreLe(bytes.data() + entry_at + 16, offset);
}

Bytes BuildWim(const std::vector<Bytes>& metadata, const std::vector<Bytes>& blobs) {
  Bytes out(kHeaderSize);
  Bytes table;
  const auto add = [&](const Bytes& content, std::uint8_t flags) {
    ResourceLocation where;
    where.offset = out.size();
    where.size = where.size_in_wim = content.size();
    where.flags = flags;
    Append(out, content);
    const auto at = table.size();
    table.resize(at + 24);
    StoreResourceLocation(where, table.data() + at);
    AppendLe<std::uint16_t>(table, 1);
    AppendLe<std::uint32_t>(table, 1);
    Append(table, Sha1(content));
  };
  for (const auto& blob : blobs) add(blob, 0);
  for (const auto& resource : metadata) add(resource, kResourceMetadata);
  Header header;
  header.image_count = static_cast<std::uint32_t>(metadata.size());
  const auto locate = [&](const Bytes& content) {
    ResourceLocation where;
    where.offset = out.size();
    where.size = where.size_in_wim = content.size();
    where.flags = kResourceMetadata;
    Append(out, content);
    return where;
  };
  header.blob_table = locate(table);
  std::u16string xml = u"\xFEFF<WIM>";
  for (std::size_t i = 1; i <= metadata.size(); ++i) {
    const char16_t digit = static_cast<char16_t>(u'0' + i);
    xml += std::u16string(u"<IMAGE INDEX=\"") + digit + u"\"><NAME>image " + digit +
           u"</NAME></IMAGE>";
  }
  xml += u"</WIM>";
  header.xml = locate(ToBytes(std::as_bytes(std::span(xml))));
  const auto raw = SerialiseHeader(header);
  std::copy(raw.begin(), raw.end(), out.begin());
  return out;
}

}  // namespace ww::wim::test
