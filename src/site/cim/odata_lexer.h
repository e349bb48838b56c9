// Tokens of OData's filter language.
#pragma once

#include <string>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/cim/value.h"

namespace ww::cim {

struct ODataToken {
  enum class Kind { kEnd, kIdentifier, kLiteral, kPunctuation };
  Kind kind = Kind::kEnd;
  std::string text;  // identifier, or one of ( ) , : / *
  Value value;       // kLiteral: string, number or date
  std::size_t position = 0;
};

// Borrows the text.
class ODataLexer {
 public:
  explicit ODataLexer(std::string_view text) : text_(text) {}
  Result<ODataToken> Next();

 private:
  Result<Value> String();
  Result<Value> NumberOrDate();
  char Peek(std::size_t ahead = 0) const {
    return ahead < text_.size() - at_ ? text_[at_ + ahead] : '\0';
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

// kInvalidQuery, "$filter, character 17: ...".
tl::unexpected<Error> ODataError(std::string_view option, std::size_t position,
                                 std::string_view what);

}  // namespace ww::cim
