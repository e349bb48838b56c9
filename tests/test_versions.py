"""Versions of an image from the command line: listed, rolled back; groups of points, stages, who may download."""

import hashlib
import shutil
import time

import program
from served_point import Point, serve_points
from served_site import Site

ORIGINAL, OTHER = "win10-1607-x86.wim", "win10-1607-x64.wim"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Versions(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.site = Site(self.dir)
        self.addCleanup(self.site.kill)
        self.site.init()
        serve_points(self.site)
        self.image = self.dir / "image.wim"
        shutil.copy(program.lab() / "images" / ORIGINAL, self.image)
        self.package = self.json("image", "add", "Windows", "--source", self.image)["package_id"]
        self.wait_for_version(1)

    def json(self, *arguments, code=0):
        done = self.site.run(*arguments, "--json")
        self.assertEqual(done.code, code, done.err)
        return done.json()

    def wait_for(self, condition, what):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.1)
        self.fail(what)

    def wait_for_version(self, number):
        def there():
            [package] = self.site.list("SMS_ImagePackage", f"PackageID eq '{self.package}'")
            return package["StoredPkgVersion"] == number
        self.wait_for(there, f"version {number} does not come")

    def second_version(self):
        shutil.copy(program.lab() / "images" / OTHER, self.image)
        self.assertEqual(self.site.run("call", f'SMS_ImagePackage.PackageID="{self.package}"',
                                       "RefreshPkgSource").code, 0)
        self.wait_for_version(2)

    def point(self, name):
        point = Point(self.site, name)
        self.addCleanup(point.kill)
        token = self.json("dp", "add", name)["token"]
        done = point.init(token)
        self.assertEqual(done.returncode, 0, done.stderr)
        point.start()
        return point

    def test_an_image_becomes_again_what_it_was(self):
        first = digest(self.image)
        self.second_version()
        versions = self.json("image", "versions", "Windows")["versions"]
        self.assertEqual([(one["SourceVersion"], one["Current"]) for one in versions], [(1, False), (2, True)])
        self.assertEqual(versions[0]["ContentID"], first)
        done = self.json("image", "rollback", "Windows")
        self.assertEqual((done["version"], done["content_of"]), (3, 1))
        self.wait_for(lambda: digest(self.image) == first, "the source is not written")
        versions = self.json("image", "versions", self.package)["versions"]
        self.assertEqual([(one["SourceVersion"], one["Origin"], one["BasedOn"]) for one in versions],
                         [(1, 1, 0), (2, 1, 0), (3, 3, 1)])
        self.json("image", "rollback", "Windows", "--to", "9", code=2)
        self.assertIn("current", self.site.run("image", "versions", "Windows").out)

    def test_the_first_group_goes_first(self):
        pilot, other = self.point("pilot.example.org"), self.point("other.example.org")
        self.json("dp", "group", "Pilot", "--add", pilot.name)
        self.json("dp", "group", "All", "--add", pilot.name, other.name)
        self.assertEqual([one["Name"] for one in self.json("dp", "group")["groups"]], ["All", "Pilot"])
        pilot.kill()
        self.json("dp", "rollout", self.package, "--first", "Pilot")
        self.json("dp", "distribute", self.package, "--group", "All")

        def states():
            return {row["ServerNALPath"].split("\\")[2]: row["State"]
                    for row in self.json("dp", "status", self.package)["status"]}
        self.wait_for(lambda: states()[pilot.name] == 7, "the pilot is not told")
        self.assertEqual(states()[other.name], 1)
        pilot.start()
        self.wait_for(lambda: set(states().values()) == {0}, "the others do not follow")
        self.wait_for(lambda: self.json("dp", "rollout", self.package)["rollouts"][0]["State"] == 3, "not rolled out")

    def test_who_may_download_is_said_at_the_site(self):
        point = self.point("dp1.example.org")
        self.json("dp", "distribute", self.package, "--to", point.name)
        self.wait_for(lambda: self.json("dp", "status", self.package)["status"][0]["State"] == 0, "no content")
        path = f"{self.package}/current/{self.image.name}"
        self.assertEqual(point.ask(path)[0], 401)
        point.token = self.json("dp", "access", "--token", "deployment")["token"]
        self.wait_for(lambda: point.ask(path)[0] == 200, "the token does not count")
        self.json("dp", "access", "--revoke", "deployment")
        self.wait_for(lambda: point.ask(path)[0] == 401, "the token still counts")
        point.token = None
        self.json("dp", "access", "--anonymous", "yes")
        self.wait_for(lambda: point.ask(path)[0] == 200, "everybody is not let in")
        self.assertEqual(len(self.json("dp", "access")["access"]), 1)

    def test_content_is_verified_and_removed(self):
        point = self.point("dp1.example.org")
        self.json("dp", "distribute", self.package, "--to", point.name)

        def state():
            return [row["State"] for row in self.json("dp", "status", self.package)["status"]]
        self.wait_for(lambda: state() == [0], "no content")
        self.json("dp", "verify", self.package, "--at", point.name)
        self.wait_for(lambda: state() == [0], "not verified")
        self.json("dp", "remove", self.package, "--from", point.name)
        self.assertIn(state(), ([4], []))
        # The point lets clients finish what they download before it removes anything.
        self.wait_for(lambda: all(row["State"] == 6 for row in self.site.list("WW_DistributionProgress")),
                      "not told to remove")
