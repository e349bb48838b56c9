"""Kills apply at random moments, again and again, and looks at what is left. Standard library only.

Every round starts one job of the lab, ends it with SIGKILL, and judges the files: the input is intact, the
result is what was there before or the complete new image, nothing between. Then the same job runs again: it
has to succeed, to come to the very bytes of a job that nobody disturbed, and to leave no other file behind.

Half of the kills come at a moment drawn uniformly from the job's usual duration, half at a random moment of a
phase drawn uniformly, because the short phases at the end are where a mistake would hurt.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import selectors
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

# With it equal jobs write equal bytes (docs/cli.md), so that one digest says everything about a result.
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
EARLIER = b"an earlier result " * 5000
MODES = ("output", "over", "in-place")  # to a new file; over an earlier result; the file itself
START = "start"  # before the first phase
LONGEST = 300.0  # seconds that one run may take, also under a sanitizer on a busy machine


def digest(data):
    return hashlib.sha256(data).hexdigest()


def target(mode):
    return "in.wim" if mode == "in-place" else "out.wim"


class Job:
    """One case of the lab: an image, updates, and what a whole run makes of them."""

    def __init__(self, program, lab, case):
        self.program, self.name = program, case["name"]
        self.image = (lab / "images" / case["image"]).read_bytes()
        self.image_digest = digest(self.image)
        self.updates = [str(lab / "updates" / update) for update in case["updates"]]
        self.results = {}  # by the file that holds it: in place there is the record to roll back with
        self.durations = []  # of whole runs, seconds
        self.phases = {}  # name: seconds at which it begins and ends in a whole run

    def command(self, folder, mode):
        where = ["--in-place"] if mode == "in-place" else ["--output", str(folder / "out.wim")]
        return [self.program, "apply", str(folder / "in.wim"), "--update", *self.updates, *where, "--json"]

    def measure(self, folder):
        """Whole runs: their result, duration and phases."""
        for mode in ("output", "output", "in-place", "in-place"):
            prepare(folder, self, mode)
            run = Run(self.command(folder, mode))
            run.wait(LONGEST)
            code, _, err = run.finish()
            if code != 0:
                sys.exit(f"soak: {self.name}: exit code {code}\n{err}")
            found = digest((folder / target(mode)).read_bytes())
            if self.results.setdefault(target(mode), found) != found:
                sys.exit(f"soak: {self.name}: two runs of the same job wrote different bytes")
            self.durations.append(run.seconds)
            ends = [begin for _, begin in run.phases[1:]] + [run.seconds]
            self.phases = {name: (begin, end) for (name, begin), end in zip(run.phases, ends)}

    def result(self, mode):
        return self.results[target(mode)]

    def duration(self):
        return statistics.median(self.durations[-9:])


class Run:
    """A running program whose progress lines are read as they come."""

    def __init__(self, command):
        self.began = time.monotonic()
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=subprocess.PIPE, env=ENVIRONMENT)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stderr, selectors.EVENT_READ)
        self.text, self.ended, self.phases = b"", False, []
        self.seconds = 0.0

    def _read(self):
        data = os.read(self.process.stderr.fileno(), 65536)
        self.ended = not data
        self.seconds = time.monotonic() - self.began
        self.text += data
        names = [line[5:].split()[0] for line in self.text.decode(errors="replace").splitlines(True)
                 if line.startswith("[") and line[2:3] == "/" and line.endswith("\n")]
        known = [name for name, _ in self.phases]
        self.phases += [(name, self.seconds) for name in dict.fromkeys(names) if name not in known]

    def wait(self, seconds, phase=None):
        """Until that long after the start, until `phase` begins, or until the program ends."""
        while not self.ended and (phase is None or phase not in dict(self.phases)):
            left = self.began + seconds - time.monotonic()
            if left <= 0:
                return
            if self.selector.select(left):
                self._read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def finish(self):
        """Exit code (negative: the signal), standard output, standard error."""
        while not self.ended:
            self._read()
        code = self.process.wait()
        self.selector.close()
        self.process.stderr.close()
        with self.out:
            self.out.seek(0)
            return code, self.out.read().decode(errors="replace"), self.text.decode(errors="replace")


def prepare(folder, job, mode):
    for path in folder.iterdir():
        path.unlink()
    (folder / "in.wim").write_bytes(job.image)
    if mode == "over":
        (folder / "out.wim").write_bytes(EARLIER)


class Problem(Exception):
    pass


class Row:
    """What happened to the kills of one phase."""

    HEAD = ("kills", "old", "new", "traces", "next run ok", "leftovers")

    def __init__(self):
        self.kills = self.old = self.new = self.traces = self.ok = self.leftovers = 0

    def cells(self):
        return (self.kills, self.old, self.new, self.traces, self.ok, self.leftovers)


def judge(folder, job, mode):
    """"old" or "new", and whether the dead job left a trace; anything else is a problem."""
    now = (folder / "in.wim").read_bytes()
    traces = len([path for path in folder.iterdir() if path.name.startswith(".")])
    if mode == "in-place":
        if digest(now) == job.result(mode):
            return "new", traces > 0
        if not now.startswith(job.image):
            raise Problem("the image is neither the old one nor the new one")
        return "old", traces > 0 or len(now) > len(job.image)
    if digest(now) != job.image_digest:
        raise Problem("the input was changed")
    out = folder / "out.wim"
    if not out.exists():
        if mode == "over":
            raise Problem("the earlier output is gone")
        return "old", traces > 0
    found = out.read_bytes()
    if digest(found) == job.result(mode):
        return "new", traces > 0
    if mode == "over" and found == EARLIER:
        return "old", traces > 0
    raise Problem("the output is neither the earlier one nor the new one")


def again(folder, job, mode):
    """The same job, undisturbed. The number of files that it should not have left."""
    run = Run(job.command(folder, mode))
    run.wait(LONGEST)
    if not run.ended:
        run.kill()
    code, out, err = run.finish()
    if code != 0:
        raise Problem(f"the next run ends with {code}: {err}")
    result = json.loads(out)["result"]
    if result not in ("succeeded", "nothing_to_do"):
        raise Problem(f"the next run says {result}")
    if mode != "in-place" and digest((folder / "in.wim").read_bytes()) != job.image_digest:
        raise Problem("the next run changed the input")
    final = folder / target(mode)
    if digest(final.read_bytes()) != job.result(mode):
        raise Problem("the next run came to another result")
    if result == "succeeded":
        job.durations.append(run.seconds)
    return len([path for path in folder.iterdir() if path.name not in ("in.wim", final.name)])


class Soak:
    def __init__(self, jobs, given, folder):
        self.jobs, self.given, self.folder = jobs, given, folder
        self.deadline = time.monotonic() + given.seconds if given.seconds else None
        self.lock = threading.Lock()
        self.rows, self.problems = {}, []
        self.number = self.missed = 0

    def kills(self):
        return sum(row.kills for row in self.rows.values())

    def next_round(self):
        with self.lock:
            if len(self.problems) >= 10:
                return None
            if self.deadline is not None and time.monotonic() >= self.deadline:
                return None
            if self.given.kills and self.kills() >= self.given.kills:
                return None
            self.number += 1
            return self.number

    def work(self, worker):
        folder = self.folder / f"worker-{worker}"
        folder.mkdir()
        while (number := self.next_round()) is not None:
            try:
                self.round(number, folder)
            except Exception as error:  # a thread that ends silently would look like success
                with self.lock:
                    self.problems.append(f"round {number}: {type(error).__name__}: {error}")

    def round(self, number, folder):
        chance = random.Random(f"{self.given.seed} {number}")
        job, mode = chance.choice(self.jobs), chance.choice(MODES)
        prepare(folder, job, mode)
        run = Run(job.command(folder, mode))
        if chance.random() < 0.5:
            run.wait(chance.uniform(0, job.duration()))
        else:
            phase = chance.choice(sorted(job.phases))
            begin, end = job.phases[phase]
            run.wait(LONGEST, phase)
            run.wait(time.monotonic() - run.began + chance.uniform(0, end - begin))
        run.kill()
        code, _, _ = run.finish()
        if code != -signal.SIGKILL:
            with self.lock:
                self.missed += 1
            return
        phase = run.phases[-1][0] if run.phases else START
        with self.lock:
            if self.given.kills and self.kills() >= self.given.kills:
                return
            row = self.rows.setdefault(phase, Row())
            row.kills += 1
        try:
            state, trace = judge(folder, job, mode)
            left = again(folder, job, mode)
        except Problem as problem:
            kept = self.folder / f"round-{number}"
            shutil.copytree(folder, kept)
            with self.lock:
                self.problems.append(f"round {number}, {job.name}, {mode}, killed in {phase}: {problem} ({kept})")
            return
        with self.lock:
            row.old += state == "old"
            row.new += state == "new"
            row.traces += trace
            row.ok += 1
            row.leftovers += left

    def run(self):
        workers = [threading.Thread(target=self.work, args=(i,)) for i in range(self.given.workers)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def report(self):
        order = [START, *max((job.phases for job in self.jobs), key=len)]
        form = "{:<10}" + "".join("{:>%d}" % (max(len(head), 5) + 2) for head in Row.HEAD)
        print(form.format("phase", *Row.HEAD))
        total = [0] * len(Row.HEAD)
        for phase in sorted(self.rows, key=lambda name: order.index(name) if name in order else 99):
            cells = self.rows[phase].cells()
            total = [a + b for a, b in zip(total, cells)]
            print(form.format(phase, *cells))
        print(form.format("all", *total))
        if self.missed:
            print(f"{self.missed} jobs were faster than the kill and do not count")
        for problem in self.problems:
            print(problem)
        kills, recovered, leftovers = total[0], total[4], total[5]
        print(f"{recovered} of {kills} recovered, {leftovers} leftovers")
        return not self.problems and kills > 0 and recovered == kills and leftovers == 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("seconds", nargs="?", type=float, metavar="SECONDS", help="default: 120")
    arguments.add_argument("--kills", type=int, default=0, metavar="N", help="end after N kills")
    arguments.add_argument("--seed", type=int, default=1, metavar="S", help="of everything that is drawn; default 1")
    arguments.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1), metavar="N")
    arguments.add_argument("--program", required=True, type=pathlib.Path)
    arguments.add_argument("--lab", type=pathlib.Path, help="an existing lab; default: one is made")
    given = arguments.parse_args()
    if given.seconds is None and not given.kills:
        given.seconds = 120
    program = str(given.program.resolve())

    folder = pathlib.Path(tempfile.mkdtemp(prefix="wimwright-soak-"))
    lab = given.lab or folder / "lab"
    if given.lab is None:
        subprocess.run([program, "lab", "create", str(lab), "--preset", "small", "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
    jobs = {}
    for case in json.loads((lab / "lab.json").read_text())["cases"]:
        decisions = [decision["decision"] for decision in case["decisions"].values()]
        if case["exit_code"] == 0 and "install" in decisions:
            jobs.setdefault((case["image"], *case["updates"]), case)
    jobs = [Job(program, lab, case) for case in jobs.values()]
    (folder / "measure").mkdir()
    for job in jobs:
        job.measure(folder / "measure")
    print(f"{len(jobs)} jobs of {min(j.duration() for j in jobs):.2f} to {max(j.duration() for j in jobs):.2f} s, "
          f"{' / '.join(MODES)}, {given.workers} workers, seed {given.seed}", flush=True)

    soak = Soak(jobs, given, folder)
    soak.run()
    good = soak.report()
    if good:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


sys.exit(main())
