// What a program has to settle before it opens its first file.
#pragma once

namespace ww {

// Descriptors 0 to 2 that the caller closed are taken by something that can neither be read nor
// written. Else the first files to be opened would get these numbers, and progress, errors and data
// would be written into an image, its lock or the log.
void ReserveStandardStreams();

// Writing to a pipe that nobody reads any more, and beyond RLIMIT_FSIZE, becomes an error of that
// write. A job must not die of it with its temporary files left behind.
void IgnoreWriteSignals();

}  // namespace ww
