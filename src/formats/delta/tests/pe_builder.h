// Small PE images made by hand: enough structure for one transform at a time.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "pe_view.h"
#include "wimwright/base/bytes.h"

namespace ww::delta {

// Little-endian words into bytes that have room for them.
template <typename T>
void Put(Bytes& bytes, std::uint64_t at, T value) {
  if (at + sizeof(T) > bytes.size()) bytes.resize(at + sizeof(T));
  StoreLe(bytes.data() + at, value);
}
inline void Put32(Bytes& bytes, std::uint64_t at, std::uint32_t value) { Put(bytes, at, value); }
inline void PutText(Bytes& bytes, std::uint64_t at, std::string_view text) {
  if (at + text.size() > bytes.size()) bytes.resize(at + text.size());
  std::copy_n(AsBytes(text).begin(), text.size(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}
inline std::uint32_t Get32(const Bytes& bytes, std::uint64_t at) {
  return LoadLe<std::uint32_t>(bytes.data() + at);
}

class PeBuilder {
 public:
  static constexpr std::uint32_t kHeaders = 0x400;
  static constexpr std::uint32_t kPeAt = 0x80;
  static constexpr std::uint32_t kBase = 0x10000000;

  explicit PeBuilder(std::uint16_t machine) : machine_(machine), plus_(machine != kMachineI386) {}

  // Raw data follow each other from kHeaders on, without gaps.
  PeBuilder& Section(std::string name, std::uint32_t rva, Bytes data, std::uint32_t characteristics,
                     std::uint32_t virtual_size = 0) {
    const auto size = static_cast<std::uint32_t>(data.size());
    sections_.push_back({std::move(name), rva, virtual_size == 0 ? size : virtual_size,
                         std::move(data), characteristics});
    return *this;
  }
  PeBuilder& Directory(unsigned index, std::uint32_t rva, std::uint32_t size) {
    directories_[index] = {rva, size};
    return *this;
  }

  std::uint32_t optional_at() const { return kPeAt + 24; }
  std::uint32_t directories_at() const { return optional_at() + (plus_ ? 112 : 96); }
  std::uint32_t section_header_at(unsigned index) const {
    return directories_at() + 8 * kPeDirectories + 40 * index;
  }
  static constexpr std::uint32_t time_stamp_at() { return kPeAt + 8; }
  std::uint32_t checksum_at() const { return optional_at() + 64; }
  std::uint32_t image_base_at() const { return optional_at() + (plus_ ? 24 : 28); }

  Bytes Build() const {
    Bytes b(kHeaders);
    PutText(b, 0, "MZ");
    Put32(b, 0x3C, kPeAt);
    PutText(b, kPeAt, std::string_view("PE\0\0", 4));
    Put<std::uint16_t>(b, kPeAt + 4, machine_);
    Put<std::uint16_t>(b, kPeAt + 6, static_cast<std::uint16_t>(sections_.size()));
    Put32(b, time_stamp_at(), 0x11111111);
    Put<std::uint16_t>(
        b, kPeAt + 20,
        static_cast<std::uint16_t>(directories_at() + 8 * kPeDirectories - optional_at()));
    Put<std::uint16_t>(b, optional_at(), plus_ ? 0x20B : 0x10B);
    if (plus_) {
      Put<std::uint64_t>(b, image_base_at(), kBase);
    } else {
      Put32(b, image_base_at(), kBase);
    }
    Put32(b, optional_at() + 56, 0x100000);  // SizeOfImage
    Put32(b, optional_at() + 60, kHeaders);
    Put32(b, checksum_at(), 0x22222222);
    Put32(b, directories_at() - 4, kPeDirectories);
    for (unsigned i = 0; i < kPeDirectories; ++i) {
      Put32(b, directories_at() + 8 * i, directories_[i].rva);
      Put32(b, directories_at() + 8 * i + 4, directories_[i].size);
    }
    auto raw = kHeaders;
    for (unsigned i = 0; i < sections_.size(); ++i) {
      const auto& s = sections_[i];
      const auto at = section_header_at(i);
      PutText(b, at, s.name);
      Put32(b, at + 8, s.virtual_size);
      Put32(b, at + 12, s.rva);
      Put32(b, at + 16, static_cast<std::uint32_t>(s.data.size()));
      Put32(b, at + 20, raw);
      Put32(b, at + 36, s.characteristics);
      raw += static_cast<std::uint32_t>(s.data.size());
    }
    for (const auto& s : sections_) Append(b, s.data);
    return b;
  }

 private:
  struct SectionData {
    std::string name;
    std::uint32_t rva;
    std::uint32_t virtual_size;
    Bytes data;
    std::uint32_t characteristics;
  };
  std::uint16_t machine_;
  bool plus_;
  PeDirectory directories_[kPeDirectories] = {};
  std::vector<SectionData> sections_;
};

}  // namespace ww::delta
