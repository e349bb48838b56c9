// The groups of methods of this module.
#pragma once

#include "wimwright/insight/insight.h"

namespace ww::insight {

void BindContents(provider::Bindings& bindings, const InsightOptions& options);
void BindPreview(provider::Bindings& bindings, const InsightOptions& options);
void BindNextTimes(provider::Bindings& bindings, const InsightOptions& options);

}  // namespace ww::insight
