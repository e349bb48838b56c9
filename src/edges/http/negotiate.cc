// Negotiate through GSSAPI.
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <utility>

#include "wimwright/base/text.h"
#include "wimwright/http/authenticator.h"

namespace ww::http {
namespace {

constexpr std::size_t kMaxToken = 64 << 10;

struct Buffer {
  gss_buffer_desc value = {0, nullptr};
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  ~Buffer() {
    OM_uint32 minor = 0;
    gss_release_buffer(&minor, &value);
  }
  std::string_view text() const { return {static_cast<const char*>(value.value), value.length}; }
};

std::string StatusText(OM_uint32 major, OM_uint32 minor) {
  std::string out;
  for (const auto& [code, kind] : {std::pair{major, GSS_C_GSS_CODE}, {minor, GSS_C_MECH_CODE}}) {
    OM_uint32 more = 0, ignored = 0;
    Buffer text;
    if (code == 0 || gss_display_status(&ignored, code, kind, GSS_C_NO_OID, &more, &text.value) !=
                         GSS_S_COMPLETE) {
      continue;
    }
    out += (out.empty() ? "" : ": ") + std::string(text.text());
  }
  return out;
}

// The security context of one connection while its exchange lasts.
struct Context {
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  Context() = default;
  Context(const Context&) = delete;
  ~Context() {
    OM_uint32 minor = 0;
    if (context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  }
};

class Negotiate final : public AuthScheme {
 public:
  explicit Negotiate(gss_cred_id_t credentials) : credentials_(credentials) {}
  Negotiate(const Negotiate&) = delete;
  ~Negotiate() override {
    OM_uint32 minor = 0;
    gss_release_cred(&minor, &credentials_);
  }

  std::string_view name() const override { return "Negotiate"; }
  std::string challenge() const override { return "Negotiate"; }

  AuthOutcome Try(std::string_view credentials, const Request&,
                  ConnectionAuth& connection) override {
    if (credentials.size() > kMaxToken) return {.reason = "Negotiate: token too long"};
    auto token = FromBase64(credentials);
    if (!token || token->empty()) return {.reason = "Negotiate: no token"};
    auto context = std::static_pointer_cast<Context>(std::exchange(connection.negotiate, nullptr));
    if (!context) context = std::make_shared<Context>();

    gss_buffer_desc input = {token->size(), token->data()};
    Buffer output;
    gss_name_t source = GSS_C_NO_NAME;
    gss_OID mechanism = GSS_C_NO_OID;
    OM_uint32 minor = 0;
    // No channel bindings; no restriction to SPNEGO: some clients send bare Kerberos tokens.
    const OM_uint32 major = gss_accept_sec_context(&minor, &context->context, credentials_, &input,
                                                   GSS_C_NO_CHANNEL_BINDINGS, &source, &mechanism,
                                                   &output.value, nullptr, nullptr, nullptr);
    AuthOutcome outcome;
    const auto reply =
        output.value.length == 0 ? std::string() : "Negotiate " + ToBase64(AsBytes(output.text()));
    if (GSS_ERROR(major)) {
      outcome.reason = "Negotiate: " + StatusText(major, minor);
    } else if ((major & GSS_S_CONTINUE_NEEDED) != 0) {
      outcome.kind = AuthOutcome::Kind::kContinue;
      outcome.challenges = {reply.empty() ? "Negotiate" : reply};
      connection.negotiate = context;
    } else {
      Buffer name;
      if (gss_display_name(&minor, source, &name.value, nullptr) == GSS_S_COMPLETE) {
        outcome.kind = AuthOutcome::Kind::kUser;
        outcome.user = {std::string(name.text()), "Negotiate", MechanismName(mechanism)};
        if (!reply.empty()) outcome.challenges = {reply};
      } else {
        outcome.reason = "Negotiate: a client without name";
      }
    }
    if (source != GSS_C_NO_NAME) gss_release_name(&minor, &source);
    return outcome;
  }

 private:
  static std::string MechanismName(gss_OID mechanism) {
    const auto same = [&](gss_const_OID other) {
      return mechanism != GSS_C_NO_OID && gss_oid_equal(mechanism, other) != 0;
    };
    return same(gss_mech_krb5) ? "Kerberos" : "GSSAPI";
  }
  gss_cred_id_t credentials_;
};

}  // namespace

Result<std::unique_ptr<AuthScheme>> MakeNegotiate(const NegotiateOptions& options) {
  gss_key_value_element_desc element = {"keytab", options.keytab.c_str()};
  const gss_key_value_set_desc store = {1, &element};
  gss_cred_id_t credentials = GSS_C_NO_CREDENTIAL;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_acquire_cred_from(
      &minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, GSS_C_NO_OID_SET, GSS_C_ACCEPT,
      options.keytab.empty() ? GSS_C_NO_CRED_STORE : &store, &credentials, nullptr, nullptr);
  if (GSS_ERROR(major)) {
    return Fail(Error{Code::kUnsupported, "the keytab cannot be used: " + StatusText(major, minor),
                      "Check that it exists, is readable and has a key for HTTP/<name>.", 0});
  }
  return std::make_unique<Negotiate>(credentials);
}

}  // namespace ww::http
