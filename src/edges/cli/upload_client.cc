#include "upload_client.h"

#include <algorithm>
#include <thread>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::cli {
namespace {

constexpr std::uint64_t kPiece = 8 << 20;
constexpr int kAttempts = 5;  // in a row without a byte that arrived
constexpr std::size_t kHashPiece = 1 << 20;

Result<Json> Begin(SiteClient& site, const LocalFile& file) {
  const auto name = file.path.filename().string();
  WW_TRY(const auto mine, site.Send("GET", "uploads", nullptr), "uploads");
  for (const auto& one : mine.value("value", Json::array())) {
    if (one.value("name", "") == name && one.value("size", std::uint64_t{0}) == file.bytes &&
        one.value("sha256", "") == file.sha256) {
      return one;
    }
  }
  const Json body{{"name", name}, {"size", file.bytes}, {"sha256", file.sha256}};
  return site.Send("POST", "uploads", &body);
}

}  // namespace

Result<LocalFile> HashLocalFile(Session& session, const std::filesystem::path& path) {
  WW_TRY(const auto file, session.fs().Open(path, OpenMode::kRead), path.string());
  LocalFile out{path, 0, {}};
  WW_TRY(out.bytes, file->Size(), path.string());
  Sha256Hasher hasher;
  Bytes buffer(kHashPiece);
  for (std::uint64_t at = 0; at < out.bytes; at += buffer.size()) {
    WW_RETURN_IF_ERROR(session.cancel().Check());
    const auto piece =
        MutableByteView(buffer).first(std::min<std::uint64_t>(buffer.size(), out.bytes - at));
    WW_TRY_STATUS(file->ReadAt(at, piece), path.string());
    hasher.Update(piece);
  }
  out.sha256 = ToHex(hasher.Finish());
  return out;
}

Result<std::string> Upload(SiteClient& site, Session& session, const LocalFile& file) {
  WW_TRY(const auto opened, session.fs().Open(file.path, OpenMode::kRead), file.path.string());
  WW_TRY(const auto begun, Begin(site, file), "upload");
  const auto id = begun.value("id", "");
  auto offset = begun.value("offset", std::uint64_t{0});
  const auto room = std::min(kPiece, begun.value("piece", kPiece));
  session.progress().BeginPhase("send " + file.path.filename().string(), 1, 1, file.bytes);
  session.progress().Advance(offset);
  Bytes buffer(std::min(room, std::max<std::uint64_t>(file.bytes, 1)));
  int failures = 0;
  while (offset < file.bytes) {
    WW_RETURN_IF_ERROR(session.cancel().Check());
    const auto piece =
        MutableByteView(buffer).first(std::min<std::uint64_t>(buffer.size(), file.bytes - offset));
    WW_TRY_STATUS(opened->ReadAt(offset, piece), file.path.string());
    auto answer = site.Send("PUT", fmt::format("uploads/{}?offset={}", id, offset), piece);
    if (answer) {
      failures = 0;
      session.progress().Advance(piece.size());
      offset += piece.size();
      continue;
    }
    const auto code = answer.error().code;
    const bool passing = code == Code::kIo || code == Code::kBusy || code == Code::kConflict;
    if (!passing || ++failures >= kAttempts) return Fail(answer.error());
    // How much did arrive? Asked until the server is back.
    std::this_thread::sleep_for(std::chrono::milliseconds(200) * (1 << failures));
    if (auto state = site.Send("GET", "uploads/" + id, nullptr)) {
      offset = state->value("offset", offset);
    } else if (state.error().code == Code::kNotFound) {
      return Fail(state.error());
    }
  }
  return id;
}

}  // namespace ww::cli
