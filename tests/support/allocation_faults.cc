// Replaces the global allocation functions of the test program. Outside of an AllocationFault they
// do what they always do.
#include "allocation_faults.h"

#include <cstdlib>

namespace ww::test {
namespace {

struct State {
  bool active = false;
  bool happened = false;
  std::uint64_t left = 0;
  std::int64_t held = 0;
};
thread_local State state;

bool Fails() noexcept {
  if (!state.active || state.left == 0 || --state.left != 0) return false;
  state.happened = true;
  return true;
}

void* Take(std::size_t size) noexcept {
  if (Fails()) return nullptr;
  void* const block = std::malloc(size == 0 ? 1 : size);
  if (block != nullptr && state.active) ++state.held;
  return block;
}

void* TakeOrThrow(std::size_t size) {
  void* const block = Take(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void Give(void* block) noexcept {
  if (block != nullptr && state.active) --state.held;
  std::free(block);
}

}  // namespace

AllocationFault::AllocationFault(std::uint64_t n) { state = {true, false, n, 0}; }
AllocationFault::~AllocationFault() { state = {}; }
bool AllocationFault::happened() const { return state.happened; }
std::int64_t AllocationFault::held() const { return state.held; }

}  // namespace ww::test

void* operator new(std::size_t size) { return ww::test::TakeOrThrow(size); }
void* operator new[](std::size_t size) { return ww::test::TakeOrThrow(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return ww::test::Take(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return ww::test::Take(size);
}
void operator delete(void* block) noexcept { ww::test::Give(block); }
void operator delete[](void* block) noexcept { ww::test::Give(block); }
void operator delete(void* block, std::size_t) noexcept { ww::test::Give(block); }
void operator delete[](void* block, std::size_t) noexcept { ww::test::Give(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { ww::test::Give(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { ww::test::Give(block); }
