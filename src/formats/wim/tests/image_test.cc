#include "wimwright/wim/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "wim_support.h"

namespace ww::wim {
namespace {

using test::Entry;
using test::MetadataBuilder;
using testing::ElementsAre;

Sha1Digest Name(std::string_view text) { return Sha1(AsBytes(text)); }

Entry Root() {
  Entry root;
  root.attributes = kAttributeDirectory;
  return root;
}

Entry Directory(std::u16string name) {
  Entry entry;
  entry.name = std::move(name);
  entry.attributes = kAttributeDirectory;
  return entry;
}

Entry FileEntry(std::u16string name, std::string_view content, std::uint64_t group = 0) {
  Entry entry;
  entry.name = std::move(name);
  entry.hash = content.empty() ? Sha1Digest{} : Name(content);
  entry.link_group = group;
  return entry;
}

// \Windows {System32 {a.dll, b.DLL(link), stream.txt, junction}, empty}, with everything an entry
// can carry.
Bytes Rich() {
  MetadataBuilder m({ToBytes("first descriptor"), ToBytes("second")});
  const auto root = m.Add(Root());
  m.End();
  m.SetSubdir(root, m.bytes.size());
  auto windows_entry = Directory(u"Windows");
  windows_entry.security_id = 1;
  windows_entry.unused_1 = 0x1122334455667788;
  const auto windows = m.Add(windows_entry);
  m.End();
  m.SetSubdir(windows, m.bytes.size());
  const auto no_list = Directory(u"empty");
  m.Add(no_list);
  const auto system = m.Add(Directory(u"System32"));
  m.End();
  m.SetSubdir(system, m.bytes.size());
  auto first = FileEntry(u"a.dll", "content a", 5);
  first.short_name = u"A~1.DLL";
  first.tagged = ToBytes("0123456789abcdefTAGGED");
  m.Add(first);
  m.Add(FileEntry(u"b.DLL", "content a", 5));
  auto junction = Directory(u"junction");
  junction.attributes |= kAttributeReparsePoint;
  junction.link_group = 0xA0000003;
  junction.hash = Name("reparse data");
  m.Add(junction);
  auto stream = FileEntry(u"stream.txt", "", 0);
  stream.unused_2 = 99;
  stream.unknown_54 = 0xABCD;
  stream.streams = {{u"", Name("unnamed")}, {u"Zone.Identifier", Name("zone")}, {u"nothing", {}}};
  m.Add(stream);
  m.End();
  return m.bytes;
}

Image Parsed(Bytes bytes) {
  auto image = Image::Parse(std::move(bytes));
  EXPECT_TRUE(image) << image.error().message;
  return *std::move(image);
}

Code Refusal(Bytes bytes) {
  const auto image = Image::Parse(std::move(bytes));
  return image ? Code::kInternal : image.error().code;
}

const Image::Metadata kPlain{kAttributeArchive, 1, 2, 3, -1};

TEST(WimImage, ReadsWhatAnEntryCarries) {
  const auto image = Parsed(Rich());
  const auto a = image.Find("windows\\SYSTEM32\\A.DLL");
  ASSERT_TRUE(a);
  EXPECT_EQ(image.name(*a), "a.dll");
  EXPECT_EQ(image.short_name(*a), "A~1.DLL");
  EXPECT_EQ(image.path(*a), "Windows\\System32\\a.dll");
  EXPECT_EQ(image.hash(*a), Name("content a"));
  EXPECT_EQ(image.link_group_id(*a), 5u);
  EXPECT_THAT(image.links(*a), ElementsAre(*a, *image.Find("Windows\\System32\\b.dll")));
  EXPECT_EQ(image.last_access_time(*a), 0x01D0000000000001u);
  EXPECT_FALSE(image.is_directory(*a));

  const auto stream = image.Find("Windows\\System32\\stream.txt");
  EXPECT_EQ(image.hash(*stream), Name("unnamed"));
  const auto streams = image.named_streams(*stream);
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(streams[0].name, "Zone.Identifier");
  EXPECT_EQ(streams[0].hash, Name("zone"));

  const auto junction = image.Find("/Windows//System32/junction/");
  ASSERT_TRUE(junction);
  EXPECT_FALSE(image.is_directory(*junction));
  EXPECT_EQ(image.reparse_tag(*junction), 0xA0000003u);
  EXPECT_EQ(image.reparse_hash(*junction), Name("reparse data"));
  EXPECT_EQ(image.hash(*junction), Sha1Digest{});
  EXPECT_EQ(image.link_group_id(*junction), 0u);

  const auto windows = image.Find("Windows");
  EXPECT_EQ(AsText(*image.security_descriptor(image.security_id(*windows))), "second");
  EXPECT_FALSE(image.security_descriptor(-1));
  EXPECT_FALSE(image.security_descriptor(2));
  EXPECT_EQ(image.Find(""), image.root());
  EXPECT_FALSE(image.Find("Windows\\nothing"));
  EXPECT_FALSE(image.Find("Windows\\System32\\a.dll\\x"));
  EXPECT_EQ(image.node_count(), 8u);
}

TEST(WimImage, WritesAnUneditedImageBackByteForByte) {
  auto image = Parsed(Rich());
  EXPECT_FALSE(image.modified());
  EXPECT_EQ(image.Serialise(), Rich());
  EXPECT_EQ(image.serialised_size(), Rich().size());
}

TEST(WimImage, PrefersTheExactSpelling) {
  MetadataBuilder m;
  const auto root = m.Add(Root());
  m.End();
  m.SetSubdir(root, m.bytes.size());
  m.Add(FileEntry(u"Makefile", "1"));
  m.Add(FileEntry(u"makefile", "2"));
  m.End();
  const auto image = Parsed(m.bytes);
  EXPECT_EQ(image.hash(*image.Find("Makefile")), Name("1"));
  EXPECT_EQ(image.hash(*image.Find("makefile")), Name("2"));
  EXPECT_EQ(image.hash(*image.Find("MAKEFILE")), Name("1"));
}

TEST(WimImage, KeepsUnknownFieldsOfAnEditedEntry) {
  auto image = Parsed(Rich());
  const auto stream = *image.Find("Windows\\System32\\stream.txt");
  ASSERT_TRUE(image.SetContent(stream, Name("new"), 3));
  auto expected = Rich();
  const auto was = Name("unnamed");
  const auto now = Name("new");
  const auto at = std::search(expected.begin(), expected.end(), was.begin(), was.end());
  ASSERT_NE(at, expected.end());
  std::copy(now.begin(), now.end(), at);
  EXPECT_EQ(image.Serialise(), expected);
  EXPECT_TRUE(image.modified());
}

TEST(WimImage, EditsAWholeLinkGroup) {
  auto image = Parsed(Rich());
  const auto a = *image.Find("Windows\\System32\\a.dll");
  const auto b = *image.Find("Windows\\System32\\b.dll");
  ASSERT_TRUE(image.SetContent(b, Name("patched"), 7));
  ASSERT_TRUE(image.SetAttributes(b, kAttributeHidden | kAttributeDirectory));
  ASSERT_TRUE(image.SetTimes(b, 7, 8, 9));
  ASSERT_TRUE(image.SetSecurity(b, 0));
  EXPECT_EQ(image.hash(a), Name("patched"));
  EXPECT_EQ(image.attributes(a), kAttributeHidden);
  EXPECT_EQ(image.last_write_time(a), 9u);
  EXPECT_EQ(image.security_id(a), 0);
  const auto again = Parsed(image.Serialise());
  EXPECT_EQ(again.hash(*again.Find("Windows\\System32\\a.dll")), Name("patched"));
  EXPECT_EQ(again.short_name(*again.Find("Windows\\System32\\a.dll")), "A~1.DLL");
}

TEST(WimImage, AddsLinksThatShareEverythingButTheName) {
  auto image = Parsed(Rich());
  const auto windows = *image.Find("Windows");
  const auto stream = *image.Find("Windows\\System32\\stream.txt");
  const auto link = image.AddLink(windows, "a much longer name.txt", stream);
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(image.link_group_id(stream), 6u);
  const auto a = *image.Find("Windows\\System32\\a.dll");
  const auto third = image.AddLink(windows, "c", a);
  ASSERT_TRUE(third);
  EXPECT_EQ(image.links(a).size(), 3u);

  const auto again = Parsed(image.Serialise());
  const auto found = again.Find("Windows\\A MUCH longer name.txt");
  ASSERT_TRUE(found);
  EXPECT_EQ(again.named_streams(*found).size(), 2u);
  EXPECT_EQ(again.hash(*found), Name("unnamed"));
  EXPECT_EQ(again.links(*found).size(), 2u);
  EXPECT_EQ(again.short_name(*again.Find("Windows\\c")), "");
  EXPECT_EQ(again.links(*again.Find("Windows\\c")).size(), 3u);
  const auto bytes = image.Serialise();
  const std::string_view tagged = "0123456789abcdefTAGGED";
  EXPECT_NE(AsText(bytes).find(tagged), AsText(bytes).rfind(tagged));

  EXPECT_EQ(image.AddLink(windows, "x", windows).error().code, Code::kUnsupported);
  EXPECT_EQ(image.AddLink(windows, "x", *image.Find("Windows\\System32\\junction")).error().code,
            Code::kUnsupported);
}

TEST(WimImage, SortsAddedEntriesInWithoutTouchingTheOthers) {
  auto image = Parsed(Rich());
  const auto system = *image.Find("Windows\\System32");
  for (const auto* name : {"Zebra", "aa.dll", "B.aaa", "K"}) {
    ASSERT_TRUE(image.AddFile(system, name, kPlain, Name(name), 5));
  }
  ASSERT_TRUE(image.AddDirectory(*image.Find("Windows"), "Fonts", {0, 1, 2, 3, 0}));
  const auto again = Parsed(image.Serialise());
  std::vector<std::string> names;
  again.ForEachChild(*again.Find("Windows\\System32"),
                     [&](NodeId node) { names.push_back(again.name(node)); });
  EXPECT_THAT(names, ElementsAre("a.dll", "aa.dll", "B.aaa", "b.DLL", "junction", "K", "stream.txt",
                                 "Zebra"));
  const auto fonts = *again.Find("windows\\fonts");
  EXPECT_TRUE(again.is_directory(fonts));
  EXPECT_EQ(again.metadata(fonts).security_id, 0);
  EXPECT_EQ(again.last_write_time(fonts), 3u);
}

TEST(WimImage, RemovesOneLinkOrAWholeTree) {
  auto image = Parsed(Rich());
  const auto a = *image.Find("Windows\\System32\\a.dll");
  const auto b = *image.Find("Windows\\System32\\b.dll");
  ASSERT_TRUE(image.Remove(a));
  EXPECT_FALSE(image.alive(a));
  EXPECT_FALSE(image.Find("Windows\\System32\\a.dll"));
  EXPECT_THAT(image.links(b), ElementsAre(b));
  EXPECT_EQ(image.hash(b), Name("content a"));
  EXPECT_EQ(image.Remove(a).error().code, Code::kUsage);
  ASSERT_TRUE(image.AddFile(*image.Find("Windows\\System32"), "A.dll", kPlain, Name("n"), 1));
  ASSERT_TRUE(image.Remove(*image.Find("Windows\\System32")));
  EXPECT_FALSE(image.alive(b));
  EXPECT_EQ(image.node_count(), 3u);
  EXPECT_EQ(image.Remove(image.root()).error().code, Code::kUsage);
  auto again = Parsed(image.Serialise());
  EXPECT_EQ(again.node_count(), 3u);
  EXPECT_EQ(again.children(*again.Find("Windows")).size(), 1u);
}

TEST(WimImage, RefusesNamesThatBreakPathsAndTakenOnes) {
  auto image = Parsed(Rich());
  const auto system = *image.Find("Windows\\System32");
  for (const std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view(".."),
        std::string_view("a/b"), std::string_view("a\\b"), std::string_view("a:b"),
        std::string_view("a\0b", 3), std::string_view("\xFF")}) {
    EXPECT_EQ(image.AddFile(system, name, kPlain, {}, 0).error().code, Code::kUsage) << name;
    EXPECT_EQ(image.AddDirectory(system, name, kPlain).error().code, Code::kUsage) << name;
  }
  EXPECT_EQ(image.AddFile(system, std::string(256, 'x'), kPlain, {}, 0).error().code, Code::kUsage);
  EXPECT_TRUE(image.AddFile(system, std::string(255, 'x'), kPlain, {}, 0));
  EXPECT_EQ(image.AddFile(system, "A.DLL", kPlain, {}, 0).error().code, Code::kConflict);
  EXPECT_EQ(image.AddLink(system, "JUNCTION", *image.Find("Windows\\System32\\a.dll")).error().code,
            Code::kConflict);
  const auto file = *image.Find("Windows\\System32\\a.dll");
  EXPECT_EQ(image.AddFile(file, "x", kPlain, {}, 0).error().code, Code::kUsage);
  EXPECT_EQ(
      image.AddFile(*image.Find("Windows\\System32\\junction"), "x", kPlain, {}, 0).error().code,
      Code::kUsage);
  EXPECT_EQ(image.AddFile(system, "x", {0, 0, 0, 0, 2}, {}, 0).error().code, Code::kUsage);
  EXPECT_EQ(image.AddFile(system, "x", {kAttributeReparsePoint, 0, 0, 0, -1}, {}, 0).error().code,
            Code::kUnsupported);
  EXPECT_EQ(image.AddFile(system, "x", kPlain, {}, 5).error().code, Code::kUsage);
  EXPECT_EQ(image.SetContent(system, Name("x"), 1).error().code, Code::kUnsupported);
  EXPECT_FALSE(image.Find("Windows\\System32\\x"));
}

TEST(WimImage, KeepsLoneSurrogatesInNames) {
  auto image = Parsed(Rich());
  const std::string wtf8 = "x\xED\xA0\x80y";  // U+D800 alone
  ASSERT_TRUE(image.AddFile(image.root(), wtf8, kPlain, {}, 0));
  const auto again = Parsed(image.Serialise());
  const auto found = again.Find(wtf8);
  ASSERT_TRUE(found);
  EXPECT_EQ(again.name(*found), wtf8);
}

TEST(WimImage, FoldsNamesBeyondAscii) {
  auto image = Parsed(Rich());
  ASSERT_TRUE(image.AddFile(image.root(),
                            "Stra\xC3\x9F"
                            "en\xC3\xA4nderung",
                            kPlain, {}, 0));
  EXPECT_TRUE(
      image.Find("STRA\xC3\x9F"
                 "EN\xC3\x84NDERUNG"));
}

TEST(WimImage, SharesEqualSecurityDescriptors) {
  auto image = Parsed(Rich());
  EXPECT_EQ(image.AddSecurityDescriptor(AsBytes("second")), 1);
  EXPECT_FALSE(image.modified());
  EXPECT_EQ(image.AddSecurityDescriptor(AsBytes("third, of an odd length")), 2);
  EXPECT_EQ(image.AddSecurityDescriptor(AsBytes("third, of an odd length")), 2);
  EXPECT_TRUE(image.modified());
  ASSERT_TRUE(image.SetSecurity(*image.Find("Windows\\System32\\a.dll"), 2));
  const auto again = Parsed(image.Serialise());
  EXPECT_EQ(again.security_descriptor_count(), 3);
  EXPECT_EQ(AsText(*again.security_descriptor(0)), "first descriptor");
  EXPECT_EQ(AsText(*again.security_descriptor(2)), "third, of an odd length");
  EXPECT_EQ(again.security_id(*again.Find("Windows\\System32\\b.dll")), 2);
}

TEST(WimImage, CountsAsTheXmlDoes) {
  const auto image = Parsed(Rich());
  const auto counts = image.Count([](const Sha1Digest&) { return std::uint64_t{10}; });
  EXPECT_EQ(counts.directories, 4u);
  EXPECT_EQ(counts.files, 4u);  // with the junction
  EXPECT_EQ(counts.total_bytes, 50u);
  EXPECT_EQ(counts.hard_link_bytes, 10u);
}

TEST(WimImage, CountsALinkThatIsLeftAlone) {
  auto image = Parsed(Rich());
  ASSERT_TRUE(image.Remove(*image.Find("Windows\\System32\\a.dll")));
  const auto counts = image.Count([](const Sha1Digest&) { return std::uint64_t{10}; });
  EXPECT_EQ(counts.files, 3u);
  EXPECT_EQ(counts.total_bytes, 40u);
  EXPECT_EQ(counts.hard_link_bytes, 0u);
}

TEST(WimImage, DoesNotLinkEntriesOfOneGroupWithDifferentContent) {
  MetadataBuilder m;
  const auto root = m.Add(Root());
  m.End();
  m.SetSubdir(root, m.bytes.size());
  m.Add(FileEntry(u"a", "1", 3));
  m.Add(FileEntry(u"b", "2", 3));
  m.Add(FileEntry(u"c", "1", 3));
  m.End();
  auto image = Parsed(m.bytes);
  EXPECT_THAT(image.links(*image.Find("a")), ElementsAre(*image.Find("a"), *image.Find("c")));
  EXPECT_THAT(image.links(*image.Find("b")), ElementsAre(*image.Find("b")));
  EXPECT_EQ(image.Serialise(), m.bytes);
}

TEST(WimImage, StartsEmptyAndGrows) {
  auto image = Image::Empty({0, 1, 2, 3, -1});
  auto at = image.root();
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(image.AddFile(at, "file " + std::to_string(i), kPlain, {}, 0));
    if (i % 100 == 0) at = *image.AddDirectory(at, "dir", kPlain);
  }
  const auto again = Parsed(image.Serialise());
  EXPECT_EQ(again.node_count(), image.node_count());
  EXPECT_TRUE(again.Find("dir\\dir\\FILE 150"));
  std::set<std::string> paths;
  again.ForEachNode([&](NodeId node) { paths.insert(again.path(node)); });
  EXPECT_EQ(paths.size(), again.node_count());
}

TEST(WimImageHostile, RefusesEveryTruncation) {
  const auto whole = Rich();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto image = Image::Parse(Bytes(whole.begin(), whole.begin() + static_cast<long>(size)));
    // The padding of the last mark is all that may be missing.
    EXPECT_TRUE(!image || size > whole.size() - 8) << size;
  }
}

TEST(WimImageHostile, SurvivesEveryFlippedBit) {
  const auto whole = Rich();
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto bytes = whole;
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    auto image = Image::Parse(std::move(bytes));
    if (!image) continue;
    const auto once = image->Serialise();
    auto again = Image::Parse(once);
    ASSERT_TRUE(again) << bit << ": " << again.error().message;
    EXPECT_EQ(again->Serialise(), once) << bit;
  }
}

TEST(WimImageHostile, RefusesCyclesAndSharedLists) {
  MetadataBuilder m;
  const auto root = m.Add(Root());
  m.End();
  const auto list = m.bytes.size();
  m.SetSubdir(root, list);
  const auto a = m.Add(Directory(u"a"));
  const auto b = m.Add(Directory(u"b"));
  m.End();
  const auto inner = m.bytes.size();
  m.Add(FileEntry(u"f", "1"));
  m.End();
  m.SetSubdir(a, inner);
  EXPECT_EQ(Refusal(m.bytes), Code::kInternal) << "this one is fine";
  m.SetSubdir(b, inner);
  EXPECT_EQ(Refusal(m.bytes), Code::kCorrupt) << "two directories share a list";
  m.SetSubdir(b, list);
  EXPECT_EQ(Refusal(m.bytes), Code::kCorrupt) << "a directory is its own parent";
  m.SetSubdir(b, root);
  EXPECT_EQ(Refusal(m.bytes), Code::kCorrupt) << "the root is its own descendant";
  m.SetSubdir(b, inner + 8);
  EXPECT_NE(Refusal(m.bytes), Code::kInternal) << "a list inside of an entry";
  m.SetSubdir(b, inner + 4);
  EXPECT_EQ(Refusal(m.bytes), Code::kCorrupt) << "misaligned";
  m.SetSubdir(b, m.bytes.size());
  EXPECT_EQ(Refusal(m.bytes), Code::kCorrupt) << "no room for an end";
  m.SetSubdir(b, ~std::uint64_t{7});
  EXPECT_EQ(Refusal(m.bytes), Code::kCorrupt) << "far outside";
}

TEST(WimImageHostile, RefusesDuplicateAndPathBreakingNames) {
  const auto with = [](std::u16string first, std::u16string second) {
    MetadataBuilder m;
    const auto root = m.Add(Root());
    m.End();
    m.SetSubdir(root, m.bytes.size());
    m.Add(FileEntry(std::move(first), "1"));
    m.Add(FileEntry(std::move(second), "2"));
    m.End();
    return m.bytes;
  };
  EXPECT_EQ(Refusal(with(u"a", u"b")), Code::kInternal) << "this one is fine";
  EXPECT_EQ(Refusal(with(u"a", u"A")), Code::kInternal) << "legal in case-sensitive directories";
  EXPECT_EQ(Refusal(with(u"a", u"a")), Code::kCorrupt);
  for (const std::u16string& bad :
       {std::u16string(), std::u16string(u"."), std::u16string(u".."), std::u16string(u"x/y"),
        std::u16string(u"..\\..\\x"), std::u16string(u"x\0y", 3)}) {
    EXPECT_EQ(Refusal(with(u"a", bad)), Code::kCorrupt);
  }
}

TEST(WimImageHostile, RefusesNestingBeyondTheCap) {
  const auto nested = [](int depth) {
    MetadataBuilder m;
    auto last = m.Add(Root());
    m.End();
    for (int i = 0; i < depth; ++i) {
      m.SetSubdir(last, m.bytes.size());
      last = m.Add(Directory(u"d"));
      m.End();
    }
    return m.bytes;
  };
  EXPECT_EQ(Refusal(nested(1000)), Code::kInternal);
  EXPECT_EQ(Refusal(nested(5000)), Code::kCorrupt);
}

TEST(WimImageHostile, RefusesABadSecurityTable) {
  auto bytes = Rich();
  StoreLe<std::uint32_t>(bytes.data() + 4, 0xFFFFFFFF);
  EXPECT_EQ(Refusal(bytes), Code::kCorrupt);
  bytes = Rich();
  StoreLe<std::uint64_t>(bytes.data() + 8, ~std::uint64_t{0});
  EXPECT_EQ(Refusal(bytes), Code::kCorrupt);
  bytes = Rich();
  StoreLe<std::uint32_t>(bytes.data(), 0xFFFFFFFF);
  EXPECT_EQ(Refusal(bytes), Code::kCorrupt);
}

}  // namespace
}  // namespace ww::wim
