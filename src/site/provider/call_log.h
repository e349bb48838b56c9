// SMSProv.log: one line per call with user, operation, object, duration and result.
#pragma once

#include <string>

#include "wimwright/base/clock.h"
#include "wimwright/base/log.h"
#include "wimwright/cim/provider.h"

namespace ww::provider {

class CallLog {
 public:
  explicit CallLog(Logger* log) : log_(log) {}

  // A call from its construction to its end; the line is written by the destructor.
  class Entry {
   public:
    Entry(const CallLog& log, const Clock& clock, const cim::Context& context,
          std::string_view operation, std::string object);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

    // Notes the failure and hands it on.
    const Error& Failed(const Error& error) const;

   private:
    const CallLog& log_;
    const Clock& clock_;
    const cim::Context& context_;
    std::string operation_, object_;
    TimePoint began_;
    mutable std::string failure_;
  };

 private:
  Logger* log_;
};

}  // namespace ww::provider
