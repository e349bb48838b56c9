// A File that is only ever read: what the views of this module derive from.
#pragma once

#include "wimwright/base/file.h"

namespace ww::cab {

class ReadOnlyFile : public File {
 public:
  Status WriteAt(std::uint64_t offset, ByteView bytes) final;
  Status Truncate(std::uint64_t size) final;
  Status Sync() final { return {}; }
  void StartWriteback(std::uint64_t offset, std::uint64_t size) final;
  // A view shares the lock of what it views; nobody else can open it.
  Status LockExclusive() final { return {}; }
  Status LockShared() final { return {}; }
};

}  // namespace ww::cab
