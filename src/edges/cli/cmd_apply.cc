// wimwright apply
#include <filesystem>
#include <set>
#include <system_error>

#include "cache_option.h"
#include "command.h"
#include "job_command.h"
#include "job_report.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "",
    "apply",
    "Apply updates to an image, prove the result, publish it atomically",
    "All updates for all chosen indexes become one pass and one commit. The finished file is\n"
    "opened again from disk and must show every selected update, before it gets its name. When\n"
    "anything fails, and after Ctrl-C, the input image and any earlier output are byte for byte\n"
    "what they were. A second run of the same job does nothing and says so.\n"
    "\n"
    "--output writes a new file and leaves IMAGE alone; --in-place replaces IMAGE. One of the two\n"
    "has to be given; several images take --output-dir or --in-place. Each image is a job of its\n"
    "own; payload that several want is decoded and compressed once. With --cache later jobs find\n"
    "it too.",
    {{"apply install.wim --update updates/ --output patched.wim",
      "all updates of a folder into all images; install.wim stays as it is"},
     {"apply install.wim --update kb4343884.msu --index 1 --in-place",
      "one update into the first image of the file itself"},
     {"apply *.wim --update updates/ --output-dir patched/ --cache /var/cache/wimwright",
      "several images, payload compressed once and kept for next time"},
     {"apply install.wim --update updates/ --in-place --continue-on-error --json",
      "leave out what cannot be applied (exit code 10) and say what it was"}}};

class Apply final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  bool ChangesFiles() const override { return true; }

  void Define(CLI::App& app) override {
    inputs_.Define(app, true);
    const Option output =
        AddOption(app, "--output,-o", output_, "Write the result to FILE").Value("FILE");
    const Option dir = AddOption(app, "--output-dir", output_dir_,
                                 "Write results to DIR, made when absent, under the images' names");
    dir.Value("DIR").Excludes(output);
    AddFlag(app, "--in-place", in_place_, "Replace IMAGE by the result")
        .Excludes(output)
        .Excludes(dir);
    AddFlag(app, "--continue-on-error", continue_on_error_,
            "Leave out updates that fail or are refused (exit code 10)");
    AddOption(app, "--compression-level", level_, "Effort of compression; default 4")
        .Value("1-100")
        .Between(1, 100);
    AddCacheOption(app, cache_);
    AddSizeOption(app, "--cache-size", cache_limit_, "What the cache may hold; default 10G");
  }

  Result<int> Run(Session& session) override {
    WW_RETURN_IF_ERROR(CheckTargets());
    auto options = inputs_.Options(session);
    if (!options) return Fail(options.error());
    options->continue_on_error = continue_on_error_;
    options->compression_level = level_;
    options->cache_dir = cache_;
    options->cache_limit = cache_limit_;
    if (!output_dir_.empty()) {
      std::error_code error;
      std::filesystem::create_directories(output_dir_, error);
      if (error) {
        return Fail(Code::kIo,
                    fmt::format("creating {}: {}", output_dir_.string(), error.message()));
      }
    }
    const auto& images = inputs_.images();
    if (images.size() == 1) {
      const auto names = Aim(images.front(), *options);
      return ReportJob(session, servicing::Apply(*options, ContextOf(session)), names);
    }
    servicing::SharedPayload shared;
    JobSeries series(session);
    for (const auto& image : images) {
      const auto names = Aim(image, *options);
      series.Add(servicing::Apply(*options, ContextOf(session), shared), names);
      if (session.cancel().requested()) break;
    }
    return series.Finish();
  }

 private:
  Status CheckTargets() const {
    const auto& images = inputs_.images();
    if (output_.empty() && output_dir_.empty() && !in_place_) {
      return Fail(Error{Code::kUsage, "where the result goes was not said",
                        "give --output FILE for a new file or --in-place to replace the image", 0});
    }
    if (images.size() > 1 && !output_.empty()) {
      return Fail(Error{Code::kUsage, "one --output for several images",
                        "give --output-dir DIR or --in-place", 0});
    }
    std::set<std::filesystem::path> names;
    for (const auto& image : images) {
      const std::filesystem::path path(image);
      std::error_code error;
      const auto whole = std::filesystem::weakly_canonical(path, error);
      if (!names.insert(output_dir_.empty() ? whole : path.filename()).second) {
        return Fail(Error{Code::kUsage, fmt::format("{} would be written twice", image),
                          "give images with different names", 0});
      }
    }
    return {};
  }

  JobNames Aim(const std::string& image, servicing::JobOptions& options) const {
    options.image = image;
    if (in_place_) return {image, "", false};
    options.output = output_dir_.empty() ? std::filesystem::path(output_)
                                         : output_dir_ / std::filesystem::path(image).filename();
    return {image, options.output->string(), false};
  }

  JobInputs inputs_;
  std::string output_;
  std::filesystem::path output_dir_;
  bool in_place_ = false;
  bool continue_on_error_ = false;
  int level_ = servicing::JobOptions{}.compression_level;
  std::string cache_;
  std::uint64_t cache_limit_ = servicing::kDefaultCacheLimit;
};

}  // namespace

std::unique_ptr<Command> MakeApply() { return std::make_unique<Apply>(); }

}  // namespace ww::cli
