#include "tree_builder.h"

#include "security.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/security.h"

namespace ww::lab {
namespace {

constexpr FileTime kDay = 864'000'000'000;
constexpr std::size_t kPiece = 1 << 18;

std::string_view ParentOf(std::string_view path) {
  const std::size_t slash = path.rfind('\\');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view LastOf(std::string_view path) {
  const std::size_t slash = path.rfind('\\');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

Result<Sha1Digest> ContentStore::Store(const Content& content) {
  if (const auto found = stored_.find(content); found != stored_.end()) return found->second;
  WW_TRY(auto writer, editor_.BeginBlob(content.size()), "content");
  Bytes piece;
  for (std::uint64_t at = 0; at < content.size(); at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, content.size() - at)));
    content.ReadAt(at, piece);
    WW_TRY_STATUS(writer.Write(piece), "content");
  }
  WW_TRY(const Sha1Digest digest, writer.Finish(), "content");
  // Literals are not remembered: that would keep every hive in memory.
  if (!content.literal()) stored_.emplace(content, digest);
  return digest;
}

TreeBuilder::TreeBuilder(ContentStore& contents, wim::Image& image, FileTime time)
    : contents_(contents), image_(image), time_(time) {
  directories_.emplace("", image.root());
}

void TreeBuilder::Note(const Status& status) {
  if (status_ && !status) status_ = Fail(status.error());
}

template <typename T>
bool TreeBuilder::Ok(const Result<T>& result, std::string_view path) {
  if (!result && status_) status_ = Fail(result.error().Within(path));
  return result.has_value();
}

std::int32_t TreeBuilder::SecurityId(std::string_view sddl) {
  if (const auto found = security_.find(sddl); found != security_.end()) return found->second;
  const auto descriptor = manifest::SddlToSecurityDescriptor(sddl);
  if (!Ok(descriptor, "security descriptor")) return -1;
  const std::int32_t id = image_.AddSecurityDescriptor(*descriptor);
  security_.emplace(sddl, id);
  return id;
}

wim::EntryMetadata TreeBuilder::Metadata(std::string_view path, std::string_view sddl,
                                         std::uint32_t attributes) {
  wim::EntryMetadata metadata;
  metadata.attributes = attributes;
  metadata.creation = time_;
  metadata.access = time_;
  // Written some time in the year before, to the second.
  const std::uint64_t seconds = SeedOf(path) % (365 * 86400ULL);
  metadata.write = time_ - 400 * kDay + seconds * 10'000'000;
  metadata.security_id = SecurityId(sddl);
  return metadata;
}

wim::NodeId TreeBuilder::Directory(std::string_view path, std::string_view sddl) {
  if (!status_) return image_.root();
  const std::string folded = FoldCase(path);
  if (const auto found = directories_.find(folded); found != directories_.end()) {
    return found->second;
  }
  // Parents first, without recursion: the depth is that of the path.
  std::size_t end = 0;
  wim::NodeId node = image_.root();
  while (end <= path.size() && status_) {
    end = std::min(path.find('\\', end), path.size());
    const std::string_view part = path.substr(0, end);
    const std::string key = FoldCase(part);
    if (const auto found = directories_.find(key); found != directories_.end()) {
      node = found->second;
    } else if (const auto existing = image_.Child(node, LastOf(part))) {
      node = *existing;
      directories_.emplace(key, node);
    } else {
      const auto made =
          image_.AddDirectory(node, LastOf(part), Metadata(part, sddl, wim::kAttributeDirectory));
      if (!Ok(made, part)) return image_.root();
      node = *made;
      directories_.emplace(key, node);
    }
    ++end;
  }
  return node;
}

wim::NodeId TreeBuilder::File(std::string_view path, const Content& content, std::string_view sddl,
                              std::uint32_t attributes) {
  const wim::NodeId parent = Directory(ParentOf(path), kDirectorySddl);
  if (!status_) return image_.root();
  const auto digest = contents_.Store(content);
  if (!Ok(digest, path)) return image_.root();
  const auto node = image_.AddFile(parent, LastOf(path), Metadata(path, sddl, attributes), *digest,
                                   content.size());
  return Ok(node, path) ? *node : image_.root();
}

void TreeBuilder::Replace(std::string_view path, const Content& content) {
  const auto node = image_.Find(path);
  if (!node) return Note(Fail(Code::kInternal, "no file " + std::string(path)));
  const auto digest = contents_.Store(content);
  if (Ok(digest, path)) Note(image_.SetContent(*node, *digest, content.size()));
}

void TreeBuilder::Remove(std::string_view path) {
  const auto node = image_.Find(path);
  if (!node) return Note(Fail(Code::kInternal, "no entry " + std::string(path)));
  Note(image_.Remove(*node));
}

void TreeBuilder::Link(std::string_view path, wim::NodeId existing,
                       std::string_view directory_sddl) {
  const wim::NodeId parent = Directory(ParentOf(path), directory_sddl);
  if (status_) Ok(image_.AddLink(parent, LastOf(path), existing), path);
}

}  // namespace ww::lab
