#include "wimwright/cbs/hresult.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ww::cbs {
namespace {

struct Known {
  Hresult code;
  std::string_view symbol;
};

// windows-servicing.md 7.4 and field-practice.md 5.
constexpr std::array kKnown{
    Known{0x00000000, "S_OK"},
    Known{0x8007000E, "E_OUTOFMEMORY"},
    Known{0x80070032, "ERROR_NOT_SUPPORTED"},
    Known{0x80070002, "ERROR_FILE_NOT_FOUND"},
    Known{0x8007000D, "ERROR_INVALID_DATA"},
    Known{0x80070070, "ERROR_DISK_FULL"},
    Known{0x80070570, "ERROR_FILE_CORRUPT"},
    Known{0x800736B3, "ERROR_SXS_ASSEMBLY_NOT_FOUND"},
    Known{0x800736CC, "ERROR_SXS_FILE_HASH_MISMATCH"},
    Known{0x80073701, "ERROR_SXS_ASSEMBLY_MISSING"},
    Known{0x80073712, "ERROR_SXS_COMPONENT_STORE_CORRUPT"},
    Known{0x80096010, "TRUST_E_BAD_DIGEST"},
    Known{0x800B0100, "TRUST_E_NOSIGNATURE"},
    Known{0x800B0101, "CERT_E_EXPIRED"},
    Known{0x800B0109, "CERT_E_UNTRUSTEDROOT"},
    Known{0x800F0805, "CBS_E_INVALID_PACKAGE"},
    Known{0x800F0806, "CBS_E_PENDING"},
    Known{0x800F080D, "CBS_E_MANIFEST_INVALID_ITEM"},
    Known{0x800F080E, "CBS_E_MANIFEST_VALIDATION_DUPLICATE_ATTRIBUTES"},
    Known{0x800F080F, "CBS_E_MANIFEST_VALIDATION_DUPLICATE_ELEMENT"},
    Known{0x800F0810, "CBS_E_MANIFEST_VALIDATION_MISSING_REQUIRED_ATTRIBUTES"},
    Known{0x800F0811, "CBS_E_MANIFEST_VALIDATION_MISSING_REQUIRED_ELEMENTS"},
    Known{0x800F0818, "CBS_E_IDENTITY_MISMATCH"},
    Known{0x800F0819, "CBS_E_DUPLICATE_UPDATENAME"},
    Known{0x800F081B, "CBS_E_UNEXPECTED_PROCESSOR_ARCHITECTURE"},
    Known{0x800F081D, "CBS_E_CYCLE_EVALUATION"},
    Known{0x800F081E, "CBS_E_NOT_APPLICABLE"},
    Known{0x800F081F, "CBS_E_SOURCE_MISSING"},
    Known{0x800F0820, "CBS_E_CANCEL"},
    Known{0x800F0823, "CBS_E_NEW_SERVICING_STACK_REQUIRED"},
    Known{0x800F0828, "CBS_E_INSUFFICIENT_DISK_SPACE"},
    Known{0x800F082C, "CBS_E_DEPENDENT_FAILURE"},
    Known{0x800F082E, "CBS_E_NOT_ALLOWED_OFFLINE"},
    Known{0x800F082F, "CBS_E_EXCLUSIVE_WOULD_MERGE"},
    Known{0x800F0830, "CBS_E_IMAGE_UNSERVICEABLE"},
    Known{0x800F0831, "CBS_E_STORE_CORRUPTION"},
    Known{0x800F0838, "CBS_E_MISSING_PREREQUISITE_BASELINES"},
    Known{0x800F0900, "CBS_E_XML_PARSER_FAILURE"},
    Known{0x800F0922, "CBS_E_INSTALLERS_FAILED"},
    Known{0x800F0980, "PSFX_E_DELTA_NOT_SUPPORTED_FOR_COMPONENT"},
    Known{0x800F0981, "PSFX_E_REVERSE_AND_FORWARD_DELTAS_MISSING"},
    Known{0x800F0982, "PSFX_E_MATCHING_COMPONENT_NOT_FOUND"},
    Known{0x800F0983, "PSFX_E_MATCHING_COMPONENT_DIRECTORY_MISSING"},
    Known{0x800F0984, "PSFX_E_MATCHING_BINARY_MISSING"},
    Known{0x800F0985, "PSFX_E_APPLY_REVERSE_DELTA_FAILED"},
    Known{0x800F0986, "PSFX_E_APPLY_FORWARD_DELTA_FAILED"},
    Known{0x800F0987, "PSFX_E_NULL_DELTA_HYDRATION_FAILED"},
    Known{0x800F0988, "PSFX_E_INVALID_DELTA_COMBINATION"},
    Known{0x800F0989, "PSFX_E_REVERSE_DELTA_MISSING"},
};

}  // namespace

std::string_view SymbolOf(Hresult code) {
  const auto found = std::find_if(kKnown.begin(), kKnown.end(),
                                  [code](const Known& known) { return known.code == code; });
  return found == kKnown.end() ? std::string_view() : found->symbol;
}

std::string FormatHresult(Hresult code) { return fmt::format("0x{:08X}", code); }

}  // namespace ww::cbs
