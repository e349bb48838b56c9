// "a AND b AND c" as one node: what the parsers of WQL and of $filter have in common.
#pragma once

#include <string_view>
#include <utility>

#include "wimwright/base/result.h"
#include "wimwright/cim/query.h"

namespace ww::cim {

// `Parser` derives from it and befriends it. Of it are used: IsWord(), Take(), Node(), Position(),
// AsCondition(), which refuses what is no condition, and MayChain(), which refuses a chain where
// there must be none.
template <typename Parser>
class ChainParser {
 protected:
  Result<ExprPtr> Chain(std::string_view word, Expr::Kind kind, Result<ExprPtr> (Parser::*part)()) {
    auto& self = static_cast<Parser&>(*this);
    auto first = (self.*part)();
    if (!first || !self.IsWord(word)) return first;
    WW_RETURN_IF_ERROR(self.MayChain(kind));
    auto node = self.Node(kind, self.Position());
    if (!node) return node;
    auto checked = self.AsCondition(*std::move(first));
    if (!checked) return checked;
    (*node)->children.push_back(*std::move(checked));
    while (self.IsWord(word)) {
      WW_RETURN_IF_ERROR(self.Take());
      auto next = (self.*part)();
      if (!next) return next;
      auto condition = self.AsCondition(*std::move(next));
      if (!condition) return condition;
      (*node)->children.push_back(*std::move(condition));
    }
    return node;
  }
};

}  // namespace ww::cim
