// One cell of a row, or one literal of a query: nothing, a number, text or bytes.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wimwright/base/bytes.h"

namespace ww::database {

struct Null {
  bool operator==(const Null&) const = default;
};

// Booleans are integers 0 and 1, date-times are text that sorts (DMTF or ISO): the databases have
// no common type for either. A plain value: copies, compares by content, owns what it holds.
class Value {
 public:
  using Variant = std::variant<Null, std::int64_t, double, std::string, Bytes>;

  Value() = default;
  Value(Null) {}  // NOLINT(google-explicit-constructor): literals read as such, here and below
  template <std::integral T>
  Value(T number) : variant_(static_cast<std::int64_t>(number)) {}  // NOLINT
  Value(double number) : variant_(number) {}                        // NOLINT
  Value(std::string text) : variant_(std::move(text)) {}            // NOLINT
  Value(std::string_view text) : variant_(std::string(text)) {}     // NOLINT
  Value(const char* text) : variant_(std::string(text)) {}          // NOLINT
  Value(Bytes bytes) : variant_(std::move(bytes)) {}                // NOLINT
  template <typename T>
  Value(std::optional<T> maybe) {  // NOLINT
    if (maybe) *this = Value(*std::move(maybe));
  }

  bool is_null() const { return std::holds_alternative<Null>(variant_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(variant_); }
  bool is_real() const { return std::holds_alternative<double>(variant_); }
  bool is_text() const { return std::holds_alternative<std::string>(variant_); }
  bool is_blob() const { return std::holds_alternative<Bytes>(variant_); }

  // What the cell holds, or `otherwise` when it holds another type (a null, most often). No
  // conversion between numbers and text.
  std::int64_t integer(std::int64_t otherwise = 0) const {
    const auto* v = std::get_if<std::int64_t>(&variant_);
    return v != nullptr ? *v : otherwise;
  }
  double real(double otherwise = 0) const {
    const auto* v = std::get_if<double>(&variant_);
    return v != nullptr ? *v : otherwise;
  }
  // The view lives as long as this value is unchanged.
  std::string_view text(std::string_view otherwise = {}) const {
    const auto* v = std::get_if<std::string>(&variant_);
    return v != nullptr ? std::string_view(*v) : otherwise;
  }
  ByteView blob() const {
    const auto* v = std::get_if<Bytes>(&variant_);
    return v != nullptr ? ByteView(*v) : ByteView();
  }

  const Variant& variant() const { return variant_; }
  Variant& variant() { return variant_; }

  bool operator==(const Value&) const = default;

 private:
  Variant variant_;
};

using Row = std::vector<Value>;

}  // namespace ww::database
