#include "folder_decoder.h"

#include <fmt/format.h>
#include <mspack.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "wimwright/base/handle.h"

namespace ww::cab {
namespace {

// libmspack reads cabinets, not folders. So it is shown a cabinet of exactly one folder and one
// member, whose tables are made here and whose data blocks are those of the real cabinet: our own
// reader alone decides what the tables say, no folder is ever decoded twice because members are
// asked for out of order, and hostile tables do not reach the library.
constexpr std::size_t kReadBuffer = 256 << 10;
constexpr char kInputName[] = "in";
constexpr char kOutputName[] = "out";

Bytes MakeTables(const CabTables& tables, const CabFolder& folder, std::uint64_t length) {
  Bytes out;
  AppendLe<std::uint32_t>(out, 0x4643534D);
  AppendLe<std::uint32_t>(out, 0);
  AppendLe<std::uint32_t>(out, 0x7FFFFFFF);  // cabinet size: the library only reports it
  AppendLe<std::uint32_t>(out, 0);
  AppendLe<std::uint32_t>(out, 36 + 4 + 8);  // first CFFILE
  AppendLe<std::uint32_t>(out, 0);
  AppendLe<std::uint16_t>(out, 0x0103);
  AppendLe<std::uint16_t>(out, 1);  // folders
  AppendLe<std::uint16_t>(out, 1);  // files
  AppendLe<std::uint16_t>(out, 4);  // flags: reserve sizes follow
  AppendLe<std::uint32_t>(out, 0);  // set id and index
  AppendLe<std::uint16_t>(out, 0);
  AppendLe<std::uint8_t>(out, 0);
  AppendLe<std::uint8_t>(out, tables.data_reserve);
  AppendLe<std::uint32_t>(out, 36 + 4 + 8 + 16 + 2);  // first CFDATA: right after these tables
  AppendLe<std::uint16_t>(out, folder.block_count);
  AppendLe<std::uint16_t>(out, folder.type);
  AppendLe<std::uint32_t>(out, static_cast<std::uint32_t>(length));
  AppendLe<std::uint32_t>(out, 0);  // offset in the folder
  AppendLe<std::uint16_t>(out, 0);  // folder
  AppendLe<std::uint16_t>(out, 0x21);
  AppendLe<std::uint32_t>(out, 0);  // time, attributes
  Append(out, AsBytes("x"));
  out.push_back(std::byte{0});
  return out;
}

struct Context {
  const File* file = nullptr;
  Bytes tables;
  std::uint64_t data_begin = 0;
  std::uint64_t data_end = 0;
  const ByteConsumer* consumer = nullptr;
  std::optional<Error> error;    // of ours, more telling than the library's number
  std::exception_ptr exception;  // memory that ran out: must not cross the library's frames
  std::uint64_t written = 0;

  std::uint64_t size() const { return tables.size() + (data_end - data_begin); }
  Status ReadAt(std::uint64_t at, MutableByteView out) const {
    if (at < tables.size()) {
      const auto take =
          std::min<std::size_t>(tables.size() - static_cast<std::size_t>(at), out.size());
      std::copy_n(tables.begin() + static_cast<std::ptrdiff_t>(at), take, out.begin());
      at += take;
      out = out.subspan(take);
    }
    if (out.empty()) return {};
    return file->ReadAt(data_begin + (at - tables.size()), out);
  }
};

// The library knows files as pointers to its own (empty) struct: ours begin with it.
struct Stream : mspack_file {
  Context* context = nullptr;
  bool output = false;
  std::uint64_t position = 0;
  Bytes buffer;
  std::uint64_t buffer_at = 0;
};

struct System : mspack_system {
  Context* context = nullptr;
};

mspack_file* OpenStream(mspack_system* self, const char*, int mode) {
  auto* stream = new (std::nothrow) Stream();
  if (stream == nullptr) return nullptr;
  stream->context = static_cast<System*>(self)->context;
  stream->output = mode == MSPACK_SYS_OPEN_WRITE;
  return stream;
}

void CloseStream(mspack_file* file) { delete static_cast<Stream*>(file); }

int Read(Stream& s, void* out, int count) {
  auto& context = *s.context;
  if (s.output || count < 0) return -1;
  std::size_t done = 0;
  while (done < static_cast<std::size_t>(count) && s.position < context.size()) {
    if (s.position < s.buffer_at || s.position - s.buffer_at >= s.buffer.size()) {
      s.buffer_at = s.position;
      s.buffer.resize(static_cast<std::size_t>(
          std::min<std::uint64_t>(kReadBuffer, context.size() - s.position)));
      if (auto read = context.ReadAt(s.buffer_at, s.buffer); !read) {
        context.error = read.error();
        s.buffer.clear();
        return -1;
      }
    }
    const auto skip = static_cast<std::size_t>(s.position - s.buffer_at);
    const auto take = std::min(s.buffer.size() - skip, static_cast<std::size_t>(count) - done);
    std::memcpy(static_cast<std::byte*>(out) + done, s.buffer.data() + skip, take);
    done += take;
    s.position += take;
  }
  return static_cast<int>(done);
}

int Write(Stream& s, void* bytes, int count) {
  auto& context = *s.context;
  if (!s.output || count < 0) return -1;
  const ByteView view(static_cast<const std::byte*>(bytes), static_cast<std::size_t>(count));
  context.written += view.size();
  if (auto status = (*context.consumer)(view); !status) {
    context.error = status.error();
    return -1;
  }
  return count;
}

// The library is C: it would lose what it holds, if it can be unwound at all.
template <int (*Call)(Stream&, void*, int)>
int Guarded(mspack_file* file, void* bytes, int count) {
  auto& stream = *static_cast<Stream*>(file);
  try {
    return Call(stream, bytes, count);
  } catch (...) {
    stream.context->exception = std::current_exception();
    return -1;
  }
}

int SeekStream(mspack_file* file, off_t offset, int mode) {
  auto& s = *static_cast<Stream*>(file);
  std::int64_t base = 0;
  if (mode == MSPACK_SYS_SEEK_CUR) base = static_cast<std::int64_t>(s.position);
  if (mode == MSPACK_SYS_SEEK_END) base = static_cast<std::int64_t>(s.context->size());
  const std::int64_t target = base + offset;
  if (target < 0 || static_cast<std::uint64_t>(target) > s.context->size()) return -1;
  s.position = static_cast<std::uint64_t>(target);
  return 0;
}

off_t TellStream(mspack_file* file) {
  return static_cast<off_t>(static_cast<Stream*>(file)->position);
}

void IgnoreMessage(mspack_file*, const char*, ...) {}
void* Allocate(mspack_system*, size_t bytes) { return std::malloc(bytes); }
void Release(void* block) { std::free(block); }
void CopyBytes(void* source, void* target, size_t bytes) { std::memmove(target, source, bytes); }

System MakeSystem(Context& context) {
  System system{};
  system.open = OpenStream;
  system.close = CloseStream;
  system.read = Guarded<Read>;
  system.write = Guarded<Write>;
  system.seek = SeekStream;
  system.tell = TellStream;
  system.message = IgnoreMessage;
  system.alloc = Allocate;
  system.free = Release;
  system.copy = CopyBytes;
  system.context = &context;
  return system;
}

Error FromMspack(int error) {
  switch (error) {
    case MSPACK_ERR_CHECKSUM:
      return {Code::kCorrupt, "the checksum of a data block is wrong", {}, 0};
    case MSPACK_ERR_DECRUNCH:
      return {Code::kCorrupt, "the compressed data is damaged", {}, 0};
    case MSPACK_ERR_NOMEMORY:
      return {Code::kLimit, "no memory for the decompressor", {}, 0};
    case MSPACK_ERR_READ:
    case MSPACK_ERR_SEEK:
      return {Code::kCorrupt, "the cabinet ends inside its data", {}, 0};
    case MSPACK_ERR_ARGS:
    case MSPACK_ERR_OPEN:
    case MSPACK_ERR_WRITE:
      return {Code::kInternal, fmt::format("libmspack answered {}", error), {}, 0};
    default:
      return {Code::kCorrupt, "the cabinet's data blocks contradict its tables", {}, 0};
  }
}

using Decompressor = Handle<mscab_decompressor, &mspack_destroy_cab_decompressor>;

}  // namespace

Status DecodeFolder(const File& file, const CabTables& tables, const CabFolder& folder,
                    std::uint64_t length, const ByteConsumer& consumer) {
  if (length == 0) return {};
  Context context;
  context.file = &file;
  context.tables = MakeTables(tables, folder, length);
  context.data_begin = folder.data_offset;
  context.data_end = tables.size;
  context.consumer = &consumer;
  System system = MakeSystem(context);

  // Order matters: the cabinet is closed by `cabd`, which goes last.
  const Decompressor cabd(mspack_create_cab_decompressor(&system));
  if (cabd == nullptr) return Fail(Code::kInternal, "libmspack has no cabinet decompressor");
  cabd->set_param(cabd.get(), MSCABD_PARAM_DECOMPBUF, 1 << 15);
  auto close = [&cabd](mscabd_cabinet* cabinet) { cabd->close(cabd.get(), cabinet); };
  const std::unique_ptr<mscabd_cabinet, decltype(close)> cabinet(cabd->open(cabd.get(), kInputName),
                                                                 close);
  int error = cabd->last_error(cabd.get());
  if (cabinet != nullptr) error = cabd->extract(cabd.get(), cabinet->files, kOutputName);
  if (context.exception) std::rethrow_exception(context.exception);
  if (context.error) return Fail(*context.error);
  if (error != MSPACK_ERR_OK) return Fail(FromMspack(error));
  if (context.written != length) {
    return Fail(Code::kCorrupt, fmt::format("a folder expands to {} bytes, its members need {}",
                                            context.written, length));
  }
  return {};
}

}  // namespace ww::cab
