// The server over real loopback sockets: framing, limits, slow and vanished clients, stopping.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "fixture.h"

namespace ww::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  Start();
  Client client(port());
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.Ask(Get("/hello?x=1"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "hello");
    EXPECT_EQ(reply->fields.at("server"), "wimwright");
    EXPECT_FALSE(reply->fields.at("x-request-id").empty());
    EXPECT_EQ(reply->fields.at("date").size(), 29u);
  }
  const auto last = client.Ask(Get("/inline", "Connection: close\r\n"));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->fields.at("connection"), "close");
  EXPECT_TRUE(client.Closed());
  EXPECT_THAT(log_.text(), HasSubstr("GET /hello?x=1 200 5 "));
  EXPECT_THAT(metrics_.Text(), HasSubstr("ww_http_requests_total{class=\"2xx\"} 4"));
}

class Knowing final : public Handler {
 public:
  Treatment TreatmentOf(const Request& head) const override {
    return {.needs_user = false, .tries_at_once = head.method == "GET"};
  }
  std::optional<Response> AtOnce(const Request& request) override {
    if (request.target.path == "/raises") throw std::runtime_error("secret");
    if (request.target.path != "/known") return std::nullopt;
    return Response::Text(200, "known");
  }
  Response Handle(const Request&) override { return Response::Text(200, "worked out"); }
};

TEST_F(ServerTest, AsksForAnAnswerAtOnceBeforeAWorker) {
  Knowing knowing;
  router_.Mount("/", knowing);
  Start();
  Client client(port());
  EXPECT_EQ(client.Ask(Get("/known"))->body, "known");
  EXPECT_EQ(client.Ask(Get("/unknown"))->body, "worked out");
  EXPECT_EQ(client.Ask(Get("/raises"))->body, "worked out");
  EXPECT_EQ(client.Ask("POST /known HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")->body,
            "worked out");
  EXPECT_THAT(metrics_.Text(), HasSubstr("ww_http_answers_at_once_total 1"));
}

// Sockets that share a port would let a second server take half of the connections.
TEST_F(ServerTest, DoesNotShareItsPortWithAnotherServer) {
  Start();
  auto options = options_;
  options.endpoints.front().port = port();
  const auto second = Server::Start(options, router_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kBusy);
  EXPECT_EQ(Client(port()).Ask(Get("/hello"))->body, "hello");
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  Client client(port());
  std::string many;
  for (int i = 0; i < 200; ++i) many += Get(i % 2 == 0 ? "/hello" : "/inline");
  ASSERT_TRUE(client.Send(many));
  for (int i = 0; i < 200; ++i) {
    const auto reply = client.Read();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->body, i % 2 == 0 ? "hello" : "inline");
  }
}

TEST_F(ServerTest, AnswersAHeadRequestWithoutBody) {
  MakeFile(1000);
  Start();
  Client client(port());
  auto reply = client.Ask("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n", true);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->fields.at("content-length"), "5");
  reply = client.Ask("HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n", true);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->fields.at("content-length"), "1000");
  EXPECT_EQ(client.Ask(Get("/hello"))->body, "hello");
}

TEST_F(ServerTest, SpeaksHttp10) {
  Start();
  Client closing(port());
  EXPECT_EQ(closing.Ask("GET /hello HTTP/1.0\r\n\r\n")->body, "hello");
  EXPECT_TRUE(closing.Closed());
  Client kept(port());
  EXPECT_EQ(
      kept.Ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->fields.at("connection"),
      "keep-alive");
  EXPECT_EQ(kept.Ask("GET /hello HTTP/1.0\r\n\r\n")->body, "hello");
}

TEST_F(ServerTest, SaysWhatItDoesNotServe) {
  Start();
  Client client(port());
  EXPECT_EQ(client.Ask(Get("/nothing"))->status, 404);
  const auto wrong = client.Ask("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->fields.at("allow"), "GET, HEAD");
  const auto thrown = client.Ask(Get("/throws"));
  EXPECT_EQ(thrown->status, 500);
  EXPECT_THAT(thrown->body, testing::Not(HasSubstr("secret")));
  EXPECT_EQ(client.Ask("TRACE /hello HTTP/1.1\r\nHost: x\r\n\r\n")->status, 501);
}

TEST_F(ServerTest, ReadsBodiesOfBothFramings) {
  Start();
  Client client(port());
  EXPECT_EQ(client.Ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde")->body,
            "abcde");
  EXPECT_EQ(client
                .Ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
                ->body,
            "abcde");
  const std::string large(1 << 20, 'b');
  EXPECT_EQ(
      client.Ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" + large)->body,
      large);
  EXPECT_EQ(client.Ask("POST /echo HTTP/1.1\r\nHost: x\r\n\r\n")->body, "");
  ASSERT_TRUE(client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_EQ(client.Read()->status, 100);
  EXPECT_EQ(client.Ask("ok")->body, "ok");
}

TEST_F(ServerTest, RefusesBodiesThatAreTooLong) {
  Start();
  for (const std::string head :
       {"Content-Length: 1048577\r\n\r\n", "Content-Length: 99999999999999999\r\n\r\n"}) {
    Client client(port());
    EXPECT_EQ(client.Ask("POST /echo HTTP/1.1\r\nHost: x\r\n" + head)->status, 413) << head;
    EXPECT_TRUE(client.Closed());
  }
  Client chunked(port());
  ASSERT_TRUE(chunked.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n" +
      std::string(0x100001, 'c')));
  EXPECT_EQ(chunked.Read()->status, 413);
}

TEST_F(ServerTest, RefusesHeadsThatAreTooLongOrNone) {
  options_.limits.header_bytes = 4096;
  Start();
  for (const auto& [text, status] : std::vector<std::pair<std::string, int>>{
           {Get("/hello", "X: " + std::string(5000, 'x') + "\r\n"), 431},
           {"GET /" + std::string(10'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
           {"GET /" + std::string(5000, 'x'), 431},
           {"nonsense\r\n\r\n", 400},
           {"GET /hello HTTP/1.1\r\n\r\n", 400},  // no Host
           {"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
           {"GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 400},
           {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
           {"GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n", 400},
           {"GET /%2e%2e/etc HTTP/1.1\r\nHost: a\r\n\r\n", 400},
           {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
            "chunked\r\n\r\n0\r\n\r\n",
            400},
           {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
           {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            400},
           {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
           {"GET /hello HTTP/1.1\r\nHost : a\r\n\r\n", 400}}) {
    Client client(port());
    const auto reply = client.Ask(text);
    ASSERT_TRUE(reply) << text.substr(0, 80);
    const bool version = text.find("HTTP/2.0") != std::string::npos;
    EXPECT_TRUE(reply->status == status || (version && reply->status == 505))
        << text.substr(0, 80) << reply->status;
    EXPECT_TRUE(client.Closed()) << text.substr(0, 80);
  }
  EXPECT_EQ(Client(port()).Ask(Get("/hello"))->status, 200);
}

TEST_F(ServerTest, EndsSlowRequestsAndIdleConnections) {
  options_.limits.header_timeout = milliseconds(1500);
  options_.limits.idle_timeout = milliseconds(1500);
  options_.limits.body_timeout = milliseconds(1500);
  Start();
  Client silent(port()), half(port()), idle(port()), body(port()), dripping(port());
  ASSERT_TRUE(half.Send("GET /hello HTTP/1.1\r\nHost:"));
  EXPECT_EQ(idle.Ask(Get("/hello"))->status, 200);
  ASSERT_TRUE(body.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"));
  std::jthread drip([&](std::stop_token stop) {
    const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    for (std::size_t i = 0; !stop.stop_requested(); ++i) {
      if (!dripping.Send(i == 0 ? head : "a")) return;
      std::this_thread::sleep_for(milliseconds(50));
    }
  });
  EXPECT_TRUE(silent.Closed());
  EXPECT_TRUE(idle.Closed());
  EXPECT_EQ(half.Read()->status, 408);
  EXPECT_EQ(body.Read()->status, 408);
  EXPECT_EQ(dripping.Read()->status, 408);  // bytes alone do not help: there must be enough of them
}

TEST_F(ServerTest, EndsClientsThatDoNotRead) {
  options_.limits.write_timeout = milliseconds(300);
  MakeFile(20 << 20);
  Gate gone;
  router_.Add("GET", "/endless",
              [&](const Request&) {
                return Response::Stream(200, "text/plain", [&](ResponseStream& out) -> Status {
                  const std::string piece(100'000, 'x');
                  for (;;) {
                    if (auto status = out.Write(piece); !status) {
                      gone.Open();
                      return status;
                    }
                  }
                });
              },
              {.needs_user = false});
  Start();
  Client file(port()), endless(port());
  ASSERT_TRUE(file.Send(Get("/file")));
  ASSERT_TRUE(endless.Send(Get("/endless")));
  EXPECT_TRUE(gone.Wait());  // the worker is free again
}

TEST_F(ServerTest, LimitsConnections) {
  options_.limits.connections = 5;
  options_.limits.connections_per_address = 3;
  Start();
  Client a(port()), b(port()), c(port());
  for (auto* client : {&a, &b, &c}) EXPECT_EQ(client->Ask(Get("/hello"))->status, 200);
  Client d(port());
  EXPECT_TRUE(d.Closed());
  EXPECT_THAT(metrics_.Text(), HasSubstr("ww_http_connections_refused_total 1"));
  Client e(port(), "127.0.0.2");
  EXPECT_EQ(a.Ask(Get("/hello", "Connection: close\r\n"))->status, 200);
  EXPECT_TRUE(a.Closed());
}

TEST_F(ServerTest, StreamsInChunksToTheEnd) {
  router_.Add("GET", "/rows",
              [](const Request&) {
                return Response::Stream(200, "application/json", [](ResponseStream& out) -> Status {
                  for (int i = 0; i < 100'000; ++i)
                    WW_TRY_STATUS(out.Write("{\"row\":" + std::to_string(i) + "}\n"), "row");
                  return {};
                });
              },
              {.needs_user = false});
  router_.Add("GET", "/broken",
              [](const Request&) {
                return Response::Stream(200, "text/plain", [](ResponseStream& out) -> Status {
                  WW_TRY_STATUS(out.Write("part"), "x");
                  WW_TRY_STATUS(out.Flush(), "x");
                  return Fail(Code::kIo, "the database went away");
                });
              },
              {.needs_user = false});
  router_.Add("GET", "/empty",
              [](const Request&) {
                return Response::Stream(200, "text/plain",
                                        [](ResponseStream&) -> Status { return {}; });
              },
              {.needs_user = false});
  Start();
  Client client(port());
  const auto reply = client.Ask(Get("/rows"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->fields.at("transfer-encoding"), "chunked");
  EXPECT_TRUE(reply->body.ends_with("{\"row\":99999}\n"));
  EXPECT_EQ(std::count(reply->body.begin(), reply->body.end(), '\n'), 100'000);
  EXPECT_EQ(client.Ask(Get("/empty"))->body, "");
  EXPECT_EQ(client.Ask("HEAD /rows HTTP/1.1\r\nHost: x\r\n\r\n", true)->status, 200);
  EXPECT_EQ(client.Ask(Get("/hello"))->body, "hello");
  Client old(port());
  EXPECT_TRUE(old.Ask("GET /rows HTTP/1.0\r\n\r\n")->body.ends_with("{\"row\":99999}\n"));
  // A body that broke off must not look whole.
  Client broken(port());
  ASSERT_TRUE(broken.Send(Get("/broken")));
  std::string rest;
  EXPECT_TRUE(broken.Closed(&rest));
  EXPECT_THAT(rest, HasSubstr("4\r\npart\r\n"));
  EXPECT_THAT(rest, testing::Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(ServerTest, HoldsTheBeginningOfABodyBack) {
  const auto add = [&](const char* path, std::size_t bytes, bool fails) {
    router_.Add("GET", path,
                [bytes, fails](const Request&) {
                  auto response = Response::Json(200, "");
                  response.body = StreamBody{
                      .write = [=](ResponseStream& out) -> Status {
                        WW_TRY_STATUS(out.Write("not this"), "x");
                        EXPECT_TRUE(out.TakeBack());
                        for (std::size_t i = 0; i < bytes; i += 10) {
                          WW_TRY_STATUS(out.Write("0123456789"), "x");
                        }
                        if (fails) return Fail(Code::kIo, "the database went away");
                        if (bytes > 1000) {
                          EXPECT_FALSE(out.TakeBack());
                        }
                        return {};
                      },
                      .hold = 1000,
                      .instead = [](const Error& e) { return Response::Text(503, e.message); }};
                  if (bytes == 1000) std::get<StreamBody>(response.body).instead = {};
                  return response;
                },
                {.needs_user = false});
  };
  add("/nothing", 0, false);
  add("/long", 200'000, false);
  add("/fails", 500, true);
  add("/fails_plainly", 1000, true);
  add("/breaks", 2000, true);
  Start();
  Client client(port());
  const auto nothing = client.Ask(Get("/nothing"));
  EXPECT_EQ(nothing->fields.at("content-length"), "0");
  const auto large = client.Ask(Get("/long"));
  EXPECT_EQ(large->fields.at("transfer-encoding"), "chunked");
  EXPECT_EQ(large->body.size(), 200'000u);
  const auto fails = client.Ask(Get("/fails"));
  EXPECT_EQ(fails->status, 503);
  EXPECT_EQ(fails->body, "the database went away");
  EXPECT_EQ(client.Ask(Get("/fails_plainly"))->status, 500);
  EXPECT_EQ(client.Ask(Get("/hello"))->body, "hello");
  EXPECT_EQ(client.Ask("HEAD /long HTTP/1.1\r\nHost: x\r\n\r\n", true)->status, 200);
  ASSERT_TRUE(client.Send(Get("/breaks")));
  std::string rest;
  EXPECT_TRUE(client.Closed(&rest));
  EXPECT_THAT(rest, testing::Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(ServerTest, ServesEventStreamsBesideItsWorkers) {
  options_.workers = 1;
  options_.limits.event_streams = 2;
  std::atomic<int> ended = 0;
  router_.Add("GET", "/events",
              [&](const Request&) {
                return Response::Events([&](ResponseStream& out) -> Status {
                  WW_TRY_STATUS(out.Write(FormatEvent("progress", "1\n2", "7")), "event");
                  WW_TRY_STATUS(out.Flush(), "event");
                  while (!out.closed()) std::this_thread::sleep_for(milliseconds(5));
                  ++ended;
                  return {};
                });
              },
              {.needs_user = false});
  Start();
  Client a(port()), b(port()), c(port()), d(port());
  for (auto* client : {&a, &b}) {
    const auto head = client->Ask(Get("/events"), true);
    EXPECT_EQ(head->fields.at("content-type"), "text/event-stream");
  }
  EXPECT_EQ(c.Ask(Get("/events"))->status, 503);
  EXPECT_EQ(d.Ask(Get("/hello"))->status, 200);
  EXPECT_TRUE(server_->Stop(std::chrono::seconds(60)));
  EXPECT_EQ(ended, 2);
  std::string rest;
  EXPECT_TRUE(a.Closed(&rest));
  EXPECT_THAT(rest, HasSubstr("id: 7\nevent: progress\ndata: 1\ndata: 2\n\n"));
  EXPECT_TRUE(rest.ends_with("0\r\n\r\n"));
}

TEST_F(ServerTest, PushedBodiesNeedNoThreadAndEndWhole) {
  options_.limits.event_streams = 0;
  options_.workers = 1;
  std::mutex mutex;
  std::vector<std::shared_ptr<PushChannel>> channels;
  router_.Add("GET", "/push",
              [&](const Request&) {
                return Response::Push([&](std::shared_ptr<PushChannel> channel) {
                  const std::lock_guard lock(mutex);
                  channels.push_back(std::move(channel));
                });
              },
              {.needs_user = false});
  Start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<Client>(port()));
    EXPECT_EQ(clients.back()->Ask(Get("/push"), true)->status, 200);
  }
  const auto text = std::make_shared<const std::string>("data: 1\n\n");
  const std::lock_guard lock(mutex);
  ASSERT_EQ(channels.size(), 20u);
  for (int round = 0; round < 3; ++round) {
    for (auto& channel : channels) EXPECT_TRUE(channel->Push(text));
  }
  for (auto& channel : channels) channel->End();
  for (auto& client : clients) {
    std::string rest;
    EXPECT_TRUE(client->Closed(&rest));
    std::size_t count = 0;
    for (auto at = rest.find("data: 1"); at != std::string::npos;
         at = rest.find("data: 1", at + 1)) {
      ++count;
    }
    EXPECT_EQ(count, 3u);
    EXPECT_TRUE(rest.ends_with("0\r\n\r\n"));
  }
}

TEST_F(ServerTest, ClientsThatDoNotReadWhatIsPushedAreCut) {
  std::shared_ptr<PushChannel> channel;
  Gate begun;
  router_.Add("GET", "/push",
              [&](const Request&) {
                return Response::Push([&](std::shared_ptr<PushChannel> one) {
                  channel = std::move(one);
                  begun.Open();
                });
              },
              {.needs_user = false});
  Start();
  Client client(port());
  client.Send(Get("/push"));
  ASSERT_TRUE(begun.Wait());
  const auto much = std::make_shared<const std::string>(std::string(256 << 10, 'x'));
  bool cut = false;
  for (int i = 0; i < 20'000 && !cut; ++i) {
    cut = !channel->Push(much);
    if (!cut) std::this_thread::yield();
  }
  EXPECT_TRUE(cut);
}

TEST_F(ServerTest, AnswersWhenTheClientSendsNoMore) {
  Start();
  Client client(port());
  ASSERT_TRUE(client.Send(Get("/hello")));
  client.FinishSending();
  EXPECT_EQ(client.Read()->body, "hello");
  EXPECT_TRUE(client.Closed());
}

TEST_F(ServerTest, SaysWhenTooManyWait) {
  options_.workers = 1;
  options_.limits.queued_requests = 1;
  Gate started, go;
  router_.Add("GET", "/wait",
              [&](const Request&) {
                started.Open();
                go.Wait();
                return Response::Text(200, "waited");
              },
              {.needs_user = false});
  Start();
  Client first(port()), second(port()), third(port());
  ASSERT_TRUE(first.Send(Get("/wait")));
  ASSERT_TRUE(started.Wait());
  ASSERT_TRUE(second.Send(Get("/hello")));
  // One of the two finds the queue full; which one is the kernel's choice.
  ASSERT_TRUE(third.Send(Get("/hello")));
  Client probe(port());
  std::optional<Reply> reply;
  for (int i = 0; i < 200 && (!reply || reply->status != 503); ++i) {
    Client other(port());
    reply = other.Ask(Get("/hello"));
    if (reply && reply->status == 503) break;
  }
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->fields.at("retry-after"), "1");
  go.Open();
  EXPECT_EQ(first.Read()->body, "waited");
}

TEST_F(ServerTest, StopsGracefully) {
  Gate started, go;
  router_.Add("GET", "/wait",
              [&](const Request&) {
                started.Open();
                go.Wait();
                return Response::Text(200, "waited");
              },
              {.needs_user = false});
  Start();
  Client idle(port()), busy(port());
  EXPECT_EQ(idle.Ask(Get("/hello"))->status, 200);
  ASSERT_TRUE(busy.Send(Get("/wait")));
  ASSERT_TRUE(started.Wait());
  bool drained = false;
  std::jthread stopper([&] { drained = server_->Stop(std::chrono::seconds(60)); });
  EXPECT_TRUE(idle.Closed());
  go.Open();
  const auto reply = busy.Read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "waited");
  EXPECT_EQ(reply->fields.at("connection"), "close");
  stopper.join();
  EXPECT_TRUE(drained);
}

TEST_F(ServerTest, CutsWhatDoesNotEndInTime) {
  MakeFile(50 << 20);
  Start();
  Client slow(port());
  ASSERT_TRUE(slow.Send(Get("/file")));
  EXPECT_EQ(slow.Read(true)->status, 200);
  EXPECT_FALSE(server_->Stop(milliseconds(50)));
  std::string rest;
  EXPECT_TRUE(slow.Closed(&rest));
  EXPECT_LT(rest.size(), content_.size());
}

TEST_F(ServerTest, SendsFilesWithRangesAndConditions) {
  MakeFile(3'000'000);
  Start();
  Client client(port());
  auto reply = client.Ask(Get("/file"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, content_);
  EXPECT_EQ(reply->fields.at("accept-ranges"), "bytes");
  const auto etag = reply->fields.at("etag"), modified = reply->fields.at("last-modified");
  reply = client.Ask(Get("/file", "Range: bytes=10-19\r\n"));
  EXPECT_EQ(reply->status, 206);
  EXPECT_EQ(reply->body, content_.substr(10, 10));
  EXPECT_EQ(reply->fields.at("content-range"), "bytes 10-19/3000000");
  EXPECT_EQ(client.Ask(Get("/file", "Range: bytes=-5\r\n"))->body, content_.substr(2'999'995));
  EXPECT_EQ(client.Ask(Get("/file", "Range: bytes=2999990-\r\n"))->body,
            content_.substr(2'999'990));
  reply = client.Ask(Get("/file", "Range: bytes=3000000-\r\n"));
  EXPECT_EQ(reply->status, 416);
  EXPECT_EQ(reply->fields.at("content-range"), "bytes */3000000");
  EXPECT_EQ(client.Ask(Get("/file", "Range: bytes=0-1,5-6\r\n"))->status, 200);
  EXPECT_EQ(client.Ask(Get("/file", "If-None-Match: \"x\", " + etag + "\r\n"))->status, 304);
  EXPECT_EQ(client.Ask(Get("/file", "If-Modified-Since: " + modified + "\r\n"))->status, 304);
  EXPECT_EQ(client.Ask(Get("/file", "If-Match: \"x\"\r\n"))->status, 412);
  EXPECT_EQ(client.Ask(Get("/file", "Range: bytes=0-1\r\nIf-Range: " + etag + "\r\n"))->status,
            206);
  EXPECT_EQ(client.Ask(Get("/file", "Range: bytes=0-1\r\nIf-Range: \"old\"\r\n"))->status, 200);
  std::filesystem::remove(folder_ / "file.bin");
  EXPECT_EQ(client.Ask(Get("/file"))->status, 404);
  MakeFile(0);
  EXPECT_EQ(client.Ask(Get("/file"))->body, "");
}

TEST_F(ServerTest, SpeaksTls) {
  UseTls();
  MakeFile(3'000'000);
  Start();
  const auto ca = "--cacert " + options_.tls.certificate.string() + " ";
  EXPECT_EQ(Shell("curl -s " + ca + Url("/hello")), "hello");
  EXPECT_EQ(Shell("curl -s --tls-max 1.2 " + ca + Url("/hello") + " " + Url("/hello")),
            "hellohello");
  int code = 0;
  Shell("curl -s --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 " + ca + Url("/hello"), &code);
  EXPECT_NE(code, 0);
  Shell("curl -s " + Url("/hello"), &code);  // nobody signed for it
  EXPECT_EQ(code, 60);
  EXPECT_EQ(Shell("curl -s " + ca + Url("/file")), content_);
  EXPECT_EQ(Shell("curl -s -r 5-9 " + ca + Url("/file")), content_.substr(5, 5));
  // Plain HTTP to it is no handshake.
  Client plain(port());
  ASSERT_TRUE(plain.Send(Get("/hello")));
  EXPECT_TRUE(plain.Closed());
  // A new certificate for new connections.
  std::filesystem::remove(options_.tls.certificate);
  std::filesystem::remove(options_.tls.key);
  EXPECT_FALSE(server_->ReloadCertificate());
  const auto made = MakeSelfSigned({"localhost"}, std::chrono::days(1), KeyKind::kRsa2048);
  ASSERT_TRUE(WriteCertificate(*made, options_.tls.certificate, options_.tls.key));
  ASSERT_TRUE(server_->ReloadCertificate());
  EXPECT_EQ(Shell("curl -s " + ca + Url("/hello")), "hello");
}

TEST_F(ServerTest, EndsHandshakesThatDoNotHappen) {
  UseTls();
  options_.limits.handshake_timeout = milliseconds(200);
  Start();
  Client silent(port());
  EXPECT_TRUE(silent.Closed());
}

TEST_F(ServerTest, RefusesPlainHttpBeyondLoopback) {
  options_.endpoints = {{.address = "0.0.0.0", .tls = false}};
  EXPECT_EQ(Server::Start(options_, router_).error().code, Code::kUsage);
  options_.endpoints = {{.address = "localhost", .tls = false}};
  EXPECT_EQ(Server::Start(options_, router_).error().code, Code::kUsage);
  options_.endpoints = {{.tls = true}};
  EXPECT_FALSE(Server::Start(options_, router_));  // no certificate
  options_.endpoints = {{.address = "::1", .tls = false}, {.tls = false}};
  auto both = Server::Start(options_, router_);
  if (both) {
    EXPECT_EQ((*both)->ports().size(), 2u);
  }
}

TEST_F(ServerTest, TakesOverAListeningSocket) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(fd, 10), 0);
  options_.endpoints = {{.tls = false, .inherited_fd = fd}};
  Start();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Client(port()).Ask(Get("/hello"))->status, 200);
}

TEST_F(ServerTest, TellsItsHealth) {
  Status health;
  AddHealthRoutes(
      router_, [&] { return health; }, metrics_, false);
  Start();
  Client client(port());
  EXPECT_EQ(client.Ask(Get("/healthz"))->body, "ok\n");
  health = Fail(Code::kIo, "no database");
  EXPECT_EQ(client.Ask(Get("/healthz"))->status, 503);
  const auto reply = client.Ask(Get("/metrics"));
  EXPECT_THAT(reply->fields.at("content-type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(reply->body, HasSubstr("# TYPE ww_http_request_seconds histogram"));
  EXPECT_THAT(reply->body, HasSubstr("ww_http_request_seconds_bucket{le=\"+Inf\"} 2"));
  EXPECT_THAT(reply->body, HasSubstr("ww_http_connections 1"));
}

TEST_F(ServerTest, SurvivesManyClientsAtOnce) {
  Start();
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int c = 0; c < 10; ++c) {
          Client client(port());
          for (int i = 0; i < 20; ++i) {
            const auto reply = client.Ask(Get(i % 3 == 0 ? "/hello" : "/inline"));
            if (reply && reply->status == 200) ++good;
          }
        }
      });
    }
  }
  EXPECT_EQ(good, 1600);
}

}  // namespace
}  // namespace ww::http
