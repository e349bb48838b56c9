// Generated keys (sms-provider-behaviour.md 3.1).
#pragma once

#include <cstdint>
#include <string>

#include "wimwright/provider/call.h"

namespace ww::provider {

// Site number in the top byte, a counter below: 16777217 is the first at site number 1.
Result<std::uint32_t> NextIdentifier(Call& call, std::string_view counter);

// The first of `count` numbers in a row: for many instances at once.
Result<std::uint32_t> NextIdentifiers(Call& call, std::string_view counter, std::uint32_t count);

// The counter itself, for keys of 64 bits: 48 bits, far more than a site will ever need.
Result<std::int64_t> NextNumber(Call& call, std::string_view counter);

// Site code and five hexadecimal digits, from one counter for all package types.
Result<std::string> NextPackageId(Call& call);
// The number of the next package; and setting it, never below one that was given.
Result<std::uint32_t> PeekPackageNumber(Call& call);
Status SetPackageNumber(Call& call, std::uint32_t next);

// "{8B1F...}" with braces, in upper case, random.
std::string NewGuid();

// The table of counters.
database::TableDefinition CounterTable();

}  // namespace ww::provider
