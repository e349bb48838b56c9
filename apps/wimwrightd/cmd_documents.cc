// wimwrightd man, wimwrightd completion
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "command_tree.h"
#include "manual_text.h"
#include "wimwright/usage/completion.h"

namespace ww::server {
namespace {

const usage::Manual kMan{
    "",
    "man",
    "Print or write the manual pages",
    "Without --output-dir: wimwrightd(8), in roff. With it: that page, one per command, and\n"
    "site.toml(5), in the folders man8 and man5 of DIR.",
    {{"man | man -l -", "read the page"}, {"man --output-dir share/man", "for a package"}}};

class Man final : public Command {
 public:
  const usage::Manual& manual() const override { return kMan; }
  void Define(CLI::App& app) override {
    app.add_option("--output-dir", directory_, "Write all pages into DIR")->type_name("DIR");
  }
  Status Run() override {
    CommandTree tree;  // of its own: this command's app belongs to one that is being used
    auto pages = usage::ManPages(ServerProgram(), tree.root(), [&tree](const CLI::App& app) {
      const Command* command = tree.CommandOf(app);
      return command == nullptr ? nullptr : &command->manual();
    });
    if (directory_.empty()) {
      std::cout << pages.front().roff;
      return {};
    }
    pages.push_back(SettingsPage());
    for (const auto& page : pages) WW_RETURN_IF_ERROR(Write(page));
    return {};
  }

 private:
  Status Write(const usage::ManPage& page) const {
    std::error_code error;
    const auto folder = std::filesystem::path(directory_) / fmt::format("man{}", page.file.back());
    std::filesystem::create_directories(folder, error);
    std::ofstream out(folder / page.file, std::ios::binary | std::ios::trunc);
    out << page.roff;
    out.close();
    if (out) return {};
    return Fail(Error{Code::kIo, fmt::format("{} cannot be written", (folder / page.file).string()),
                      "Name a folder that can be written.", 0});
  }

  std::string directory_;
};

const usage::Manual kCompletion{
    "",
    "completion",
    "Print a shell completion script",
    "For ~/.bashrc: eval \"$(wimwrightd completion bash)\". Packages install it.",
    {{"completion bash", "the script for bash"}}};

class Completion final : public Command {
 public:
  const usage::Manual& manual() const override { return kCompletion; }
  void Define(CLI::App& app) override {
    root_ = app.get_parent();
    app.add_option("SHELL", shell_, "bash, zsh or fish")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
  }
  Status Run() override {
    std::cout << usage::CompletionFor(shell_, *root_);
    return {};
  }

 private:
  const CLI::App* root_ = nullptr;
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> MakeMan() { return std::make_unique<Man>(); }
std::unique_ptr<Command> MakeCompletion() { return std::make_unique<Completion>(); }

}  // namespace ww::server
