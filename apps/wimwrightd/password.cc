#include "password.h"

#include <fmt/format.h>

#include <fstream>

#include "wimwright/http/authenticator.h"

namespace ww::server {
namespace {

constexpr std::size_t kGeneratedLength = 24;

// One line; the line break at its end is no part of it.
Result<std::string> ReadPassword(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string password;
  if (!std::getline(in, password)) {
    return Fail(Error{Code::kNotFound, fmt::format("{} holds no password", path.string()),
                      "Write the password into the first line of the file.", 0});
  }
  if (!password.empty() && password.back() == '\r') password.pop_back();
  if (password.size() < 8) {
    return Fail(Error{Code::kUsage, "the password is shorter than 8 characters",
                      "Choose a longer one.", 0});
  }
  return password;
}

}  // namespace

Result<Password> GivenOrNew(const std::optional<std::filesystem::path>& file) {
  Password out;
  if (file) {
    auto read = ReadPassword(*file);
    if (!read) return Fail(read.error());
    out.text = *std::move(read);
    return out;
  }
  WW_TRY(const auto random, http::MakeToken(), "password");
  out.text = random.token.substr(random.token.size() - kGeneratedLength);
  out.made = true;
  return out;
}

}  // namespace ww::server
