// One x86 and one x64 image with a little of everything the transforms work on.
#pragma once

#include "pe_builder.h"

namespace ww::delta {

constexpr std::uint32_t kTextRva = 0x1000;
constexpr std::uint32_t kDataRva = 0x2000;
constexpr std::uint32_t kCodeSection = kSectionExecute | 0x40000020;
constexpr std::uint32_t kDataSection = 0x40000040;

// An import descriptor at 0 of the data section for two names and an ordinal; tables from 0x40 on.
inline void PutImports(Bytes& data, bool plus, std::uint32_t time_stamp) {
  const std::uint32_t step = plus ? 8 : 4;
  Put32(data, 0, kDataRva + 0x40);  // OriginalFirstThunk
  Put32(data, 4, time_stamp);
  Put32(data, 8, 0xFFFFFFFF);  // ForwarderChain
  Put32(data, 12, kDataRva + 0xA0);
  Put32(data, 16, kDataRva + 0x60);  // FirstThunk
  for (const std::uint32_t table : {0x40u, 0x60u}) {
    Put32(data, table, kDataRva + 0x80);
    Put32(data, table + step, kDataRva + 0x90);
    if (plus) {
      Put<std::uint64_t>(data, table + 2 * step, 0x8000000000000007);
    } else {
      Put32(data, table + 2 * step, 0x80000007);
    }
  }
  PutText(data, 0x80, std::string_view("\x01\0Alpha\0", 8));
  PutText(data, 0x90, std::string_view("\x02\0Beta\0", 7));
  PutText(data, 0xA0, std::string_view("KERNEL32.dll\0", 13));
}

// A directory of two functions and one name at 0xC0.
inline void PutExports(Bytes& data) {
  Put32(data, 0xC0 + 12, kDataRva + 0xF8);
  Put32(data, 0xC0 + 16, 1);
  Put32(data, 0xC0 + 20, 2);
  Put32(data, 0xC0 + 24, 1);
  Put32(data, 0xC0 + 28, kDataRva + 0xE8);
  Put32(data, 0xC0 + 32, kDataRva + 0xF0);
  Put32(data, 0xC0 + 36, kDataRva + 0xF4);
  Put32(data, 0xE8, kTextRva + 0x10);
  Put32(data, 0xEC, 0);
  Put32(data, 0xF0, kDataRva + 0xFC);
  PutText(data, 0xF8, std::string_view("x\0\0\0fn\0\0", 8));
}

// Type "T" (named) -> id 1 -> language 0x409 -> data of 8 bytes, at 0x100.
inline void PutResources(Bytes& data) {
  constexpr std::uint32_t kRoot = 0x100;
  Put<std::uint16_t>(data, kRoot + 12, 1);
  Put32(data, kRoot + 16, 0x80000060);  // name string
  Put32(data, kRoot + 20, 0x80000018);
  Put<std::uint16_t>(data, kRoot + 0x18 + 14, 1);
  Put32(data, kRoot + 0x18 + 16, 1);
  Put32(data, kRoot + 0x18 + 20, 0x80000030);
  Put<std::uint16_t>(data, kRoot + 0x30 + 14, 1);
  Put32(data, kRoot + 0x30 + 16, 0x409);
  Put32(data, kRoot + 0x30 + 20, 0x48);
  Put32(data, kRoot + 0x48, kDataRva + kRoot + 0x68);
  Put32(data, kRoot + 0x48 + 4, 8);
  PutText(data, kRoot + 0x60, std::string_view("\x01\0T\0", 4));
  PutText(data, kRoot + 0x68, "resource");
}

inline Bytes SampleX86Image() {
  Bytes text(0x200, std::byte{0x90});
  PutText(text, 0x20, std::string_view("\xE8\x1B\x01\x00\x00", 5));      // call 0x1140
  PutText(text, 0x30, std::string_view("\xE9\x2B\x01\x00\x00", 5));      // jmp 0x1160
  PutText(text, 0x40, std::string_view("\x0F\x84\x3A\x01\x00\x00", 6));  // jz 0x1180
  PutText(text, 0x50, std::string_view("\xA1", 1));
  Put32(text, 0x51, PeBuilder::kBase + kDataRva + 0x10);  // relocated
  Bytes data(0x200);
  PutImports(data, false, 0xFFFFFFFF);
  Put32(data, 0x60, 0x77001122);  // bound
  Put32(data, 0x64, 0x77001133);
  PutExports(data);
  PutResources(data);
  Bytes reloc(0x40);
  Put32(reloc, 0, kTextRva);
  Put32(reloc, 4, 12);
  Put<std::uint16_t>(reloc, 8, 0x3051);
  PeBuilder pe(kMachineI386);
  pe.Section(".text", kTextRva, text, kCodeSection);
  pe.Section(".idata", kDataRva, data, kDataSection);
  pe.Section(".reloc", 0x3000, reloc, kDataSection);
  pe.Directory(kDirImport, kDataRva, 40).Directory(kDirExport, kDataRva + 0xC0, 0x40);
  pe.Directory(kDirResource, kDataRva + 0x100, 0x70).Directory(kDirRelocation, 0x3000, 12);
  pe.Directory(kDirBoundImport, 0x300, 0x20);
  Bytes image = pe.Build();
  for (std::uint32_t i = 0; i < 0x20; ++i) image[0x300 + i] = std::byte{0xBB};
  return image;
}

inline Bytes SampleAmd64Image() {
  Bytes text(0x200, std::byte{0x90});
  PutText(text, 0x10,
          std::string_view("\x48\x8B\x05\x29\x10\x00\x00", 7));      // mov rax,[rip+..]: 0x2040
  PutText(text, 0x20, std::string_view("\xE8\x9B\x00\x00\x00", 5));  // call 0x10C0
  Bytes data(0x200);
  PutImports(data, true, 0);
  PutExports(data);
  PutResources(data);
  PutText(data, 0x180,
          std::string_view("\x09\x04\x01\x00\x04\x42\x00\x00", 8));     // EHANDLER, 1 code
  Put32(data, 0x188, kTextRva + 0x80);                                  // the handler
  Put<std::uint64_t>(data, 0x190, PeBuilder::kBase + kTextRva + 0x30);  // DIR64
  Bytes pdata(0x40);
  Put32(pdata, 0, kTextRva + 0x10);
  Put32(pdata, 4, kTextRva + 0x40);
  Put32(pdata, 8, kDataRva + 0x180);
  Put32(pdata, 0x20, kDataRva);
  Put32(pdata, 0x24, 12);
  Put<std::uint16_t>(pdata, 0x28, 0xA190);
  PeBuilder pe(kMachineAmd64);
  pe.Section(".text", kTextRva, text, kCodeSection);
  pe.Section(".rdata", kDataRva, data, kDataSection);
  pe.Section(".pdata", 0x3000, pdata, kDataSection);
  pe.Directory(kDirImport, kDataRva, 40).Directory(kDirExport, kDataRva + 0xC0, 0x40);
  pe.Directory(kDirResource, kDataRva + 0x100, 0x70).Directory(kDirException, 0x3000, 12);
  pe.Directory(kDirRelocation, 0x3020, 12);
  return pe.Build();
}

}  // namespace ww::delta
