#include "wimwright/delta/encode.h"

#include <fmt/format.h>

#include "bit_writer.h"
#include "container.h"
#include "encode_parts.h"
#include "encode_payload.h"
#include "encode_preprocess.h"
#include "pe_pipeline.h"

namespace ww::delta {
namespace {

// Positions are 32 bits wide in the matcher, distances 31 in the format.
constexpr std::uint64_t kMaxCombined = 1ull << 30;

// delta-formats.md 4.6: the sets that Windows itself takes.
constexpr std::uint64_t kI386Flags = 0xE1FE;
constexpr std::uint64_t kAmd64Flags = 0xE63E;
constexpr std::uint64_t kPa30Flags = 0x20000;
constexpr std::uint64_t kPa31Flags = 0x18060000;
constexpr std::uint64_t kLzmsFlag = 0x2000000;
constexpr std::uint32_t kExecutables = 0x0F;
constexpr std::uint32_t kExecutables3 = 0xF5;
constexpr std::int64_t kHeaderInfoSize = 0x88;

// What the decoder is told about an image as source.
struct ImageSource {
  std::uint32_t file_type = kFileTypeRaw;
  std::uint64_t flags = 0;
  Bytes preprocess;
  Bytes normalised;
};

RiftTable RvaToFile(const PeView& view) {
  std::vector<RiftEntry> entries{{0, 0}};
  for (const auto& s : view.sections) {
    if (s.raw_offset != 0) entries.push_back({s.virtual_address, s.raw_offset});
  }
  return RiftTable(std::move(entries));
}

Result<ImageSource> PrepareImage(ByteView source, ByteView target) {
  ImageSource image;
  const auto view = PeView::Parse(source);
  if (!view || (view->machine != kMachineI386 && view->machine != kMachineAmd64)) return image;
  const bool x86 = view->machine == kMachineI386;
  image.file_type = x86 ? kFileTypeI386 : kFileTypeAmd64;
  image.flags = x86 ? kI386Flags : kAmd64Flags;
  Preprocess p;  // all zero for targets of another kind
  if (const auto to = PeView::Parse(target); to && to->machine == view->machine) {
    p.image_base = to->image_base;
    p.time_stamp = LoadLe<std::uint32_t>(target.data() + to->time_stamp_at);
    p.target_layout = RvaToFile(*to);
  }
  image.preprocess = WritePreprocess(p);
  const PipelineVariant standard{.judged = true};
  WW_TRY(auto normalised, NormaliseSource(source, p, image.flags, standard, Limits{}),
         "making a delta");
  image.normalised = std::move(normalised.image);
  return image;
}

Result<Bytes> MakePayload(ByteView source, ByteView target, DeltaPayload payload, bool raw) {
  if (payload == DeltaPayload::kPatch) return EncodePatch(source, target, raw);
  if (source.empty()) return WriteCompressionContainer(ContainerCodec::kLzms, target);
  return WriteCompressionContainer(ContainerCodec::kLzms, WriteDiffProgram(source, target));
}

void WriteCommonFields(BitWriter& out, const DeltaFields& fields) {
  out.Number(fields.file_type_set);
  out.Number(fields.file_type);
  out.Number(static_cast<std::int64_t>(fields.flags));
  out.Number(static_cast<std::int64_t>(fields.target_size));
  out.Number(fields.hash_algorithm);
  out.Buffer(fields.target_hash);
}

}  // namespace

Bytes AssembleDelta(const DeltaFields& fields) {
  Bytes delta = ToBytes(fields.pa31 ? "PA31" : "PA30");
  AppendLe(delta, fields.target_time);
  BitWriter out;
  if (fields.pa31) {
    BitWriter header;
    WriteCommonFields(header, fields);
    header.Number(kHeaderInfoSize);
    header.Number(1);
    header.Number(0);
    header.Buffer(fields.source_hash);
    out.Buffer(header.Finish());
  } else {
    WriteCommonFields(out, fields);
  }
  if ((fields.file_type_set & kFileTypeReverse) == 0) out.Buffer(fields.preprocess);
  out.Buffer(fields.patch);
  Append(delta, out.Finish());
  return delta;
}

Result<Bytes> Encode(ByteView source, ByteView target, const EncodeOptions& options) {
  if (!CheckHashAlgorithm(options.hash_algorithm)) {
    return Fail(Code::kUsage,
                fmt::format("making a delta: hash algorithm {:#x}", options.hash_algorithm));
  }
  if (source.size() > kMaxCombined || target.size() > kMaxCombined - source.size()) {
    return Fail(Code::kLimit, "making a delta: source and target exceed 1 GiB");
  }
  ImageSource image;
  if (options.by_image) {
    WW_TRY(image, PrepareImage(source, target), "making a delta");
  }
  const bool raw = image.file_type == kFileTypeRaw;
  const bool pa31 = options.format == DeltaFormat::kPa31;
  const Bytes hash = ComputeHash(options.hash_algorithm, target);
  const Bytes source_hash =
      pa31 && !source.empty() ? ComputeHash(options.hash_algorithm, source) : Bytes();
  WW_TRY(const Bytes payload,
         MakePayload(raw ? source : image.normalised, target, options.payload, raw),
         "making a delta");
  DeltaFields fields;
  fields.pa31 = pa31;
  fields.target_time = options.target_time;
  if (options.by_image) fields.file_type_set = pa31 ? kExecutables3 : kExecutables;
  fields.file_type = image.file_type;
  fields.flags = (pa31 ? kPa31Flags : kPa30Flags) | image.flags;
  if (options.payload == DeltaPayload::kLzms) fields.flags |= kLzmsFlag;
  fields.target_size = target.size();
  fields.hash_algorithm = options.hash_algorithm;
  fields.target_hash = hash;
  fields.source_hash = source_hash;
  fields.preprocess = image.preprocess;
  fields.patch = payload;
  Bytes delta = AssembleDelta(fields);
  if (!options.crc_prefix) return delta;
  Bytes prefixed;
  AppendLe(prefixed, Crc32(delta));
  Append(prefixed, delta);
  return prefixed;
}

Bytes WrapDcm(ByteView pa30) {
  Bytes file;
  file.reserve(4 + pa30.size());
  AppendLe<std::uint32_t>(file, 0x014D4344);  // "DCM\x01"
  Append(file, pa30);
  return file;
}

}  // namespace ww::delta
