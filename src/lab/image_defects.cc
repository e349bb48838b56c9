#include "image_defects.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <system_error>
#include <vector>

#include "component_store.h"
#include "security.h"

extern char** environ;

namespace ww::lab {
namespace {

constexpr std::string_view kPendingXml =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<PendingTransaction Version=\"3.1\" "
    "WcpVersion=\"10.0.14393.2273\" Identifier=\"lab\"><Transactions /><POQ "
    "postAction=\"reboot\" /></PendingTransaction>\r\n";

// Unequal sequence numbers: a transaction was not finished, and the logs are empty.
void MakeDirty(Bytes& hive) {
  StoreLe(hive.data() + 4, LoadLe<std::uint32_t>(hive.data() + 4) + 1);
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < 0x1FC; at += 4) sum ^= LoadLe<std::uint32_t>(hive.data() + at);
  if (sum == 0xFFFFFFFF) sum = 0xFFFFFFFE;
  if (sum == 0) sum = 1;
  StoreLe(hive.data() + 0x1FC, sum);
}

ComponentPtr FindComponent(const ImageModel& model, std::string_view name) {
  for (const auto& [keyform, component] : model.components) {
    if (component->id.name == name) return component;
  }
  return nullptr;
}

std::string ManifestPath(const Component& component) {
  return "Windows\\WinSxS\\Manifests\\" + component.keyform + ".manifest";
}

struct Defect {
  std::string_view image;
  Customization customization;
};

std::vector<Defect> Defects(const ImageModel& model) {
  const std::string cbs(kServicingKey);
  std::vector<Defect> defects;
  const auto registry = [&](std::string_view image, std::function<void(Hives&)> change) {
    defects.push_back({image, {std::move(change), {}, {}}});
  };
  const auto tree = [&](std::string_view image, std::function<void(TreeBuilder&)> change) {
    defects.push_back({image, {{}, std::move(change), {}}});
  };
  tree("defect-pending-xml.wim", [](TreeBuilder& t) {
    t.File("Windows\\WinSxS\\pending.xml", Content::Literal(kPendingXml), kFileSddl);
  });
  registry("defect-packages-pending.wim", [cbs](Hives& h) {
    h.Set(HiveName::kSoftware,
          cbs + "\\PackagesPending\\Package_for_KB9000070~31bf3856ad364e35~x86~~10.0.1.0", "",
          hive::MakeDword(0));
  });
  registry("defect-pending-identifier.wim", [](Hives& h) {
    Bytes identifier;
    for (char c : std::string_view("lab")) {
      AppendLe<std::uint16_t>(identifier, static_cast<unsigned char>(c));
    }
    h.Set(HiveName::kComponents, "", "PendingXmlIdentifier", hive::MakeBinary(identifier));
    const std::string command[] = {
        "%systemroot%\\system32\\poqexec.exe /display_progress "
        "\\SystemRoot\\WinSxS\\pending.xml"};
    h.Set(HiveName::kSoftware, std::string(kSideBySideKey) + "\\Configuration", "PoqexecCmdline",
          hive::MakeMultiSz(command));
  });
  defects.push_back({"defect-dirty-hive.wim", {{}, {}, [](HiveName name, Bytes& bytes) {
                                                 if (name == HiveName::kSoftware) MakeDirty(bytes);
                                               }}});
  registry("defect-unserviceable.wim", [cbs](Hives& h) {
    h.Set(HiveName::kSoftware, cbs, "Unserviceable", hive::MakeDword(1));
  });
  const ComponentPtr task = FindComponent(model, kTask);
  if (task == nullptr) return defects;
  tree("defect-component-key.wim", [task](TreeBuilder& t) { t.Remove(ManifestPath(*task)); });
  tree("defect-manifest-hash.wim", [task](TreeBuilder& t) {
    std::string text(AsText(task->xml));
    if (const auto at = text.find("Lab component"); at != std::string::npos) text[at] = 'M';
    t.Replace(ManifestPath(*task), Content::Literal(text));
  });
  tree("defect-payload.wim", [task](TreeBuilder& t) {
    t.Replace("Windows\\WinSxS\\" + task->keyform + "\\labtask.exe",
              Content::Literal("not what the manifest says"));
  });
  return defects;
}

// Runs a program without a shell and without output. kNotFound when it is not installed.
Status Run(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return Fail(Code::kNotFound, arguments[0] + " is not installed");
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
    return Fail(Code::kIo, arguments[0] + " did not end by itself");
  }
  if (WEXITSTATUS(status) == 127) return Fail(Code::kNotFound, arguments[0] + " is not installed");
  if (WEXITSTATUS(status) != 0) return Fail(Code::kIo, arguments[0] + " failed");
  return {};
}

// A form that only another program can write: left out with a note when it is not there.
Status WriteForeign(LabContext& lab, std::string_view name,
                    const std::vector<std::string>& arguments) {
  if (!lab.wanted(name)) return {};
  const Status made = Run(arguments);
  if (made) return lab.FinishedImage(name);
  if (made.error().code != Code::kNotFound) return Fail(made.error().Within(name));
  lab.report.notes.push_back("images/" + std::string(name) + ": wimlib-imagex is not installed");
  return {};
}

}  // namespace

Status WriteDefectiveImages(LabContext& lab) {
  const Profile p = Windows10("x86");
  const ImageModel model = MakeBaseModel(lab.shop, p, p.editions[0], ModelSize{24});
  const ImageSize size = lab.image_size;
  lab.image_size = ImageSize{8, 2000, 0, 0, 0};
  Status status;
  for (const Defect& defect : Defects(model)) {
    status = WriteWindowsImage(lab, defect.image, {model}, defect.customization);
    if (!status) break;
  }
  lab.image_size = size;
  return status;
}

Status WriteForeignForms(LabContext& lab, std::string_view source) {
  const std::filesystem::path from = lab.image_path(source);
  std::error_code error;
  if (!std::filesystem::exists(from, error)) return {};
  WW_RETURN_IF_ERROR(WriteForeign(lab, "solid.esd",
                                  {"wimlib-imagex", "export", from.string(), "all",
                                   lab.image_path("solid.esd").string(), "--solid"}));
  WW_RETURN_IF_ERROR(WriteForeign(
      lab, "split.swm",
      {"wimlib-imagex", "split", from.string(), lab.image_path("split.swm").string(), "0.3"}));
  if (!lab.wanted("truncated.wim")) return {};
  const std::filesystem::path cut = lab.image_path("truncated.wim");
  std::filesystem::copy_file(from, cut, error);
  if (!error) std::filesystem::resize_file(cut, std::filesystem::file_size(from, error) / 2, error);
  if (error) return Fail(Code::kIo, cut.string() + ": " + error.message());
  return lab.FinishedImage("truncated.wim");
}

}  // namespace ww::lab
