// The few entries of an image that wim::Image can read and keep but not make: short names, a named
// stream, a junction.
#pragma once

#include "wimwright/base/clock.h"
#include "wimwright/base/hash.h"

namespace ww::lab {

struct SkeletonContent {
  Sha1Digest notes;       // \ProgramData\Lab notes.txt
  Sha1Digest notes_zone;  // its stream Zone.Identifier
  Sha1Digest junction;    // what \Documents and Settings leads to, see JunctionData()
};

// A metadata resource with \Program Files (PROGRA~1), \ProgramData (PROGRA~3) with the file above,
// \Users and the junction \Documents and Settings (DOCUME~1) to it. Written from the published
// layout of WIM metadata. Security: two descriptors, id 0 for directories, id 1 for files.
Bytes SkeletonMetadata(const SkeletonContent& content, ByteView directory_security,
                       ByteView file_security, FileTime time);

// Reparse data of a mount point, without the header that the entry carries.
Bytes JunctionData(std::string_view target, std::string_view shown);

}  // namespace ww::lab
