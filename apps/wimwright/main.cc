// The program wimwright: signals, streams, and nothing else.
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <new>

#include "wimwright/base/process.h"
#include "wimwright/cli/run.h"

namespace {

ww::Cancellation cancellation;

// The first signal asks to stop at the next safe point, the second one does what it always does.
extern "C" void OnSignal(int) {
  cancellation.Request();
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  sigaction(SIGINT, &by_default, nullptr);
  sigaction(SIGTERM, &by_default, nullptr);
  constexpr char kText[] = "\nstopping at the next safe point; once more stops at once\n";
  static_cast<void>(!write(STDERR_FILENO, kText, sizeof(kText) - 1));
}

// A job reads trees and hives of tens of megabytes, forgets them and goes on for a long time: what
// it forgot goes back to the system. glibc raises both limits to 32 and 64 MB by itself otherwise.
void ReturnMemoryEarly() {
  constexpr int kFromBytes = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kFromBytes);
  mallopt(M_TRIM_THRESHOLD, kFromBytes);
  mallopt(M_ARENA_MAX, 2);
}

bool IsWritable(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

bool OutputAbandoned() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

}  // namespace

int main(int argc, char** argv) {
  ReturnMemoryEarly();
  ww::ReserveStandardStreams();
  ww::IgnoreWriteSignals();
  if (!IsWritable(STDOUT_FILENO)) std::cout.setstate(std::ios::badbit);
  struct sigaction stop {};
  stop.sa_handler = OnSignal;
  sigemptyset(&stop.sa_mask);
  sigaction(SIGINT, &stop, nullptr);
  sigaction(SIGTERM, &stop, nullptr);
  // A lost connection stops a job too, unless nohup is in front of it; it is told more than once.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &stop, nullptr);
  const ww::cli::Host host{ww::RealFileSystem(),
                           ww::SystemClock(),
                           cancellation,
                           std::cout,
                           std::cerr,
                           isatty(STDERR_FILENO) != 0,
                           OutputAbandoned,
                           isatty(STDOUT_FILENO) != 0};
  try {
    return ww::cli::Run(host, argc, argv);
  } catch (const std::bad_alloc&) {  // not even for the command line
    std::fputs("wimwright: cause: there is no memory to begin with\n", stderr);
    return 20;  // cli.md: internal error
  }
}
