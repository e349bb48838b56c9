#include "wimwright/http/password_hash.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <charconv>
#include <optional>
#include <vector>

#include "random.h"
#include "wimwright/base/text.h"

namespace ww::http {
namespace {

constexpr std::size_t kMaxPassword = 1024;
constexpr std::size_t kHashSize = 32;

struct ScryptCost {
  std::uint64_t log_n = 15, r = 8, p = 1;
};

std::optional<std::string> Scrypt(std::string_view password, std::string_view salt,
                                  const ScryptCost& cost, std::size_t size) {
  std::string out(size, '\0');
  constexpr std::uint64_t kMemory = 256ULL << 20;
  if (EVP_PBE_scrypt(password.data(), password.size(),
                     reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                     1ULL << cost.log_n, cost.r, cost.p, kMemory,
                     reinterpret_cast<unsigned char*>(out.data()), out.size()) != 1) {
    return std::nullopt;
  }
  return out;
}

std::optional<std::string> Pbkdf2(std::string_view password, std::string_view salt, int iterations,
                                  std::size_t size) {
  std::string out(size, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()),
                        static_cast<int>(salt.size()), iterations, EVP_sha256(),
                        static_cast<int>(size),
                        reinterpret_cast<unsigned char*>(out.data())) != 1) {
    return std::nullopt;
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

// "ln=15": the number behind the name, within what we would ever write.
std::optional<std::uint64_t> Setting(std::string_view text, std::string_view name,
                                     std::uint64_t least, std::uint64_t most) {
  if (!text.starts_with(name) || !text.substr(name.size()).starts_with('=')) return std::nullopt;
  text.remove_prefix(name.size() + 1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value < least || value > most ? std::nullopt : std::optional(value);
}

}  // namespace

bool EqualConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::string> HashPassword(std::string_view password) {
  if (password.empty() || password.size() > kMaxPassword) {
    return Fail(Code::kUsage, "a password has 1 to 1024 bytes");
  }
  WW_TRY(const std::string salt, RandomBytes(16), "password");
  const ScryptCost cost;
  const auto hash = Scrypt(password, salt, cost, kHashSize);
  if (!hash) return Fail(Code::kInternal, "scrypt failed");
  return fmt::format("$scrypt$ln={},r={},p={}${}${}", cost.log_n, cost.r, cost.p,
                     ToBase64(AsBytes(salt)), ToBase64(AsBytes(*hash)));
}

bool VerifyPassword(std::string_view password, std::string_view hash) {
  if (password.size() > kMaxPassword || hash.size() > 1000) return false;
  const auto parts = Split(hash, '$');
  if (parts.size() != 5 || !parts[0].empty()) return false;
  const auto salt = FromBase64(parts[3]), stored = FromBase64(parts[4]);
  if (!salt || !stored || stored->size() < 16 || stored->size() > 64) return false;
  std::optional<std::string> made;
  const auto settings = Split(parts[2], ',');
  if (parts[1] == "scrypt" && settings.size() == 3) {
    const auto ln = Setting(settings[0], "ln", 10, 17), r = Setting(settings[1], "r", 1, 8),
               p = Setting(settings[2], "p", 1, 4);
    if (ln && r && p) made = Scrypt(password, AsText(*salt), {*ln, *r, *p}, stored->size());
  } else if (parts[1] == "pbkdf2-sha256" && settings.size() == 1) {
    const auto i = Setting(settings[0], "i", 1000, 2'000'000);
    if (i) made = Pbkdf2(password, AsText(*salt), static_cast<int>(*i), stored->size());
  }
  return made && EqualConstantTime(*made, AsText(*stored));
}

}  // namespace ww::http
