#include "site_link.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <charconv>

#include "wimwright/base/handle.h"
#include "wimwright/base/text.h"
#include "wire.h"

namespace ww::distribution {
namespace {

using CurlHandle = Handle<CURL, &curl_easy_cleanup>;
using HeaderList = Handle<curl_slist, &curl_slist_free_all>;
using Sink = std::function<Status(ByteView)>;

constexpr long kConnectSeconds = 15;
constexpr long kStallSeconds = 90;  // without a byte; longer than the site lets anyone wait
constexpr long kBuffer = 512 << 10;
constexpr std::size_t kMostAnswer = 256 << 20;
constexpr std::size_t kMostProblem = 4096;

// libcurl is made ready once, by whoever comes first; doing it while other threads run is safe
// since 7.84.
void Ready() {
  static const auto once = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(once);
}

// One call: what libcurl's functions see of it.
struct Exchange {
  const Cancellation* cancellation = nullptr;
  std::atomic<std::uint64_t>* wire = nullptr;
  Sink sink;
  std::optional<Error> error;
  long status = 0;
  std::string etag, content_range;
  std::string problem;  // the body of an answer that is no success
};

extern "C" std::size_t TakeHead(char* data, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {  // also of an answer before the last one (100)
    exchange.etag.clear();
    exchange.content_range.clear();
    exchange.status = 0;
    if (const auto blank = line.find(' '); blank != std::string_view::npos) {
      std::from_chars(line.data() + blank + 1, line.data() + line.size(), exchange.status);
    }
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    const auto name = line.substr(0, colon);
    const auto value = std::string(Trim(line.substr(colon + 1)));
    if (EqualNoCaseAscii(name, "ETag")) exchange.etag = value;
    if (EqualNoCaseAscii(name, "Content-Range")) exchange.content_range = value;
  }
  return size * count;
}

extern "C" std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const auto bytes = std::as_bytes(std::span(data, size * count));
  *exchange.wire += bytes.size();
  if (exchange.status < 200 || exchange.status > 299) {
    if (exchange.problem.size() < kMostProblem) exchange.problem.append(AsText(bytes));
    return bytes.size();
  }
  const auto taken = exchange.sink(bytes);
  if (taken) return bytes.size();
  exchange.error = taken.error();
  return 0;
}

extern "C" int OnProgress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(context)->cancellation->requested() ? 1 : 0;
}

}  // namespace

struct SiteLink::Impl {
  explicit Impl(SiteLinkOptions o) : options(std::move(o)) {
    Ready();
    curl.reset(curl_easy_init());
  }

  Status Perform(std::string_view what, const std::vector<std::string>& head,
                 const std::string* body, Exchange& exchange) {
    auto* const c = curl.get();
    exchange.wire = &wire;
    if (c == nullptr) return Fail(Code::kInternal, "no HTTP client");
    curl_easy_reset(c);  // connections stay
    const auto url = fmt::format("{}/distribution/v1/{}", options.site_url, what);
    HeaderList list;
    const auto add = [&list](const char* line) {
      if (auto* longer = curl_slist_append(list.get(), line); longer != nullptr) {
        static_cast<void>(list.release());
        list.reset(longer);
      }
    };
    for (const auto& line : head) add(line.c_str());
    add("Expect:");
    char problem[CURL_ERROR_SIZE] = {};
    curl_easy_setopt(c, CURLOPT_URL, url.c_str());
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, list.get());
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, &TakeHead);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &TakeBody);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, &OnProgress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, &exchange);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, problem);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, kBuffer);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, kStallSeconds);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(c, CURLOPT_USERAGENT, "wimwright-point/" WW_VERSION);
    // Servers' certificates of this authority are the site's and nobody else's: what the site is
    // called from here (an address, a name of this network) says nothing more.
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
    if (options.authority.empty()) {
      curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
    } else {
      curl_easy_setopt(c, CURLOPT_CAINFO, options.authority.c_str());
      curl_easy_setopt(c, CURLOPT_CAPATH, nullptr);
    }
    if (!options.certificate.empty()) {
      curl_easy_setopt(c, CURLOPT_SSLCERT, options.certificate.c_str());
      curl_easy_setopt(c, CURLOPT_SSLKEY, options.certificate.c_str());
    }
    if (body != nullptr) {
      curl_easy_setopt(c, CURLOPT_POST, 1L);
      curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
      curl_easy_setopt(c, CURLOPT_POSTFIELDS, body->c_str());
    }
    const auto result = curl_easy_perform(c);
    Count();
    if (exchange.cancellation->requested()) return exchange.cancellation->Check();
    if (exchange.error) return Fail(*exchange.error);
    if (result != CURLE_OK) {
      const bool other = result == CURLE_PEER_FAILED_VERIFICATION;
      return Fail(Error{other ? Code::kVerificationFailed : Code::kIo,
                        fmt::format("{}: {}", options.site_url,
                                    problem[0] != 0 ? problem : curl_easy_strerror(result)),
                        other ? "Enroll the point again with a new token of this site."
                              : "Check the address of the site, and that its server runs.",
                        0});
    }
    return CheckStatus(exchange);
  }

  Status CheckStatus(const Exchange& exchange) const {
    const auto status = exchange.status;
    if ((status >= 200 && status <= 299) || status == 304) return {};
    const auto text = fmt::format("the site answered {}: {}", status, Trim(exchange.problem));
    if (status == 401 || status == 403) {
      return Fail(Error{Code::kUsage, text, "Enroll the point again with a new token.", 0});
    }
    if (status == 400 || status == 413) return Fail(Code::kCorrupt, text);  // ours was no good
    return Fail(status == 404 ? Code::kNotFound : Code::kIo, text);
  }

  void Count() {
    curl_off_t up = 0;  // the other direction is counted as it comes
    long head = 0, request = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(curl.get(), CURLINFO_HEADER_SIZE, &head);
    curl_easy_getinfo(curl.get(), CURLINFO_REQUEST_SIZE, &request);
    wire += static_cast<std::uint64_t>(up) + static_cast<std::uint64_t>(head + request);
  }

  Result<std::string> Whole(std::string_view what, const std::vector<std::string>& head,
                            const std::string* body, Exchange& exchange) {
    std::string out;
    exchange.sink = [&out](ByteView bytes) -> Status {
      if (bytes.size() > kMostAnswer - out.size()) {
        return Fail(Code::kLimit, "the site's answer is too long");
      }
      out.append(AsText(bytes));
      return {};
    };
    WW_RETURN_IF_ERROR(Perform(what, head, body, exchange));
    return out;
  }

  const SiteLinkOptions options;
  CurlHandle curl;
  std::atomic<std::uint64_t> wire{0};
};

SiteLink::SiteLink(SiteLinkOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
SiteLink::~SiteLink() = default;
SiteLink::SiteLink(SiteLink&&) noexcept = default;

std::uint64_t SiteLink::wire_bytes() const { return impl_->wire; }
// A new handle: the old one would resume its TLS session, and with it the old certificate.
void SiteLink::Reconnect() { impl_->curl.reset(curl_easy_init()); }

Result<std::optional<Assignments>> SiteLink::GetAssignments(std::optional<std::uint64_t> known,
                                                            std::chrono::seconds wait,
                                                            const Cancellation& cancellation) {
  std::vector<std::string> head;
  if (known) head.push_back(fmt::format("If-None-Match: \"{}\"", *known));
  Exchange exchange{.cancellation = &cancellation};
  WW_TRY(const auto text,
         impl_->Whole(fmt::format("assignments?wait={}", wait.count()), head, nullptr, exchange),
         "assignments");
  if (exchange.status == 304) return std::nullopt;
  WW_TRY(auto assignments, ParseAssignments(text), "the site");
  return assignments;
}

Result<content::BlockMap> SiteLink::GetBlocks(const content::StoredFile& file,
                                              const Cancellation& cancellation) {
  Exchange exchange{.cancellation = &cancellation};
  WW_TRY(const auto text, impl_->Whole("blocks/" + file.id.ToText(), {}, nullptr, exchange),
         "blocks");
  WW_TRY(auto map, content::ParseBlockMap(AsBytes(text)), "the site");
  if (map.file != file) {
    return Fail(Code::kVerificationFailed,
                "the site sent the block map of another file for " + file.id.ToText());
  }
  return map;
}

Status SiteLink::GetRange(const content::StoredFile& file, std::uint64_t offset,
                          std::uint64_t length, RateLimit& limit, const Sink& sink,
                          const Cancellation& cancellation) {
  const bool all = offset == 0 && length == file.bytes;
  std::vector<std::string> head;
  if (!all) head.push_back(fmt::format("Range: bytes={}-{}", offset, offset + length - 1));
  std::uint64_t come = 0;
  Exchange exchange{.cancellation = &cancellation};
  const auto expected = fmt::format("bytes {}-{}/{}", offset, offset + length - 1, file.bytes);
  exchange.sink = [&](ByteView bytes) -> Status {
    const bool range = exchange.status == 206 && exchange.content_range == expected;
    if (!range && !(all && exchange.status == 200)) {
      return Fail(Code::kIo, "the site sent another range than was asked for");
    }
    if (bytes.size() > length - come) return Fail(Code::kIo, "the site sent too much");
    come += bytes.size();
    WW_RETURN_IF_ERROR(sink(bytes));
    return limit.Take(bytes.size(), cancellation);
  };
  WW_RETURN_IF_ERROR(impl_->Perform("file/" + file.id.ToText(), head, nullptr, exchange));
  if (come != length) return Fail(Code::kIo, "the site sent too little");
  return {};
}

Result<std::string> SiteLink::PostForAnswer(std::string_view what, const std::string& body,
                                            const Cancellation& cancellation) {
  Exchange exchange{.cancellation = &cancellation};
  return impl_->Whole(what, {"Content-Type: application/json"}, &body, exchange);
}

Status SiteLink::Post(std::string_view what, const std::string& json,
                      const Cancellation& cancellation) {
  return PostForAnswer(what, json, cancellation).map([](const std::string&) {});
}

Result<std::string> SiteLink::GetText(std::string_view what, const Cancellation& cancellation) {
  Exchange exchange{.cancellation = &cancellation};
  return impl_->Whole(what, {}, nullptr, exchange);
}

}  // namespace ww::distribution
