"""Uploads over the wire: pieces, resuming after a restart, rights, and the import of what came."""

import hashlib
import json

import program
import served_site

UPDATE = "windows10.0-kb9000103-x86.msu"


def raw(site, method, path, body=None, **options):
    """Status, headers and JSON of a request below /AdminService/."""
    answer = site.ask(method, "/AdminService/" + path, body, **options)
    return answer.status, answer.headers, answer.json() if answer.text.startswith("{") else None


class Uploads(served_site.SiteTest):
    def setUp(self):
        self.bytes = (program.lab() / "updates" / UPDATE).read_bytes()
        self.sha256 = hashlib.sha256(self.bytes).hexdigest()

    def begin(self, **changes):
        body = {"name": UPDATE, "size": len(self.bytes), "sha256": self.sha256, **changes}
        return raw(self.site, "POST", "uploads", json.dumps(body).encode())

    def test_pieces_resume_and_import(self):
        status, headers, made = self.begin()
        self.assertEqual((status, made["offset"]), (201, 0))
        self.assertEqual(headers["Location"], "/AdminService/uploads/" + made["id"])
        path = "uploads/" + made["id"]
        half = len(self.bytes) // 2
        self.assertEqual(raw(self.site, "PUT", f"{path}?offset=0", self.bytes[:half])[2]["offset"], half)
        status, headers, _ = raw(self.site, "PUT", f"{path}?offset=0", self.bytes[:half])
        self.assertEqual((status, headers["Upload-Offset"]), (409, str(half)))
        unfinished = self.site.ask("POST", "WW_UpdateCatalog.ImportContent", {"UploadID": made["id"]})
        self.assertGreaterEqual(unfinished.status, 400)
        self.site.stop()
        self.site.start()
        self.assertEqual(raw(self.site, "GET", path)[2]["offset"], half)
        last = raw(self.site, "PUT", f"{path}?offset={half}", self.bytes[half:])
        self.assertTrue(last[2]["complete"])
        done = self.site.post("WW_UpdateCatalog.ImportContent", {"UploadID": made["id"]})
        self.assertEqual([one["Decision"] for one in done["Files"]], ["imported"])
        self.assertEqual(raw(self.site, "GET", path)[0], 404)
        stored = self.site.list("WW_ContentFile", f"StoredID eq '{self.sha256}'")
        self.assertEqual([one["FileSize"] for one in stored], [len(self.bytes)])

    def test_wrong_bytes_are_refused(self):
        _, _, made = self.begin()
        status, _, error = raw(self.site, "PUT", f"uploads/{made['id']}?offset=0", b"x" * len(self.bytes))
        self.assertEqual(status, 422)
        self.assertIn("other bytes", error["error"]["message"])
        self.assertEqual(raw(self.site, "GET", "uploads/" + made["id"])[0], 404)

    def test_who_is_nobody_may_not(self):
        self.assertEqual(raw(self.site, "GET", "uploads", password="wrong")[0], 401)
        self.assertEqual(raw(self.site, "POST", "uploads", b"{}")[0], 400)
        self.assertEqual(raw(self.site, "PUT", "uploads/" + "0" * 32 + "?offset=0", b"x")[0], 404)
        self.assertEqual(raw(self.site, "DELETE", "uploads/" + "0" * 32)[0], 404)

    def test_the_command_goes_on_where_it_ended(self):
        file = program.lab() / "updates" / "windows10.0-kb9000111-x86.msu"
        data = file.read_bytes()
        body = {"name": file.name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        _, _, made = raw(self.site, "POST", "uploads", json.dumps(body).encode())
        raw(self.site, "PUT", f"uploads/{made['id']}?offset=0", data[:1000])
        done = self.json("update", "import", file)
        self.assertEqual([one["decision"] for one in done["updates"]], ["imported"])
        self.assertEqual(raw(self.site, "GET", "uploads")[2]["value"], [])

    def json(self, *arguments, code=0):
        done = self.site.run(*arguments, "--json")
        self.assertEqual(done.code, code, done.err)
        return done.json()
