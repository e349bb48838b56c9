#include "session_methods.h"

#include <fmt/format.h>

#include "sign_in.h"
#include "wimwright/provider/access.h"

namespace ww::server {
namespace {

using cim::Value;
using provider::LongMethodCall;
using provider::Text;

std::string OwnerOf(const accounts::ListedSession& session, std::string_view domain) {
  return AccountName({session.who.user, session.who.scheme, session.who.detail}, domain);
}

// Whoever may change administrators could take all rights away; ending a session is less.
Result<bool> MayManage(LongMethodCall& m) {
  bool may = false;
  WW_RETURN_IF_ERROR(m.provider.Read(m.context, [&](provider::Call& call) -> Status {
    may = call.access.Somewhere(provider::kTypeAdministrator, provider::kOpModify);
    return {};
  }));
  return may;
}

Status List(LongMethodCall& m, const accounts::Sessions& sessions, std::string_view domain) {
  const bool everybody = m.Argument("Everybody").BoolOr(false);
  if (everybody) {
    WW_TRY(const auto may, MayManage(m), "access");
    if (!may) return provider::Denied(m.context.user + " may not see the sessions of others");
  }
  WW_TRY(const auto listed, sessions.List(), "sessions");
  WW_TRY(const auto cls, m.provider.schema().Get("WW_SessionInformation"), "class");
  Value::Array out;
  for (const auto& session : listed) {
    const auto owner = OwnerOf(session, domain);
    if (!everybody && !cim::SameName(owner, m.context.user)) continue;
    auto one = cim::Instance::Spawn(cls);
    one.SetRaw("SessionID", Text(session.id));
    one.SetRaw("UserName", Text(owner));
    one.SetRaw("Scheme", Text(session.who.scheme));
    one.SetRaw("Label", Text(session.who.detail));
    one.SetRaw("Created", Value::Date(session.who.created));
    one.SetRaw("Used", Value::Date(session.who.used));
    one.SetRaw("Expires", Value::Date(session.who.expires));
    out.push_back(provider::Embedded(std::move(one)));
  }
  m.Result("Sessions", Value::Of(std::move(out)));
  return {};
}

Status End(LongMethodCall& m, const accounts::Sessions& sessions, std::string_view domain) {
  const auto id = m.Argument("SessionID").TextOr("");
  WW_TRY(const auto listed, sessions.List(), "sessions");
  for (const auto& session : listed) {
    if (session.id != id) continue;
    // Somebody else's is missing for who may not see it.
    if (!cim::SameName(OwnerOf(session, domain), m.context.user)) {
      WW_TRY(const auto may, MayManage(m), "access");
      if (!may) break;
    }
    return sessions.EndListed(id);
  }
  return provider::Missing("there is no such session");
}

}  // namespace

void BindSessions(provider::Bindings& bindings, const accounts::Sessions& sessions,
                  std::string domain) {
  bindings.SetLongMethod("WW_ConsoleSession", "List", [&sessions, domain](LongMethodCall& m) {
    return List(m, sessions, domain);
  });
  bindings.SetLongMethod("WW_ConsoleSession", "End",
                         [&sessions, domain = std::move(domain)](LongMethodCall& m) {
                           return End(m, sessions, domain);
                         });
}

}  // namespace ww::server
