#include "hives.h"

#include <charconv>
#include <vector>

#include "security.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/security.h"

namespace ww::lab {
namespace {

struct HiveFile {
  std::string_view path, root;
};
constexpr std::array<HiveFile, kHiveCount> kFiles = {{
    {"Windows\\System32\\config\\SOFTWARE", "ROOT"},
    {"Windows\\System32\\config\\SYSTEM", "ROOT"},
    {"Windows\\System32\\config\\COMPONENTS", "ROOT"},
    {"Windows\\System32\\config\\DRIVERS", "ROOT"},
    {"Windows\\System32\\config\\DEFAULT", "ROOT"},
    {"Windows\\System32\\config\\SAM", "ROOT"},
    {"Windows\\System32\\config\\SECURITY", "ROOT"},
    {"Users\\Default\\NTUSER.DAT", "ROOT"},
    {"Windows\\System32\\SMI\\Store\\Machine\\SCHEMA.DAT", "ROOT"},
}};

std::optional<std::uint64_t> Number(std::string_view text) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "a","b""c": one record of comma-separated quoted strings.
std::vector<std::string> QuotedList(std::string_view text) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"') continue;
    std::string item;
    for (++i; i < text.size(); ++i) {
      if (text[i] == '"') {
        if (i + 1 >= text.size() || text[i + 1] != '"') break;
        ++i;
      }
      item += text[i];
    }
    items.push_back(std::move(item));
  }
  return items;
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!EqualNoCaseAscii(text.substr(0, prefix.size()), prefix)) return false;
  if (text.size() > prefix.size() && text[prefix.size()] != '\\') return false;
  text.remove_prefix(std::min(text.size(), prefix.size() + 1));
  return true;
}

std::string Join(std::string_view a, std::string_view b) {
  if (b.empty()) return std::string(a);
  return std::string(a) + "\\" + std::string(b);
}

// Below Classes only these have a 32-bit copy.
bool IsRedirectedClass(std::string_view path) {
  for (std::string_view name :
       {"CLSID", "DirectShow", "Interface", "Media Type", "MediaFoundation"}) {
    std::string_view rest = path;
    if (TakePrefix(rest, name)) return true;
  }
  return false;
}

std::string ClassesPath(std::string_view rest, bool redirected) {
  return Join(redirected && IsRedirectedClass(rest) ? "Classes\\WOW6432Node" : "Classes", rest);
}

struct Word {
  std::string_view word;
  std::uint32_t number;
};
constexpr Word kStartWords[] = {
    {"boot", 0}, {"system", 1}, {"auto", 2}, {"demand", 3}, {"disabled", 4}};
constexpr Word kTypeWords[] = {{"kernelDriver", 1},
                               {"fileSystemDriver", 2},
                               {"win32OwnProcess", 0x10},
                               {"win32ShareProcess", 0x20}};
constexpr Word kErrorWords[] = {{"ignore", 0}, {"normal", 1}, {"severe", 2}, {"critical", 3}};
constexpr Word kSidWords[] = {{"none", 0}, {"unrestricted", 1}, {"restricted", 3}};

template <std::size_t N>
std::optional<std::uint32_t> Find(const Word (&words)[N], std::string_view word) {
  for (const Word& entry : words) {
    if (EqualNoCaseAscii(entry.word, word)) return entry.number;
  }
  return std::nullopt;
}

std::vector<std::string> CommaList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    items.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(text.size(), comma + 1));
  }
  return items;
}

}  // namespace

std::string_view HivePath(HiveName name) { return kFiles[static_cast<std::size_t>(name)].path; }

std::optional<KeyPath> LocateKey(std::string_view key, std::string_view component_architecture,
                                 std::string_view image_architecture) {
  const bool redirected = image_architecture == "amd64" &&
                          (component_architecture == "x86" || component_architecture == "wow64");
  while (!key.empty() && key.back() == '\\') key.remove_suffix(1);
  if (TakePrefix(key, "HKEY_CLASSES_ROOT")) {
    return KeyPath{HiveName::kSoftware, ClassesPath(key, redirected)};
  }
  if (TakePrefix(key, "HKEY_USERS\\.Default")) {
    return KeyPath{HiveName::kDefault, std::string(key)};
  }
  if (TakePrefix(key, "HKEY_CURRENT_USER")) return KeyPath{HiveName::kUser, std::string(key)};
  if (!TakePrefix(key, "HKEY_LOCAL_MACHINE")) return std::nullopt;
  if (TakePrefix(key, "SYSTEM")) {
    if (TakePrefix(key, "CurrentControlSet")) {
      return KeyPath{HiveName::kSystem, Join("ControlSet001", key)};
    }
    return KeyPath{HiveName::kSystem, std::string(key)};
  }
  if (TakePrefix(key, "DRIVERS")) return KeyPath{HiveName::kDrivers, std::string(key)};
  if (!TakePrefix(key, "SOFTWARE")) return std::nullopt;
  if (TakePrefix(key, "Classes")) {
    return KeyPath{HiveName::kSoftware, ClassesPath(key, redirected)};
  }
  return KeyPath{HiveName::kSoftware, redirected ? Join("WOW6432Node", key) : std::string(key)};
}

std::optional<hive::Value> EncodeManifestValue(std::string_view type, std::string_view text) {
  if (type == "REG_SZ") return hive::MakeSz(text);
  if (type == "REG_EXPAND_SZ") return hive::MakeExpandSz(text);
  if (type == "REG_MULTI_SZ") return hive::MakeMultiSz(QuotedList(text));
  // 64 bits may also be given as bytes, the least first.
  if (const auto bytes = FromHex(text); type == "REG_QWORD" && bytes && bytes->size() == 8) {
    return hive::Value{hive::kRegQword, *bytes};
  }
  if (type == "REG_DWORD" || type == "REG_QWORD") {
    const auto number = Number(text);
    if (!number) return std::nullopt;
    return type == "REG_DWORD" ? hive::MakeDword(static_cast<std::uint32_t>(*number))
                               : hive::MakeQword(*number);
  }
  const auto bytes = FromHex(text);
  if (!bytes) return std::nullopt;
  if (type == "REG_BINARY") return hive::MakeBinary(*bytes);
  if (type == "REG_NONE") return hive::Value{hive::kRegNone, *bytes};
  // Eight digits: the number of the type itself.
  if (const auto number = FromHex(type); number && number->size() == 4) {
    std::uint32_t raw = 0;
    for (const std::byte b : *number) raw = raw << 8 | static_cast<std::uint32_t>(b);
    return hive::Value{raw, *bytes};
  }
  return std::nullopt;
}

Result<Hives> Hives::Create(FileTime now) {
  WW_TRY(const Bytes descriptor, manifest::SddlToSecurityDescriptor(kHiveRootSddl), "hive root");
  Hives hives;
  for (std::size_t i = 0; i < kHiveCount; ++i) {
    WW_TRY(auto hive, hive::Hive::CreateEmpty(kFiles[i].root, descriptor, now), "new hive");
    hive.SetTime(now);
    hives.hives_[i] = std::move(hive);
  }
  return hives;
}

void Hives::Note(const Status& status) {
  if (status_ && !status) status_ = Fail(status.error());
}

hive::KeyId Hives::Key(HiveName name, std::string_view path) {
  if (!status_) return {};
  hive::Hive& hive = Get(name);
  const auto key = hive.EnsurePath(hive.root(), path);
  if (!key) {
    status_ = Fail(key.error().Within(path));
    return {};
  }
  return *key;
}

void Hives::Ensure(HiveName name, std::string_view path) { Key(name, path); }

void Hives::Set(HiveName name, std::string_view path, std::string_view value,
                const hive::Value& data) {
  SetAt(name, Key(name, path), value, data);
}

void Hives::SetAt(HiveName name, hive::KeyId key, std::string_view value, const hive::Value& data) {
  if (status_) Note(Get(name).SetValue(key, value, data));
}

void Hives::SetSecurity(HiveName name, std::string_view path, ByteView descriptor) {
  const hive::KeyId key = Key(name, path);
  if (status_) Note(Get(name).SetSecurityDescriptor(key, descriptor));
}

void Hives::ApplyService(const Service& service) {
  const std::string path = "ControlSet001\\Services\\" + service.name;
  const hive::KeyId key = Key(HiveName::kSystem, path);
  const auto text = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) SetAt(HiveName::kSystem, key, name, hive::MakeSz(value));
  };
  const auto number = [&](std::string_view name, std::optional<std::uint32_t> value) {
    if (value) SetAt(HiveName::kSystem, key, name, hive::MakeDword(*value));
  };
  text("DisplayName", service.display_name);
  text("Description", service.description);
  text("ObjectName", service.object_name);
  text("Group", service.group);
  if (!service.image_path.empty()) {
    SetAt(HiveName::kSystem, key, "ImagePath", hive::MakeExpandSz(service.image_path));
  }
  number("Start", Find(kStartWords, service.start));
  number("Type", Find(kTypeWords, service.type));
  number("ErrorControl", Find(kErrorWords, service.error_control));
  number("ServiceSidType", Find(kSidWords, service.sid_type));
  if (!service.depend_on_service.empty()) {
    SetAt(HiveName::kSystem, key, "DependOnService",
          hive::MakeMultiSz(CommaList(service.depend_on_service)));
  }
  if (!service.required_privileges.empty()) {
    SetAt(HiveName::kSystem, key, "RequiredPrivileges",
          hive::MakeMultiSz(CommaList(service.required_privileges)));
  }
  if (service.svchost_group.empty() || !status_) return;
  constexpr std::string_view kSvchost = "Microsoft\\Windows NT\\CurrentVersion\\Svchost";
  const hive::KeyId groups = Key(HiveName::kSoftware, kSvchost);
  if (!status_) return;
  const auto old = Get(HiveName::kSoftware).GetValue(groups, service.svchost_group);
  if (!old) {
    status_ = Fail(old.error());
    return;
  }
  std::vector<std::string> members;
  if (*old) members = hive::AsMultiSz(**old).value_or(std::vector<std::string>());
  members.push_back(service.name);
  SetAt(HiveName::kSoftware, groups, service.svchost_group, hive::MakeMultiSz(members));
}

void Hives::ApplyComponent(const Component& component, std::string_view image_architecture) {
  for (const RegistryKey& key : component.registry) {
    const auto where = LocateKey(key.key, component.id.architecture, image_architecture);
    if (!where && component.foreign) continue;
    if (!where) {
      Note(Fail(Code::kInternal, "a component writes to " + key.key));
      return;
    }
    const hive::KeyId id = Key(where->hive, where->path);
    for (const RegistryValue& value : key.values) {
      const auto data = EncodeManifestValue(
          value.type, RealText(value.value, component.id.architecture, image_architecture));
      if (!data && component.foreign) continue;
      if (!data) {
        Note(Fail(Code::kInternal, "a component has a value of type " + value.type));
        return;
      }
      SetAt(where->hive, id, value.name, *data);
    }
  }
  for (const Service& service : component.services) ApplyService(service);
}

Result<Bytes> Hives::Take(HiveName name) {
  if (!status_) return Fail(status_.error());
  auto& hive = hives_[static_cast<std::size_t>(name)];
  WW_TRY(Bytes bytes, hive->ToBytes(), HivePath(name));
  hive.reset();
  return bytes;
}

}  // namespace ww::lab
