// Runs a fuzz target over every file of the folders given: builds without libFuzzer replay the seed
// corpus and all past crashes as an ordinary test. Fails when there was nothing to replay.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "fuzz_table.h"

int main(int argc, char** argv) {
  FuzzEntry* entry = nullptr;
  for (const FuzzTarget& target : FuzzTargets()) {
    if (argc > 1 && std::string_view(argv[1]) == target.name) entry = target.run;
  }
  if (entry == nullptr) {
    std::fprintf(stderr, "usage: %s TARGET FOLDER...; targets:\n", argv[0]);
    for (const FuzzTarget& target : FuzzTargets()) std::fprintf(stderr, "  %s\n", target.name);
    return 1;
  }
  std::size_t replayed = 0;
  for (int i = 2; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      std::fprintf(stderr, "no corpus folder %s\n", argv[i]);
      return 1;
    }
    for (const auto& file : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!file.is_regular_file()) continue;
      std::ifstream in(file.path(), std::ios::binary);
      const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
      const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
      entry(data.data(), data.size());
      ++replayed;
    }
  }
  std::printf("replayed %zu inputs\n", replayed);
  return replayed == 0 ? 1 : 0;
}
