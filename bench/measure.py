"""Running a program and measuring it: wall time, processor time, peak memory."""

import os
import statistics
import subprocess
import time


class Measured:
    def __init__(self, wall, cpu, peak_bytes):
        self.wall, self.cpu, self.peak_bytes = wall, cpu, peak_bytes


def measure(command, stdin=None, log=None):
    """Runs `command`, which must succeed. Peak memory is that of the process itself (wait4)."""
    with open(log or os.devnull, "ab") as sink:
        began = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdin=stdin or subprocess.DEVNULL,
                                   stdout=sink, stderr=sink)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    if code != 0:
        raise SystemExit(f"bench: exit code {code}: {' '.join(map(str, command))} (see {log})")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def summary(runs):
    """Medians; peak memory is the worst of all runs."""
    return {
        "runs": len(runs),
        "wall_s": round(statistics.median(r.wall for r in runs), 3),
        "wall_all_s": [round(r.wall, 3) for r in runs],
        "cpu_s": round(statistics.median(r.cpu for r in runs), 3),
        "peak_mb": round(max(r.peak_bytes for r in runs) / 1e6, 1),
    }


def warm(*paths):
    """Into the page cache, so that the order of the runs does not matter."""
    for path in paths:
        with open(path, "rb") as file:
            while file.read(1 << 22):
                pass
