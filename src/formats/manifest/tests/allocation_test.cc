// No memory at any moment of parsing.
#include "allocation_faults.h"
#include "fuzz_seed.h"
#include "wimwright/manifest/catalog.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"
#include "wimwright/manifest/security.h"

namespace ww::manifest {
namespace {

using test::ExpectSurvivesEveryAllocationFault;
using test::FuzzSeed;

TEST(Allocation, ComponentSurvivesEveryFault) {
  for (const auto* name : {"component/component.xml", "component/utf16.xml"}) {
    SCOPED_TRACE(name);
    const auto xml = FuzzSeed(name);
    ASSERT_TRUE(xml);
    ExpectSurvivesEveryAllocationFault([&] { return ParseComponent(*xml).has_value(); });
  }
}

TEST(Allocation, PackageSurvivesEveryFault) {
  const auto xml = FuzzSeed("mum/package.xml");
  ASSERT_TRUE(xml);
  ExpectSurvivesEveryAllocationFault([&] { return ParsePackage(*xml).has_value(); });
}

TEST(Allocation, CatalogSurvivesEveryFault) {
  const auto der = FuzzSeed("catalog/signed.cat");
  ASSERT_TRUE(der);
  ExpectSurvivesEveryAllocationFault([&] { return ParseCatalog(*der).has_value(); });
}

TEST(Allocation, DescriptorSurvivesEveryFault) {
  ExpectSurvivesEveryAllocationFault(
      [] { return SddlToSecurityDescriptor("O:BAG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)").has_value(); });
}

}  // namespace
}  // namespace ww::manifest
