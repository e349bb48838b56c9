"""Shows a whole site on sample images: tests/demo_site.py PROGRAM  (./dev demo builds it first)

A site, two distribution points as processes of their own, an image, updates, a schedule that is due in two seconds,
servicing, proof, distribution; and the same schedule once more.
"""

import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
GENUINE = HERE.parent.parent / "shared" / "corpus" / "packages" / "Windows6.1-KB2780124-x86.msu"
UPDATE = "windows10.0-kb9000102-x86.msu"
LONGEST = 300


def step(text):
    print(f"\n\033[1m{text}\033[0m", flush=True)


def fail(text):
    sys.exit(f"demo: {text}")


class Demo:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        from served_point import Point, serve_points  # after WIMWRIGHT is set
        from served_site import Site
        self.site = Site(folder)
        self.make_point, self.serve_points = Point, serve_points
        self.points = []

    def ww(self, *words, quiet=False):
        """A command of the site, shown as a person types it. Its standard output."""
        if not quiet:
            print("$ wimwright", *(f'"{word}"' if " " in str(word) else word for word in words), flush=True)
        done = subprocess.run([self.program, *map(str, words)], env=self.site.environment(), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE if quiet else None, check=False)
        if not quiet:
            print(done.stdout, end="", flush=True)
        if done.returncode != 0:
            fail(f"exit code {done.returncode}: {words} {done.stderr or ''}")
        return done.stdout

    def start(self):
        step("1. A site with SQLite, and two distribution points as servers of their own")
        self.site.init()
        self.serve_points(self.site)
        print(f"site: {self.site.server}, listens for points: {self.site.points}")
        for name in ("dp1.example.org", "dp2.example.org"):
            point = self.make_point(self.site, name)
            done = point.init(point.add())
            if done.returncode != 0:
                fail(done.stderr)
            point.start()
            self.points.append(point)
        self.ww("site", "dp", "list")

    def image(self, name, file):
        source = self.folder / f"{name}.wim"
        shutil.copy(self.folder / "lab" / "images" / file, source)
        self.ww("site", "image", "add", name, "--source", source)
        return source

    def contents(self):
        step("2. An image, and updates with their content")
        self.ww("lab", "create", self.folder / "lab", "--preset", "small", "--quiet", quiet=True)
        self.source = self.image("Windows 10", "win10-1607-x86.wim")
        self.ww("site", "update", "import", self.folder / "lab" / "updates" / UPDATE)
        self.ww("site", "group", "create", "November", "--update", "KB9000102")
        if GENUINE.exists():
            self.image("Windows 7", "win7sp1-x86.wim")
            self.ww("site", "update", "import", GENUINE)
            self.ww("site", "group", "create", "Genuine", "--update", "KB2780124")
        else:
            print("(no genuine update is beside the checkout: the sample's own only)")
        package = self.package("Windows 10")
        self.ww("site", "dp", "distribute", package, "--to", *[point.name for point in self.points])
        for point in self.points:
            point.wait(package, 1)

    def package(self, name):
        return self.site.list("SMS_ImagePackage", f"Name eq '{name}'")[0]["PackageID"]

    def follow(self, schedule):
        self.ww("site", "status", "--follow", "--schedule", schedule, "--quiet")

    def schedule(self):
        step("3. A schedule that is due in two seconds")
        due = datetime.datetime.now() + datetime.timedelta(seconds=2)
        print(f"(tokens have no seconds: it waits for {due:%H:%M:%S}, then asks for the minute that runs)")
        time.sleep(2)
        out = self.ww("site", "schedule", "create", "--image-name", "Windows 10", "--update-group-name", "November",
                      "--at", f"{due:%Y-%m-%dT%H:%M}", "--update-dp")
        self.number = out.split()[1].rstrip(":")
        self.follow(self.number)

    def proof(self):
        step("4. The proof: the package's source, the component store, the versions")
        self.ww("image", "info", self.source)
        self.ww("image", "verify", self.source, "--quiet")
        self.ww("site", "image", "versions", "Windows 10")

    def distribution(self):
        step("5. Each distribution point got what it lacked, and nothing else")
        package = self.package("Windows 10")
        for point in self.points:
            row = point.wait(package, 2)
            print(f"{point.name}: version {row['SourceVersion']}, {row['BytesTotal']} bytes, "
                  f"{row['BytesSent']} sent over the wire")
        self.ww("site", "dp", "status", package)

    def again(self):
        step("6. The same schedule once more: nothing to do")
        self.site.patch(f"SMS_ImageServicingSchedule({self.number})", {"Action": 1})
        self.site.post("SMS_ImagePackage.RunOfflineServicingManager", {
            "PackageID": self.package("Windows 10"), "ServerName": "srv", "SiteCode": "LAB", "PackageType": 257})
        time.sleep(0.3)
        self.follow(self.number)

    def genuine(self):
        if not GENUINE.exists():
            return
        step("7. A genuine update of Microsoft's, by schedule, into a sample image that fits it")
        out = self.ww("site", "schedule", "create", "--image-name", "Windows 7", "--update-group-name", "Genuine",
                      "--now")
        self.follow(out.split()[1].rstrip(":"))
        self.ww("image", "packages", self.folder / "Windows 7.wim", "--index", "1")

    def end(self):
        for point in self.points:
            point.kill()
        self.site.kill()


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    os.environ["WIMWRIGHT"] = program
    sys.path.insert(0, str(HERE))
    with tempfile.TemporaryDirectory(prefix="wimwright-demo-") as folder:
        demo = Demo(program, pathlib.Path(folder))
        try:
            demo.start()
            demo.contents()
            demo.schedule()
            demo.proof()
            demo.distribution()
            demo.again()
            demo.genuine()
        finally:
            demo.end()
    print("\nThe site, its points and their content were in a scratch folder, which is gone.")


if __name__ == "__main__":
    main()
