#include "wimwright/cbs/hive_storage.h"

namespace ww::cbs {
namespace {

class BlobStorage final : public hive::Storage {
 public:
  explicit BlobStorage(std::unique_ptr<wim::BlobReader> reader) : reader_(std::move(reader)) {}
  std::uint64_t size() const override { return reader_->size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) override {
    return reader_->ReadAt(offset, out);
  }

 private:
  std::unique_ptr<wim::BlobReader> reader_;
};

}  // namespace

std::unique_ptr<hive::Storage> MakeHiveStorage(std::unique_ptr<wim::BlobReader> reader) {
  return std::make_unique<BlobStorage>(std::move(reader));
}

}  // namespace ww::cbs
