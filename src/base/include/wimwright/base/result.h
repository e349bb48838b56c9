// Errors are values: a stable code, a story for a person, and what to do next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace ww {

// Stored, printed and sent as numbers: append, never renumber. Each maps to one exit code of the
// command line (docs/cli.md) and has one symbolic name (CodeName).
enum class Code : std::uint16_t {
  kCorrupt = 1,              // the bytes contradict their own format
  kUnsupported = 2,          // well formed, but something we must not pretend to handle
  kNotFound = 3,             // a file, member, key or index that should exist does not
  kBusy = 4,                 // somebody else holds the lock
  kIo = 5,                   // the operating system refused a read or write
  kNotApplicable = 6,        // a servicing decision, not a defect
  kUsage = 7,                // the caller asked for something meaningless
  kPrerequisiteMissing = 8,  // another update or base has to be there first
  kConflict = 9,             // two inputs exclude each other
  kVerificationFailed = 10,  // a digest or the proof of the result did not match
  kNoSpace = 11,             // disk or quota full
  kCancelled = 12,           // a person or signal asked to stop
  kInternal = 13,            // a bug of ours: an invariant does not hold
  kLimit = 14,               // input exceeds a documented cap (hostile or absurd)
};

// "WW_E_CORRUPT" and so on: the spelling in logs, JSON and messages.
std::string_view CodeName(Code code);

struct [[nodiscard]] Error {
  Code code = Code::kInternal;
  std::string message;    // one sentence of cause, outermost context first
  std::string next_step;  // one sentence of what to do; may be empty below the edges
  std::uint32_t hresult =
      0;  // the Windows code a servicing person searches for; 0: none of its own

  Error Within(std::string_view what) const {
    Error e = *this;
    e.message = std::string(what) + ": " + message;
    return e;
  }
  Error WithNextStep(std::string_view what) const {
    Error e = *this;
    e.next_step = what;
    return e;
  }
  Error WithHresult(std::uint32_t value) const {
    Error e = *this;
    e.hresult = value;
    return e;
  }
  // A failure while cleaning up never replaces the first error.
  Error FollowedBy(const Error& later) const {
    Error e = *this;
    e.message += " (and then: " + later.message + ")";
    return e;
  }
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Base&& other) : Base(std::move(other)) {}  // so that map()/and_then() convert back
};

using Status = Result<void>;

inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> Fail(Code code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message), {}, 0});
}

// WW_TRY(auto x, Expr(), "what was being done");  declares x, or returns the error with its
// context.
#define WW_TRY(decl, expr, what) WW_TRY_1_(decl, expr, what, __COUNTER__)
#define WW_TRY_1_(decl, expr, what, n) WW_TRY_2_(decl, expr, what, n)
#define WW_TRY_2_(decl, expr, what, n)                                 \
  auto ww_try_##n = (expr);                                            \
  if (!ww_try_##n) return ::ww::Fail(ww_try_##n.error().Within(what)); \
  decl = *std::move(ww_try_##n)

// The same for calls without a value. The counter keeps nested uses (a lambda inside) apart.
#define WW_TRY_STATUS(expr, what) WW_TRY_STATUS_1_(expr, .Within(what), __COUNTER__)
// Passes an error on unchanged, where the callee already told the whole story.
#define WW_RETURN_IF_ERROR(expr) WW_TRY_STATUS_1_(expr, , __COUNTER__)
#define WW_TRY_STATUS_1_(expr, context, n) WW_TRY_STATUS_2_(expr, context, n)
#define WW_TRY_STATUS_2_(expr, context, n)              \
  do {                                                  \
    if (auto ww_status_##n = (expr); !ww_status_##n) {  \
      return ::ww::Fail(ww_status_##n.error() context); \
    }                                                   \
  } while (false)

}  // namespace ww
