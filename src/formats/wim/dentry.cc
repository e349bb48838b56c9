#include "dentry.h"

#include <fmt/format.h>

#include "wimwright/wim/image.h"

namespace ww::wim {
namespace {

Sha1Digest LoadHash(const std::byte* at) {
  Sha1Digest hash;
  std::memcpy(hash.data(), at, hash.size());
  return hash;
}

Result<std::size_t> CheckStream(ByteView rest) {
  if (rest.size() < dentry::kStreamName) return Fail(Code::kCorrupt, "a truncated stream entry");
  const auto length = LoadLe<std::uint64_t>(rest.data());
  const std::size_t name = LoadLe<std::uint16_t>(rest.data() + dentry::kStreamNameBytes);
  const std::size_t least = dentry::kStreamName + (name == 0 ? 0 : name + 2);
  if (length < least || length > rest.size() || name % 2 != 0) {
    return Fail(Code::kCorrupt,
                fmt::format("a stream entry of {} bytes with a name of {}", length, name));
  }
  return static_cast<std::size_t>(Align8(length));
}

}  // namespace

Sha1Digest StreamView::hash() const { return LoadHash(raw + dentry::kStreamHash); }
void StreamView::set_hash(const Sha1Digest& hash) const {
  std::memcpy(raw + dentry::kStreamHash, hash.data(), hash.size());
}
ByteView StreamView::name() const {
  return {raw + dentry::kStreamName, LoadLe<std::uint16_t>(raw + dentry::kStreamNameBytes)};
}
bool StreamView::named() const {
  return LoadLe<std::uint16_t>(raw + dentry::kStreamNameBytes) != 0;
}

bool Dentry::container() const { return (attributes() & kAttributeDirectory) != 0; }
bool Dentry::reparse_point() const { return (attributes() & kAttributeReparsePoint) != 0; }

std::uint64_t Dentry::link_group() const {
  return container() || reparse_point() ? 0 : Get<std::uint64_t>(dentry::kLinkGroup);
}

ByteView Dentry::short_name() const {
  const auto name = name_units() * 2;
  return {raw_ + dentry::kName + (name == 0 ? 0 : name + 2),
          Get<std::uint16_t>(dentry::kShortNameBytes)};
}

ByteView Dentry::tagged_items() const {
  const auto begin = static_cast<std::size_t>(
      Align8(NamesEnd(name().size(), Get<std::uint16_t>(dentry::kShortNameBytes))));
  if (begin >= length()) return {};
  return {raw_ + begin, length() - begin};
}

Sha1Digest Dentry::default_hash() const { return LoadHash(raw_ + dentry::kHash); }
void Dentry::set_default_hash(const Sha1Digest& hash) const {
  std::memcpy(raw_ + dentry::kHash, hash.data(), hash.size());
}

std::size_t Dentry::stored_size() const {
  auto size = static_cast<std::size_t>(Align8(length()));
  ForEachStream([&size](const StreamView& stream) {
    size += static_cast<std::size_t>(Align8(LoadLe<std::uint64_t>(stream.raw)));
  });
  return size;
}

Sha1Digest Dentry::reparse_hash() const {
  if (!reparse_point()) return {};
  const auto first = default_hash();
  if (first != Sha1Digest{}) return first;
  std::optional<Sha1Digest> found;
  ForEachStream([&found](const StreamView& stream) {
    if (!found && !stream.named()) found = stream.hash();
  });
  return found.value_or(Sha1Digest{});
}

Sha1Digest Dentry::content_hash() const {
  const auto first = default_hash();
  const bool has_first = first != Sha1Digest{};
  if (has_first && !reparse_point()) return first;
  std::size_t skip = reparse_point() && !has_first ? 1 : 0;
  std::optional<Sha1Digest> found;
  ForEachStream([&](const StreamView& stream) {
    if (found || stream.named()) return;
    if (skip > 0) {
      --skip;
    } else {
      found = stream.hash();
    }
  });
  return found.value_or(Sha1Digest{});
}

void Dentry::set_content_hash(const Sha1Digest& hash) const {
  if (default_hash() == Sha1Digest{}) {
    bool done = false;
    ForEachStream([&](const StreamView& stream) {
      if (done || stream.named()) return;
      stream.set_hash(hash);
      done = true;
    });
    if (done) return;
  }
  set_default_hash(hash);
}

std::size_t NamesEnd(std::size_t name_bytes, std::size_t short_name_bytes) {
  return dentry::kName + (name_bytes == 0 ? 0 : name_bytes + 2) +
         (short_name_bytes == 0 ? 0 : short_name_bytes + 2);
}

Result<std::size_t> CheckDentry(ByteView bytes) {
  if (bytes.size() < dentry::kName) return Fail(Code::kCorrupt, "a truncated directory entry");
  const auto length = LoadLe<std::uint64_t>(bytes.data());
  const std::size_t name = LoadLe<std::uint16_t>(bytes.data() + dentry::kNameBytes);
  const std::size_t short_name = LoadLe<std::uint16_t>(bytes.data() + dentry::kShortNameBytes);
  if (length > bytes.size() || length < NamesEnd(name, short_name) || name % 2 != 0 ||
      short_name % 2 != 0) {
    return Fail(Code::kCorrupt, fmt::format("a directory entry of {} bytes with names of {} and {}",
                                            length, name, short_name));
  }
  auto size = static_cast<std::size_t>(Align8(length));
  const std::size_t streams = LoadLe<std::uint16_t>(bytes.data() + dentry::kStreamCount);
  for (std::size_t i = 0; i < streams; ++i) {
    WW_TRY(const auto step, CheckStream(bytes.subspan(size)), "a directory entry");
    size += step;
  }
  return size;
}

}  // namespace ww::wim
