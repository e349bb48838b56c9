#include "read_only_file.h"

#include <algorithm>

#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

class MemoryFile final : public ReadOnlyFile {
 public:
  explicit MemoryFile(Bytes bytes) : bytes_(std::move(bytes)) {}
  Result<std::uint64_t> Size() const override { return bytes_.size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    WW_TRY(const auto part, Slice(bytes_, offset, out.size()), "reading from memory");
    std::copy(part.begin(), part.end(), out.begin());
    return {};
  }

 private:
  Bytes bytes_;
};

}  // namespace

Status ReadOnlyFile::WriteAt(std::uint64_t, ByteView) {
  return Fail(Code::kUsage, "writing to a view that is only read");
}
Status ReadOnlyFile::Truncate(std::uint64_t) {
  return Fail(Code::kUsage, "truncating a view that is only read");
}
void ReadOnlyFile::StartWriteback(std::uint64_t, std::uint64_t) {}

std::shared_ptr<const File> MakeMemoryFile(Bytes bytes) {
  return std::make_shared<MemoryFile>(std::move(bytes));
}

}  // namespace ww::cab
