// Opens a hive (dirty ones with their logs), walks everything and checks it.
// Input: u8 flags, u16 length + LOG1, u16 length + LOG2, hive.
#include <vector>

#include "fuzz_input.h"
#include "wimwright/hive/check.h"

using namespace ww;
using namespace ww::hive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned flags = input.Byte();
  OpenOptions options;
  options.cache_bytes = 0;
  options.log1 = input.Block();
  options.log2 = input.Block();
  Bytes bytes = input.Rest();
  if ((flags & fuzz::kRepairBase) != 0) fuzz::RepairBase(bytes, options.log1.empty());
  if ((flags & fuzz::kRepairLogs) != 0) {
    fuzz::RepairLog(options.log1);
    fuzz::RepairLog(options.log2);
  }
  auto hive = Hive::Open(MemoryStorage(std::move(bytes)), std::move(options));
  if (!hive) return 0;

  std::vector<KeyId> todo{hive->root()};
  std::uint64_t keys = 0;
  while (!todo.empty()) {
    const KeyId key = todo.back();
    todo.pop_back();
    // Every key takes 80 bytes of the hive and belongs to one list.
    if (++keys > hive->size() / 80) __builtin_trap();
    static_cast<void>(hive->Info(key));
    static_cast<void>(hive->SecurityDescriptor(key));
    static_cast<void>(hive->ForEachValue(
        key, [](std::string_view, std::uint32_t, std::uint32_t) -> Status { return {}; }));
    static_cast<void>(
        hive->ForEachValueData(key, [&](std::string_view name, Value value) -> Status {
          static_cast<void>(AsText(value));
          static_cast<void>(AsMultiSz(value));
          static_cast<void>(AsDword(value));
          static_cast<void>(hive->GetValue(key, name));
          return {};
        }));
    static_cast<void>(hive->ForEachSubkey(key, [&](KeyId child, std::string_view name) -> Status {
      static_cast<void>(hive->FindSubkey(key, name));
      todo.push_back(child);
      return {};
    }));
  }
  static_cast<void>(CheckHive(*hive));
  return 0;
}
