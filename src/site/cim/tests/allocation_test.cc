// No memory at any moment of parsing and binding.
#include "allocation_faults.h"
#include "fuzz_seed.h"
#include "wimwright/cim/bind.h"
#include "wimwright/cim/mof.h"
#include "wimwright/cim/object_path.h"
#include "wimwright/cim/odata_filter.h"
#include "wimwright/cim/wql.h"

namespace ww::cim {
namespace {

using test::ExpectSurvivesEveryAllocationFault;
using test::FuzzSeed;

TEST(Allocation, MofSurvivesEveryFault) {
  const auto mof = FuzzSeed("mof/all.mof");
  ASSERT_TRUE(mof);
  const MofSource source{"all.mof", AsText(*mof)};
  ExpectSurvivesEveryAllocationFault([&] { return ParseMof({&source, 1}).has_value(); });
}

TEST(Allocation, QueriesSurviveEveryFault) {
  const auto schema = LoadBuiltInSchema();
  ASSERT_TRUE(schema);
  for (const auto* name : {"wql/join.txt", "wql/where.txt", "wql/sub.txt"}) {
    SCOPED_TRACE(name);
    const auto text = FuzzSeed(name);
    ASSERT_TRUE(text);
    ExpectSurvivesEveryAllocationFault([&] {
      const auto query = ParseWql(AsText(*text));
      return query && Bind(*query, *schema, {}).has_value();
    });
  }
}

TEST(Allocation, FiltersAndPathsSurviveEveryFault) {
  const auto filter = FuzzSeed("odata_filter/functions.txt");
  ASSERT_TRUE(filter);
  ExpectSurvivesEveryAllocationFault([&] { return ParseODataFilter(AsText(*filter)).has_value(); });
  const auto path = FuzzSeed("object_path/full.txt");
  ASSERT_TRUE(path);
  ExpectSurvivesEveryAllocationFault([&] { return ParseObjectPath(AsText(*path)).has_value(); });
}

}  // namespace
}  // namespace ww::cim
