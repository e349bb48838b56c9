#include "wimwright/catalog/uploads.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "wimwright/base/text.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kPiece = 1 << 20;

std::string NewId() {
  std::array<std::byte, 16> random{};
  RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(random.size()));
  return ToHex(random);
}

bool IsId(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// A name that means no folder on any system, for messages and rows; the file on disk has another.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name != "." && name != ".." &&
         name.find_first_of("/\\:*?\"<>|") == std::string_view::npos &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

tl::unexpected<Error> Unknown(std::string_view id) {
  return Fail(Error{Code::kNotFound, fmt::format("there is no upload {}", id),
                    "Begin a new one: uploads without progress are removed.", 0});
}

struct Entry {
  std::string user;
  UploadState state;
  TimePoint touched{};
  bool busy = false;  // a lease or a call works on it
  // The digest was compared. Not after a restart: the last process may have ended before.
  bool verified = false;
};

class FolderUploads final : public Uploads {
 public:
  FolderUploads(stdfs::path dir, const UploadLimits& limits, const Clock& clock)
      : dir_(std::move(dir)), limits_(limits), clock_(clock) {}

  Status TakeOver() {
    std::error_code error;
    stdfs::create_directories(dir_, error);
    stdfs::permissions(dir_, stdfs::perms::owner_all, error);
    if (error) return Fail(Code::kIo, fmt::format("{}: {}", dir_.string(), error.message()));
    for (const auto& entry : stdfs::directory_iterator(dir_, error)) {
      const auto name = entry.path().filename().string();
      if (!name.ends_with(".json") || !IsId(name.substr(0, name.size() - 5))) {
        continue;
      }
      if (!TakeOverOne(name.substr(0, name.size() - 5))) Erase(name.substr(0, name.size() - 5));
    }
    // Data without its description: the process ended between the two.
    for (const auto& entry : stdfs::directory_iterator(dir_, error)) {
      const auto stem = entry.path().stem().string();
      if (IsId(stem) && !entries_.contains(stem)) stdfs::remove(entry.path(), error);
    }
    if (error) return Fail(Code::kIo, fmt::format("{}: {}", dir_.string(), error.message()));
    return {};
  }

  Result<UploadState> Begin(std::string_view user, const UploadRequest& request) override {
    if (!IsPlainName(request.name)) return Fail(Code::kUsage, "an upload needs a plain file name");
    if (request.bytes == 0) return Fail(Code::kUsage, "an upload needs its size in bytes");
    if (request.bytes > limits_.bytes) {
      return Fail(Code::kLimit, fmt::format("an upload has at most {} bytes", limits_.bytes));
    }
    const std::lock_guard lock(mutex_);
    RemoveAbandoned();
    std::uint64_t mine = 0, pending = 0;
    std::size_t count = 0;
    for (const auto& [id, entry] : entries_) {
      pending += entry.state.request.bytes - entry.state.offset;
      if (entry.user != user) continue;
      ++count;
      mine += entry.state.request.bytes;
    }
    if (count >= limits_.uploads_per_user || entries_.size() >= limits_.uploads) {
      return Fail(Error{Code::kLimit, fmt::format("{} has {} uploads already", user, count),
                        "Finish or delete some of them.", 0});
    }
    if (request.bytes > limits_.bytes_per_user || mine > limits_.bytes_per_user - request.bytes) {
      return Fail(Error{Code::kLimit,
                        fmt::format("{} has uploads of {} bytes; {} more are too many", user, mine,
                                    request.bytes),
                        "Finish or delete some of them.", 0});
    }
    WW_TRY(const auto room, RealFileSystem().FreeSpace(dir_), "uploads");
    const auto needed = pending + limits_.reserve;
    if (room < needed || room - needed < request.bytes) {
      return Fail(Code::kNoSpace, fmt::format("an upload of {} bytes does not fit: {} are free and "
                                              "{} are kept for others",
                                              request.bytes, room, needed));
    }
    Entry entry;
    entry.user = user;
    entry.state.id = NewId();
    entry.state.request = request;
    entry.touched = clock_.Now();
    WW_TRY(const auto file, RealFileSystem().CreateNew(DataOf(entry.state.id)), "uploads");
    if (auto written = WriteDescription(entry); !written) {
      Erase(entry.state.id);
      return Fail(written.error());
    }
    auto state = entry.state;
    entries_.emplace(state.id, std::move(entry));
    return state;
  }

  Result<UploadState> Find(std::string_view user, std::string_view id) override {
    const std::lock_guard lock(mutex_);
    RemoveAbandoned();
    const auto* entry = Mine(user, id);
    if (entry == nullptr) return Unknown(id);
    return entry->state;
  }

  Result<std::vector<UploadState>> List(std::string_view user) override {
    const std::lock_guard lock(mutex_);
    RemoveAbandoned();
    std::vector<UploadState> out;
    for (const auto& [id, entry] : entries_) {
      if (entry.user == user) out.push_back(entry.state);
    }
    return out;
  }

  Result<UploadState> Append(std::string_view user, std::string_view id, std::uint64_t offset,
                             ByteView bytes) override {
    WW_TRY(const auto state, Reserve(user, id), "upload");
    const std::string key = state.id;
    const Release release{*this, key};
    if (offset != state.offset) {
      return Fail(Error{Code::kConflict,
                        fmt::format("the upload has {} bytes, not {}", state.offset, offset),
                        "Go on at the offset that GET answers.", 0});
    }
    if (bytes.size() > state.request.bytes - state.offset) {
      return Fail(Code::kUsage, "more bytes than the upload was announced with");
    }
    WW_TRY(const auto file, RealFileSystem().Open(DataOf(key), OpenMode::kReadWrite), "upload");
    WW_RETURN_IF_ERROR(file->WriteAt(offset, bytes));
    WW_RETURN_IF_ERROR(file->Sync());
    auto done = state;
    done.offset += bytes.size();
    if (done.complete()) WW_RETURN_IF_ERROR(Verify(done));
    const std::lock_guard lock(mutex_);
    auto& entry = entries_.at(key);
    entry.state.offset = done.offset;
    entry.touched = clock_.Now();
    return done;
  }

  Status Remove(std::string_view user, std::string_view id) override {
    const std::lock_guard lock(mutex_);
    const auto* entry = Mine(user, id);
    if (entry == nullptr) return Unknown(id);
    if (entry->busy) return Busy();
    Erase(std::string(id));
    entries_.erase(std::string(id));
    return {};
  }

  class FolderLease final : public Lease {
   public:
    FolderLease(FolderUploads& uploads, UploadState state)
        : uploads_(uploads), state_(std::move(state)), path_(uploads.DataOf(state_.id)) {}
    ~FolderLease() override {
      const std::lock_guard lock(uploads_.mutex_);
      if (done_) {
        uploads_.entries_.erase(state_.id);
        uploads_.Erase(state_.id);
      } else {
        uploads_.entries_.at(state_.id).busy = false;
      }
    }
    const UploadState& state() const override { return state_; }
    const stdfs::path& path() const override { return path_; }
    void Done() override { done_ = true; }

   private:
    FolderUploads& uploads_;
    UploadState state_;
    stdfs::path path_;
    bool done_ = false;
  };

  Result<std::unique_ptr<Lease>> Take(std::string_view user, std::string_view id) override {
    WW_TRY(const auto state, Reserve(user, id), "upload");
    {
      const Release release{*this, state.id};
      if (state.complete()) WW_RETURN_IF_ERROR(Verify(state));
    }
    WW_RETURN_IF_ERROR(Reserve(user, id).map([](const UploadState&) {}));
    std::unique_ptr<Lease> lease = std::make_unique<FolderLease>(*this, state);
    if (!state.complete()) {
      return Fail(
          Error{Code::kConflict,
                fmt::format("the upload has {} of {} bytes", state.offset, state.request.bytes),
                "Send the rest first.", 0});
    }
    return lease;
  }

 private:
  struct Release {
    FolderUploads& uploads;
    const std::string& id;
    ~Release() {
      const std::lock_guard lock(uploads.mutex_);
      if (const auto found = uploads.entries_.find(id); found != uploads.entries_.end()) {
        found->second.busy = false;
      }
    }
  };

  static tl::unexpected<Error> Busy() {
    return Fail(Code::kBusy, "the upload is being worked on by another call");
  }
  stdfs::path DataOf(const std::string& id) const { return dir_ / (id + ".data"); }
  stdfs::path DescriptionOf(const std::string& id) const { return dir_ / (id + ".json"); }

  void Erase(const std::string& id) {
    std::error_code error;
    stdfs::remove(DescriptionOf(id), error);
    stdfs::remove(DataOf(id), error);
  }

  Entry* Mine(std::string_view user, std::string_view id) {
    const auto found = entries_.find(std::string(id));
    return found == entries_.end() || found->second.user != user ? nullptr : &found->second;
  }

  // Nobody else works on it until it is released.
  Result<UploadState> Reserve(std::string_view user, std::string_view id) {
    const std::lock_guard lock(mutex_);
    RemoveAbandoned();
    auto* entry = Mine(user, id);
    if (entry == nullptr) return Unknown(id);
    if (entry->busy) return Busy();
    entry->busy = true;
    return entry->state;
  }

  void RemoveAbandoned() {
    const auto now = clock_.Now();
    for (auto at = entries_.begin(); at != entries_.end();) {
      if (!at->second.busy && now - at->second.touched > limits_.abandoned) {
        Erase(at->first);
        at = entries_.erase(at);
      } else {
        ++at;
      }
    }
  }

  Status WriteDescription(const Entry& entry) {
    Json json{{"user", entry.user},
              {"name", entry.state.request.name},
              {"bytes", entry.state.request.bytes}};
    if (entry.state.request.sha256) json["sha256"] = ToHex(*entry.state.request.sha256);
    const auto text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    const auto temporary = dir_ / (entry.state.id + ".new");
    {
      WW_TRY(const auto file, RealFileSystem().CreateNew(temporary), "uploads");
      WW_RETURN_IF_ERROR(file->WriteAt(0, AsBytes(text)));
      WW_RETURN_IF_ERROR(file->Sync());
    }
    return RealFileSystem().Rename(temporary, DescriptionOf(entry.state.id));
  }

  bool TakeOverOne(const std::string& id) {
    auto bytes = ReadFile(RealFileSystem(), DescriptionOf(id), 1 << 16);
    if (!bytes) return false;
    const auto json = Json::parse(AsText(*bytes), nullptr, false);
    if (!json.is_object() || !json.contains("user") || !json["user"].is_string() ||
        !json.contains("name") || !json["name"].is_string() || !json.contains("bytes") ||
        !json["bytes"].is_number_unsigned()) {
      return false;
    }
    Entry entry;
    entry.user = json["user"].get<std::string>();
    entry.state.id = id;
    entry.state.request.name = json["name"].get<std::string>();
    entry.state.request.bytes = json["bytes"].get<std::uint64_t>();
    if (json.contains("sha256") && json["sha256"].is_string()) {
      const auto digest = FromHex(json["sha256"].get<std::string>());
      Sha256Digest sha256;
      if (!digest || digest->size() != sha256.size()) return false;
      std::copy(digest->begin(), digest->end(), sha256.begin());
      entry.state.request.sha256 = sha256;
    }
    std::error_code error;
    entry.state.offset = stdfs::file_size(DataOf(id), error);
    if (error || entry.state.offset > entry.state.request.bytes) return false;
    entry.touched = clock_.Now();
    entries_.emplace(id, std::move(entry));
    return true;
  }

  // Of a reserved upload that is complete. One that is wrong goes.
  Status Verify(const UploadState& state) {
    {
      const std::lock_guard lock(mutex_);
      if (!state.request.sha256 || entries_.at(state.id).verified) return {};
    }
    WW_TRY(const auto file, RealFileSystem().Open(DataOf(state.id), OpenMode::kRead), "upload");
    WW_TRY(const auto digest, Digest(*file, state.request.bytes), "upload");
    const std::lock_guard lock(mutex_);
    if (digest == *state.request.sha256) {
      entries_.at(state.id).verified = true;
      return {};
    }
    entries_.erase(state.id);
    Erase(state.id);
    return Fail(
        Error{Code::kVerificationFailed,
              fmt::format("{} arrived with other bytes than were announced", state.request.name),
              "Send it again.", 0});
  }

  static Result<Sha256Digest> Digest(const File& file, std::uint64_t size) {
    Sha256Hasher hasher;
    Bytes buffer(std::min<std::uint64_t>(size, kPiece));
    for (std::uint64_t at = 0; at < size; at += buffer.size()) {
      const auto piece =
          MutableByteView(buffer).first(std::min<std::uint64_t>(buffer.size(), size - at));
      WW_RETURN_IF_ERROR(file.ReadAt(at, piece));
      hasher.Update(piece);
    }
    return hasher.Finish();
  }

  const stdfs::path dir_;
  const UploadLimits limits_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace

Result<std::unique_ptr<Uploads>> Uploads::Open(const stdfs::path& dir, const UploadLimits& limits,
                                               const Clock& clock) {
  auto uploads = std::make_unique<FolderUploads>(dir, limits, clock);
  WW_RETURN_IF_ERROR(uploads->TakeOver());
  return std::unique_ptr<Uploads>(std::move(uploads));
}

}  // namespace ww::catalog
