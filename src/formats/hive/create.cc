// A new hive: a base block and one bin with the root key and its security cell.
#include "hive_impl.h"
#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

void AppendCell(Bytes& bins, ByteView payload) {
  const auto size = static_cast<std::int32_t>((payload.size() + 4 + 7) / 8 * 8);
  const auto end = bins.size() + static_cast<std::size_t>(size);
  AppendLe<std::int32_t>(bins, -size);
  Append(bins, payload);
  bins.resize(end);
}

}  // namespace

Result<Hive> Hive::CreateEmpty(std::string_view root_name, ByteView descriptor, FileTime now,
                               std::uint32_t minor) {
  WW_TRY(const auto name, Utf8ToUtf16(root_name), "name of the root key");
  if (name.empty() || name.size() > kMaxKeyName || descriptor.empty() ||
      descriptor.size() > 0xFFFF || minor < 3 || minor > 6) {
    return Fail(Code::kUsage,
                "a hive needs a root name, a security descriptor and a version 1.3 to 1.6");
  }
  const bool compressed = Compressible(name);
  const Bytes stored = Encode(name, compressed);
  const auto root = static_cast<std::uint32_t>(bin::kHeader);
  const auto root_size = static_cast<std::uint32_t>((nk::kName + stored.size() + 4 + 7) / 8 * 8);
  const std::uint32_t security = root + root_size;

  Bytes key(nk::kName);
  const auto put = [&key](std::size_t at, auto value) { StoreLe(key.data() + at, value); };
  put(0, kNk);
  put(nk::kFlags, static_cast<std::uint16_t>(nk::kRootFlag | nk::kNoDelete |
                                             (compressed ? nk::kCompressedName : 0)));
  put(nk::kTimestamp, now);
  put(nk::kParent, kNone);
  put(nk::kSubkeyList, kNone);
  put(nk::kVolatileList, kNone);
  put(nk::kValueList, kNone);
  put(nk::kSecurity, security);
  put(nk::kClass, kNone);
  put(nk::kNameLength, static_cast<std::uint16_t>(stored.size()));
  Append(key, stored);

  Bytes guard(sk::kDescriptor);
  StoreLe(guard.data(), kSk);
  StoreLe(guard.data() + sk::kNext, security);
  StoreLe(guard.data() + sk::kPrevious, security);
  StoreLe<std::uint32_t>(guard.data() + sk::kReferences, 1);
  StoreLe(guard.data() + sk::kSize, static_cast<std::uint32_t>(descriptor.size()));
  Append(guard, descriptor);

  Bytes bins(bin::kHeader);
  AppendCell(bins, key);
  AppendCell(bins, guard);
  const std::size_t used = bins.size();
  bins.resize((used + 8 + kBlock - 1) / kBlock * kBlock);
  StoreLe(bins.data() + used, static_cast<std::int32_t>(bins.size() - used));
  StoreLe(bins.data(), kHbin);
  StoreLe(bins.data() + bin::kSize, static_cast<std::uint32_t>(bins.size()));
  StoreLe(bins.data() + bin::kTimestamp, now);

  BaseBlock block;
  block.Set(0, kRegf);
  block.Set<std::uint32_t>(base::kSequence1, 1);
  block.Set<std::uint32_t>(base::kSequence2, 1);
  block.Set(base::kTimestamp, now);
  block.Set<std::uint32_t>(base::kMajor, 1);
  block.Set(base::kMinor, minor);
  block.Set<std::uint32_t>(base::kFormat, 1);
  block.Set(base::kRootCell, root);
  block.Set(base::kBinsSize, static_cast<std::uint32_t>(bins.size()));
  block.Set<std::uint32_t>(base::kCluster, 1);
  block.Set(base::kChecksum, block.ComputeChecksum());

  Bytes whole(block.raw.begin(), block.raw.end());
  whole.resize(kBlock);
  Append(whole, bins);
  return Open(MemoryStorage(std::move(whole)));
}

}  // namespace ww::hive
