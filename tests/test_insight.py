"""WW_ImageContents, WW_ServicingPlan, WW_Access, WW_ApiToken and the event stream, asked as a script would."""

import base64
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
