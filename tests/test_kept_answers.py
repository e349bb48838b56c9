"""Answers, rights and sign-ins are kept in memory: nothing that changed is ever told from there, whoever changed it."""

import re
import sqlite3
import unittest

import program
from postgresql import Cluster
from served_site import Site
from test_server_program import server

ROUNDS = 25


class Kept(program.ProgramTest):
    """What holds on every database; `first` and `second` are servers of one site, or the same."""

    def image(self):
        key = self.first.post("SMS_ImagePackage", {"Name": "0", "PkgSourceFlag": 2,
                                                   "PkgSourcePath": "\\\\server\\share\\a.wim"})["PackageID"]
        return f"SMS_ImagePackage('{key}')"

    def name(self, site, resource, **as_whom):
        answer = site.ask("GET", resource, **as_whom)
        return answer.json()["value"][0]["Name"] if answer.status == 200 else answer.status

    def account(self, *words):
        done = server(*words, "--data", self.first.data)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def administrator(self, user, role):
        return self.first.post("SMS_Admin", {
            "LogonName": f"srv\\{user}",
            "Permissions": [{"@odata.type": "#AdminService.SMS_APermission", "CategoryID": "SMS00ALL",
                             "CategoryTypeID": 29, "RoleID": role}]})["AdminID"]

    def check_changes(self):
        image = self.image()
        for number in range(ROUNDS):
            writer, reader = (self.first, self.second) if number % 2 else (self.second, self.first)
            for site in (writer, reader, reader):
                self.assertEqual(self.name(site, image), str(number))
            writer.patch(image, {"Name": str(number + 1)})
            self.assertEqual(self.name(reader, image), str(number + 1))
            self.assertEqual(self.name(writer, image), str(number + 1))
        self.first.delete(image)
        self.assertEqual(self.name(self.second, image), 404)
        self.assertEqual(self.name(self.first, image), 404)

    def check_rights(self):
        image = self.image()
        self.account("account", "set", "anna", "--password-file", self.first.password_file)
        anna = {"user": "anna"}
        for _ in range(5):
            self.assertEqual(self.name(self.second, image), "0")  # admin's answer is nobody else's
            self.assertEqual(self.name(self.second, image, **anna), 403)
            admin = self.administrator("anna", "SMS0002R")
            for _ in range(3):
                self.assertEqual(self.name(self.second, image, **anna), "0")
            self.first.delete(f"SMS_Admin({admin})")
            self.assertEqual(self.name(self.second, image, **anna), 403)
            self.assertEqual(self.name(self.second, image), "0")

    def check_sign_in(self):
        image = self.image()
        token = self.account("token", "create", "admin", "--label", "nightly").strip()
        bearer = {"user": None, "headers": {"Authorization": f"Bearer {token}"}}
        for _ in range(8):
            self.assertEqual(self.name(self.second, image, **bearer), "0")
        self.account("token", "revoke", "admin", "--label", "nightly")
        self.assertEqual(self.name(self.second, image, **bearer), 401)
        made = self.account("account", "set", "boss", "--full-administrator")
        old = {"user": "boss", "password": re.search(r"password: (\S+)", made)[1]}
        for _ in range(8):
            self.assertEqual(self.name(self.second, image, **old), "0")
        self.account("account", "set", "boss", "--password-file", self.first.password_file)
        self.assertEqual(self.name(self.second, image, **old), 401)
        self.assertEqual(self.name(self.second, image, user="boss"), "0")
        self.account("account", "remove", "boss")
        self.assertEqual(self.name(self.second, image, user="boss"), 401)


class OneServer(Kept):
    def setUp(self):
        super().setUp()
        self.first = self.second = Site(self.dir)
        self.first.init()
        self.first.start()
        self.addCleanup(self.first.kill)

    def at_once(self):
        text = self.first.ask("GET", "/metrics").text
        return int(re.search(r"(?m)^ww_http_answers_at_once_total (\d+)", text)[1])

    def test_answers(self):
        self.check_changes()
        self.assertGreater(self.at_once(), ROUNDS // 2, "these tests are about answers from memory")

    def test_rights(self):
        self.check_rights()
        self.assertGreater(self.at_once(), 5)

    def test_sign_in(self):
        self.check_sign_in()
        self.assertGreater(self.at_once(), 3)

    def test_a_change_by_another_program_in_the_file(self):
        image = self.image()
        for number in range(1, ROUNDS):
            self.name(self.first, image)
            with sqlite3.connect(self.first.data / "site.db", timeout=30) as db:
                db.execute("UPDATE SMS_ImagePackage SET Name = ?", [str(number)])
            db.close()
            self.assertEqual(self.name(self.first, image), str(number))


class TwoServers(Kept):
    def setUp(self):
        super().setUp()
        self.cluster = self.enterContext(Cluster())
        self.first, self.second = self.server("first"), self.server("second", "--join")

    def server(self, name, *arguments):
        folder = self.dir / name
        folder.mkdir()
        site = Site(folder)
        self.addCleanup(site.kill)
        site.init("--database", self.cluster.url, "--content", self.dir / "content", *arguments)
        site.start()
        return site

    def test_answers(self):
        self.check_changes()

    def test_rights(self):
        self.check_rights()

    def test_sign_in(self):
        self.check_sign_in()

    def test_while_there_is_no_database_everybody_is_told_to_come_again(self):
        image = self.image()
        self.assertEqual(self.name(self.first, image), "0")
        self.cluster.stop("immediate")
        for body in (None, {"Name": "1"}):
            answer = self.first.ask("PATCH" if body else "GET", image, body)
            self.assertEqual(answer.status, 503, answer.text)
            self.assertEqual(answer.headers["Retry-After"], "5")
        self.assertEqual(self.first.ask("GET", "/healthz").status, 503)
        self.cluster.start()
        self.assertEqual(self.name(self.first, image), "0")
        self.assertEqual(self.first.ask("GET", "/healthz").status, 200)
        self.first.patch(image, {"Name": "1"})
        self.assertEqual(self.name(self.second, image), "1")


del Kept  # a base, no test

if __name__ == "__main__":
    unittest.main()
