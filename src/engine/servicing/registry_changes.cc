#include "registry_changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "wimwright/cbs/hive_storage.h"
#include "wimwright/cbs/hresult.h"

namespace ww::servicing {
namespace {

using cbs::RegistryChange;
using cbs::RegistryChangeView;

class RegistryEditor {
 public:
  explicit RegistryEditor(hive::Hive& hive) : hive_(hive) {}

  Status Apply(const RegistryChangeView& change) {
    switch (change.kind) {
      case RegistryChange::Kind::kSetValue:
        return SetValue(change, true);
      case RegistryChange::Kind::kSetIfMissing:
        return SetValue(change, false);
      case RegistryChange::Kind::kCreateKey:
        return CreateKey(change);
      case RegistryChange::Kind::kDeleteValue:
        return DeleteValue(change);
      case RegistryChange::Kind::kDeleteSubkeys:
        return DeleteSubkeys(change);
      case RegistryChange::Kind::kDeleteKey:
        return DeleteKey(change);
    }
    return Fail(Code::kInternal, "the plan holds an unknown kind of change");
  }

 private:
  Status SetValue(const RegistryChangeView& change, bool replace) {
    WW_TRY(const auto key, EnsureKey(change.key), "creating the key");
    WW_TRY(const auto old, hive_.GetValue(key, change.name), "reading the old value");
    if (old && (!replace || change.HasValue(*old))) return {};
    return hive_.SetValue(key, change.name, change.value());
  }

  Status CreateKey(const RegistryChangeView& change) {
    WW_TRY(const auto old, hive_.FindPath(hive_.root(), change.key), "looking for the key");
    if (old) return {};
    WW_TRY(const auto key, EnsureKey(change.key), "creating the key");
    if (change.security_descriptor.empty()) return {};
    return hive_.SetSecurityDescriptor(key, change.security_descriptor);
  }

  Status DeleteValue(const RegistryChangeView& change) {
    WW_TRY(const auto key, hive_.FindPath(hive_.root(), change.key), "looking for the key");
    if (!key) return {};
    WW_TRY_STATUS(hive_.DeleteValue(*key, change.name), "deleting the value");
    return {};
  }

  Status DeleteSubkeys(const RegistryChangeView& change) {
    last_path_.clear();
    WW_TRY(const auto key, hive_.FindPath(hive_.root(), change.key), "looking for the key");
    if (!key) return {};
    return hive_.DeleteSubkeys(*key);
  }

  Status DeleteKey(const RegistryChangeView& change) {
    last_path_.clear();
    const auto slash = change.key.rfind('\\');
    const bool top = slash == std::string_view::npos;
    WW_TRY(const auto parent,
           hive_.FindPath(hive_.root(), top ? std::string_view() : change.key.substr(0, slash)),
           "looking for the key");
    if (!parent) return {};
    const auto name = top ? change.key : change.key.substr(slash + 1);
    WW_TRY(const auto key, hive_.FindSubkey(*parent, name), "looking for the key");
    return key ? hive_.DeleteTree(*parent, name) : Status();
  }

  // Changes come many to a key; ids stay valid until the key is deleted.
  Result<hive::KeyId> EnsureKey(std::string_view path) {
    if (!last_path_.empty() && last_path_ == path) return last_;
    WW_TRY(last_, hive_.EnsurePath(hive_.root(), path), "creating the key");
    last_path_ = path;
    return last_;
  }

  hive::Hive& hive_;
  std::string last_path_;
  hive::KeyId last_{};
};

}  // namespace

std::vector<std::uint32_t> PagesToChunks(std::span<const std::uint32_t> pages,
                                         std::uint32_t chunk_size, std::uint64_t size) {
  std::vector<std::uint32_t> out;
  for (const std::uint32_t page : pages) {
    const auto begin = std::uint64_t{page} * hive::kPageSize;
    if (begin >= size) break;
    const auto end = std::min<std::uint64_t>(begin + hive::kPageSize, size);
    const auto first = begin / chunk_size;
    const auto last = (end - 1) / chunk_size;
    for (auto chunk = first; chunk <= last; ++chunk) {
      const auto number = static_cast<std::uint32_t>(chunk);
      if (out.empty() || out.back() < number) out.push_back(number);
    }
  }
  return out;
}

Status ApplyRegistryChanges(hive::Hive& hive, cbs::HiveKind kind, const RegistryChanges& changes) {
  RegistryEditor editor(hive);
  for (const auto change : changes) {
    if (change.hive != kind) continue;
    WW_TRY_STATUS(editor.Apply(change),
                  fmt::format("{}\\{}, value '{}'", cbs::HiveName(kind), change.key, change.name));
  }
  return {};
}

Status HiveEditor::Edit(wim::Image& image, const std::shared_ptr<const RegistryChanges>& changes) {
  for (const auto kind : cbs::kAllHives) {
    const bool touched = std::any_of(changes->begin(), changes->end(),
                                     [kind](const auto& change) { return change.hive == kind; });
    if (!touched) continue;
    WW_RETURN_IF_ERROR(context_.cancel.Check());
    const auto node = image.Find(cbs::HiveImagePath(kind));
    if (!node) {
      return Fail(Error{Code::kNotFound,
                        fmt::format("the image has no {}", cbs::HiveImagePath(kind)),
                        "Service a complete Windows image.", cbs::kNotSupported});
    }
    const auto base = image.hash(*node);
    const auto key = std::make_tuple(kind, base, changes.get());
    auto known = known_.find(key);
    if (known == known_.end()) {
      WW_TRY(const auto edited, EditOne(image, kind, base, *changes), cbs::HiveName(kind));
      known = known_.emplace(key, edited).first;
    }
    const auto& edited = known->second;
    if (edited.sha1 == base) continue;
    WW_TRY_STATUS(image.SetContent(*node, edited.sha1, edited.size), cbs::HiveName(kind));
    WW_TRY_STATUS(
        image.SetTimes(*node, image.creation_time(*node), image.last_access_time(*node), now_),
        cbs::HiveName(kind));
  }
  return {};
}

Result<HiveEditor::Edited> HiveEditor::EditOne(const wim::Image& image, cbs::HiveKind kind,
                                               const Sha1Digest& base,
                                               const RegistryChanges& changes) {
  WW_TRY(auto hive, Open(image, kind, base), "opening");
  hive.SetTime(now_);
  WW_RETURN_IF_ERROR(ApplyRegistryChanges(hive, kind, changes));
  WW_TRY_STATUS(hive.Finish(), "finishing");
  Edited out{base, hive.size()};
  if (!hive.modified()) return out;
  const auto pages = hive.dirty_pages();
  const auto chunks = PagesToChunks(pages, editor_.chunk_size(), hive.size());
  context_.log.Debug("CBS", "{}: {} of {} pages changed", cbs::HiveName(kind), pages.size(),
                     hive.size() / hive::kPageSize);
  const auto announced = editor_.BlobSize(base).value_or(0);  // growth was not: do not report it
  const auto read = [&](std::uint64_t offset, MutableByteView bytes) -> Status {
    WW_RETURN_IF_ERROR(context_.cancel.Check());
    WW_RETURN_IF_ERROR(hive.ReadAt(offset, bytes));
    const auto left = offset < announced ? announced - offset : 0;
    context_.progress.Advance(std::min<std::uint64_t>(bytes.size(), left));
    return {};
  };
  WW_TRY(out.sha1, editor_.AddEdited(base, hive.size(), chunks, read), "storing");
  added_.push_back(out.sha1);
  return out;
}

// Logs are read only for a hive that needs them: they are as large as the hive's last burst of
// changes.
Result<hive::Hive> HiveEditor::Open(const wim::Image& image, cbs::HiveKind kind,
                                    const Sha1Digest& base) {
  WW_TRY(auto reader, editor_.OpenBlob(base), "reading");
  auto hive = hive::Hive::Open(cbs::MakeHiveStorage(std::move(reader)));
  if (hive || hive.error().code != Code::kUnsupported) return hive;
  constexpr std::uint64_t kMaxLog = 256u << 20;
  const auto read_log = [&](std::string_view suffix) -> Result<Bytes> {
    const auto node = image.Find(std::string(cbs::HiveImagePath(kind)) + std::string(suffix));
    if (!node || image.hash(*node) == Sha1Digest{}) return Bytes();
    WW_TRY(auto log, editor_.OpenBlob(image.hash(*node)), "reading the transaction log");
    if (log->size() > kMaxLog) return Fail(Code::kLimit, "a transaction log is too large");
    Bytes out(static_cast<std::size_t>(log->size()));
    WW_TRY_STATUS(log->ReadAt(0, out), "reading the transaction log");
    return out;
  };
  hive::OpenOptions options;
  WW_TRY(options.log1, read_log(".LOG1"), "LOG1");
  WW_TRY(options.log2, read_log(".LOG2"), "LOG2");
  if (options.log1.empty()) {
    WW_TRY(options.log1, read_log(".LOG"), "LOG");
  }
  WW_TRY(auto again, editor_.OpenBlob(base), "reading");
  return hive::Hive::Open(cbs::MakeHiveStorage(std::move(again)), std::move(options));
}

}  // namespace ww::servicing
