// What is in an image, what two versions of it differ in, and what servicing would do to it:
// WW_ImageContents and WW_ServicingPlan. Everything here reads; nothing is written.
#pragma once

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"
#include "wimwright/content/library.h"
#include "wimwright/provider/binding.h"
#include "wimwright/schedule/time_zone.h"

namespace ww::insight {

struct InsightOptions {
  content::Library* library = nullptr;  // all outlive the provider; in a folder
  FileSystem* files = &RealFileSystem();
  const Clock* clock = &SystemClock();
  Logger* engine_log = &NullLogger();
  std::filesystem::path trust_store;                    // as servicing has it
  schedule::TimeZone zone = schedule::TimeZone::Utc();  // of tokens, as servicing has it
};

void BindInsight(provider::Bindings& bindings, const InsightOptions& options);

}  // namespace ww::insight
