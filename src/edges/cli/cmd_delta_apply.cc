// wimwright delta apply
#include <nlohmann/json.hpp>

#include "command.h"
#include "delta_input.h"
#include "exit_code.h"
#include "output_file.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"
#include "wimwright/delta/apply.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "delta",
    "apply",
    "Make the target of a binary delta",
    "Applies DELTA to BASE and writes the result, which is checked against the hash in the delta\n"
    "when it has one. /dev/null is the base of null deltas.",
    {{"delta apply old.dll payload.p -o new.dll", "one file"},
     {"delta apply /dev/null n/new.dll --output new.dll", "a null delta"}}};

class DeltaApply final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  bool ChangesFiles() const override { return true; }
  void Define(CLI::App& app) override {
    AddOption(app, "BASE", base_, "File that the delta starts from").Required().Value("");
    AddOption(app, "DELTA", delta_, "Delta file").Required().Value("");
    AddOption(app, "--output,-o", output_, "Write the result to FILE").Required().Value("FILE");
  }

  Result<int> Run(Session& session) override {
    WW_TRY(const Bytes base, ReadFile(session.fs(), base_, kMaxBaseFile), base_);
    WW_TRY(const Bytes file, ReadFile(session.fs(), delta_, kMaxDeltaFile), delta_);
    const bool wrapped = delta::DetectWrapper(file) != delta::Wrapper::kNone;
    auto made = wrapped ? delta::Unwrap(file, base) : delta::Apply(base, file);
    if (!made) return Fail(made.error().Within(delta_));
    WW_RETURN_IF_ERROR(session.cancel().Check());
    WW_TRY_STATUS(WriteWhole(session.fs(), output_, *made), output_);
    const std::string sha256 = ToHex(Sha256(*made));
    session.Note("{}: {} bytes, SHA-256 {}\n", output_, made->size(), sha256);
    if (session.options().json) {
      session.PrintJson("succeeded", kExitDone,
                        Json{{"base", base_},
                             {"delta", delta_},
                             {"output", output_},
                             {"bytes", made->size()},
                             {"sha256", sha256}});
    }
    return kExitDone;
  }

 private:
  std::string base_, delta_, output_;
};

}  // namespace

std::unique_ptr<Command> MakeDeltaApply() { return std::make_unique<DeltaApply>(); }

}  // namespace ww::cli
