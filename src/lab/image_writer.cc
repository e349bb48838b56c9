#include "image_writer.h"

#include <fmt/format.h>

#include "component_store.h"
#include "security.h"
#include "skeleton.h"
#include "store_files.h"
#include "wimwright/manifest/security.h"
#include "windows_registry.h"
#include "windows_tree.h"

namespace ww::lab {

WimBuilder::WimBuilder(std::unique_ptr<wim::Editor> editor, const WimSettings& settings)
    : editor_(std::move(editor)),
      contents_(std::make_unique<ContentStore>(*editor_)),
      settings_(settings) {}

Result<WimBuilder> WimBuilder::Create(FileSystem& fs, const std::filesystem::path& path,
                                      const WimSettings& settings) {
  wim::CreateOptions create;
  create.integrity = false;
  Random random(Mix(settings.seed, SeedOf(path.filename().string())));
  std::array<std::byte, 16> guid;
  for (std::byte& b : guid) b = static_cast<std::byte>(random.Next());
  create.guid = guid;
  wim::EditorOptions options;
  options.compression_level = settings.compression_level;
  options.threads = settings.threads;
  WW_TRY(auto editor, wim::Editor::CreateEmpty(fs, path, create, options), path.string());
  return WimBuilder(std::move(editor), settings);
}

Result<wim::Image*> WimBuilder::AddEmpty(std::string_view name, int& index) {
  wim::EntryMetadata root;
  root.attributes = wim::kAttributeDirectory;
  root.creation = root.access = root.write = ToFileTime(settings_.now);
  WW_TRY(index, editor_->AddImage(name, root), name);
  return editor_->image(index);
}

Status WimBuilder::DescribeWindows(int index, const ImageModel& model) {
  const Profile& p = model.profile;
  const std::pair<std::string_view, std::string> texts[] = {
      {"WINDOWS/ARCH", p.wide() ? "9" : "0"},
      {"WINDOWS/PRODUCTNAME", "Microsoft® Windows® Operating System"},
      {"WINDOWS/EDITIONID", model.edition.id},
      {"WINDOWS/INSTALLATIONTYPE", "Client"},
      {"WINDOWS/PRODUCTTYPE", "WinNT"},
      {"WINDOWS/LANGUAGES/LANGUAGE", "en-US"},
      {"WINDOWS/LANGUAGES/DEFAULT", "en-US"},
      {"WINDOWS/VERSION/MAJOR", fmt::format("{}", p.major)},
      {"WINDOWS/VERSION/MINOR", fmt::format("{}", p.minor)},
      {"WINDOWS/VERSION/BUILD", fmt::format("{}", p.build)},
      {"WINDOWS/VERSION/SPBUILD", fmt::format("{}", p.ubr != 0 ? p.ubr : 17514)},
      {"WINDOWS/VERSION/SPLEVEL", p.service_pack.empty() ? "0" : "1"},
      {"WINDOWS/SYSTEMROOT", "WINDOWS"},
      {"DESCRIPTION", model.edition.display_name + " (wimwright lab)"},
      {"DISPLAYNAME", model.edition.display_name},
      {"FLAGS", model.edition.id}};
  for (const auto& [path, text] : texts) {
    WW_TRY_STATUS(editor_->SetImageXml(index, path, text), path);
  }
  return {};
}

Status WimBuilder::AddWindows(const ImageModel& model, const Signer& signer, const ImageSize& size,
                              const Customization& customization,
                              const Cancellation& cancellation) {
  const FileTime time = ToFileTime(settings_.now);
  WW_TRY(const Store store, BuildStore(model, signer, settings_.now), model.edition.display_name);
  int index = 0;
  WW_TRY(wim::Image* const image, AddEmpty(model.edition.display_name, index), "new image");

  SkeletonContent content;
  WW_TRY(content.notes, editor_->AddBlob(AsBytes("Made by the wimwright lab.\r\n")), "notes");
  WW_TRY(content.notes_zone, editor_->AddBlob(AsBytes("[ZoneTransfer]\r\nZoneId=3\r\n")), "notes");
  WW_TRY(content.junction, editor_->AddBlob(JunctionData("\\??\\C:\\Users", "C:\\Users")),
         "junction");
  WW_TRY(const Bytes root_security, manifest::SddlToSecurityDescriptor(kRootSddl), "root");
  WW_TRY(const Bytes user_security, manifest::SddlToSecurityDescriptor(kUserSddl), "root");
  WW_TRY(*image, wim::Image::Parse(SkeletonMetadata(content, root_security, user_security, time)),
         "skeleton");

  TreeBuilder tree(*contents_, *image, time);
  WriteWindowsTree(model, size, settings_.seed, tree);
  WW_TRY_STATUS(tree.status(), "directories");
  WW_TRY_STATUS(WriteStoreFiles(model, store, packed_manifests_, tree, cancellation), "store");

  WW_TRY(Hives hives, Hives::Create(time), "registry");
  WriteWindowsRegistry(model, hives);
  for (const auto& [keyform, stored] : store.components) {
    if (stored.winner) hives.ApplyComponent(*stored.component, model.profile.architecture);
  }
  WW_TRY_STATUS(WriteComponentsHive(model, store, hives), "COMPONENTS");
  WW_TRY_STATUS(WriteSideBySide(store, hives), "SideBySide");
  WW_TRY_STATUS(WriteServicingKeys(model, store, settings_.now, hives), "servicing keys");
  FillHives(size, settings_.seed, hives);
  if (customization.registry) customization.registry(hives);
  WW_TRY_STATUS(hives.status(), "registry");
  for (std::size_t i = 0; i < kHiveCount; ++i) {
    const auto name = static_cast<HiveName>(i);
    // Windows 7 has no hive for drivers.
    if (name == HiveName::kDrivers && model.profile.major == 6 && model.profile.minor == 1)
      continue;
    WW_RETURN_IF_ERROR(cancellation.Check());
    WW_TRY(Bytes bytes, hives.Take(name), "registry");
    if (customization.hive_bytes) customization.hive_bytes(name, bytes);
    WriteHiveFiles(HivePath(name), std::move(bytes), tree);
  }
  if (customization.tree) customization.tree(tree);
  WW_TRY_STATUS(tree.status(), "tree");
  WW_RETURN_IF_ERROR(DescribeWindows(index, model));
  return editor_->Release(index);
}

Status WimBuilder::AddPlain(std::string_view name) {
  int index = 0;
  WW_TRY(wim::Image* const image, AddEmpty(name, index), "new image");
  TreeBuilder tree(*contents_, *image, ToFileTime(settings_.now));
  const Content text = ContentSpec{ContentKind::kText, settings_.seed, 20'000, 0};
  tree.File("Documents\\readme.txt", text, kUserSddl);
  tree.File("Documents\\archive.bin", ContentSpec{ContentKind::kRandom, settings_.seed, 5000, 0},
            kUserSddl);
  tree.Link("Documents\\again.txt", tree.File("Documents\\once.txt", text, kUserSddl), kUserSddl);
  WW_RETURN_IF_ERROR(tree.status());
  return editor_->SetImageXml(index, "DESCRIPTION", "No operating system (wimwright lab)");
}

Result<wim::CommitStats> WimBuilder::Commit() { return editor_->Commit(ToFileTime(settings_.now)); }

}  // namespace ww::lab
