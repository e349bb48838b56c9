// An express package: u32 size of the PSF index, u32 size of PSFX.CIX, index, PSFX.CIX, PSF.
#include <algorithm>
#include <cstdint>

#include "express_package.h"
#include "wimwright/cab/cabinet.h"

namespace {

class NoMembers final : public ww::cab::Members {
 public:
  explicit NoMembers(ww::ByteView psfx) : psfx_(ww::ToBytes(psfx)) {}
  ww::Status Prepare() {
    std::vector<ww::cab::Member> list(1);
    list[0].name = "PSFX.CIX";
    list[0].size = psfx_.size();
    return SetList(std::move(list));
  }
  ww::Status Stream(std::span<const std::size_t>, ww::cab::MemberSink& sink) override {
    WW_RETURN_IF_ERROR(sink.Begin(list()[0], 0));
    WW_RETURN_IF_ERROR(sink.Write(psfx_));
    return sink.End();
  }

 private:
  ww::Bytes psfx_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = std::as_bytes(std::span(data, size));
  if (bytes.size() < 8) return 0;
  const auto take = [&bytes](std::size_t wanted) {
    const auto part = bytes.first(std::min(wanted, bytes.size()));
    bytes = bytes.subspan(part.size());
    return part;
  };
  const auto sizes = take(8);
  const auto xml = take(ww::LoadLe<std::uint32_t>(sizes.data()));
  const auto psfx = take(ww::LoadLe<std::uint32_t>(sizes.data() + 4));
  const auto psf = ww::cab::MakeMemoryFile(ww::ToBytes(bytes));
  static_cast<void>(ww::cab::ReadEmbeddedPsfIndex(*psf));
  auto index = ww::cab::ParsePsfIndex(xml);
  if (!index) return 0;
  auto metadata = std::make_unique<NoMembers>(psfx);
  if (!metadata->Prepare()) return 0;
  auto package = ww::cab::JoinExpress(std::move(metadata), *std::move(index), psf);
  if (!package) return 0;
  auto& members = *package->members;
  for (std::size_t i = 0; i < members.list().size() && i < 16; ++i) {
    static_cast<void>(members.Read(i, 1 << 20));
  }
  for (const auto& target : package->targets) {
    if (target.delta && *target.delta >= members.list().size()) __builtin_trap();
  }
  return 0;
}
