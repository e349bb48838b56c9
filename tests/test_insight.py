"""WW_ImageContents, WW_ServicingPlan, WW_Access, WW_ApiToken and the event stream, asked as a script would."""

import base64
import datetime
import json
import ssl
import socket

import program
from served_site import PASSWORD, SiteTest

UPDATE = "windows10.0-kb4343884-x86.cab"
REFUSED = "windows10.0-kb9000122-x86.msu"


class Insight(SiteTest):
    def test_contents_plan_and_comparison_of_versions(self):
        image = self.site.add_image("Contents")
        self.site.settled(image)
        [update] = self.site.add_updates(UPDATE)
        [refused] = self.site.add_updates(REFUSED)
        before = self.site.post("WW_ImageContents.InstalledPackages", {"PackageID": image})
        self.assertEqual(before["UsedVersion"], 1)
        self.assertNotIn("4343884", {one["ArticleID"] for one in before["Packages"]})

        plan = self.site.post("WW_ServicingPlan.Preview", {"PackageID": image, "CI_IDs": [refused, update]})
        decisions = [(one["CI_ID"], one["Decision"]) for one in plan["Updates"] if one["ImageIndex"] == 1]
        self.assertEqual(decisions, [(update, "install"), (refused, "refused")])
        reasons = {one["CI_ID"]: one["Reason"] for one in plan["Updates"]}
        self.assertTrue(reasons[refused])
        self.assertTrue(plan["BuildBefore"])
        self.assertGreater(plan["PayloadBytes"], 0)
        self.assertEqual(json.loads(plan["Report"])["indexes"][0]["index"], 1)

        group = self.site.add_group("Insight", [update])
        done = self.site.run("schedule", "create", "--image-name", "Contents", "--update-group-name", "Insight", "--now", "--json")
        self.assertEqual(done.code, 0, done.err)
        self.wait_for_version(image, 2)
        after = self.site.post("WW_ImageContents.InstalledPackages", {"PackageID": image, "ImageIndex": 1})
        self.assertIn("4343884", {one["ArticleID"] for one in after["Packages"]})
        self.assertEqual({one["ReleaseType"] for one in after["Packages"] if one["ArticleID"] == "4343884"}, {"Security Update"})
        self.assertEqual({one["ImageIndex"] for one in after["Packages"]}, {1})
        found = self.site.post("WW_ImageContents.Compare", {"PackageID": image, "OldVersion": 1, "NewVersion": 2})
        self.assertFalse(found["Identical"])
        report = json.loads(found["Report"])
        self.assertTrue(any("KB4343884" in one["identity"] for one in report["indexes"][0]["packages"]))
        same = self.site.post("WW_ImageContents.Compare", {"PackageID": image, "OldVersion": 2, "NewVersion": 2})
        self.assertTrue(same["Identical"])
        self.assertTrue(group)
        for call in ({"PackageID": "LAB99999"}, {"PackageID": image, "SourceVersion": 77}):
            self.assertEqual(self.site.ask("POST", "WW_ImageContents.InstalledPackages", call).status, 404)

    def wait_for_version(self, image, version):
        import time
        end = time.monotonic() + program.TIMEOUT
        while time.monotonic() < end:
            if any(one["Current"] and one["SourceVersion"] == version
                   for one in self.site.list("WW_ImageVersion", f"PackageID eq '{image}'")):
                return
            time.sleep(0.1)
        self.fail(f"{image} has no version {version}: {self.site.errors()}")

    def test_rights_and_tokens_of_the_caller(self):
        mine = self.site.post("WW_Access.MyRights", {})
        self.assertEqual(mine["Roles"], ["Full Administrator"])
        self.assertTrue(all(one["Everywhere"] for one in mine["Rights"] if one["Operations"]))
        token = self.site.post("WW_ApiToken.Create", {"Label": "ci", "Days": 1})["Token"]
        bearer = {"Authorization": f"Bearer {token}"}
        self.assertEqual(self.site.ask("GET", "SMS_Site", user=None, headers=bearer).status, 200)
        self.assertEqual([one["Label"] for one in self.site.post("WW_ApiToken.List", {})["Tokens"]], ["ci"])
        self.assertEqual(self.site.ask("POST", "WW_ApiToken.Create", {"Label": "", "Days": 1}).status, 400)
        self.site.post("WW_ApiToken.Revoke", {"Label": "ci"})
        self.assertEqual(self.site.ask("GET", "SMS_Site", user=None, headers=bearer).status, 401)

    def test_next_times_of_a_schedule(self):
        weekly = {"@odata.type": "#AdminService.SMS_ST_RecurWeekly", "StartTime": "2026-01-01T02:30:00Z", "Day": 1,
                  "ForNumberOfWeeks": 1, "IsGMT": True}
        text = self.site.post("SMS_ScheduleMethods.WriteToString", {"TokenData": [weekly]})["StringData"]
        asked = datetime.datetime.now(datetime.timezone.utc)
        answer = self.site.post("WW_ServicingPlan.NextTimes", {"Schedule": text, "Count": 3})
        times = [datetime.datetime.fromisoformat(one.replace("Z", "+00:00")) for one in answer["Times"]]
        self.assertEqual([(one.isoweekday(), one.hour, one.minute) for one in times], [(7, 2, 30)] * 3)
        self.assertEqual({(later - one).days for one, later in zip(times, times[1:])}, {7})
        self.assertGreater(times[0], asked)
        none = self.site.post("WW_ServicingPlan.NextTimes", {"Schedule": ""})
        self.assertFalse(none["Times"])
        self.assertTrue(none["TimeZone"])
        self.assertEqual(none["UtcOffset"], answer["UtcOffset"])
        self.assertEqual(self.site.ask("POST", "WW_ServicingPlan.NextTimes", {"Schedule": "12"}).status, 400)

    def sign_in(self, user, password):
        answer = self.site.ask("POST", "/console/session", {"user": user, "password": password}, user=None)
        self.assertEqual(answer.status, 200, answer.text)
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        return {"Cookie": cookie, "X-CSRF-Token": json.loads(answer.text)["csrf"]}, json.loads(answer.text)["id"]

    def test_sessions_are_listed_and_ended(self):
        self.assertEqual(self.site.run_server("account", "set", "reader").returncode, 0)
        role = self.site.list("SMS_Role", "RoleName eq 'Read-only Analyst'")[0]["RoleID"]
        domain = self.site.list("SMS_Admin")[0]["LogonName"].split("\\")[0]
        self.site.post("SMS_Admin", {"LogonName": f"{domain}\\reader", "Permissions": [
            {"RoleID": role, "CategoryID": "SMS00ALL", "CategoryTypeID": 29}]})
        admin, admin_id = self.sign_in("admin", PASSWORD)
        reader, reader_id = self.sign_in("reader", PASSWORD)

        def listed(session, everybody):
            answer = self.site.ask("POST", "WW_ConsoleSession.List", {"Everybody": everybody}, user=None, headers=session)
            if answer.status >= 300:
                return answer.status
            return {one["SessionID"]: one for one in json.loads(answer.text)["Sessions"]}

        mine = listed(reader, False)
        self.assertEqual(set(mine), {reader_id})
        self.assertEqual(mine[reader_id]["UserName"], f"{domain}\\reader")
        self.assertEqual(mine[reader_id]["Scheme"], "Basic")
        self.assertEqual(listed(reader, True), 404)  # what is denied is missing, as the service has it
        self.assertEqual(set(listed(admin, True)), {admin_id, reader_id})

        def end(session, one):
            return self.site.ask("POST", "WW_ConsoleSession.End", {"SessionID": one}, user=None, headers=session).status

        self.assertEqual(end(reader, admin_id), 404)
        self.assertEqual(end(admin, "0" * 16), 404)
        self.assertLess(end(admin, reader_id), 300)
        self.assertEqual(listed(reader, False), 401)
        self.assertLess(end(admin, admin_id), 300)
        self.assertEqual(listed(admin, False), 401)

    def test_the_event_stream_tells_of_changes(self):
        host, port = self.site.server.removeprefix("https://").split(":")
        context = ssl.create_default_context(cafile=str(self.site.ca))
        context.check_hostname = False
        with context.wrap_socket(socket.create_connection((host, int(port)), timeout=program.TIMEOUT)) as stream:
            pair = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
            stream.sendall(f"GET /events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {pair}\r\n\r\n".encode())
            self.read(stream, b"event: hello")
            self.site.add_group("Watched", [])
            self.read(stream, b'"class":"SMS_AuthorizationList"')
        self.assertEqual(self.site.ask("GET", "/events", user=None).status, 401)

    def read(self, stream, wanted):
        text = b""
        while wanted not in text:
            more = stream.recv(4096)
            self.assertTrue(more, text)
            text += more
