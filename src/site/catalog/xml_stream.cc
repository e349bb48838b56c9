#include "xml_stream.h"

#include <expat.h>
#include <fmt/format.h>

#include <exception>
#include <limits>
#include <optional>

namespace ww::catalog {
namespace {

constexpr int kMaxDepth = 200;
// Of one tag with its attributes, which expat keeps whole.
constexpr std::uint64_t kMaxTag = 4 << 20;
constexpr std::size_t kPiece = 1 << 20;

std::string_view LocalName(const char* name) {
  std::string_view text(name);
  const auto colon = text.rfind(':');
  return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

}  // namespace

std::string_view XmlAttributes::operator[](std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (LocalName(*pair) == name) return pair[1];
  }
  return {};
}

// Events come from C code: an exception waits here until that has returned.
struct XmlStream::State {
  XmlSink& sink;
  bool fragment;
  XML_Parser parser = nullptr;
  int depth = 0;
  std::optional<Error> failed;
  std::exception_ptr thrown;
  std::uint64_t fed = 0;

  explicit State(XmlSink& s, bool f) : sink(s), fragment(f) {}

  template <typename F>
  void Guard(F&& work) {
    if (failed || thrown) return;
    try {
      if (auto done = work(); !done) failed = done.error();
    } catch (...) {
      thrown = std::current_exception();
    }
    if (failed || thrown) XML_StopParser(parser, XML_FALSE);
  }

  static State& Of(void* data) { return *static_cast<State*>(data); }
  static void XMLCALL OnBegin(void* data, const char* name, const char** attributes) {
    auto& state = Of(data);
    ++state.depth;
    state.Guard([&]() -> Status {
      if (state.depth > kMaxDepth) return Fail(Code::kLimit, "XML elements are nested too deeply");
      if (state.fragment && state.depth == 1) return {};
      return state.sink.Begin(LocalName(name), XmlAttributes(attributes));
    });
  }
  static void XMLCALL OnEnd(void* data, const char* name) {
    auto& state = Of(data);
    --state.depth;
    state.Guard([&]() -> Status {
      if (state.fragment && state.depth == 0) return {};
      return state.sink.End(LocalName(name));
    });
  }
  static void XMLCALL OnText(void* data, const char* text, int length) {
    auto& state = Of(data);
    state.Guard(
        [&] { return state.sink.Text(std::string_view(text, static_cast<std::size_t>(length))); });
  }
  static void XMLCALL OnDoctype(void* data, const char*, const char*, const char*, int) {
    Of(data).Guard(
        []() -> Status { return Fail(Code::kCorrupt, "XML with a DOCTYPE is not read"); });
  }

  Status Parse(ByteView piece, bool last) {
    if (failed) return Fail(*failed);
    const auto done = XML_Parse(parser, reinterpret_cast<const char*>(piece.data()),
                                static_cast<int>(piece.size()), last ? 1 : 0);
    if (thrown) std::rethrow_exception(std::exchange(thrown, nullptr));
    if (failed) return Fail(*failed);
    if (done == XML_STATUS_ERROR) {
      const auto code = XML_GetErrorCode(parser);
      if (code == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
      failed = Error{Code::kCorrupt,
                     fmt::format("XML, line {}, byte {}: {}", XML_GetCurrentLineNumber(parser),
                                 XML_GetCurrentByteIndex(parser), XML_ErrorString(code)),
                     {},
                     0};
      return Fail(*failed);
    }
    fed += piece.size();
    const auto seen = XML_GetCurrentByteIndex(parser);
    if (!last && (seen < 0 ? fed : fed - static_cast<std::uint64_t>(seen)) > kMaxTag + kPiece) {
      failed = Error{Code::kLimit, "a tag of an XML document is larger than 4 MB", {}, 0};
      return Fail(*failed);
    }
    return {};
  }
};

XmlStream::XmlStream(XmlSink& sink, bool fragment)
    : state_(std::make_unique<State>(sink, fragment)) {
  state_->parser = XML_ParserCreate(nullptr);
  if (state_->parser == nullptr) throw std::bad_alloc();
  XML_SetUserData(state_->parser, state_.get());
  XML_SetElementHandler(state_->parser, State::OnBegin, State::OnEnd);
  XML_SetCharacterDataHandler(state_->parser, State::OnText);
  XML_SetStartDoctypeDeclHandler(state_->parser, State::OnDoctype);
}

XmlStream::~XmlStream() {
  if (state_->parser != nullptr) XML_ParserFree(state_->parser);
}

Status XmlStream::Feed(ByteView piece) {
  if (state_->fragment && state_->fed == 0) {
    // A byte order mark may only stand in front of everything.
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (AsText(piece).starts_with(kMark)) piece = piece.subspan(kMark.size());
    WW_RETURN_IF_ERROR(state_->Parse(AsBytes("<fragment>"), false));
  }
  while (!piece.empty()) {
    const auto part = piece.first(std::min(piece.size(), kPiece));
    WW_RETURN_IF_ERROR(state_->Parse(part, false));
    piece = piece.subspan(part.size());
  }
  return {};
}

Status XmlStream::Finish() {
  if (state_->fragment) {
    if (state_->fed == 0) return {};
    // A fragment that closes our own element would put its rest outside.
    if (state_->depth != 1) return Fail(Code::kCorrupt, "XML elements that are not closed");
    return state_->Parse(AsBytes("</fragment>"), true);
  }
  return state_->Parse({}, true);
}

Status ParseXml(ByteView bytes, bool fragment, XmlSink& sink) {
  XmlStream stream(sink, fragment);
  WW_RETURN_IF_ERROR(stream.Feed(bytes));
  return stream.Finish();
}

}  // namespace ww::catalog
