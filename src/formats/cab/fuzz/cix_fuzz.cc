// The container index of an intra-package delta over a fixed set of members.
#include <cstdint>

#include "cix_index.h"
#include "cix_members.h"

namespace {

// Members "a.txt", "b.txt", "0" (a delta of nothing in particular) and the index.
class FixedMembers final : public ww::cab::Members {
 public:
  explicit FixedMembers(ww::ByteView index)
      : contents_{ww::ToBytes("alpha"), ww::ToBytes("beta"), ww::ToBytes("PA30 and nonsense"),
                  ww::ToBytes(index)} {}
  ww::Status Prepare() {
    std::vector<ww::cab::Member> list(4);
    const char* const names[] = {"a.txt", "b.txt", "0", "_manifest_.cix.xml"};
    for (std::size_t i = 0; i < 4; ++i) {
      list[i].name = names[i];
      list[i].size = contents_[i].size();
    }
    return SetList(std::move(list));
  }
  ww::Status Stream(std::span<const std::size_t> wanted, ww::cab::MemberSink& sink) override {
    auto order = CheckWanted(wanted);
    if (!order) return ww::Fail(order.error());
    for (const auto i : *order) {
      WW_RETURN_IF_ERROR(sink.Begin(list()[i], i));
      WW_RETURN_IF_ERROR(sink.Write(contents_[i]));
      WW_RETURN_IF_ERROR(sink.End());
    }
    return {};
  }

 private:
  std::vector<ww::Bytes> contents_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  static_cast<void>(ww::cab::ParseCix(bytes));
  auto stored = std::make_unique<FixedMembers>(bytes);
  if (!stored->Prepare()) return 0;
  auto opened = ww::cab::OpenIntraPackageDelta(std::move(stored));
  if (!opened) return 0;
  auto& members = **opened;
  for (std::size_t i = 0; i < members.list().size() && i < 8; ++i) {
    static_cast<void>(members.Read(i, 1 << 20));
  }
  std::vector<std::size_t> all(members.list().size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  static_cast<void>(members.ReadMany(all, 1 << 20));
  return 0;
}
