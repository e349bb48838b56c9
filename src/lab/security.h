// The security descriptors that the lab's files, directories and keys carry, as SDDL.
#pragma once

#include <string_view>

namespace ww::lab {

#define WW_LAB_TI_ "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

// Protected system file: the TrustedInstaller owns it, everybody else reads (3.2).
inline constexpr std::string_view kFileSddl =
    "O:" WW_LAB_TI_ "G:" WW_LAB_TI_ "D:P(A;;FA;;;" WW_LAB_TI_
    ")(A;;0x1200a9;;;BA)(A;;0x1200a9;;;SY)(A;;0x1200a9;;;BU)";
inline constexpr std::string_view kMutableFileSddl =
    "O:" WW_LAB_TI_ "G:" WW_LAB_TI_ "D:P(A;;FA;;;" WW_LAB_TI_
    ")(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1200a9;;;BU)";
inline constexpr std::string_view kDirectorySddl =
    "O:" WW_LAB_TI_ "G:" WW_LAB_TI_ "D:PAI(A;OICI;FA;;;" WW_LAB_TI_
    ")(A;OICI;0x1301bf;;;SY)(A;OICI;0x1301bf;;;BA)(A;OICI;0x1200a9;;;BU)";
inline constexpr std::string_view kRootSddl =
    "O:" WW_LAB_TI_ "G:" WW_LAB_TI_
    "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICIIO;GA;;;AU)";
inline constexpr std::string_view kUserSddl =
    "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICI;0x1200a9;;;WD)";
inline constexpr std::string_view kHiveFileSddl = "O:BAG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)";
inline constexpr std::string_view kKeySddl =
    "O:" WW_LAB_TI_ "G:" WW_LAB_TI_ "D:P(A;CI;KA;;;" WW_LAB_TI_
    ")(A;CI;KR;;;SY)(A;CI;KR;;;BA)(A;CI;KR;;;BU)";
inline constexpr std::string_view kHiveRootSddl =
    "O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;BU)";

#undef WW_LAB_TI_

}  // namespace ww::lab
