#include "recovery.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <random>
#include <system_error>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kMark = ".wimwright-";
constexpr std::string_view kSuffix = ".tmp";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

// A name of up to 255 bytes is legal for the output and must remain so for what stands beside it.
std::string Stem(const stdfs::path& output) {
  constexpr std::size_t kLongest = 160;
  auto name = output.filename().string();
  if (name.size() <= kLongest) return name;
  return name.substr(0, kLongest / 2) + '~' + ToHex(Sha1(AsBytes(name)));
}

std::string Prefix(const stdfs::path& output) { return "." + Stem(output) + std::string(kMark); }

}  // namespace

std::string HostName() {
  std::array<char, 65> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "host";
  std::string out;
  for (const char c : std::string_view(name.data())) out.push_back(IsPlain(c) ? c : '-');
  return out.empty() ? "host" : out;
}

std::string RandomHex(std::size_t bytes) {
  std::random_device device;
  std::string out;
  while (out.size() < 2 * bytes) out += fmt::format("{:08x}", device());
  out.resize(2 * bytes);
  return out;
}

stdfs::path LockPath(const stdfs::path& output) {
  return output.parent_path() / (Prefix(output) + "lock");
}

stdfs::path TemporaryPath(const stdfs::path& output) {
  return output.parent_path() / fmt::format("{}{:.20}-{}-{}{}", Prefix(output), HostName(),
                                            ::getpid(), RandomHex(6), kSuffix);
}

bool IsTemporaryOf(const stdfs::path& output, const stdfs::path& file) {
  const auto prefix = Prefix(output);
  const auto name = file.filename().string();
  if (name.size() <= prefix.size() + kSuffix.size()) return false;
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) return false;
  for (std::size_t i = prefix.size(); i < name.size() - kSuffix.size(); ++i) {
    if (!IsPlain(name[i])) return false;
  }
  return true;
}

std::size_t RemoveLeftovers(FileSystem& fs, const stdfs::path& output, Logger& log) {
  std::vector<stdfs::path> found;
  std::error_code error;
  const auto dir = output.parent_path().empty() ? stdfs::path(".") : output.parent_path();
  stdfs::directory_iterator entries(dir, error);
  for (; !error && entries != stdfs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (IsTemporaryOf(output, entries->path()) &&
        entries->symlink_status(ignored).type() == stdfs::file_type::regular) {
      found.push_back(entries->path());
    }
  }
  std::size_t removed = 0;
  for (const auto& path : found) {
    if (auto done = fs.Remove(path); !done) {
      log.Warning("OfflineServicing", "a leftover of an interrupted job stays: {}",
                  done.error().message);
      continue;
    }
    log.Info("OfflineServicing", "removed {}, left by an interrupted job", path.string());
    ++removed;
  }
  return removed;
}

TemporaryFile::~TemporaryFile() {
  if (!released_) static_cast<void>(fs_.Remove(path_));
}

}  // namespace ww::servicing
