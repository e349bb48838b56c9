// JSON as text: what answers are made of, member by member in a chosen order.
#pragma once

#include <string>
#include <string_view>

namespace ww::adminservice {

// Appends a JSON string with its quotes. What is not valid UTF-8 becomes U+FFFD: a value of the
// database must not make an answer unreadable.
void AppendJsonText(std::string& out, std::string_view text);
std::string JsonText(std::string_view text);

}  // namespace ww::adminservice
