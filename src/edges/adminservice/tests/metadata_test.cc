#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <set>

#include "edm.h"
#include "fake_provider.h"
#include "wimwright/cim/names.h"

namespace ww::adminservice {
namespace {

constexpr std::string_view kPrefix = "AdminService.";

class Metadata : public testing::TestWithParam<bool> {
 protected:
  Metadata() {
    const auto answer = test_.Get(strict() ? "/AdminService/wmi/$metadata?strict=1"
                                           : "/AdminService/v1.0/$metadata");
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.headers.Get("Content-Type").starts_with("application/xml"));
    text_ = answer.text;
    EXPECT_TRUE(document_.load_string(text_.c_str()));
    schema_ = document_.child("edmx:Edmx").child("edmx:DataServices").child("Schema");
    EXPECT_STREQ(schema_.attribute("Namespace").value(), "AdminService");
  }
  bool strict() const { return GetParam(); }

  pugi::xml_node Type(const std::string& name) const {
    for (const char* kind : {"EntityType", "ComplexType"}) {
      if (auto node = schema_.find_child_by_attribute(kind, "Name", name.c_str())) return node;
    }
    return {};
  }
  // Own or of a base type.
  pugi::xml_node Property(pugi::xml_node type, const std::string& name) const {
    while (type) {
      if (auto p = type.find_child_by_attribute("Property", "Name", name.c_str())) return p;
      const std::string base = type.attribute("BaseType").value();
      type = base.empty() ? pugi::xml_node() : Type(base.substr(kPrefix.size()));
    }
    return {};
  }
  pugi::xml_node Action(const cim::ClassDeclaration& cls, const cim::MethodDeclaration& m) const {
    if (m.is_static) {
      const auto name = cls.name() + (strict() ? "_" : ".") + m.name;
      return schema_.find_child_by_attribute("Action", "Name", name.c_str());
    }
    for (auto action : schema_.children("Action")) {
      if (m.name != action.attribute("Name").value()) continue;
      if (kPrefix.data() + cls.name() == action.child("Parameter").attribute("Type").value()) {
        return action;
      }
    }
    return {};
  }

  ServiceTest test_;
  std::string text_;
  pugi::xml_document document_;
  pugi::xml_node schema_;
};

TEST_P(Metadata, HasEveryClassAndProperty) {
  for (const auto& cls : TestSchema().classes()) {
    const auto type = Type(cls->name());
    ASSERT_TRUE(type) << cls->name();
    for (const auto& property : cls->properties()) {
      const auto node = Property(type, property.name);
      ASSERT_TRUE(node) << cls->name() << "." << property.name;
      EXPECT_EQ(node.attribute("Type").value(), EdmType(property.type)) << property.name;
    }
    std::set<std::string> keys;
    for (const auto ref : type.child("Key").children()) {
      const std::string name = ref.attribute("Name").value();
      keys.insert(name);
      EXPECT_STREQ(Property(type, name).attribute("Nullable").value(), "false") << name;
    }
    // Complex types have none in OData, though some embedded classes do.
    const bool entity = std::string_view(type.name()) == "EntityType";
    EXPECT_EQ(keys.size(), entity ? cls->keys().size() : 0) << cls->name();
  }
}

TEST_P(Metadata, HasEveryMethodAndParameter) {
  std::size_t methods = 0;
  for (const auto& cls : TestSchema().classes()) {
    for (const auto& method : cls->methods()) {
      ++methods;
      const auto action = Action(*cls, method);
      ASSERT_TRUE(action) << cls->name() << "." << method.name;
      for (const auto& p : method.parameters) {
        const auto node = action.find_child_by_attribute("Parameter", "Name", p.name.c_str());
        EXPECT_EQ(static_cast<bool>(node), p.in) << p.name;
      }
      const std::string result = action.child("ReturnType").attribute("Type").value();
      const auto type = Type(result.substr(kPrefix.size()));
      ASSERT_TRUE(type) << result;
      for (const auto& p : method.out_class->properties()) EXPECT_TRUE(Property(type, p.name));
    }
  }
  EXPECT_GT(methods, 50U);
}

TEST_P(Metadata, NamesOnlyTypesThatExist) {
  for (const auto& found : document_.select_nodes("//@Type|//@EntityType|//@BaseType")) {
    std::string type = found.attribute().value();
    if (type.starts_with("Collection(")) type = type.substr(11, type.size() - 12);
    if (type.starts_with("Edm.")) continue;
    ASSERT_TRUE(type.starts_with(kPrefix)) << type;
    EXPECT_TRUE(Type(type.substr(kPrefix.size()))) << type;
  }
}

TEST_P(Metadata, EntityTypesHaveTheSystemPropertiesFirstAndTheRestByName) {
  const auto type = Type("SMS_ImagePackage");
  std::vector<std::string> names;
  for (const auto node : type.children("Property"))
    names.emplace_back(node.attribute("Name").value());
  EXPECT_EQ(names[0], "__LAZYPROPERTIES");
  EXPECT_EQ(names[2], "__GENUS");
  EXPECT_EQ(names[11], "__PATH");
  EXPECT_EQ(names[12], "ActionInProgress");
  EXPECT_STREQ(Property(type, "__DERIVATION").attribute("Type").value(), "Collection(Edm.String)");
  EXPECT_STREQ(Property(type, "SourceVersion").attribute("Type").value(), "Edm.Int64");
  EXPECT_STREQ(Property(type, "ExtendedData").attribute("Type").value(), "Edm.Binary");
  EXPECT_STREQ(Property(type, "RefreshSchedule").attribute("Type").value(),
               "Collection(AdminService.SMS_ScheduleToken)");
  const auto token = Type("SMS_ScheduleToken");
  EXPECT_STREQ(token.attribute("Abstract").value(), "true");
  EXPECT_STREQ(Type("SMS_ST_NonRecurring").attribute("BaseType").value(),
               "AdminService.SMS_ScheduleToken");
}

TEST_P(Metadata, NamesAreUniqueAndStrictOnesAreIdentifiers) {
  std::set<std::string> names;
  for (const auto node : schema_.children()) {
    const std::string name = node.attribute("Name").value();
    if (strict()) {
      EXPECT_TRUE(cim::IsIdentifier(name) && name.size() <= 128) << name;
    }
    // Bound actions are overloads of each other.
    if (!node.attribute("IsBound")) {
      EXPECT_TRUE(names.insert(name).second) << name;
    }
  }
  for (const auto node : schema_.children("Action")) {
    if (node.attribute("IsBound")) {
      EXPECT_FALSE(names.contains(node.attribute("Name").value()));
    }
  }
}

TEST_P(Metadata, SetsHaveKeysWhenStrict) {
  const auto container = schema_.child("EntityContainer");
  EXPECT_TRUE(container.find_child_by_attribute("EntitySet", "Name", "SMS_ProviderLocation"));
  for (const auto set : container.children("EntitySet")) {
    const auto type = Type(set.attribute("Name").value());
    EXPECT_STREQ(type.name(), "EntityType");
    if (strict()) {
      EXPECT_TRUE(type.child("Key")) << set.attribute("Name").value();
      EXPECT_FALSE(type.attribute("Abstract"));
    }
  }
  const char* import =
      strict() ? "SMS_ScheduleMethods_WriteToString" : "SMS_ScheduleMethods.WriteToString";
  EXPECT_TRUE(container.find_child_by_attribute("ActionImport", "Name", import));
}

INSTANTIATE_TEST_SUITE_P(Forms, Metadata, testing::Bool(),
                         [](const auto& i) { return i.param ? "Strict" : "Dotted"; });

TEST(OpenApi, DescribesEveryClassAndEveryMethod) {
  ServiceTest t;
  const auto document = t.Get("/AdminService/openapi.json").json();
  EXPECT_EQ(document.at("openapi").as_string(), "3.0.3");
  const auto& paths = document.at("paths").as_object();
  const auto& schemas = document.at("components").at("schemas").as_object();
  std::set<std::string> ids;
  for (const auto& [path, item] : paths) {
    for (const auto& [verb, operation] : item.as_object()) {
      if (verb == "parameters") continue;
      EXPECT_TRUE(ids.insert(operation.at("operationId").as_string().c_str()).second) << path;
    }
  }
  for (const auto& cls : TestSchema().classes()) {
    ASSERT_TRUE(schemas.contains(cls->name()));
    const auto& properties = schemas.at(cls->name()).at("properties").as_object();
    for (const auto& property : cls->properties()) EXPECT_TRUE(properties.contains(property.name));
    for (const auto& method : cls->methods()) {
      if (method.is_static) {
        EXPECT_TRUE(paths.contains("/wmi/" + cls->name() + "." + method.name)) << method.name;
      }
    }
  }
  const auto& image = paths.at("/wmi/SMS_ImagePackage('{PackageID}')").as_object();
  for (const char* verb : {"get", "put", "patch", "delete"}) EXPECT_TRUE(image.contains(verb));
  EXPECT_TRUE(
      paths.contains("/wmi/"
                     "SMS_ImageServicingScheduledImage(ImagePackageID='{ImagePackageID}',"
                     "ScheduleID={ScheduleID})"));
  EXPECT_TRUE(paths.contains("/wmi/SMS_ImagePackage('{PackageID}')/AdminService.RefreshPkgSource"));
  EXPECT_FALSE(paths.at("/wmi/SMS_Identification").as_object().contains("post"));
  // Every reference leads somewhere.
  const auto text = t.Get("/AdminService/openapi.json").text;
  constexpr std::string_view kReference = "#/components/";
  for (auto at = text.find(kReference); at != std::string::npos; at = text.find(kReference, at)) {
    at += kReference.size();
    const auto slash = text.find('/', at);
    const auto end = text.find('"', slash);
    const auto kind = text.substr(at, slash - at), name = text.substr(slash + 1, end - slash - 1);
    EXPECT_TRUE(document.at("components").at(kind).as_object().contains(name)) << kind << name;
  }
}

}  // namespace
}  // namespace ww::adminservice
