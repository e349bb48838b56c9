// How a command says which options it has. A thin face of CLI11: its header takes seconds to
// compile in each file that includes it, and only the parser's own files need more than this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace ww::cli {

// One option or positional argument; a copy means the same one.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option Required() const;
  Option Value(
      const std::string& name) const;  // what help shows for the value: "FILE", "" for none
  Option Several(int least = 1, int most = -1) const;  // values behind it; -1: any number
  Option CommaList() const;             // each time one word, its parts divided by commas
  Option Excludes(Option other) const;  // not both
  Option Between(unsigned low, unsigned high) const;  // a number, both ends included
  Option OneOf(const std::vector<std::string>& words) const;
  Option Bytes() const;                                // a size: K, M, G or T of 1024 may follow
  Option FromEnvironment(const char* variable) const;  // when it is not given
  Option Group(const std::string& name) const;         // the heading in the help

 private:
  CLI::Option* option_;
};

// The name is "--long,-s", or "WORD" for a positional argument. `value` must live as long as `app`.
Option AddOption(CLI::App& app, const std::string& name, std::string& value,
                 const std::string& about);
Option AddOption(CLI::App& app, const std::string& name, std::vector<std::string>& value,
                 const std::string& about);
Option AddOption(CLI::App& app, const std::string& name, std::filesystem::path& value,
                 const std::string& about);
Option AddOption(CLI::App& app, const std::string& name, int& value, const std::string& about);
Option AddOption(CLI::App& app, const std::string& name, unsigned& value, const std::string& about);
Option AddOption(CLI::App& app, const std::string& name, std::uint64_t& value,
                 const std::string& about);
Option AddFlag(CLI::App& app, const std::string& name, bool& value, const std::string& about);

}  // namespace ww::cli
