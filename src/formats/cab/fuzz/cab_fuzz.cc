// A cabinet from memory: its signature, tables, names, every folder decoded, stored members in
// place.
#include <cstdint>
#include <cstdlib>

#include "wimwright/cab/cabinet.h"
#include "wimwright/cab/cabinet_signature.h"

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

// What is found is readable, and what is hashed is all but the 26 bytes that are left out.
void FindSignature(const ww::File& file, std::size_t size) {
  const auto signature = ww::cab::FindCabinetSignature(file);
  if (!signature || !*signature) return;
  std::uint64_t hashed = 0;
  const auto count = [&hashed](ww::ByteView bytes) { hashed += bytes.size(); };
  if ((*signature)->offset + (*signature)->size != size ||
      !ww::cab::HashSignedBytes(file, **signature, count) || hashed != (*signature)->offset - 26) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto file = ww::cab::MakeMemoryFile(ww::ToBytes(bytes));
  FindSignature(*file, size);
  auto opened = ww::cab::OpenCabinet(file);
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
