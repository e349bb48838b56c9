#include "scan_container.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "wimwright/base/text.h"
#include "wimwright/cab/cabinet.h"
#include "xml_stream.h"

namespace ww::catalog {
namespace {

constexpr std::uint64_t kMaxIndex = 4 << 20;
constexpr std::size_t kMaxCabinets = 1000;
constexpr std::uint64_t kInMemory = 4 << 20;

tl::unexpected<Error> NoCatalogue(std::string why) {
  return Fail(Error{Code::kUnsupported, "not an offline scan catalogue: " + std::move(why),
                    "Name wsusscn2.cab as it was downloaded.", 0});
}

// index.xml: CABLIST with the cabinets and the first revision of each.
class IndexSink final : public XmlSink {
 public:
  std::vector<DetailCabinet> cabinets;
  bool has_list = false;
  Status Begin(std::string_view name, const XmlAttributes& attributes) override {
    if (EqualNoCaseAscii(name, "CABLIST")) has_list = true;
    if (!has_list || !EqualNoCaseAscii(name, "CAB")) return {};
    if (cabinets.size() >= kMaxCabinets) return Fail(Code::kLimit, "too many cabinets");
    DetailCabinet cabinet;
    cabinet.name = attributes["NAME"];
    const auto start = attributes["RANGESTART"];
    const auto [end, error] =
        std::from_chars(start.data(), start.data() + start.size(), cabinet.first);
    if (cabinet.name.empty() || error != std::errc() || end != start.data() + start.size()) {
      return Fail(Code::kCorrupt, "a CAB without NAME or RANGESTART");
    }
    cabinets.push_back(std::move(cabinet));
    return {};
  }
  Status End(std::string_view) override { return {}; }
  Status Text(std::string_view) override { return {}; }
};

class SpoolSink final : public cab::MemberSink {
 public:
  SpoolSink(File& file, const Cancellation& cancelled) : file_(file), cancelled_(cancelled) {}
  Status Begin(const cab::Member&, std::size_t) override { return {}; }
  Status Write(ByteView bytes) override {
    WW_RETURN_IF_ERROR(cancelled_.Check());
    WW_RETURN_IF_ERROR(file_.WriteAt(offset_, bytes));
    offset_ += bytes.size();
    return {};
  }
  Status End() override { return {}; }

 private:
  File& file_;
  const Cancellation& cancelled_;
  std::uint64_t offset_ = 0;
};

}  // namespace

std::optional<DetailMember> ParseDetailName(std::string_view name) {
  const auto cut = name.find_last_of("\\/");
  if (cut == std::string_view::npos) return std::nullopt;
  const auto folder = name.substr(0, cut), number = name.substr(cut + 1);
  DetailMember out{};
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), out.revision);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  if (EqualNoCaseAscii(folder, "x") || EqualNoCaseAscii(folder, "extended")) {
    out.kind = DetailKind::kExtended;
  } else if (EqualNoCaseAscii(folder, "c") || EqualNoCaseAscii(folder, "core")) {
    out.kind = DetailKind::kCore;
  } else if (EqualNoCaseAscii(folder, "l\\en") || EqualNoCaseAscii(folder, "localized\\en")) {
    out.kind = DetailKind::kEnglish;
  } else {
    return std::nullopt;
  }
  return out;
}

Result<ScanContainer> ScanContainer::Open(FileSystem& fs, const std::filesystem::path& path,
                                          const ScanOptions& options) {
  ScanContainer out;
  out.fs_ = &fs;
  out.options_ = options;
  WW_TRY(auto file, fs.Open(path, OpenMode::kRead), "scan catalogue");
  auto outer = cab::OpenCabinet(std::shared_ptr<const File>(std::move(file)));
  if (!outer) {
    if (outer.error().code == Code::kCorrupt) return NoCatalogue(outer.error().message);
    return Fail(outer.error());
  }
  out.outer_ = *std::move(outer);
  if (!out.outer_->Find("package.cab")) return NoCatalogue("there is no package.cab in it");
  if (out.outer_->Find("index.xml")) {
    WW_RETURN_IF_ERROR(out.ReadIndex());
    out.whole_ = true;
  } else {
    // The form that travels inside of an MSU keeps everything in one cabinet.
    out.details_ = {{"package.cab", 0}};
  }
  return out;
}

Status ScanContainer::ReadIndex() {
  WW_TRY(const auto bytes, outer_->Read(*outer_->Find("index.xml"), kMaxIndex), "index.xml");
  IndexSink sink;
  WW_TRY_STATUS(ParseXml(bytes, false, sink), "index.xml");
  if (!sink.has_list) return NoCatalogue("index.xml has no CABLIST");
  for (const auto& cabinet : sink.cabinets) {
    if (!outer_->Find(cabinet.name)) {
      return Fail(Code::kCorrupt,
                  fmt::format("index.xml names {}, which is not there", cabinet.name));
    }
  }
  details_ = std::move(sink.cabinets);
  std::stable_sort(details_.begin(), details_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return {};
}

Result<std::unique_ptr<cab::Members>> ScanContainer::OpenInner(std::string_view name) {
  const auto index = outer_->Find(name);
  if (!index) return Fail(Code::kCorrupt, fmt::format("there is no {}", name));
  WW_TRY(auto file, outer_->OpenInPlace(*index), name);
  if (file == nullptr && outer_->list()[*index].size <= kInMemory) {
    WW_TRY(auto bytes, outer_->Read(*index, kInMemory), name);
    file = cab::MakeMemoryFile(std::move(bytes));
  } else if (file == nullptr) {
    const auto folder =
        options_.scratch_dir.empty() ? std::filesystem::path("/var/tmp") : options_.scratch_dir;
    WW_TRY(auto spooled, fs_->CreateUnnamed(folder), name);
    SpoolSink sink(*spooled, *options_.cancellation);
    const std::size_t wanted[] = {*index};
    WW_TRY_STATUS(outer_->Stream(wanted, sink), name);
    file = std::move(spooled);
  }
  WW_TRY(auto members, cab::OpenCabinet(std::move(file)), name);
  return members;
}

Result<std::unique_ptr<cab::Members>> ScanContainer::OpenList() {
  WW_TRY(auto members, OpenInner("package.cab"), "scan catalogue");
  if (!members->Find("package.xml")) return NoCatalogue("package.cab has no package.xml");
  return members;
}

Result<std::unique_ptr<cab::Members>> ScanContainer::OpenDetails(const DetailCabinet& cabinet) {
  return OpenInner(cabinet.name);
}

}  // namespace ww::catalog
