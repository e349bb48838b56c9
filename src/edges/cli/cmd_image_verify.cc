// wimwright image verify
#include <algorithm>
#include <deque>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "command.h"
#include "error_text.h"
#include "exit_code.h"
#include "index_option.h"
#include "units.h"
#include "wimwright/cbs/self_test.h"
#include "wimwright/wim/verify.h"
#include "windows_image.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "image",
    "verify",
    "Test an image's component store and every stored byte",
    "Hashes everything the file stores, then tests the component store of each image: the hash in\n"
    "the name of every manifest, catalogs, component keys, hard links and payload against the\n"
    "manifests. Finds something: exit code 6 and a list.",
    {{"image verify install.wim", "all images of the file"},
     {"image verify install.wim --index 2 --json", "one image, for a script"},
     {"image verify install.wim --content-only", "the stored bytes, no component stores"}}};

Json ProblemJson(const cbs::Problem& p) {
  return Json{{"kind", p.kind}, {"object", p.object}, {"detail", p.detail}};
}

std::string ProblemText(const cbs::Problem& p) {
  return fmt::format("  {:<16} {}: {}\n", p.kind, p.object, p.detail);
}

Json CountsJson(const cbs::SelfTestReport& r) {
  return Json{{"packages", r.packages},
              {"manifests", r.manifests},
              {"catalogs", r.catalogs},
              {"component_keys", r.component_keys},
              {"hard_links", r.hard_links},
              {"payload_files", r.payload_files},
              {"hives", r.hives}};
}

struct IndexTest {
  cbs::SelfTestReport report;
  bool windows = true;  // one without has no component store; its bytes were hashed all the same
};

Result<IndexTest> TestIndex(const wim::WimFile& file, int index, const wim::ContentDigests& digests,
                            const Cancellation& cancel) {
  IndexTest test;
  auto open = OpenImageOf(file, index);
  if (!open) {
    test.report.problems.push_back({"image", fmt::format("image {}", index), open.error().message});
    return test;
  }
  if (!(*open)->windows) {
    test.windows = false;
    return test;
  }
  cbs::SelfTestOptions options;
  options.digests = &digests;
  WW_TRY(test.report, cbs::RunSelfTest(*(*open)->windows, options, cancel), "component store");
  return test;
}

class ImageVerify final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    AddOption(app, "IMAGE", image_, "WIM file").Required().Value("");
    index_.Define(app);
    AddOption(app, "--threads", threads_, "Worker threads; default: one per processor")
        .Value("N")
        .Between(1, 1024);
    AddFlag(app, "--content-only", content_only_,
            "Only hash what the file stores; half the time, and component stores stay untested");
  }

  Result<int> Run(Session& session) override {
    WW_TRY(const auto file, wim::WimFile::Open(session.fs(), image_), image_);
    auto chosen = index_.NumbersOf(static_cast<int>(file->images().size()));
    if (!chosen) return Fail(chosen.error());
    std::uint64_t total = 0;
    for (const wim::Blob& blob : file->blobs().blobs()) total += blob.where.size;
    session.progress().BeginPhase("Hashing content", 1, content_only_ ? 1 : 2, total);
    wim::ContentDigests digests;
    auto bytes = wim::VerifyBlobs(*file, threads_, session.progress(), session.cancel(),
                                  content_only_ ? nullptr : &digests);
    if (!bytes) return Fail(bytes.error());
    if (content_only_) return Show(session, bytes->ok(), *bytes, Json::array(), "");

    session.progress().BeginPhase("Testing component stores", 2, 2, chosen->size());
    WW_TRY(const auto tests, TestIndexes(session, *file, *chosen, digests), image_);
    bool ok = bytes->ok();
    Json indexes = Json::array();
    std::string text;
    for (std::size_t i = 0; i < tests.size(); ++i) {
      const int index = (*chosen)[i];
      const auto& report = tests[i].report;
      if (!tests[i].windows) {
        session.Note("index {}: not Windows, only its bytes were tested\n", index);
      }
      ok = ok && report.problems.empty();
      Json problems = Json::array();
      text += IndexText(index, report);
      for (const cbs::Problem& p : report.problems) problems.push_back(ProblemJson(p));
      indexes.push_back(Json{
          {"index", index}, {"checked", CountsJson(report)}, {"problems", std::move(problems)}});
    }
    return Show(session, ok, *bytes, std::move(indexes), text);
  }

 private:
  // One image a processor at a time: each is one thread's work and some tens of megabytes.
  Result<std::vector<IndexTest>> TestIndexes(Session& session, const wim::WimFile& file,
                                             const std::vector<int>& indexes,
                                             const wim::ContentDigests& digests) const {
    const std::size_t at_once =
        std::max(1u, threads_ != 0 ? threads_ : std::thread::hardware_concurrency());
    std::deque<std::future<Result<IndexTest>>> running;
    std::vector<IndexTest> out;
    const auto finish_one = [&]() -> Status {
      auto test = running.front().get();
      running.pop_front();
      if (!test) return Fail(test.error().Within(fmt::format("image {}", indexes[out.size()])));
      out.push_back(*std::move(test));
      session.progress().Advance(1);
      return {};
    };
    for (const int index : indexes) {
      if (running.size() == at_once) WW_RETURN_IF_ERROR(finish_one());
      running.push_back(std::async(std::launch::async | std::launch::deferred, [&, index] {
        return TestIndex(file, index, digests, session.cancel());
      }));
    }
    while (!running.empty()) WW_RETURN_IF_ERROR(finish_one());
    return out;
  }

  static std::string IndexText(int index, const cbs::SelfTestReport& r) {
    std::string text = fmt::format(
        "index {}: {} packages, {} manifests, {} catalogs, {} component keys, {} hard links, {} "
        "payload files, {} hives: {}\n",
        index, r.packages, r.manifests, r.catalogs, r.component_keys, r.hard_links, r.payload_files,
        r.hives, r.problems.empty() ? "sound" : fmt::format("{} problems", r.problems.size()));
    for (const cbs::Problem& p : r.problems) text += ProblemText(p);
    return text;
  }

  int Show(Session& session, bool ok, const wim::VerifyReport& bytes, Json indexes,
           const std::string& text) {
    const int exit_code = ok ? kExitDone : kExitVerification;
    Json stored = Json::array();
    for (const wim::VerifyProblem& p : bytes.problems) {
      stored.push_back(Json{{"kind", "blob"}, {"object", p.object}, {"detail", p.error.message}});
    }
    const Error error{Code::kVerificationFailed, "the image has the problems listed",
                      "use an intact copy of this image", 0};
    if (session.options().json) {
      Json object{
          {"image", image_},
          {"ok", ok},
          {"content", {{"blobs", bytes.blobs}, {"bytes", bytes.bytes}, {"problems", stored}}},
          {"content_only", content_only_},
          {"indexes", std::move(indexes)}};
      if (!ok) object["error"] = ErrorJson(error);
      session.PrintJson(ok ? "succeeded" : "failed", exit_code, object);
    } else {
      session.Print("{}: {}\n", image_, ok ? "sound" : "damaged");
      session.Print("content: {} blobs, {}: {}\n", bytes.blobs, FormatBytes(bytes.bytes),
                    bytes.ok() ? "sound" : fmt::format("{} problems", bytes.problems.size()));
      for (const wim::VerifyProblem& p : bytes.problems) {
        session.Print("  {}: {}\n", p.object, p.error.message);
      }
      session.Print(text);
    }
    if (!ok) ComplainAbout(session, error, exit_code);
    return exit_code;
  }

  std::string image_;
  IndexOption index_;
  unsigned threads_ = 0;
  bool content_only_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeImageVerify() { return std::make_unique<ImageVerify>(); }

}  // namespace ww::cli
