// Updates written down as text, for tests of what an image takes of them.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/text.h"
#include "wimwright/cab/members.h"
#include "wimwright/cbs/update_content.h"
#include "wimwright/manifest/component.h"

namespace ww::cbs {

class MemoryMembers final : public cab::Members {
 public:
  explicit MemoryMembers(const std::map<std::string, std::string>& files) {
    std::vector<cab::Member> list;
    for (const auto& [name, text] : files) {
      list.push_back({name, text.size(), 0, cab::kAttributeArchive});
      contents_.push_back(ToBytes(text));
    }
    EXPECT_TRUE(SetList(std::move(list)));
  }
  Status Stream(std::span<const std::size_t> wanted, cab::MemberSink& sink) override {
    for (const auto index : wanted) {
      WW_RETURN_IF_ERROR(sink.Begin(list()[index], index));
      WW_RETURN_IF_ERROR(sink.Write(contents_[index]));
      WW_RETURN_IF_ERROR(sink.End());
    }
    return {};
  }

 private:
  std::vector<Bytes> contents_;
};

inline std::string Identity(std::string_view name, std::string_view version,
                            std::string_view language = "neutral") {
  return fmt::format(
      R"(<assemblyIdentity name="{}" version="{}" processorArchitecture="amd64" language="{}" )"
      R"(buildType="release" publicKeyToken="31bf3856ad364e35"/>)",
      name, version, language);
}

inline manifest::AssemblyIdentity Package(std::string_view name, std::string_view version) {
  return *manifest::ParsePackageIdentity(
      fmt::format("{}~31bf3856ad364e35~amd64~~{}", name, version));
}

inline std::string Parent(std::string_view name, std::string_view version,
                          std::string_view words = "") {
  return fmt::format("<parent {}>{}</parent>", words, Identity(name, version));
}

inline std::string Link(std::string_view name, std::string_view version,
                        std::string_view more = "") {
  return fmt::format("<package integrate=\"hidden\" {}>{}</package>", more,
                     Identity(name, version));
}

inline std::string Component(std::string_view name, std::string_view version) {
  return fmt::format("<component>{}</component>", Identity(name, version));
}

inline std::string Update(std::string_view name, std::string_view content) {
  return fmt::format("<update name=\"{}\">{}</update>", name, content);
}

inline constexpr std::string_view kOptional =
    R"(<selectable disposition="staged"><detectNone default="true"/></selectable>)";

inline constexpr std::string_view kDeployment =
    R"(<deployment xmlns="urn:schemas-microsoft-com:asm.v3"/>)";

inline std::string Needs(std::string_view name, std::string_view version, std::string_view type) {
  return fmt::format(R"(<dependency discoverable="no"><dependentAssembly dependencyType="{}">{})"
                     R"(</dependentAssembly></dependency>)",
                     type, Identity(name, version));
}

// An update of the kind that one name of an outer package tells, without catalogues.
class Draft {
 public:
  explicit Draft(std::string_view outer = "Package_for_RollupFix") : outer_(outer) {}

  Draft& Outer(std::string_view content, std::string_view version = "26100.3000.1.0") {
    return Add("update.mum", outer_, version, content);
  }
  Draft& Add(std::string_view name, std::string_view version, std::string_view content) {
    return Add(fmt::format("{}~31bf3856ad364e35~amd64~~{}.mum", name, version), name, version,
               content);
  }
  // A component without files.
  Draft& AddComponent(std::string_view name, std::string_view version, std::string_view content,
                      std::string_view language = "neutral") {
    auto text = fmt::format(
        R"(<assembly xmlns="urn:schemas-microsoft-com:asm.v3" manifestVersion="1.0">{}{})"
        R"(</assembly>)",
        Identity(name, version, language), content);
    const auto parsed = manifest::ParseComponent(AsBytes(text));
    EXPECT_TRUE(parsed) << parsed.error().message;
    files_[manifest::Keyform(parsed->identity) + ".manifest"] = std::move(text);
    return *this;
  }
  const UpdateContent& Load() {
    package_.emplace("draft.cab", "plain", std::make_unique<MemoryMembers>(files_));
    auto content = UpdateContent::LoadUnsigned(*package_, "draft.cab");
    EXPECT_TRUE(content) << content.error().message;
    content_.emplace(*std::move(content));
    return *content_;
  }
  const UpdateContent& Loaded() const { return *content_; }

 private:
  Draft& Add(std::string file, std::string_view name, std::string_view version,
             std::string_view content) {
    files_[std::move(file)] = fmt::format(
        R"(<assembly xmlns="urn:schemas-microsoft-com:asm.v3" manifestVersion="1.0">{})"
        R"(<package identifier="KB9000599" releaseType="Update">{}</package></assembly>)",
        Identity(name, version), content);
    return *this;
  }

  std::string outer_;
  std::map<std::string, std::string> files_;
  std::optional<cab::UpdatePackage> package_;
  std::optional<UpdateContent> content_;
};

}  // namespace ww::cbs
