"""A site as its administrator meets it: made, served, signed in to, used through its commands."""

import http.client
import json
import shutil
import signal
import socket
import ssl
import stat
import threading

import program
from served_site import PASSWORD, Site, SiteTest


class InitTest(program.ProgramTest):
    def init(self, *arguments, code="LAB"):
        return program.run("site", "init", "--data", self.dir / "data", "--site-code", code, *arguments)

    def password_file(self, text=PASSWORD + "\n"):
        path = self.dir / "password"
        path.write_text(text)
        return path

    def test_makes_a_site_that_only_its_owner_reads(self):
        done = self.check(self.init("--admin-password-file", self.password_file()), 0)
        self.assertRegex(done.out, r"(?m)^administrator: admin$")
        self.assertRegex(done.out, r"(?m)^fingerprint: ([0-9A-F]{2}:){31}[0-9A-F]{2}$")
        self.assertNotIn(PASSWORD, done.out + done.err)
        self.assertNotIn("password:", done.out)
        data = self.dir / "data"
        for name in ("site.toml", "tls/key.pem"):
            self.assertEqual(stat.S_IMODE((data / name).stat().st_mode) & 0o077, 0, name)
        self.assertIn('code = "LAB"', (data / "site.toml").read_text())
        for path in data.rglob("*"):
            if path.is_file():
                self.assertNotIn(PASSWORD.encode(), path.read_bytes(), path)

    def test_makes_a_password_and_says_it_once(self):
        done = self.check(self.init(), 0)
        [password] = [line.split(": ", 1)[1] for line in done.out.splitlines()
                      if line.startswith("password: ")]
        self.assertGreaterEqual(len(password), 16)
        for path in (self.dir / "data").rglob("*"):
            if path.is_file():
                self.assertNotIn(password.encode(), path.read_bytes(), path)
        site = Site(self.dir)
        self.addCleanup(site.kill)
        site.start()
        self.assertEqual(site.ask("GET", "SMS_Identification", password=password).status, 200)
        self.assertEqual(site.ask("GET", "SMS_Identification", password=password + "x").status, 401)

    def test_leaves_a_folder_alone_that_is_not_empty(self):
        data = self.dir / "data"
        data.mkdir()
        (data / "mine").write_text("mine")
        done = self.check(self.init("--admin-password-file", self.password_file()), 5)
        self.assertIn("not empty", done.err)
        self.assertEqual([path.name for path in data.iterdir()], ["mine"])

    def test_refuses_bad_site_codes(self):
        for code in ("", "L", "LABX", "L-B", "LÄB", "../"):
            with self.subTest(code=code):
                self.check(self.init("--admin-password-file", self.password_file(), code=code), 1)
                self.assertFalse((self.dir / "data" / "site.toml").exists())

    def test_refuses_bad_passwords(self):
        self.check(self.init("--admin-password-file", self.password_file("short\n")), 1)
        self.check(self.init("--admin-password-file", self.dir / "absent"), 2)
        self.check(self.init("--admin-password-file", self.password_file("")), 2)

    def test_may_be_repeated_where_it_failed(self):
        self.check(self.init("--admin-password-file", self.password_file("short\n")), 1)
        self.check(self.init("--admin-password-file", self.password_file()), 0)


class ServeTest(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.site = Site(self.dir)
        self.addCleanup(self.site.kill)

    def test_ends_with_0_on_each_stop_signal(self):
        self.site.init()
        for how in (signal.SIGTERM, signal.SIGINT):
            self.site.start()
            self.assertRegex(self.site.url, r"^https://127\.0\.0\.1:\d+/AdminService/wmi/$")
            self.assertEqual(self.site.list("SMS_Identification")[0]["ThisSiteCode"], "LAB")
            self.assertEqual(self.site.stop(how), 0, self.site.errors())

    def test_ends_although_a_client_keeps_its_connection(self):
        self.site.__enter__()
        host, port = self.site.server.removeprefix("https://").split(":")
        context = ssl.create_default_context(cafile=str(self.site.ca))
        with socket.create_connection((host, int(port)), timeout=program.TIMEOUT) as plain:
            with context.wrap_socket(plain, server_hostname=host) as open_connection:
                open_connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertIn(b"200", open_connection.recv(4096))
                self.assertEqual(self.site.stop(), 0, self.site.errors())

    def test_needs_a_site(self):
        done = self.check(program.run("site", "serve", "--data", self.dir / "nothing"), 2)
        self.assertIn("site init", done.err)

    def test_needs_an_address(self):
        self.site.init()
        for listen in ("127.0.0.1", "127.0.0.1:port", "127.0.0.1:99999", "nobody:0"):
            with self.subTest(listen=listen):
                done = program.run("site", "serve", "--data", self.site.data, "--listen", listen)
                self.assertIn(done.code, (1, 2), done.err)

    def test_keeps_its_objects_over_a_restart(self):
        self.site.__enter__()
        package = self.site.add_image("Windows 10")
        schedule = self.site.post("SMS_ImageServicingSchedule", {"Action": 0})["ScheduleID"]
        self.site.settled(package)
        before = self.site.get(f"SMS_ImagePackage('{package}')")["value"]
        self.assertEqual(self.site.stop(), 0)
        self.site.start()
        after = self.site.get(f"SMS_ImagePackage('{package}')")["value"]
        self.assertEqual(after, before)
        # Identifiers go on where they were.
        self.assertEqual(self.site.add_image("Another"), f"LAB{int(package[3:], 16) + 1:05X}")
        self.assertEqual(self.site.post("SMS_ImageServicingSchedule", {"Action": 0})["ScheduleID"],
                         schedule + 1)

    def test_loses_nothing_that_was_answered_when_it_is_killed(self):
        self.site.__enter__()
        made = {}  # key -> text
        progress = {}  # key -> [answered, sent]
        targets = [self.site.post("SMS_ImageServicingSchedule", {"Action": 0})["ScheduleID"]
                   for _ in range(2)]
        enough = threading.Event()

        def create(writer):
            for count in range(100000):
                text = f"{writer}-{count}"
                try:
                    entity = self.site.post("SMS_ImageServicingSchedule",
                                            {"Action": 0, "Name": text, "Description": text})
                except (OSError, http.client.HTTPException, ValueError):
                    return
                made[entity["ScheduleID"]] = text
                if len(made) >= 40:
                    enough.set()

        def change(target):
            progress[target] = [0, 0]
            for count in range(1, 100000):
                progress[target][1] = count
                try:
                    self.site.patch(f"SMS_ImageServicingSchedule({target})",
                                    {"Name": str(count), "Description": str(count)})
                except (OSError, http.client.HTTPException):
                    return
                progress[target][0] = count

        for _ in range(3):
            enough.clear()
            made.clear()
            threads = [threading.Thread(target=create, args=(n,)) for n in range(2)]
            threads += [threading.Thread(target=change, args=(one,)) for one in targets]
            for thread in threads:
                thread.start()
            self.assertTrue(enough.wait(program.TIMEOUT))
            self.site.kill()
            for thread in threads:
                thread.join()
            self.site.start()
            stored = {one["ScheduleID"]: one for one in self.site.list("SMS_ImageServicingSchedule")}
            for key, text in made.items():
                self.assertEqual((stored[key]["Name"], stored[key]["Description"]), (text, text))
            for key, (answered, sent) in progress.items():
                self.assertEqual(stored[key]["Name"], stored[key]["Description"])
                self.assertIn(int(stored[key]["Name"]), range(answered, sent + 1))
        new = self.site.post("SMS_ImageServicingSchedule", {"Action": 0})["ScheduleID"]
        self.assertNotIn(new, stored)
        self.assertEqual(self.site.stop(), 0)

    def test_writes_who_asked_for_what(self):
        self.site.__enter__()
        self.site.add_image("Windows 10")
        self.assertEqual(self.site.stop(), 0)
        log = (self.site.data / "logs" / "SMSProv.log").read_text()
        self.assertIn("SMS_ImagePackage", log)
        self.assertIn("\\admin", log)
        self.assertNotIn(PASSWORD, log)


class SignInTest(program.ProgramTest):
    """Failures to sign in count against the address: a site of its own."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.kill)
        cls.site.__enter__()

    def test_login_remembers_the_site_for_its_owner_only(self):
        config = {"XDG_CONFIG_HOME": str(self.dir)}
        done = self.check(self.site.run("login", "--json", **config), 0)
        self.assertEqual(done.json()["site_code"], "LAB")
        profile = self.dir / "wimwright" / "site.json"
        self.assertEqual(stat.S_IMODE(profile.stat().st_mode), 0o600)
        nothing = dict.fromkeys(("WIMWRIGHT_SERVER", "WIMWRIGHT_USER", "WIMWRIGHT_PASSWORD_FILE",
                                 "WIMWRIGHT_CA"))
        self.check(self.site.run("image", "list", **config, **nothing), 0)
        # It belongs to one server, and goes to no other.
        done = self.site.run("image", "list", **config,
                             **{**nothing, "WIMWRIGHT_SERVER": self.site.server.replace("127.0.0.1", "localhost")})
        self.assertNotEqual(done.code, 0)

    def test_options_win_over_the_environment(self):
        self.check(self.site.run("image", "list", "--server", self.site.server,
                                 WIMWRIGHT_SERVER="https://127.0.0.1:1"), 0)

    def test_a_wrong_password_is_the_callers_mistake(self):
        wrong = self.dir / "wrong"
        wrong.write_text("wrong horse battery\n")
        done = self.check(self.site.run("image", "list", WIMWRIGHT_PASSWORD_FILE=str(wrong)), 1)
        self.assertTellsTheStory(done)
        self.assertIn("--user", done.err)
        done = self.check(self.site.run("login", WIMWRIGHT_PASSWORD_FILE=str(wrong),
                                        XDG_CONFIG_HOME=str(self.dir)), 1)
        self.assertFalse((self.dir / "wimwright").exists())
        self.check(self.site.run("image", "list", WIMWRIGHT_USER="nobody"), 1)
        self.check(self.site.run("image", "list", WIMWRIGHT_PASSWORD_FILE=str(self.dir / "no")), 2)

    def test_an_unknown_certificate_ends_it(self):
        done = self.check(self.site.run("image", "list", "--json", WIMWRIGHT_CA=None), 2)
        self.assertIn("--ca", done.json()["error"]["next_step"])
        other = Site(self.dir)
        other.init()
        done = self.check(self.site.run("image", "list", WIMWRIGHT_CA=str(other.ca)), 2)
        self.assertTellsTheStory(done)

    def test_no_server_ends_it(self):
        with socket.socket() as taken:  # bound, not listening: refuses everybody
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            done = self.check(
                self.site.run("image", "list", WIMWRIGHT_SERVER=f"https://127.0.0.1:{port}"), 2)
        self.assertTellsTheStory(done)
        done = self.check(self.site.run("image", "list", WIMWRIGHT_SERVER=None), 1)
        self.assertIn("site login", done.err)

    def test_nobody_gets_nothing(self):
        for resource in ("SMS_ImagePackage", "$metadata", "", "/AdminService/v1.0/$metadata", "No_Class"):
            answer = self.site.ask("GET", resource, user=None)
            self.assertEqual(answer.status, 401, resource)
            self.assertIn("Basic", ", ".join(answer.headers.get_all("WWW-Authenticate")))
        self.assertEqual(self.site.ask("POST", "SMS_ImagePackage", {"Name": "x"}, user=None).status, 401)
        self.assertEqual(self.site.ask("GET", "/healthz", user=None).status, 200)

    def test_curl_signs_in_with_basic(self):
        program.tool("curl")
        address = self.site.url + "SMS_Identification"
        curl = ("curl", "-sS", "--noproxy", "*", "--cacert", self.site.ca, "-w", "\n%{http_code}")
        done = self.site.shell(*curl, "-u", f"admin:{PASSWORD}", address)
        text, status = done.stdout.rsplit("\n", 1)
        self.assertEqual(status, "200", done.stderr)
        self.assertEqual(json.loads(text)["value"][0]["ThisSiteCode"], "LAB")
        done = self.site.shell(*curl, address)
        self.assertTrue(done.stdout.endswith("\n401"), done.stdout)
        # The certificate names both.
        done = self.site.shell(*curl, "-u", f"admin:{PASSWORD}",
                               address.replace("127.0.0.1", "localhost"))
        self.assertTrue(done.stdout.endswith("\n200"), done.stderr)


class CommandTest(SiteTest):
    def json(self, *arguments, code=0):
        done = self.check(self.site.run(*arguments, "--json"), code)
        found = done.json()
        self.assertEqual(found["exit_code"], code)
        self.assertEqual(found["result"], "succeeded" if code == 0 else "failed")
        return found

    def test_image(self):
        source = self.dir / "win10-1607-x64.wim"
        shutil.copy(program.lab() / "images" / source.name, source)
        added = self.json("image", "add", "Image one", "--source", source, "--description", "first",
                          "--version", "1.0")
        self.assertEqual(added["class"], "SMS_ImagePackage")
        package = added["package_id"]
        self.assertRegex(package, r"^LAB[0-9A-F]{5}$")
        [listed] = [one for one in self.json("image", "list")["images"] if one["PackageID"] == package]
        self.assertEqual((listed["Name"], listed["PkgSourcePath"]), ("Image one", str(source)))
        self.assertRegex(listed["ImageOSVersion"], r"^10\.0\.14393\.\d+$")
        for name in (package, "Image one", "IMAGE ONE"):
            shown = self.json("image", "show", name)["image"]
            self.assertEqual(shown["PackageID"], package)
        self.assertEqual((shown["Description"], shown["Version"]), ("first", "1.0"))
        self.assertIn("<WIM>", shown["ImageProperty"])
        self.assertEqual(self.json("image", "reload", "Image one")["package_id"], package)
        table = self.check(self.site.run("image", "list"), 0).out
        self.assertIn(package, table)
        self.assertIn("PackageID", table.splitlines()[0])

    def packages(self):
        """Which there are. Their other properties change while their sources are taken in."""
        return sorted(one["PackageID"] for one in self.site.list("SMS_ImagePackage"))

    def test_image_refusals(self):
        self.json("image", "show", "nobody's image", code=2)
        self.json("image", "reload", "LAB0FFFF", code=2)
        before = self.packages()
        for source in (program.lab() / "images" / "absent.wim", program.lab() / "lab.json"):
            done = self.site.run("image", "add", "Bad", "--source", source, "--json")
            self.assertIn(done.code, (1, 2, 5), done.out)
        self.assertEqual(self.packages(), before)
        for _ in range(2):
            self.json("image", "add", "Twice", "--source", program.lab() / "images/win10-1607-x86.wim")
        self.json("image", "show", "Twice", code=5)

    def test_distribution_points(self):
        self.json("dp", "add", "dp1.example.org")
        self.json("dp", "add", "dp2.example.org")
        points = self.json("dp", "list")["distribution_points"]
        self.assertEqual([one["ServerName"] for one in points], ["dp1.example.org", "dp2.example.org"])
        package = self.site.add_image("To distribute")
        sent = self.json("dp", "distribute", package, "--to", "dp1.example.org", "DP2.example.org")
        self.assertEqual(sent["package_id"], package)
        status = self.json("dp", "status", package)["status"]
        self.assertEqual(len(status), 2)
        self.assertEqual({one["PackageID"] for one in status}, {package})
        self.assertEqual(self.json("dp", "status", "LAB0FFFF")["status"], [])
        self.json("dp", "distribute", package, "--to", "dp9.example.org", code=2)
        self.assertNotEqual(self.site.run("dp", "distribute", "LAB0FFFF", "--to", "dp1.example.org").code, 0)

    def test_updates_and_groups(self):
        file = program.lab() / "updates" / "windows10.0-kb9000102-x86.msu"
        [imported] = self.json("update", "import", file)["updates"]
        self.assertEqual(imported["decision"], "imported")
        self.assertEqual(imported["ArticleID"], "9000102")
        [again] = self.json("update", "import", file)["updates"]
        self.assertEqual((again["decision"], again["CI_ID"]), ("already_present", imported["CI_ID"]))
        listed = [one for one in self.json("update", "list")["updates"] if one["CI_ID"] == imported["CI_ID"]]
        self.assertEqual([one["ArticleID"] for one in listed], ["9000102"])
        self.assertEqual(self.json("update", "show", str(imported["CI_ID"]))["update"]["CI_ID"], imported["CI_ID"])
        # One article, two architectures: a group has both, a single update has to be named.
        [wide] = self.json("update", "import", program.lab() / "updates" / "windows10.0-kb9000102-x64.msu")["updates"]
        both = sorted([imported["CI_ID"], wide["CI_ID"]])
        for name in ("KB9000102", "kb9000102", "9000102"):
            self.json("update", "show", name, code=5)
        made = self.json("group", "create", "By article", "--update", "KB9000102", "--description", "d")
        self.assertEqual(made["updates"], 2)
        shown = self.json("group", "show", "by article")["group"]
        self.assertEqual((shown["CI_ID"], sorted(shown["Updates"])), (made["ci_id"], both))
        listed = self.json("group", "list")["groups"]
        self.assertIn({"CI_ID": made["ci_id"], "LocalizedDisplayName": "By article",
                       "NumberOfUpdates": 2, "IsProvisioned": True}, listed)
        self.json("update", "show", "KB1", code=2)
        self.json("group", "show", "no such group", code=2)
        self.json("group", "create", "Empty", "--update", "KB1", code=2)
        self.json("update", "import", program.lab() / "absent", code=2)

    def test_schedules(self):
        package = self.site.add_image("Scheduled")
        [update] = self.site.add_updates("windows10.0-kb9000102-x64.msu")
        self.site.add_group("Scheduled group", [update])
        create = ("schedule", "create", "--image-name", "Scheduled", "--update-group-name", "Scheduled group")
        made = self.json(*create, "--at", "2030-12-09T02:00", "--update-dp")
        self.assertEqual((made["images"], made["updates"]), (1, 1))
        shown = self.json("schedule", "show", made["schedule_id"])["schedule"]
        self.assertEqual((shown["images"], shown["updates"]), ([package], [update]))
        self.assertEqual((shown["UpdateDP"], shown["ContinueOnError"]), (True, False))
        token = self.json("call", "SMS_ScheduleMethods", "ReadFromString", "StringData=" + shown["Schedule"])
        self.assertEqual(token["output"]["TokenData"][0]["StartTime"], "2030-12-09T02:00:00Z")
        for rule in ("daily", "weekly", "patch-tuesday"):
            self.json(*create, "--at", "2030-12-09T02:00", "--recur", rule)
        ids = [one["ScheduleID"] for one in self.json("schedule", "list")["schedules"]]
        self.assertIn(made["schedule_id"], ids)
        self.json("schedule", "cancel", made["schedule_id"])
        shown = self.site.run("schedule", "show", made["schedule_id"], "--json")
        if shown.code == 0:  # cancelled schedules may stay or go
            self.assertEqual(shown.json()["schedule"]["Action"], 2)
        self.json("status")
        self.json("schedule", "show", "1", code=2)
        self.json("schedule", "cancel", "1", code=2)
        self.json(*create, "--recur", "yearly", code=1)
        self.json(*create, "--now", "--at", "2030-12-09T02:00", code=1)
        self.json("schedule", "create", "--image-name", "nobody", "--update-group-name", "Scheduled group", code=2)
        self.assertEqual(len(self.json("schedule", "list")["schedules"]), len(ids))

    def test_get_and_call(self):
        package = self.site.add_image("Got")
        for path in (f'SMS_ImagePackage.PackageID="{package}"', f"sms_imagepackage.packageid='{package}'",
                     f"SMS_ImagePackage('{package}')", f"SMS_ImagePackage/{package}"):
            with self.subTest(path=path):
                got = self.json("get", path)["instance"]
                self.assertEqual((got["PackageID"], got["__CLASS"]), (package, "SMS_ImagePackage"))
        self.json("get", 'SMS_ImagePackage.PackageID="LAB0FFFF"', code=2)
        self.json("get", "No_Such_Class.Key=1", code=2)
        self.json("get", "SMS_ImagePackage.PackageID", code=2)
        called = self.json("call", f'SMS_ImagePackage.PackageID="{package}"', "RefreshPkgSource")
        self.assertEqual(called["output"]["ReturnValue"], 0)
        called = self.json("call", "SMS_ScheduleMethods", "ReadFromString", "StringData=0034BE0000080000")
        self.assertEqual(called["output"]["TokenData"][0]["@odata.type"].split(".")[-1],
                         "SMS_ST_NonRecurring")
        self.json("call", "SMS_ScheduleMethods", "ReadFromString", "no argument", code=1)
        self.assertNotEqual(self.site.run("call", "SMS_ScheduleMethods", "NoMethod").code, 0)

    def test_query(self):
        package = self.site.add_image("Queried by WQL")
        found = self.json("query", "SELECT PackageID, Name FROM SMS_ImagePackage WHERE Name LIKE 'queried%'")
        self.assertEqual([one["PackageID"] for one in found["instances"]], [package])
        schedule = self.site.post("SMS_ImageServicingSchedule", {"Action": 0})["ScheduleID"]
        found = self.json("query", f"SELECT * FROM SMS_ImageServicingSchedule WHERE ScheduleID LIKE '{schedule}'")
        self.assertEqual([one["ScheduleID"] for one in found["instances"]], [schedule])
        self.json("query", "SELECT FROM WHERE", code=1)
        self.json("query", "SELECT * FROM No_Such_Class", code=2)

    def test_usage(self):
        for words in (("image", "add"), ("image", "show"), ("dp", "distribute", "LAB00001"),
                      ("schedule", "show", "x"), ("get",), ("nonsense",)):
            with self.subTest(words=words):
                self.check(self.site.run(*words), 1)
