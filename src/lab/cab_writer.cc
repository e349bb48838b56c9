#include "cab_writer.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "lzx_encoder.h"

namespace ww::lab {
namespace {

constexpr std::size_t kBlock = 32768;
constexpr std::size_t kMaxCompressedBlock = kBlock + 6144;  // MS-CAB
constexpr std::size_t kMaxName = 256;
constexpr FileTime kDosBegin = 119'600'064'000'000'000;  // 1980-01-01
constexpr FileTime kDosEnd = 159'992'928'000'000'000;    // 2108-01-01

// Compresses the blocks of one folder in order.
class BlockCompressor {
 public:
  virtual ~BlockCompressor() = default;
  virtual Result<Bytes> Compress(ByteView block) = 0;
};

class Store final : public BlockCompressor {
 public:
  Result<Bytes> Compress(ByteView block) override { return ToBytes(block); }
};

class Mszip final : public BlockCompressor {
 public:
  static Result<std::unique_ptr<BlockCompressor>> Make() {
    auto made = std::make_unique<Mszip>();
    if (deflateInit2(&made->stream_, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      return Fail(Code::kInternal, "zlib does not start");
    }
    made->started_ = true;
    return std::unique_ptr<BlockCompressor>(std::move(made));
  }
  ~Mszip() override {
    if (started_) static_cast<void>(deflateEnd(&stream_));
  }

  // "CK", then one deflate stream; its history is the block before.
  Result<Bytes> Compress(ByteView block) override {
    static_cast<void>(deflateReset(&stream_));
    if (!history_.empty()) {
      static_cast<void>(deflateSetDictionary(&stream_,
                                             reinterpret_cast<const Bytef*>(history_.data()),
                                             static_cast<uInt>(history_.size())));
    }
    Bytes out(kMaxCompressedBlock);
    out[0] = std::byte{'C'};
    out[1] = std::byte{'K'};
    // zlib does not write through next_in; its type is older than const.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(block.data()));
    stream_.avail_in = static_cast<uInt>(block.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + 2);
    stream_.avail_out = static_cast<uInt>(out.size() - 2);
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END)
      return Fail(Code::kInternal, "zlib needs more room");
    out.resize(out.size() - stream_.avail_out);
    history_ = ToBytes(block);
    return out;
  }

 private:
  z_stream stream_{};
  bool started_ = false;
  Bytes history_;
};

class Lzx final : public BlockCompressor {
 public:
  explicit Lzx(int window_bits) : encoder_(window_bits) {}
  Result<Bytes> Compress(ByteView block) override { return encoder_.EncodeFrame(block); }

 private:
  LzxEncoder encoder_;
};

Result<std::unique_ptr<BlockCompressor>> MakeCompressor(const CabOptions& options) {
  switch (options.compression) {
    case CabCompression::kMszip:
      return Mszip::Make();
    case CabCompression::kLzx:
      return std::unique_ptr<BlockCompressor>(std::make_unique<Lzx>(options.window_bits));
    case CabCompression::kNone:
      break;
  }
  return std::unique_ptr<BlockCompressor>(std::make_unique<Store>());
}

std::uint16_t CompressionType(const CabOptions& options) {
  switch (options.compression) {
    case CabCompression::kMszip:
      return 1;
    case CabCompression::kLzx:
      return static_cast<std::uint16_t>(3 | options.window_bits << 8);
    case CabCompression::kNone:
      break;
  }
  return 0;
}

std::uint64_t SizeOf(const CabInput& input) { return input.read ? input.size : input.data.size(); }

struct Placed {
  const CabInput* input = nullptr;
  std::size_t folder = 0;
  std::uint32_t offset = 0;
};
struct Folder {
  std::uint64_t size = 0;
  std::uint32_t data_offset = 0;
  std::size_t first = 0;  // members, first to end
  std::size_t end = 0;
};

using WriteAt = std::function<Status(std::uint64_t, ByteView)>;

class Writer {
 public:
  Writer(const CabOptions& options, const WriteAt& write) : options_(options), write_(write) {}

  Status Run(std::span<const CabInput> members) {
    WW_RETURN_IF_ERROR(Place(members));
    position_ = TableSize();
    for (auto& folder : folders_) WW_RETURN_IF_ERROR(WriteFolder(folder));
    if (position_ > 0xFFFFFFFFU) return Fail(Code::kLimit, "a cabinet holds at most 4 GiB");
    const auto tables = Tables();
    WW_RETURN_IF_ERROR(write_(0, tables));
    return write_(position_, options_.signature);
  }

 private:
  Status Place(std::span<const CabInput> members) {
    if (members.size() > 65535) return Fail(Code::kLimit, "a cabinet holds at most 65535 members");
    const auto limit = std::min(options_.folder_limit, kMaxFolderSize);
    for (const auto& input : members) {
      const auto size = SizeOf(input);
      if (input.name.size() > kMaxName)
        return Fail(Code::kLimit, "a member name of more than 256 bytes");
      if (size > kMaxFolderSize) return Fail(Code::kLimit, input.name + " exceeds 2 GiB");
      if (folders_.empty() ||
          (folders_.back().size != 0 && size > limit - std::min(limit, folders_.back().size))) {
        if (!folders_.empty() && size == 0) {
          // An empty member never needs a folder of its own.
        } else {
          folders_.push_back(
              {.size = 0, .data_offset = 0, .first = placed_.size(), .end = placed_.size()});
        }
      }
      auto& folder = folders_.back();
      placed_.push_back({&input, folders_.size() - 1, static_cast<std::uint32_t>(folder.size)});
      folder.size += size;
      folder.end = placed_.size();
    }
    if (folders_.size() > 65532) return Fail(Code::kLimit, "too many folders");
    return {};
  }

  bool signature() const { return !options_.signature.empty(); }

  std::uint64_t TableSize() const {
    std::uint64_t size = 36 + (signature() ? 4 + 20 : 0) + 8 * folders_.size();
    for (const auto& placed : placed_) size += 16 + placed.input->name.size() + 1;
    return size;
  }

  Bytes Tables() const {
    Bytes out;
    AppendLe<std::uint32_t>(out, 0x4643534D);
    AppendLe<std::uint32_t>(out, 0);
    AppendLe<std::uint32_t>(out, static_cast<std::uint32_t>(position_));
    AppendLe<std::uint32_t>(out, 0);
    AppendLe<std::uint32_t>(
        out, static_cast<std::uint32_t>(36 + (signature() ? 24 : 0) + 8 * folders_.size()));
    AppendLe<std::uint32_t>(out, 0);
    AppendLe<std::uint16_t>(out, 0x0103);
    AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(folders_.size()));
    AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(placed_.size()));
    AppendLe<std::uint16_t>(out, signature() ? 4 : 0);
    AppendLe<std::uint32_t>(out, 0);  // set id and index
    if (signature()) {
      AppendLe<std::uint32_t>(out, 20);  // header reserve; none per folder and block
      AppendLe<std::uint32_t>(out, 0x00100000);
      AppendLe<std::uint32_t>(out, static_cast<std::uint32_t>(position_));
      AppendLe<std::uint32_t>(out, static_cast<std::uint32_t>(options_.signature.size()));
      AppendLe<std::uint64_t>(out, 0);
    }
    for (const auto& folder : folders_) {
      AppendLe<std::uint32_t>(out, folder.data_offset);
      AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>((folder.size + kBlock - 1) / kBlock));
      AppendLe<std::uint16_t>(out, CompressionType(options_));
    }
    for (const auto& placed : placed_) AppendFile(out, placed);
    return out;
  }

  static void AppendFile(Bytes& out, const Placed& placed) {
    const auto& input = *placed.input;
    const bool ascii = std::all_of(input.name.begin(), input.name.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    const auto dos = ToDosTime(input.time);
    AppendLe<std::uint32_t>(out, static_cast<std::uint32_t>(SizeOf(input)));
    AppendLe<std::uint32_t>(out, placed.offset);
    AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(placed.folder));
    AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(dos >> 16));
    AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(dos));
    AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(input.attributes | (ascii ? 0 : 0x80)));
    Append(out, AsBytes(input.name));
    out.push_back(std::byte{0});
  }

  Status WriteFolder(Folder& folder) {
    if (position_ > 0xFFFFFFFFU) return Fail(Code::kLimit, "a cabinet holds at most 4 GiB");
    folder.data_offset = static_cast<std::uint32_t>(position_);
    auto compressor = MakeCompressor(options_);
    if (!compressor) return Fail(compressor.error());
    Bytes block;
    for (std::size_t i = folder.first; i < folder.end; ++i) {
      const auto& input = *placed_[i].input;
      const auto size = SizeOf(input);
      for (std::uint64_t at = 0; at < size;) {
        const auto take =
            static_cast<std::size_t>(std::min<std::uint64_t>(kBlock - block.size(), size - at));
        WW_TRY_STATUS(Fetch(input, at, take, block), input.name);
        at += take;
        if (block.size() < kBlock) continue;
        WW_RETURN_IF_ERROR(WriteBlock(**compressor, block));
        block.clear();
      }
    }
    return block.empty() ? Status() : WriteBlock(**compressor, block);
  }

  static Status Fetch(const CabInput& input, std::uint64_t at, std::size_t count, Bytes& block) {
    if (!input.read) {
      Append(block, ByteView(input.data).subspan(static_cast<std::size_t>(at), count));
      return {};
    }
    const auto old = block.size();
    block.resize(old + count);
    return input.read(at, MutableByteView(block).subspan(old));
  }

  Status WriteBlock(BlockCompressor& compressor, ByteView block) {
    WW_TRY(const auto packed, compressor.Compress(block), "compressing");
    if (packed.size() > kMaxCompressedBlock) return Fail(Code::kInternal, "a block grew too much");
    Bytes out(4);
    AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(packed.size()));
    AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(block.size()));
    if (options_.checksums) {
      const auto sum = CabDataChecksum(ByteView(out).subspan(4, 4), CabDataChecksum(packed, 0));
      StoreLe<std::uint32_t>(out.data(), sum);
    }
    Append(out, packed);
    WW_RETURN_IF_ERROR(write_(position_, out));
    position_ += out.size();
    return {};
  }

  const CabOptions& options_;
  const WriteAt& write_;
  std::vector<Placed> placed_;
  std::vector<Folder> folders_;
  std::uint64_t position_ = 0;
};

}  // namespace

std::uint32_t CabDataChecksum(ByteView data, std::uint32_t seed) {
  std::uint32_t sum = seed;
  std::size_t i = 0;
  for (; data.size() - i >= 4; i += 4) sum ^= LoadLe<std::uint32_t>(data.data() + i);
  std::uint32_t rest = 0;  // in the opposite order
  for (; i < data.size(); ++i) rest = rest << 8 | std::to_integer<std::uint32_t>(data[i]);
  return sum ^ rest;
}

std::uint32_t ToDosTime(FileTime time) {
  if (time < kDosBegin || time >= kDosEnd) return 0x00210000;
  const auto point = FromFileTime(time);
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day ymd{day};
  const std::chrono::hh_mm_ss hms{std::chrono::floor<std::chrono::seconds>(point - day)};
  const int year = static_cast<int>(ymd.year());
  const auto date = static_cast<std::uint32_t>(year - 1980) << 9 |
                    static_cast<unsigned>(ymd.month()) << 5 | static_cast<unsigned>(ymd.day());
  const auto clock = static_cast<std::uint32_t>(hms.hours().count()) << 11 |
                     static_cast<std::uint32_t>(hms.minutes().count()) << 5 |
                     static_cast<std::uint32_t>(hms.seconds().count()) / 2;
  return date << 16 | clock;
}

Result<CabInput> CabInputFromFile(FileSystem& fs, const std::filesystem::path& path,
                                  std::string name) {
  auto opened = fs.Open(path, OpenMode::kRead);
  if (!opened) return Fail(opened.error());
  const std::shared_ptr<const File> file(*std::move(opened));
  CabInput input;
  input.name = std::move(name);
  WW_TRY(input.size, file->Size(), path.string());
  input.read = [file](std::uint64_t offset, MutableByteView out) {
    return file->ReadAt(offset, out);
  };
  return input;
}

Status WriteCab(FileSystem& fs, const std::filesystem::path& path,
                std::span<const CabInput> members, const CabOptions& options) {
  auto file = fs.CreateNew(path);
  if (!file) return Fail(file.error());
  const WriteAt write = [&file](std::uint64_t at, ByteView bytes) {
    return (*file)->WriteAt(at, bytes);
  };
  auto written = Writer(options, write).Run(members);
  if (written) return {};
  if (auto removed = fs.Remove(path); !removed)
    return Fail(written.error().FollowedBy(removed.error()));
  return written;
}

Result<Bytes> MakeCab(std::span<const CabInput> members, const CabOptions& options) {
  Bytes out;
  const WriteAt write = [&out](std::uint64_t at, ByteView bytes) -> Status {
    if (at + bytes.size() > out.size()) out.resize(static_cast<std::size_t>(at) + bytes.size());
    std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
  };
  WW_RETURN_IF_ERROR(Writer(options, write).Run(members));
  return out;
}

}  // namespace ww::lab
