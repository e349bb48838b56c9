#include "options.h"

#include <CLI/CLI.hpp>

namespace ww::cli {
namespace {

template <typename T>
Option Add(CLI::App& app, const std::string& name, T& value, const std::string& about) {
  return Option(app.add_option(name, value, about));
}

}  // namespace

Option Option::Required() const { return Option(option_->required()); }

Option Option::Value(const std::string& name) const { return Option(option_->type_name(name)); }

Option Option::Several(int least, int most) const { return Option(option_->expected(least, most)); }

Option Option::CommaList() const {
  return Option(option_->delimiter(',')->expected(1, 1)->take_all());
}

Option Option::Excludes(Option other) const {
  option_->excludes(other.option_);
  return *this;
}

Option Option::Between(unsigned low, unsigned high) const {
  return Option(option_->check(CLI::Range(low, high).description("")));
}

Option Option::OneOf(const std::vector<std::string>& words) const {
  return Option(option_->check(CLI::IsMember(words).description("")));
}

Option Option::Bytes() const {
  return Option(option_->transform(CLI::AsSizeValue(false).description("")));
}

Option Option::FromEnvironment(const char* variable) const {
  return Option(option_->envname(variable));
}

Option Option::Group(const std::string& name) const { return Option(option_->group(name)); }

Option AddOption(CLI::App& app, const std::string& name, std::string& value,
                 const std::string& about) {
  return Add(app, name, value, about);
}
Option AddOption(CLI::App& app, const std::string& name, std::vector<std::string>& value,
                 const std::string& about) {
  return Add(app, name, value, about);
}
Option AddOption(CLI::App& app, const std::string& name, std::filesystem::path& value,
                 const std::string& about) {
  return Add(app, name, value, about);
}
Option AddOption(CLI::App& app, const std::string& name, int& value, const std::string& about) {
  return Add(app, name, value, about);
}
Option AddOption(CLI::App& app, const std::string& name, unsigned& value,
                 const std::string& about) {
  return Add(app, name, value, about);
}
Option AddOption(CLI::App& app, const std::string& name, std::uint64_t& value,
                 const std::string& about) {
  return Add(app, name, value, about);
}
Option AddFlag(CLI::App& app, const std::string& name, bool& value, const std::string& about) {
  return Option(app.add_flag(name, value, about));
}

}  // namespace ww::cli
