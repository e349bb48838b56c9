// The parsed schema against the project's machine-readable reference, which is not made from it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "wimwright/cim/schema.h"

namespace ww::cim {
namespace {

using nlohmann::json;

class SchemaJson : public testing::Test {
 protected:
  void SetUp() override {
    const auto path = std::filesystem::path(WW_CORPUS).parent_path() / "reference/sms-schema.json";
    std::ifstream file(path);
    if (!file) GTEST_SKIP() << "no reference beside this source tree";
    reference_ = json::parse(file);
    json classes = json::array();
    for (const auto& [name, c] : reference_["classes"].items()) {
      classes.push_back(c);
      classes.back()["name"] = name;
    }
    reference_["classes"] = std::move(classes);
    auto schema = LoadBuiltInSchema();
    ASSERT_TRUE(schema) << schema.error().message;
    schema_ = *std::move(schema);
  }

  // "SMS_ScheduleToken (unverified: ...)": the first word is the name. Two classes have remarks
  // that correct the page.
  static std::string SuperclassOf(const json& c) {
    if (c["superclass"].is_null()) return {};
    const auto text = c["superclass"].get<std::string>();
    if (c["name"] == "SMS_SoftwareUpdate") return "SMS_SoftwareUpdateBase";
    if (text.starts_with("(")) return "SMS_BaseClass";
    return text.substr(0, text.find(' '));
  }
  const json* ClassOf(const std::string& name) const {
    for (const auto& c : reference_["classes"]) {
      if (c["name"] == name) return &c;
    }
    return nullptr;
  }
  // `field` of the property or, for qualifiers that pages of subclasses leave out, of the nearest
  // base class that has it: an override keeps what it does not replace.
  json Field(const json& c, const std::string& property, const char* field) const {
    for (const auto& p : c["properties"]) {
      if (p["name"] == property && p.contains(field)) return p[field];
    }
    const auto* base = ClassOf(SuperclassOf(c));
    return base == nullptr ? json() : Field(*base, property, field);
  }
  static std::string TypeText(const json& p) {
    auto text = p["type"].get<std::string>();
    if (text.starts_with("ref:")) text = text.substr(4) + " ref";
    return text + (p.value("array", false) ? "[]" : "");
  }
  static std::string TextOf(const json& value) {
    if (value.is_null()) return {};
    return value.is_string() ? value.get<std::string>() : value.dump();
  }

  json reference_;
  Schema schema_;
};

TEST_F(SchemaJson, HasEveryClassWithItsSuperclassAndQualifiers) {
  for (const auto& c : reference_["classes"]) {
    const auto name = c["name"].get<std::string>();
    const auto cls = schema_.Find(name);
    ASSERT_NE(cls, nullptr) << name;
    EXPECT_EQ(cls->name(), name);
    EXPECT_EQ(cls->superclass() == nullptr ? "" : cls->superclass()->name(), SuperclassOf(c));
    for (const auto& q : c.value("class_qualifiers", json::array())) {
      const auto text = q.get<std::string>();
      EXPECT_TRUE(cls->qualifiers().Has(text.substr(0, text.find_first_of(" (")))) << name << text;
    }
    EXPECT_EQ(cls->qualifiers().Text("Description"), c["summary"]) << name;
    std::set<std::string> keys;
    for (const auto index : cls->keys()) keys.insert(cls->properties()[index].name);
    EXPECT_EQ(keys, c["keys"].get<std::set<std::string>>()) << name;
  }
}

TEST_F(SchemaJson, HasEveryPropertyWithTypeAndQualifiers) {
  int count = 0;
  for (const auto& c : reference_["classes"]) {
    const auto cls = schema_.Find(c["name"].get<std::string>());
    ASSERT_NE(cls, nullptr);
    if (!cls->IsA("__ExtendedStatus")) {
      EXPECT_EQ(cls->properties().size(), c["properties"].size()) << cls->name();
    }
    for (const auto& p : c["properties"]) {
      ++count;
      const auto name = p["name"].get<std::string>();
      SCOPED_TRACE(cls->name() + "." + name);
      const auto* found = cls->Property(name);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->name, name);
      EXPECT_EQ(ToString(found->type), TypeText(p));
      EXPECT_EQ(found->key, p.value("key", false));
      const auto access = p["access"].get<std::string>();
      EXPECT_EQ(found->read_only, access[0] == 'r' && access != "rw");
      EXPECT_EQ(found->lazy, p.value("lazy", false));
      EXPECT_EQ(found->large, p.value("large", false));
      EXPECT_EQ(found->not_null, p.value("not_null", false));
      EXPECT_EQ(found->unique, p.value("unique", false));
      EXPECT_EQ(found->bits, Field(c, name, "bits") == json(true));
      EXPECT_EQ(found->qualifiers.Has("Undocumented"), p.value("documented", json(true)) == false);
      const auto size = Field(c, name, "size_limit");
      EXPECT_EQ(found->qualifiers.Text("SizeLimit"), TextOf(size));
      const auto range = Field(c, name, "range");
      ASSERT_EQ(found->range.has_value(), !range.is_null());
      if (found->range) {
        EXPECT_EQ(found->range->first, range[0]);
        EXPECT_EQ(found->range->second, range[1]);
      }
      const auto most = Field(c, name, "max_items");
      EXPECT_EQ(found->qualifiers.Text("max"), TextOf(most));
      if (p.contains("meaning")) {
        EXPECT_EQ(found->qualifiers.Text("Description"), p["meaning"]);
      }
    }
  }
  EXPECT_EQ(count, reference_["meta"]["counts"]["properties"]);
}

TEST_F(SchemaJson, HasEveryNamedValue) {
  for (const auto& c : reference_["classes"]) {
    const auto cls = schema_.Find(c["name"].get<std::string>());
    for (const auto& p : c["properties"]) {
      if (!p.contains("values")) continue;
      const auto* found = cls->Property(p["name"].get<std::string>());
      SCOPED_TRACE(cls->name() + "." + found->name);
      std::size_t at = 0;
      for (const auto& [key, text] : p["values"].items()) {
        if (key[0] == '(') continue;  // a remark: "(bits 18-29)"
        const auto number = std::stoll(key, nullptr, 0);
        const auto value = std::ranges::find(found->values, number, &NamedValue::value);
        ASSERT_NE(value, found->values.end()) << key;
        EXPECT_TRUE(text.get<std::string>().starts_with(value->name)) << value->name;
        ++at;
      }
      EXPECT_EQ(at, found->values.size());
    }
  }
}

TEST_F(SchemaJson, HasEveryDefault) {
  for (const auto& c : reference_["classes"]) {
    const auto cls = schema_.Find(c["name"].get<std::string>());
    for (const auto& p : c["properties"]) {
      const auto* found = cls->Property(p["name"].get<std::string>());
      SCOPED_TRACE(cls->name() + "." + found->name);
      if (!p.contains("default")) {
        EXPECT_TRUE(found->default_value.is_null());
        continue;
      }
      auto text = p["default"].get<std::string>();
      EXPECT_EQ(found->fixed, text.find("(fixed)") != std::string::npos);
      if (found->type.array) {
        ASSERT_NE(found->default_value.AsArray(), nullptr);
        EXPECT_TRUE(found->default_value.AsArray()->empty());
      } else if (found->type.type == CimType::kBoolean) {
        EXPECT_EQ(found->default_value.BoolOr(false), std::tolower(text[0]) == 't');
        EXPECT_FALSE(found->default_value.is_null());
      } else if (found->type.type == CimType::kString || found->type.type == CimType::kDatetime) {
        std::erase(text, '"');
        EXPECT_EQ(ToText(found->default_value), text);
      } else {
        // "1 (STORAGE_NO_SOURCE)", "PRIMARY (2)", "257 (fixed)"
        const auto digit = text.find_first_of("0123456789");
        EXPECT_EQ(found->default_value.IntOr(-1), std::stoll(text.substr(digit)));
      }
    }
  }
}

TEST_F(SchemaJson, HasEveryMethodWithItsParameters) {
  int count = 0;
  for (const auto& c : reference_["classes"]) {
    const auto cls = schema_.Find(c["name"].get<std::string>());
    for (const auto& m : c["methods"]) {
      ++count;
      const auto name = m["name"].get<std::string>();
      SCOPED_TRACE(cls->name() + "." + name);
      const auto* found = cls->FindMethod(name);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->name, name);
      EXPECT_EQ(found->is_static, m["static"]);
      EXPECT_EQ(ToString(found->return_type), m["returns"]);
      ASSERT_EQ(found->parameters.size(), m["params"].size());
      std::size_t in = 0, out = 0;
      for (std::size_t i = 0; i < m["params"].size(); ++i) {
        const auto& p = m["params"][i];
        const auto& parameter = found->parameters[i];
        EXPECT_EQ(parameter.name, p["name"]);
        EXPECT_EQ(ToString(parameter.type), TypeText(p));
        const auto direction = p["dir"].get<std::string>();
        EXPECT_EQ(parameter.in, direction.starts_with("in"));
        EXPECT_EQ(parameter.out, direction.ends_with("out"));
        if (p.contains("id")) {
          EXPECT_EQ(parameter.id, p["id"]);
        }
        if (p.value("optional", false)) {
          EXPECT_TRUE(parameter.optional);
        }
        in += parameter.in ? 1 : 0;
        out += parameter.out ? 1 : 0;
      }
      EXPECT_EQ(found->in_class->properties().size(), in);
      EXPECT_EQ(found->out_class->properties().size(), out + 1);
      EXPECT_EQ(found->out_class->properties()[0].name, "ReturnValue");
    }
  }
  EXPECT_EQ(count, reference_["meta"]["counts"]["methods"]);
}

// The other direction: nothing is declared that the reference does not know, except these.
TEST_F(SchemaJson, DeclaresNothingElse) {
  std::set<std::string> known = {"__SystemClass", "__NotifyStatus", "__ExtendedStatus",
                                 "SMS_ServiceWindow", "SMS_AdminExtendedData"};
  for (const auto& c : reference_["classes"]) known.insert(c["name"].get<std::string>());
  std::size_t ours = 0;  // never among the product's names
  for (const auto& cls : schema_.classes()) {
    if (cls->name().starts_with("WW_")) {
      ++ours;
      continue;
    }
    EXPECT_TRUE(known.contains(cls->name())) << cls->name();
  }
  EXPECT_EQ(schema_.classes().size() - ours, known.size());
}

}  // namespace
}  // namespace ww::cim
