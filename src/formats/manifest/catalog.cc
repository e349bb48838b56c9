#include "wimwright/manifest/catalog.h"

#include <fmt/format.h>
#include <algorithm>

#include "catalog_list.h"
#include "der.h"
#include "hresults.h"
#include "signed_data.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

// The catalog of a big cumulative update has some ten thousand members.
constexpr std::size_t kMaxMembers = 2'000'000;
constexpr std::size_t kMaxAttributes = 1000;

// Content octets of object identifiers.
constexpr std::string_view kNameValue = "\x2B\x06\x01\x04\x01\x82\x37\x0C\x02\x01";  // 311.12.2.1

std::string BigEndianText(ByteView bytes) {
  Bytes swapped = ToBytes(bytes);
  for (std::size_t i = 0; i + 1 < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
  return Utf16LeToUtf8(swapped).value_or(std::string());
}

std::string LittleEndianText(ByteView bytes) {
  std::string text = Utf16LeToUtf8(bytes).value_or(std::string());
  while (text.ends_with('\0')) text.pop_back();
  return text;
}

Result<FileTime> ParseTime(const DerValue& value) {
  const auto bad = [] { return Fail(Code::kCorrupt, "a time of unusual form"); };
  std::string_view text = AsText(value.content);
  const std::size_t year_digits = value.tag == der::kUtcTime ? 2 : 4;
  if (text.size() != year_digits + 11 || !text.ends_with('Z')) return bad();
  const auto number = [&text](std::size_t at, std::size_t count) {
    int result = 0;
    for (const char c : text.substr(at, count))
      result = c >= '0' && c <= '9' ? result * 10 + c - '0' : 100000;
    return result;
  };
  int year = number(0, year_digits);
  if (year_digits == 2) year += year < 50 ? 2000 : 1900;
  const auto month = number(year_digits, 2), day = number(year_digits + 2, 2);
  const auto hour = number(year_digits + 4, 2), minute = number(year_digits + 6, 2);
  const auto second = number(year_digits + 8, 2);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // The range of TimePoint ends in 2262.
  if (year < 1678 || year > 2261 || month > 12 || day > 31 || !date.ok() || hour > 23 ||
      minute > 59 || second > 59) {
    return bad();
  }
  return ToFileTime(std::chrono::sys_days(date) + std::chrono::hours(hour) +
                    std::chrono::minutes(minute) + std::chrono::seconds(second));
}

struct NameValue {
  std::string name, value;
};

// SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value in UTF-16LE }
Result<NameValue> ParseNameValue(DerReader in) {
  WW_TRY(const auto sequence, in.Expect(der::kSequence), "attribute");
  DerReader fields(sequence.content);
  WW_TRY(const auto name, fields.Expect(der::kBmpString), "attribute name");
  WW_TRY(const auto flags, fields.Expect(der::kInteger), "attribute flags");
  static_cast<void>(flags);
  WW_TRY(const auto value, fields.Expect(der::kOctetString), "attribute value");
  return NameValue{BigEndianText(name.content), LittleEndianText(value.content)};
}

template <std::size_t N>
Digest<N> ToDigest(ByteView bytes) {
  Digest<N> digest;
  std::copy_n(bytes.begin(), N, digest.begin());
  return digest;
}

void TakeDigest(Catalog::Member& member, ByteView digest) {
  if (digest.size() == 20) member.sha1 = ToDigest<20>(digest);
  if (digest.size() == 32) member.sha256 = ToDigest<32>(digest);
}

// SEQUENCE { data SEQUENCE, SEQUENCE { algorithm, OCTET STRING digest } }
Status ParseIndirectData(DerReader in, Catalog::Member& member) {
  WW_TRY(const auto sequence, in.Expect(der::kSequence), "indirect data");
  DerReader fields(sequence.content);
  WW_TRY(const auto data, fields.Expect(der::kSequence), "indirect data");
  static_cast<void>(data);
  WW_TRY(const auto info, fields.Expect(der::kSequence), "digest");
  DerReader digest_info(info.content);
  WW_TRY(const auto algorithm, digest_info.Expect(der::kSequence), "digest algorithm");
  static_cast<void>(algorithm);  // the length tells the two algorithms apart that matter here
  WW_TRY(const auto digest, digest_info.Expect(der::kOctetString), "digest");
  TakeDigest(member, digest.content);
  return {};
}

// A tag is the digest itself (Windows 8 and later) or its hexadecimal digits in UTF-16 with NUL.
void TakeTag(Catalog::Member& member) {
  if (member.tag.size() == 20 || member.tag.size() == 32) return TakeDigest(member, member.tag);
  if (member.tag.size() != 2 * (40 + 1) && member.tag.size() != 2 * (64 + 1)) return;
  if (const auto digest = FromHex(LittleEndianText(member.tag))) TakeDigest(member, *digest);
}

Result<Catalog::Member> ParseMember(ByteView content) {
  Catalog::Member member;
  DerReader in(content);
  WW_TRY(const auto tag, in.Expect(der::kOctetString), "member tag");
  member.tag = ToBytes(tag.content);
  if (!in.at_end()) {
    WW_TRY(const auto set, in.Expect(der::kSet), "member attributes");
    DerReader attributes(set.content);
    while (!attributes.at_end()) {
      WW_TRY(const auto attribute, attributes.Expect(der::kSequence), "member attribute");
      DerReader fields(attribute.content);
      WW_TRY(const auto oid, fields.Expect(der::kOid), "member attribute");
      WW_TRY(const auto values, fields.Expect(der::kSet), "member attribute");
      if (AsText(oid.content) == kIndirectDataType.octets) {
        WW_RETURN_IF_ERROR(ParseIndirectData(DerReader(values.content), member));
      } else if (AsText(oid.content) == kNameValue) {
        WW_TRY(auto pair, ParseNameValue(DerReader(values.content)), "member");
        if (EqualNoCaseAscii(pair.name, "File")) member.name_hint = std::move(pair.value);
      }
    }
  }
  // What the attribute says is authoritative; the tag serves members that have nothing else.
  if (!member.sha1 && !member.sha256) TakeTag(member);
  return member;
}

Status ParseExtensions(ByteView content, Catalog& catalog) {
  DerReader in(content);
  WW_TRY(const auto list, in.Expect(der::kSequence), "extensions");
  DerReader extensions(list.content);
  while (!extensions.at_end()) {
    WW_TRY(const auto extension, extensions.Expect(der::kSequence), "extension");
    DerReader fields(extension.content);
    WW_TRY(const auto oid, fields.Expect(der::kOid), "extension");
    if (AsText(oid.content) != kNameValue) continue;
    if (catalog.attributes.size() == kMaxAttributes) {
      return Fail(Code::kLimit, "too many attributes in a catalog");
    }
    WW_TRY(const auto value, fields.Expect(der::kOctetString), "extension");
    WW_TRY(auto pair, ParseNameValue(DerReader(value.content)), "extension");
    catalog.attributes.emplace_back(std::move(pair.name), std::move(pair.value));
  }
  return {};
}

template <typename T>
void SortUnique(std::vector<T>& digests) {
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
}

Result<Catalog> ParseList(ByteView content) {
  Catalog catalog;
  DerReader in(content);
  if (in.PeekTag() == der::kInteger) {
    WW_TRY(const auto version, in.Next(), "version");
    static_cast<void>(version);
  }
  WW_TRY(const auto usage, in.Expect(der::kSequence), "usage");
  static_cast<void>(usage);
  if (in.PeekTag() == der::kOctetString) {
    WW_TRY(const auto identifier, in.Next(), "list identifier");
    catalog.list_identifier = ToBytes(identifier.content);
  }
  if (in.PeekTag() == der::kInteger) {
    WW_TRY(const auto number, in.Next(), "sequence number");
    static_cast<void>(number);
  }
  WW_TRY(const auto time, in.Next(), "time");
  if (time.tag != der::kUtcTime && time.tag != der::kGeneralizedTime) {
    return Fail(Code::kCorrupt, "a list without time");
  }
  WW_TRY(catalog.this_update, ParseTime(time), "time");
  if (in.PeekTag() == der::kUtcTime || in.PeekTag() == der::kGeneralizedTime) {
    WW_TRY(const auto next_update, in.Next(), "time of next update");
    static_cast<void>(next_update);
  }
  WW_TRY(const auto algorithm, in.Expect(der::kSequence), "subject algorithm");
  static_cast<void>(algorithm);
  if (in.PeekTag() == der::kSequence) {
    WW_TRY(const auto subjects, in.Next(), "members");
    DerReader members(subjects.content);
    while (!members.at_end()) {
      if (catalog.members.size() == kMaxMembers) {
        return Fail(Code::kLimit, "too many members in a catalog");
      }
      WW_TRY(const auto subject, members.Expect(der::kSequence), "member");
      WW_TRY(auto member, ParseMember(subject.content), "member");
      if (member.sha1) catalog.sha1_index.push_back(*member.sha1);
      if (member.sha256) catalog.sha256_index.push_back(*member.sha256);
      catalog.members.push_back(std::move(member));
    }
  }
  if (in.PeekTag() == der::kContext0) {
    WW_TRY(const auto extensions, in.Next(), "extensions");
    WW_TRY_STATUS(ParseExtensions(extensions.content, catalog), "extensions");
  }
  if (!in.at_end()) return Fail(Code::kCorrupt, "bytes behind the list");
  SortUnique(catalog.sha1_index);
  SortUnique(catalog.sha256_index);
  return catalog;
}

}  // namespace

Result<ByteView> FindCatalogList(ByteView der) {
  if (der.size() > kMaxCatalogBytes) return Fail(Code::kLimit, "a catalog of more than 64 MiB");
  return FindSignedContent(der, kTrustListType);
}

Result<Catalog> ParseCatalog(ByteView der) {
  WW_TRY(const auto list, FindCatalogList(der), "catalog");
  WW_TRY(auto catalog, ParseList(list), "catalog");
  return catalog;
}

bool Catalog::Contains(const Sha1Digest& digest) const {
  return std::binary_search(sha1_index.begin(), sha1_index.end(), digest);
}

bool Catalog::Contains(const Sha256Digest& digest) const {
  return std::binary_search(sha256_index.begin(), sha256_index.end(), digest);
}

bool Catalog::ContainsFile(ByteView content) const {
  if (!sha256_index.empty()) return Contains(Sha256(content));
  return !sha1_index.empty() && Contains(Sha1(content));
}

Status CheckOwnSignature(ByteView der) {
  WW_TRY(const auto list, FindCatalogList(der), "catalog signature");
  auto checked = CheckOwnSignature(der, list, kTrustListType);
  if (checked) return {};
  // Nobody was asked to be trusted: the list or its signature was changed.
  auto error = checked.error().Within("catalog signature");
  error.hresult = kTrustBadDigest;
  return Fail(std::move(error));
}

Result<SignatureInfo> VerifySignature(ByteView der, const TrustStore& trust, const Clock& clock) {
  WW_TRY(const auto list, FindCatalogList(der), "catalog signature");
  WW_TRY(auto info, VerifySignedData(der, list, kTrustListType, trust, clock), "catalog signature");
  return info;
}

}  // namespace ww::manifest
