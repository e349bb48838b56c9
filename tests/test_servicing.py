"""The whole job by schedule: from the script's calls over REST to the published version, watched in the classes."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import program
import site_soak
from served_site import Site, SiteTest

IMAGE = "win10-1607-x86.wim"
UPDATE = "windows10.0-kb9000102-x86.msu"
REFUSED = "windows10.0-kb9000122-x86.msu"
BUILD = "10.0.14393.2457"


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class ServicedSite:
    """What these tests do with a site."""

    def __init__(self, site, folder):
        self.site, self.folder = site, pathlib.Path(folder)
        self.number = 0

    def image(self, file=IMAGE, source=None):
        self.number += 1
        path = self.folder / f"image-{self.number}.wim"
        shutil.copy(source or program.lab() / "images" / file, path)
        package = self.site.post("SMS_ImagePackage", {
            "Name": f"Image {self.number} {file}", "PkgSourceFlag": 2, "PkgSourcePath": str(path)})["PackageID"]
        return package, path

    def content(self, file=UPDATE):
        path = program.lab() / "updates" / file if isinstance(file, str) else file
        return self.site.post("WW_UpdateCatalog.ImportContent", {"Path": str(path)})["CI_IDs"][0]

    def schedule(self, packages, updates, **members):
        schedule = self.site.post("SMS_ImageServicingSchedule", {"Action": 1, **members})["ScheduleID"]
        for package in packages:
            self.site.post("SMS_ImageServicingScheduledImage", {"ImagePackageID": package, "ScheduleID": schedule})
        for update in updates:
            self.site.post("SMS_ImageServicingScheduledUpdate", {"ScheduleID": schedule, "UpdateID": update})
        for package in packages:
            self.run(package)
        return schedule

    def run(self, package):
        self.site.post("SMS_ImagePackage.RunOfflineServicingManager", {
            "PackageID": package, "ServerName": "srv", "SiteCode": "LAB", "PackageType": 257})

    def row(self, schedule):
        return self.site.list("SMS_ImageServicingSchedule", f"ScheduleID eq {schedule}")[0]

    def wait(self, schedule, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.row(schedule)["State"]
            if state in (0, 3, 4):
                return state
            time.sleep(0.05)
        raise AssertionError(f"schedule {schedule} did not end: {self.row(schedule)} {self.runs(schedule)} "
                             f"{self.log()[-3000:]}")

    def runs(self, schedule):
        return self.site.list("WW_ServicingRun", f"ScheduleID eq {schedule}")

    def package(self, package):
        return self.site.list("SMS_ImagePackage", f"PackageID eq '{package}'")[0]

    def messages(self, package=None):
        found = self.site.list("SMS_StatusMessage", "Component eq 'SMS_OFFLINE_SERVICING_MANAGER'")
        return [message["MessageID"] & 0xFFFF for message in found]

    def log(self, *texts):
        """What the component wrote, once all of `texts` are in it: lines come a moment after what they tell of."""
        for text in texts:
            self.site.wait_for_log("OfflineServicingMgr.log", text)
        return (self.site.data / "logs" / "OfflineServicingMgr.log").read_text(errors="replace")


class ServicingTest(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.work = ServicedSite(cls.site, cls.site.folder)

    def test_the_classes_show_each_moment_of_a_run(self):
        work = self.work
        package, source = work.image()
        update = work.content()
        schedule = self.site.post("SMS_ImageServicingSchedule", {"Action": 1, "UpdateDP": False})["ScheduleID"]
        self.site.post("SMS_ImageServicingScheduledImage", {"ImagePackageID": package, "ScheduleID": schedule})
        self.site.post("SMS_ImageServicingScheduledUpdate", {"ScheduleID": schedule, "UpdateID": update})
        filter_ = f"ScheduleID eq {schedule}"
        self.assertEqual(work.row(schedule)["State"], 1)
        self.assertEqual(self.site.list("SMS_ImageServicingProgress", filter_), [])
        work.run(package)
        seen = []  # (schedule's state, progress' status, rows of history)
        while not seen or seen[-1][0] not in (3, 4):
            # Newest first: what one shows must not be older than what the next one says.
            history = self.site.list("SMS_ImageUpdateHistory", filter_)
            progress = self.site.list("SMS_ImageServicingProgress", filter_)
            state = work.row(schedule)["State"]
            moment = (state, progress[0]["Status"] if progress else None, len(history))
            if moment not in seen:
                seen.append(moment)
        # offline-servicing.md 3; a moment may pass between two of the questions.
        allowed = {(1, None, 0), (2, None, 0), (2, 1, 0), (3, 1, 0), (3, 2, 0), (3, 2, 1), (3, None, 0)}
        self.assertLessEqual(set(seen), allowed, seen)
        self.assertEqual(self.site.list("SMS_ImageServicingProgress", filter_)[0]["Status"], 2)
        self.assertEqual([row["Status"] for row in self.site.list("SMS_ImageUpdateHistory", filter_)], [2])
        one = work.package(package)
        self.assertEqual((one["SourceVersion"], one["ImageOSVersion"]), (2, BUILD))
        done = self.check(program.run("image", "verify", source, "--json"), 0)
        self.assertTrue(done.json()["ok"])
        status = self.site.list("SMS_ImageUpdateStatus", f"ImagePackageID eq '{package}'")
        self.assertEqual({(row["ImageIndex"], row["UpdateStatus"]) for row in status}, {(1, 2), (2, 2)})
        for line in ("is marked for RunNow by the administrator", "Processing started for Schedule with ID",
                     "Initialization of schedule processing succeeded",
                     f"Completed processing image package {package}. Status = Success",
                     f"Updated history for image package {package} in the database"):
            work.log(line)
        self.assertRegex(work.log(), r'STATMSG: ID=7901 SEV=I LEV=M SOURCE="SMS Server" '
                                     r'COMP="SMS_OFFLINE_SERVICING_MANAGER" SYS=.* ISTR9="" NUMATTRS=0')

    def test_the_same_schedule_once_more_has_nothing_to_do(self):
        package, source = self.work.image()
        schedule = self.work.schedule([package], [self.work.content()])
        self.assertEqual(self.work.wait(schedule), 3)
        before = digest(source)
        self.site.patch(f"SMS_ImageServicingSchedule({schedule})", {"Action": 1})
        self.work.run(package)
        self.assertEqual(self.work.wait(schedule), 3)
        self.assertEqual(digest(source), before)
        self.assertEqual(self.work.package(package)["SourceVersion"], 2)

    def test_a_refused_update_leaves_the_image_and_says_why(self):
        package, source = self.work.image()
        before = digest(source)
        update = self.work.content(REFUSED)
        schedule = self.work.schedule([package], [update])
        self.assertEqual(self.work.wait(schedule), 4)
        self.assertEqual(digest(source), before)
        [run] = self.work.runs(schedule)
        self.assertEqual(run["State"], "Failed")
        self.assertTrue(run["Reason"] and run["NextStep"], run)
        self.assertEqual(run["FailedUpdateID"], update)
        self.assertIn(7911, self.work.messages())
        self.work.log("Schedule processing failed")
        followed = self.site.run("status", "--follow", "--schedule", schedule, "--json")
        self.assertNotIn(followed.code, (0, 20), followed.err)

    def test_the_command_line_does_the_whole_job_and_follows_it(self):
        package, source = self.work.image()
        update = self.work.content()
        self.work.site.add_group("Command line", [update])
        name = self.work.package(package)["Name"]
        made = self.check(self.site.run("schedule", "create", "--image-name", name, "--update-group-name",
                                        "Command line", "--now", "--json"), 0)
        schedule = made.json()["schedule_id"]
        done = self.check(self.site.run("status", "--follow", "--schedule", schedule, "--json"), 0)
        [run] = done.json()["runs"]
        self.assertEqual((run["State"], run["BuildAfter"]), ("Succeeded", BUILD))
        shown = self.check(self.site.run("schedule", "show", schedule, "--json"), 0).json()["schedule"]
        self.assertEqual([one["RunID"] for one in shown["runs"]], [run["RunID"]])

    def test_an_image_without_content_or_source_says_so(self):
        package, source = self.work.image()
        source.unlink()
        schedule = self.work.schedule([package], [self.work.content()])
        # A source that is away may come back: it is tried again; until then the reason is readable.
        end = time.monotonic() + 60
        while time.monotonic() < end and not any(run["Reason"] for run in self.work.runs(schedule)):
            time.sleep(0.1)
        [run] = self.work.runs(schedule)
        self.assertIn("image-", run["Reason"])
        self.site.patch(f"SMS_ImageServicingSchedule({schedule})", {"Action": 2})
        self.assertIn(self.work.wait(schedule), (0, 4))

    def test_an_image_that_is_serviced_can_be_cancelled_within_seconds(self):
        update = self.work.content()
        # Seconds of a machine on which a whole run takes no longer.
        package, source = self.work.image()
        self.site.settled(package)
        began = time.monotonic()
        self.assertEqual(self.work.wait(self.work.schedule([package], [update])), 3)
        limit = max(5, time.monotonic() - began)

        package, source = self.work.image()
        before = digest(source)
        schedule = self.work.schedule([package], [update])
        self.site.patch(f"SMS_ImageServicingSchedule({schedule})", {"Action": 2})
        began = time.monotonic()
        state = self.work.wait(schedule)
        self.assertLess(time.monotonic() - began, limit)
        [run] = self.work.runs(schedule)
        if run["State"] == "Cancelled":  # or it was faster
            self.assertEqual(state, 0)
            self.assertEqual(digest(source), before)
            self.assertEqual(self.work.package(package)["SourceVersion"], 1)

    def test_a_genuine_update_is_imported_and_installed(self):
        file = program.corpus("Windows6.1-KB2780124-x86.msu")
        package, source = self.work.image("win7sp1-x86.wim")
        update = self.work.content(file)
        schedule = self.work.schedule([package], [update])
        self.assertEqual(self.work.wait(schedule), 3, self.work.log()[-3000:])
        self.check(program.run("image", "verify", source), 0)
        packages = self.check(program.run("image", "packages", source, "--index", 1, "--json"), 0).json()["packages"]
        self.assertIn("KB2780124", {one["kb"] for one in packages})


class KilledServerTest(program.ProgramTest):
    def test_every_run_comes_to_its_end_after_kill_9(self):
        with site_soak.Soak(seed=20261121) as soak:
            soak.measure()
            while soak.kills < 8:
                soak.round()
            self.assertEqual(soak.leftovers(), [])


if __name__ == "__main__":
    unittest.main()
