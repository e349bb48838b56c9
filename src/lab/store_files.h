// The files of the component store: WinSxS, servicing, CatRoot, and the links into the system.
#pragma once

#include "image_model.h"
#include "tree_builder.h"
#include "wimwright/base/progress.h"

namespace ww::lab {

// `packed` keeps manifests in their compressed form for further images of the same file.
Status WriteStoreFiles(const ImageModel& model, const Store& store,
                       std::map<std::string, Content>& packed, TreeBuilder& tree,
                       const Cancellation& cancellation);

}  // namespace ww::lab
