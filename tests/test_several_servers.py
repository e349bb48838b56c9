"""Several servers on one PostgreSQL: each image is serviced once, whoever is killed."""

import shutil
import time
import unittest

import program
import site_soak
from postgresql import Cluster
from served_site import PASSWORD, Site
from test_servicing import BUILD, UPDATE, ServicedSite, digest

IMAGES = 40


class SeveralServersTest(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.cluster = self.enterContext(Cluster())
        self.content = self.dir / "content"
        self.first = self.server("first")
        self.second = self.server("second", "--join")

    def server(self, name, *arguments):
        folder = self.dir / name
        folder.mkdir()
        site = Site(folder)
        self.addCleanup(site.kill)
        site.init("--database", self.cluster.url, "--content", self.content, *arguments)
        with open(site.data / "site.toml", "a", encoding="utf-8") as settings:
            settings.write("\n[servicing]\nlease_timeout = 3\n")
        site.start()
        return site

    def test_one_killed_half_way_and_none_is_serviced_twice(self):
        work = ServicedSite(self.first, self.dir)
        update = work.content()
        images = [work.image() for _ in range(IMAGES)]
        schedules = [work.schedule([package], [update]) for package, _ in images]

        # The second learns of the runs when it looks next, and has to have done one.
        end = time.monotonic() + program.TIMEOUT
        while time.monotonic() < end:
            done = [run["Server"] for run in self.first.list("WW_ServicingRun", "State eq 'Succeeded'")]
            if len(done) >= IMAGES // 2 and len(set(done)) == 2 or len(done) == IMAGES:
                break
            time.sleep(0.05)
        self.second.kill()
        for schedule in schedules:
            self.assertEqual(work.wait(schedule, 90), 3, work.runs(schedule))
        runs = self.first.list("WW_ServicingRun")
        self.assertEqual(len(runs), IMAGES)
        self.assertEqual({run["State"] for run in runs}, {"Succeeded"})
        servers = {run["Server"] for run in runs}
        self.assertEqual(len(servers), 2, "both servers took part")
        versions = {}
        for package, source in images:
            one = work.package(package)
            self.assertEqual((one["SourceVersion"], one["StoredPkgVersion"], one["ImageOSVersion"]), (2, 2, BUILD))
            current = self.first.list("WW_ImageVersion", f"PackageID eq '{package}'", orderby="SourceVersion")
            self.assertEqual([version["SourceVersion"] for version in current], [1, 2])
            versions[package] = current[1]["ContentID"]
        end = time.monotonic() + 120
        while time.monotonic() < end and any(digest(source) != versions[package] for package, source in images):
            time.sleep(0.2)
        for package, source in images:
            self.assertEqual(digest(source), versions[package])

    def test_any_server_answers_and_joins_only_its_own_site(self):
        work = ServicedSite(self.second, self.dir)
        package, _ = work.image()
        self.assertEqual(self.first.list("SMS_ImagePackage", f"PackageID eq '{package}'")[0]["PackageID"], package)
        other = Site(self.dir / "other", code="XYZ")
        other.folder.mkdir()
        done = program.run("site", "init", "--data", other.data, "--site-code", "XYZ", "--join",
                           "--database", self.cluster.url)
        self.assertEqual(done.code, 2, done.err)
        self.assertIn("no site of this code", done.err)
        done = program.run("site", "init", "--data", other.data, "--site-code", "LAB", "--join")
        self.assertEqual(done.code, 1, done.err)

    def test_the_database_may_be_restarted_under_load(self):
        work = ServicedSite(self.first, self.dir)
        update = work.content()
        images = [work.image() for _ in range(6)]
        schedules = [work.schedule([package], [update]) for package, _ in images]
        time.sleep(0.3)
        self.cluster.stop("immediate")
        self.cluster.start()
        for schedule in schedules:
            self.assertEqual(work.wait(schedule, 90), 3, work.log()[-3000:])
        for package, _ in images:
            self.assertEqual(work.package(package)["SourceVersion"], 2)


if __name__ == "__main__":
    unittest.main()
