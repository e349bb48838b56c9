"""A PostgreSQL cluster of a test's own: a folder, a socket in it, no network."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import unittest


def _bin():
    for folder in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    raise unittest.SkipTest("PostgreSQL is not installed")


class Cluster:
    """`with Cluster() as cluster:`; cluster.url is an empty database's."""

    def __enter__(self):
        self.programs = _bin()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wimwright-pg-"))
        # The server refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            record = pwd.getpwnam(self.user)
            os.chown(self.folder, record.pw_uid, record.pw_gid)
        self._do("initdb", "-D", self.folder / "data", "-U", "wimwright", "-A", "trust", "--no-sync", "-E", "UTF8",
                 "--locale=C")
        self.start()
        self.url = f"postgresql:///postgres?host={self.folder}&user=wimwright"
        return self

    def __exit__(self, *_):
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        self._do("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o",
                 f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=100", "start")

    def stop(self, how="fast"):
        self._do("pg_ctl", "-D", self.folder / "data", "-w", "-m", how, "stop", check=False)

    def _do(self, program, *arguments, check=True):
        words = [str(self.programs / program), *map(str, arguments)]
        if self.user:
            words = ["runuser", "-u", self.user, "--", *words]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, cwd="/", timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{program}: {done.stderr}")
