#include "wimwright/manifest/security.h"

#include <fmt/format.h>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "sid.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

constexpr std::size_t kMaxText = 64 * 1024;
constexpr std::size_t kMaxAcl = 0xFFFF;

// SECURITY_DESCRIPTOR_CONTROL, MS-DTYP 2.4.6.
constexpr std::uint16_t kDaclPresent = 0x0004;
constexpr std::uint16_t kSaclPresent = 0x0010;
constexpr std::uint16_t kSelfRelative = 0x8000;

struct Word {
  std::string_view name;
  std::uint32_t value;
};

// The value for a DACL; for a SACL one bit higher.
constexpr Word kAclFlags[] = {{"P", 0x1000}, {"AI", 0x0400}, {"AR", 0x0100}};

constexpr Word kAceTypes[] = {{"A", 0x00},  {"D", 0x01},  {"AU", 0x02}, {"OA", 0x05},
                              {"OD", 0x06}, {"OU", 0x07}, {"ML", 0x11}};

constexpr Word kAceFlags[] = {{"OI", 0x01}, {"CI", 0x02}, {"NP", 0x04}, {"IO", 0x08},
                              {"ID", 0x10}, {"SA", 0x40}, {"FA", 0x80}};

constexpr Word kRights[] = {
    {"GA", 0x10000000}, {"GR", 0x80000000}, {"GW", 0x40000000}, {"GX", 0x20000000},
    {"RC", 0x00020000}, {"SD", 0x00010000}, {"WD", 0x00040000}, {"WO", 0x00080000},
    {"CC", 0x00000001}, {"DC", 0x00000002}, {"LC", 0x00000004}, {"SW", 0x00000008},
    {"RP", 0x00000010}, {"WP", 0x00000020}, {"DT", 0x00000040}, {"LO", 0x00000080},
    {"CR", 0x00000100}, {"FA", 0x001F01FF}, {"FR", 0x00120089}, {"FW", 0x00120116},
    {"FX", 0x001200A0}, {"KA", 0x000F003F}, {"KR", 0x00020019}, {"KW", 0x00020006},
    {"KX", 0x00020019},
};
constexpr Word kLabelRights[] = {{"NW", 0x1}, {"NR", 0x2}, {"NX", 0x4}};

template <std::size_t N>
std::optional<std::uint32_t> Find(const Word (&words)[N], std::string_view name) {
  for (const auto& word : words) {
    if (word.name == name) return word.value;
  }
  return std::nullopt;
}

bool IsObjectType(std::uint32_t type) { return type >= 0x05 && type <= 0x07; }
bool IsSaclType(std::uint32_t type) { return type == 0x02 || type == 0x07 || type == 0x11; }

// Two-letter words one after the other.
template <std::size_t N>
Result<std::uint32_t> SumOfWords(const Word (&words)[N], std::string_view text,
                                 std::string_view what) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const auto value = Find(words, text.substr(at, 2));
    if (!value) {
      return Fail(Code::kUnsupported,
                  fmt::format("the {} '{}' of an ACE", what, text.substr(at, 20)));
    }
    sum |= *value;
  }
  return sum;
}

Result<std::uint32_t> ParseRights(std::string_view text, bool label) {
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const auto digits = hex ? text.substr(2) : text;
    std::uint32_t number = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number, hex ? 16 : 10);
    // A leading zero would mean octal to Windows.
    const bool octal = !hex && text.size() > 1 && text[0] == '0';
    if (digits.empty() || error != std::errc() || stop != end || octal) {
      return Fail(Code::kCorrupt, fmt::format("the rights '{}' of an ACE", text.substr(0, 30)));
    }
    return number;
  }
  return label ? SumOfWords(kLabelRights, text, "rights") : SumOfWords(kRights, text, "rights");
}

// 8-4-4-4-12 digits; the first three groups are little-endian numbers.
Result<Bytes> ParseGuid(std::string_view text) {
  std::string hex;
  bool good = text.size() == 36;
  for (std::size_t i = 0; good && i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    good = dash == (text[i] == '-');
    if (!dash) hex.push_back(text[i]);
  }
  const auto raw = good ? FromHex(hex) : std::nullopt;
  if (!raw || raw->size() != 16) {
    return Fail(Code::kCorrupt, fmt::format("'{}' is not a GUID", text.substr(0, 40)));
  }
  constexpr std::array<std::size_t, 16> kOrder{3, 2, 1,  0,  5,  4,  7,  6,
                                               8, 9, 10, 11, 12, 13, 14, 15};
  Bytes guid;
  for (const auto from : kOrder) guid.push_back((*raw)[from]);
  return guid;
}

struct Acl {
  bool present = false;
  bool null = false;  // NO_ACCESS_CONTROL: present, but without a list
  std::uint16_t control = 0;
  std::uint16_t count = 0;
  bool has_objects = false;
  Bytes aces;

  Bytes Encode() const {
    Bytes out;
    AppendLe(out, static_cast<std::uint8_t>(has_objects ? 4 : 2));  // ACL_REVISION_DS, ACL_REVISION
    AppendLe(out, std::uint8_t{0});
    AppendLe(out, static_cast<std::uint16_t>(8 + aces.size()));
    AppendLe(out, count);
    AppendLe(out, std::uint16_t{0});
    Append(out, aces);
    return out;
  }
};

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Bytes> Run() {
    while (!rest_.empty()) {
      const char what = rest_[0];
      if (rest_.size() < 2 || rest_[1] != ':') return Bad("no component");
      rest_.remove_prefix(2);
      switch (what) {
        case 'O':
          WW_RETURN_IF_ERROR(TakeSid(owner_));
          break;
        case 'G':
          WW_RETURN_IF_ERROR(TakeSid(group_));
          break;
        case 'D':
          WW_RETURN_IF_ERROR(TakeAcl(dacl_, false));
          break;
        case 'S':
          WW_RETURN_IF_ERROR(TakeAcl(sacl_, true));
          break;
        default:
          return Bad("an unknown component");
      }
    }
    return Encode();
  }

 private:
  tl::unexpected<Error> Bad(std::string_view why, Code code = Code::kCorrupt) const {
    return Fail(code, fmt::format("{} before '{}'", why, rest_.substr(0, 40)));
  }

  Status TakeSid(Bytes& out) {
    if (!out.empty()) return Bad("a second owner or group");
    WW_TRY(auto sid, SidAtStart(rest_), "owner or group");
    out = std::move(sid.sid);
    rest_.remove_prefix(sid.length);
    return {};
  }

  Status TakeAcl(Acl& acl, bool sacl) {
    if (acl.present) return Bad("a second list of the same kind");
    acl.present = true;
    WW_RETURN_IF_ERROR(TakeAclFlags(acl, sacl));
    while (rest_.starts_with("(")) {
      const auto end = rest_.find(')');
      if (end == std::string_view::npos) return Bad("an ACE does not end");
      const auto ace = rest_.substr(1, end - 1);
      if (acl.null) return Bad("entries in a list without access control");
      if (ace.find('(') != std::string_view::npos) {
        return Bad("a conditional ACE", Code::kUnsupported);
      }
      WW_RETURN_IF_ERROR(AddAce(acl, ace, sacl));
      rest_.remove_prefix(end + 1);
    }
    return {};
  }

  Status TakeAclFlags(Acl& acl, bool sacl) {
    while (!rest_.empty() && rest_[0] != '(' && !(rest_.size() > 1 && rest_[1] == ':')) {
      constexpr std::string_view kNull = "NO_ACCESS_CONTROL";
      if (rest_.starts_with(kNull) && !sacl) {
        acl.null = true;
        rest_.remove_prefix(kNull.size());
        continue;
      }
      bool found = false;
      for (const auto& flag : kAclFlags) {
        if (!rest_.starts_with(flag.name)) continue;
        acl.control |= static_cast<std::uint16_t>(sacl ? flag.value << 1 : flag.value);
        rest_.remove_prefix(flag.name.size());
        found = true;
        break;
      }
      if (!found) return Bad("an unknown flag of a list");
    }
    return {};
  }

  Status AddAce(Acl& acl, std::string_view text, bool sacl) {
    std::array<std::string_view, 6> fields;
    std::size_t count = 0;
    for (std::string_view left = text;; left.remove_prefix(left.find(';') + 1)) {
      if (count == fields.size()) return Bad("an ACE with attributes", Code::kUnsupported);
      fields[count++] = left.substr(0, left.find(';'));
      if (left.find(';') == std::string_view::npos) break;
    }
    if (count != fields.size()) return Bad("an ACE with fewer than six fields");
    const auto type = Find(kAceTypes, fields[0]);
    if (!type) return Bad("an ACE of unknown type", Code::kUnsupported);
    if (IsSaclType(*type) != sacl) return Bad("an ACE in the wrong list");
    WW_TRY(const auto flags, SumOfWords(kAceFlags, fields[1], "flags"), "ACE");
    WW_TRY(const auto rights, ParseRights(fields[2], *type == 0x11), "ACE");
    WW_TRY(const auto sid, SidAtStart(fields[5]), "ACE");
    if (sid.length != fields[5].size()) return Bad("text behind the SID of an ACE");
    Bytes body;
    AppendLe(body, rights);
    if (IsObjectType(*type)) {
      WW_RETURN_IF_ERROR(AppendObjects(body, fields[3], fields[4]));
      acl.has_objects = true;
    } else if (!fields[3].empty() || !fields[4].empty()) {
      return Bad("an object in an ACE that has none");
    }
    Append(body, sid.sid);
    if (acl.aces.size() + 4 + body.size() > kMaxAcl - 8) {
      return Bad("a list of more than 64 KiB", Code::kLimit);
    }
    AppendLe(acl.aces, static_cast<std::uint8_t>(*type));
    AppendLe(acl.aces, static_cast<std::uint8_t>(flags));
    AppendLe(acl.aces, static_cast<std::uint16_t>(4 + body.size()));
    Append(acl.aces, body);
    ++acl.count;
    return {};
  }

  static Status AppendObjects(Bytes& body, std::string_view object, std::string_view inherited) {
    AppendLe(body,
             static_cast<std::uint32_t>((object.empty() ? 0 : 1) | (inherited.empty() ? 0 : 2)));
    for (const auto text : {object, inherited}) {
      if (text.empty()) continue;
      WW_TRY(const auto guid, ParseGuid(text), "ACE");
      Append(body, guid);
    }
    return {};
  }

  Bytes Encode() const {
    Bytes parts;
    const auto place = [&parts](bool present, const Bytes& bytes) {
      if (!present) return std::uint32_t{0};
      const auto offset = static_cast<std::uint32_t>(20 + parts.size());
      Append(parts, bytes);
      return offset;
    };
    std::uint16_t control = kSelfRelative;
    if (dacl_.present) control |= static_cast<std::uint16_t>(kDaclPresent | dacl_.control);
    if (sacl_.present) control |= static_cast<std::uint16_t>(kSaclPresent | sacl_.control);
    const auto sacl = place(sacl_.present, sacl_.Encode());
    const auto dacl = place(dacl_.present && !dacl_.null, dacl_.Encode());
    const auto owner = place(!owner_.empty(), owner_);
    const auto group = place(!group_.empty(), group_);
    Bytes out;
    AppendLe(out, std::uint16_t{1});  // revision, sbz1
    AppendLe(out, control);
    for (const auto offset : {owner, group, sacl, dacl}) AppendLe(out, offset);
    Append(out, parts);
    return out;
  }

  std::string_view rest_;
  Bytes owner_, group_;
  Acl dacl_, sacl_;
};

}  // namespace

Result<Bytes> SddlToSecurityDescriptor(std::string_view sddl) {
  if (sddl.size() > kMaxText) return Fail(Code::kLimit, "SDDL of more than 64 KiB");
  WW_TRY(auto descriptor, Parser(sddl).Run(), "SDDL");
  return descriptor;
}

Result<Bytes> SidFromText(std::string_view text) {
  WW_TRY(auto sid, SidAtStart(text), "SID");
  if (sid.length != text.size()) return Fail(Code::kCorrupt, "text behind a SID");
  return std::move(sid.sid);
}

}  // namespace ww::manifest
