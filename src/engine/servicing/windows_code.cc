#include "wimwright/servicing/windows_code.h"

#include "wimwright/cbs/hresult.h"

namespace ww::servicing {
namespace {

// Per Code, by its number: general Windows code (field-practice.md 5) and usual remedy.
struct General {
  Code code;
  std::uint32_t hresult;
  std::string_view symbol;
  std::string_view next_step;
};

constexpr General kGeneral[] = {
    {Code::kCorrupt, 0x8007000D, "ERROR_INVALID_DATA",
     "get the file again from its source and compare its size and SHA-256"},
    {Code::kUnsupported, 0x80070032, "ERROR_NOT_SUPPORTED",
     "see \"What is refused\" in the README; nothing was skipped silently"},
    {Code::kNotFound, 0x80070002, "ERROR_FILE_NOT_FOUND", "check the name, path or index"},
    {Code::kBusy, 0x80070020, "ERROR_SHARING_VIOLATION",
     "wait until the other job has finished, then run the same command again"},
    {Code::kIo, 0x8007001D, "ERROR_IO_DEVICE",
     "check that the path exists, that you may use it and that the disk is healthy"},
    {Code::kNotApplicable, 0x800F081E, "CBS_E_NOT_APPLICABLE",
     "choose the update that is meant for this product, build and architecture"},
    {Code::kUsage, 0x80070057, "ERROR_INVALID_PARAMETER", "see --help of the command"},
    {Code::kPrerequisiteMissing, 0x800F0823, "CBS_E_NEW_SERVICING_STACK_REQUIRED",
     "give the missing update to the same command; the order is found by itself"},
    {Code::kConflict, 0x800700B7, "ERROR_ALREADY_EXISTS",
     "give the things that exclude each other to separate runs"},
    {Code::kVerificationFailed, 0x800F0831, "CBS_E_STORE_CORRUPTION",
     "run \"wimwright image verify\" on the input image; nothing unproven was published"},
    {Code::kNoSpace, 0x80070070, "ERROR_DISK_FULL",
     "free space where the output goes, or choose another --output or --scratch-dir"},
    {Code::kCancelled, 0x800704C7, "ERROR_CANCELLED", "run the same command again when it suits"},
    {Code::kInternal, 0x8000FFFF, "E_UNEXPECTED",
     "report this as a bug with the command line and the log (--log-file)"},
    {Code::kLimit, 0x8007000D, "ERROR_INVALID_DATA",
     "the input exceeds a documented cap and is probably damaged: get it again"},
};

const General& GeneralOf(Code code) {
  for (const General& g : kGeneral) {
    if (g.code == code) return g;
  }
  return kGeneral[12];
}

}  // namespace

WindowsCode WindowsCodeOf(const Error& error) {
  const General& general = GeneralOf(error.code);
  if (error.hresult == 0) return {general.hresult, std::string(general.symbol)};
  std::string symbol(cbs::SymbolOf(error.hresult));
  if (symbol.empty() && error.hresult == general.hresult) symbol = general.symbol;
  return {error.hresult, std::move(symbol)};
}

std::string NextStepOf(const Error& error) {
  return error.next_step.empty() ? std::string(GeneralOf(error.code).next_step) : error.next_step;
}

}  // namespace ww::servicing
