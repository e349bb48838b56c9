// Managed Object Format: the text in which classes are declared (schema/README.md has the grammar).
#pragma once

#include <span>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/cim/schema.h"

namespace ww::cim {

struct MofSource {
  std::string_view name;  // for messages: "servicing.mof"
  std::string_view text;
};

// Parses all sources together: the order of classes and files does not matter, references may point
// forward. Hostile input: at most 4 MiB each, 4096 classes, nesting 8. An error names file, line
// and column and has hresult kInvalidClass. Instances and `#include` are not read.
Result<Schema> ParseMof(std::span<const MofSource> sources);

}  // namespace ww::cim
