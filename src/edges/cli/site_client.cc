#include "site_client.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "wimwright/base/handle.h"

namespace ww::cli {
namespace {

namespace stdfs = std::filesystem;

using CurlHandle = Handle<CURL, &curl_easy_cleanup>;
using HeaderList = Handle<curl_slist, &curl_slist_free_all>;

constexpr std::size_t kMostAnswer = std::size_t{1} << 30;
constexpr long kConnectSeconds = 15;
constexpr long kStallSeconds = 120;  // without a byte

struct Answer {
  std::string body;
  bool too_large = false;
};

extern "C" std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* context) {
  auto& answer = *static_cast<Answer*>(context);
  if (answer.body.size() + size * count > kMostAnswer) {
    answer.too_large = true;
    return 0;
  }
  answer.body.append(data, size * count);
  return size * count;
}

Code CodeOfStatus(long status, std::string_view message) {
  switch (status) {
    case 400:
    case 401:
    case 403:
    case 405:
    case 413:
    case 415:
      return Code::kUsage;
    case 422:
      return Code::kVerificationFailed;
    case 507:
      return Code::kNoSpace;
    case 404:
      return Code::kNotFound;
    case 409:
      return message.find("serviced") != std::string_view::npos ||
                     message.find("lock") != std::string_view::npos ||
                     message.find("running") != std::string_view::npos
                 ? Code::kBusy
                 : Code::kConflict;
    case 429:
    case 503:
      return Code::kBusy;
    case 501:
      return Code::kUnsupported;
    default:
      return Code::kIo;
  }
}

std::string NextStepOfStatus(long status) {
  if (status == 401)
    return "Check --user and the password, or sign in again: wimwright site login.";
  if (status == 403) return "Ask an administrator of the site for a role.";
  if (status == 429) return "Wait some minutes: too many sign-ins failed.";
  return {};
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Result<std::string> FirstLine(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line)) {
    return Fail(Error{Code::kNotFound, fmt::format("{} cannot be read", path),
                      "Name a file whose first line is the password.", 0});
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

stdfs::path ProfilePath() {
  const auto config = Environment("XDG_CONFIG_HOME");
  const auto home = Environment("HOME");
  if (config.empty() && home.empty()) return {};
  return (config.empty() ? stdfs::path(home) / ".config" : stdfs::path(config)) / "wimwright" /
         "site.json";
}

}  // namespace

struct SiteClient::State {
  SiteTarget target;
  CurlHandle curl;
  long stall_seconds = kStallSeconds;
};

SiteClient::SiteClient(SiteTarget target) : state_(std::make_unique<State>()) {
  state_->target = std::move(target);
  state_->curl.reset(curl_easy_init());
}
SiteClient::~SiteClient() = default;
SiteClient::SiteClient(SiteClient&&) noexcept = default;

std::string SiteClient::Literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string SiteClient::Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

Result<Json> SiteClient::Send(const char* method, std::string_view path, const Json* body) {
  if (body == nullptr) return Perform(method, path, nullptr, {});
  return Perform(method, path, "application/json", body->dump());
}
Result<Json> SiteClient::Send(const char* method, std::string_view path, ByteView bytes) {
  return Perform(method, path, "application/octet-stream", AsText(bytes));
}
void SiteClient::WaitFor(std::chrono::seconds stall) {
  state_->stall_seconds = static_cast<long>(stall.count());
}

Result<Json> SiteClient::Perform(const char* method, std::string_view path,
                                 const char* content_type, std::string_view text) {
  auto* curl = state_->curl.get();
  if (curl == nullptr) return Fail(Code::kInternal, "no HTTP client");
  const auto& target = state_->target;
  curl_easy_reset(curl);
  const auto url = fmt::format("{}/AdminService/{}", target.server, path);
  HeaderList headers;
  const auto add = [&headers](const std::string& line) {
    if (auto* longer = curl_slist_append(headers.get(), line.c_str()); longer != nullptr) {
      static_cast<void>(headers.release());
      headers.reset(longer);
    }
  };
  add("Accept: application/json");
  add("Expect:");
  if (content_type != nullptr) add(std::string("Content-Type: ") + content_type);
  if (!target.token.empty()) add("Authorization: Bearer " + target.token);
  Answer answer;
  char problem[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, state_->stall_seconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "wimwright/" WW_VERSION);
  if (!target.ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, target.ca.c_str());
  if (target.token.empty() && !target.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, target.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, target.password.c_str());
  }
  if (content_type != nullptr) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(text.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text.data());
  }
  if (const auto result = curl_easy_perform(curl); result != CURLE_OK) {
    const bool certificate =
        result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE;
    return Fail(Error{answer.too_large ? Code::kLimit : Code::kIo,
                      fmt::format("{}: {}", target.server,
                                  answer.too_large  ? "the answer is too large"
                                  : problem[0] != 0 ? problem
                                                    : curl_easy_strerror(result)),
                      certificate ? "Give the site's certificate with --ca (DIR/tls/cert.pem)."
                                  : "Check the address, and that the server runs.",
                      0});
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  auto json = answer.body.empty() ? Json() : Json::parse(answer.body, nullptr, false);
  if (status >= 200 && status < 300) {
    if (json.is_discarded()) return Fail(Code::kIo, "the server's answer is no JSON");
    return json;
  }
  std::string message = fmt::format("the server answered {}", status);
  if (json.is_object() && json.contains("error") && json["error"].is_object()) {
    message = json["error"].value("message", message);
  }
  return Fail(Error{CodeOfStatus(status, message), message, NextStepOfStatus(status), 0});
}

Result<Json> SiteClient::Get(std::string_view resource) {
  return Perform("GET", "wmi/" + std::string(resource), nullptr, {});
}
Result<Json> SiteClient::Post(std::string_view resource, const Json& body) {
  return Send("POST", "wmi/" + std::string(resource), &body);
}
Result<Json> SiteClient::Patch(std::string_view resource, const Json& body) {
  return Send("PATCH", "wmi/" + std::string(resource), &body);
}
Status SiteClient::Delete(std::string_view resource) {
  return Perform("DELETE", "wmi/" + std::string(resource), nullptr, {}).map([](const Json&) {});
}
Result<Json> SiteClient::Query(std::string_view wql) {
  WW_TRY(auto answer, Perform("GET", "wql?query=" + Escape(wql), nullptr, {}), "query");
  return answer.value("value", Json::array());
}

Result<Json> SiteClient::List(std::string_view cls, std::string_view filter,
                              std::string_view order) {
  std::string resource(cls);
  char separator = '?';
  if (!filter.empty()) {
    resource += fmt::format("{}$filter={}", separator, Escape(filter));
    separator = '&';
  }
  if (!order.empty()) resource += fmt::format("{}$orderby={}", separator, Escape(order));
  WW_TRY(auto answer, Get(resource), cls);
  return answer.value("value", Json::array());
}

Result<Json> SiteClient::One(std::string_view cls, std::string_view filter) {
  WW_TRY(auto all, List(cls, filter), cls);
  if (all.size() == 1) return all[0];
  if (all.empty()) {
    return Fail(Error{Code::kNotFound, fmt::format("there is no {} with {}", cls, filter), {}, 0});
  }
  return Fail(Error{Code::kConflict,
                    fmt::format("{} instances of {} have {}", all.size(), cls, filter),
                    "Give the identifier instead of the name.", 0});
}

void SiteOptions::Define(CLI::App& app) {
  AddOption(app, "--server", server_, "The site's address; also WIMWRIGHT_SERVER").Value("URL");
  AddOption(app, "--user", user_, "Who signs in; also WIMWRIGHT_USER").Value("NAME");
  AddOption(app, "--password-file", password_file_,
            "Its first line is the password; also WIMWRIGHT_PASSWORD_FILE")
      .Value("FILE");
  AddOption(app, "--token-file", token_file_,
            "Its first line is an API token; also WIMWRIGHT_TOKEN_FILE")
      .Value("FILE");
  AddOption(app, "--ca", ca_, "Certificate that the server's must lead to; also WIMWRIGHT_CA")
      .Value("FILE");
}

Result<SiteTarget> SiteOptions::Target() const {
  SiteTarget target;
  const auto choose = [](const std::string& option, const char* variable) {
    return option.empty() ? Environment(variable) : option;
  };
  target.server = choose(server_, "WIMWRIGHT_SERVER");
  target.user = choose(user_, "WIMWRIGHT_USER");
  target.ca = choose(ca_, "WIMWRIGHT_CA");
  const auto password_file = choose(password_file_, "WIMWRIGHT_PASSWORD_FILE");
  const auto token_file = choose(token_file_, "WIMWRIGHT_TOKEN_FILE");
  if (!password_file.empty()) {
    WW_TRY(target.password, FirstLine(password_file), "--password-file");
  }
  if (!token_file.empty()) {
    WW_TRY(target.token, FirstLine(token_file), "--token-file");
  }
  if (const auto path = ProfilePath(); !path.empty()) {
    std::ifstream in(path);
    const auto profile = in ? Json::parse(in, nullptr, false) : Json();
    // A profile is for one server: none of it goes to another.
    if (profile.is_object() &&
        (target.server.empty() || target.server == profile.value("server", ""))) {
      const auto fill = [&profile](std::string& to, const char* name) {
        if (to.empty()) to = profile.value(name, "");
      };
      fill(target.server, "server");
      fill(target.ca, "ca");
      if (target.user.empty() && target.token.empty()) {
        fill(target.user, "user");
        fill(target.password, "password");
        fill(target.token, "token");
      }
    }
  }
  while (target.server.ends_with('/')) target.server.pop_back();
  if (target.server.empty()) {
    return Fail(Error{Code::kUsage, "no site was named",
                      "Give --server, or sign in once with wimwright site login.", 0});
  }
  return target;
}

Result<SiteClient> SiteOptions::Connect() const {
  WW_TRY(auto target, Target(), "site");
  return SiteClient(std::move(target));
}

Status WriteProfile(const SiteTarget& target) {
  const auto path = ProfilePath();
  if (path.empty()) return Fail(Code::kUsage, "there is no home folder for the profile");
  std::error_code error;
  stdfs::create_directories(path.parent_path(), error);
  const Json profile{{"server", target.server},
                     {"user", target.user},
                     {"password", target.password},
                     {"token", target.token},
                     {"ca", target.ca.empty() ? "" : stdfs::absolute(target.ca, error).string()}};
  const auto text = profile.dump(1) + "\n";
  const auto temporary = path.string() + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written =
      fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  if (written) stdfs::rename(temporary, path, error);
  if (!written || error) return Fail(Code::kIo, fmt::format("{} cannot be written", path.string()));
  return {};
}

}  // namespace ww::cli
