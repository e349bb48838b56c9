// wimwright delta info
#include <nlohmann/json.hpp>

#include "command.h"
#include "delta_input.h"
#include "exit_code.h"
#include "wimwright/base/text.h"
#include "wimwright/delta/apply.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "delta",
    "info",
    "Show the header of a binary delta",
    "Understands PA30 and PA31, bare, with the CRC-32 that package members carry in front, and\n"
    "inside of the DCM, DCN, DCD wrapper of the component store.",
    {{"delta info payload.p", "for a person"}, {"delta info payload.p --json", "for a script"}}};

// CryptoAPI ALG_ID.
std::string HashName(std::uint32_t algorithm) {
  switch (algorithm) {
    case 0:
      return "none";
    case 0x8003:
      return "MD5";
    case 0x8004:
      return "SHA-1";
    case 0x800C:
      return "SHA-256";
    default:
      return fmt::format("0x{:x}", algorithm);
  }
}

class DeltaInfo final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    AddOption(app, "DELTA", path_, "Delta file").Required().Value("");
  }

  Result<int> Run(Session& session) override {
    WW_TRY(const Bytes file, ReadFile(session.fs(), path_, kMaxDeltaFile), path_);
    const auto wrapper = delta::DetectWrapper(file);
    if (wrapper == delta::Wrapper::kDcs) {
      return Fail(Code::kUnsupported, path_ + ": LZMS blocks (DCS) have no delta header");
    }
    WW_TRY(const delta::Header h, delta::ReadHeader(DeltaInside(file)), path_);
    const std::string time = FormatFileTime(h.target_time);
    if (session.options().json) {
      session.PrintJson("succeeded", kExitDone,
                        Json{{"input", path_},
                             {"bytes", file.size()},
                             {"wrapper", delta::WrapperName(wrapper)},
                             {"format", h.magic},
                             {"crc32", h.has_crc},
                             {"target_size", h.target_size},
                             {"target_time", time},
                             {"flags", fmt::format("0x{:x}", h.flags)},
                             {"file_type_set", fmt::format("0x{:x}", h.file_type_set)},
                             {"file_type", fmt::format("0x{:x}", h.file_type)},
                             {"hash_algorithm", HashName(h.hash_algorithm)},
                             {"target_hash", ToHex(h.target_hash)},
                             {"source_hash", ToHex(h.source_hash)}});
      return kExitDone;
    }
    session.Print("{}: {}, {}, {} bytes{}\n", path_, h.magic, delta::WrapperName(wrapper),
                  file.size(), h.has_crc ? ", CRC-32 in front" : "");
    session.Print("  target    {} bytes, {}\n", h.target_size, time.empty() ? "no time" : time);
    session.Print("  flags     0x{:x}, file type 0x{:x} of 0x{:x}\n", h.flags, h.file_type,
                  h.file_type_set);
    session.Print("  hash      {} {}\n", HashName(h.hash_algorithm), ToHex(h.target_hash));
    if (!h.source_hash.empty()) session.Print("  source    {}\n", ToHex(h.source_hash));
    return kExitDone;
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<Command> MakeDeltaInfo() { return std::make_unique<DeltaInfo>(); }

}  // namespace ww::cli
