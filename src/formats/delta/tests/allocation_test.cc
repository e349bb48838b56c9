// No memory at any moment of applying a delta.
#include "allocation_faults.h"
#include "fuzz_seed.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {
namespace {

TEST(Allocation, ApplySurvivesEveryFault) {
  for (const auto* name : {"explicit", "x86", "amd64"}) {
    SCOPED_TRACE(name);
    const auto seed = test::FuzzSeed(std::filesystem::path("delta_apply") / name);
    ASSERT_TRUE(seed);
    // The form of the fuzz target: size of the source, source, delta.
    ASSERT_GE(seed->size(), 4U);
    const auto size = LoadLe<std::uint32_t>(seed->data());
    ASSERT_LE(size, seed->size() - 4);
    const auto source = ByteView(*seed).subspan(4, size);
    const auto delta = ByteView(*seed).subspan(4 + size);
    test::ExpectSurvivesEveryAllocationFault([&] { return Apply(source, delta).has_value(); });
  }
}

}  // namespace
}  // namespace ww::delta
