#include "file_maker.h"

#include <fmt/format.h>

#include "wimwright/cbs/hydration.h"

namespace ww::servicing {
namespace {

constexpr std::uint64_t kMaxContent = 1ull << 30;

}  // namespace

Result<Bytes> FileMaker::Read(const Sha1Digest& content) {
  if (content == Sha1Digest{}) return Bytes();
  auto reader = editor_.OpenBlob(content);
  if (!reader) return Fail(reader.error());
  if ((*reader)->size() > kMaxContent) return Fail(Code::kLimit, "a file of over 1 GiB");
  Bytes bytes(static_cast<std::size_t>((*reader)->size()));
  WW_RETURN_IF_ERROR((*reader)->ReadAt(0, bytes));
  return bytes;
}

Status FileMaker::Make(const FileToMake& file, ByteView delta) {
  const cbs::StoredFileReader read = [this](const cbs::StoredFile& from) -> Result<Bytes> {
    if (!from.planned) return Read(from.content);
    const auto found = stored_.find(*from.planned);
    if (found == stored_.end()) {
      return Fail(Code::kPrerequisiteMissing, "the update that brings it was not carried out");
    }
    return Read(found->second.sha1);
  };
  std::optional<Error> first;
  for (const auto& recipe : file.recipes) {
    const auto bytes = cbs::Hydrate(*recipe, delta, file.digest, read);
    if (!bytes) {
      if (!first) first = bytes.error();
      continue;
    }
    auto sha1 = editor_.AddBlob(*bytes);
    if (!sha1) return Fail(sha1.error());
    stored_[file.digest] = StoredContent{*sha1, bytes->size(), StoredContent::Source::kUpdate};
    if (recipe->reverse_member) {
      made_.push_back({file.digest, *recipe->reverse_member, recipe->name});
    }
    return {};
  }
  return Fail(first.value_or(Error{Code::kInternal, "a file without recipe"}));
}

Status FileMaker::ProveReverseDeltas(const std::map<std::size_t, Sha256Digest>& digests) {
  for (const auto& made : made_) {
    const auto digest = digests.find(made.reverse);
    if (digest == digests.end()) continue;  // no index keeps it
    WW_TRY(const auto file, Read(stored_.at(made.digest).sha1), "reading a file again");
    WW_TRY(const auto reverse, Read(stored_.at(digest->second).sha1), "reading a delta again");
    WW_TRY_STATUS(cbs::CheckReverseDelta(file, reverse), made.name);
  }
  made_.clear();
  return {};
}

}  // namespace ww::servicing
