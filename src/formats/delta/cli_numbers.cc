#include "cli_transform.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kUserStringToken = 0x70;
constexpr std::uint32_t kTokenRows = 0xFFFFFF;

}  // namespace

CliRenumbering::CliRenumbering(const CliMap& map) {
  for (const auto& heap : map.heaps) heaps_.emplace_back(heap);
  for (const auto& table : map.tables) tables_.emplace_back(table);
}

std::uint32_t CliRenumbering::Coded(unsigned kind, std::uint32_t value) {
  const CliCodedIndex& coded = CodedIndex(kind);
  const std::uint32_t tag = value & ((1u << coded.tag_bits) - 1);
  if (tag >= coded.tables.size() || coded.tables[tag] == kNoCliTable) return value;
  const std::uint32_t row = Row(coded.tables[tag], value >> coded.tag_bits);
  if (row > 0xFFFFFFFF >> coded.tag_bits) return value;
  return row << coded.tag_bits | tag;
}

std::uint32_t CliRenumbering::Token(std::uint32_t token) {
  const std::uint32_t kind = token >> 24;
  const std::uint32_t number = token & kTokenRows;
  std::uint32_t mapped = number;
  if (kind < kCliTables) {
    mapped = Row(kind, number);
  } else if (kind == kUserStringToken) {
    mapped = Heap(kCliUserStrings, number);
  }
  return mapped > kTokenRows ? token : kind << 24 | mapped;
}

CompressedInt ReadCompressedInt(ByteView bytes) {
  const auto at = [&bytes](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
  if (bytes.empty()) return {};
  if (at(0) < 0x80) return {at(0), 1};
  if (at(0) < 0xC0)
    return bytes.size() < 2 ? CompressedInt{} : CompressedInt{(at(0) & 0x3F) << 8 | at(1), 2};
  if (at(0) >= 0xE0 || bytes.size() < 4) return {};
  return {(at(0) & 0x1F) << 24 | at(1) << 16 | at(2) << 8 | at(3), 4};
}

}  // namespace ww::delta
