// Bodies: an object that was read and written as an answer shows it is read again and the same.
#include <boost/json/object.hpp>
#include <cstdlib>

#include "entity_writer.h"
#include "json_body.h"
#include "wimwright/base/bytes.h"
#include "wimwright/cim/provider.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww;
  using namespace ww::adminservice;
  static const cim::Schema kSchema = *cim::LoadBuiltInSchema();
  static const EntityWriter kWriter(kSchema, "SRV", "root\\sms\\site_XYZ");
  if (size == 0) return 0;
  constexpr const char* kClasses[] = {"SMS_ImagePackage", "SMS_ImageServicingSchedule",
                                      "SMS_SCI_Component", "SMS_PackageBaseclass"};
  const auto cls = kSchema.Find(kClasses[data[0] % 4]);
  const auto body = ParseJsonObject(AsText(std::as_bytes(std::span(data + 1, size - 1))));
  if (!body) {
    if (body.error().hresult == 0) std::abort();
    return 0;
  }
  auto in = cim::NewInParameters(*kSchema.Find("SMS_ScheduleMethods"), "WriteToString");
  if (auto read = ReadParameters(*body, *in, kSchema); !read && read.error().hresult == 0) {
    std::abort();
  }
  for (const auto use : {BodyUse::kCreate, BodyUse::kReplace, BodyUse::kMerge}) {
    const auto instance = ReadEntity(*body, cls, use, kSchema);
    if (!instance) {
      if (instance.error().hresult == 0) std::abort();
      continue;
    }
    std::string text;
    kWriter.Append(text, *instance, {.declared = cls.get(), .by_key = true});
    const auto parsed = ParseJsonObject(text);
    if (!parsed) std::abort();
    const auto again = ReadEntity(*parsed, cls, BodyUse::kCreate, kSchema);
    if (!again) std::abort();
    std::string once_more;
    kWriter.Append(once_more, *again, {.declared = cls.get(), .by_key = true});
    if (text != once_more) std::abort();
  }
  return 0;
}
