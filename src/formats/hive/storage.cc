#include "wimwright/hive/storage.h"

#include <algorithm>

namespace ww::hive {
namespace {

class InMemory final : public Storage {
 public:
  explicit InMemory(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) override {
    WW_TRY(const auto part, Slice(bytes_, offset, out.size()), "hive in memory");
    std::ranges::copy(part, out.begin());
    return {};
  }

 private:
  Bytes bytes_;
};

}  // namespace

std::unique_ptr<Storage> MemoryStorage(Bytes bytes) {
  return std::make_unique<InMemory>(std::move(bytes));
}

}  // namespace ww::hive
