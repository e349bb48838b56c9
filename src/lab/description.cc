// README.md, lab.json and the certificate: what a lab says about itself.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lab_context.h"
#include "updates.h"

namespace ww::lab {
namespace {

using Json = nlohmann::ordered_json;

Json CaseJson(const Case& c) {
  Json json;
  json["name"] = c.name;
  json["image"] = c.image;
  json["index"] = c.index;
  json["updates"] = Json::array();
  json["decisions"] = Json::object();
  for (const ExpectedDecision& update : c.updates) {
    json["updates"].push_back(update.update);
    if (update.decision.empty()) continue;
    json["decisions"][update.update] = {
        {"decision", update.decision}, {"hresult", update.hresult}, {"why", update.why}};
  }
  json["exit_code"] = c.exit_code;
  json["plan_exit_code"] = c.plan_exit_code;
  if (!c.build_before.empty()) json["build_before"] = c.build_before;
  if (!c.build_after.empty()) json["build_after"] = c.build_after;
  return json;
}

std::string Readme(const LabContext& lab) {
  std::string text = fmt::format(
      "# Sample images and updates ({})\n\n"
      "Made by `wimwright lab create`: invented components, packages and content in the formats "
      "of\n"
      "Windows. Nothing here boots, nothing is Microsoft's. KB numbers 9000000 and up do not "
      "exist.\n"
      "`lab.json` holds the same table for programs. Catalogs are signed by `lab-ca.pem`; never "
      "trust it\nelsewhere, its key can be computed by anybody.\n\n"
      "Try: `wimwright plan images/win10-1607-x86.wim --update updates/{}`\n\n"
      "## Images\n\n",
      PresetName(lab.options.preset), kLcu);
  for (const std::string& image : lab.report.images) text += "- `images/" + image + "`\n";
  text += "\n## Updates\n\n";
  for (const std::string& update : lab.report.updates) text += "- `updates/" + update + "`\n";
  text +=
      "\n## What is expected\n\n| case | image | update | decision | code | why |\n|---|---|---|"
      "---|---|---|\n";
  for (const Case& c : lab.report.cases) {
    for (const ExpectedDecision& update : c.updates) {
      text += fmt::format("| {} | {}:{} | {} | {} | {} | {} |\n", c.name, c.image, c.index,
                          update.update, update.decision, update.hresult, update.why);
    }
  }
  if (!lab.report.notes.empty()) text += "\n## Left out\n\n";
  for (const std::string& note : lab.report.notes) text += "- " + note + "\n";
  return text;
}

Status WriteText(LabContext& lab, std::string_view name, std::string_view text) {
  WW_TRY(const auto file, lab.fs.CreateNew(lab.dir / name), name);
  return file->WriteAt(0, AsBytes(text));
}

}  // namespace

Status WriteDescription(LabContext& lab) {
  AddWindows10Cases(lab.report);
  AddLegacyCases(lab.report);
  AddLargeCases(lab.report);
  AddModernCases(lab.report);
  Json json;
  json["schema"] = 1;
  json["preset"] = PresetName(lab.options.preset);
  json["images"] = lab.report.images;
  json["updates"] = lab.report.updates;
  json["cases"] = Json::array();
  for (const Case& c : lab.report.cases) json["cases"].push_back(CaseJson(c));
  json["verifications"] = Json::array();
  for (const ExpectedVerification& v : lab.report.verifications) {
    json["verifications"].push_back(
        {{"image", v.image}, {"exit_code", v.exit_code}, {"object", v.object}});
  }
  json["notes"] = lab.report.notes;
  WW_RETURN_IF_ERROR(WriteText(lab, "lab.json", json.dump(2) + "\n"));
  WW_RETURN_IF_ERROR(WriteText(lab, "lab-ca.pem", lab.signer->ca_pem()));
  return WriteText(lab, "README.md", Readme(lab));
}

}  // namespace ww::lab
