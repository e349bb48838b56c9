// Files over HTTP in pieces: what `ImportContent(UploadID)` takes in.
#pragma once

#include <functional>
#include <string>

#include "wimwright/catalog/uploads.h"
#include "wimwright/http/handler.h"

namespace ww::uploads {

// Of one PUT. Small enough for any limit on the way, large enough that its round trip costs little.
inline constexpr std::uint64_t kMaxPiece = 16 << 20;

struct UploadOptions {
  catalog::Uploads* uploads = nullptr;  // outlives the handler
  // Who asks, as the site names users; kUsage for who may not import. The handler does not know
  // what a right is.
  std::function<Result<std::string>(const http::Request&)> authorize;
};

// POST /AdminService/uploads {"name","size"[,"sha256"]}   201 {"id","offset","size","name","piece"}
// GET  /AdminService/uploads                              200 {"value":[...]}: the caller's own
// GET  /AdminService/uploads/ID                           200
// PUT  /AdminService/uploads/ID?offset=N  bytes           200; 409 with the true offset otherwise
// DELETE /AdminService/uploads/ID                         204
// Thread-safe.
class UploadHandler final : public http::Handler {
 public:
  explicit UploadHandler(UploadOptions options) : options_(std::move(options)) {}
  // Paths have no case, as everywhere below /AdminService.
  static bool Serves(const http::Target& target);
  http::Treatment TreatmentOf(const http::Request& head) const override;
  http::Response Handle(const http::Request& request) override;

 private:
  http::Response Collection(const http::Request& request, const std::string& user);
  http::Response Single(const http::Request& request, const std::string& user,
                        const std::string& id);
  UploadOptions options_;
};

}  // namespace ww::uploads
