#include "server_id.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "wimwright/base/text.h"
#include "wimwright/provider/identifiers.h"

namespace ww::server {
namespace {

constexpr std::size_t kMostCharacters = 200;

std::string FirstLine(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line.substr(0, kMostCharacters);
}

}  // namespace

Result<std::string> ServerId(const SiteFolder& folder) {
  const auto path = folder.dir / "server.id";
  if (auto known = FirstLine(path); !known.empty()) return known;
  char host[256] = "server";
  static_cast<void>(::gethostname(host, sizeof host - 1));
  const auto made = fmt::format("{}-{}", host, ToLowerAscii(provider::NewGuid().substr(1, 8)));
  const auto fresh = folder.dir / "server.id.new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool written = fd >= 0;
  if (written) {
    written = ::write(fd, made.data(), made.size()) == static_cast<ssize_t>(made.size()) &&
              ::fsync(fd) == 0;
    written = ::close(fd) == 0 && written;
  }
  std::error_code error;
  if (written) std::filesystem::rename(fresh, path, error);
  if (!written || error) {
    return Fail(Error{Code::kIo, fmt::format("{} cannot be written", path.string()),
                      "Let the server's user write in the site's folder.", 0});
  }
  return made;
}

}  // namespace ww::server
