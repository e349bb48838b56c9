// What a container holds, told from the names of its members alone (field-practice.md 3).
#pragma once

#include <string>
#include <vector>

#include "wimwright/cab/members.h"

namespace ww::cab {

enum class Shape {
  kPlain,        // update.mum and its tree
  kIntraDelta,   // _manifest_.cix.xml
  kCabinetSet,   // cablist.ini and Cab1.cab ... CabN.cab
  kExpress,      // *.psf.cix.xml: the payload is in a PSF
  kFodMetadata,  // features-on-demand metadata
  kMsu,          // package cabinets
  kScan,         // update metadata: package.cab, package.xml, index.xml
  kSetup,        // programs of Windows Setup, no package
  kOther,
};

Shape ShapeOf(const Members& members);

// Cab1.cab, Cab2.cab, ... in the order of their numbers; kCorrupt when one is missing.
Result<std::vector<std::size_t>> CabinetsOfSet(const Members& members);

// Members of an MSU that are cabinets or WIMs which may hold packages: not WSUSSCAN.cab, not the
// installer's own DesktopDeployment, not AggregatedMetadata.
std::vector<std::size_t> PackageCandidates(const Members& msu);

// The PSFs at the root.
std::vector<std::size_t> PsfsOf(const Members& members);

// For UpdatePackage::differential: payload that is a delta against another version (f\, r\,
// n\).
std::vector<std::string> DescribeDeltaPayload(const Members& members);

}  // namespace ww::cab
