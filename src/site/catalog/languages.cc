#include "languages.h"

#include <array>

#include "wimwright/base/text.h"

namespace ww::catalog {
namespace {

struct Language {
  std::string_view name;
  std::uint32_t locale;
};

// Names as they occur in genuine scan metadata; numbers are Windows' (MS-LCID).
constexpr std::array kLanguages{
    Language{"ar", 1025},         Language{"bg", 1026},         Language{"zh-tw", 1028},
    Language{"cs", 1029},         Language{"da", 1030},         Language{"de", 1031},
    Language{"el", 1032},         Language{"en", 1033},         Language{"es", 3082},
    Language{"fi", 1035},         Language{"fr", 1036},         Language{"he", 1037},
    Language{"hu", 1038},         Language{"it", 1040},         Language{"ja", 1041},
    Language{"ko", 1042},         Language{"nl", 1043},         Language{"no", 1044},
    Language{"nb", 1044},         Language{"pl", 1045},         Language{"pt-br", 1046},
    Language{"ro", 1048},         Language{"ru", 1049},         Language{"hr", 1050},
    Language{"sk", 1051},         Language{"sv", 1053},         Language{"th", 1054},
    Language{"tr", 1055},         Language{"uk", 1058},         Language{"sl", 1060},
    Language{"et", 1061},         Language{"lv", 1062},         Language{"lt", 1063},
    Language{"hi", 1081},         Language{"zh-cn", 2052},      Language{"pt", 2070},
    Language{"sr", 2074},         Language{"zh-hk", 3076},      Language{"en-us", 1033},
    Language{"sr-latn-cs", 2074}, Language{"sr-latn-rs", 9242},
};

}  // namespace

std::optional<std::uint32_t> LocaleOf(std::string_view language) {
  for (const auto& one : kLanguages) {
    if (EqualNoCaseAscii(one.name, language)) return one.locale;
  }
  return std::nullopt;
}

}  // namespace ww::catalog
