#include <fmt/format.h>

#include "image_path.h"
#include "projection_check.h"
#include "wimwright/base/text.h"
#include "wimwright/cbs/plan.h"

namespace ww::cbs {
namespace {

constexpr std::size_t kMaxListed = 10;

class Prover {
 public:
  explicit Prover(ImageState& image) : image_(image) {}

  void Check(const Expectations::Package& expected) {
    const auto found = image_.packages().find(ToLowerAscii(expected.identity));
    if (found == image_.packages().end()) {
      Wrong(fmt::format("package {} is not registered", expected.identity));
    } else if (found->second.state != expected.state) {
      Wrong(fmt::format("package {} is {}, not {}", expected.identity,
                        PackageStateName(found->second.state), PackageStateName(expected.state)));
    }
  }

  Status Check(const Expectations::Component& expected) {
    const auto xml = image_.ReadManifest(expected.keyform);
    if (!xml) {
      Wrong(xml.error().message);
      return {};
    }
    if (Sha256(*xml) != expected.manifest_digest) {
      Wrong(fmt::format("the manifest of {} is not the update's", expected.keyform));
      return {};
    }
    auto component = manifest::ParseComponent(*xml);
    if (!component || manifest::Keyform(component->identity) != expected.keyform) {
      Wrong(fmt::format("the manifest of {} does not describe it", expected.keyform));
      return {};
    }
    WW_TRY(const bool known, image_.HasComponent(component->identity), "proof");
    if (!known)
      Wrong(fmt::format("component {} has no key in the COMPONENTS hive", expected.keyform));
    for (const auto& file : component->files) {
      const auto path = StorePath(expected.keyform, file.name);
      if (!image_.image().Find(path)) Wrong(fmt::format("{} is missing", path));
    }
    if (!expected.installed) return {};
    WW_TRY(const auto winner, image_.Winner(component->identity), "proof");
    if (!winner || *winner < component->identity.version) {
      Wrong(fmt::format("component {} is not the winner of its family", expected.keyform));
      return {};
    }
    if (*winner != component->identity.version) return {};  // a newer one of the same run won
    WW_TRY(const auto links,
           CheckProjections(image_, *component,
                            [this](std::string path, std::string detail) {
                              Wrong(fmt::format("{} {}", path, detail));
                            }),
           "proof");
    static_cast<void>(links);
    return {};
  }

  void Wrong(std::string what) {
    ++count_;
    if (count_ <= kMaxListed) text_ += (text_.empty() ? "" : "; ") + what;
  }

  Status Verdict() const {
    if (count_ == 0) return {};
    auto text = fmt::format("the result is not what was planned: {}", text_);
    if (count_ > kMaxListed) text += fmt::format("; and {} more", count_ - kMaxListed);
    return Fail(Error{Code::kVerificationFailed, std::move(text),
                      "The image was not changed; report this with the log, it is a defect of the "
                      "engine or the disk.",
                      kComponentStoreCorrupt});
  }

 private:
  ImageState& image_;
  std::size_t count_ = 0;
  std::string text_;
};

}  // namespace

Status Prove(ImageState& image, const Expectations& expected) {
  Prover prover(image);
  for (const auto& item : image.pending()) prover.Wrong("pending operation " + item);
  for (const auto& package : expected.packages) prover.Check(package);
  for (const auto& component : expected.components) WW_RETURN_IF_ERROR(prover.Check(component));
  if (expected.version && *expected.version != image.version()) {
    prover.Wrong(fmt::format("the build is {}, not {}", image.version().ToString(),
                             expected.version->ToString()));
  }
  return prover.Verdict();
}

}  // namespace ww::cbs
