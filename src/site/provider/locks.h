// Object locks (SEDO): who edits an object keeps others out (sms-provider-behaviour.md 8).
#pragma once

#include "wimwright/provider/call.h"

namespace ww::provider {

database::TableDefinition LockTable();

// Fails with kLocked when somebody else holds the lock of this object.
Status CheckLock(Call& call, const cim::ObjectPath& canonical);
// A successful Put releases the lock that its own context holds.
Status ReleaseOwnLock(Call& call, const cim::ObjectPath& canonical);
// The object goes, and its lock with it.
Status ForgetLock(Call& call, const cim::ObjectPath& canonical);

}  // namespace ww::provider
