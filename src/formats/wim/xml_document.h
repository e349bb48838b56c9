// The XML data of a WIM: read for ImageInfo, edited without disturbing what nobody asked to change.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/wim/image.h"
#include "wimwright/wim/image_info.h"

namespace ww::wim {

inline constexpr std::uint64_t kMostXml = 64u << 20;

// UTF-16LE with byte order mark, as stored, to UTF-8 without.
Result<std::string> DecodeXml(ByteView stored);
// And back.
Result<Bytes> EncodeXml(std::string_view xml);

class XmlDocument {
 public:
  // Exactly `image_count` IMAGE elements with the indexes 1 to image_count, in any order.
  static Result<XmlDocument> Parse(std::string_view utf8, std::uint32_t image_count);
  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;
  ~XmlDocument();

  std::vector<ImageInfo> Images() const;  // by index

  bool HasImageNamed(std::string_view name) const;  // case-insensitively
  void AddImage(std::string_view name, FileTime created);
  // `path` is relative to the IMAGE element.
  Status SetText(int index, std::string_view path, std::string_view text);
  void SetCounts(int index, const ImageCounts& counts, FileTime modified);
  void SetTotalBytes(std::uint64_t bytes);
  std::string ToText() const;

 private:
  struct State;
  explicit XmlDocument(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ww::wim
