#include "parents.h"

#include <gtest/gtest.h>

namespace ww::cbs {
namespace {

manifest::Version V(std::string_view text) { return *manifest::Version::Parse(text); }

manifest::Parent Compare(std::string build, std::string service, std::string revision) {
  manifest::Parent parent;
  parent.build_compare = std::move(build);
  parent.service_compare = std::move(service);
  parent.revision_compare = std::move(revision);
  return parent;
}

struct Case {
  const char* installed;
  const char* wanted;
  manifest::Parent compare;
  Answer answer;
};

// The safe rule of windows-servicing.md 2.3.
TEST(VersionSatisfies, FollowsTheSafeSubset) {
  const Case cases[] = {
      {"6.1.7601.17514", "6.1.7601.17514", Compare("EQ", "EQ", ""), Answer::kYes},
      {"6.1.7601.17514", "6.1.7601.17514", Compare("", "", ""), Answer::kYes},
      {"6.1.7601.18000", "6.1.7601.17514", Compare("", "", ""), Answer::kNo},
      {"6.1.7600.16385", "6.1.7601.17514", Compare("EQ", "EQ", ""), Answer::kNo},
      {"6.1.7601.18000", "6.1.7601.17514", Compare("EQ", "EQ", ""), Answer::kUndecidable},
      {"6.3.1.20", "6.3.1.14", Compare("GE", "", "GE"), Answer::kYes},
      {"6.3.1.10", "6.3.1.14", Compare("GE", "", "GE"), Answer::kNo},
      {"10.0.14393.2312", "10.0.14393.0", Compare("EQ", "", "GE"), Answer::kYes},
      {"10.0.15063.0", "10.0.14393.0", Compare("EQ", "", "GE"), Answer::kNo},
      {"10.0.15063.0", "10.0.14393.0", Compare("GE", "", ""), Answer::kYes},
      {"10.0.15063.0", "10.0.14393.0", Compare("GE", "EQ", ""), Answer::kUndecidable},
      {"10.0.14393.0", "6.3.9600.16384", Compare("GE", "", ""), Answer::kUndecidable},
      {"6.3.9600.16384", "10.0.14393.0", Compare("GE", "", ""), Answer::kNo},
      {"6.3.9600.17000", "6.3.9600.16384", Compare("LE", "", ""), Answer::kUndecidable},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(VersionSatisfies(V(c.installed), V(c.wanted), c.compare), c.answer)
        << c.installed << " for " << c.wanted << " " << c.compare.build_compare << "/"
        << c.compare.service_compare << "/" << c.compare.revision_compare;
  }
}

TEST(IsUpdatePackageName, TellsUpdatesFromProducts) {
  EXPECT_TRUE(IsUpdatePackageName("Package_for_KB2919355"));
  EXPECT_TRUE(IsUpdatePackageName("Package_12_for_KB2919355"));
  EXPECT_FALSE(IsUpdatePackageName("Microsoft-Windows-Foundation-Package"));
}

}  // namespace
}  // namespace ww::cbs
