#include "wimwright/lab/cab_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cab_writer.h"
#include "huffman_code.h"
#include "lzx_encoder.h"
#include "wimwright/base/hash.h"
#include "wimwright/cab/cabinet.h"
#include "wimwright/cab/update_package.h"

namespace ww::lab {
namespace {

namespace stdfs = std::filesystem;

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (stdfs::temp_directory_path() / "ww_lab_XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) stdfs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  stdfs::path operator/(const char* name) const { return path_ / name; }

 private:
  stdfs::path path_;
};

int Shell(const std::string& command) {
  return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str());  // NOLINT(cert-env33-c)
}
bool HaveTool(const std::string& tool) { return Shell("command -v " + tool) == 0; }

class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed) {}
  std::uint32_t Next() {
    state_ = state_ * 1664525U + 1013904223U;
    return state_ >> 8;
  }

 private:
  std::uint32_t state_;
};

// Kinds of content that drive an encoder into different corners.
enum class Kind { kZeros, kRandom, kText, kFewSymbols, kFar, kMixed };
constexpr Kind kKinds[] = {Kind::kZeros,      Kind::kRandom, Kind::kText,
                           Kind::kFewSymbols, Kind::kFar,    Kind::kMixed};

Bytes Make(Kind kind, std::size_t size, std::uint32_t seed) {
  Random random(seed);
  Bytes out;
  out.reserve(size + 64);
  while (out.size() < size) {
    const auto at = out.size();
    switch (kind) {
      case Kind::kZeros:
        out.push_back(std::byte{0});
        break;
      case Kind::kRandom:
        out.push_back(static_cast<std::byte>(random.Next()));
        break;
      case Kind::kText:
        Append(out, AsBytes(fmt::format("file{:x} dependency={} ", random.Next() % 5000,
                                        random.Next() % 7)));
        break;
      case Kind::kFewSymbols:
        out.push_back(static_cast<std::byte>(random.Next() % 3 * 7));
        break;
      case Kind::kFar:  // repeats what lies about two megabytes back
        out.push_back(at >= 2'000'000 && random.Next() % 200 != 0
                          ? out[at - 2'000'000]
                          : static_cast<std::byte>(random.Next()));
        break;
      case Kind::kMixed:
        if (random.Next() % 4 == 0 && at > 500) {
          const auto from = random.Next() % static_cast<std::uint32_t>(at - 300);
          for (std::uint32_t i = 0; i < random.Next() % 300; ++i) out.push_back(out[from + i]);
        }
        out.push_back(static_cast<std::byte>(random.Next() % 97));
        break;
    }
  }
  out.resize(size);
  return out;
}

CabInput Input(std::string name, Bytes data) {
  CabInput input;
  input.name = std::move(name);
  input.data = std::move(data);
  return input;
}
CabInput Input(std::string name, std::string_view text) {
  return Input(std::move(name), ToBytes(text));
}

std::vector<std::size_t> AllOf(const cab::Members& members) {
  std::vector<std::size_t> all(members.list().size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

void ExpectHolds(cab::Members& members, std::span<const CabInput> inputs) {
  ASSERT_EQ(members.list().size(), inputs.size());
  auto read = members.ReadMany(AllOf(members), 1ULL << 31);
  ASSERT_TRUE(read) << read.error().message;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(members.list()[i].name, inputs[i].name);
    EXPECT_TRUE(read->at(i) == inputs[i].data) << inputs[i].name;
  }
}

// Both referees read the cabinet without complaint.
void ExpectRefereesAgree(const stdfs::path& cab) {
  if (HaveTool("cabextract")) {
    EXPECT_EQ(Shell(fmt::format("cabextract -t -q '{}'", cab.string())), 0);
  }
  if (HaveTool("7z")) {
    EXPECT_EQ(Shell(fmt::format("7z t '{}'", cab.string())), 0);
  }
}

struct Shape {
  CabCompression compression;
  int window_bits;
  std::string name;
};

class CabWriter : public testing::TestWithParam<Shape> {
 protected:
  CabOptions Options() const {
    CabOptions options;
    options.compression = GetParam().compression;
    options.window_bits = GetParam().window_bits;
    return options;
  }
};

TEST_P(CabWriter, EveryKindOfContentComesBack) {
  const ScratchFolder scratch;
  std::vector<CabInput> inputs;
  inputs.push_back(Input("empty", ""));
  inputs.push_back(Input("one", "1"));
  for (const auto kind : kKinds) {
    const auto number = static_cast<std::uint32_t>(kind);
    inputs.push_back(
        Input(fmt::format("a\\kind{}", number), Make(kind, 2'200'000 + number, number)));
  }
  inputs.push_back(Input("empty at the end", ""));
  const auto path = scratch / "a.cab";
  ASSERT_TRUE(WriteCab(RealFileSystem(), path, inputs, Options()));
  ExpectRefereesAgree(path);
  auto file = RealFileSystem().Open(path, OpenMode::kRead);
  ASSERT_TRUE(file);
  auto members = cab::OpenCabinet(*std::move(file));
  ASSERT_TRUE(members) << members.error().message;
  ExpectHolds(**members, inputs);
}

TEST_P(CabWriter, FrameBoundariesAreExact) {
  for (const std::size_t size : {1U, 2U, 3U, 4U, 32767U, 32768U, 32769U, 65535U, 65536U, 65537U}) {
    for (const auto kind : kKinds) {
      const CabInput inputs[] = {Input("x", Make(kind, size, 7))};
      const auto made = MakeCab(inputs, Options());
      ASSERT_TRUE(made);
      auto members = cab::OpenCabinet(cab::MakeMemoryFile(*made));
      ASSERT_TRUE(members) << members.error().message;
      ExpectHolds(**members, inputs);
    }
  }
}

TEST_P(CabWriter, ManyFoldersAreStreamedOnceEach) {
  std::vector<CabInput> inputs;
  for (std::uint32_t i = 0; i < 40; ++i) {
    inputs.push_back(Input(fmt::format("f{}", i), Make(Kind::kMixed, 10'000 + 999 * i, i)));
  }
  auto options = Options();
  options.folder_limit = 60'000;
  const ScratchFolder scratch;
  const auto path = scratch / "a.cab";
  ASSERT_TRUE(WriteCab(RealFileSystem(), path, inputs, options));
  ExpectRefereesAgree(path);
  auto members = cab::OpenCabinet(*RealFileSystem().Open(path, OpenMode::kRead));
  ASSERT_TRUE(members) << members.error().message;
  ExpectHolds(**members, inputs);
  const auto last = (*members)->Read(39, 1 << 20);
  ASSERT_TRUE(last);
  EXPECT_TRUE(*last == inputs[39].data);
}

TEST_P(CabWriter, SignedFormHasReserveAndTail) {
  auto options = Options();
  options.signature = ToBytes("not a real signature");
  const CabInput inputs[] = {Input("update.mum", "<mum/>")};
  const auto made = MakeCab(inputs, options);
  ASSERT_TRUE(made);
  EXPECT_EQ(LoadLe<std::uint16_t>(made->data() + 30), 4);
  EXPECT_EQ(LoadLe<std::uint32_t>(made->data() + 8) + options.signature.size(), made->size());
  EXPECT_EQ(LoadLe<std::uint32_t>(made->data() + 44), LoadLe<std::uint32_t>(made->data() + 8));
  auto members = cab::OpenCabinet(cab::MakeMemoryFile(*made));
  ASSERT_TRUE(members) << members.error().message;
  ExpectHolds(**members, inputs);
}

TEST_P(CabWriter, DamageIsNoticed) {
  const CabInput inputs[] = {Input("x", Make(Kind::kText, 100'000, 1))};
  for (const bool checksums : {true, false}) {
    auto options = Options();
    options.checksums = checksums;
    const auto made = MakeCab(inputs, options);
    ASSERT_TRUE(made);
    const auto data = LoadLe<std::uint32_t>(made->data() + 36);
    Random random(5);
    for (int i = 0; i < 60; ++i) {
      auto bad = *made;
      bad[data + 8 + random.Next() % (bad.size() - data - 8)] ^= std::byte{4};
      auto members = cab::OpenCabinet(cab::MakeMemoryFile(std::move(bad)));
      ASSERT_TRUE(members);
      const auto read = (*members)->Read(0, 1 << 20);
      if (read) {
        EXPECT_FALSE(checksums) << "damage under a checksum was not noticed";
        EXPECT_EQ(read->size(), inputs[0].data.size());
      } else {
        EXPECT_EQ(read.error().code, Code::kCorrupt) << read.error().message;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, CabWriter,
                         testing::Values(Shape{CabCompression::kNone, 21, "Stored"},
                                         Shape{CabCompression::kMszip, 21, "Mszip"},
                                         Shape{CabCompression::kLzx, 21, "Lzx21"},
                                         Shape{CabCompression::kLzx, 18, "Lzx18"},
                                         Shape{CabCompression::kLzx, 15, "Lzx15"}),
                         [](const auto& p) { return p.param.name; });

TEST(CabWriterLimits, RefusesWhatTheFormatCannotHold) {
  CabInput huge = Input("huge", "");
  huge.size = kMaxFolderSize + 1;
  huge.read = [](std::uint64_t, MutableByteView) { return Status(); };
  EXPECT_EQ(MakeCab(std::span(&huge, 1)).error().code, Code::kLimit);
  const CabInput named = Input(std::string(257, 'n'), "");
  EXPECT_EQ(MakeCab(std::span(&named, 1)).error().code, Code::kLimit);
  const std::vector<CabInput> many(65536, Input("n", ""));
  EXPECT_EQ(MakeCab(many).error().code, Code::kLimit);
}

TEST(CabWriterLimits, AFailedWriteLeavesNoFile) {
  const ScratchFolder scratch;
  CabInput failing = Input("x", "");
  failing.size = 100;
  failing.read = [](std::uint64_t, MutableByteView) { return Status(Fail(Code::kIo, "no")); };
  EXPECT_FALSE(WriteCab(RealFileSystem(), scratch / "x.cab", std::span(&failing, 1)));
  EXPECT_FALSE(stdfs::exists(scratch / "x.cab"));
}

TEST(CabWriterLimits, DosTimesRoundTripThroughTheReader) {
  CabInput input = Input("x", "y");
  input.time = 133'485'408'000'000'000 + 12'345ULL * 2 * 10'000'000;
  const auto made = MakeCab(std::span(&input, 1));
  ASSERT_TRUE(made);
  auto members = cab::OpenCabinet(cab::MakeMemoryFile(*made));
  ASSERT_TRUE(members);
  EXPECT_EQ((*members)->list()[0].time, input.time);
  EXPECT_EQ(ToDosTime(0), 0x00210000U);
}

TEST(HuffmanCode, IsCompleteAndLimited) {
  std::vector<std::uint32_t> fibonacci = {1, 1};
  while (fibonacci.size() < 40)
    fibonacci.push_back(fibonacci[fibonacci.size() - 1] + fibonacci[fibonacci.size() - 2]);
  const std::vector<std::vector<std::uint32_t>> cases = {
      {0, 5, 0}, {5, 0, 0}, {1, 1, 1}, fibonacci};
  for (const auto& counts : cases) {
    const auto lengths = HuffmanLengths(counts, 16);
    std::uint32_t kraft = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      ASSERT_LE(lengths[i], 16);
      EXPECT_TRUE(counts[i] == 0 || lengths[i] != 0);
      if (lengths[i] != 0) kraft += 65536U >> lengths[i];
    }
    EXPECT_EQ(kraft, 65536U);
  }
  const std::uint32_t none[] = {0, 0, 0};
  EXPECT_EQ(HuffmanLengths(none, 16), std::vector<std::uint8_t>(3, 0));
  EXPECT_EQ(CanonicalCodes(std::vector<std::uint8_t>{2, 1, 3, 3}),
            (std::vector<std::uint16_t>{2, 0, 6, 7}));
}

std::vector<CixInput> CixFiles() {
  const auto base = Make(Kind::kText, 50'000, 1);
  auto next = base;
  next[100] = std::byte{'!'};
  std::vector<CixInput> files(5);
  files[0].name = "x86_a_2\\a.dll";
  files[0].data = next;
  files[0].basis = "x86_a_1\\a.dll";  // stands later in the list
  files[1].name = "update.mum";
  files[1].data = ToBytes("<mum/>");
  files[2].name = "x86_a_1\\a.dll";
  files[2].data = base;
  files[3].data = next;
  files[3].basis = "x86_a_2\\a.dll";
  files[4].name = "null.dll";
  files[4].data = Make(Kind::kMixed, 5'000, 2);
  files[4].delta_without_basis = true;
  files[3].name = "x86_b\\copy & more.dll";
  return files;
}

TEST(CixPackage, IsRebuiltByTheReader) {
  const auto files = CixFiles();
  const auto inputs = MakeCixPackage(files, "kb1.cab");
  ASSERT_TRUE(inputs) << inputs.error().message;
  EXPECT_EQ(inputs->size(), 5U) << "index, two RAW, two deltas; the copy has no member";
  const ScratchFolder scratch;
  const auto path = scratch / "kb1.cab";
  ASSERT_TRUE(WriteCab(RealFileSystem(), path, *inputs));
  auto update = cab::OpenUpdate(RealFileSystem(), path, {});
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(update->packages[0]->packaging, "intra-package delta");
  auto& members = update->packages[0]->members();
  const auto read = members.ReadMany(AllOf(members), 1 << 20);
  ASSERT_TRUE(read) << read.error().message;
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(members.list()[i].name, files[i].name);
    EXPECT_TRUE(read->at(i) == files[i].data) << files[i].name;
    EXPECT_EQ(members.list()[i].time, files[i].time);
  }
}

TEST(CixPackage, CyclesAreMadeOnRequestAndRefusedByTheReader) {
  auto files = CixFiles();
  files[2].basis = files[0].name;
  const auto inputs = MakeCixPackage(files, "kb1.cab");
  ASSERT_TRUE(inputs);
  const ScratchFolder scratch;
  ASSERT_TRUE(WriteCab(RealFileSystem(), scratch / "kb1.cab", *inputs));
  const auto update = cab::OpenUpdate(RealFileSystem(), scratch / "kb1.cab", {});
  ASSERT_FALSE(update);
  EXPECT_EQ(update.error().code, Code::kCorrupt);
  files[0].basis = "nowhere";
  EXPECT_EQ(MakeCixPackage(files, "x").error().code, Code::kNotFound);
}

TEST(Msu, OpensWithItsPackagesInPlaceOrSpooled) {
  const auto payload = Make(Kind::kMixed, 5 << 20, 3);
  const CabInput inner[] = {Input("update.mum", "<mum/>"), Input("x86_a\\a.dll", payload)};
  const ScratchFolder scratch;
  for (const auto compression :
       {CabCompression::kNone, CabCompression::kMszip, CabCompression::kLzx}) {
    CabOptions stored;
    stored.compression = CabCompression::kNone;
    MsuContent content;
    content.stem = "Windows10.0-KB9000001-x64";
    content.packages.push_back(Input("Windows10.0-KB9000001-x64.cab", *MakeCab(inner, stored)));
    content.unattend_xml = "<unattend/>";
    content.properties = {{"KB Article Number", "9000001"}, {"Language", "ALL"}};
    const auto path = scratch / fmt::format("{}.msu", static_cast<int>(compression)).c_str();
    CabOptions outer;
    outer.compression = compression;
    ASSERT_TRUE(WriteMsu(RealFileSystem(), path, content, outer));
    auto update = cab::OpenUpdate(RealFileSystem(), path, {});
    ASSERT_TRUE(update) << update.error().message;
    EXPECT_EQ(update->kind, cab::ContainerKind::kMsu);
    EXPECT_EQ(update->properties, content.properties);
    ASSERT_EQ(update->packages.size(), 1U);
    ExpectHolds(update->packages[0]->members(), inner);
  }
}

}  // namespace
}  // namespace ww::lab
