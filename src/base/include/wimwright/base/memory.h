// Memory of the process as a whole.
#pragma once

namespace ww {

// Gives free pages between living allocations back to the system. Worth a call (milliseconds) where
// a phase ends that read trees, hives and manifests of tens of megabytes and forgot them.
void ReturnFreeMemory();

}  // namespace ww
