// Memory that runs out at the n-th allocation, for tests of what must survive that.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <new>

namespace ww::test {

// While it lives, the n-th `operator new` of this thread (1: the next one) throws std::bad_alloc;
// all others are counted. Other threads and C libraries are not concerned. One at a time.
class AllocationFault {
 public:
  explicit AllocationFault(std::uint64_t n);
  ~AllocationFault();
  AllocationFault(const AllocationFault&) = delete;
  AllocationFault& operator=(const AllocationFault&) = delete;

  bool happened() const;
  // Blocks taken since the beginning that have not been given back.
  std::int64_t held() const;
};

// Calls `parse` again and again, with the first, the second, the third ... allocation failing,
// until one call needs no more. `parse` keeps nothing and answers whether its input was good; it is
// meant to answer true. Each call has to end with std::bad_alloc or an answer, and to hold no
// memory.
inline void ExpectSurvivesEveryAllocationFault(const std::function<bool()>& parse) {
  // What is made once and kept, such as tables, is made now.
  ASSERT_TRUE(parse()) << "the input is not good";
  constexpr std::uint64_t kMost = 1'000'000;
  for (std::uint64_t n = 1; n < kMost; ++n) {
    bool good = false, thrown = false, happened = false;
    std::int64_t held = 0;
    {
      const AllocationFault fault(n);
      try {
        good = parse();
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
      happened = fault.happened();
      held = fault.held();
    }
    ASSERT_EQ(held, 0) << "memory is lost when allocation " << n << " fails";
    if (happened) continue;
    ASSERT_TRUE(good && !thrown) << n;
    ASSERT_GT(n, 1U) << "nothing was allocated";
    return;
  }
  FAIL() << "no end";
}

}  // namespace ww::test
