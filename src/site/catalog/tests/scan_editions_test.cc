// One catalogue after another, and catalogues that someone made to do harm.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "catalog_fixture.h"
#include "wimwright/lab/scan_catalog.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kList =
    "<OfflineSyncPackage ProtocolVersion=\"1.0\" SourceId=\"cc56dcba-0000-4000-8000-000000000001\" "
    "CreationDate=\"2024-06-11T18:00:00Z\" "
    "xmlns=\"http://schemas.microsoft.com/msus/2004/02/OfflineSync\">";

std::string GuidOf(int number) { return fmt::format("00000000-0000-4000-8000-{:012}", number); }

struct Entry {
  int id, revision, number;
  std::string inside;
};

class ScanEditionsTest : public CatalogTest {
 protected:
  lab::ScanCatalogFacts Write(const lab::ScanCatalogOptions& options, const char* name) {
    path_ = folder_.path() / name;
    const auto facts = lab::WriteScanCatalog(RealFileSystem(), path_, options);
    EXPECT_TRUE(facts) << facts.error().message;
    return facts ? *facts : lab::ScanCatalogFacts{};
  }
  // A catalogue of exactly these entries, each an update with a title.
  void WriteEntries(const std::vector<Entry>& entries, std::string_view more = {}) {
    std::string list(kList);
    list += "<Updates>";
    std::vector<lab::CabInput> details;
    for (const auto& one : entries) {
      list += fmt::format(
          "<Update UpdateId=\"{}\" RevisionId=\"{}\" RevisionNumber=\"{}\" IsSoftware=\"true\">{}"
          "</Update>",
          GuidOf(one.id), one.revision, one.number, one.inside);
      details.push_back({fmt::format("l\\en\\{}", one.revision),
                         ToBytes(fmt::format("<LocalizedProperties><Title>U{}.{}</Title>"
                                             "</LocalizedProperties>",
                                             one.id, one.number))});
    }
    list += fmt::format("</Updates>{}</OfflineSyncPackage>", more);
    const lab::CabInput inner{"package.xml", ToBytes(list)};
    std::vector<lab::CabInput> outer;
    outer.push_back({"index.xml", ToBytes("<A><CABLIST><CAB NAME=\"package2.cab\" "
                                          "RANGESTART=\"0\"/></CABLIST></A>")});
    outer.push_back({"package.cab", *lab::MakeCab({&inner, 1})});
    if (details.empty()) details.push_back({"l\\en\\0", ToBytes("x")});
    outer.push_back({"package2.cab", *lab::MakeCab(details)});
    path_ = folder_.path() / "own.cab";
    stdfs::remove(path_);
    const auto written = lab::WriteCab(RealFileSystem(), path_, outer);
    ASSERT_TRUE(written) << written.error().message;
  }
  Result<cim::Instance> ImportCatalog() {
    return Call("WW_UpdateCatalog", "ImportScanCatalog", {{"Path", S(path_.string())}});
  }
  std::map<std::string, cim::Instance> ByTitle() {
    std::map<std::string, cim::Instance> out;
    for (auto& one : Query("SELECT * FROM SMS_SoftwareUpdate")) {
      out.emplace(one["LocalizedDisplayName"].TextOr(""), one);
    }
    return out;
  }
  stdfs::path path_;
};
WW_BOTH_BACKENDS(ScanEditionsTest);

TEST_P(ScanEditionsTest, ALaterEditionAddsRevisesAndExpires) {
  lab::ScanCatalogOptions options;
  options.entries = 400;
  options.languages = {"de", "pt-br"};
  const auto first = Write(options, "first.cab");
  ASSERT_TRUE(ImportCatalog());
  for (const auto& one : Query("SELECT * FROM SMS_SoftwareUpdate")) {
    EXPECT_EQ(provider::List(one["UpdateLocales"]).size(), 3u);
    EXPECT_FALSE(one["IsExpired"].BoolOr(true));
  }
  options.entries = 420;
  options.created = "2024-07-09T18:00:00Z";
  options.withdrawn = 20;
  options.revised = 30;
  const auto second = Write(options, "second.cab");
  const auto done = ImportCatalog();
  ASSERT_TRUE(done) << done.error().message;
  const auto fresh = second.updates + 20 - first.updates;
  EXPECT_EQ((*done)["Updates"].UintOr(0), second.updates);
  EXPECT_EQ((*done)["Created"].UintOr(0), fresh);
  EXPECT_EQ((*done)["Expired"].UintOr(0), 20u);
  std::size_t expired = 0, revised = 0;
  for (const auto& one : Query("SELECT * FROM SMS_SoftwareUpdate")) {
    expired += one["IsExpired"].BoolOr(false) ? 1 : 0;
    revised += one["LocalizedDisplayName"].TextOr("").find("revised") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(expired, 20u);
  EXPECT_EQ(revised, 30u);
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), first.updates + fresh);
  const auto sources = Query("SELECT * FROM SMS_SoftwareUpdateSource");
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0]["UpdateSourceVersion"].TextOr(""), "2024-07-09T18:00:00Z");
  EXPECT_EQ(Rows("SMS_CIUpdateSources"), first.updates + fresh);
  // The same again: nothing happens.
  const auto again = ImportCatalog();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)["Created"].UintOr(1), 0u);
  EXPECT_EQ((*again)["Expired"].UintOr(1), 0u);
}

TEST_P(ScanEditionsTest, WhatComesBackIsNoLongerExpired) {
  WriteEntries({{1, 11, 1, ""}, {2, 12, 1, ""}});
  ASSERT_TRUE(ImportCatalog());
  WriteEntries({{2, 12, 1, ""}});
  auto done = ImportCatalog();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ((*done)["Expired"].UintOr(0), 1u);
  EXPECT_TRUE((ByTitle().at("U1.1")["IsExpired"].BoolOr(false)));
  WriteEntries({{1, 11, 1, ""}, {2, 12, 1, ""}});
  ASSERT_TRUE(ImportCatalog());
  EXPECT_FALSE((ByTitle().at("U1.1")["IsExpired"].BoolOr(true)));
}

TEST_P(ScanEditionsTest, AnOlderEditionIsRefused) {
  lab::ScanCatalogOptions options;
  options.entries = 60;
  options.created = "2024-07-09T18:00:00Z";
  Write(options, "new.cab");
  ASSERT_TRUE(ImportCatalog());
  options.created = "2024-06-11T18:00:00Z";
  options.entries = 80;
  Write(options, "old.cab");
  const auto rows = Rows("SMS_SoftwareUpdate");
  const auto done = ImportCatalog();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kConflict);
  EXPECT_NE(done.error().message.find("2024-07-09"), std::string::npos) << done.error().message;
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), rows);
}

TEST_P(ScanEditionsTest, AnEmptyEditionExpiresNothing) {
  WriteEntries({{1, 11, 1, ""}});
  ASSERT_TRUE(ImportCatalog());
  WriteEntries({});
  const auto done = ImportCatalog();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ((*done)["Expired"].UintOr(1), 0u);
  EXPECT_FALSE((ByTitle().at("U1.1")["IsExpired"].BoolOr(true)));
}

TEST_P(ScanEditionsTest, UpdatesThatAreInNoCatalogueNeverExpire) {
  const auto made = Call("WW_UpdateCatalog", "ImportUpdate",
                         {{"UniqueID", S("own")}, {"ArticleID", S("1")}, {"Title", S("Own")}});
  ASSERT_TRUE(made) << made.error().message;
  WriteEntries({{1, 11, 1, ""}});
  ASSERT_TRUE(ImportCatalog());
  EXPECT_FALSE((ByTitle().at("Own")["IsExpired"].BoolOr(true)));
}

TEST_P(ScanEditionsTest, SupersedenceInACircleReplacesNothing) {
  const auto by = [](std::initializer_list<int> revisions) {
    std::string out = "<SupersededBy>";
    for (const auto one : revisions) out += fmt::format("<Revision Id=\"{}\"/>", one);
    return out + "</SupersededBy>";
  };
  WriteEntries({{1, 11, 1, by({12})},
                {2, 12, 1, by({13})},
                {3, 13, 1, by({11, 14})},
                {4, 14, 1, by({14})},
                {5, 15, 1, by({99})}});
  const auto done = ImportCatalog();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ((*done)["Relations"].UintOr(0), 1u);
  auto updates = ByTitle();
  for (const char* kept : {"U1.1", "U2.1", "U4.1"}) {
    EXPECT_FALSE(updates.at(kept)["IsSuperseded"].BoolOr(true)) << kept;
  }
  EXPECT_TRUE((updates.at("U3.1")["IsSuperseded"].BoolOr(false)));
  // By one that the catalogue does not have.
  EXPECT_TRUE((updates.at("U5.1")["IsSuperseded"].BoolOr(false)));
}

TEST_P(ScanEditionsTest, OfSeveralRevisionsTheLastCounts) {
  WriteEntries({{1, 12, 2, ""}, {1, 11, 1, ""}, {1, 10, 3, ""}, {2, 20, 1, ""}});
  const auto done = ImportCatalog();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ((*done)["Updates"].UintOr(0), 2u);
  EXPECT_EQ(ByTitle().count("U1.3"), 1u);
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 2u);
}

TEST_P(ScanEditionsTest, OneRevisionIdTwiceIsRefused) {
  WriteEntries({{1, 11, 1, ""}, {2, 11, 1, ""}});
  const auto done = ImportCatalog();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kCorrupt);
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 0u);
}

TEST_P(ScanEditionsTest, XmlThatGrowsIsRefused) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  WriteEntries({{1, 11, 1, deep}});
  auto done = ImportCatalog();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kLimit);
  WriteEntries({{1, 11, 1, "<a b=\"" + std::string(8 << 20, 'x') + "\"/>"}});
  done = ImportCatalog();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kLimit);
  std::string many = "<SupersededBy>";
  for (int i = 0; i < 30'000; ++i) many += "<Revision Id=\"7\"/>";
  WriteEntries({{1, 11, 1, many + "</SupersededBy>"}});
  done = ImportCatalog();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kLimit);
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 0u);
}

TEST_P(ScanEditionsTest, CutCataloguesFailAndExpireNothing) {
  lab::ScanCatalogOptions options;
  options.entries = 120;
  const auto facts = Write(options, "whole.cab");
  const auto whole = path_;
  ASSERT_TRUE(ImportCatalog());
  const auto size = stdfs::file_size(whole);
  for (int part = 0; part < 12; ++part) {
    path_ = folder_.path() / fmt::format("cut-{}", part);
    stdfs::copy_file(whole, path_);
    stdfs::resize_file(path_, size * static_cast<unsigned>(part) / 12);
    const auto done = ImportCatalog();
    EXPECT_FALSE(done) << part;
  }
  for (const auto& one : Query("SELECT * FROM SMS_SoftwareUpdate")) {
    EXPECT_FALSE(one["IsExpired"].BoolOr(true));
  }
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), facts.updates);
}

}  // namespace
}  // namespace ww::catalog
