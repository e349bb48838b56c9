"""A site is backed up while it runs, lost, and put back: examples/site_backup.py."""

import pathlib
import shutil
import subprocess
import sys

import program
from postgresql import Cluster
from program import ProgramTest
from served_site import Site

SCRIPT = pathlib.Path(__file__).parent.parent / "examples" / "site_backup.py"


def script(*arguments, code=0):
    done = subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != code:
        raise AssertionError(f"{arguments}: {done.returncode} {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Backup(ProgramTest):
    def folder_named(self, site, name):
        return site.post("SMS_ObjectContainerNode", {"Name": name, "ObjectType": 18, "ParentContainerNodeID": 0})

    def names(self, site):
        return sorted(node["Name"] for node in site.list("SMS_ObjectContainerNode"))

    def add_image(self, site):
        """An image whose source is taken into the content library."""
        lab = self.dir / "lab"
        self.check(program.run("lab", "create", lab, "--preset", "small", "--quiet"), 0)
        source = next(lab.rglob("*.wim"))
        site.settled(site.post("SMS_ImagePackage", {"Name": "Windows", "PkgSourceFlag": 2,
                                                    "PkgSourcePath": str(source)})["PackageID"])

    def round_trip(self, *init, database=None, other_database=None):
        site = Site(self.dir)
        site.init(*init)
        site.start()
        self.addCleanup(site.kill)
        self.folder_named(site, "before")
        self.add_image(site)
        # A content as the library has it, which some row may refer to.
        content = site.data / "content" / "FileLib" / "ba"
        content.mkdir(parents=True, exist_ok=True)
        known = content / "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        known.write_bytes(b"abc")
        backup = self.dir / "backup"
        script("backup", "--data", site.data, "--to", backup)
        self.assertIn("0 new files of content", script("backup", "--data", site.data, "--to", backup))
        self.assertIn("are what they were", script("check", "--from", backup))

        self.folder_named(site, "after")
        site.kill()
        images = [i["PackageID"] for i in self.images(site)]
        shutil.rmtree(site.data)
        moved = self.dir / "elsewhere"
        script("restore", "--from", backup, "--data", moved, *(["--database", other_database] if other_database else []))
        back = Site(self.dir)
        back.data, back.ca = moved, moved / "tls" / "cert.pem"
        back.start()
        self.addCleanup(back.kill)
        self.assertEqual(self.names(back), ["before"])
        self.assertEqual([i["PackageID"] for i in back.list("SMS_ImagePackage")], images)
        self.assertEqual((moved / "content/FileLib/ba" / known.name).read_bytes(), b"abc")

    def images(self, site):
        site.start()
        try:
            self.assertEqual(self.names(site), ["after", "before"])
            return site.list("SMS_ImagePackage")
        finally:
            site.kill()

    def test_sqlite(self):
        self.round_trip()

    def test_postgresql(self):
        with Cluster() as cluster:
            other = cluster.url.replace("/postgres?", "/restored?")
            cluster._do("createdb", "-h", cluster.folder, "-U", "wimwright", "restored")
            self.round_trip("--database", cluster.url, other_database=other)

    def test_damage_is_found(self):
        site = Site(self.dir)
        site.init()
        backup = self.dir / "backup"
        script("backup", "--data", site.data, "--to", backup)
        (backup / "site" / "site.toml").write_text("# nothing\n")
        self.assertIn("damaged: site/site.toml", script("check", "--from", backup, code=1))
        script("restore", "--from", backup, "--data", self.dir / "x", code=1)

    def test_half_a_backup_is_none(self):
        site = Site(self.dir)
        site.init()
        backup = self.dir / "backup"
        script("backup", "--data", site.data, "--to", backup)
        (backup / "manifest.json").unlink()
        self.assertIn("no whole backup", script("restore", "--from", backup, "--data", self.dir / "x", code=1))

    def test_a_site_is_not_overwritten(self):
        site = Site(self.dir)
        site.init()
        backup = self.dir / "backup"
        script("backup", "--data", site.data, "--to", backup)
        self.assertIn("is not empty", script("restore", "--from", backup, "--data", site.data, code=1))
