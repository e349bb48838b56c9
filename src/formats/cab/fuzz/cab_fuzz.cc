// A cabinet from memory: tables, names, every folder decoded, stored members in place.
#include <cstdint>

#include "wimwright/cab/cabinet.h"

namespace {

// Enough for every path, little enough for many runs a second.
class CappedSink final : public ww::cab::MemberSink {
 public:
  ww::Status Begin(const ww::cab::Member&, std::size_t) override { return {}; }
  ww::Status Write(ww::ByteView bytes) override {
    if (bytes.size() > left_) return ww::Fail(ww::Code::kLimit, "enough");
    left_ -= bytes.size();
    return {};
  }
  ww::Status End() override { return {}; }

 private:
  std::size_t left_ = 4 << 20;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  auto opened = ww::cab::OpenCabinet(ww::cab::MakeMemoryFile(ww::ToBytes(bytes)));
  if (!opened) return 0;
  auto& members = **opened;
  std::vector<std::size_t> all(members.list().size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  CappedSink sink;
  if (!members.Stream(all, sink)) {
    // Whole streams fail at the first damage: single members show more.
    for (std::size_t i = 0; i < all.size() && i < 4; ++i)
      static_cast<void>(members.Read(i, 1 << 20));
  }
  for (std::size_t i = 0; i < all.size() && i < 16; ++i) {
    const auto view = members.OpenInPlace(i);
    if (!view || *view == nullptr) continue;
    ww::Bytes part(100);
    static_cast<void>((*view)->ReadAt(members.list()[i].size / 2, part));
  }
  return 0;
}
