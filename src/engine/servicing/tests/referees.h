// What other people's programs say about an image: wimlib-imagex, 7z, hivexregedit.
#pragma once

#include <map>
#include <set>
#include <string>

#include "servicing_testing.h"

namespace ww::servicing {

struct Entry {
  std::string sha1;        // lower-case hex; empty: directory or empty file
  std::string link_group;  // empty: none
  std::string security;    // its text, whatever the id
  std::string attributes;
};

// `wimlib-imagex dir --detailed`, by path with '/', in lower case.
std::map<std::string, Entry> ListImage(const stdfs::path& wim, int index);

// "key\\name" in lower case -> the text of the value; a key without values is "key\\".
std::map<std::string, std::string> ExportHive(const stdfs::path& wim, int index,
                                              const std::string& hive_path);

// Empty when wimlib-imagex verify and 7z t both find the file good.
std::string Complaints(const stdfs::path& wim);

}  // namespace ww::servicing
