#include "visibility.h"

#include <fmt/format.h>

namespace ww::events {
namespace {

constexpr std::chrono::seconds kGoodFor{30};
constexpr std::size_t kInOneQuery = 100;

bool IsPlain(std::string_view id) {
  return !id.empty() && id.find_first_of("'\"\\") == std::string_view::npos;
}

}  // namespace

void Visibility::Learn(const cim::Context& context, const std::set<std::string>& packages) {
  auto& user = users_[context.user];
  if (Steady::now() - user.since > kGoodFor) user = {};
  std::string condition;
  std::size_t count = 0;
  const auto ask = [&] {
    if (condition.empty()) return;
    const auto text = fmt::format("SELECT PackageID FROM SMS_PackageBaseclass WHERE {}", condition);
    const auto sink = [&](const cim::Instance& one) {
      user.packages[one["PackageID"].TextOr("")] = true;
      return true;
    };
    static_cast<void>(cim::ExecWql(provider_, text, sink, context));
    condition.clear();
    count = 0;
  };
  for (const auto& package : packages) {
    if (!IsPlain(package) || !user.packages.emplace(package, false).second) continue;
    condition += fmt::format("{}PackageID = '{}'", condition.empty() ? "" : " OR ", package);
    if (++count == kInOneQuery) ask();
  }
  ask();
}

bool Visibility::Sees(const cim::Context& context, const std::string& package) const {
  const auto user = users_.find(context.user);
  if (user == users_.end()) return false;
  const auto found = user->second.packages.find(package);
  return found != user->second.packages.end() && found->second;
}

}  // namespace ww::events
