// Basic and Bearer.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <mutex>

#include "random.h"
#include "text_util.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"
#include "wimwright/http/authenticator.h"

namespace ww::http {
namespace {

struct NameAndPassword {
  std::string name, password;
};

std::optional<NameAndPassword> ParseBasic(std::string_view credentials) {
  if (credentials.size() > 4096) return std::nullopt;
  const auto bytes = FromBase64(credentials);
  if (!bytes) return std::nullopt;
  const auto text = AsText(*bytes);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !IsUtf8(text) ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  return NameAndPassword{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : FieldValue(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

AuthOutcome CannotTell(std::string_view scheme, const Error& error) {
  return {.kind = AuthOutcome::Kind::kUnknown,
          .reason = std::string(scheme) + ": " + error.message};
}

class Basic final : public BasicScheme {
 public:
  Basic(BasicOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {
    if (auto key = RandomBytes(32)) key_ = *std::move(key);
  }

  std::string_view name() const override { return "Basic"; }
  std::string challenge() const override {
    return "Basic realm=" + Quoted(options_.realm) + ", charset=\"UTF-8\"";
  }
  std::string ClaimedName(std::string_view credentials) const override {
    const auto parsed = ParseBasic(credentials);
    return parsed ? parsed->name : std::string();
  }

  AuthOutcome Try(std::string_view credentials, const Request&, ConnectionAuth&) override {
    const auto parsed = ParseBasic(credentials);
    if (!parsed) return {.reason = "Basic: not name and password"};
    const auto digest = DigestOf(*parsed);
    std::string stamp;  // of before it is verified
    if (options_.stamp) {
      auto now = options_.stamp(parsed->name);
      if (!now) return CannotTell("Basic", now.error());
      if (*now) stamp = **std::move(now);
    }
    if (auto user = Remembered(digest, stamp)) {
      return {.kind = AuthOutcome::Kind::kUser, .user = *std::move(user)};
    }
    const auto generation = Generation();
    auto verified = options_.verify ? options_.verify(parsed->name, parsed->password)
                                    : Result<std::optional<User>>(std::nullopt);
    if (!verified) return CannotTell("Basic", verified.error());
    if (!*verified) return {.reason = "Basic: wrong name or password"};
    auto user = **std::move(verified);
    user.scheme = "Basic";
    Remember(digest, {user, parsed->name, stamp, {}}, generation);
    return {.kind = AuthOutcome::Kind::kUser, .user = std::move(user)};
  }

  std::optional<User> Recall(std::string_view credentials) override {
    const auto parsed = ParseBasic(credentials);
    if (!parsed) return std::nullopt;
    std::optional<std::string> stamp;
    if (options_.recall_stamp) stamp = options_.recall_stamp(parsed->name);
    if (options_.stamp && !stamp) return std::nullopt;
    return Remembered(DigestOf(*parsed), stamp.value_or(""));
  }

  void Forget(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    ++generation_;
    std::erase_if(known_, [&](const auto& k) { return EqualNoCaseAscii(k.second.name, name); });
  }

 private:
  struct Known {
    User user;
    std::string name, stamp;
    TimePoint until;
  };

  // Keyed by a secret of this process: the digest of a weak password is of no use elsewhere.
  std::string DigestOf(const NameAndPassword& who) const {
    const std::string text = who.name + '\0' + who.password;
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (key_.empty() || HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
                             reinterpret_cast<const unsigned char*>(text.data()), text.size(), out,
                             &size) == nullptr) {
      return {};
    }
    return std::string(reinterpret_cast<const char*>(out), size);
  }

  std::uint64_t Generation() {
    const std::lock_guard lock(mutex_);
    return generation_;
  }

  std::optional<User> Remembered(const std::string& digest, std::string_view stamp) {
    const auto now = clock_.Now();
    const std::lock_guard lock(mutex_);
    const auto it = known_.find(digest);
    if (digest.empty() || it == known_.end()) return std::nullopt;
    if (now < it->second.until && it->second.stamp == stamp) return it->second.user;
    known_.erase(it);
    return std::nullopt;
  }

  // Not when somebody forgot a name while the password was being verified.
  void Remember(const std::string& digest, Known known, std::uint64_t generation) {
    if (digest.empty() || options_.remember.count() <= 0) return;
    const auto now = clock_.Now();
    const std::lock_guard lock(mutex_);
    if (generation != generation_) return;
    if (known_.size() >= 1000)
      std::erase_if(known_, [&](const auto& k) { return now >= k.second.until; });
    if (known_.size() >= 1000) known_.clear();
    known.until = now + options_.remember;
    known_[digest] = std::move(known);
  }

  BasicOptions options_;
  const Clock& clock_;
  std::string key_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;
  std::uint64_t generation_ = 0;
};

class Bearer final : public AuthScheme {
 public:
  Bearer(std::string realm, FindToken find, RecallToken recall)
      : realm_(std::move(realm)), find_(std::move(find)), recall_(std::move(recall)) {}
  std::string_view name() const override { return "Bearer"; }
  std::string challenge() const override { return "Bearer realm=" + Quoted(realm_); }
  AuthOutcome Try(std::string_view credentials, const Request&, ConnectionAuth&) override {
    if (!IsToken(credentials)) return {.reason = "Bearer: no token"};
    auto found = find_(DigestOf(credentials));
    if (!found) return CannotTell("Bearer", found.error());
    if (!*found) return {.reason = "Bearer: unknown token"};
    auto user = **std::move(found);
    user.scheme = "Bearer";
    return {.kind = AuthOutcome::Kind::kUser, .user = std::move(user)};
  }
  std::optional<User> Recall(std::string_view credentials) override {
    if (!recall_ || !IsToken(credentials)) return std::nullopt;
    auto user = recall_(DigestOf(credentials));
    if (user) user->scheme = "Bearer";
    return user;
  }

 private:
  static bool IsToken(std::string_view text) { return text.size() >= 16 && text.size() <= 512; }
  static std::string DigestOf(std::string_view token) { return ToHex(Sha256(AsBytes(token))); }
  std::string realm_;
  FindToken find_;
  RecallToken recall_;
};

}  // namespace

std::unique_ptr<BasicScheme> MakeBasic(BasicOptions options, const Clock& clock) {
  return std::make_unique<Basic>(std::move(options), clock);
}

std::unique_ptr<AuthScheme> MakeBearer(std::string realm, FindToken find, RecallToken recall) {
  return std::make_unique<Bearer>(std::move(realm), std::move(find), std::move(recall));
}

Result<NewToken> MakeToken() {
  WW_TRY(const auto random, RandomBytes(32), "token");
  // A prefix by which secret scanners and people know what it is.
  NewToken made{"ww_" + ToHex(AsBytes(random)), {}};
  made.sha256_hex = ToHex(Sha256(AsBytes(made.token)));
  return made;
}

}  // namespace ww::http
