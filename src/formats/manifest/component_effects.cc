#include <fmt/format.h>
#include <algorithm>

#include "canonical.h"
#include "component_parser.h"
#include "elements.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

// The busiest genuine manifests have some hundred effects; the text of all of them is at most the
// document's.
constexpr std::size_t kMaxEffects = 20'000;
constexpr std::size_t kMaxEffectBytes = std::size_t{256} << 20;

std::string Summary(const XmlDocument& document, pugi::xml_node node) {
  std::string text = ElementPath(node);
  for (const char* attribute : {"name", "file", "path", "id"}) {
    const std::string_view value = node.attribute(attribute).value();
    if (value.empty()) continue;
    text += fmt::format(" {}='{}'", attribute, value.substr(0, 100));
    break;
  }
  return text + fmt::format(" at byte {}", document.OffsetOf(node));
}

// Paths are made for few elements only: they cost their depth.
bool IsEventOfProvider(pugi::xml_node node) {
  const auto parent = LocalName(node.parent());
  return (parent == "provider" || parent == "events") && IsInEventResource(PathBelowRoot(node));
}

}  // namespace

std::string PathBelowRoot(pugi::xml_node node) {
  std::string path = ElementPath(node);
  const auto slash = path.find('/');
  return slash == std::string::npos ? std::string() : path.substr(slash + 1);
}

Status ComponentParser::Record(Effect effect, pugi::xml_node node) {
  effect_bytes_ += effect.kind.size() + effect.canonical.size() + effect.summary.size();
  if (out_.effects.size() == kMaxEffects || effect_bytes_ > kMaxEffectBytes) {
    return Fail(document_.At(node, 0, "too many effects", Code::kLimit));
  }
  out_.effects.push_back(std::move(effect));
  return {};
}

Status ComponentParser::AddEffect(pugi::xml_node node, std::string_view kind,
                                  std::string_view context) {
  Effect effect;
  effect.kind = kind;
  if (!context.empty()) {
    effect.canonical = fmt::format("[{}]", WithoutVersion(context, own_version_));
  }
  effect.canonical +=
      CanonicalText(node, own_version_, kind == "instrumentation" ? IsEventOfProvider : nullptr);
  effect.summary = Summary(document_, node);
  return Record(std::move(effect), node);
}

Status ComponentParser::Unknown(pugi::xml_node node, std::string_view context) {
  const std::string path = PathBelowRoot(node);
  if (IsIgnorableInComponent(path)) return {};
  return AddEffect(node, std::string(kUnknownEffectPrefix) + path, context);
}

Status ComponentParser::OnlyAttributes(pugi::xml_node node, Names known, std::string_view context) {
  for (const auto attribute : node.attributes()) {
    if (IsNamespaceDeclaration(attribute)) continue;
    const std::string_view name = attribute.name();
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    Effect effect;
    effect.kind =
        fmt::format("{}{}@{}", kUnknownEffectPrefix, PathBelowRoot(node), name.substr(0, 100));
    effect.canonical = fmt::format("[{}]{}=\"{}\"", WithoutVersion(context, own_version_), name,
                                   WithoutVersion(attribute.value(), own_version_));
    effect.summary = Summary(document_, node);
    WW_RETURN_IF_ERROR(Record(std::move(effect), node));
  }
  return {};
}

Status ComponentParser::NoChildren(pugi::xml_node node, std::string_view context) {
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    WW_RETURN_IF_ERROR(Unknown(child, context));
  }
  return {};
}

Status ComponentParser::ReportRepeatedFiles() {
  std::vector<std::string> names;
  for (const auto& file : out_.files) names.push_back(FoldCase(file.name));
  std::sort(names.begin(), names.end());
  for (auto at = names.begin();; ++at) {
    at = std::adjacent_find(at, names.end());
    if (at == names.end()) return {};
    Effect effect;
    effect.kind = std::string(kUnknownEffectPrefix) + "file (second of this name)";
    effect.canonical = "[" + *at + "]";
    effect.summary = "two files are named '" + *at + "'";
    WW_RETURN_IF_ERROR(Record(std::move(effect), document_.root()));
  }
}

void ComponentParser::AddDigests() {
  std::string all;
  for (const auto& [index, file] : pending_) {
    auto& canonical = out_.effects[index].canonical;
    if (file != kAllFiles) {
      canonical += "[content " + ToHex(out_.files[file].digest) + "]";
      continue;
    }
    if (all.empty()) {
      // One digest over the sorted list: the order of the files means nothing.
      std::vector<std::string> lines;
      for (const auto& entry : out_.files) {
        lines.push_back(ToLowerAscii(entry.name) + " " + ToHex(entry.digest) + "\n");
      }
      std::sort(lines.begin(), lines.end());
      Sha256Hasher hasher;
      for (const auto& line : lines) hasher.Update(AsBytes(line));
      all = "[content " + ToHex(hasher.Finish()) + "]";
    }
    canonical += all;
  }
}

}  // namespace ww::manifest
