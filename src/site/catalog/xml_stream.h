// XML as events, in pieces: memory does not grow with the document.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "wimwright/base/bytes.h"

namespace ww::catalog {

// Attributes of one element, borrowed for the length of the call.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
  // Local name, exact case; "" when it is not there.
  std::string_view operator[](std::string_view name) const;

 private:
  const char** pairs_;
};

// Names are local: what stands behind a prefix. An error ends the document and is returned by
// Feed().
class XmlSink {
 public:
  virtual ~XmlSink() = default;
  virtual Status Begin(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual Status End(std::string_view name) = 0;
  // May come in several pieces.
  virtual Status Text(std::string_view text) = 0;
};

// One hostile document. No DOCTYPE (so no entities), depth and the size of one tag are capped
// (kCorrupt, kLimit). Not thread-safe.
class XmlStream {
 public:
  // `fragment`: several roots and text between them are allowed.
  XmlStream(XmlSink& sink, bool fragment);
  ~XmlStream();
  Status Feed(ByteView piece);
  // The document is complete.
  Status Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A document that is in memory.
Status ParseXml(ByteView bytes, bool fragment, XmlSink& sink);

}  // namespace ww::catalog
