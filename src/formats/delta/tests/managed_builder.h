// Small managed images made by hand: a CLI header, metadata with the tables a test asks for,
// bodies.
#pragma once

#include <map>

#include "cli_source.h"
#include "pe_builder.h"
#include "sample_images.h"

namespace ww::delta {

// .text at kTextRva (file offset 0x400): CLI header, then bodies from kBodies on, then metadata
// from kMetadata on.
class ManagedBuilder {
 public:
  static constexpr std::uint32_t kRaw = PeBuilder::kHeaders;
  static constexpr std::uint32_t kBodies = 0x50;     // in .text
  static constexpr std::uint32_t kMetadata = 0x200;  // in .text

  // Rows of two-byte and four-byte cells, as many as the table has columns.
  ManagedBuilder& Table(unsigned table, std::vector<std::vector<std::uint32_t>> rows) {
    tables_[table] = std::move(rows);
    return *this;
  }
  ManagedBuilder& Strings(std::string_view text) { return Heap(kCliStrings, text); }
  ManagedBuilder& UserStrings(std::string_view text) { return Heap(kCliUserStrings, text); }
  ManagedBuilder& Blobs(std::string_view text) { return Heap(kCliBlobs, text); }
  ManagedBuilder& Guids(std::string_view text) { return Heap(kCliGuids, text); }
  ManagedBuilder& Body(std::uint32_t at, std::string_view bytes) {
    bodies_[at] = bytes;
    return *this;
  }
  ManagedBuilder& WideHeaps(bool strings, bool guids, bool blobs) {
    layout_.wide_strings = strings;
    layout_.wide_guids = guids;
    layout_.wide_blobs = blobs;
    return *this;
  }
  ManagedBuilder& Legacy() {
    layout_.legacy_generic_param = true;
    return *this;
  }
  static constexpr std::uint32_t BodyRva(std::uint32_t at) { return kTextRva + kBodies + at; }
  static constexpr std::uint32_t BodyAt(std::uint32_t at) { return kRaw + kBodies + at; }

  Bytes Build(std::uint16_t machine = kMachineI386) const {
    Bytes text(kMetadata);
    Put32(text, 0, 72);
    Put32(text, 8, kTextRva + kMetadata);
    for (const auto& [at, bytes] : bodies_) PutText(text, kBodies + at, bytes);
    const Bytes metadata = Metadata();
    Put32(text, 12, static_cast<std::uint32_t>(metadata.size()));
    Append(text, metadata);
    text.resize((text.size() + 0x1FF) & ~std::size_t{0x1FF});
    PeBuilder pe(machine);
    pe.Section(".text", kTextRva, text, kCodeSection).Directory(kDirCli, kTextRva, 72);
    return pe.Build();
  }

 private:
  ManagedBuilder& Heap(unsigned heap, std::string_view text) {
    heaps_[heap] = ToBytes(text);
    return *this;
  }
  Bytes Tables() const {
    CliLayout layout = layout_;
    for (const auto& [table, rows] : tables_) {
      layout.valid |= std::uint64_t{1} << table;
      layout.rows[table] = static_cast<std::uint32_t>(rows.size());
    }
    Bytes out(24);
    out[6] = static_cast<std::byte>((layout.wide_strings ? 1 : 0) | (layout.wide_guids ? 2 : 0) |
                                    (layout.wide_blobs ? 4 : 0));
    StoreLe(out.data() + 8, layout.valid);
    for (const auto& [table, rows] : tables_) AppendLe(out, layout.rows[table]);
    for (const auto& [table, rows] : tables_) {
      for (const auto& row : rows) {
        std::size_t i = 0;
        for (const CliColumn column : layout.Columns(table)) {
          if (layout.Width(column) == 4) {
            AppendLe(out, row.at(i++));
          } else {
            AppendLe(out, static_cast<std::uint16_t>(row.at(i++)));
          }
        }
      }
    }
    return out;
  }
  Bytes Metadata() const {
    constexpr std::string_view kNames[] = {"#Strings", "#US", "#Blob", "#GUID", "#~"};
    std::array<Bytes, kCliStreams> streams = heaps_;
    streams[kCliTableStream] = Tables();
    Bytes head = ToBytes(std::string_view("BSJB\1\0\1\0\0\0\0\0\4\0\0\0v4\0\0\0\0", 22));
    AppendLe<std::uint16_t>(head, kCliStreams);
    auto at = static_cast<std::uint32_t>(head.size());
    for (const auto name : kNames) at += 8 + static_cast<std::uint32_t>((name.size() + 4) & ~3u);
    Bytes body;
    for (unsigned i = 0; i < kCliStreams; ++i) {
      AppendLe(head, at + static_cast<std::uint32_t>(body.size()));
      AppendLe(head, static_cast<std::uint32_t>(streams[i].size()));
      Append(head, AsBytes(kNames[i]));
      head.resize((head.size() + 4) & ~std::size_t{3});
      Append(body, streams[i]);
      body.resize((body.size() + 3) & ~std::size_t{3});
    }
    Append(head, body);
    return head;
  }

  CliLayout layout_;
  std::map<unsigned, std::vector<std::vector<std::uint32_t>>> tables_;
  std::array<Bytes, kCliStreams> heaps_;
  std::map<std::uint32_t, std::string_view> bodies_;
};

inline CliLayout LayoutOf(const Bytes& image, bool legacy = false) {
  return ReadSourceCli(*PeView::Parse(image), image, legacy).value();
}

}  // namespace ww::delta
