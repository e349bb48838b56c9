#include "windows_tree.h"

#include <fmt/format.h>

#include "security.h"
#include "words.h"

namespace ww::lab {
namespace {

constexpr std::string_view kSystemDirectories[] = {"Windows\\System32\\config\\RegBack",
                                                   "Windows\\System32\\drivers\\etc",
                                                   "Windows\\System32\\wbem\\Repository",
                                                   "Windows\\System32\\Tasks\\Microsoft\\Windows",
                                                   "Windows\\System32\\catroot2",
                                                   "Windows\\System32\\DriverStore\\FileRepository",
                                                   "Windows\\System32\\en-US",
                                                   "Windows\\System32\\spool\\drivers",
                                                   "Windows\\System32\\SMI\\Store\\Machine",
                                                   "Windows\\WinSxS\\Catalogs",
                                                   "Windows\\WinSxS\\Manifests",
                                                   "Windows\\WinSxS\\Backup",
                                                   "Windows\\WinSxS\\FileMaps",
                                                   "Windows\\WinSxS\\Temp\\PendingRenames",
                                                   "Windows\\WinSxS\\InstallTemp",
                                                   "Windows\\servicing\\Packages",
                                                   "Windows\\servicing\\Sessions",
                                                   "Windows\\servicing\\Version",
                                                   "Windows\\INF",
                                                   "Windows\\Fonts",
                                                   "Windows\\Help",
                                                   "Windows\\Logs\\CBS",
                                                   "Windows\\AppPatch",
                                                   "Windows\\Temp",
                                                   "Windows\\Boot\\EFI",
                                                   "Windows\\SoftwareDistribution\\Download"};
constexpr std::string_view kUserDirectories[] = {
    "Users\\Default\\AppData\\Local\\Temp", "Users\\Default\\AppData\\Roaming\\Microsoft\\Windows",
    "Users\\Default\\Documents", "Users\\Public\\Documents",
    "ProgramData\\Microsoft\\Windows\\Start Menu\\Programs"};

void WriteLooseFiles(const ImageSize& size, std::uint64_t seed, TreeBuilder& tree) {
  for (int i = 0; i < size.loose_files; ++i) {
    Random random(Mix(seed, 77'000 + static_cast<std::uint64_t>(i)));
    const std::uint64_t draw = random.Next();
    ContentSpec spec;
    spec.kind = draw % 10 < 5 ? ContentKind::kText
                              : (draw % 10 < 9 ? ContentKind::kCode : ContentKind::kRandom);
    spec.seed = random.Next();
    spec.size = size.loose_file_bytes / 4 + random.Below(size.loose_file_bytes * 3 / 2 + 1) + 100;
    const std::string_view group = Word(draw >> 8);
    const std::string name = fmt::format("{}{:05}", FamilyWord(draw % 4096), i);
    if (i % 3 == 0) {
      tree.File(fmt::format("Program Files\\Lab {}\\{}.dat", group, name), spec, kDirectorySddl);
    } else if (i % 3 == 1) {
      tree.File(fmt::format("ProgramData\\Lab {}\\{}.log", group, name), spec, kUserSddl,
                wim::kAttributeArchive | wim::kAttributeHidden);
    } else {
      tree.File(fmt::format("Users\\Public\\Documents\\{}\\{}.txt", group, name), spec, kUserSddl,
                wim::kAttributeArchive | wim::kAttributeReadOnly);
    }
  }
}

}  // namespace

void WriteWindowsTree(const ImageModel& model, const ImageSize& size, std::uint64_t seed,
                      TreeBuilder& tree) {
  for (std::string_view path : kSystemDirectories) tree.Directory(path, kDirectorySddl);
  for (std::string_view path : kUserDirectories) tree.Directory(path, kUserSddl);
  if (model.profile.wide()) {
    tree.Directory("Windows\\SysWOW64\\drivers", kDirectorySddl);
    tree.Directory("Program Files (x86)\\Common Files", kDirectorySddl);
  }
  tree.File("Windows\\System32\\drivers\\etc\\hosts", Content::Literal("127.0.0.1 localhost\r\n"),
            kMutableFileSddl);
  tree.File("Windows\\Logs\\CBS\\CBS.log", ContentSpec{ContentKind::kText, Mix(seed, 1), 12'000, 0},
            kMutableFileSddl);
  tree.File("Windows\\WinSxS\\migration.xml",
            Content::Literal("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Migration />\r\n"),
            kFileSddl);
  tree.File("Windows\\servicing\\Sessions\\Sessions.xml",
            Content::Literal("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Sessions />\r\n"),
            kFileSddl);
  tree.File("Windows\\win.ini", Content::Literal("; for 16-bit app support\r\n[fonts]\r\n"),
            kMutableFileSddl);
  // Longer than MAX_PATH, and a name of 200 characters.
  std::string path = "ProgramData\\Lab deep";
  for (int i = 0; i < 12; ++i)
    path += fmt::format("\\{} directory {:02}", Word(static_cast<unsigned>(i)), i);
  tree.File(path + "\\" + std::string(196, 'n') + ".txt", Content::Literal("deep\r\n"), kUserSddl);
  // A name outside of ASCII, and one that is empty.
  tree.File("Users\\Public\\Documents\\Grüße Ωmega.txt", Content::Literal("umlauts\r\n"),
            kUserSddl);
  tree.File("Users\\Public\\Documents\\empty.txt", Content::Literal(""), kUserSddl);
  WriteLooseFiles(size, seed, tree);
}

void WriteHiveFiles(std::string_view path, Bytes bytes, TreeBuilder& tree) {
  tree.File(path, Content::Literal(std::move(bytes)), kHiveFileSddl);
  const Content empty = Content::Literal("");
  for (std::string_view suffix : {".LOG", ".LOG1", ".LOG2"}) {
    tree.File(std::string(path) + std::string(suffix), empty, kHiveFileSddl,
              wim::kAttributeArchive | wim::kAttributeHidden | wim::kAttributeSystem);
  }
}

}  // namespace ww::lab
