#include "wimwright/insight/insight.h"

#include "methods.h"

namespace ww::insight {

void BindInsight(provider::Bindings& bindings, const InsightOptions& options) {
  BindContents(bindings, options);
  BindPreview(bindings, options);
  BindNextTimes(bindings, options);
}

}  // namespace ww::insight
