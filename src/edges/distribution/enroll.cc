// How a server becomes a distribution point.
#include <fmt/format.h>

#include "site_link.h"
#include "small_file.h"
#include "wimwright/distribution/authority.h"
#include "wimwright/distribution/point.h"
#include "wimwright/distribution/token.h"
#include "wire.h"

namespace ww::distribution {

Result<EnrollmentResult> Enroll(const PointFolder& folder, const std::string& site_url,
                                std::string_view token_text) {
  WW_TRY(const auto token, ParseToken(token_text), "token");
  std::error_code error;
  std::filesystem::create_directories(folder.certificate().parent_path(), error);
  if (error) return Fail(Code::kIo, fmt::format("{}: {}", folder.dir.string(), error.message()));

  // Whoever answers is asked for the authority; only the one that the token names is believed, and
  // nothing is said before. The word of the token goes over a connection that it has proved.
  SiteLink stranger({.site_url = site_url});
  WW_TRY(const auto pem, stranger.GetText("authority", NeverCancelled()), "first contact");
  const auto fingerprint = FingerprintOfPem(pem);
  if (!fingerprint || *fingerprint != token.authority) {
    return Fail(Error{Code::kVerificationFailed,
                      fmt::format("{} is not the site that made the token", site_url),
                      "Check the address. If it is right, somebody stands between.", 0});
  }
  const auto authority = folder.authority().string() + ".enrolling";
  WW_RETURN_IF_ERROR(ReplaceText(authority, pem, 0644));
  WW_TRY(const auto made, MakeKeyAndRequest(), "enrollment");
  SiteLink site({.site_url = site_url, .authority = authority});
  WW_TRY(const auto text,
         site.PostForAnswer("enroll", ToJson(EnrollmentRequest{token.word, made.request_pem}),
                            NeverCancelled()),
         "enrollment");
  WW_TRY(const auto answer, ParseEnrollmentAnswer(text), "enrollment");
  // The certificate is last: with it the point counts as enrolled.
  WW_RETURN_IF_ERROR(ReplaceText(folder.authority(), pem, 0644));
  WW_RETURN_IF_ERROR(ReplaceText(folder.certificate(), answer.certificate_pem + made.key_pem));
  std::filesystem::remove(authority, error);
  return EnrollmentResult{answer.id, answer.server_name};
}

}  // namespace ww::distribution
