// Who replaces whom, in both orders of import; and what a catalogue and a package say of the same
// update.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "catalog_fixture.h"
#include "lab_updates.h"
#include "wimwright/cab/cabinet.h"
#include "wimwright/lab/cab_writer.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;

// A package of nothing but its mum.
Bytes Package(std::string_view name, std::string_view version, std::string_view parent_version,
              std::string_view kb) {
  const auto mum = fmt::format(
      R"(<?xml version="1.0" encoding="utf-8"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v3" manifestVersion="1.0" description="Fix for {2}" creationTimeStamp="2024-01-01T00:00:00Z">
<assemblyIdentity name="{0}" version="{1}" language="neutral" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35"/>
<package identifier="{2}" releaseType="Security Update" restart="possible">
<parent buildCompare="EQ" integrate="separate" disposition="detect"><assemblyIdentity name="Microsoft-Windows-ServerCore-Package" version="{3}" language="neutral" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35"/></parent>
</package></assembly>)",
      name, version, kb, parent_version);
  const lab::CabInput member{"update.mum", ToBytes(mum)};
  return *lab::MakeCab({&member, 1});
}

std::string Guid(int number) { return fmt::format("00000000-0000-0000-0000-{:012}", number); }

// An MSU with scan metadata: the update `number`, which replaces `replaced`.
Bytes Msu(const Bytes& cab, int number, const std::vector<int>& replaced) {
  const auto sha1 = ToBase64(Sha1(cab));
  const auto xml = fmt::format(
      R"(<OfflineSyncPackage ProtocolVersion="1.0" CreationDate="2024-01-01T00:00:00Z" xmlns="http://schemas.microsoft.com/msus/2004/02/OfflineSync"><Updates><Update CreationDate="2024-01-02T00:00:00Z" UpdateId="{0}" RevisionNumber="200" RevisionId="2" IsBundle="true"/><Update UpdateId="{1}" RevisionNumber="200" RevisionId="1" DeploymentAction="Bundle"><PayloadFiles><File Id="{2}"/></PayloadFiles><BundledBy><Revision Id="2"/></BundledBy></Update></Updates></OfflineSyncPackage>)",
      Guid(number), Guid(1000 + number), sha1);
  std::string core = fmt::format(
      "<UpdateIdentity UpdateID=\"{}\"/><Relationships>"
      "<SupersededUpdates>",
      Guid(number));
  for (const auto other : replaced)
    core += fmt::format("<UpdateIdentity UpdateID=\"{}\"/>", Guid(other));
  core += "</SupersededUpdates></Relationships>";
  const std::vector<lab::CabInput> details{
      {"package.xml", ToBytes(xml)},
      {"core\\2", ToBytes(core)},
      {"extended\\1",
       ToBytes(
           fmt::format("<ExtendedProperties Handler=\"http://x/Cbs\"/><Files><File Digest=\"{}\" "
                       "FileName=\"Windows10.0-KB{}-x64.cab\" Size=\"{}\"/></Files>",
                       sha1, number, cab.size()))},
      {"localized\\en\\2",
       ToBytes(fmt::format("<LocalizedProperties><Language>en</Language><Title>Title {0}</Title>"
                           "</LocalizedProperties>",
                           number))},
      {"localized\\de\\2",
       ToBytes(fmt::format("<LocalizedProperties><Language>de</Language><Title>Titel {0}</Title>"
                           "</LocalizedProperties>",
                           number))}};
  const lab::CabInput package{"package.cab", *lab::MakeCab(details)};
  const std::vector<lab::CabInput> members{
      {"WSUSSCAN.cab", *lab::MakeCab({&package, 1})},
      {fmt::format("Windows10.0-KB{}-x64.cab", number), cab},
      {fmt::format("Windows10.0-KB{}-x64-pkgProperties.txt", number),
       ToBytes("Language=\"ALL\"\r\n")}};
  return *lab::MakeCab(members);
}

class SupersedenceTest : public CatalogTest {
 protected:
  std::uint32_t Take(std::string_view name, const Bytes& bytes) {
    const auto path = folder_.path() / std::string(name);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return ImportOne(path);
  }
  bool Superseded(std::uint32_t id) { return Update(id)["IsSuperseded"].BoolOr(false); }
  std::size_t Relations() {
    return Query("SELECT * FROM SMS_CIRelation WHERE RelationType = 6").size();
  }
};
WW_BOTH_BACKENDS(SupersedenceTest);

TEST_P(SupersedenceTest, ByGuidWhicheverComesFirst) {
  const auto one = Package("Package_for_KB1", "10.0.1.1", "10.0.14393.0", "KB9000001");
  const auto two = Package("Package_for_KB2", "10.0.1.1", "10.0.14393.0", "KB9000002");
  const auto three = Package("Package_for_KB3", "10.0.1.1", "10.0.14393.0", "KB9000003");
  const auto second = Take("2.msu", Msu(two, 2, {1}));
  EXPECT_FALSE(Superseded(second));
  const auto first = Take("1.msu", Msu(one, 1, {}));
  EXPECT_TRUE(Superseded(first)) << "the newer one was there before";
  const auto third = Take("3.msu", Msu(three, 3, {1, 2}));
  EXPECT_TRUE(Superseded(second));
  EXPECT_FALSE(Superseded(third));
  EXPECT_EQ(Relations(), 3u);
  // Without the newest one, only what the second replaces is replaced.
  ASSERT_TRUE(provider_->Delete(
      *cim::ParseObjectPath("SMS_SoftwareUpdate.CI_ID=" + std::to_string(third)), admin_));
  EXPECT_FALSE(Superseded(second));
  EXPECT_TRUE(Superseded(first));
}

TEST_P(SupersedenceTest, ByPackageOfOneFamilyAndBuild) {
  const std::string_view name = "Package_for_RollupFix";
  const auto new_one = Take("n.cab", Package(name, "14393.200.1.0", "10.0.14393.0", "KB20"));
  const auto old_one = Take("o.cab", Package(name, "14393.100.1.0", "10.0.14393.0", "KB10"));
  const auto other = Take("x.cab", Package(name, "17763.50.1.0", "10.0.17763.0", "KB30"));
  EXPECT_TRUE(Superseded(old_one));
  EXPECT_FALSE(Superseded(new_one)) << "the rollup of another release has a higher version";
  EXPECT_FALSE(Superseded(other));
  EXPECT_EQ(Relations(), 1u);
}

TEST_P(SupersedenceTest, TheSamePackageInAnotherContainerIsTheSameUpdate) {
  const auto cab = Package("Package_for_KB7", "10.0.1.1", "10.0.14393.0", "KB9000007");
  const auto bare = Take("bare.cab", cab);
  EXPECT_EQ(Update(bare)["LocalizedDisplayName"].TextOr(""),
            "Security Update for Windows Server 2016 for x64-based Systems (KB9000007)");
  const auto packed = Take("packed.msu", Msu(cab, 7, {}));
  EXPECT_EQ(packed, bare);
  EXPECT_EQ(Update(bare)["LocalizedDisplayName"].TextOr(""), "Title 7") << "Microsoft's words win";
  EXPECT_EQ(Update(bare)["LocalizedInformation"].AsArray()->size(), 2u);
  EXPECT_EQ(Contents(bare).size(), 1u);
  // What replaces it by GUID finds it under the name it came with.
  const auto later = Package("Package_for_KB8", "10.0.1.1", "10.0.14393.0", "KB9000008");
  Take("later.msu", Msu(later, 8, {7}));
  EXPECT_TRUE(Superseded(bare));
}

TEST_P(SupersedenceTest, PayloadThatTheMetadataMissesIsRefused) {
  const auto cab = Package("Package_for_KB9", "10.0.1.1", "10.0.14393.0", "KB9000009");
  const auto other = Package("Package_for_KB9", "10.0.1.2", "10.0.14393.0", "KB9000009");
  auto msu = Msu(cab, 9, {});
  // The same container around other bytes: metadata of one, package of the other.
  const auto wrong = Msu(other, 9, {});
  ASSERT_NE(msu, wrong);
  const auto path = folder_.path() / "forged.msu";
  const std::vector<lab::CabInput> members{
      {"WSUSSCAN.cab",
       [&] {
         const auto from = folder_.path() / "good.msu";
         std::ofstream(from, std::ios::binary)
             .write(reinterpret_cast<const char*>(msu.data()),
                    static_cast<std::streamsize>(msu.size()));
         auto file = RealFileSystem().Open(from, OpenMode::kRead);
         auto cabinet = cab::OpenCabinet(std::shared_ptr<const File>(*std::move(file)));
         return *(*cabinet)->Read(*(*cabinet)->Find("WSUSSCAN.cab"), 1 << 20);
       }()},
      {"Windows10.0-KB9-x64.cab", other},
      {"Windows10.0-KB9-x64-pkgProperties.txt", ToBytes("Language=\"ALL\"\r\n")}};
  ASSERT_TRUE(lab::WriteCab(RealFileSystem(), path, members));
  const auto done = Import(path);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kVerificationFailed) << done.error().message;
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 0u);
}

// A catalogue that names the cabinet of an MSU, made by hand.
TEST_P(SupersedenceTest, AnImportCompletesWhatACatalogueKnows) {
  const auto cab = Package("Package_for_KB5", "10.0.1.1", "10.0.14393.0", "KB9000005");
  const auto msu = Msu(cab, 5, {});
  // The catalogue's own form: the scan metadata of the MSU with another identifier.
  const auto path = folder_.path() / "wsusscn2.cab";
  {
    const auto from = folder_.path() / "5.msu";
    std::ofstream(from, std::ios::binary)
        .write(reinterpret_cast<const char*>(msu.data()), static_cast<std::streamsize>(msu.size()));
    auto file = RealFileSystem().Open(from, OpenMode::kRead);
    auto cabinet = cab::OpenCabinet(std::shared_ptr<const File>(*std::move(file)));
    const auto scan = *(*cabinet)->Read(*(*cabinet)->Find("WSUSSCAN.cab"), 1 << 20);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(scan.data()),
               static_cast<std::streamsize>(scan.size()));
  }
  const auto known = Call("WW_UpdateCatalog", "ImportScanCatalog", {{"Path", S(path.string())}});
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ((*known)["Created"].UintOr(0), 1u);
  const auto before = Query("SELECT * FROM SMS_SoftwareUpdate").at(0);
  EXPECT_FALSE(before["IsContentProvisioned"].BoolOr(true));
  EXPECT_EQ(before["LocalizedDisplayName"].TextOr(""), "Title 5");
  EXPECT_TRUE(before["IsOfflineServiceable"].BoolOr(false));

  const auto id = Take("again.msu", msu);
  EXPECT_EQ(id, before["CI_ID"].UintOr(0));
  EXPECT_TRUE(Update(id)["IsContentProvisioned"].BoolOr(false));
  const auto contents = Contents(id);
  ASSERT_EQ(contents.size(), 1u) << "the cabinet inside of the MSU is the content";
  ASSERT_EQ(contents[0].files.size(), 1u);
  EXPECT_EQ(contents[0].files[0].name, "Windows10.0-KB5-x64.cab");
  EXPECT_EQ(contents[0].files[0].id->digest, Sha256(cab));
  EXPECT_TRUE(library_->Has(*contents[0].files[0].id));
  EXPECT_EQ(Rows("SMS_SoftwareUpdate"), 1u);
}

}  // namespace
}  // namespace ww::catalog
