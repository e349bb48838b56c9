"""Ctrl-C, SIGTERM and kill -9 at many moments: inputs stay, the next run succeeds."""

import signal
import time

from program import TIMEOUT, ProgramTest, case, installs, paths, run, sanitized, sha256, start

LIMIT = 2.0 if not sanitized() else 10.0


class Interruption(ProgramTest):
    def setUp(self):
        super().setUp()
        self.image, self.updates = paths(case(installs))
        self.own = self.copy(self.image)
        self.before = sha256(self.own)
        began = time.monotonic()
        self.check(run("apply", self.image, "--update", *self.updates, "--output", self.dir / "timed.wim"), 0)
        self.duration = self.whole = time.monotonic() - began
        (self.dir / "timed.wim").unlink()

    def start(self, *more):
        return start("apply", self.own, "--update", *self.updates, *more)

    def moments(self, count):
        """Of a job, one after the other. A machine that was busy when the first one was timed is so no more at the end."""
        for i in range(count):
            yield self.duration * (i + 0.5) / count

    def interrupt(self, process, how, after):
        time.sleep(after)
        process.send_signal(how)
        began = time.monotonic()
        out, err = process.communicate(timeout=TIMEOUT)
        if process.returncode == 0:
            self.duration = min(self.duration, after + time.monotonic() - began)
        return time.monotonic() - began, process.returncode, out, err

    def test_a_signal_stops_within_two_seconds_and_changes_nothing(self):
        stopped = 0
        for number, after in enumerate(self.moments(9)):
            how = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3]
            out_file = self.dir / "out.wim"
            process = self.start("--output", out_file, "--json")
            seconds, code, out, err = self.interrupt(process, how, after)
            # The job takes a fraction of a second; where that takes longer, so may its end.
            self.assertLess(seconds, max(LIMIT, 5 * self.whole), err)
            self.assertEqual(sha256(self.own), self.before)
            if code == 0:  # it was faster
                out_file.unlink()
                continue
            if code == -how:  # before the handler was there
                continue
            self.assertEqual(code, 9, err)
            self.assertIn('"result": "cancelled"', out)
            self.assertIn("WW_E_CANCELLED", err)
            self.assertFalse(out_file.exists())
            self.assertEqual([p.name for p in self.dir.iterdir()], [self.own.name])
            stopped += 1
        self.assertGreater(stopped, 0, "no signal arrived while the job was running")

    def test_kill_9_leaves_the_old_or_the_new_image_and_the_next_run_succeeds(self):
        for after in self.moments(8):
            process = self.start("--in-place")
            self.interrupt(process, signal.SIGKILL, after)
            state = sha256(self.own)
            if state != self.before:  # published before the signal came: then it has to be whole
                self.check(run("image", "verify", self.own), 0)
            self.check(run("apply", self.own, "--update", *self.updates, "--in-place"), 0)
            self.check(run("image", "verify", self.own), 0)
            self.assertEqual([p.name for p in self.dir.iterdir()], [self.own.name],
                             "the next run did not clean up")
            self.own.write_bytes(self.image.read_bytes())
