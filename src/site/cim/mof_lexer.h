// Tokens of MOF text, with their places.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/cim/mof.h"

namespace ww::cim {

struct MofToken {
  enum class Kind { kEnd, kIdentifier, kString, kInteger, kReal, kPragma, kPunctuation };
  Kind kind = Kind::kEnd;
  std::string text;  // identifier, decoded string, the one punctuation character, or the number
  std::int64_t number = 0;
  double real = 0;
  std::size_t line = 1, column = 1;

  bool Is(char punctuation) const { return kind == Kind::kPunctuation && text[0] == punctuation; }
};

// Borrows the source. Comments of both kinds are skipped; adjacent strings become one.
class MofLexer {
 public:
  explicit MofLexer(const MofSource& source) : source_(source) {}

  Result<MofToken> Next();
  // kInvalidClass, "file:line:column: what".
  tl::unexpected<Error> ErrorAt(const MofToken& where, std::string_view what) const;

 private:
  Status SkipBlanks();
  Status ReadString(std::string& out);
  void Advance();
  bool at_end() const { return at_ >= source_.text.size(); }
  char Peek(std::size_t ahead = 0) const {
    return ahead < source_.text.size() - at_ ? source_.text[at_ + ahead] : '\0';
  }
  MofToken Here() const;

  MofSource source_;
  std::size_t at_ = 0;
  std::size_t line_ = 1, column_ = 1;
};

}  // namespace ww::cim
