// wimwright image info
#include <nlohmann/json.hpp>

#include "command.h"
#include "exit_code.h"
#include "units.h"
#include "wimwright/wim/rollback.h"
#include "wimwright/wim/space.h"
#include "windows_image.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "image",
    "info",
    "Show what a WIM file holds",
    "Header and compression of the file, and for every image its name, edition, architecture,\n"
    "build, languages and sizes. Edition and build come from the image's own registry; the\n"
    "description in the WIM may be older.",
    {{"image info install.wim", "for a person"},
     {"image info install.wim --json", "for a script"}}};

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The registry's word, or the XML's where the image is not Windows.
struct Described {
  wim::ImageInfo xml;
  std::string edition, architecture, build;
  bool windows = false;
  std::vector<std::string> pending;
  std::string note;
};

Described Describe(const wim::WimFile& file, const wim::ImageInfo& xml) {
  Described d;
  d.xml = xml;
  d.edition = xml.edition_id.empty() ? xml.flags : xml.edition_id;
  d.architecture = xml.architecture;
  if (xml.build != 0) d.build = fmt::format("{}.{}", xml.build, xml.sp_build);
  auto open = OpenImageOf(file, xml.index);
  if (!open) {
    d.note = open.error().message;
  } else if ((*open)->windows) {
    const cbs::ImageState& state = *(*open)->windows;
    d.windows = true;
    d.edition = state.edition();
    d.architecture = state.architecture();
    d.build = state.version().ToString();
    d.pending = state.pending();
  } else {
    d.note = (*open)->why->message;
  }
  return d;
}

Json ImageJson(const Described& d) {
  Json object{{"index", d.xml.index},
              {"name", d.xml.name},
              {"description", d.xml.description},
              {"edition", d.edition},
              {"architecture", d.architecture},
              {"build", d.build},
              {"installation_type", d.xml.installation_type},
              {"languages", d.xml.languages},
              {"default_language", d.xml.default_language},
              {"directories", d.xml.directories},
              {"files", d.xml.files},
              {"total_bytes", d.xml.total_bytes},
              {"hard_link_bytes", d.xml.hard_link_bytes},
              {"created", FormatFileTime(d.xml.created)},
              {"modified", FormatFileTime(d.xml.modified)},
              {"windows", d.windows},
              {"pending", d.pending}};
  if (!d.note.empty()) object["note"] = d.note;
  return object;
}

std::string ImageText(const Described& d) {
  std::string text = fmt::format("\nindex {}: {}\n", d.xml.index, d.xml.name);
  const auto line = [&text](std::string_view key, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<14} {}\n", key, value);
  };
  line("edition", d.edition);
  line("architecture", d.architecture);
  line("build", d.build);
  line("languages", Join(d.xml.languages));
  line("content", fmt::format("{} in {} files, {} directories", FormatBytes(d.xml.total_bytes),
                              d.xml.files, d.xml.directories));
  line("hard links", FormatBytes(d.xml.hard_link_bytes));
  line("modified", FormatFileTime(d.xml.modified));
  for (const std::string& item : d.pending) line("pending", item);
  line("note", d.note);
  return text;
}

class ImageInfo final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    AddOption(app, "IMAGE", image_, "WIM file").Required().Value("");
  }

  Result<int> Run(Session& session) override {
    WW_TRY(const auto file, wim::WimFile::Open(session.fs(), image_), image_);
    const wim::Header& h = file->header();
    std::vector<Described> images;
    for (const wim::ImageInfo& info : file->images()) {
      WW_RETURN_IF_ERROR(session.cancel().Check());
      images.push_back(Describe(*file, info));
    }
    const wim::SpaceUse use = wim::MeasureSpace(*file);
    const auto former = wim::FormerSize(*file);
    const std::string_view compression = wim::CompressionName(h.compression());
    if (!session.options().json) {
      session.Print("{}: {}, {} compression, chunks of {}, {} images, boot index {}, {}\n", image_,
                    FormatBytes(file->file_size()), compression, FormatBytes(h.chunk_size),
                    images.size(), h.boot_index,
                    h.integrity.size > 0 ? "with integrity table" : "no integrity table");
      if (use.dead_bytes() > 0) {
        session.Print("{} dead space: image compact returns it\n", FormatBytes(use.dead_bytes()));
      }
      if (former) {
        session.Print("image rollback returns to the {} before the last in-place job\n",
                      FormatBytes(*former));
      }
      if (file->tail().bytes > 0) {
        session.Print("{} behind the last resource: left by an interrupted append\n",
                      FormatBytes(file->tail().bytes));
      }
      for (const Described& d : images) session.Print(ImageText(d));
      return kExitDone;
    }
    Json indexes = Json::array();
    for (const Described& d : images) indexes.push_back(ImageJson(d));
    session.PrintJson("succeeded", kExitDone,
                      Json{{"image", image_},
                           {"file",
                            {{"bytes", file->file_size()},
                             {"tail_bytes", file->tail().bytes},
                             {"dead_bytes", use.dead_bytes()},
                             {"rollback", former.has_value()},
                             {"compression", compression},
                             {"chunk_size", h.chunk_size},
                             {"guid", ToHexGuid(h.guid)},
                             {"images", h.image_count},
                             {"boot_index", h.boot_index},
                             {"blobs", file->blobs().size()},
                             {"integrity_table", h.integrity.size > 0}}},
                           {"indexes", std::move(indexes)}});
    return kExitDone;
  }

 private:
  static std::string ToHexGuid(const std::array<std::byte, 16>& guid);

  std::string image_;
};

// As wimlib prints it: the bytes in order.
std::string ImageInfo::ToHexGuid(const std::array<std::byte, 16>& guid) {
  std::string text = "0x";
  for (const std::byte b : guid) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return text;
}

}  // namespace

std::unique_ptr<Command> MakeImageInfo() { return std::make_unique<ImageInfo>(); }

}  // namespace ww::cli
