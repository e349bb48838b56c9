#include "servicing_testing.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "wimwright/wim/wim_file.h"

namespace ww::servicing {
namespace {

class FailingFile final : public File {
 public:
  FailingFile(std::unique_ptr<File> inner, FailingFileSystem& fs)
      : inner_(std::move(inner)), fs_(fs) {}
  Result<std::uint64_t> Size() const override { return inner_->Size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    WW_RETURN_IF_ERROR(fs_.Step("read", true));
    return inner_->ReadAt(offset, out);
  }
  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    WW_RETURN_IF_ERROR(fs_.Step("write"));
    return inner_->WriteAt(offset, bytes);
  }
  Status Truncate(std::uint64_t size) override {
    WW_RETURN_IF_ERROR(fs_.Step("truncate"));
    return inner_->Truncate(size);
  }
  Status Sync() override {
    WW_RETURN_IF_ERROR(fs_.Step("sync"));
    return inner_->Sync();
  }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  Status LockExclusive() override { return inner_->LockExclusive(); }
  Status LockShared() override { return inner_->LockShared(); }

 private:
  std::unique_ptr<File> inner_;
  FailingFileSystem& fs_;
};

Result<std::unique_ptr<File>> Wrap(Result<std::unique_ptr<File>> file, FailingFileSystem& fs) {
  if (!file) return file;
  return std::unique_ptr<File>(std::make_unique<FailingFile>(std::move(*file), fs));
}

}  // namespace

TempDir::TempDir() {
  auto pattern = (stdfs::temp_directory_path() / "ww-servicing-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  stdfs::remove_all(path_, ignored);
}

std::vector<std::string> Names(const stdfs::path& dir) {
  std::vector<std::string> out;
  for (const auto& entry : stdfs::directory_iterator(dir)) {
    out.push_back(entry.path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string ReadWhole(const stdfs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Sha256Digest HashFile(const stdfs::path& path) { return Sha256(AsBytes(ReadWhole(path))); }

void WriteWhole(const stdfs::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

void ExpectSameContent(const stdfs::path& copy, const stdfs::path& in_place) {
  const auto one = wim::WimFile::Open(RealFileSystem(), copy);
  const auto other = wim::WimFile::Open(RealFileSystem(), in_place);
  ASSERT_TRUE(one && other);
  EXPECT_EQ((*one)->blobs().Serialise(), (*other)->blobs().Serialise());
  const auto end = static_cast<std::size_t>((*one)->header().blob_table.offset);
  const auto content = [end](const stdfs::path& path) {
    return Sha256(AsBytes(ReadWhole(path).substr(wim::kHeaderSize, end - wim::kHeaderSize)));
  };
  EXPECT_EQ(content(copy), content(in_place));
  EXPECT_GT((*other)->header().blob_table.offset, end);
}

void FlipByte(const stdfs::path& path, std::uint64_t offset) {
  auto text = ReadWhole(path);
  text.at(static_cast<std::size_t>(offset)) ^= 0x55;
  WriteWhole(path, text);
}

CommandResult Run(const std::string& command) {
  CommandResult out;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const auto n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    out.output.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

bool HaveProgram(std::string_view name) {
  return Run(fmt::format("command -v {}", name)).status == 0;
}

Status FailingFileSystem::Step(std::string_view what, bool is_read) {
  if (is_read && !count_reads) return {};
  const auto number = ++operations_;
  if (hook) hook(number);
  if (fail_at != 0 && (number == fail_at || (stay_dead && number > fail_at))) {
    failed_ = true;
    return Fail(code, fmt::format("operation {} ({}) fails by order", number, what));
  }
  return {};
}

Result<std::unique_ptr<File>> FailingFileSystem::Open(const stdfs::path& path, OpenMode mode) {
  WW_RETURN_IF_ERROR(Step("open", mode == OpenMode::kRead));
  return Wrap(inner_.Open(path, mode), *this);
}
Result<std::unique_ptr<File>> FailingFileSystem::CreateNew(const stdfs::path& path) {
  WW_RETURN_IF_ERROR(Step("create"));
  return Wrap(inner_.CreateNew(path), *this);
}
Result<std::unique_ptr<File>> FailingFileSystem::CreateUnnamed(const stdfs::path& dir) {
  WW_RETURN_IF_ERROR(Step("create"));
  return Wrap(inner_.CreateUnnamed(dir), *this);
}
Result<std::unique_ptr<File>> FailingFileSystem::Clone(const stdfs::path& from,
                                                       const stdfs::path& to) {
  WW_RETURN_IF_ERROR(Step("clone"));
  return Wrap(inner_.Clone(from, to), *this);
}
Status FailingFileSystem::Rename(const stdfs::path& from, const stdfs::path& to) {
  WW_RETURN_IF_ERROR(Step("rename"));
  return inner_.Rename(from, to);
}
Status FailingFileSystem::Remove(const stdfs::path& path) {
  WW_RETURN_IF_ERROR(Step("remove"));
  return inner_.Remove(path);
}
Status FailingFileSystem::SyncDirectory(const stdfs::path& dir) {
  WW_RETURN_IF_ERROR(Step("sync directory"));
  return inner_.SyncDirectory(dir);
}
Result<std::uint64_t> FailingFileSystem::FreeSpace(const stdfs::path& dir) {
  if (free_space) return *free_space;
  return inner_.FreeSpace(dir);
}

void MemoryLogger::Write(LogLevel, std::string_view component, std::string_view message) {
  text_ += fmt::format("{}: {}\n", component, message);
}

std::string Decisions(const JobReport& report, int index) {
  std::string out;
  for (const auto& entry : report.indexes) {
    if (entry.index != index) continue;
    for (const auto& update : entry.updates) {
      if (!out.empty()) out += ", ";
      out += update.decision;
    }
  }
  return out;
}

std::string Describe(const JobReport& report) {
  auto out = fmt::format("outcome {}\n", OutcomeName(report.outcome));
  if (report.error) {
    out += fmt::format("error {} {:#010x}: {} / {}\n", CodeName(report.error->code),
                       report.error->hresult, report.error->message, report.error->next_step);
  }
  for (const auto& index : report.indexes) {
    out += fmt::format("index {} {} {} -> {}\n", index.index, index.name, index.build_before,
                       index.build_after);
    for (const auto& update : index.updates) {
      out += fmt::format("  {} {} {} {:#010x} {}\n", update.input, update.identity, update.decision,
                         update.hresult, update.reason);
    }
  }
  return out;
}

}  // namespace ww::servicing
