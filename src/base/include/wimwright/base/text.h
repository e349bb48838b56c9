// Text: UTF-16LE <-> UTF-8, case as Windows names need it, hexadecimal, base64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/bytes.h"

namespace ww {

// Lossless both ways: an unpaired surrogate (legal in NTFS, WIM and registry names) becomes the
// three-byte form of WTF-8 and comes back as it was. Invalid UTF-8 or an odd byte count is
// kCorrupt.
Result<std::string> Utf16LeToUtf8(ByteView utf16);
Result<std::u16string> Utf8ToUtf16(std::string_view utf8);
std::string Utf16ToUtf8(std::u16string_view utf16);
// Without terminator.
Result<Bytes> Utf8ToUtf16Le(std::string_view utf8);

// Case folding of file, key and value names: simple one-to-one upper-casing of the Basic
// Multilingual Plane's Latin, Greek and Cyrillic letters, which is what NTFS' and the registry's
// tables do there.
char16_t FoldCase(char16_t c);
std::u16string FoldCase(std::u16string_view text);
// The same on UTF-8; input that is not valid UTF-8 is folded for ASCII only.
std::string FoldCase(std::string_view utf8);
bool EqualNoCase(std::u16string_view a, std::u16string_view b);
bool EqualNoCase(std::string_view a, std::string_view b);

// ASCII only: for identities, hexadecimal digits and attribute words.
std::string ToLowerAscii(std::string_view text);
std::string ToUpperAscii(std::string_view text);
bool EqualNoCaseAscii(std::string_view a, std::string_view b);

std::string ToHex(ByteView bytes);  // lower case
std::optional<Bytes> FromHex(std::string_view text);
std::string ToBase64(ByteView bytes);
std::optional<Bytes> FromBase64(std::string_view text);  // white space is ignored

std::string_view Trim(std::string_view text);  // ASCII white space

}  // namespace ww
