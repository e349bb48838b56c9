// The bytes of a metadata resource: what is accepted must come back, and survive edits.
#include <cstdint>
#include <cstdlib>

#include "wimwright/wim/image.h"

namespace {

using ww::Bytes;
using ww::wim::Image;
using ww::wim::NodeId;

void Require(bool holds) {
  if (!holds) std::abort();
}

// Written once, an image is in its final form.
Bytes CheckRoundTrip(Image& image) {
  auto once = image.Serialise();
  Require(image.serialised_size() == once.size());
  auto again = Image::Parse(once);
  Require(again.has_value());
  Require(again->node_count() == image.node_count());
  Require(again->Serialise() == once);
  return once;
}

void Edit(Image& image, std::uint32_t choice) {
  const Image::Metadata plain{ww::wim::kAttributeArchive, 1, 2, 3, -1};
  std::vector<NodeId> nodes;
  image.ForEachNode([&nodes](NodeId node) { nodes.push_back(node); });
  const auto pick = [&] {
    choice = choice * 1664525u + 1013904223u;
    return nodes[(choice >> 8) % nodes.size()];
  };
  const auto descriptor = image.AddSecurityDescriptor(ww::AsBytes("descriptor"));
  for (int i = 0; i < 8; ++i) {
    const auto node = pick();
    if (!image.alive(node)) continue;
    static_cast<void>(image.Find(image.path(node)));
    static_cast<void>(image.SetSecurity(node, descriptor));
    static_cast<void>(image.SetContent(node, ww::Sha1(ww::AsBytes("x")), 1));
    static_cast<void>(image.AddLink(pick(), "link" + std::to_string(i), node));
    static_cast<void>(image.AddDirectory(node, "directory", plain));
    static_cast<void>(image.AddFile(node, "File" + std::to_string(i), plain, {}, 0));
    if (i % 3 == 2) static_cast<void>(image.Remove(pick()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  auto image = Image::Parse(ww::ToBytes(bytes));
  if (!image) return 0;
  std::size_t total = 0;
  image->ForEachNode([&](NodeId node) {
    total += image->name(node).size() + image->short_name(node).size();
    total += image->links(node).size() + image->named_streams(node).size();
    total += static_cast<std::size_t>(image->hash(node)[0]) + image->reparse_tag(node);
  });
  static_cast<void>(image->Count([](const ww::Sha1Digest&) { return std::uint64_t{1}; }));
  CheckRoundTrip(*image);
  Edit(*image, static_cast<std::uint32_t>(total + size));
  CheckRoundTrip(*image);
  return 0;
}
