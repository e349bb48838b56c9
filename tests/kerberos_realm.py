"""A Kerberos realm for tests."""

import os
import pathlib
import socket
import subprocess
import unittest

import program


class Realm:
    """A private Kerberos realm: a KDC of its own with one user and the key of one service."""

    TOOLS = {name: f"/usr/sbin/{name}" for name in ("krb5kdc", "kadmin.local", "kdb5_util")}

    def __init__(self, folder, name="EXAMPLE.ORG"):
        self.folder, self.name = pathlib.Path(folder), name
        self.keytab = self.folder / "http.keytab"
        self.environment = {"KRB5_CONFIG": str(self.folder / "krb5.conf"),
                            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
                            "KRB5CCNAME": f"FILE:{self.folder}/tickets"}
        self.kdc = None

    def start(self):
        for path in (*self.TOOLS.values(), "/usr/bin/kinit"):
            if not os.access(path, os.X_OK):
                raise unittest.SkipTest(f"{path} is not installed")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        (self.folder / "krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {self.name}\n dns_lookup_kdc = false\n rdns = false\n"
            f" dns_canonicalize_hostname = false\n udp_preference_limit = 1\n"
            f"[realms]\n {self.name} = {{\n  kdc = {address}\n }}\n[domain_realm]\n localhost = {self.name}\n")
        (self.folder / "kdc.conf").write_text(
            f"[kdcdefaults]\n kdc_listen = {address}\n kdc_tcp_listen = {address}\n"
            f"[realms]\n {self.name} = {{\n  database_name = {self.folder}/principal\n"
            f"  key_stash_file = {self.folder}/stash\n  acl_file = {self.folder}/acl\n  max_life = 1h\n }}\n")
        self.run(self.TOOLS["kdb5_util"], "create", "-s", "-r", self.name, "-P", "master")
        for query in ("addprinc -pw secret anna", "addprinc -pw secret bob", "addprinc -randkey HTTP/localhost",
                      f"ktadd -k {self.keytab} HTTP/localhost"):
            self.run(self.TOOLS["kadmin.local"], "-r", self.name, "-q", query)
        log = open(self.folder / "kdc.log", "wb")
        self.kdc = subprocess.Popen([self.TOOLS["krb5kdc"], "-n", "-r", self.name], stdin=subprocess.DEVNULL,
                                    stdout=log, stderr=log, env={**os.environ, **self.environment})
        log.close()

    def stop(self):
        if self.kdc is not None:
            self.kdc.terminate()
            self.kdc.wait()

    def run(self, *words, text=None, fail=True):
        done = subprocess.run(words, input=text, capture_output=True, text=True, check=False,
                              timeout=program.TIMEOUT, env={**os.environ, **self.environment})
        if fail and done.returncode != 0:
            raise AssertionError(f"{words}: {done.stdout} {done.stderr}")
        return done

    def sign_in(self, user):
        """kinit, which tells when the KDC listens; it does soon after it was started."""
        for _ in range(200):
            done = self.run("kinit", user, text="secret\n", fail=False)
            if done.returncode == 0:
                return
            if self.kdc.poll() is not None:
                break
            try:  # paces the attempts without depending on time alone
                self.kdc.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        raise AssertionError(f"kinit: {done.stderr} {(self.folder / 'kdc.log').read_text()}")
