#include "importer.h"

#include <fmt/format.h>

#include <set>

#include "wimwright/base/text.h"
#include "wimwright/cab/search.h"
#include "wimwright/provider/identifiers.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;

// Members of an MSU, each into a file of its own that the library takes over.
class StoreSink final : public cab::MemberSink {
 public:
  StoreSink(FileSystem& fs, content::Library& library, const Cancellation& cancelled)
      : fs_(fs), library_(library), cancelled_(cancelled) {}
  ~StoreSink() override {
    file_.reset();
    if (!path_.empty()) static_cast<void>(fs_.Remove(path_));
  }

  Status Begin(const cab::Member&, std::size_t) override {
    path_ = library_.ScratchDir() / ("payload-" + provider::NewGuid());
    offset_ = 0;
    WW_TRY(file_, fs_.CreateNew(path_), "library");
    return {};
  }
  Status Write(ByteView bytes) override {
    WW_RETURN_IF_ERROR(cancelled_.Check());
    WW_RETURN_IF_ERROR(file_->WriteAt(offset_, bytes));
    offset_ += bytes.size();
    return {};
  }
  Status End() override {
    file_.reset();
    WW_TRY(const auto stored, library_.Adopt(path_, NullProgress(), cancelled_), "library");
    path_.clear();
    found.insert(stored.id);
    return {};
  }
  std::set<content::ContentId> found;

 private:
  FileSystem& fs_;
  content::Library& library_;
  const Cancellation& cancelled_;
  stdfs::path path_;
  std::unique_ptr<File> file_;
  std::uint64_t offset_ = 0;
};

tl::unexpected<Error> NotAnUpdate(cab::ContainerKind kind) {
  return Fail(Error{Code::kUnsupported, fmt::format("not an update: {}", cab::KindName(kind)),
                    kind == cab::ContainerKind::kScanCab
                        ? "Import a scan catalogue with ImportScanCatalog (--scan-catalog)."
                        : "Name a .msu or .cab file of Windows.",
                    0});
}

}  // namespace

bool MayImport(const provider::Call& call) {
  return call.access.Everywhere(provider::kTypeSoftwareUpdate, provider::kOpCreate);
}

Status CheckMayImport(provider::SiteProvider& provider, const cim::Context& context) {
  return provider.Read(context, [&](provider::Call& call) -> Status {
    if (MayImport(call)) return {};
    return provider::Denied(fmt::format("{} may not import software updates", context.user));
  });
}

Status Importer::CheckRights() { return CheckMayImport(provider_, context_); }

Result<ImportedFile> Importer::ImportFile(const stdfs::path& path, const std::string& name,
                                          std::uint32_t into) {
  auto& fs = *options_.files;
  WW_TRY(const auto kind, cab::Identify(fs, path), name);
  if (kind == cab::ContainerKind::kFolder) {
    return Fail(Error{Code::kUnsupported, "an expanded package: content is kept as files",
                      "Import the .cab or .msu that it was expanded from.", 0});
  }
  if (!cab::IsUpdate(kind)) return NotAnUpdate(kind);
  WW_TRY(const auto stored, options_.library->Add(path, NullProgress(), *context_.cancelled), name);
  // From here on only bytes count that nobody changes any more.
  const auto kept = options_.library->PathOf(stored.id).value_or(path);
  DescribeOptions describe;
  describe.file_name = name;
  describe.scratch_dir = options_.library->ScratchDir();
  describe.cancellation = context_.cancelled;
  WW_TRY(const auto update, DescribeUpdate(fs, kept, describe), name);
  if (update.sha256 != stored.id.digest) {
    return Fail(Code::kConflict, fmt::format("{} changed while it was read", name));
  }

  std::vector<WantedFile> wanted;
  if (into == 0) {
    WW_RETURN_IF_ERROR(provider_.Read(context_, [&](provider::Call& call) -> Status {
      WW_TRY(wanted, FindWanted(call, update), name);
      return {};
    }));
    WW_TRY_STATUS(StorePayload(update, kept, wanted), name);
  }
  ImportOutcome outcome;
  WW_RETURN_IF_ERROR(provider_.Transact(context_, [&](provider::Call& call) -> Status {
    if (!MayImport(call)) return provider::Denied("the right to import was taken away");
    WW_TRY(outcome, RecordImport(call, update, wanted, into), name);
    return {};
  }));
  ImportedFile out;
  out.path = name;
  out.decision = ImportDecisionName(outcome.decision);
  out.ci_id = outcome.ci_id;
  out.article = outcome.article;
  out.title = outcome.title;
  if (update.engine_refusal) {
    out.reason = "cannot be serviced offline: " + update.engine_refusal->message;
  }
  options_.log->Info("CATALOG", "{}: {} as {} ({})", name, out.decision, out.ci_id, out.title);
  return out;
}

Status Importer::StorePayload(const UpdateDescription& update, const stdfs::path& path,
                              const std::vector<WantedFile>& wanted) {
  if (wanted.empty()) return {};
  cab::OpenOptions open;
  open.scratch_dir = options_.library->ScratchDir();
  open.cancellation = context_.cancelled;
  WW_TRY(auto file, cab::OpenUpdate(*options_.files, path, open), "opening");
  std::vector<std::size_t> members;
  for (const auto& one : wanted) {
    const auto index = file.container->Find(update.payload[one.payload].name);
    if (!index) return Fail(Code::kInternal, "payload that was there is gone");
    members.push_back(*index);
  }
  StoreSink sink(*options_.files, *options_.library, *context_.cancelled);
  return file.container->Stream(members, sink);
}

Result<std::vector<ImportedFile>> Importer::ImportPath(const stdfs::path& path,
                                                       std::uint32_t into) {
  std::vector<ImportedFile> out;
  std::error_code error;
  if (!path.is_absolute()) {
    return provider::BadValue(
        fmt::format("'{}' is no absolute path on this server", path.string()));
  }
  if (!stdfs::is_directory(path, error)) {
    auto one = ImportFile(path, path.filename().string(), into);
    if (!one) return Fail(one.error());
    out.push_back(*std::move(one));
    return out;
  }
  WW_TRY(const auto found, cab::FindUpdates(*options_.files, path), path.string());
  for (const auto& update : found.updates) {
    WW_RETURN_IF_ERROR(context_.cancelled->Check());
    const auto name = update.path.lexically_relative(path).string();
    auto one = ImportFile(update.path, update.path.filename().string(), into);
    if (!one) {
      // Cancelled, or no room: the next file would fare no better.
      const auto code = one.error().code;
      if (code == Code::kCancelled || code == Code::kNoSpace) return Fail(one.error());
      out.push_back({name, "failed", 0, {}, {}, one.error().message});
      continue;
    }
    one->path = name;
    out.push_back(*std::move(one));
  }
  for (const auto& ignored : found.ignored) {
    out.push_back(
        {ignored.path.lexically_relative(path).string(), "ignored", 0, {}, {}, ignored.reason});
  }
  return out;
}

}  // namespace ww::catalog
