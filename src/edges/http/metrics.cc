#include "wimwright/http/metrics.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <variant>

namespace ww::http {
namespace {

void AddTo(std::atomic<double>& value, double delta) {
  double old = value.load(std::memory_order_relaxed);
  while (!value.compare_exchange_weak(old, old + delta, std::memory_order_relaxed)) {
  }
}

std::string LabelText(const Labels& labels, std::string_view more = {}) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += (out.empty() ? "" : ",") + name + "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    out += '"';
  }
  if (!more.empty()) out += (out.empty() ? "" : ",") + std::string(more);
  return out.empty() ? "" : "{" + out + "}";
}

}  // namespace

void Gauge::Add(double delta) { AddTo(value_, delta); }

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      buckets_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)) {}

void Histogram::Observe(double value) {
  std::size_t bucket = 0;
  while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  AddTo(sum_, value);
}

std::uint64_t Histogram::count() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) {
    sum += buckets_[i].load(std::memory_order_relaxed);
  }
  return sum;
}

struct Metrics::Impl {
  struct Family {
    std::string help;
    std::string_view type;
    std::map<Labels, std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                                  std::unique_ptr<Histogram>>>
        members;
  };
  mutable std::mutex mutex;
  std::map<std::string, Family> families;
  std::vector<std::function<void()>> collect;

  template <typename T, typename... Arguments>
  T& Add(std::string name, std::string help, std::string_view type, Labels labels,
         Arguments&&... arguments) {
    const std::lock_guard lock(mutex);
    auto& family = families[std::move(name)];
    family.help = std::move(help);
    family.type = type;
    auto& member = family.members[std::move(labels)];
    auto* held = std::get_if<std::unique_ptr<T>>(&member);
    if (held == nullptr || *held == nullptr) {
      member = std::make_unique<T>(std::forward<Arguments>(arguments)...);
      held = std::get_if<std::unique_ptr<T>>(&member);
    }
    return **held;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::AddCounter(std::string name, std::string help, Labels labels) {
  return impl_->Add<Counter>(std::move(name), std::move(help), "counter", std::move(labels));
}
Gauge& Metrics::AddGauge(std::string name, std::string help, Labels labels) {
  return impl_->Add<Gauge>(std::move(name), std::move(help), "gauge", std::move(labels));
}
Histogram& Metrics::AddHistogram(std::string name, std::string help, std::vector<double> bounds,
                                 Labels labels) {
  return impl_->Add<Histogram>(std::move(name), std::move(help), "histogram", std::move(labels),
                               std::move(bounds));
}

void Metrics::OnCollect(std::function<void()> collect) {
  const std::lock_guard lock(impl_->mutex);
  impl_->collect.push_back(std::move(collect));
}

std::string Metrics::Text() const {
  std::vector<std::function<void()>> collect;
  {
    const std::lock_guard lock(impl_->mutex);
    collect = impl_->collect;
  }
  for (const auto& f : collect) f();
  const std::lock_guard lock(impl_->mutex);
  std::string out;
  for (const auto& [name, family] : impl_->families) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, family.type);
    for (const auto& [labels, member] : family.members) {
      if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&member)) {
        out += fmt::format("{}{} {}\n", name, LabelText(labels), (*counter)->value());
      } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&member)) {
        out += fmt::format("{}{} {}\n", name, LabelText(labels), (*gauge)->value());
      } else if (const auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&member)) {
        const Histogram& h = **histogram;
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i <= h.bounds_.size(); ++i) {
          sum += h.buckets_[i].load(std::memory_order_relaxed);
          const auto bound =
              i < h.bounds_.size() ? fmt::format("{}", h.bounds_[i]) : std::string("+Inf");
          out += fmt::format("{}_bucket{} {}\n", name,
                             LabelText(labels, fmt::format("le=\"{}\"", bound)), sum);
        }
        out += fmt::format("{}_sum{} {}\n{}_count{} {}\n", name, LabelText(labels), h.sum_.load(),
                           name, LabelText(labels), sum);
      }
    }
  }
  return out;
}

}  // namespace ww::http
