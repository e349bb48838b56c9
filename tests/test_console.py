"""The console in a browser: playwright-core with the distribution's own Chromium, against a real site of the lab.

The scripts are tests/console/*.mjs; what only the server's side can do (a user without rights, a kill) they ask for
over a small service on loopback. WW_SHOTS=FOLDER keeps pictures of every page; in CI they are kept in
build/PRESET/reports/console.
"""

import gzip
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time
import unittest

import program
from served_site import PASSWORD, Site

SCRIPTS = program.ROOT / "tests" / "console"
INSTALLED = program.ROOT / "build" / "console-tests"
IN_CI = os.environ.get("CI") == "true"
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH")
FIRST_LOAD = 120 * 1000  # bytes of compressed JavaScript
UPDATE = "windows10.0-kb4343884-x86.cab"
KB = "KB4343884"
REFUSED = "windows10.0-kb9000122-x86.msu"
GENUINE, GENUINE_KB = "Windows6.1-KB2780124-x86.msu", "KB2780124"
GENUINE_2 = "Windows8.1-KB2938772-x86.cab"
LATER = "0034BFC000080000"  # 20 November 2033, as late a year as a token can say

# The page is the same in every build; what only looks at it is done once.
OTHER_BUILD = program.PROGRAM.parent.parent.name in ("dev", "tsan")

_scripts = None


def scripts():
    """The folder with the scripts and their packages; skips, or fails in CI, where it cannot be made."""
    global _scripts
    if _scripts is None:
        _scripts = _install()
    if isinstance(_scripts, str):
        if UNREACHABLE.search(_scripts) and not IN_CI:
            raise unittest.SkipTest("the npm registry cannot be reached")
        raise AssertionError(f"npm ci: {_scripts}")
    return _scripts


def _install():
    for name in ("node", "npm", "chromium"):
        program.tool(name)
    lock = (SCRIPTS / "package-lock.json").read_bytes()
    marker = INSTALLED / "installed.lock"
    if not marker.exists() or marker.read_bytes() != lock:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        INSTALLED.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(SCRIPTS / name, INSTALLED / name)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=INSTALLED,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=program.TIMEOUT, check=False)
        if done.returncode != 0:
            return done.stderr[-2000:] or "npm ci failed"
        marker.write_bytes(lock)
    # Modules are looked for beside the scripts.
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copyfile(script, INSTALLED / script.name)
    return INSTALLED


class Control:
    """What a script asks of the server's side: methods of this class by name, JSON in and out."""

    def __init__(self, site):
        self.site = site
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    answer = getattr(outer, "do_" + self.path.strip("/"))(**json.loads(body or b"{}"))
                    status, text = 200, json.dumps(answer or {})
                except Exception as error:  # told to the script, which fails with it
                    status, text = 500, f"{type(error).__name__}: {error}"
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    # What scripts ask for.

    def do_files(self):
        folder = pathlib.Path(self.site.folder) / f"files-{time.monotonic_ns()}"
        folder.mkdir()
        image = folder / "install.wim"
        shutil.copy(program.lab() / "images" / "win10-1607-x86.wim", image)
        return {"image": str(image), "update": str(program.lab() / "updates" / UPDATE), "kb": KB}

    def do_genuine(self):
        return {"path": str(program.corpus(GENUINE)), "second": str(program.corpus(GENUINE_2)), "kb": GENUINE_KB}

    def schedule(self, image, updates, **more):
        made = self.site.post("SMS_ImageServicingSchedule", {"Action": 1, "UpdateDP": False, **more})
        one = made["ScheduleID"]
        self.site.post("SMS_ImageServicingScheduledImage", {"ImagePackageID": image, "ScheduleID": one})
        for update in updates:
            self.site.post("SMS_ImageServicingScheduledUpdate", {"ScheduleID": one, "UpdateID": update})
        self.site.post("SMS_ImagePackage.RunOfflineServicingManager",
                       {"SiteCode": self.site.code, "ServerName": "srv", "PackageID": image, "PackageType": 257})
        return one

    def run_of(self, schedule, over=True):
        end = time.monotonic() + program.TIMEOUT
        while time.monotonic() < end:
            for run in self.site.list("WW_ServicingRun", f"ScheduleID eq {schedule}"):
                if run["Finished"] is not None or not over:
                    return run["RunID"]
            time.sleep(0.1)
        raise AssertionError(f"schedule {schedule} does not end: {self.site.errors()}")

    def do_failing(self):
        image = self.site.add_image("Failing")
        self.site.settled(image)
        [update] = self.site.add_updates(REFUSED)
        title = self.site.list("SMS_SoftwareUpdate", f"CI_ID eq {update}")[0]["LocalizedDisplayName"]
        return {"image": image, "update": title, "run": self.run_of(self.schedule(image, [update]))}

    def account(self, name):
        done = self.site.run_server("account", "set", name)
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def do_reader(self):
        self.account("reader")
        self.account("stranger")
        role = self.site.list("SMS_Role", "RoleName eq 'Read-only Analyst'")[0]["RoleID"]
        domain = self.site.list("SMS_Admin")[0]["LogonName"].split("\\")[0]
        if not self.site.list("SMS_Admin", f"LogonName eq '{domain}\\reader'"):
            self.site.post("SMS_Admin", {"LogonName": f"{domain}\\reader", "Permissions": [
                {"RoleID": role, "CategoryID": "SMS00ALL", "CategoryTypeID": 29}]})
        if not self.site.list("SMS_ImagePackage"):
            self.site.add_image("To be read")

    def do_begin(self):
        image = self.site.add_image("Restart")
        self.site.settled(image)
        updates = self.site.add_updates(UPDATE)
        return {"run": self.run_of(self.schedule(image, updates), over=False)}

    def do_kill(self):
        self.site.kill()

    def do_start(self):
        self.site.start(listen=self.site.server.removeprefix("https://"))

    def do_evil(self, name):
        image = self.site.add_image("<img src=x onerror=window.caught=1>'\"")  # 50 characters at most
        self.site.patch(f"SMS_ImagePackage('{image}')", {"Description": name, "Version": "<i>1</i>"})
        update = self.site.post("WW_UpdateCatalog.ImportUpdate", {
            "UniqueID": "11111111-2222-3333-4444-555555555555", "ArticleID": "<b>1</b>", "Title": name, "Description": name})["CI_ID"]
        group = self.site.add_group(name, [update])
        self.site.post("SMS_ImageServicingSchedule", {"Name": name, "Description": name, "Schedule": LATER})
        schedule = self.site.list("SMS_ImageServicingSchedule")[-1]["ScheduleID"]
        self.site.post("SMS_ImageServicingScheduledImage", {"ImagePackageID": image, "ScheduleID": schedule})
        self.site.post("WW_ServicingRule", {"Name": name, "Description": name, "Enabled": False, "ImagePackageIDs": [image]})
        self.site.post("SMS_DistributionPointGroup", {"Name": name, "Description": name})
        return {"image": image, "update": update, "group": group}

    def do_filled(self):
        """A site that has one of everything."""
        done = self.site.run("dp", "add", "dp1.example.org", "--json")
        if done.code != 0:
            raise AssertionError(done.err)
        image = self.site.add_image("Windows 10 Enterprise 1607, finance department")
        self.site.settled(image)
        other = self.site.add_image("Windows 8.1", "win81-x86.wim")
        updates = self.site.add_updates(UPDATE)
        refused = self.site.add_updates(REFUSED)
        group = self.site.add_group("Monthly", updates + refused)
        failed = self.run_of(self.schedule(image, refused, Name="Fails"))
        run = self.run_of(self.schedule(image, updates, Name="Updates of this month"))
        self.run_of(self.schedule(other, updates, ContinueOnError=True))
        self.site.add_updates("windows10.0-kb9000111-x86.msu")
        self.site.post("SMS_ImageServicingSchedule", {"Name": "Next year", "Schedule": LATER})
        self.site.post("WW_ServicingRule", {"Name": "Every month", "ImagePackageIDs": [image], "UpdateGroupID": group})
        self.site.run("dp", "distribute", image, "--to", "dp1.example.org")
        points = self.site.post("SMS_DistributionPointGroup", {"Name": "First ring", "Description": "Pilot"})
        self.site.post("WW_StagedRollout", {"PackageID": image, "FirstGroupID": points["GroupID"], "DelayMinutes": 60})
        return {"image": image, "update": updates[0], "group": group, "run": run, "failed": failed}


class ConsoleTest(program.ProgramTest):
    settings = ""

    def setUp(self):
        self.folder = scripts()
        self.site = Site()
        self.site.extra = {"TZ": "UTC"}  # the browsers of these tests are elsewhere
        self.addCleanup(self.site.kill)
        self.site.init()
        if self.settings:
            with open(self.site.data / "site.toml", "a", encoding="utf-8") as file:
                file.write(self.settings)
        self.configure()
        self.site.start()
        self.control = Control(self.site)
        self.addCleanup(self.control.close)

    def configure(self):
        """What a test adds to the site before it starts."""

    def browse(self, script, **more):
        environment = {**os.environ, "WW_URL": self.site.server, "WW_CONTROL": self.control.url,
                       "WW_PASSWORD": PASSWORD, "NODE_TLS_REJECT_UNAUTHORIZED": "0", "NODE_NO_WARNINGS": "1",
                       "WW_CHROMIUM": shutil.which("chromium"), **more}
        if IN_CI:
            environment.setdefault("WW_SHOTS", str(program.PROGRAM.parent.parent / "reports" / "console"))
        done = subprocess.run(["node", str(self.folder / f"{script}.mjs")], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=program.TIMEOUT, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{script}: {done.stdout[-3000:]}{done.stderr[-6000:]}\n{self.site.errors()}")
        return done.stdout


class Journey(ConsoleTest):
    def test_console_journey_from_an_empty_site_to_a_patched_image_and_back(self):
        self.browse("journey")


class Genuine(ConsoleTest):
    def test_console_imports_genuine_updates_from_files(self):
        for name in (GENUINE, GENUINE_2):
            program.corpus(name)  # skips where they are not
        self.browse("genuine")


class Failure(ConsoleTest):
    def test_console_explains_what_failed_and_what_is_refused(self):
        self.browse("failure")


class Estimate(ConsoleTest):
    def test_console_tells_what_is_left_of_a_whole_run(self):
        self.browse("estimate")


class Rights(ConsoleTest):
    def test_console_shows_the_reason_for_what_is_not_allowed(self):
        self.browse("rights")


class Restart(ConsoleTest):
    def test_console_recovers_when_the_server_is_killed_during_a_run(self):
        self.browse("restart")


class Expiry(ConsoleTest):
    settings = "\n[console]\nsession_idle = 8\n"

    def test_console_asks_for_the_password_when_the_session_is_over(self):
        self.browse("expiry")


class Security(ConsoleTest):
    def test_console_shows_hostile_names_as_text_and_keeps_its_secrets(self):
        self.browse("security")


@unittest.skipIf(OTHER_BUILD, "the page is that of the release build")
class Pages(ConsoleTest):
    def test_console_pages_fit_every_width_and_can_be_used_by_everybody(self):
        self.browse("pages")


@unittest.skipIf(OTHER_BUILD, "the page is that of the release build")
class Speed(ConsoleTest):
    def test_console_lists_of_ten_thousands_answer_at_once(self):
        # Whatever else the machine does counts in; what is too slow three times is the page.
        for again in (True, True, False):
            try:
                print(self.browse("speed"), end="")
                break
            except AssertionError as slow:
                if not again:
                    raise
                print(slow)

    def test_console_first_load_is_small(self):
        # What the page loads before anybody signs in, and the list of images.
        page = self.site.ask("GET", "/console/", user=None).text
        wanted = set(re.findall(r'/console/(assets/[\w.-]+\.js)', page))
        seen, total = set(), 0
        while wanted - seen:
            name = (wanted - seen).pop()
            seen.add(name)
            answer = self.site.ask("GET", f"/console/{name}", user=None)
            self.assertEqual(answer.status, 200, name)
            total += len(gzip.compress(answer.text.encode(), 9))
            # Static imports come with it; of those on demand, the frame and its first page.
            for path in re.findall(r'(?:from|import)\s*"\./([\w.-]+\.js)"', answer.text):
                wanted.add(f"assets/{path}")
            for path in re.findall(r'import\("\./((?:app|images|en)-[\w-]+\.js)"\)', answer.text):
                wanted.add(f"assets/{path}")
        self.assertGreater(len(seen), 2)
        print(f"first load: {total} bytes of compressed JavaScript in {len(seen)} files")
        self.assertLessEqual(total, FIRST_LOAD)
