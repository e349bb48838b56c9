// Images made to fit a genuine update.
#pragma once

#include "lab_context.h"

namespace ww::lab {

// images/fit-<stem>.wim for the update at `path`: a small Windows of its release and architecture
// with a servicing stack that is new enough, the parents that its packages name, and of every
// component that it would install a predecessor in a lower version. File contents are invented;
// the predecessor's manifest is the update's own with version and digests exchanged, so that
// everything that asks for an installer is equal. Drivers of the old kind get no predecessor: their
// packages stay inapplicable where the update has others.
Status WriteFittingImage(LabContext& lab, const std::filesystem::path& path);

}  // namespace ww::lab
