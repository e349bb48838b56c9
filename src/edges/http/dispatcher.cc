#include "dispatcher.h"

#include <fmt/format.h>

#include "random.h"
#include "text_util.h"
#include "wimwright/base/text.h"

namespace ww::http {

namespace {

std::string SignInText(const Request& request, const AuthOutcome& outcome) {
  if (outcome.kind == AuthOutcome::Kind::kContinue) return {};  // the client has to answer
  std::string schemes;
  for (const auto& challenge : outcome.challenges) {
    if (!schemes.empty()) schemes += ", ";
    schemes += challenge.substr(0, challenge.find(' '));
  }
  if (schemes.empty()) return "nobody can sign in here";
  return fmt::format("{}; sign in with one of: {}",
                     request.headers.Find("Authorization") ? "these credentials are not valid"
                                                           : "credentials are needed",
                     schemes);
}

}  // namespace

Dispatcher::Dispatcher(const ServerOptions& options, Handler& handler)
    : authenticator_(options.authenticator), logger_(options.logger), handler_(handler) {
  id_prefix_ = ToHex(AsBytes(RandomBytes(4).value_or("0000"))) + "-";
  if (options.metrics == nullptr) return;
  auto& metrics = *options.metrics;
  for (int i = 1; i <= 5; ++i) {
    by_class_[i] = &metrics.AddCounter("ww_http_requests_total", "Requests by class of status.",
                                       {{"class", std::to_string(i) + "xx"}});
  }
  seconds_ =
      &metrics.AddHistogram("ww_http_request_seconds", "From the head to the last byte sent.",
                            {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60});
  connections_ = &metrics.AddGauge("ww_http_connections", "Open connections.");
  refused_ = &metrics.AddCounter("ww_http_connections_refused_total", "Connections over a limit.");
  at_once_ =
      &metrics.AddCounter("ww_http_answers_at_once_total", "Answers that were known already.");
  bytes_ = &metrics.AddCounter("ww_http_response_body_bytes_total", "Bytes of bodies sent.");
}

std::string Dispatcher::NextId() {
  return id_prefix_ + fmt::format("{:x}", next_id_.fetch_add(1, std::memory_order_relaxed));
}

Treatment Dispatcher::TreatmentOf(const Request& head) const {
  try {
    return handler_.TreatmentOf(head);
  } catch (const std::exception&) {
    return {};
  }
}

std::optional<Answer> Dispatcher::Authenticate(Request& request, ConnectionAuth& connection,
                                               std::vector<std::string>& mutual) {
  AuthOutcome outcome;
  if (authenticator_ != nullptr) outcome = authenticator_->Authenticate(request, connection);
  if (outcome.kind == AuthOutcome::Kind::kUser) {
    request.user = std::move(outcome.user);
    mutual = std::move(outcome.challenges);
    return std::nullopt;
  }
  if (logger_ != nullptr && request.headers.Find("Authorization") && !outcome.reason.empty()) {
    logger_->Warning("HTTP", "{} {} not authenticated: {}", request.id, request.peer.address,
                     FieldValue(outcome.reason));
  }
  if (outcome.kind == AuthOutcome::Kind::kTooMany) {
    auto answer = PlainAnswer(429, "too many failed attempts");
    answer.headers.Add("Retry-After",
                       std::to_string(std::max<long>(outcome.retry_after.count(), 1)));
    return answer;
  }
  if (outcome.kind == AuthOutcome::Kind::kForbidden) return PlainAnswer(403, outcome.reason);
  if (outcome.kind == AuthOutcome::Kind::kUnknown) {
    auto answer =
        PlainAnswer(503, "sign-in is not possible at the moment: the database does not answer");
    answer.headers.Add("Retry-After", "5");
    return answer;
  }
  // What was sent and not taken is not told apart: a wrong name from a wrong password, for
  // instance.
  auto answer = PlainAnswer(401, SignInText(request, outcome));
  for (auto& challenge : outcome.challenges) {
    answer.headers.Add("WWW-Authenticate", std::move(challenge));
  }
  return answer;
}

Answer Dispatcher::Run(Request& request, const Treatment& treatment, ConnectionAuth& connection) {
  try {
    std::vector<std::string> mutual;
    if (treatment.needs_user) {
      if (auto refused = Authenticate(request, connection, mutual)) return *std::move(refused);
    }
    auto answer = Prepare(request, handler_.Handle(request));
    for (auto& proof : mutual) answer.headers.Add("WWW-Authenticate", std::move(proof));
    return answer;
  } catch (const std::exception& e) {
    if (logger_ != nullptr) logger_->Error("HTTP", "{} failed: {}", request.id, e.what());
  } catch (...) {
    if (logger_ != nullptr) logger_->Error("HTTP", "{} failed", request.id);
  }
  return PlainAnswer(500, "request " + request.id);
}

std::optional<Answer> Dispatcher::AtOnce(Request& request, const Treatment& treatment) {
  try {
    if (treatment.needs_user) {
      if (authenticator_ == nullptr) return std::nullopt;
      request.user = authenticator_->Recall(request);
      if (!request.user) return std::nullopt;
    }
    if (auto response = handler_.AtOnce(request)) {
      if (at_once_ != nullptr) at_once_->Add();
      return Prepare(request, *std::move(response));
    }
  } catch (const std::exception&) {
    // Handle() will meet it, too.
  }
  request.user.reset();
  return std::nullopt;
}

Answer Dispatcher::Refuse(Request& request, ConnectionAuth& connection) {
  try {
    std::vector<std::string> mutual;
    if (auto refused = Authenticate(request, connection, mutual)) return *std::move(refused);
  } catch (const std::exception&) {
  }
  return PlainAnswer(401);
}

void Dispatcher::Done(const Request& request, int status, std::uint64_t bytes,
                      std::chrono::steady_clock::duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  if (seconds_ != nullptr) {
    seconds_->Observe(seconds);
    bytes_->Add(bytes);
    if (status >= 100 && status < 600) by_class_[status / 100]->Add();
  }
  if (logger_ == nullptr) return;
  logger_->Info("HTTP", "{} {} {} {} {} {} {} {:.1f}ms", request.id, request.peer.address,
                request.user ? FieldValue(request.user->name) : "-", request.method,
                FieldValue(std::string_view(request.target.raw).substr(0, 500)), status, bytes,
                seconds * 1000);
}

void Dispatcher::Rejected(const Peer& peer, int status, std::string_view why) {
  if (by_class_[4] != nullptr && status >= 100 && status < 600) by_class_[status / 100]->Add();
  if (logger_ != nullptr)
    logger_->Info("HTTP", "- {} rejected with {}: {}", peer.address, status, why);
}

void Dispatcher::ConnectionsChanged(double delta) {
  if (connections_ != nullptr) connections_->Add(delta);
}
void Dispatcher::ConnectionRefused() {
  if (refused_ != nullptr) refused_->Add();
}

}  // namespace ww::http
