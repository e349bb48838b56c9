// Filling one image of a WIM with directories, files and links.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "content.h"
#include "wimwright/wim/editor.h"

namespace ww::lab {

// Content of one WIM file: each stored once, however many images and names want it.
class ContentStore {
 public:
  explicit ContentStore(wim::Editor& editor) : editor_(editor) {}
  Result<Sha1Digest> Store(const Content& content);
  wim::Editor& editor() { return editor_; }

 private:
  wim::Editor& editor_;
  std::map<Content, Sha1Digest> stored_;
};

// Paths are '\\' separated, from the root. The first error stays and is answered by status(); what
// is asked afterwards does nothing.
class TreeBuilder {
 public:
  // `image` begins with what it has; directories of it are found.
  TreeBuilder(ContentStore& contents, wim::Image& image, FileTime time);

  // Missing parents are made with the same descriptor.
  wim::NodeId Directory(std::string_view path, std::string_view sddl);
  wim::NodeId File(std::string_view path, const Content& content, std::string_view sddl,
                   std::uint32_t attributes = wim::kAttributeArchive);
  void Link(std::string_view path, wim::NodeId existing, std::string_view directory_sddl);

  // Of an existing file: all its links.
  void Replace(std::string_view path, const Content& content);
  void Remove(std::string_view path);

  const Status& status() const { return status_; }
  void Note(const Status& status);
  wim::Image& image() { return image_; }

 private:
  std::int32_t SecurityId(std::string_view sddl);
  wim::EntryMetadata Metadata(std::string_view path, std::string_view sddl,
                              std::uint32_t attributes);
  template <typename T>
  bool Ok(const Result<T>& result, std::string_view path);

  ContentStore& contents_;
  wim::Image& image_;
  FileTime time_;
  Status status_;
  std::unordered_map<std::string, wim::NodeId> directories_;  // by folded path
  std::map<std::string, std::int32_t, std::less<>> security_;
};

}  // namespace ww::lab
