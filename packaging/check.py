#!/usr/bin/env python3
"""Installs the Debian packages into a scratch Debian 12, runs what they bring, upgrades, removes and purges them.

    check.py FOLDER-WITH-THE-PACKAGES

As root. The scratch system is made by mmdebstrap when that is there; otherwise the packages are unpacked and looked
at only, and the maintainer scripts are not run. Runs lintian, systemd-analyze and man when they are there.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

PACKAGES = pathlib.Path("build/packages")
# Better than the 9.6 of a unit without any hardening; what it is today is printed.
WORST_EXPOSURE = 1.5
ROOT_PACKAGES = "systemd-standalone-sysusers,systemd-standalone-tmpfiles,ca-certificates,passwd"


def package(name):
    found = sorted(PACKAGES.glob(f"{name}_*.deb"))
    if len(found) != 1:
        raise SystemExit(f"check.py: {len(found)} packages {name} in {PACKAGES}: ./dev package")
    return found[0]


def run(*words, code=0, **options):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, **options)
    if code is not None and done.returncode != code:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def needed(program):
    if not shutil.which(program):
        raise unittest.SkipTest(f"there is no {program}")


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# Packages that ours need make these, and leave them when they go.
LEFT_BY_OTHERS = r"^/(etc/ssl/|usr/share/ca-certificates|usr/local/share/ca-certificates|etc/ca-certificates|var/log/|var/cache/|etc/rc)"


class Unpacked(unittest.TestCase):
    """What is in the packages."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="wimwright-check-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name)
        for name in ("wimwright", "wimwrightd"):
            run("dpkg-deb", "-x", package(name), cls.root)

    def files(self):
        return sorted(p for p in self.root.rglob("*") if not p.is_dir())

    def test_owners_and_modes(self):
        for name in ("wimwright", "wimwrightd"):
            for line in run("dpkg-deb", "-c", package(name)).stdout.splitlines():
                mode, owner = line.split()[:2]
                with self.subTest(line):
                    self.assertEqual(owner, "root/root")
                    program = re.search(r" \./usr/(bin/\w+|share/doc/wimwright/examples/.*\.py)$", line)
                    self.assertEqual(mode[1:], "rwxr-xr-x" if mode[0] == "d" or program else
                                     "rwxrwxrwx" if mode[0] == "l" else "rw-r--r--")

    def test_nothing_of_the_building_machine_is_inside(self):
        here = os.getcwd().encode()
        for path in self.files():
            if path.is_symlink():
                continue
            self.assertNotIn(here, path.read_bytes(), path)

    def test_every_command_has_its_page(self):
        pages = {p.name for p in self.root.glob("usr/share/man/man*/*.gz")}
        for program, section in (("wimwright", 1), ("wimwrightd", 8)):
            listed = run(self.root / "usr/bin" / program, "man").stdout
            for command in re.findall(rf"(?m)^\.B {program} (.+)$", listed.split(".SH COMMANDS")[1].split(".SH")[0]):
                self.assertIn(f"{program}-{command.replace(' ', '-')}.{section}.gz".replace("\\-", "-"), pages)
        self.assertLessEqual({"wimwright.1.gz", "wimwrightd.8.gz", "site.toml.5.gz"}, pages)

    def test_pages_are_sound(self):
        needed("man")
        for page in sorted(self.root.glob("usr/share/man/man*/*.gz")):
            with self.subTest(page.name):
                done = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page)
                self.assertEqual(done.stderr, "")

    def test_completion_can_be_read(self):
        share = self.root / "usr/share"
        for shell, pattern in (("bash", "bash-completion/completions/*"), ("zsh", "zsh/vendor-completions/*"),
                               ("fish", "fish/vendor_completions.d/*")):
            scripts = sorted(share.glob(pattern))
            self.assertEqual(len(scripts), 2, shell)
            if shutil.which(shell):
                for script in scripts:
                    run(shell, "-n", script)

    def test_lintian_has_nothing_to_say(self):
        needed("lintian")
        allow = ["--allow-root"] if os.getuid() == 0 else []
        done = run("lintian", *allow, "--fail-on", "error,warning", *sorted(PACKAGES.glob("*.deb")), code=None)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def unit_root(self):
        """systemd-analyze looks for the programs of a unit in the root that it is given."""
        for program in ("bin/sh",):
            there = self.root / program
            there.parent.mkdir(parents=True, exist_ok=True)
            there.touch(mode=0o755)
        return self.root

    def test_units_are_valid(self):
        needed("systemd-analyze")
        done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={self.unit_root()}",
                   "wimwrightd.service", "wimwrightd.socket",
                   "wimwright-point.service")
        self.assertEqual(done.stderr, "")

    def test_the_service_is_confined(self):
        needed("systemd-analyze")
        for unit in ("wimwrightd.service", "wimwright-point.service"):
            done = run("systemd-analyze", "security", "--offline=true", f"--root={self.root}", unit)
            exposure = float(re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)[1])
            print(f"systemd-analyze security {unit}: exposure {exposure}")
            self.assertLessEqual(exposure, WORST_EXPOSURE)


class Container(unittest.TestCase):
    """What can be said of packaging/container without a container engine."""

    FOLDER = pathlib.Path(__file__).parent / "container"

    def test_the_entry_point_is_sound(self):
        run("sh", "-n", self.FOLDER / "entrypoint")

    def test_variables_of_the_example_are_understood(self):
        entrypoint = (self.FOLDER / "entrypoint").read_text()
        with tempfile.TemporaryDirectory() as folder:
            run("dpkg-deb", "-x", package("wimwrightd"), folder)
            run(pathlib.Path(folder) / "usr/bin/wimwrightd", "man", "--output-dir", folder)
            page = (pathlib.Path(folder) / "man5/site.toml.5").read_text()
        settings = set(re.findall(r"Variable: (\w+)", page))
        for file in ("compose.yaml", "README.md"):
            for name in set(re.findall(r"\bWIMWRIGHTD?_[A-Z_]*[A-Z]\b", (self.FOLDER / file).read_text())):
                with self.subTest(f"{file}: {name}"):
                    self.assertTrue(name in settings or f"${{{name}" in entrypoint or f"${name}" in entrypoint)


class Installed(unittest.TestCase):
    """What the packages do when they come, change and go: in a Debian 12 of its own."""

    @classmethod
    def setUpClass(cls):
        if os.getuid() != 0:
            raise unittest.SkipTest("not root")
        needed("mmdebstrap")
        cls.folder = tempfile.TemporaryDirectory(prefix="wimwright-root-", ignore_cleanup_errors=True)
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name) / "root"
        # From where this machine gets its packages, and in the same way.
        sources = [p for p in (pathlib.Path("/etc/apt/sources.list.d/debian.sources"), pathlib.Path("/etc/apt/sources.list"))
                   if p.exists()][:1]
        options = [f"--aptopt={p}" for p in sorted(pathlib.Path("/etc/apt/apt.conf.d").iterdir())
                   if "Acquire::" in p.read_text(errors="replace")]
        run("mmdebstrap", "--variant=minbase", "--mode=root", "--skip=cleanup/apt/lists",
            f"--include={ROOT_PACKAGES}", *options, "bookworm", cls.root,
            *sources)
        # The packages that ours need come from the same place; nothing is started in there.
        policy = cls.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        shutil.copy("/etc/resolv.conf", cls.root / "etc/resolv.conf")
        cls.packages = cls.root / "tmp/packages"
        cls.packages.mkdir()
        for name in ("wimwright", "wimwrightd"):
            shutil.copy(package(name), cls.packages)
        cls.before = cls.state()
        cls.apt("install", *(f"/tmp/packages/{package(n).name}" for n in ("wimwright", "wimwrightd")))

    @classmethod
    def enter(cls):
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={cls.root}/proc"]

    @classmethod
    def inside(cls, *words, user=None, code=0, **options):
        """In a mount and process name space of its own: whatever is left running there ends with it."""
        enter = [*cls.enter(), "chroot"]
        if user:
            enter.append(f"--userspec={user}:{user}")
        return run(*enter, cls.root, *words, code=code,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                        **{k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}}, **options)

    def stop(self, server):
        """As systemd does. The program is below unshare, which would not pass the signal on."""
        below = pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        os.kill(int(below[0]), signal.SIGTERM)
        self.assertEqual(server.wait(60), 0)

    @classmethod
    def apt(cls, *words, **options):
        return cls.inside("apt-get", "-qq", "-y", "--no-install-recommends", *words, **options)

    @classmethod
    def state(cls):
        """Everything outside of what package managers keep for themselves."""
        found = {}
        for path in cls.root.rglob("*"):
            name = "/" + str(path.relative_to(cls.root))
            if re.match(r"/(proc|sys|dev|tmp|run/lock)(/|$)|/var/(lib/(dpkg|apt)|cache/(apt|debconf|ldconfig)|log/apt)(/|$)"
                        r"|/var/log/(dpkg|alternatives)\.log|/etc/ld\.so\.cache|/(etc|var/backups)/.*-$", name):
                continue
            found[name] = path.lstat()
        return found

    def owner(self, path):
        s = (self.root / path.lstrip("/")).lstat()
        users = dict((line.split(":")[2], line.split(":")[0])
                     for line in (self.root / "etc/passwd").read_text().splitlines())
        return users.get(str(s.st_uid), s.st_uid), oct(stat.S_IMODE(s.st_mode))

    def accounts(self):
        return [line for line in (self.root / "etc/passwd").read_text().splitlines() if line.startswith("wimwright:")]

    def serve(self, port):
        words = [*self.enter(), "chroot", "--userspec=wimwright:wimwright", str(self.root),
                 "/usr/bin/wimwrightd", "serve", "--data", "/var/lib/wimwright", "--listen", f"127.0.0.1:{port}"]
        server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        line = server.stdout.readline()
        self.assertTrue(line.startswith("https://"), line)
        return server

    def health(self, port):
        context = ssl.create_default_context(cafile=str(self.root / "var/lib/wimwright/tls/cert.pem"))
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({}))
        with opener.open(f"https://127.0.0.1:{port}/healthz", timeout=30) as answer:
            return answer.status

    # One life of the packages; the steps build on each other.

    def test_life(self):
        with self.subTest("accounts and folders"):
            self.assertEqual(len(self.accounts()), 1)
            self.assertIn("/usr/sbin/nologin", self.accounts()[0])
            self.assertEqual(self.owner("/var/lib/wimwright"), ("wimwright", "0o700"))
            self.assertEqual(self.owner("/var/log/wimwright"), ("wimwright", "0o750"))
            self.assertEqual(self.owner("/var/cache/wimwright"), ("wimwright", "0o750"))
            enabled = self.root / "etc/systemd/system/multi-user.target.wants/wimwrightd.service"
            self.assertTrue(enabled.is_symlink())
            self.assertFalse((self.root / "etc/systemd/system/sockets.target.wants/wimwrightd.socket").is_symlink())

        with self.subTest("the engine works as somebody without rights"):
            self.inside("wimwright", "lab", "create", "/tmp/lab", "--preset", "small", "--quiet", user="daemon")
            lab = json.loads((self.root / "tmp/lab/lab.json").read_text())
            case = next(c for c in lab["cases"] if c["exit_code"] == 0 and c["updates"])
            words = ["wimwright", "apply", f"/tmp/lab/images/{case['image']}", "--index", case["index"], "--output", "/tmp/lab/out.wim",
                     "--quiet", "--json"]
            for update in case["updates"]:
                words += ["--update", f"/tmp/lab/updates/{update}"]
            self.assertEqual(json.loads(self.inside(*words, user="daemon").stdout)["result"], "succeeded")

        with self.subTest("a site is made and served by the package's user"):
            made = self.inside("wimwrightd", "init", "--data", "/var/lib/wimwright", "--site-code", "LAB",
                               "--logs", "/var/log/wimwright", user="wimwright")
            self.assertIn("password: ", made.stdout)
            port = free_port()
            server = self.serve(port)
            self.assertEqual(self.health(port), 200)
            self.assertTrue((self.root / "var/log/wimwright/http.log").exists())
            self.stop(server)

        with self.subTest("an upgrade keeps the site"):
            self.upgrade("99.0")
            self.assertIn("99.0", self.inside("dpkg-query", "-W", "-f", "${Version}", "wimwrightd").stdout)
            port = free_port()
            server = self.serve(port)
            self.assertEqual(self.health(port), 200)
            self.stop(server)

        with self.subTest("scripts may run twice"):
            for package_name in ("wimwright", "wimwrightd"):
                self.inside("dpkg-reconfigure", package_name)
            self.assertEqual(self.owner("/var/lib/wimwright"), ("wimwright", "0o700"))

        with self.subTest("removal keeps the site"):
            self.apt("remove", "wimwrightd", "wimwright")
            self.assertFalse((self.root / "usr/bin/wimwrightd").exists())
            self.assertTrue((self.root / "var/lib/wimwright/site.db").exists())
            self.assertEqual(len(self.accounts()), 1)
            self.apt("install", *(f"/tmp/packages/{package(n).name}" for n in ("wimwright", "wimwrightd")))
            port = free_port()
            server = self.serve(port)
            self.assertEqual(self.health(port), 200)
            self.stop(server)

        with self.subTest("purge leaves nothing"):
            self.apt("purge", "wimwrightd", "wimwright")
            self.apt("autoremove", "--purge")
            left = sorted(set(self.state()) - set(self.before))
            left = [name for name in left if not re.search(LEFT_BY_OTHERS, name)]
            self.assertEqual(left, [])
            self.assertEqual(self.accounts(), [])
            self.assertNotIn("wimwright", (self.root / "etc/group").read_text())

    def upgrade(self, version):
        """The same packages under a higher version."""
        for name in ("wimwright", "wimwrightd"):
            folder = self.root / "tmp" / f"re-{name}"
            run("dpkg-deb", "-R", package(name), folder)
            control = folder / "DEBIAN/control"
            old = re.search(r"(?m)^Version: (.*)$", control.read_text())[1]
            control.write_text(control.read_text().replace(f"Version: {old}", f"Version: {version}")
                               .replace(f"(= {old})", f"(= {version})"))
            run("dpkg-deb", "--root-owner-group", "-b", folder, self.root / f"tmp/{name}.deb")
            shutil.rmtree(folder)
        self.apt("install", "/tmp/wimwright.deb", "/tmp/wimwrightd.deb")


def main():
    global PACKAGES
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", nargs="?", default=PACKAGES, type=pathlib.Path)
    given = arguments.parse_args()
    PACKAGES = given.folder.resolve()
    started = time.monotonic()
    done = unittest.main(argv=[sys.argv[0]], exit=False, verbosity=2).result
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(0 if done.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
