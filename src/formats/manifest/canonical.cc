#include "canonical.h"

#include <algorithm>
#include <map>
#include <vector>

#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

bool ContinuesVersion(char c) { return (c >= '0' && c <= '9') || c == '.'; }

std::string_view PrefixOf(std::string_view qualified) {
  const auto colon = qualified.find(':');
  return colon == std::string_view::npos ? std::string_view() : qualified.substr(0, colon);
}

// Which prefix means which namespace at the present place of the walk.
class Namespaces {
 public:
  void Enter(pugi::xml_node node) {
    for (const auto attribute : node.attributes()) {
      if (IsNamespaceDeclaration(attribute)) {
        meaning_[DeclaredPrefix(attribute)].emplace_back(attribute.value());
      }
    }
  }
  void Leave(pugi::xml_node node) {
    for (const auto attribute : node.attributes()) {
      if (IsNamespaceDeclaration(attribute)) meaning_[DeclaredPrefix(attribute)].pop_back();
    }
  }
  // An undeclared prefix stands for itself.
  std::string_view Of(std::string_view prefix) const {
    const auto found = meaning_.find(prefix);
    return found == meaning_.end() || found->second.empty() ? prefix : found->second.back();
  }

 private:
  static std::string_view DeclaredPrefix(pugi::xml_attribute attribute) {
    const std::string_view name = attribute.name();
    return name == "xmlns" ? std::string_view() : name.substr(6);
  }
  std::map<std::string_view, std::vector<std::string_view>> meaning_;
};

class Writer {
 public:
  Writer(pugi::xml_node top, std::string_view own_version, bool (*left_out)(pugi::xml_node))
      : top_(top), version_(own_version), left_out_(left_out) {
    std::vector<pugi::xml_node> ancestors;
    for (auto node = top.parent(); node.type() == pugi::node_element; node = node.parent()) {
      ancestors.push_back(node);
    }
    std::for_each(ancestors.rbegin(), ancestors.rend(), [this](auto node) { names_.Enter(node); });
    if (!ancestors.empty()) open_.push_back(names_.Of(PrefixOf(top.parent().name())));
  }

  std::string Run() {
    auto node = top_;
    Open(node);
    while (true) {
      if (const auto child = Counting(node.first_child())) {
        node = child;
        Open(node);
        continue;
      }
      Close(node);
      while (node != top_ && !Counting(node.next_sibling())) {
        node = node.parent();
        Close(node);
      }
      if (node == top_) return std::move(out_);
      node = Counting(node.next_sibling());
      Open(node);
    }
  }

 private:
  // `node`, or the first behind it that is not left out.
  pugi::xml_node Counting(pugi::xml_node node) const {
    while (left_out_ != nullptr && node.type() == pugi::node_element && left_out_(node)) {
      node = node.next_sibling();
    }
    return node;
  }

  void Open(pugi::xml_node node) {
    if (node.type() != pugi::node_element) {
      if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) {
        Quoted(Trim(node.value()));
      }
      return;
    }
    names_.Enter(node);
    const auto space = names_.Of(PrefixOf(node.name()));
    out_.append("<");
    if (open_.empty() || open_.back() != space) out_.append("{").append(space).append("}");
    out_.append(LocalName(node));
    open_.push_back(space);
    attributes_.clear();
    for (const auto attribute : node.attributes()) {
      if (!IsNamespaceDeclaration(attribute)) {
        attributes_.emplace_back(LocalName(std::string_view(attribute.name())), attribute.value());
      }
    }
    std::sort(attributes_.begin(), attributes_.end());
    for (const auto& [name, value] : attributes_) {
      out_.append(" ").append(name).append("=");
      Quoted(value);
    }
    out_.append(">");
  }

  void Close(pugi::xml_node node) {
    if (node.type() != pugi::node_element) return;
    out_.append("</>");
    names_.Leave(node);
    open_.pop_back();
  }

  void Quoted(std::string_view text) {
    out_.push_back('"');
    for (const char c : WithoutVersion(text, version_)) {
      if (c == '"' || c == '\\') out_.push_back('\\');
      out_.push_back(c);
    }
    out_.push_back('"');
  }

  pugi::xml_node top_;
  std::string_view version_;
  bool (*left_out_)(pugi::xml_node);
  Namespaces names_;
  std::vector<std::string_view> open_;
  std::vector<std::pair<std::string_view, std::string_view>> attributes_;
  std::string out_;
};

}  // namespace

std::string WithoutVersion(std::string_view text, std::string_view version) {
  std::string out;
  std::size_t at = 0;
  while (!version.empty()) {
    const auto found = text.find(version, at);
    if (found == std::string_view::npos) break;
    const auto end = found + version.size();
    out.append(text.substr(at, found - at));
    const bool whole = (found == 0 || !ContinuesVersion(text[found - 1])) &&
                       (end == text.size() || !ContinuesVersion(text[end]));
    out.append(whole ? std::string_view("{version}") : version);
    at = end;
  }
  return out.append(text.substr(at));
}

std::string CanonicalText(pugi::xml_node top, std::string_view own_version,
                          bool (*left_out)(pugi::xml_node)) {
  return Writer(top, own_version, left_out).Run();
}

}  // namespace ww::manifest
