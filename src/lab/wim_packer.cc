#include "wim_packer.h"

#include "security.h"
#include "tree_builder.h"
#include "wimwright/wim/editor.h"

namespace ww::lab {
namespace {

constexpr std::uint64_t kLargest = 1ull << 30;

Status Fill(FileSystem& fs, const std::filesystem::path& path,
            const std::vector<UpdateMember>& members, FileTime time) {
  wim::CreateOptions create;
  create.compression = wim::Compression::kNone;
  create.guid = std::array<std::byte, 16>{};
  WW_TRY(auto editor, wim::Editor::CreateEmpty(fs, path, create, {}), "WIM");
  wim::EntryMetadata root;
  root.attributes = wim::kAttributeDirectory;
  root.creation = root.access = root.write = time;
  WW_TRY(const int index, editor->AddImage("package", root), "WIM");
  WW_TRY(wim::Image* const image, editor->image(index), "WIM");
  ContentStore contents(*editor);
  TreeBuilder tree(contents, *image, time);
  for (const UpdateMember& member : members) tree.File(member.name, member.content, kFileSddl);
  WW_RETURN_IF_ERROR(tree.status());
  const auto done = editor->Commit(time);
  return done ? Status() : Fail(done.error());
}

Result<Bytes> ReadBack(FileSystem& fs, const std::filesystem::path& path) {
  auto file = fs.Open(path, OpenMode::kRead);
  if (!file) return Fail(file.error());
  const auto size = (*file)->Size();
  if (!size) return Fail(size.error());
  if (*size > kLargest) return Fail(Code::kLimit, "a WIM of over 1 GiB");
  Bytes bytes(static_cast<std::size_t>(*size));
  WW_RETURN_IF_ERROR((*file)->ReadAt(0, bytes));
  return bytes;
}

}  // namespace

Result<Bytes> PackWim(FileSystem& fs, const std::filesystem::path& temporary,
                      const std::vector<UpdateMember>& members, TimePoint now) {
  const Status filled = Fill(fs, temporary, members, ToFileTime(now));
  auto bytes = filled ? ReadBack(fs, temporary) : Result<Bytes>(Fail(filled.error()));
  if (auto removed = fs.Remove(temporary); bytes && !removed) return Fail(removed.error());
  return bytes;
}

}  // namespace ww::lab
