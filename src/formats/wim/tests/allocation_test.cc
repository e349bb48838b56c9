// No memory at any moment of reading a WIM file.
#include "allocation_faults.h"
#include "fuzz/memory_file_system.h"
#include "fuzz_seed.h"
#include "wimwright/wim/wim_file.h"

namespace ww::wim {
namespace {

bool ReadAll(const std::shared_ptr<Bytes>& bytes) {
  const auto wim = WimFile::Open(std::make_unique<MemoryFile>(bytes), "memory");
  if (!wim) return false;
  for (std::size_t i = 1; i <= (*wim)->images().size(); ++i) {
    const auto image = (*wim)->ReadImage(static_cast<int>(i));
    if (!image) return false;
    bool good = true;
    image->ForEachReference([&](NodeId, const Sha1Digest& hash) {
      if (!(*wim)->ReadBlob(hash, 1U << 20)) good = false;
    });
    if (!good) return false;
  }
  return true;
}

TEST(Allocation, ReadingSurvivesEveryFault) {
  for (const auto* name : {"lzx", "none", "xpress"}) {
    SCOPED_TRACE(name);
    const auto seed = test::FuzzSeed(std::filesystem::path("wim_file") / name);
    ASSERT_TRUE(seed);
    const auto bytes = std::make_shared<Bytes>(*seed);
    test::ExpectSurvivesEveryAllocationFault([&] { return ReadAll(bytes); });
  }
}

}  // namespace
}  // namespace ww::wim
