// Several containers as one tree: the cabinets that a cablist.ini stands for.
#pragma once

#include <memory>
#include <vector>

#include "wimwright/cab/members.h"

namespace ww::cab {

struct SetPart {
  std::shared_ptr<Members> members;  // perhaps shared with another part, which reads from it
  std::vector<std::size_t> hidden;   // members of this part that are not part of the tree
};

// The order is that of the parts, so members of the first part keep their numbers as long as none
// of them is hidden. kCorrupt when two parts hold the same name.
Result<std::unique_ptr<Members>> JoinParts(std::vector<SetPart> parts);

}  // namespace ww::cab
