#include "referee_fixture.h"

#include <sstream>

namespace ww::wim::test {

namespace stdfs = std::filesystem;

std::vector<Variant> AllVariants() {
  return {{"None", "--compress=none"},
          {"NoneChecked", "--compress=none --check"},
          {"Xpress", "--compress=XPRESS"},
          {"XpressSmallChunks", "--compress=XPRESS --chunk-size=4096 --check"},
          {"Lzx", "--compress=LZX"},
          {"LzxChecked", "--compress=LZX --check --unix-data"},
          {"LzxLargeChunks", "--compress=LZX --chunk-size=1048576"},
          {"Lzms", "--compress=LZMS"},
          {"LzmsSmallChunks", "--compress=LZMS --chunk-size=32768"}};
}

void RefereeTest::SetUp() {
  if (!HasProgram("wimlib-imagex") || !HasProgram("7z")) {
    GTEST_SKIP() << "wimlib-imagex or 7z is not installed";
  }
}

namespace {

// Lives as long as the process.
const ScratchDir& Shared() {
  static const ScratchDir dir;
  return dir;
}

void MakeSources(const stdfs::path& root, const stdfs::path& second) {
  const auto put = [&](const std::string& file, const Bytes& bytes) {
    WriteText(root / file, AsText(bytes));
  };
  put("Windows/System32/config/SOFTWARE", Compressible(2'500'000, 1));
  put("Windows/System32/a.dll", Compressible(70'000, 2));
  put("Windows/System32/chunk.bin", Compressible(32'768, 3));
  put("Windows/System32/chunk plus one.bin", Compressible(32'769, 4));
  put("Windows/System32/random.bin", Incompressible(100'000, 5));
  put("Windows/System32/large random.bin", Incompressible(1'500'000, 6));
  put("Windows/System32/one byte", Bytes{std::byte{'x'}});
  put("Windows/empty", {});
  put("Windows/\xC3\xBC"
      "berlang " +
          std::string(200, 'n') + ".txt",
      Compressible(10, 7));
  stdfs::create_directories(root / "Windows/Empty Folder");
  stdfs::create_directories(root / "Windows/WinSxS/x86_component");
  const auto original = root / "Windows/System32/a.dll";
  stdfs::create_hard_link(original, root / "Windows/WinSxS/x86_component/a.dll");
  stdfs::create_hard_link(original, root / "Windows/WinSxS/A2.dll");
  stdfs::create_symlink("System32/a.dll", root / "Windows/symlink");
  stdfs::create_directory_symlink("System32", root / "Windows/dirlink");
  stdfs::copy(root, second, stdfs::copy_options::recursive | stdfs::copy_options::copy_symlinks);
  WriteText(second / "only in second.txt", AsText(Compressible(5000, 8)));
  stdfs::remove(second / "Windows/System32/random.bin");
}

}  // namespace

stdfs::path RefereeTest::source() { return Shared() / "source"; }

stdfs::path RefereeTest::MakeWim(const Variant& variant, const std::string& name) {
  static std::map<std::string, stdfs::path> made;
  const auto second = Shared() / "second";
  if (!stdfs::exists(source())) MakeSources(source(), second);
  auto& cached = made[variant.options];
  if (cached.empty()) {
    cached = Shared() / (std::to_string(made.size()) + ".wim");
    const auto one = Shell("wimlib-imagex capture " + Quote(source()) + " " + Quote(cached) +
                           " 'First image' " + variant.options);
    EXPECT_EQ(one.exit_code, 0) << one.output;
    const auto two =
        Shell("wimlib-imagex append " + Quote(second) + " " + Quote(cached) + " 'Second image'");
    EXPECT_EQ(two.exit_code, 0) << two.output;
  }
  stdfs::copy_file(cached, scratch_ / name);
  return scratch_ / name;
}

stdfs::path RefereeTest::Apply(const stdfs::path& wim, int index) {
  const auto target = scratch_ / ("applied" + std::to_string(++applied_));
  const auto applied = Shell("wimlib-imagex apply " + Quote(wim) + " " + std::to_string(index) +
                             " " + Quote(target));
  EXPECT_EQ(applied.exit_code, 0) << applied.output;
  return target;
}

std::map<std::string, std::string> RefereeTest::DetailedListing(const stdfs::path& wim, int index) {
  const auto listing =
      Shell("wimlib-imagex dir " + Quote(wim) + " " + std::to_string(index) +
            " --detailed | grep -v -e 'Link Group' -e 'Reference Count' -e '^---'");
  EXPECT_EQ(listing.exit_code, 0) << listing.output;
  std::map<std::string, std::string> entries;
  constexpr std::string_view kStart = "Full Path           = ";
  std::string path;
  std::istringstream in(listing.output);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(kStart, 0) == 0) {
      path = line.substr(kStart.size());
    } else {
      entries[path] += line + "\n";
    }
  }
  return entries;
}

}  // namespace ww::wim::test
