// A point's calls of its site, over one kept connection with mutual TLS. One thread at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "rate_limit.h"
#include "wimwright/content/block_map.h"
#include "wimwright/distribution/point_directory.h"

namespace ww::distribution {

struct SiteLinkOptions {
  std::string site_url;
  std::string authority;    // path; empty: whoever answers is believed (before enrollment)
  std::string certificate;  // path of certificate and key in one file; empty: none is shown
};

class SiteLink {
 public:
  explicit SiteLink(SiteLinkOptions options);
  ~SiteLink();
  SiteLink(SiteLink&&) noexcept;

  // All: kIo the site does not answer or fails (try again later); kUsage it refuses this point;
  // kNotFound; kCorrupt: one of both did not understand the other; kCancelled soon after
  // `cancellation`.

  // Nothing: the generation is still `known`.
  Result<std::optional<Assignments>> GetAssignments(std::optional<std::uint64_t> known,
                                                    std::chrono::seconds wait,
                                                    const Cancellation& cancellation);
  // kVerificationFailed: it is the map of something else.
  Result<content::BlockMap> GetBlocks(const content::StoredFile& file,
                                      const Cancellation& cancellation);
  // `sink` gets exactly the bytes of the range, in order.
  Status GetRange(const content::StoredFile& file, std::uint64_t offset, std::uint64_t length,
                  RateLimit& limit, const std::function<Status(ByteView)>& sink,
                  const Cancellation& cancellation);
  Status Post(std::string_view what, const std::string& json, const Cancellation& cancellation);
  Result<std::string> PostForAnswer(std::string_view what, const std::string& body,
                                    const Cancellation& cancellation);
  Result<std::string> GetText(std::string_view what, const Cancellation& cancellation);

  // Heads and bodies of all answers and requests so far. From any thread.
  std::uint64_t wire_bytes() const;
  // The next connection reads the certificate again.
  void Reconnect();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ww::distribution
