#include "content_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "import_record.h"
#include "importer.h"
#include "wimwright/base/text.h"
#include "wimwright/provider/identifiers.h"

namespace ww::catalog {

using provider::Call;
using provider::Number;

namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kPiece = 1 << 20;

struct FileDigests {
  std::uint64_t bytes = 0;
  Sha1Digest sha1{};
  Sha256Digest sha256{};
};

Result<FileDigests> DigestsOf(FileSystem& fs, const stdfs::path& path,
                              const Cancellation& cancelled) {
  WW_TRY(const auto file, fs.Open(path, OpenMode::kRead), "reading");
  FileDigests out;
  WW_TRY(out.bytes, file->Size(), "reading");
  Sha1Hasher sha1;
  Sha256Hasher sha256;
  Bytes buffer(kPiece);
  for (std::uint64_t at = 0; at < out.bytes; at += buffer.size()) {
    WW_RETURN_IF_ERROR(cancelled.Check());
    const auto piece =
        MutableByteView(buffer).first(std::min<std::uint64_t>(buffer.size(), out.bytes - at));
    WW_RETURN_IF_ERROR(file->ReadAt(at, piece));
    sha1.Update(piece);
    sha256.Update(piece);
  }
  out.sha1 = sha1.Finish();
  out.sha256 = sha256.Finish();
  return out;
}

Status Compare(const KnownFile& known, const FileDigests& found, const stdfs::path& path) {
  const bool right = !known.sha256.empty() ? ToHex(found.sha256) == known.sha256
                     : !known.sha1.empty() ? ToHex(found.sha1) == known.sha1
                                           : found.bytes == known.bytes;
  if (right) return {};
  return Fail(Error{Code::kVerificationFailed,
                    fmt::format("{} is not the file that the content has", path.string()),
                    "Download it again.", 0});
}

// Names come from catalogues: "a\b.cab" at most.
std::optional<stdfs::path> Relative(std::string_view name) {
  stdfs::path out;
  while (!name.empty()) {
    const auto end = std::min(name.find_first_of("/\\"), name.size());
    const auto part = name.substr(0, end);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos) {
      return std::nullopt;
    }
    out /= part;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace

Result<KnownContent> FindContent(Call& call, std::uint32_t content_id) {
  WW_TRY(const auto links,
         call.store.FindAll("SMS_CIToContent", {{"ContentID", Number(content_id)}}), "content");
  if (links.empty()) return provider::Missing(fmt::format("there is no content {}", content_id));
  KnownContent out;
  out.id = content_id;
  out.unique_id = links.front()["ContentUniqueID"].TextOr("");
  for (const auto& link : links) {
    out.updates.push_back(static_cast<std::uint32_t>(link["CI_ID"].UintOr(0)));
  }
  WW_TRY(const auto files,
         call.store.FindAll("WW_ContentFile", {{"ContentID", Number(content_id)}}), "files");
  for (const auto& file : files) {
    out.files.push_back(
        {file["FileName"].TextOr(""), static_cast<std::uint64_t>(file["FileSize"].IntOr(0)),
         file["SHA1"].TextOr(""), file["SHA256"].TextOr(""), file["StoredID"].TextOr("")});
  }
  return out;
}

Result<stdfs::path> LocalFolder(std::string_view path) {
  if (path.empty() || path.front() != '/') {
    return provider::BadValue(
        fmt::format("this server cannot read '{}': a local path is needed", path));
  }
  return stdfs::path(path).lexically_normal();
}

Result<std::optional<stdfs::path>> FindFile(const stdfs::path& folder, const KnownContent& content,
                                            const KnownFile& file) {
  const auto relative = Relative(file.name);
  if (!relative) return Fail(Code::kUsage, fmt::format("'{}' is no file name", file.name));
  std::error_code error;
  for (const auto& base : {folder / content.unique_id, folder}) {
    if (stdfs::is_regular_file(base / *relative, error)) return std::optional(base / *relative);
  }
  return std::optional<stdfs::path>();
}

ContentTaker::ContentTaker(const CatalogOptions& options, provider::SiteProvider& provider,
                           const cim::Context& context)
    : options_(options), provider_(provider), context_(provider::SystemContext()) {
  context_.cancelled = context.cancelled;
}

Result<content::StoredFile> ContentTaker::TakeFile(const KnownContent& content,
                                                   const KnownFile& file, const stdfs::path& path) {
  auto& library = *options_.library;
  WW_TRY(const auto stored, library.Add(path, NullProgress(), *context_.cancelled), file.name);
  const auto kept = library.PathOf(stored.id).value_or(path);
  WW_TRY(const auto digests, DigestsOf(*options_.files, kept, *context_.cancelled), file.name);
  WW_RETURN_IF_ERROR(Compare(file, digests, path));
  FileRecord record{file.name, digests.bytes, digests.sha1, digests.sha256, {}, true};
  WW_RETURN_IF_ERROR(provider_.Transact(context_, [&](Call& call) -> Status {
    WW_RETURN_IF_ERROR(MarkStored(call, content.id, file.name, record));
    for (const auto id : content.updates) WW_RETURN_IF_ERROR(RefreshContentState(call, id));
    return {};
  }));
  // Its packages, where it is an update: what the site knows by catalogue gets its identities.
  Importer importer(options_, provider_, context_);
  if (auto known = importer.ImportFile(kept, file.name, 0); !known) {
    options_.log->Info("CATALOG", "{}: no packages recorded: {}", file.name, known.error().message);
  }
  return stored;
}

Status ContentTaker::Take(KnownContent& content, const stdfs::path& folder) {
  std::string missing;
  for (auto& file : content.files) {
    const auto id = content::ContentId::FromText(file.stored);
    if (id && options_.library->Has(*id)) continue;
    std::optional<stdfs::path> path;
    if (!folder.empty()) {
      WW_TRY(path, FindFile(folder, content, file), "ContentSourcePath");
    }
    if (!path) {
      missing += (missing.empty() ? "" : ", ") + file.name;
      continue;
    }
    WW_TRY(const auto stored, TakeFile(content, file, *path), "ContentSourcePath");
    file.stored = stored.id.ToText();
    file.bytes = stored.bytes;
  }
  if (missing.empty()) return {};
  return Fail(Error{Code::kNotFound, fmt::format("content {} lacks {}", content.id, missing),
                    "Put the files into the folder that ContentSourcePath names.",
                    static_cast<std::uint32_t>(cim::ProviderCode::kObjectMissing)});
}

Status ContentTaker::WriteTo(const KnownContent& content, const stdfs::path& source) {
  auto& fs = *options_.files;
  for (const auto& file : content.files) {
    const auto id = content::ContentId::FromText(file.stored);
    const auto relative = Relative(file.name);
    if (!id || !relative) return Fail(Code::kInternal, "a content without its file");
    const auto target = source / content.unique_id / *relative;
    std::error_code error;
    if (stdfs::file_size(target, error) == file.bytes && !error) continue;
    stdfs::create_directories(target.parent_path(), error);
    if (error) {
      return Fail(Code::kIo, fmt::format("{}: {}", target.parent_path().string(), error.message()));
    }
    WW_TRY(const auto from, options_.library->Open(*id), file.name);
    const auto temporary =
        target.parent_path() / fmt::format(".{}.wimwright-tmp", provider::NewGuid());
    auto copied = [&]() -> Status {
      WW_TRY(const auto to, fs.CreateNew(temporary), file.name);
      WW_RETURN_IF_ERROR(CopyDirectly(*from, *to, file.bytes,
                                      [&](std::uint64_t) { return context_.cancelled->Check(); }));
      WW_RETURN_IF_ERROR(to->Sync());
      return fs.Rename(temporary, target);
    }();
    if (!copied) {
      stdfs::remove(temporary, error);
      return Fail(copied.error().Within("package source"));
    }
  }
  return {};
}

Status ContentTaker::Check(const KnownContent& content, const stdfs::path& folder) {
  for (const auto& file : content.files) {
    WW_TRY(const auto path, FindFile(folder, content, file), "PackageSource");
    if (!path) {
      return provider::BadValue(
          fmt::format("{} does not hold {} of content {}", folder.string(), file.name, content.id));
    }
    WW_TRY(const auto digests, DigestsOf(*options_.files, *path, *context_.cancelled),
           path->string());
    if (auto same = Compare(file, digests, *path); !same) {
      return provider::BadValue(same.error().message);
    }
  }
  return {};
}

}  // namespace ww::catalog
