// Objects as JSON, with the members and their order of the real service (admin-service.md 4).
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "query_options.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/schema.h"

namespace ww::adminservice {

// Types: 64-bit numbers are numbers; uint8[] is base64; dates as DateTime::ToIso; NaN and
// infinities "NaN", "INF", "-INF". A null array is [], but uint8[] null.
void AppendJsonValue(std::string& out, const cim::Value& value, const cim::TypeSpec& type);

// Knows every class of a schema beforehand. Thread-safe.
class EntityWriter {
 public:
  // `schema` outlives the writer.
  EntityWriter(const cim::Schema& schema, std::string server, std::string site_namespace);

  struct View {
    // Class of the address: an object of another one carries its @odata.type. May be null.
    const cim::ClassDeclaration* declared = nullptr;
    bool by_key = false;                   // __QUALIFIER_SECURITYVERBS is -1 instead of null
    const Selection* selection = nullptr;  // null: everything
  };

  // {"@odata.etag":...}
  void Append(std::string& out, const cim::Instance& instance, const View& view) const;
  // The same without braces, for answers that put members of their own before.
  void AppendMembers(std::string& out, const cim::Instance& instance, const View& view) const;

 private:
  struct Member {
    std::size_t property;
    std::string name;  // "\"Name\":"
  };
  // What is the same for each object of a class.
  struct Layout {
    std::string lazy, derivation;                      // arrays
    std::vector<Member> members, embedded;             // before and after the system properties
    std::string name_space;                            // plain text
    std::string genus_to_dynasty, count_to_namespace;  // ready members
  };
  Layout MakeLayout(const cim::ClassDeclaration& cls) const;
  void AppendSelected(std::string& out, const cim::Instance& instance, const Layout& layout,
                      const Selection& selection, const View& view) const;
  void AppendSystem(std::string& out, std::string_view name, const cim::Instance& instance,
                    const Layout& layout, const View& view) const;

  std::string server_, site_namespace_;
  std::unordered_map<const cim::ClassDeclaration*, Layout> layouts_;
};

}  // namespace ww::adminservice
