#include "elements.h"

#include <algorithm>
#include <iterator>

namespace ww::manifest {
namespace {

struct Ignorable {
  std::string_view path;
  std::string_view reason;
};

// windows-servicing.md 3.1, and the documented side-by-side manifest schema.
constexpr Ignorable kInComponent[] = {
    {"description", "text for people"},
    {"localization", "strings for display, looked up in the manifest"},
    {"deconstructionTool", "stamp of the build tool"},
    {"noInheritable", "flag for the loader, which reads the manifest itself"},
    {"mvid", "stamp of the build"},
    {"signatureInfo", "how the build signed the files"},
    {"file/signatureInfo", "how the build signed the file"},
    {"ForwardDiffInfo", "hint for delta creation"},
    {"ReverseDiffInfo", "hint for delta creation"},
    {"NullDiffInfo", "hint for delta creation"},
    {"file/ForwardDiffInfo", "hint for delta creation"},
    {"file/ReverseDiffInfo", "hint for delta creation"},
    {"file/NullDiffInfo", "hint for delta creation"},
    {"trustInfo/security/requestedPrivileges", "for the loader: execution level of a program"},
    {"dependency/dependentAssembly/bindingRedirect", "publisher policy, read by the loader"},
};

// Of an event provider: text and form of its events, which the message compiler puts into the
// provider's resource file. Registered are provider and channels (windows-servicing.md 3.6).
constexpr Ignorable kOfEvents[] = {
    {"instrumentation/events/provider/events", "the events themselves"},
    {"instrumentation/events/provider/templates", "their data"},
    {"instrumentation/events/provider/maps", "names of values in their data"},
    {"instrumentation/events/provider/levels", "names of their levels"},
    {"instrumentation/events/provider/tasks", "names of their tasks"},
    {"instrumentation/events/provider/opcodes", "names of their operations"},
    {"instrumentation/events/provider/keywords", "names of their keywords"},
    {"instrumentation/events/provider/filters", "which of them a session may ask for"},
    {"instrumentation/events/messageTable", "texts"},
};

// windows-servicing.md 2.2.
constexpr Ignorable kInPackage[] = {
    {"localization", "strings for display"},
    {"localizedStrings", "names for display"},
    {"package/localizedStrings", "names for display"},
    {"package/update/localizedStrings", "names for display"},
    {"package/customInformation", "children are for phones, setup and Settings pages"},
    {"package/update/customInformation", "identifiers of the server manager"},
    {"package/phoneInformation", "phone builds"},
    {"package/applicablePartitions", "phone builds"},
    {"package/MutualExclusion", "which features exclude each other: no feature is turned on here"},
    {"package/MutualExclusionGroup", "the same"},
    {"package/OptionalFeatures", "Settings pages"},
    {"package/declareCapability/satelliteInfo",
     "which satellites a capability has: none is added here"},
    {"package/declareCapability/dependency",
     "capabilities that adding this one adds: none is added here"},
};

constexpr std::string_view kEffects[] = {
    "migration",     "imaging",           "unattendActions",
    "configuration", "taskScheduler",     "instrumentation",
    "mof",           "networkComponents", "firewallRule",
    "sppInstaller",  "SecureBoot",        "appxRegistration",
    "rescache",      "genericCommands",   "feature",
    "languagePack",  "windowClass",
};

constexpr std::string_view kFileEffects[] = {
    "infFile", "gac",     "ngen",        "lodctr", "comClass", "comInterfaceProxyStub",
    "typelib", "resfile", "windowClass",
};

template <std::size_t N>
bool Contains(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

template <std::size_t N>
bool Contains(const Ignorable (&rules)[N], std::string_view path) {
  return std::any_of(std::begin(rules), std::end(rules),
                     [path](const Ignorable& rule) { return rule.path == path; });
}

}  // namespace

bool IsIgnorableInComponent(std::string_view path) { return Contains(kInComponent, path); }
bool IsIgnorableInPackage(std::string_view path) { return Contains(kInPackage, path); }
bool IsInEventResource(std::string_view path) { return Contains(kOfEvents, path); }
bool IsKnownEffect(std::string_view local_name) { return Contains(kEffects, local_name); }
bool IsKnownFileEffect(std::string_view local_name) { return Contains(kFileEffects, local_name); }

ContentDependence DependsOnContent(std::string_view effect_name) {
  // The driver store, the assembly cache and the counter registry hold copies of what is in the
  // file.
  if (effect_name == "infFile" || effect_name == "gac" || effect_name == "lodctr") {
    return ContentDependence::kNamedFile;
  }
  if (effect_name == "appxRegistration") return ContentDependence::kAllFiles;
  // mof and sppInstaller are registrations by name: the gate of windows-servicing.md 3.6 compares
  // the element, not the files behind it. The genuine hotfixes change such files and keep the
  // element.
  return ContentDependence::kNone;
}

}  // namespace ww::manifest
