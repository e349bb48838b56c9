#include "wimwright/base/memory.h"

#include <malloc.h>

namespace ww {

void ReturnFreeMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace ww
