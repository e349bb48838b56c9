// Assignments of packages to distribution points, and the states that belong to them.
#pragma once

#include "wimwright/provider/call.h"

namespace ww::provider {

// Creates the assignment, or brings back one that is going away. kObjectMissing for a point that
// the site does not have.
Status AssignToDistributionPoint(Call& call, const cim::Instance& package,
                                 std::string_view nal_path);
// Marks it: the row goes when the removal is done (sms-provider-behaviour.md 3).
Status UnassignFromDistributionPoint(Call& call, std::string_view package_id,
                                     std::string_view nal_path);
// Everything about a package that is deleted.
Status ForgetPackage(Call& call, std::string_view package_id);
// All points of the package get the present version (again).
Status MarkForDistribution(Call& call, const cim::Instance& package);

}  // namespace ww::provider
