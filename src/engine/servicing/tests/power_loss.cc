#include "power_loss.h"

#include <algorithm>

namespace ww::servicing {
namespace {

using Kind = DiskOperation::Kind;

constexpr std::size_t kSector = 512;

class JournaledFile final : public File {
 public:
  JournaledFile(std::unique_ptr<File> inner, JournalingFileSystem& fs, int number)
      : inner_(std::move(inner)), fs_(fs), number_(number) {}
  Result<std::uint64_t> Size() const override { return inner_->Size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    return inner_->ReadAt(offset, out);
  }
  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    fs_.Note({Kind::kWrite, number_, offset, ToBytes(bytes), {}, {}});
    return inner_->WriteAt(offset, bytes);
  }
  Status Truncate(std::uint64_t size) override {
    fs_.Note({Kind::kTruncate, number_, size, {}, {}, {}});
    return inner_->Truncate(size);
  }
  // The real disk need not do it: what counts is the journal.
  Status Sync() override {
    fs_.Note({Kind::kSync, number_, 0, {}, {}, {}});
    return {};
  }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  Status LockExclusive() override { return inner_->LockExclusive(); }
  Status LockShared() override { return inner_->LockShared(); }

 private:
  std::unique_ptr<File> inner_;
  JournalingFileSystem& fs_;
  const int number_;
};

void Put(Bytes& file, std::uint64_t offset, ByteView bytes) {
  const auto at = static_cast<std::size_t>(offset);
  if (file.size() < at + bytes.size()) file.resize(at + bytes.size());
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

void DoWhole(Bytes& file, const DiskOperation& operation) {
  if (operation.kind == Kind::kWrite) Put(file, operation.offset, operation.bytes);
  if (operation.kind == Kind::kTruncate) file.resize(static_cast<std::size_t>(operation.offset));
}

void DoName(std::map<std::string, int>& names, const DiskOperation& operation) {
  if (operation.kind == Kind::kRename) {
    names.erase(operation.old_name);
    names[operation.name] = operation.file;
  } else if (operation.kind == Kind::kCreate) {
    names[operation.name] = operation.file;
  } else if (const auto found = names.find(operation.name);
             found != names.end() && found->second == operation.file) {
    names.erase(found);
  }
}

struct Piece {
  std::uint64_t offset;
  ByteView bytes;
};

// Of what was written since the last sync, every sector with a probability of `share` in eighths.
Bytes Lose(const Bytes& certain, const std::vector<const DiskOperation*>& since,
           std::mt19937& random) {
  auto file = certain;
  const auto share = random() % 9;
  const bool reordered = random() % 2 == 0;
  const bool grown = random() % 4 == 0;
  std::vector<Piece> pieces;
  const auto flush = [&] {
    if (reordered) std::shuffle(pieces.begin(), pieces.end(), random);
    for (const auto& piece : pieces) Put(file, piece.offset, piece.bytes);
    pieces.clear();
  };
  for (const auto* operation : since) {
    if (operation->kind == Kind::kTruncate) {
      flush();
      if (random() % 2 == 0) DoWhole(file, *operation);
      continue;
    }
    const ByteView bytes(operation->bytes);
    for (std::size_t at = 0; at < bytes.size();) {
      const auto offset = operation->offset + at;
      const auto size =
          std::min(bytes.size() - at, kSector - static_cast<std::size_t>(offset % kSector));
      if (random() % 8 < share) pieces.push_back({offset, bytes.subspan(at, size)});
      at += size;
    }
    const auto end = static_cast<std::size_t>(operation->offset + bytes.size());
    if (grown && file.size() < end) file.resize(end);
  }
  flush();
  return file;
}

}  // namespace

Folder ReadFolder(const stdfs::path& dir) {
  Folder out;
  for (const auto& name : Names(dir)) out[name] = ToBytes(AsBytes(ReadWhole(dir / name)));
  return out;
}

void WriteFolder(const Folder& folder, const stdfs::path& dir) {
  for (const auto& name : Names(dir)) stdfs::remove(dir / name);
  for (const auto& [name, bytes] : folder) WriteWhole(dir / name, AsText(bytes));
}

JournalingFileSystem::JournalingFileSystem(const stdfs::path& dir) : dir_(stdfs::canonical(dir)) {
  for (const auto& name : Names(dir_)) names_[name] = ++files_;
}

void JournalingFileSystem::Note(DiskOperation operation) {
  const std::lock_guard lock(mutex_);
  operations_.push_back(std::move(operation));
}

bool JournalingFileSystem::Inside(const stdfs::path& path) const {
  return stdfs::weakly_canonical(path.parent_path()) == dir_;
}

std::unique_ptr<File> JournalingFileSystem::Wrap(std::unique_ptr<File> file, int number) {
  return std::make_unique<JournaledFile>(std::move(file), *this, number);
}

Result<std::unique_ptr<File>> JournalingFileSystem::Open(const stdfs::path& path, OpenMode mode) {
  auto file = RealFileSystem().Open(path, mode);
  if (!file || !Inside(path)) return file;
  const std::lock_guard lock(mutex_);
  return Wrap(*std::move(file), names_.at(path.filename().string()));
}

Result<std::unique_ptr<File>> JournalingFileSystem::CreateNew(const stdfs::path& path) {
  auto file = RealFileSystem().CreateNew(path);
  if (!file || !Inside(path)) return file;
  const std::lock_guard lock(mutex_);
  const auto name = path.filename().string();
  names_[name] = ++files_;
  operations_.push_back({Kind::kCreate, files_, 0, {}, name, {}});
  return Wrap(*std::move(file), files_);
}

Result<std::unique_ptr<File>> JournalingFileSystem::CreateUnnamed(const stdfs::path& dir) {
  return RealFileSystem().CreateUnnamed(dir);
}

Result<std::unique_ptr<File>> JournalingFileSystem::Clone(const stdfs::path&, const stdfs::path&) {
  return Fail(Code::kUnsupported, "no shared blocks here");
}

Status JournalingFileSystem::Rename(const stdfs::path& from, const stdfs::path& to) {
  const std::lock_guard lock(mutex_);
  WW_RETURN_IF_ERROR(RealFileSystem().Rename(from, to));
  const auto moved = names_.extract(from.filename().string());
  const auto name = to.filename().string();
  names_[name] = moved.mapped();
  operations_.push_back({Kind::kRename, moved.mapped(), 0, {}, name, moved.key()});
  return {};
}

Status JournalingFileSystem::Remove(const stdfs::path& path) {
  const std::lock_guard lock(mutex_);
  WW_RETURN_IF_ERROR(RealFileSystem().Remove(path));
  if (!Inside(path)) return {};
  const auto gone = names_.extract(path.filename().string());
  operations_.push_back({Kind::kRemove, gone.mapped(), 0, {}, gone.key(), {}});
  return {};
}

Status JournalingFileSystem::SyncDirectory(const stdfs::path& dir) {
  if (stdfs::weakly_canonical(dir) == dir_) Note({Kind::kSyncDirectory, 0, 0, {}, {}, {}});
  return {};
}

Result<std::uint64_t> JournalingFileSystem::FreeSpace(const stdfs::path& dir) {
  return RealFileSystem().FreeSpace(dir);
}

FickleDisk::FickleDisk(const Folder& before) {
  int number = 0;
  for (const auto& [name, bytes] : before) {
    names_[name] = ++number;
    files_[number].certain = bytes;
  }
}

void FickleDisk::Do(const DiskOperation& operation) {
  switch (operation.kind) {
    case Kind::kWrite:
    case Kind::kTruncate:
      files_[operation.file].since.push_back(&operation);
      return;
    case Kind::kSync: {
      auto& file = files_[operation.file];
      for (const auto* done : file.since) DoWhole(file.certain, *done);
      file.since.clear();
      return;
    }
    case Kind::kCreate:
    case Kind::kRename:
    case Kind::kRemove:
      names_since_.push_back(&operation);
      return;
    case Kind::kSyncDirectory:
      for (const auto* done : names_since_) DoName(names_, *done);
      names_since_.clear();
      return;
  }
}

Folder FickleDisk::AfterPowerLoss(std::mt19937& random) const {
  auto names = names_;
  const bool in_order = random() % 2 == 0;
  const auto most = random() % (names_since_.size() + 1);
  for (std::size_t i = 0; i < names_since_.size(); ++i) {
    if (in_order ? i < most : random() % 2 == 0) DoName(names, *names_since_[i]);
  }
  Folder out;
  for (const auto& [name, number] : names) {
    const auto found = files_.find(number);
    out[name] =
        found == files_.end() ? Bytes() : Lose(found->second.certain, found->second.since, random);
  }
  return out;
}

Folder FickleDisk::Certain() const {
  Folder out;
  for (const auto& [name, number] : names_) {
    const auto found = files_.find(number);
    out[name] = found == files_.end() ? Bytes() : found->second.certain;
  }
  return out;
}

}  // namespace ww::servicing
