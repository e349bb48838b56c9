// wimwright lab catalog
#include <nlohmann/json.hpp>

#include "command.h"
#include "exit_code.h"
#include "units.h"
#include "wimwright/lab/scan_catalog.h"

namespace ww::cli {
namespace {

const Manual kManual{"lab",
                     "catalog",
                     "Write an offline scan catalogue of invented updates",
                     "In the form of wsusscn2.cab and in its proportions: about half of the "
                     "entries are updates, the\n"
                     "others are their parts, categories and detectors. Equal options give equal "
                     "bytes; editions of\n"
                     "one catalogue differ in --date, --withdrawn and --revised.",
                     {{"lab catalog wsusscn2.cab", "2,000 entries"},
                      {"lab catalog wsusscn2.cab --entries 136000", "as large as the real one"}}};

class LabCatalog final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  bool ChangesFiles() const override { return true; }

  void Define(CLI::App& app) override {
    AddOption(app, "FILE", file_, "Catalogue to write; it must not exist").Required().Value("");
    AddOption(app, "--entries", entries_, "Entries of the list; default: 2000")
        .Value("N")
        .Between(10, 4'000'000);
    AddOption(app, "--date", options_.created, "When it was made, as 2024-06-11T18:00:00Z")
        .Value("TIME");
    AddOption(app, "--withdrawn", withdrawn_, "Updates left out at the beginning").Value("N");
    AddOption(app, "--revised", revised_, "Updates in a later revision").Value("N");
  }

  Result<int> Run(Session& session) override {
    options_.entries = entries_;
    options_.withdrawn = withdrawn_;
    options_.revised = revised_;
    const std::filesystem::path path = std::filesystem::absolute(file_);
    WW_TRY(const auto facts, lab::WriteScanCatalog(session.fs(), path, options_), file_);
    session.Note("{}: {} entries, {} updates with {} files, list of {}\n", file_, facts.entries,
                 facts.updates, facts.files, FormatBytes(facts.package_xml_bytes));
    if (session.options().json) {
      session.PrintJson("succeeded", kExitDone,
                        Json{{"entries", facts.entries},
                             {"updates", facts.updates},
                             {"files", facts.files},
                             {"relations", facts.relations},
                             {"superseded", facts.superseded},
                             {"list_bytes", facts.package_xml_bytes}});
    }
    return kExitDone;
  }

 private:
  std::string file_;
  lab::ScanCatalogOptions options_;
  unsigned entries_ = 2000, withdrawn_ = 0, revised_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeLabCatalog() { return std::make_unique<LabCatalog>(); }

}  // namespace ww::cli
