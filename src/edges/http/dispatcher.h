// Between the sockets and the handler: who asks, whether they may, what they get, and what is
// written down about it. Knows no sockets.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "answer.h"
#include "wimwright/http/server.h"

namespace ww::http {

class Dispatcher {
 public:
  Dispatcher(const ServerOptions& options, Handler& handler);

  Treatment TreatmentOf(const Request& head) const;
  // Authentication and handler. Never throws; what the handler throws is a 500.
  Answer Run(Request& request, const Treatment& treatment, ConnectionAuth& connection);
  // On an I/O thread: the handler's answer to somebody who is recalled, if there is one.
  std::optional<Answer> AtOnce(Request& request, const Treatment& treatment);
  // The 401 for a request whose body is not worth reading.
  Answer Refuse(Request& request, ConnectionAuth& connection);

  std::string NextId();
  void Done(const Request& request, int status, std::uint64_t bytes,
            std::chrono::steady_clock::duration took);
  // A request that never became one.
  void Rejected(const Peer& peer, int status, std::string_view why);
  void ConnectionsChanged(double delta);
  void ConnectionRefused();

 private:
  // nullopt: go on, the user is known.
  std::optional<Answer> Authenticate(Request& request, ConnectionAuth& connection,
                                     std::vector<std::string>& mutual);
  Authenticator* authenticator_;
  Logger* logger_;
  Handler& handler_;
  std::string id_prefix_;
  std::atomic<std::uint64_t> next_id_{0};
  Counter* by_class_[6] = {};
  Histogram* seconds_ = nullptr;
  Gauge* connections_ = nullptr;
  Counter* refused_ = nullptr;
  Counter* bytes_ = nullptr;
  Counter* at_once_ = nullptr;
};

}  // namespace ww::http
