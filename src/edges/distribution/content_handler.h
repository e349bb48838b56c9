// What clients of a point ask for: files of packages.
#pragma once

#include <vector>

#include "point_state.h"
#include "wimwright/content/library.h"
#include "wimwright/http/authenticator.h"
#include "wimwright/http/handler.h"
#include "wimwright/http/metrics.h"

namespace ww::distribution {

class ContentHandler final : public http::Handler {
 public:
  ContentHandler(const PointState& state, const content::Library& library, bool anonymous,
                 http::Counter* files)
      : state_(state), library_(library), anonymous_(anonymous), files_(files) {}

  http::Treatment TreatmentOf(const http::Request& head) const override;
  http::Response Handle(const http::Request& request) override;

 private:
  http::Response File(const content::StoredFile& file) const;
  http::Response List() const;
  static http::Response List(const ServedPackage& package, std::string_view below);

  const PointState& state_;
  const content::Library& library_;
  const bool anonymous_;
  http::Counter* const files_;
};

// Bearer tokens: the site's, and the point's own.
std::unique_ptr<http::Authenticator> MakeContentAuthenticator(const PointState& state,
                                                              std::vector<std::string> own,
                                                              const Clock& clock);

}  // namespace ww::distribution
