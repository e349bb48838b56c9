#include "remembered_plans.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::catalog {

using provider::Call;
using provider::Number;
using provider::Text;

namespace {

constexpr std::size_t kMostPlans = 16;  // of one image
constexpr std::string_view kClass = "WW_ApplicabilityPlan";

using Json = nlohmann::json;

// Nothing for text that this program did not write.
std::optional<std::vector<PlannedFile>> Parse(std::string_view text) {
  const auto all = Json::parse(text, nullptr, false);
  if (!all.is_array()) return std::nullopt;
  std::vector<PlannedFile> out;
  for (const auto& one : all) {
    if (!one.is_array() || one.size() != 6 || !one[0].is_number_integer() || !one[1].is_string() ||
        !one[2].is_string() || !one[3].is_number_unsigned() || !one[4].is_string() ||
        !one[5].is_string()) {
      return std::nullopt;
    }
    out.push_back({one[0].get<int>(), one[1].get<std::string>(), one[2].get<std::string>(),
                   one[3].get<std::uint32_t>(), one[4].get<std::string>(),
                   one[5].get<std::string>()});
  }
  return out;
}

}  // namespace

std::optional<std::string> FileState(const std::filesystem::path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return std::nullopt;
  return fmt::format("{}:{}:{}:{}.{:09}:{}.{:09}", found.st_dev, found.st_ino, found.st_size,
                     found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ctim.tv_sec,
                     found.st_ctim.tv_nsec);
}

std::string PlanQuestion::Id() const {
  auto sorted = inputs;
  std::sort(sorted.begin(), sorted.end());
  return ToHex(Sha256(AsBytes(fmt::format("{}\n{}\n{}\n{}", WW_VERSION, file_state,
                                          fmt::join(indexes, ","), fmt::join(sorted, "\n")))));
}

Result<std::optional<std::vector<PlannedFile>>> RecallPlan(Call& call,
                                                           const PlanQuestion& question) {
  WW_TRY(const auto row,
         call.store.FindOne(kClass, {{"PackageID", Text(question.package_id)},
                                     {"QuestionID", Text(question.Id())}}),
         "plan");
  if (!row) return std::optional<std::vector<PlannedFile>>();
  return Parse((*row)["Answer"].TextOr(""));
}

Status RememberPlan(Call& call, const PlanQuestion& question,
                    const std::vector<PlannedFile>& files) {
  WW_TRY(const auto known, call.store.FindAll(kClass, {{"PackageID", Text(question.package_id)}}),
         "plans");
  for (const auto& one : known) {
    if (known.size() < kMostPlans && one["FileState"].TextOr("") == question.file_state) continue;
    WW_TRY_STATUS(
        call.store
            .DeleteAll(kClass, {{"PackageID", one["PackageID"]}, {"QuestionID", one["QuestionID"]}})
            .map([](std::uint64_t) {}),
        "plans");
  }
  Json answer = Json::array();
  for (const auto& file : files) {
    answer.push_back(
        {file.index, file.input, file.decision, file.hresult, file.reason, file.next_step});
  }
  WW_TRY(auto row, call.store.Make(kClass), "plan");
  row.SetRaw("PackageID", Text(question.package_id));
  row.SetRaw("QuestionID", Text(question.Id()));
  row.SetRaw("FileState", Text(question.file_state));
  row.SetRaw("DateAnswered", call.Now());
  // File names of the system may be anything; reasons quote them.
  row.SetRaw("Answer", Text(answer.dump(-1, ' ', false, Json::error_handler_t::replace)));
  return call.store.Save(row);
}

}  // namespace ww::catalog
