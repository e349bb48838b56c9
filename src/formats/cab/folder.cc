#include <fmt/format.h>

#include <algorithm>

#include "names.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kMaxEntries = 500'000;
constexpr std::size_t kPiece = 256 << 10;

class FolderMembers final : public Members {
 public:
  FolderMembers(FileSystem& fs, std::vector<stdfs::path> paths)
      : fs_(fs), paths_(std::move(paths)) {}

  Status Prepare(std::vector<Member> list) { return SetList(std::move(list)); }

  Status Stream(std::span<const std::size_t> wanted, MemberSink& sink) override {
    auto order = CheckWanted(wanted);
    if (!order) return Fail(order.error());
    Bytes buffer(kPiece);
    for (const auto i : *order) {
      auto file = fs_.Open(paths_[i], OpenMode::kRead);
      if (!file) return Fail(file.error());
      WW_RETURN_IF_ERROR(sink.Begin(list()[i], i));
      for (std::uint64_t at = 0; at < list()[i].size;) {
        const auto part = MutableByteView(buffer).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, list()[i].size - at)));
        WW_RETURN_IF_ERROR((*file)->ReadAt(at, part));
        WW_RETURN_IF_ERROR(sink.Write(part));
        at += part.size();
      }
      WW_RETURN_IF_ERROR(sink.End());
    }
    return {};
  }

  Result<std::shared_ptr<const File>> OpenInPlace(std::size_t index) override {
    const std::size_t one[] = {index};
    if (auto checked = CheckWanted(one); !checked) return Fail(checked.error());
    auto file = fs_.Open(paths_[index], OpenMode::kRead);
    if (!file) return Fail(file.error());
    return std::shared_ptr<const File>(*std::move(file));
  }

 private:
  FileSystem& fs_;
  std::vector<stdfs::path> paths_;
};

tl::unexpected<Error> ListingFailed(const stdfs::path& path, const std::error_code& error) {
  return Fail(Code::kIo, fmt::format("listing {}: {}", path.string(), error.message()));
}

Result<Member> Describe(const stdfs::directory_entry& entry, const stdfs::path& relative) {
  auto name = NormaliseMemberName(relative.generic_string());
  if (!name) return Fail(name.error());
  Member member;
  member.name = *std::move(name);
  std::error_code error;
  member.size = entry.file_size(error);
  if (error) return ListingFailed(entry.path(), error);
  const auto time = entry.last_write_time(error);
  if (error) return ListingFailed(entry.path(), error);
  member.time = ToFileTime(std::chrono::file_clock::to_sys(time));
  member.attributes = kAttributeArchive;
  return member;
}

}  // namespace

Result<std::unique_ptr<Members>> OpenFolder(FileSystem& fs, const stdfs::path& folder) {
  std::vector<std::pair<Member, stdfs::path>> found;
  std::error_code error;
  std::size_t entries = 0;
  stdfs::recursive_directory_iterator it(folder, error);
  for (; !error && it != stdfs::recursive_directory_iterator(); it.increment(error)) {
    if (++entries > kMaxEntries) {
      return Fail(Code::kLimit,
                  fmt::format("{} holds more than {} files", folder.string(), kMaxEntries));
    }
    const auto status = it->symlink_status(error);
    if (error) break;
    if (stdfs::is_directory(status)) continue;
    if (!stdfs::is_regular_file(status)) {
      return Fail(Code::kUnsupported,
                  fmt::format("{} is not a plain file (link or device)", it->path().string()));
    }
    auto member = Describe(*it, it->path().lexically_relative(folder));
    if (!member) return Fail(member.error());
    found.emplace_back(*std::move(member), it->path());
  }
  if (error) return ListingFailed(folder, error);
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first.name < b.first.name; });
  std::vector<Member> list;
  std::vector<stdfs::path> paths;
  for (auto& [member, path] : found) {
    list.push_back(std::move(member));
    paths.push_back(std::move(path));
  }
  auto members = std::make_unique<FolderMembers>(fs, std::move(paths));
  WW_RETURN_IF_ERROR(members->Prepare(std::move(list)));
  return std::unique_ptr<Members>(std::move(members));
}

}  // namespace ww::cab
