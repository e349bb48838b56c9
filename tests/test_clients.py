"""Clients that are not ours, as they are: o.js, OData linters, a generated typed client, requests, curl with Kerberos."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import program
from kerberos_realm import Realm
from served_site import PASSWORD, Site, SiteTest

CLIENTS = program.ROOT / "tests" / "clients"
INSTALLED = program.ROOT / "build" / "clients"
IN_CI = os.environ.get("CI") == "true"
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH")

_npm = None


def _install():
    """None, or why there are no packages. Packages of the same lock file are not installed again."""
    lock = (CLIENTS / "package-lock.json").read_bytes()
    marker = INSTALLED / "installed.lock"
    if marker.exists() and marker.read_bytes() == lock:
        return None
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(CLIENTS / name, INSTALLED / name)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=INSTALLED,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=program.TIMEOUT, check=False)
    if done.returncode != 0:
        return done.stderr[-2000:] or "npm ci failed"
    marker.write_bytes(lock)
    return None


def packages():
    """The folder with node_modules; skips, or fails in CI, where it cannot be made."""
    global _npm
    if _npm is None:
        program.tool("node"), program.tool("npm")
        _npm = (_install(),)
    [problem] = _npm
    if problem is not None:
        if UNREACHABLE.search(problem) and not IN_CI:
            raise unittest.SkipTest("the npm registry cannot be reached")
        raise AssertionError(f"npm ci: {problem}")
    return INSTALLED


class ClientTest(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = cls.site.add_image("Image of clients")

    def client(self, *words, **options):
        environment = {**os.environ, "SITE_USER": "admin", "SITE_PASSWORD": PASSWORD,
                       "NODE_EXTRA_CA_CERTS": str(self.site.ca), "NODE_NO_WARNINGS": "1"}
        done = self.site.shell(*words, env=environment, **options)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout

    def script(self, name):
        """A script beside the packages that it needs."""
        target = packages() / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CLIENTS / name, target)
        return target

    def metadata(self, option=""):
        path = self.dir / "metadata.xml"
        path.write_text(self.site.ask("GET", "$metadata" + option).text)
        return path

    def test_o_js(self):
        out = self.client("node", self.script("ojs.js"), self.site.url, "Image of clients")
        self.assertIn("o.js: done", out)

    def test_linters_have_nothing_to_say_about_the_strict_metadata(self):
        lint = self.script("lint.js")
        found = json.loads(self.client("node", lint, self.metadata("?strict=1")))
        self.assertEqual((found["csdl"], found["openapi"]), ([], []))
        self.assertGreater(found["paths"], 200)
        # They look: names with dots, as the real service writes them, are no identifiers.
        found = json.loads(self.client("node", lint, self.metadata()))
        self.assertNotEqual(found["openapi"], [])

    def test_a_generated_typed_client_compiles_and_reads_an_image(self):
        for name in ("typed/read_image.ts", "typed/tsconfig.json"):
            self.script(name)
        folder = packages() / "typed"
        shutil.rmtree(folder / "adminService", ignore_errors=True)
        modules = packages() / "node_modules"
        self.client("node", modules / "@odata2ts/odata2ts/lib/run-cli.js", "-s", self.metadata("?strict=1"),
                    "-o", folder / "adminService", "-m", "all", "-e", "ts", "-name", "adminService", cwd=folder)
        self.client("node", modules / "typescript/bin/tsc", "-p", folder)
        out = self.client("node", folder / "js" / "read_image.js", self.site.url.rstrip("/"), "Image of clients")
        self.assertIn("odata2ts: done", out)

    def test_requests(self):
        # Debian's package belongs to Debian's Python, which need not be the one that runs this.
        for python in (sys.executable, "/usr/bin/python3"):
            if shutil.which(python) and self.site.shell(python, "-c", "import requests").returncode == 0:
                break
        else:
            self.skipTest("python3-requests is not installed")
        out = self.client(python, CLIENTS / "requests_client.py", self.site.url, "Image of clients", self.site.ca)
        self.assertIn("requests: done", out)


class KerberosTest(program.ProgramTest):
    def setUp(self):
        super().setUp()
        program.tool("curl")
        if "GSS-API" not in subprocess.run(["curl", "-V"], capture_output=True, text=True, check=True).stdout:
            self.skipTest("curl without GSS-API")
        self.realm = Realm(self.dir)
        self.addCleanup(self.realm.stop)
        self.realm.start()
        self.site = Site(self.dir)
        self.addCleanup(self.site.kill)
        self.site.init()
        settings = self.site.data / "site.toml"
        text = settings.read_text()
        settings.write_text(text.replace("[http]\n", f'[http]\nkeytab = "{self.realm.keytab}"\n'))
        self.site.extra = self.realm.environment
        self.site.start()

    def curl(self, resource, *more):
        address = self.site.url.replace("127.0.0.1", "localhost") + resource
        done = self.realm.run("curl", "-sS", "--noproxy", "*", "--cacert", str(self.site.ca), "--negotiate",
                              "-u", ":", "-w", "\n%{http_code}", *more, address)
        text, status = done.stdout.rsplit("\n", 1)
        return int(status), text

    def test_curl_negotiates_as_an_administrator_of_the_realm(self):
        self.realm.sign_in("anna")
        status, text = self.curl("SMS_ImagePackage")
        self.assertIn(status, (403, 404), text)  # known, but no administrator
        admin = self.site.post("SMS_Admin", {
            "LogonName": "EXAMPLE\\anna",
            "Permissions": [{"@odata.type": "#AdminService.SMS_APermission", "CategoryID": "SMS00ALL",
                             "CategoryTypeID": 29, "RoleID": "SMS0001R"}]})
        self.assertEqual(admin["LogonName"], "EXAMPLE\\anna")
        status, text = self.curl("SMS_Identification")
        self.assertEqual(status, 200, text)
        self.assertEqual(json.loads(text)["value"][0]["ThisSiteCode"], "LAB")
        status, text = self.curl("SMS_ImageServicingSchedule", "-H", "Content-Type: application/json",
                                 "-d", '{"Action": 0}')
        self.assertEqual(status, 201, text)
        self.site.wait_for_log("SMSProv.log", "EXAMPLE\\anna")
        # Somebody else of the realm is not her; without a ticket nobody is.
        self.realm.sign_in("bob")
        self.assertIn(self.curl("SMS_Identification")[0], (403, 404))
        self.realm.run("kdestroy")
        self.assertEqual(self.curl("SMS_Identification")[0], 401)
        # The other way in stays open.
        self.assertEqual(self.site.ask("GET", "SMS_Identification").status, 200)
