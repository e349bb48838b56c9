#include "wimwright/hive/hive.h"

#include <fmt/format.h>

#include <algorithm>

#include "hive_impl.h"
#include "log_replay.h"
#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

constexpr std::uint64_t kLargestFile = 0xFFFFFFFF;
constexpr std::size_t kLargestDescriptor = 0x20000;

std::uint32_t Offset(KeyId key) { return static_cast<std::uint32_t>(key); }

Result<std::u16string> Name(std::string_view utf8) {
  auto name = Utf8ToUtf16(utf8);
  if (!name) return Fail(Code::kUsage, "registry name: " + name.error().message);
  return *std::move(name);
}

// The parts of "A\B\C". None for "".
Result<std::vector<std::u16string>> SplitPath(std::string_view path) {
  std::vector<std::u16string> parts;
  if (path.empty()) return parts;
  WW_TRY(const auto text, Name(path), "path");
  for (std::u16string_view rest = text;;) {
    const auto end = std::min(rest.find(u'\\'), rest.size());
    if (end == 0 || end > kMaxKeyName) {
      return Fail(Code::kUsage, fmt::format("'{}' has an empty or too long part", path));
    }
    parts.emplace_back(rest.substr(0, end));
    if (end == rest.size()) return parts;
    rest.remove_prefix(end + 1);
  }
}

Result<std::u16string> ValueName(std::string_view utf8) {
  WW_TRY(auto name, Name(utf8), "value");
  if (name.size() > kMaxValueName)
    return Fail(Code::kUsage, "a value name of more than 16383 characters");
  return name;
}

}  // namespace

Hive::Hive(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Hive::Hive(Hive&&) noexcept = default;
Hive& Hive::operator=(Hive&&) noexcept = default;
Hive::~Hive() = default;

Result<Hive> Hive::Open(std::unique_ptr<Storage> storage, OpenOptions options) {
  if (storage->size() > kLargestFile) return Fail(Code::kLimit, "a hive of more than 4 GiB");
  auto file = std::make_unique<PagedFile>(std::move(storage), options.cache_bytes);
  BaseBlock block;
  if (file->size() < kBlock + kBlock) return Fail(Code::kCorrupt, "too small for a registry hive");
  WW_TRY_STATUS(file->Read(0, block.raw), "base block");
  if (!block.has_signature())
    return Fail(Code::kCorrupt, "not a registry hive (no regf signature)");
  bool replayed = false;
  if (!block.checksum_is_right() || !block.sequence_is_even()) {
    WW_TRY(replayed, ReplayLogs(*file, block, options.log1, options.log2),
           "replaying the hive's logs");
    if (!replayed) {
      return Fail(
          Error{Code::kUnsupported,
                "the hive is dirty: changes to it are still in its transaction logs, and no log "
                "that fits was given",
                "start the system once and shut it down, or supply its .LOG1 and .LOG2", 0});
    }
  }
  WW_RETURN_IF_ERROR(block.Validate(file->size()));
  auto impl = std::make_unique<Impl>(std::move(file), block);
  impl->root = block.Get<std::uint32_t>(base::kRootCell);
  impl->now = block.Get<FileTime>(base::kTimestamp);
  impl->replayed = replayed;
  impl->finished = impl->file->changes();
  impl->cells.set_root(impl->root);
  WW_TRY_STATUS(ReadKey(impl->cells, impl->root).map([](const auto&) {}), "root key");
  return Hive(std::move(impl));
}

bool Hive::was_replayed() const { return impl_->replayed; }
std::uint32_t Hive::minor_version() const { return impl_->block.minor(); }
KeyId Hive::root() const { return KeyId{impl_->root}; }

// ---- reading ----

Result<std::optional<KeyId>> Hive::FindSubkey(KeyId parent, std::string_view name) {
  WW_TRY(const auto wide, Name(name), "subkey");
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(parent)), "key");
  WW_TRY(const auto found, impl_->subkeys.Find(node, FoldCase(wide)), "subkeys");
  if (!found) return std::nullopt;
  return KeyId{*found};
}

Result<std::optional<KeyId>> Hive::FindPath(KeyId from, std::string_view path) {
  WW_TRY(const auto parts, SplitPath(path), "path");
  auto at = Offset(from);
  for (const auto& part : parts) {
    WW_TRY(const auto node, ReadKey(impl_->cells, at), "key");
    WW_TRY(const auto found, impl_->subkeys.Find(node, FoldCase(part)), path);
    if (!found) return std::nullopt;
    at = *found;
  }
  return KeyId{at};
}

Result<KeyInfo> Hive::Info(KeyId key) {
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  WW_TRY(const auto name, ReadKeyName(impl_->cells, node), "key");
  KeyInfo info;
  info.name = DecodeUtf8(name.view());
  info.last_written = node.last_written;
  info.subkeys = node.subkeys;
  info.values = node.values;
  info.flags = node.flags;
  WW_TRY(info.class_name, ReadClassName(impl_->cells, node), "key");
  return info;
}

Result<std::optional<KeyId>> Hive::Parent(KeyId key) {
  if (key == root()) return std::nullopt;
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  return KeyId{node.parent};
}

Status Hive::ForEachSubkey(KeyId key, const std::function<Status(KeyId, std::string_view)>& visit) {
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  WW_TRY(const auto children, impl_->subkeys.All(node), "subkeys");
  for (const auto child : children) {
    WW_TRY(const auto below, ReadSubkey(impl_->cells, Offset(key), child), "subkey");
    WW_TRY(const auto name, ReadKeyName(impl_->cells, below), "subkey");
    WW_RETURN_IF_ERROR(visit(KeyId{child}, DecodeUtf8(name.view())));
  }
  return {};
}

Status Hive::ForEachValue(
    KeyId key, const std::function<Status(std::string_view, std::uint32_t, std::uint32_t)>& visit) {
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  WW_TRY(const auto list, impl_->values.List(node), "values");
  Bytes buffer;
  for (const auto offset : list) {
    WW_TRY(const auto value, impl_->values.Read(offset), "value");
    WW_TRY(const auto name, impl_->values.ReadName(value, buffer), "value");
    WW_RETURN_IF_ERROR(visit(DecodeUtf8(name), value.type, value.size));
  }
  return {};
}

Status Hive::ForEachValueData(KeyId key,
                              const std::function<Status(std::string_view, Value)>& visit) {
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  WW_TRY(const auto list, impl_->values.List(node), "values");
  Bytes buffer;
  std::uint64_t total = 0;
  for (const auto offset : list) {
    WW_TRY(const auto value, impl_->values.Read(offset), "value");
    total += value.size;
    // Only values that share their data can have more than the hive.
    if (total > impl_->cells.bins_size() + std::uint64_t{4} * list.size()) {
      return Fail(Code::kCorrupt, "the values of a key are larger than their hive");
    }
    WW_TRY(const auto name, impl_->values.ReadName(value, buffer), "value");
    const std::string text = DecodeUtf8(name);
    WW_TRY(auto data, impl_->values.ReadData(value), text);
    WW_RETURN_IF_ERROR(visit(text, Value{value.type, std::move(data)}));
  }
  return {};
}

Result<std::optional<Value>> Hive::GetValue(KeyId key, std::string_view name) {
  WW_TRY(const auto wide, ValueName(name), "value");
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  WW_TRY(const auto found, impl_->values.Find(node, FoldCase(wide)), "value");
  if (!found) return std::nullopt;
  WW_TRY(const auto value, impl_->values.Read(*found), name);
  WW_TRY(auto data, impl_->values.ReadData(value), name);
  return Value{value.type, std::move(data)};
}

Result<Bytes> Hive::SecurityDescriptor(KeyId key) {
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  WW_TRY(const auto cell, impl_->security.Read(node.security), "security");
  return impl_->security.Descriptor(cell);
}

// ---- editing ----

void Hive::SetTime(FileTime now) { impl_->now = now; }

Result<KeyId> Hive::EnsurePath(KeyId from, std::string_view path) {
  WW_TRY(const auto parts, SplitPath(path), "path");
  auto at = Offset(from);
  std::size_t known = 0;
  for (; known < parts.size(); ++known) {
    WW_TRY(const auto node, ReadKey(impl_->cells, at), "key");
    WW_TRY(const auto found, impl_->subkeys.Find(node, FoldCase(parts[known])), path);
    if (!found) break;
    at = *found;
  }
  if (known == parts.size()) return KeyId{at};
  WW_TRY(const auto depth, impl_->Depth(at), path);
  if (depth + (parts.size() - known) > kMaxDepth) {
    return Fail(Code::kLimit, fmt::format("a key may lie {} levels deep at most", kMaxDepth));
  }
  for (; known < parts.size(); ++known) {
    WW_TRY(at, impl_->Change([&] { return impl_->Create(at, parts[known]); }), path);
  }
  return KeyId{at};
}

Status Hive::SetValue(KeyId key, std::string_view name, const Value& value) {
  WW_TRY(const auto wide, ValueName(name), "value");
  WW_RETURN_IF_ERROR(impl_->values.CheckSize(value.data.size()));
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  if ((node.flags & nk::kPredefinedHandle) != 0) {
    return Fail(Code::kUnsupported, "a key that stands for a handle has no values");
  }
  return impl_->Change([&]() -> Status {
    WW_TRY(const bool changed, impl_->values.Set(node, wide, value), name);
    return changed ? impl_->Stamp(Offset(key)) : Status();
  });
}

Result<bool> Hive::DeleteValue(KeyId key, std::string_view name) {
  WW_TRY(const auto wide, ValueName(name), "value");
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(key)), "key");
  return impl_->Change([&]() -> Result<bool> {
    WW_TRY(const bool deleted, impl_->values.Delete(node, FoldCase(wide)), name);
    if (deleted) WW_RETURN_IF_ERROR(impl_->Stamp(Offset(key)));
    return deleted;
  });
}

Status Hive::DeleteTree(KeyId parent, std::string_view name) {
  WW_TRY(const auto wide, Name(name), "subkey");
  WW_TRY(const auto node, ReadKey(impl_->cells, Offset(parent)), "key");
  const auto folded = FoldCase(wide);
  WW_TRY(const auto child, impl_->subkeys.Find(node, folded), name);
  if (!child) return Fail(Code::kNotFound, fmt::format("no subkey '{}'", name));
  return impl_->Change([&] { return impl_->Delete(Offset(parent), *child, folded); });
}

Status Hive::DeleteSubkeys(KeyId key) {
  return impl_->Change([&] { return impl_->DeleteAll(Offset(key)); });
}

Status Hive::SetSecurityDescriptor(KeyId key, ByteView descriptor) {
  if (descriptor.empty() || descriptor.size() > kLargestDescriptor) {
    return Fail(Code::kUsage, "a security descriptor of no or too many bytes");
  }
  return impl_->Change([&] { return impl_->SetDescriptor(Offset(key), descriptor); });
}

Status Hive::Finish() {
  if (impl_->failure) return Fail(*impl_->failure);
  if (impl_->file->changes() == impl_->finished) return {};
  WW_RETURN_IF_ERROR(impl_->Change([&] { return impl_->subkeys.Flush(); }));
  WW_RETURN_IF_ERROR(impl_->Change([&] { return impl_->WriteBaseBlock(); }));
  impl_->finished = impl_->file->changes();
  return {};
}

// ---- the result ----

std::uint64_t Hive::size() const { return impl_->file->size(); }
Status Hive::ReadAt(std::uint64_t offset, MutableByteView out) {
  return impl_->file->Read(offset, out);
}
std::vector<std::uint32_t> Hive::dirty_pages() const { return impl_->file->DirtyPages(); }
bool Hive::modified() const { return impl_->file->changes() != 0; }

Result<Bytes> Hive::ToBytes() {
  WW_RETURN_IF_ERROR(Finish());
  Bytes bytes(static_cast<std::size_t>(size()));
  WW_RETURN_IF_ERROR(ReadAt(0, bytes));
  return bytes;
}

}  // namespace ww::hive
