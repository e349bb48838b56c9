#include "wimwright/events/hub.h"

#include <fmt/format.h>

#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "visibility.h"
#include "watch.h"

namespace ww::events {
namespace {

using Steady = std::chrono::steady_clock;

// Who changes what somebody may see.
bool IsSecurity(std::string_view name) {
  return name == "SMS_Admin" || name == "SMS_Role" || name == "SMS_SecuredCategory" ||
         name == "SMS_SecuredCategoryMembership";
}
bool IsPackage(std::string_view name) {
  return name == "SMS_ImagePackage" || name == "SMS_OperatingSystemInstallPackage";
}
// Of a package, by its key.
bool HasPackageKey(std::string_view name) {
  return IsPackage(name) || name == "WW_ImageVersion" || name == "WW_DistributionProgress" ||
         name == "SMS_DistributionPoint" || name == "SMS_ImageUpdateStatus" ||
         name == "SMS_ImageUpdateHistory" || name == "SMS_ImageServicingProgress" ||
         name == "SMS_ImageServicingScheduledImage" || name == "SMS_ImageServicingScanRequest" ||
         name == "WW_StagedRollout";
}
// Written by the site's own bookkeeping; nobody shows them. Runs have events of their own.
bool IsNoise(std::string_view name) {
  return name == "WW_ServicingRun" || name == "SMS_StatusMessage" ||
         name.starts_with("SMS_StatMsg") || name.starts_with("SMS_ObjectLock");
}

// Ids name the process that gave them: after a restart of the server a client is told to begin
// anew.
std::string NewEpoch() {
  std::random_device device;
  return fmt::format("{:08x}", device());
}

class HubImpl final : public Hub, public provider::SiteEvents {
 public:
  explicit HubImpl(HubOptions options)
      : options_(std::move(options)),
        watch_(*options_.provider, options_.server_name),
        visibility_(*options_.provider) {
    options_.provider->Subscribe(*this);
    thread_ = std::thread([this] { Loop(); });
  }
  ~HubImpl() override { Stop(); }

  bool Add(Listener listener, std::shared_ptr<http::PushChannel> channel) override {
    const std::lock_guard lock(mutex_);
    if (stopping_ || arriving_.size() + present_ >= options_.clients) return false;
    arriving_.push_back({std::move(listener), std::move(channel)});
    wake_.notify_all();
    return true;
  }

  std::size_t listeners() const override {
    const std::lock_guard lock(mutex_);
    return arriving_.size() + present_;
  }

  void Stop() override {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(stopping_, true)) return;
    }
    options_.provider->Unsubscribe(*this);
    wake_.notify_all();
    thread_.join();
    for (auto& client : clients_) client.channel->End();
    for (auto& client : arriving_) client.channel->End();
    clients_.clear();
    arriving_.clear();
  }

  // On the threads of others.
  void Changed(std::string_view class_name, std::string_view key, bool deleted) override {
    if (IsNoise(class_name)) {
      if (class_name != "WW_ServicingRun") return;
      const std::lock_guard lock(mutex_);
      look_soon_ = true;  // at the next interval
      return;
    }
    Event event{"changed", {}, {}};
    nlohmann::json data{{"class", class_name}};
    // Who could read a package that is gone cannot be asked any more: its key is not told.
    if (HasPackageKey(class_name) && !(IsPackage(class_name) && deleted)) {
      event.package = key;
      if (!key.empty()) data["key"] = key;
    }
    event.data = data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::lock_guard lock(mutex_);
    if (IsSecurity(class_name)) forget_ = true;
    if (present_ + arriving_.size() == 0) return;
    for (const auto& one : told_) {
      if (one.data == event.data) return;
    }
    if (told_.size() >= kMostAtOnce) {
      told_.assign(1, {"changed", "{\"class\":\"*\"}", {}});
      return;
    }
    told_.push_back(std::move(event));
  }

 private:
  static constexpr std::size_t kMostAtOnce = 200;
  static constexpr int kBeatsPerCheck = 4;
  struct Client {
    Listener listener;
    std::shared_ptr<http::PushChannel> channel;
  };
  struct Kept {
    std::uint64_t number = 0;
    Event event;
  };

  void Loop() {
    auto next_look = Steady::now();
    auto next_beat = Steady::now() + options_.heartbeat;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (present_ + arriving_.size() == 0) {
        wake_.wait(lock, [&] { return stopping_ || !arriving_.empty(); });
        next_look = Steady::now();
        next_beat = next_look + options_.heartbeat;
        continue;
      }
      wake_.wait_for(lock, options_.interval, [&] { return stopping_ || !arriving_.empty(); });
      if (stopping_) break;
      auto arriving = std::exchange(arriving_, {});
      present_ += arriving.size();
      auto told = std::exchange(told_, {});
      const bool look = std::exchange(look_soon_, false) || Steady::now() >= next_look;
      const bool forget = std::exchange(forget_, false);
      lock.unlock();
      if (forget) visibility_.Forget();
      // Whoever comes is given the state of things; the news are for those who were there.
      if (look || !arriving.empty()) {
        Look(told);
        next_look = Steady::now() + options_.look;
      }
      Tell(told);
      for (auto& client : arriving) Welcome(std::move(client));
      if (Steady::now() >= next_beat) {
        Beat();
        next_beat = Steady::now() + options_.heartbeat;
      }
      lock.lock();
      present_ = clients_.size();
    }
  }

  void Look(std::vector<Event>& told) {
    auto found = watch_.Look();
    if (!found) {
      // The database is away: the next look finds what happened meanwhile.
      options_.log->Warning("EVENTS", "no look at the site: {}", found.error().message);
      return;
    }
    for (auto& event : *found) told.push_back(std::move(event));
  }

  std::string Id(std::uint64_t number) const { return fmt::format("{}.{}", epoch_, number); }

  std::string TextFor(const cim::Context& context, std::uint64_t after) {
    std::set<std::string> packages;
    for (auto it = kept_.rbegin(); it != kept_.rend() && it->number > after; ++it) {
      if (!it->event.package.empty()) packages.insert(it->event.package);
    }
    visibility_.Learn(context, packages);
    std::string out;
    for (const auto& [number, event] : kept_) {
      if (number <= after) continue;
      if (!event.package.empty() && !visibility_.Sees(context, event.package)) continue;
      out += http::FormatEvent(event.name, event.data, Id(number));
    }
    return out;
  }

  void Tell(std::vector<Event>& told) {
    if (told.empty()) return;
    const auto before = next_;
    for (auto& event : told) kept_.push_back({++next_, std::move(event)});
    // A batch is always whole in memory; what is too old goes afterwards.
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> texts;
    std::erase_if(clients_, [&](Client& client) {
      auto& text = texts[client.listener.context.user];
      if (!text) {
        text = std::make_shared<const std::string>(TextFor(client.listener.context, before));
      }
      return !text->empty() && !client.channel->Push(text);
    });
    while (kept_.size() > options_.kept) kept_.pop_front();
  }

  // The number of an id of this process whose successors are all still kept.
  std::optional<std::uint64_t> Resumable(std::string_view id) const {
    const auto dot = id.find('.');
    if (dot == std::string_view::npos || id.substr(0, dot) != epoch_) return std::nullopt;
    const auto digits = id.substr(dot + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number > next_) {
      return std::nullopt;
    }
    if (number + kept_.size() < next_) return std::nullopt;
    return number;
  }

  void Welcome(Client client) {
    const auto& context = client.listener.context;
    std::string text = "retry: 2000\n\n";
    const auto from = Resumable(client.listener.last_id);
    if (from) {
      text += TextFor(context, *from);
    } else {
      text +=
          http::FormatEvent(client.listener.last_id.empty() ? "hello" : "reset", "{}", Id(next_));
      std::set<std::string> packages;
      const auto running = watch_.Running();
      for (const auto& event : running) packages.insert(event.package);
      visibility_.Learn(context, packages);
      for (const auto& event : running) {
        if (visibility_.Sees(context, event.package)) {
          text += http::FormatEvent(event.name, event.data);
        }
      }
    }
    if (client.channel->Push(std::make_shared<const std::string>(std::move(text)))) {
      clients_.push_back(std::move(client));
    }
  }

  void Beat() {
    static const auto kBeat = std::make_shared<const std::string>(": beat\n\n");
    static const auto kOver =
        std::make_shared<const std::string>(http::FormatEvent("signed-out", "{}"));
    const bool check = ++beats_ % kBeatsPerCheck == 0;
    std::erase_if(clients_, [&](Client& client) {
      if (check && client.listener.still_good && !client.listener.still_good()) {
        client.channel->Push(kOver);
        client.channel->End();
        return true;
      }
      return !client.channel->Push(kBeat);
    });
  }

  const HubOptions options_;
  const std::string epoch_ = NewEpoch();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Client> arriving_;
  std::vector<Event> told_;
  std::size_t present_ = 0;
  bool look_soon_ = false, forget_ = false, stopping_ = false;

  // Of the thread alone.
  Watch watch_;
  Visibility visibility_;
  std::vector<Client> clients_;
  std::deque<Kept> kept_;
  std::uint64_t next_ = 0;
  int beats_ = 0;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Hub> Hub::Start(HubOptions options) {
  return std::make_unique<HubImpl>(std::move(options));
}

}  // namespace ww::events
