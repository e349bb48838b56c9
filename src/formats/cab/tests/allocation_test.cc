// No memory at any moment of reading a cabinet, also inside the library's callbacks.
#include "allocation_faults.h"
#include "fuzz_seed.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

class Discard final : public MemberSink {
 public:
  Status Begin(const Member&, std::size_t) override { return {}; }
  // As a consumer that keeps what it is given.
  Status Write(ByteView bytes) override {
    kept_ = ToBytes(bytes);
    return {};
  }
  Status End() override { return {}; }

 private:
  Bytes kept_;
};

bool ReadAll(ByteView cabinet) {
  auto opened = OpenCabinet(MakeMemoryFile(ToBytes(cabinet)));
  if (!opened) return false;
  std::vector<std::size_t> all((*opened)->list().size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  Discard sink;
  return (*opened)->Stream(all, sink).has_value();
}

TEST(Allocation, CabinetSurvivesEveryFault) {
  for (const auto* name : {"lzx_sums", "mszip_sums", "none_sums", "folders_signed"}) {
    SCOPED_TRACE(name);
    const auto bytes = test::FuzzSeed(std::filesystem::path("cab") / name);
    ASSERT_TRUE(bytes);
    test::ExpectSurvivesEveryAllocationFault([&] { return ReadAll(*bytes); });
  }
}

}  // namespace
}  // namespace ww::cab
