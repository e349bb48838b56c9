"""The update catalogue as administrators meet it: imports that are killed, several files of one
update, supersedence, what fits an image."""

import random
import time

import program
import served_site


class Catalog(served_site.SiteTest):
    def json(self, *arguments, code=0):
        done = self.site.run(*arguments, "--json")
        self.assertEqual(done.code, code, done.err)
        return done.json()

    def test_list_and_show(self):
        lab = program.lab() / "updates"
        [one] = self.json("update", "import", lab / "windows10.0-kb9000110-x86.msu")["updates"]
        name = one["LocalizedDisplayName"]
        self.assertIn("(KB9000110)", name)
        for arguments in (["--kb", "KB9000110"], ["--kb", "9000110"], ["--text", "kb9000110"],
                          ["--text", "KB9000110", "--architecture", "x86", "--not-superseded", "--with-content"]):
            found = self.json("update", "list", *arguments)["updates"]
            self.assertEqual([update["CI_ID"] for update in found], [one["CI_ID"]], arguments)
        for arguments in (["--kb", "9000110", "--architecture", "amd64"], ["--kb", "9000110", "--superseded"],
                          ["--kb", "9000110", "--without-content"]):
            self.assertEqual(self.json("update", "list", *arguments)["updates"], [], arguments)
        shown = self.json("update", "show", str(one["CI_ID"]))["update"]
        self.assertEqual(len(shown["contents"]), 1)
        [file] = shown["contents"][0]["files"]
        self.assertEqual(file["FileName"], "windows10.0-kb9000110-x86.msu")
        self.assertEqual(file["StoredID"], file["SHA256"])
        stored = self.site.data / "content" / "FileLib" / file["StoredID"][:2] / file["StoredID"]
        self.assertEqual(stored.read_bytes(), (lab / file["FileName"]).read_bytes())
        self.assertEqual(len(shown["packages"]), 1)
        text = self.site.run("update", "show", str(one["CI_ID"])).out
        self.assertIn("stored", text)

    def test_a_folder_of_the_server(self):
        done = self.json("update", "import", "--on-server", program.lab() / "updates", code=10)
        self.assertGreater(len(done["updates"]), 20)
        for left_out in done["ignored"]:
            self.assertTrue(left_out["reason"], left_out)
        again = self.json("update", "import", "--on-server", program.lab() / "updates", code=10)
        self.assertEqual({one["decision"] for one in again["updates"]}, {"already_present"})

    def test_what_fits_an_image(self):
        self.json("update", "import", program.lab() / "updates" / "windows10.0-kb9000101-x86.msu",
                  program.lab() / "updates" / "windows10.0-kb9000102-x64.msu")
        image = self.site.add_image("To be serviced")
        rows = self.json("update", "applicable", image, "--update", "KB9000101", "KB9000102")["updates"]
        decisions = {(row["ImageIndex"], row["Decision"]) for row in rows}
        self.assertIn((1, "install"), decisions, rows)
        self.assertIn((1, "not_applicable"), decisions, "the other architecture")
        for row in rows:
            if row["Decision"] != "install":
                self.assertTrue(row["Reason"], row)
        plain = self.site.add_image("No Windows", "plain.wim")
        rows = self.json("update", "applicable", plain)["updates"]
        self.assertEqual({row["Decision"] for row in rows}, {"unsupported"})
        self.json("update", "applicable", "nobody", code=2)


    def test_what_was_asked_before_is_remembered(self):
        self.json("update", "import", program.lab() / "updates" / "windows10.0-kb9000103-x86.msu")
        image = self.site.add_image("Asked twice")
        first = self.json("update", "applicable", image, "--update", "KB9000103")
        self.assertFalse(first["remembered"])
        second = self.json("update", "applicable", image, "--update", "KB9000103")
        self.assertTrue(second["remembered"])
        self.assertEqual(second["updates"], first["updates"])


class ScanCatalogue(program.ProgramTest):
    """wsusscn2.cab: what updates there are."""

    def catalogue(self, name, *options):
        path = program.folder() / name
        if not path.exists():
            done = program.run("lab", "catalog", path, *options, "--json")
            self.assertEqual(done.code, 0, done.err)
            self.facts = done.json()
        return path

    def imported(self, site, path, *options, code=0):
        done = site.run("update", "import", path, *options, "--json")
        self.assertEqual(done.code, code, done.err)
        return done.json() if code == 0 else done.err

    def test_editions(self):
        first = self.catalogue("first.cab", "--entries", 600)
        updates = self.facts["updates"]
        later = self.catalogue("later.cab", "--entries", 620, "--date", "2024-07-09T18:00:00Z",
                               "--withdrawn", 10, "--revised", 5)
        with served_site.Site() as site:
            done = self.imported(site, first)  # sent, and known by what is in it
            self.assertEqual((done["updates"], done["created"], done["expired"]), (updates, updates, 0))
            again = self.imported(site, first, "--scan-catalog", "--on-server")
            self.assertEqual((again["updates"], again["created"], again["expired"]), (updates, 0, 0))
            listed = site.run("update", "list", "--kb", "5000003", "--json").json()["updates"]
            self.assertEqual(len(listed), 1)
            shown = site.run("update", "show", "KB5000003", "--json").json()["update"]
            self.assertFalse(shown["IsContentProvisioned"])
            [content] = shown["contents"]
            self.assertTrue(content["files"][0]["SHA256"])
            self.assertFalse(content["files"][0]["StoredID"])
            image = site.add_image("Windows")
            [row] = site.run("update", "applicable", image, "--update", "KB5000003", "--json").json()["updates"]
            self.assertEqual(row["Decision"], "no_content")
            self.assertIn("not downloaded", row["Reason"])
            done = self.imported(site, later)
            self.assertEqual((done["expired"], done["catalog_date"]), (10, "2024-07-09T18:00:00Z"))
            self.assertEqual(len(site.list("SMS_SoftwareUpdate", "IsExpired eq true", select="CI_ID")), 10)
            self.assertEqual(len(site.list("SMS_SoftwareUpdate", "contains(LocalizedDisplayName,'revised')",
                                           select="CI_ID")), 5)
            self.assertIn("2024-07-09", self.imported(site, first, code=5))

    def test_killed_in_the_middle_it_is_completed(self):
        path = self.catalogue("killed.cab", "--entries", 20000)
        updates = 9600
        choose = random.Random(11)
        with served_site.Site() as site:
            for _ in range(4):
                command = program.start("site", "update", "import", path, "--scan-catalog", "--on-server",
                                        env=site.environment())
                time.sleep(choose.uniform(0.1, 1.2))  # the moment of the kill, not a synchronisation
                site.kill()
                command.kill()
                command.communicate()
                site.start()
                links = {link["CI_ID"] for link in site.list("SMS_CIToContent", select="CI_ID")}
                known = {update["CI_ID"] for update in site.list("SMS_SoftwareUpdate", select="CI_ID")}
                self.assertEqual(links, known, "each update is whole or not there")
            done = self.imported(site, path, "--scan-catalog", "--on-server")
            self.assertEqual(done["updates"], updates)
            self.assertEqual(site.get("SMS_SoftwareUpdate?$count=true&$top=1&$select=CI_ID")["@odata.count"], updates)


class Killed(program.ProgramTest):
    """kill -9 of the server while it imports: afterwards each update is whole or not there."""

    FILES = ("windows10.0-kb9000101-x86.msu", "windows10.0-kb9000102-x64.msu", "windows10.0-kb9000103-x86.msu")

    def check(self, site):
        known = {link["CI_ID"] for link in site.list("SMS_CIToContent")}
        for update in site.list("SMS_SoftwareUpdate"):
            self.assertIn(update["CI_ID"], known)
            self.assertTrue(update["IsContentProvisioned"])
        contents = {link["ContentID"] for link in site.list("SMS_CIToContent")}
        for file in site.list("WW_ContentFile"):
            self.assertIn(file["ContentID"], contents)
            stored = site.data / "content" / "FileLib" / file["StoredID"][:2] / file["StoredID"]
            self.assertEqual(stored.stat().st_size, file["FileSize"])

    def test_nothing_is_half(self):
        choose = random.Random(7)
        with served_site.Site() as site:
            for number in range(8):
                command = program.start("site", "update", "import",
                                        *[program.lab() / "updates" / file for file in self.FILES],
                                        env=site.environment())
                time.sleep(choose.uniform(0.02, 0.5))  # the moment of the kill, not a synchronisation
                site.kill()
                command.kill()
                command.communicate()
                site.start()
                self.check(site)
            done = site.run("update", "import", *[program.lab() / "updates" / file for file in self.FILES], "--json")
            self.assertEqual(done.code, 0, done.err)
            self.check(site)
            self.assertEqual(len(site.list("SMS_SoftwareUpdate")), len(self.FILES))
            self.assertEqual(len(site.list("SMS_CIToContent")), len(self.FILES))
