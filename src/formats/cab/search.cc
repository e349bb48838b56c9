#include "wimwright/cab/search.h"

#include <fmt/format.h>

#include <algorithm>

namespace ww::cab {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxEntries = 100'000;

struct Pending {
  stdfs::path folder;
  std::size_t depth = 0;
};

class Search {
 public:
  explicit Search(FileSystem& fs) : fs_(fs) {}

  Result<FoundUpdates> Run(const stdfs::path& root) {
    pending_.push_back({root, 0});
    while (!pending_.empty()) {
      const auto next = pending_.back();
      pending_.pop_back();
      WW_RETURN_IF_ERROR(VisitFolder(next));
    }
    std::sort(found_.updates.begin(), found_.updates.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    std::sort(found_.ignored.begin(), found_.ignored.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  Status VisitFolder(const Pending& at) {
    auto kind = Identify(fs_, at.folder);
    if (!kind) return Fail(kind.error());
    if (*kind == ContainerKind::kFolder) {
      found_.updates.push_back({at.folder, *kind});
      return {};
    }
    if (at.depth > kMaxDepth) {
      return Fail(Code::kLimit,
                  fmt::format("{} lies more than {} folders deep", at.folder.string(), kMaxDepth));
    }
    std::error_code error;
    stdfs::directory_iterator it(at.folder, error);
    for (; !error && it != stdfs::directory_iterator(); it.increment(error)) {
      if (++entries_ > kMaxEntries) {
        return Fail(Code::kLimit, fmt::format("more than {} files to look at", kMaxEntries));
      }
      VisitEntry(*it, at.depth);
    }
    if (!error) return {};
    if (at.depth == 0)
      return Fail(Code::kIo, fmt::format("listing {}: {}", at.folder.string(), error.message()));
    Ignore(at.folder, "cannot be listed: " + error.message());
    return {};
  }

  void VisitEntry(const stdfs::directory_entry& entry, std::size_t depth) {
    std::error_code error;
    const bool link = entry.is_symlink(error);
    const auto status = entry.status(error);  // of what a link points to
    if (stdfs::is_directory(status)) {
      if (link) {
        Ignore(entry.path(), "symbolic link to a folder");
      } else {
        pending_.push_back({entry.path(), depth + 1});
      }
    } else if (!stdfs::is_regular_file(status)) {
      Ignore(entry.path(), link ? "symbolic link that leads nowhere" : "not a regular file");
    } else {
      VisitFile(entry.path());
    }
  }

  void VisitFile(const stdfs::path& path) {
    const auto kind = Identify(fs_, path);
    if (!kind && kind.error().code == Code::kUnsupported) {
      Ignore(path, kind.error().message);  // sound, but nothing that updates come in
    } else if (!kind) {
      found_.updates.push_back({path, ContainerKind::kUnknown});  // opening it says why
    } else if (IsUpdate(*kind)) {
      found_.updates.push_back({path, *kind});
    } else {
      Ignore(path, *kind == ContainerKind::kUnknown ? "not an update file"
                                                    : std::string(KindName(*kind)));
    }
  }

  void Ignore(const stdfs::path& path, std::string reason) {
    found_.ignored.push_back({path, std::move(reason)});
  }

  FileSystem& fs_;
  std::vector<Pending> pending_;
  FoundUpdates found_;
  std::size_t entries_ = 0;
};

}  // namespace

Result<FoundUpdates> FindUpdates(FileSystem& fs, const stdfs::path& path) {
  std::error_code error;
  if (stdfs::is_directory(path, error)) return Search(fs).Run(path);
  auto kind = Identify(fs, path);
  if (!kind) return Fail(kind.error());
  if (!IsUpdate(*kind)) {
    return Fail(Code::kUnsupported,
                fmt::format("{} is not an update ({})", path.string(), KindName(*kind)));
  }
  FoundUpdates found;
  found.updates.push_back({path, *kind});
  return found;
}

}  // namespace ww::cab
