// Edits a hive by a program, finishes it and opens it again. A sound hive must stay sound.
// Input: u8 flags, u16 length + program, hive.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "fuzz_input.h"
#include "wimwright/hive/check.h"

using namespace ww;
using namespace ww::hive;

namespace {

std::string Name(unsigned byte) {
  static const char* const kRoots[] = {"a",        "B",        "key", "KEY",
                                       "\xC3\xA9", "\xD0\x96", "",    "amd64_long-name_31bf"};
  return std::string(kRoots[byte & 7]) + (byte >= 16 ? std::to_string(byte >> 4) : "");
}

// Where the program stands; goes to the first subkeys and back to the root.
KeyId Descend(Hive& hive, KeyId key, unsigned which) {
  std::optional<KeyId> found;
  unsigned seen = 0;
  static_cast<void>(hive.ForEachSubkey(key, [&](KeyId child, std::string_view) -> Status {
    found = child;
    if (seen++ == which) return Fail(Code::kCancelled, "");
    return {};
  }));
  return found.value_or(hive.root());
}

bool AllAscii(Hive& hive) {
  bool ascii = true;
  std::vector<KeyId> todo{hive.root()};
  while (!todo.empty()) {
    const KeyId key = todo.back();
    todo.pop_back();
    static_cast<void>(hive.ForEachSubkey(key, [&](KeyId child, std::string_view name) -> Status {
      for (const char c : name) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
      todo.push_back(child);
      return {};
    }));
  }
  return ascii;
}

void Require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned flags = input.Byte();
  const Bytes program = input.Block();
  Bytes bytes = input.Rest();
  if ((flags & fuzz::kRepairBase) != 0) fuzz::RepairBase(bytes, true);
  OpenOptions options;
  options.cache_bytes = 0;
  auto hive = Hive::Open(MemoryStorage(std::move(bytes)), std::move(options));
  if (!hive) return 0;
  const auto before = ExamineHive(*hive);
  // Lists sorted by another table of cases than ours cannot be kept sorted.
  const bool sound = before && before->excess_references == 0 && AllAscii(*hive);

  KeyId at = hive->root();
  std::uint64_t written = 0;
  const auto judge = [&](const auto& result) {
    if (result || !sound) return;
    const Code code = result.error().code;
    Require(code == Code::kUsage || code == Code::kLimit || code == Code::kNotFound ||
                code == Code::kUnsupported,
            "an edit of a sound hive failed: " + result.error().message);
  };
  for (std::size_t i = 0; i + 2 < program.size(); i += 3) {
    const auto op = std::to_integer<unsigned>(program[i]);
    const auto x = std::to_integer<unsigned>(program[i + 1]);
    const auto y = std::to_integer<unsigned>(program[i + 2]);
    switch (op % 9) {
      case 0: {
        const auto made = hive->EnsurePath(at, Name(x));
        judge(made);
        if (made && (y & 1) != 0) at = *made;
        break;
      }
      case 1:
      case 2: {
        // Sizes around 0, 4 and 16344 more often than others.
        const std::size_t length = op % 9 == 1 ? y % 24
                                   : y < 128   ? 16330 + y
                                               : std::size_t{y} * 200;
        written += length;
        if (written > 4u << 20) break;
        judge(hive->SetValue(at, Name(x), Value{y % 12, Bytes(length, static_cast<std::byte>(x))}));
        break;
      }
      case 3:
        judge(hive->DeleteValue(at, Name(x)));
        break;
      case 4:
        judge(hive->DeleteTree(at, Name(x)));
        break;
      case 5:
        judge(hive->SetSecurityDescriptor(at, Bytes(20 + x % 8, static_cast<std::byte>(y % 4))));
        break;
      case 6:
        at = Descend(*hive, at, x);
        break;
      case 7:
        at = hive->root();
        break;
      default:
        if (x % 4 == 0) judge(hive->DeleteSubkeys(at));
        if (x % 4 == 1) judge(hive->Finish());
        if (x % 4 == 2) {
          for (unsigned n = 0; n < y * 4; ++n)
            judge(hive->EnsurePath(at, "bulk" + std::to_string(n * 7919 % 1009)));
        }
        break;
    }
  }
  auto result = hive->ToBytes();
  judge(result);
  if (!result) return 0;
  auto again = Hive::Open(MemoryStorage(*std::move(result)));
  Require(again.has_value(), "an edited hive does not open");
  const auto after = ExamineHive(*again);
  if (sound) {
    Require(after.has_value(),
            "a sound hive became unsound: " + (after ? "" : after.error().message));
    Require(after->leaked_cells <= before->leaked_cells, "cells leaked");
    Require(after->excess_references == 0, "references leaked");
  }
  return 0;
}
