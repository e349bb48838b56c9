#include "wimwright/delta/encode.h"

#include <fmt/format.h>

#include "bit_writer.h"
#include "container.h"
#include "encode_parts.h"

namespace ww::delta {
namespace {

// Positions are 32 bits wide in the matcher, distances 31 in the format.
constexpr std::uint64_t kMaxCombined = 1ull << 30;

}  // namespace

Bytes AssembleDelta(const DeltaFields& fields) {
  Bytes delta = ToBytes("PA30");
  AppendLe(delta, fields.target_time);
  BitWriter out;
  out.Number(fields.file_type_set);
  out.Number(fields.file_type);
  out.Number(static_cast<std::int64_t>(fields.flags));
  out.Number(static_cast<std::int64_t>(fields.target_size));
  out.Number(fields.hash_algorithm);
  out.Buffer(fields.target_hash);
  out.Buffer(fields.preprocess);
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
  const Bytes hash = ComputeHash(options.hash_algorithm, target);
  const Bytes patch = EncodePatch(source, target, true);
  DeltaFields fields;
  fields.target_time = options.target_time;
  fields.target_size = target.size();
  fields.hash_algorithm = options.hash_algorithm;
  fields.target_hash = hash;
  fields.patch = patch;
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
