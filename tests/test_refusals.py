"""What a site does not do, or not yet: state, cause and next step in the classes, the log and the command line."""

import fcntl
import os
import pathlib
import subprocess
import time
import unittest

import program
from served_site import Site, SiteTest
from test_servicing import ServicedSite, digest

FOR_ANOTHER_PRODUCT = "windows6.1-kb9000201-x86.msu"


class RefusalsTest(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.work = ServicedSite(cls.site, cls.site.folder)
        cls.update = cls.work.content()

    def until(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        self.fail(what)

    def run_of(self, schedule, **wanted):
        """The schedule's only run, when it has the states that are wanted."""
        runs = self.work.runs(schedule)
        return runs[0] if runs and all(runs[0][name] == value for name, value in wanted.items()) else None

    def explained(self, schedule, run, *words):
        self.assertTrue(run["ErrorCode"] and run["Reason"] and run["NextStep"], run)
        for word in words:
            self.assertIn(word, run["Reason"])
        self.work.log(run["Reason"], run["NextStep"].rstrip("."))
        shown = self.check(self.site.run("schedule", "show", schedule), 0).out
        for word in (*words, run["NextStep"]):
            self.assertIn(word, " ".join(shown.split()))

    def failed(self, schedule, source, before, *words):
        self.assertEqual(self.work.wait(schedule), 4)
        run = self.run_of(schedule, State="Failed")
        self.explained(schedule, run, *words)
        [progress] = self.site.list("SMS_ImageServicingProgress", f"ScheduleID eq {schedule}")
        self.assertEqual(progress["Status"], 3)
        [history] = self.site.list("SMS_ImageUpdateHistory", f"ScheduleID eq {schedule}")
        self.assertEqual(history["Status"], 3)
        self.assertEqual(digest(source), before)
        self.assertTrue({7902, 7910, 7911} & set(self.work.messages()), self.work.messages())
        followed = self.site.run("status", "--follow", "--schedule", schedule)
        self.assertNotIn(followed.code, (0, 20))
        self.assertIn(run["ErrorCode"], followed.out + followed.err)

    def update_without_content(self):
        [update] = self.site.post("SMS_SoftwareUpdate", {"LocalizedInformation": [
            {"DisplayName": "KB7654321", "Description": "", "LocaleID": 1033}]})["CI_ID"],
        return update

    def cancel(self, schedule):
        self.site.patch(f"SMS_ImageServicingSchedule({schedule})", {"Action": 2})
        self.assertIn(self.work.wait(schedule), (0, 4))

    def test_a_source_that_is_not_there_is_told_with_its_path(self):
        package, source = self.work.image()
        self.site.settled(package)
        before, away = digest(source), source.with_suffix(".away")
        source.rename(away)
        schedule = self.work.schedule([package], [self.update])
        self.assertEqual(self.work.wait(schedule), 4)
        away.rename(source)
        self.failed(schedule, source, before, str(source))

    def test_an_image_that_another_tool_has_locked_is_waited_for(self):
        package, source = self.work.image()
        self.site.settled(package)
        before = digest(source)
        with open(source, "rb") as image:
            fcntl.flock(image, fcntl.LOCK_EX)
            schedule = self.work.schedule([package], [self.update])
            run = self.until(lambda: (self.run_of(schedule, State="Queued") or {}).get("Reason") and
                             self.run_of(schedule), "no reason")
            self.assertEqual(run["ErrorCode"], "WW_E_BUSY")
            self.explained(schedule, run, str(source), "in use")
            self.assertEqual(digest(source), before)
        self.assertEqual(self.work.wait(schedule), 3, self.work.runs(schedule))
        self.assertNotEqual(digest(source), before)

    def test_an_update_without_content_is_named(self):
        package, source = self.work.image()
        self.site.settled(package)
        before = digest(source)
        update = self.update_without_content()
        schedule = self.work.schedule([package], [update])
        self.failed(schedule, source, before, str(update), "has no content")
        [run] = self.work.runs(schedule)
        self.assertEqual(run["FailedUpdateID"], update)

    def test_an_image_that_lost_its_parent_package_is_told_which(self):
        package, source = self.work.image()
        self.site.settled(package)
        before = digest(source)
        schedule = self.work.schedule([package], [self.work.content(FOR_ANOTHER_PRODUCT)])
        self.assertIn(self.work.wait(schedule), (3, 4))
        self.assertEqual(digest(source), before)
        [run] = self.work.runs(schedule)
        rows = self.site.list("SMS_ImageUpdateStatus", f"ImagePackageID eq '{package}'")
        self.assertTrue(rows)
        self.assertEqual((run["State"], run["NewVersion"]), ("Succeeded", 0))
        reason = "Microsoft-Windows-Foundation-Package~31bf3856ad364e35~x86~~6.1.7601.17514 is not in the image"
        for told in (run["Reason"], self.site.run("schedule", "show", schedule).out):
            self.assertIn(reason, told)
        self.work.log(reason)

    def test_a_package_that_is_deleted_meanwhile_is_said_to_be_gone(self):
        package, source = self.work.image()
        self.site.settled(package)
        schedule = self.site.post("SMS_ImageServicingSchedule", {"Action": 1})["ScheduleID"]
        self.site.post("SMS_ImageServicingScheduledImage", {"ImagePackageID": package, "ScheduleID": schedule})
        self.site.post("SMS_ImageServicingScheduledUpdate", {"UpdateID": self.update, "ScheduleID": schedule})
        self.site.delete(f"SMS_ImagePackage('{package}')")
        self.assertEqual(self.work.wait(schedule, 60), 4)
        self.work.log(f"Schedule with ID {schedule} has no image")
        self.assertTrue(source.exists())


FAKETIME = pathlib.Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime/libfaketimeMT.so.1"


class ClockTest(program.ProgramTest):
    """The server's clock jumps while it works, as after a battery has died or a virtual machine was restored."""

    def setUp(self):
        super().setUp()
        if not FAKETIME.exists():
            self.skipTest("libfaketime is not installed")
        if program.sanitized():
            self.skipTest("a sanitizer has to be loaded first")
        self.offset = self.dir / "offset"
        self.jump("+0")
        self.site = Site(self.dir)
        self.site.init()
        self.site.extra = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.offset), "FAKETIME_NO_CACHE": "1",
                           "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "FAKETIME_FLSH": "1"}
        self.site.start()
        self.addCleanup(self.site.kill)
        self.work = ServicedSite(self.site, self.dir)

    def jump(self, offset):
        made = self.offset.with_suffix(".new")
        made.write_text(offset + "\n")
        made.rename(self.offset)

    def test_runs_come_to_their_end_whichever_way_it_jumps(self):
        update = self.work.content()
        for offset in ("+3d", "-400d", "+0"):
            with self.subTest(offset):
                package, source = self.work.image()
                self.site.settled(package)
                before = digest(source)
                schedule = self.work.schedule([package], [update])
                self.jump(offset)  # somewhere between the request and the end
                self.assertEqual(self.work.wait(schedule, 90), 3, self.work.runs(schedule))
                self.assertNotEqual(digest(source), before)
                [run] = self.work.runs(schedule)
                self.assertEqual((run["State"], run["NewVersion"]), ("Succeeded", 2))
                # And one that begins after the jump.
                package, source = self.work.image()
                self.site.settled(package)
                schedule = self.work.schedule([package], [update])
                self.assertEqual(self.work.wait(schedule, 90), 3, self.work.runs(schedule))


class FullDiskTest(program.ProgramTest):
    """The content library on a file system of its own that has no room."""

    def setUp(self):
        super().setUp()
        content = self.dir / "content"
        content.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(content)], check=False, capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("nothing may be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(content)], check=False)
        self.site = Site(self.dir)
        self.addCleanup(self.site.kill)
        self.site.init("--content", content)
        self.site.start()
        self.content = content
        self.work = ServicedSite(self.site, self.dir)

    def test_nothing_is_begun_without_room_and_all_is_done_when_there_is_some(self):
        package, source = self.work.image()
        update = self.work.content()
        self.site.settled(package)
        before = digest(source)
        filler = self.content / "filler"
        free = os.statvfs(self.content)
        filler.write_bytes(b"x" * (free.f_bavail * free.f_bsize - (100 << 10)))
        schedule = self.work.schedule([package], [update])
        self.assertEqual(self.work.wait(schedule), 4)
        [run] = self.work.runs(schedule)
        self.assertEqual(run["ErrorCode"], "WW_E_NO_SPACE", run)
        self.assertIn("MB free", run["Reason"])
        self.assertTrue(run["NextStep"])
        self.assertIn(7914, self.work.messages())
        self.assertEqual(digest(source), before)
        filler.unlink()
        self.site.patch(f"SMS_ImageServicingSchedule({schedule})", {"Action": 1})
        self.work.run(package)
        self.assertEqual(self.work.wait(schedule), 3, self.work.runs(schedule))
        self.assertNotEqual(digest(source), before)


if __name__ == "__main__":
    unittest.main()
