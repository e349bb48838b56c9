#include "wimwright/catalog/scan_catalog.h"

#include <gtest/gtest.h>

#include <set>

#include "catalog_fixture.h"
#include "wimwright/lab/scan_catalog.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;

class ScanCatalogTest : public CatalogTest {
 protected:
  lab::ScanCatalogFacts Write(const lab::ScanCatalogOptions& options,
                              const char* name = "wsusscn2.cab") {
    path_ = folder_.path() / name;
    const auto facts = lab::WriteScanCatalog(RealFileSystem(), path_, options);
    EXPECT_TRUE(facts) << facts.error().message;
    return facts ? *facts : lab::ScanCatalogFacts{};
  }
  Result<cim::Instance> ImportCatalog() {
    return Call("WW_UpdateCatalog", "ImportScanCatalog", {{"Path", S(path_.string())}});
  }
  stdfs::path path_;
};
WW_BOTH_BACKENDS(ScanCatalogTest);

TEST_P(ScanCatalogTest, EveryUpdateIsThereWithFilesCategoriesAndSuccessors) {
  lab::ScanCatalogOptions options;
  options.entries = 600;
  options.updates_per_cab = 101;  // a part and its bundle are in two cabinets at every border
  const auto facts = Write(options);
  const auto done = ImportCatalog();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ((*done)["Updates"].UintOr(0), facts.updates);
  EXPECT_EQ((*done)["Created"].UintOr(0), facts.updates);
  EXPECT_EQ((*done)["Files"].UintOr(0), facts.files);
  EXPECT_EQ((*done)["Relations"].UintOr(0), facts.relations);
  EXPECT_EQ((*done)["CatalogDate"].TextOr(""), "2024-06-11T18:00:00Z");

  const auto updates = Query("SELECT * FROM SMS_SoftwareUpdate");
  ASSERT_EQ(updates.size(), facts.updates);
  std::size_t superseded = 0, serviceable = 0;
  for (const auto& update : updates) {
    EXPECT_NE(update["LocalizedDisplayName"].TextOr("").find("Cumulative Update for"),
              std::string::npos);
    EXPECT_FALSE(update["ArticleID"].TextOr("").empty());
    EXPECT_FALSE(update["SeverityName"].TextOr("").empty());
    EXPECT_FALSE(update["IsContentProvisioned"].BoolOr(true));
    EXPECT_GT(update["Size"].IntOr(0), 900);
    superseded += update["IsSuperseded"].BoolOr(false) ? 1 : 0;
    serviceable += update["IsOfflineServiceable"].BoolOr(false) ? 1 : 0;
  }
  EXPECT_EQ(superseded, facts.superseded);
  EXPECT_GT(serviceable, facts.updates / 2);
  EXPECT_LT(serviceable, facts.updates);
  EXPECT_EQ(Rows("SMS_CIRelation"), facts.relations);
  EXPECT_EQ(Rows("SMS_CIToContent"), facts.parts);
  const auto files = Query("SELECT * FROM SMS_CIContentFiles");
  EXPECT_EQ(files.size(), facts.files);
  for (const auto& file : files) {
    EXPECT_EQ(file["FileHash"].TextOr("").substr(0, 7), "SHA256:");
    EXPECT_EQ(file["SourceURL"].TextOr("").substr(0, 27), "http://download.example.org");
  }
  const auto products =
      Query("SELECT * FROM SMS_UpdateCategoryInstance WHERE CategoryTypeName = 'Product'");
  EXPECT_EQ(products.size(), 4u);
  for (const auto& product : products) {
    EXPECT_FALSE(product["LocalizedCategoryInstanceName"].TextOr("").empty());
    EXPECT_NE(product["ParentCategoryInstanceID"].UintOr(0), 0u);
  }
}

TEST_P(ScanCatalogTest, ImportedTwiceIsImportedOnce) {
  lab::ScanCatalogOptions options;
  options.entries = 200;
  const auto facts = Write(options);
  ASSERT_TRUE(ImportCatalog());
  const auto again = ImportCatalog();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)["Updates"].UintOr(0), facts.updates);
  EXPECT_EQ((*again)["Created"].UintOr(1), 0u);
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), facts.updates);
  EXPECT_EQ(Rows("SMS_CIContentFiles"), facts.files);
  EXPECT_EQ(Rows("SMS_CIRelation"), facts.relations);
  EXPECT_EQ(Rows("SMS_CIAllCategories"), facts.updates * 4);
}

TEST_P(ScanCatalogTest, AnInterruptedImportIsCompletedByTheNext) {
  lab::ScanCatalogOptions options;
  options.entries = 6000;
  options.prerequisite_bytes = 0;
  options.languages = {};
  const auto facts = Write(options);
  Cancellation cancelled;
  std::uint64_t seen = 0;
  // Cut in the middle: whole batches are there, nothing else.
  cim::Context context = admin_;
  context.cancelled = &cancelled;
  ScanEvents events;
  events.begin = [](const ScanSummary&) { return Status(); };
  events.categories = [](const std::vector<Category>&) { return Status(); };
  events.update = [&](ScanUpdate&&) -> Status {
    if (++seen == 1500) cancelled.Request();
    return {};
  };
  events.relation = [](const ScanRelation&) { return Status(); };
  ScanOptions scan;
  scan.cancellation = &cancelled;
  const auto cut = ReadScanCatalog(RealFileSystem(), path_, events, scan);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Code::kCancelled);
  EXPECT_EQ(seen, 1500u);
  const auto done = ImportCatalog();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), facts.updates);
}

TEST_P(ScanCatalogTest, CompressedOuterCabinetsAndOtherCompressionsAreRead) {
  for (const auto compression : {lab::CabCompression::kMszip, lab::CabCompression::kNone}) {
    lab::ScanCatalogOptions options;
    options.entries = 100;
    options.compression = compression;
    options.outer_compression = lab::CabCompression::kLzx;
    const auto facts = Write(options, compression == lab::CabCompression::kNone ? "a" : "b");
    const auto done = ImportCatalog();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ((*done)["Updates"].UintOr(0), facts.updates);
  }
}

TEST_P(ScanCatalogTest, RefusesWhatIsNoCatalogue) {
  const auto other = [&](std::string_view name, const std::vector<lab::CabInput>& members) {
    path_ = folder_.path() / name;
    EXPECT_TRUE(lab::WriteCab(RealFileSystem(), path_, members));
    const auto done = ImportCatalog();
    EXPECT_FALSE(done);
    return done ? Error{} : done.error();
  };
  EXPECT_EQ(other("1", {{"update.mum", ToBytes("x")}}).code, Code::kUnsupported);
  const auto list = [](std::string_view xml) {
    const lab::CabInput input{"package.xml", ToBytes(xml)};
    return *lab::MakeCab({&input, 1});
  };
  EXPECT_EQ(other("2", {{"package.cab", list("<a/>")}}).code, Code::kUnsupported);
  EXPECT_EQ(other("3", {{"package.cab", list("<OfflineSyncPackage")}}).code, Code::kCorrupt);
  EXPECT_EQ(other("4", {{"package.cab",
                         list("<!DOCTYPE a [<!ENTITY b 'c'>]><OfflineSyncPackage xmlns=\"http://"
                              "schemas.microsoft.com/msus/2004/02/OfflineSync\"/>")}})
                .code,
            Code::kCorrupt);
  EXPECT_EQ(other("5", {{"package.cab",
                         list("<OfflineSyncPackage ProtocolVersion=\"9.0\" xmlns=\"http://schemas."
                              "microsoft.com/msus/2004/02/OfflineSync\"/>")}})
                .code,
            Code::kUnsupported);
  EXPECT_EQ(other("6", {{"package.cab", list("<OfflineSyncPackage xmlns=\"http://schemas.microsoft."
                                             "com/msus/2004/02/OfflineSync\"/>")},
                        {"index.xml", ToBytes("<A><CABLIST><CAB NAME=\"package2.cab\" "
                                              "RANGESTART=\"0\"/></CABLIST></A>")}})
                .code,
            Code::kCorrupt);
  path_ = "/bin/sh";
  EXPECT_FALSE(ImportCatalog());
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 0u);
}

}  // namespace
}  // namespace ww::catalog
