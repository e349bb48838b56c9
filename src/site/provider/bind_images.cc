// What the site knows of the contents of images: SMS_ImageInformation, computed from the metadata
// that was read from the WIM.
#include "bind.h"
#include "wimwright/provider/image_properties.h"
#include "wimwright/provider/references.h"

namespace ww::provider {
namespace {

Result<Guard> GuardOfPackage(Call& call, const cim::Instance& instance) {
  return PackageGuard(call, instance["PackageID"].TextOr(""));
}

Status EnumerateInformation(Call& call, const cim::InstanceSink& sink) {
  for (const char* name : {"SMS_ImagePackage", "SMS_OperatingSystemInstallPackage"}) {
    WW_TRY(const auto packages, call.store.FindAll(name, {}), name);
    for (const auto& package : packages) {
      for (const auto& index : IndexesOf(package["ImageProperty"].TextOr(""))) {
        WW_TRY(auto row, call.store.Make("SMS_ImageInformation"), "row");
        row.SetRaw("PackageID", package["PackageID"]);
        row.SetRaw("PackageType", package["PackageType"]);
        row.SetRaw("ObjectType", Number(ObjectTypeOf(package.cls())));
        row.SetRaw("Index", Number(static_cast<std::uint64_t>(index.index)));
        row.SetRaw("Name", Text(index.name));
        row.SetRaw("Description", Text(index.description));
        WW_RETURN_IF_ERROR(row.Set("Architecture", Text(index.architecture)));
        row.SetRaw("OSVersion", Text(index.os_version));
        row.SetRaw("ImageOSVersion", Text(index.os_version));
        row.SetRaw("ProductType", Text(index.product_type));
        row.SetRaw("Language", Text(index.language));
        row.SetRaw("CreationDate", Text(index.created));
        row.SetRaw("ImagePath", package["PkgSourcePath"]);
        row.SetRaw("Version", package["Version"]);
        row.SetRaw("Size", cim::Value::Int(static_cast<std::int64_t>(index.bytes)));
        if (!sink(row)) return {};
      }
    }
  }
  return {};
}

}  // namespace

void BindImages(Bindings& bindings) {
  auto& information = bindings["SMS_ImageInformation"];
  information.source = ClassBinding::Source::kComputed;
  information.guard = GuardOfPackage;
  information.enumerate = EnumerateInformation;
  // Disks and partitions exist for captured full disk images only; a WIM has none.
  bindings["SMS_ImageDiskInformation"].source = ClassBinding::Source::kEmpty;
}

}  // namespace ww::provider
