// Tokens of WQL text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/cim/value.h"

namespace ww::cim {

struct WqlToken {
  enum class Kind { kEnd, kIdentifier, kLiteral, kPunctuation };
  Kind kind = Kind::kEnd;
  std::string text;  // identifier, or punctuation: ( ) , . * = <> < <= > >=
  Value value;       // kLiteral: string or number
  std::size_t position = 0;
};

// Borrows the text.
class WqlLexer {
 public:
  explicit WqlLexer(std::string_view text) : text_(text) {}
  Result<WqlToken> Next();

 private:
  Result<WqlToken> String();
  Result<WqlToken> Number();
  char Peek(std::size_t ahead = 0) const {
    return ahead < text_.size() - at_ ? text_[at_ + ahead] : '\0';
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

// kInvalidQuery, "WQL, character 17: ...".
tl::unexpected<Error> WqlError(std::size_t position, std::string_view what);

}  // namespace ww::cim
