// The registry of one image while it is being made.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "model.h"
#include "profile.h"
#include "wimwright/hive/hive.h"

namespace ww::lab {

enum class HiveName {
  kSoftware,
  kSystem,
  kComponents,
  kDrivers,
  kDefault,
  kSam,
  kSecurity,
  kUser,
  kSchema,
};
inline constexpr std::size_t kHiveCount = 9;

// Path of the hive's file in an image.
std::string_view HivePath(HiveName name);

// A key, by hive and path.
struct KeyPath {
  HiveName hive;
  std::string path;
};

// Where a component of one architecture writes a manifest's key: HKEY_... -> hive, with the
// redirection of 32-bit components (windows-servicing.md 3.3). Nothing for a root it does not know.
std::optional<KeyPath> LocateKey(std::string_view key, std::string_view component_architecture,
                                 std::string_view image_architecture);

// Data of a manifest's value; nothing for types that the lab does not write.
std::optional<hive::Value> EncodeManifestValue(std::string_view type, std::string_view text);

// All hives. The first error stays and is answered by status(): setters in between do nothing.
class Hives {
 public:
  static Result<Hives> Create(FileTime now);

  void Set(HiveName name, std::string_view path, std::string_view value, const hive::Value& data);
  void Ensure(HiveName name, std::string_view path);
  // For many values of one key.
  hive::KeyId Key(HiveName name, std::string_view path);
  void SetAt(HiveName name, hive::KeyId key, std::string_view value, const hive::Value& data);
  void SetSecurity(HiveName name, std::string_view path, ByteView descriptor);

  // What installing `component` writes besides files: registry values and services.
  void ApplyComponent(const Component& component, std::string_view image_architecture);

  const Status& status() const { return status_; }
  // The finished hive. Frees its working memory: at most once per hive.
  Result<Bytes> Take(HiveName name);

 private:
  Hives() = default;
  hive::Hive& Get(HiveName name) { return *hives_[static_cast<std::size_t>(name)]; }
  void Note(const Status& status);
  void ApplyService(const Service& service);

  std::array<std::optional<hive::Hive>, kHiveCount> hives_;
  Status status_;
};

}  // namespace ww::lab
