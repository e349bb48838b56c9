"""Kills the site server at random moments of whole servicing runs, and looks at what is left. Standard library only.

Every round adds an image, schedules an update for it and ends the server with SIGKILL at a random moment of the work,
sometimes twice. After the restart the run has to come to an end by itself, and then everything has to agree: the
package's source, the version that the database calls current, the content library, the proof of the image.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

UPDATE = "windows10.0-kb9000102-x86.msu"
IMAGE = "win10-1607-x86.wim"
BUILD = "10.0.14393.2457"
LONGEST = 240.0  # seconds from a restart to the end of a run


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Problem(Exception):
    pass


class Soak:
    def __init__(self, seed, say=lambda text: None):
        import program  # after WIMWRIGHT is set
        from served_site import Site
        self.program = program
        self.random = random.Random(seed)
        self.say = say
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wimwright-site-soak-"))
        self.site = Site(self.folder)
        self.kills = self.rounds = self.interrupted = 0
        self.duration = 0.5  # of an undisturbed run, measured

    def __enter__(self):
        self.site.__enter__()
        file = self.program.lab() / "updates" / UPDATE
        [self.update] = self.site.post("WW_UpdateCatalog.ImportContent", {"Path": str(file)})["CI_IDs"]
        return self

    def __exit__(self, *_):
        self.site.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def schedule(self):
        number = self.rounds
        source = self.folder / f"image-{number}.wim"
        shutil.copy(self.program.lab() / "images" / IMAGE, source)
        package = self.site.post("SMS_ImagePackage", {
            "Name": f"image {number}", "PkgSourceFlag": 2, "PkgSourcePath": str(source)})["PackageID"]
        schedule = self.site.post("SMS_ImageServicingSchedule", {"Action": 1, "UpdateDP": True})["ScheduleID"]
        self.site.post("SMS_ImageServicingScheduledImage", {"ImagePackageID": package, "ScheduleID": schedule})
        self.site.post("SMS_ImageServicingScheduledUpdate", {"ScheduleID": schedule, "UpdateID": self.update})
        self.site.post("SMS_ImagePackage.RunOfflineServicingManager", {
            "PackageID": package, "ServerName": "srv", "SiteCode": "LAB", "PackageType": 257})
        return source, package, schedule

    def wait(self, schedule):
        """The state in which the schedule ends."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            row = self.site.list("SMS_ImageServicingSchedule", f"ScheduleID eq {schedule}")[0]
            if row["State"] in (0, 3, 4):
                return row["State"]
            time.sleep(0.05)
        raise Problem(f"schedule {schedule} did not end in {LONGEST} s")

    def check(self, source, package, schedule, state):
        runs = self.site.list("WW_ServicingRun", f"ScheduleID eq {schedule}")
        if state != 3 or [run["State"] for run in runs] != ["Succeeded"]:
            raise Problem(f"schedule {schedule} ended in state {state}: {runs}")
        one = self.site.list("SMS_ImagePackage", f"PackageID eq '{package}'")[0]
        versions = self.site.list("WW_ImageVersion", f"PackageID eq '{package}'")
        current = [version for version in versions if version["Current"]]
        if len(current) != 1 or one["SourceVersion"] != one["StoredPkgVersion"]:
            raise Problem(f"{package}: {one['SourceVersion']} is not {one['StoredPkgVersion']}: {versions}")
        if current[0]["SourceVersion"] != one["SourceVersion"] or one["SourceVersion"] != 2:
            raise Problem(f"{package} was published {one['SourceVersion'] - 1} times: {versions}")
        if one["ActionInProgress"] != 0 or one["ImageOSVersion"] != BUILD:
            raise Problem(f"{package}: {one}")
        end = time.monotonic() + LONGEST  # the source is put back after the version is published
        while digest(source) != current[0]["ContentID"]:
            if time.monotonic() > end:
                raise Problem(f"{package}: its source is not version {one['SourceVersion']}")
            time.sleep(0.1)
        done = self.program.run("image", "verify", source, "--json")
        if done.code != 0:
            raise Problem(f"{package}: {done.out} {done.err}")
        self.runs_attempts = runs[0]["Attempt"]

    def measure(self):
        began = time.monotonic()
        self.check(*(made := self.schedule()), self.wait(made[2]))
        self.duration = max(0.2, time.monotonic() - began)
        self.rounds += 1

    def round(self):
        made = self.schedule()
        for _ in range(self.random.choice((1, 1, 2))):
            time.sleep(self.random.uniform(0, self.duration))
            self.site.kill()
            self.kills += 1
            self.site.start()
        state = self.wait(made[2])
        self.check(*made, state)
        self.interrupted += self.runs_attempts > 1
        self.rounds += 1

    def leftovers(self):
        """Files that nobody needs."""
        found = [path.name for path in self.folder.iterdir() if path.name.startswith(".wimwright")]
        scratch = [path for path in (self.site.data / "content").rglob("run-*.wim")]
        return found + [path.name for path in scratch]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", required=True, type=pathlib.Path)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=None)
    given = arguments.parse_args()
    os.environ["WIMWRIGHT"] = str(given.program.resolve())
    seed = given.seed if given.seed is not None else random.randrange(1 << 30)
    print(f"seed {seed}", flush=True)
    with Soak(seed) as soak:
        soak.measure()
        print(f"an undisturbed run takes {soak.duration:.2f} s", flush=True)
        try:
            while soak.kills < given.kills:
                soak.round()
                if soak.rounds % 10 == 0:
                    print(f"{soak.kills} kills, {soak.rounds} rounds, {soak.interrupted} runs begun again", flush=True)
        except Problem as problem:
            for name in ("OfflineServicingMgr.log", "distmgr.log"):
                print((soak.site.data / "logs" / name).read_text(errors="replace")[-3000:])
            print(soak.site.errors())
            sys.exit(f"after {soak.kills} kills, seed {seed}: {problem}")
        left = soak.leftovers()
        if left:
            sys.exit(f"left over: {left}")
        print(f"{soak.kills} kills, {soak.rounds} rounds, {soak.interrupted} runs begun again: all right, 0 leftovers")


if __name__ == "__main__":
    main()
