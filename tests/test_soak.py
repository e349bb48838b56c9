"""The short form of `./dev soak`: jobs killed at random moments, and what is left."""

import pathlib
import subprocess
import sys

from program import PROGRAM, TIMEOUT, ProgramTest, lab

KILLS = 40


class Soak(ProgramTest):
    def test_killed_jobs_leave_the_old_or_the_new_image_and_the_next_run_succeeds(self):
        soak = pathlib.Path(__file__).resolve().parent / "soak.py"
        done = subprocess.run([sys.executable, soak, "--program", PROGRAM, "--lab", lab(), "--kills", str(KILLS)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], f"{KILLS} of {KILLS} recovered, 0 leftovers")
