"""Distribution points as processes of their own: enrolment, content, new versions, kills, refusals."""

import hashlib
import json
import random
import shutil
import time

import program
from served_point import Point, run, serve_points
from served_site import Site

BLOCK = 128 << 10
IMAGE = "win10-1607-x86.wim"
UPDATE = "windows10.0-kb9000102-x86.msu"


class Distribution(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.site = Site(self.dir)
        self.addCleanup(self.site.kill)
        self.site.init()
        serve_points(self.site)
        self.image = self.dir / "image.wim"
        shutil.copy(program.lab() / "images" / IMAGE, self.image)
        self.package = self.site.post("SMS_ImagePackage", {
            "Name": "Windows", "PkgSourceFlag": 2, "PkgSourcePath": str(self.image)})["PackageID"]

    def point(self, name):
        point = Point(self.site, name)
        self.addCleanup(point.kill)
        return point

    def served(self, name):
        point = self.point(name)
        done = point.init(point.add())
        self.assertEqual(done.returncode, 0, done.stderr)
        point.token = run("point", "token", "--data", point.data).stdout.strip()
        point.start()
        return point

    def send(self, *points):
        done = self.site.run("dp", "distribute", self.package, "--to", *[point.name for point in points])
        self.assertEqual(done.code, 0, done.err)

    def refresh(self):
        """The source changed: a new version. Its number."""
        before = self.stored_version()
        done = self.site.run("call", f'SMS_ImagePackage.PackageID="{self.package}"', "RefreshPkgSource")
        self.assertEqual(done.code, 0, done.err)
        for _ in range(600):
            now = self.stored_version()
            if now > before:
                return now
            time.sleep(0.1)
        self.fail("the site does not take the source in")

    def stored_version(self):
        [package] = self.site.list("SMS_ImagePackage", f"PackageID eq '{self.package}'")
        return package["StoredPkgVersion"] or 0

    def patch(self):
        """Servicing in place: old bytes, changed header, appended tail. How much was appended."""
        before = self.image.stat().st_size
        done = program.run("apply", self.image, "--update", program.lab() / "updates" / UPDATE, "--in-place")
        self.assertEqual(done.code, 0, done.err)
        return self.image.stat().st_size - before

    def assert_has_image(self, point, version="current"):
        status, headers, body = point.ask(f"{self.package}/{version}/{self.image.name}")
        self.assertEqual(status, 200, body[:200])
        expected = self.image.read_bytes()
        self.assertEqual(hashlib.sha256(body).hexdigest(), hashlib.sha256(expected).hexdigest())
        self.assertEqual(headers["ETag"].strip('"'), hashlib.sha256(expected).hexdigest())
        return expected

    def test_two_points_get_a_version_and_then_only_what_the_next_one_adds(self):
        first = self.served("dp1.example.org")
        second = self.point("dp2.example.org")
        second.start("--role", "distribution-point", "--data", second.data, "--site", self.site.points,
                     "--token", second.add(), "--listen", "127.0.0.1:0")
        self.send(first, second)
        version = 1
        for point in (first, second):
            row = point.wait(self.package, version)
            self.assertEqual(row["BytesTotal"], self.image.stat().st_size)
            self.assertEqual(row["BytesDone"], row["BytesTotal"])
        bytes_ = self.assert_has_image(first, version)
        status, headers, body = first.ask(f"{self.package}/current/{self.image.name}",
                                          {"Range": "bytes=1000-1999"})
        self.assertEqual((status, body), (206, bytes_[1000:2000]))
        status, headers, body = first.ask(f"{self.package}/current/{self.image.name}", method="HEAD")
        self.assertEqual((status, int(headers["Content-Length"]), body), (200, len(bytes_), b""))
        listed = json.loads(first.ask(f"{self.package}/current")[2])
        self.assertEqual([(one["path"], one["bytes"]) for one in listed["files"]],
                         [(self.image.name, len(bytes_))])
        self.assertEqual(second.ask(f"{self.package}/current/{self.image.name}")[0], 401)  # no token
        self.assertEqual(first.ask(f"{self.package}/current/{self.image.name}",
                                   {"Authorization": "Bearer wrong"})[0], 401)

        appended = self.patch()
        version = self.refresh()
        for point in (first, second):
            row = point.wait(self.package, version)
            self.assertLess(row["BytesSent"], appended * 1.02 + 3 * BLOCK)
            self.assertGreater(row["BytesSent"], appended * 0.9)
        self.assert_has_image(first)
        states = [row["State"] for row in self.site.list("SMS_PackageStatusDistPointsSummarizer",
                                                         f"PackageID eq '{self.package}'")]
        self.assertEqual(states, [0, 0])

    def test_killed_points_and_sites_converge(self):
        point = self.served("dp1.example.org")
        self.send(point)
        version = 1
        dice = random.Random(11)
        for _ in range(8):
            time.sleep(dice.random() * 0.4)
            which = dice.choice(["point", "site", "both"])
            if which != "site":
                point.kill()
            if which != "point":
                self.site.kill()
                serve_points(self.site)
            if which != "site":
                point.start()
        point.wait(self.package, version)
        self.assert_has_image(point)

    def test_tokens_count_once_and_removed_points_are_refused(self):
        point = self.served("dp1.example.org")
        token = point.new_token()
        other = self.point("dp2.example.org")
        self.assertEqual(other.init(token).returncode, 0)  # whoever has it is the point now
        again = other.init(token)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("token", again.stderr)
        self.assertEqual(self.point("dp3").init("nonsense").returncode, 1)
        self.send(point)
        for _ in range(600):
            if self.stored_version() == 1:
                break
            time.sleep(0.1)
        time.sleep(1)
        self.assertNotEqual(point.progress(self.package)["State"], 3)
        point.stop()
        done = point.init(point.new_token())
        self.assertEqual(done.returncode, 0, done.stderr)
        point.start()
        point.wait(self.package, 1)

    def test_settings_are_checked(self):
        point = self.served("dp1.example.org")
        self.assertEqual(point.stop(), 0)
        toml = point.data / "point.toml"
        good = toml.read_text()
        for old, new, words in [("listen", "lisen", "unknown key http.lisen"),
                                ("parallel = 2", "parallel = 99", "a number from 1 to 16"),
                                ("role = ", "role = = ", "line 2"),
                                ("distribution-point", "site", "role")]:
            with self.subTest(new):
                self.assertIn(old, good)
                toml.write_text(good.replace(old, new, 1))
                done = run("serve", "--data", point.data)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stderr)
        self.assertIn("point init", run("point", "serve", "--data", self.dir / "none").stderr)
        self.assertEqual(run("point", "init", "--data", self.site.data, "--site", "https://x", "--token",
                             "t").returncode, 5)


if __name__ == "__main__":
    import unittest

    unittest.main()
