#include "servicing_stack.h"

#include <fmt/format.h>

#include "registry_names.h"
#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

constexpr std::uint64_t kMaxPointer = 64u << 10;
constexpr std::string_view kVersionPath = R"(\Windows\servicing\Version)";

std::string ReplaceNoCase(std::string text, std::string_view from, std::string_view to) {
  const auto lower_from = ToLowerAscii(from);
  for (std::size_t at = 0; !from.empty();) {
    at = ToLowerAscii(text).find(lower_from, at);
    if (at == std::string::npos) break;
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

struct Pattern {
  std::string old_version, old_keyform, new_version, new_keyform;

  std::string Apply(std::string text) const {
    return ReplaceNoCase(ReplaceNoCase(std::move(text), old_keyform, new_keyform), old_version,
                         new_version);
  }
};

// Text in either of the encodings Windows uses for such pointers; nothing when it is neither.
std::optional<Bytes> Rewrite(const Bytes& content, const Pattern& pattern) {
  const bool wide = content.size() % 2 == 0 && content.size() >= 4 && content[1] == std::byte{0};
  if (!wide) return ToBytes(pattern.Apply(std::string(AsText(content))));
  const auto text = Utf16LeToUtf8(content);
  if (!text) return std::nullopt;
  const auto back = Utf8ToUtf16Le(pattern.Apply(*text));
  if (!back) return std::nullopt;
  return *back;
}

// Values of one key whose name or data speak of the old stack are repeated for the new one.
Status CopyValues(HiveKind kind, const std::string& key, const Pattern& pattern,
                  VirtualState& state, RegistryWriter& registry) {
  if (!state.image().HasHive(kind)) return {};
  WW_TRY(auto* hive, state.image().Hive(kind), key);
  WW_TRY(const auto id, hive->FindPath(hive->root(), key), key);
  if (!id) return {};
  int values = 0;
  int copied = 0;
  WW_RETURN_IF_ERROR(
      hive->ForEachValueData(*id, [&](std::string_view name, ::ww::hive::Value value) -> Status {
        ++values;
        const auto new_name = pattern.Apply(std::string(name));
        if (new_name == name) return {};
        if (const auto text = ::ww::hive::AsText(value)) {
          const auto moved = pattern.Apply(*text);
          value = value.type == ::ww::hive::kRegExpandSz ? ::ww::hive::MakeExpandSz(moved)
                                                         : ::ww::hive::MakeSz(moved);
        }
        registry.Set(kind, key, new_name, std::move(value));
        ++copied;
        return {};
      }));
  if (values > 0 && copied == 0) {
    return Fail(Error{Code::kUnsupported,
                      fmt::format("the entries of {}\\{} do not name servicing stack {}, so their "
                                  "form cannot be followed",
                                  HiveName(kind), key, pattern.old_version),
                      "Apply the servicing stack update with Windows' own tools.", 0});
  }
  return {};
}

Status CopyPointers(const Pattern& pattern, VirtualState& state, std::vector<FileChange>& files) {
  const auto& image = state.image().image();
  const auto old_path = fmt::format("{}\\{}", kVersionPath, pattern.old_version);
  const auto node = image.Find(old_path);
  if (!node || !image.is_directory(*node)) return {};
  FileChange directory;
  directory.kind = FileChange::Kind::kDirectory;
  directory.path = fmt::format("{}\\{}", kVersionPath, pattern.new_version);
  directory.time = image.last_write_time(*node);
  directory.security_like = old_path;
  files.push_back(directory);
  for (const auto child : image.children(*node)) {
    if (image.is_directory(child)) continue;
    const auto name = image.name(child);
    FileChange change;
    change.kind = FileChange::Kind::kContent;
    change.path = directory.path + "\\" + name;
    Bytes bytes;
    if (image.hash(child) != Sha1Digest{}) {
      WW_TRY(const auto content, state.image().file().ReadBlob(image.hash(child), kMaxPointer),
             old_path);
      auto moved = Rewrite(content, pattern);
      if (!moved) {
        return Fail(Code::kUnsupported,
                    fmt::format("{}\\{} has a form that cannot be followed", old_path, name));
      }
      bytes = std::move(*moved);
    }
    change.content = std::make_shared<const Bytes>(std::move(bytes));
    change.attributes = image.attributes(child);
    change.time = image.last_write_time(child);
    change.security_like = old_path + "\\" + name;
    files.push_back(std::move(change));
  }
  return {};
}

}  // namespace

Status ActivateServicingStack(const PlannedComponent& component, VirtualState& state,
                              RegistryWriter& registry, std::vector<FileChange>& files) {
  if (!component.wins || !EqualNoCaseAscii(component.identity.name, kServicingStackName)) return {};
  const bool native =
      EqualNoCaseAscii(component.identity.architecture, state.image().architecture());
  if (native && component.predecessor) {
    Pattern pattern;
    pattern.old_version = component.predecessor->version.ToString();
    pattern.old_keyform = component.predecessor->keyform;
    pattern.new_version = component.identity.version.ToString();
    pattern.new_keyform = manifest::Keyform(component.identity);
    WW_RETURN_IF_ERROR(CopyValues(HiveKind::kSoftware, fmt::format("{}\\Version", kCbsKey), pattern,
                                  state, registry));
    WW_RETURN_IF_ERROR(
        CopyValues(HiveKind::kComponents, "ServicingStackVersions", pattern, state, registry));
    WW_RETURN_IF_ERROR(CopyPointers(pattern, state, files));
  }
  if (native) state.SetServicingStack(component.identity.version);
  return {};
}

}  // namespace ww::cbs
