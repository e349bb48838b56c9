#include "security_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "dentry.h"

namespace ww::wim {
namespace {

constexpr std::uint32_t kFixedSize = 8;
constexpr std::uint32_t kMostDescriptors = 1u << 24;

std::size_t ContentHash(ByteView bytes) { return std::hash<std::string_view>()(AsText(bytes)); }

}  // namespace

Result<SecurityTable> SecurityTable::Parse(ByteView metadata) {
  ByteReader in(metadata);
  WW_TRY(auto total, in.Le<std::uint32_t>(), "security data");
  WW_TRY(const auto count, in.Le<std::uint32_t>(), "security data");
  if (total == 0) total = kFixedSize;  // some writers leave out the length of an empty table
  if (total < kFixedSize || total > metadata.size() || count > kMostDescriptors ||
      count > (total - kFixedSize) / 8) {
    return Fail(Code::kCorrupt,
                fmt::format("security data of {} bytes with {} descriptors", total, count));
  }
  SecurityTable table;
  ByteReader sizes(metadata.subspan(kFixedSize, std::size_t{count} * 8));
  ByteReader data(metadata.first(total));
  WW_RETURN_IF_ERROR(data.Skip(kFixedSize + std::uint64_t{count} * 8));
  table.views_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    WW_TRY(const auto size, sizes.Le<std::uint64_t>(), "security data");
    WW_TRY(const auto view, data.Take(size), fmt::format("security descriptor {}", i));
    table.views_.push_back(view);
  }
  const auto end = Align8(total);
  if (end > metadata.size()) return Fail(Code::kCorrupt, "nothing behind the security data");
  table.raw_ = metadata.first(static_cast<std::size_t>(end));
  return table;
}

Result<ByteView> SecurityTable::Get(std::int32_t id) const {
  if (id < 0 || id >= count()) {
    return Fail(Code::kNotFound, fmt::format("no security descriptor {} of {}", id, count()));
  }
  return views_[static_cast<std::size_t>(id)];
}

std::int32_t SecurityTable::Add(ByteView descriptor) {
  if (by_content_.empty()) {
    for (std::size_t i = 0; i < views_.size(); ++i) {
      by_content_.emplace(ContentHash(views_[i]), static_cast<std::int32_t>(i));
    }
  }
  const auto hash = ContentHash(descriptor);
  const auto range = by_content_.equal_range(hash);
  std::int32_t found = -1;
  for (auto at = range.first; at != range.second; ++at) {
    const auto view = views_[static_cast<std::size_t>(at->second)];
    const bool equal = std::equal(view.begin(), view.end(), descriptor.begin(), descriptor.end());
    if (equal && (found < 0 || at->second < found)) found = at->second;
  }
  if (found >= 0) return found;
  added_.push_back(ToBytes(descriptor));
  views_.emplace_back(added_.back());
  by_content_.emplace(hash, count() - 1);
  return count() - 1;
}

std::uint64_t SecurityTable::serialised_size() const {
  if (!changed()) return raw_.size();
  std::uint64_t size = kFixedSize + views_.size() * 8;
  for (const auto& view : views_) size += view.size();
  return Align8(size);
}

Bytes SecurityTable::Serialise() const {
  if (!changed()) return ToBytes(raw_);
  Bytes out;
  const auto size = serialised_size();
  out.reserve(static_cast<std::size_t>(size));
  AppendLe(out, static_cast<std::uint32_t>(size));
  AppendLe(out, static_cast<std::uint32_t>(views_.size()));
  for (const auto& view : views_) AppendLe<std::uint64_t>(out, view.size());
  for (const auto& view : views_) Append(out, view);
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace ww::wim
