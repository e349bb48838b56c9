// The program wimwright: signals, streams, and nothing else.
#include <signal.h>
#include <unistd.h>

#include <iostream>

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

}  // namespace

int main(int argc, char** argv) {
  struct sigaction stop {};
  stop.sa_handler = OnSignal;
  sigemptyset(&stop.sa_mask);
  sigaction(SIGINT, &stop, nullptr);
  sigaction(SIGTERM, &stop, nullptr);
  const ww::cli::Host host{
      ww::RealFileSystem(),      ww::SystemClock(), cancellation, std::cout, std::cerr,
      isatty(STDERR_FILENO) != 0};
  return ww::cli::Run(host, argc, argv);
}
