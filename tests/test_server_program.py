"""wimwrightd itself: its settings and where they come from, its manual pages, its completion."""

import json
import os
import pathlib
import re
import subprocess

from program import PROGRAM, ProgramTest, tool
from served_site import Site

SERVER = str(PROGRAM) + "d"
COMMANDS = ["init", "serve", "config", "account set", "account list", "account remove", "token create", "token list",
            "token revoke", "point init", "point serve", "point token", "completion", "man"]
WORDS = list(dict.fromkeys(command.split()[0] for command in COMMANDS))


def server(*arguments, env=None, cwd=None):
    done = subprocess.run([SERVER, *map(str, arguments)], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, cwd=cwd)
    return done


class Configuration(ProgramTest):
    def setUp(self):
        super().setUp()
        self.site = Site(self.dir)
        self.site.init("--site-name", "Lab")
        self.toml = self.site.data / "site.toml"

    def config(self, env=None):
        done = server("config", "--data", self.site.data, "--json", env=env)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["exit_code"], done.returncode)
        return answer

    def setting(self, name, env=None):
        return next(s for s in self.config(env)["settings"] if s["name"] == name)

    def test_says_where_each_value_comes_from(self):
        self.assertEqual(self.setting("site.name"),
                         {"name": "site.name", "value": "Lab", "origin": "file", "where": "site.toml, line 4"})
        self.assertEqual(self.setting("logs.folder"),
                         {"name": "logs.folder", "value": str(self.site.data / "logs"), "origin": "default", "where": ""})
        self.assertEqual(self.setting("http.listen", {"WIMWRIGHTD_HTTP_LISTEN": "[::1]:9"}),
                         {"name": "http.listen", "value": "[::1]:9", "origin": "environment",
                          "where": "WIMWRIGHTD_HTTP_LISTEN"})

    def test_the_table_has_a_line_for_every_setting(self):
        lines = server("config", "--data", self.site.data).stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines], [s["name"] for s in self.config()["settings"]])

    def test_the_document_lists_every_key_with_its_default(self):
        text = (pathlib.Path(__file__).parent.parent / "docs" / "configuration.md").read_text()
        listed = {key: value.strip("` ") for key, value in re.findall(r"(?m)^\| `([a-z_.]+)` \|([^|]*)\|", text)}
        page = subprocess.run([SERVER, "man", "--output-dir", self.dir / "man"], check=True)
        page = (self.dir / "man/man5/site.toml.5").read_text().split(".SH KEYS")[1].split(".SH EXAMPLE")[0]
        defined = {}
        for part in page.split(".TP\n.B ")[1:]:
            fallback = re.search(r"(?m)^Default: (.*)$", part)
            required = "There is no default." in part
            defined[part.split("\n")[0]] = "required" if required else fallback[1].replace("DIR/", "{data}/") if fallback else ""
        self.assertEqual(listed, defined)
        self.assertEqual(list(listed), [s["name"] for s in self.config()["settings"]])

    def test_the_password_of_the_database_is_not_shown(self):
        for url in ["postgresql://wim:se:cret@db/x", "postgresql://db/x?user=wim&password=se:cret"]:
            with self.subTest(url):
                shown = self.setting("database.url", {"WIMWRIGHTD_DATABASE_URL": url})["value"]
                self.assertEqual(shown, url.replace("se:cret", "***"))

    def refused(self, text, *words):
        before = self.toml.read_text()
        self.toml.write_text(text(before))
        try:
            for command in (["config"], ["serve", "--listen", "127.0.0.1:0"]):
                done = server(*command, "--data", self.site.data)
                self.assertEqual(done.returncode, 1, done.stderr)
                for word in words:
                    self.assertIn(word, done.stderr)
            answer = self.config()
            self.assertEqual((answer["result"], answer["error"]["code"]), ("failed", "WW_E_USAGE"))
        finally:
            self.toml.write_text(before)

    def test_an_unknown_key_is_an_error_that_names_the_nearest(self):
        self.refused(lambda t: t.replace("listen =", "lisen ="), "unknown key http.lisen; the nearest is http.listen", "line 12")
        self.refused(lambda t: "listen = 'x'\n" + t, "unknown key listen; the nearest is http.listen", "line 1")
        self.refused(lambda t: t + "[acounts]\ndomain = 'x'\n", "unknown key acounts.domain; the nearest is accounts.domain")
        self.refused(lambda t: t + "[zzz]\n", "unknown key zzz")

    def test_values_of_the_wrong_kind_are_errors(self):
        self.refused(lambda t: t.replace("number = 1", "number = '1'"), "site.number is a number")
        self.refused(lambda t: t.replace("number = 1", "number = 128"), "from 1 to 127", "line 6")
        self.refused(lambda t: t.replace('name = "Lab"', "name = 3"), "site.name is a text in quotes")
        self.refused(lambda t: t.replace('code = "LAB"', 'code = "LABOR"'), "no site code")
        self.refused(lambda t: t.replace('code = "LAB"\n', ""), "site.code is missing")

    def test_what_is_no_toml_is_told_with_its_line(self):
        self.toml.write_text(self.toml.read_text() + "\nnumber = = 3\n")
        done = server("config", "--data", self.site.data)
        self.assertEqual(done.returncode, 2)
        self.assertIn("site.toml, line 18", done.stderr)

    def test_logs_and_certificate_may_be_elsewhere(self):
        logs, tls = self.dir / "log", self.dir / "tls"
        (self.site.data / "tls").rename(tls)
        self.toml.write_text(self.toml.read_text().replace(
            "[http]", f'[logs]\nfolder = "{logs}"\n\n[http]\ncertificate = "../tls/cert.pem"\nkey = "{tls}/key.pem"'))
        self.site.ca = tls / "cert.pem"
        self.site.start()
        self.addCleanup(self.site.kill)
        self.assertEqual(len(self.site.list("SMS_Site")), 1)
        self.assertTrue((logs / "SMSProv.log").exists())


class Accounts(ProgramTest):
    """On the machine itself, beside the running server."""

    def setUp(self):
        super().setUp()
        self.site = Site(self.dir)
        self.site.init()
        self.site.start()
        self.addCleanup(self.site.kill)

    def command(self, *words, code=0):
        done = server(*words, "--data", self.site.data)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def status(self, user, password):
        return self.site.ask("GET", "SMS_Site", user=user, password=password).status

    def bearer(self, token):
        return self.site.ask("GET", "SMS_Site", user=None, headers={"Authorization": f"Bearer {token}"}).status

    def test_an_account_may_sign_in_and_do_nothing_until_it_has_a_role(self):
        made = self.command("account", "set", "anna")
        self.assertIn("account: srv\\anna\n", made)
        password = re.search(r"password: (\S+)", made)[1]
        self.assertEqual(self.status("anna", password), 403)
        self.assertEqual(self.status("anna", "something else"), 401)
        self.command("account", "set", "boss", "--full-administrator", "--password-file", self.site.password_file)
        self.assertEqual(self.status("boss", "correct horse battery"), 200)
        self.assertEqual(self.command("account", "list").split(), ["srv\\admin", "srv\\anna", "srv\\boss"])

    def test_a_removed_account_is_gone_with_its_tokens(self):
        self.command("account", "set", "boss", "--full-administrator")
        token = self.command("token", "create", "boss", "--label", "nightly", "--days", "3").strip()
        self.assertEqual(self.bearer(token), 200)
        self.command("account", "remove", "boss")
        self.assertEqual(self.bearer(token), 401)
        self.command("account", "remove", "boss", code=2)

    def test_tokens_are_listed_without_themselves_and_revoked(self):
        token = self.command("token", "create", "admin", "--label", "nightly").strip()
        self.assertEqual(self.bearer(token), 200)
        listed = self.command("token", "list", "admin")
        self.assertRegex(listed, r"(?m)^\d{4}-\S+Z  \d{4}-\S+Z  nightly$")
        self.assertNotIn(token, listed)
        self.command("token", "create", "admin", "--label", "nightly", code=5)
        self.command("token", "create", "nobody", "--label", "x", code=2)
        self.command("token", "revoke", "admin", "--label", "nightly")
        self.assertEqual(self.bearer(token), 401)

    def test_names_of_other_domains_are_no_accounts(self):
        for name in ["EXAMPLE\\anna", "a b", "a:b", ""]:
            self.command("account", "set", name, code=1)


class Usage(ProgramTest):
    def test_unknown_words_name_the_nearest(self):
        for words, said in [(["confg"], "unknown command confg; the nearest is config"),
                            (["serve", "--dta", "x"], "unknown option --dta; the nearest is --data"),
                            ([], "a command is missing: init, serve")]:
            with self.subTest(words):
                done = server(*words)
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr)

    def test_help_and_version(self):
        self.assertRegex(server("--version").stdout, r"^wimwrightd \d+\.\d+\.\d+\n$")
        for command in COMMANDS:
            self.assertIn(f"Examples:\n  wimwrightd {command}", server(*command.split(), "--help").stdout)


class Documents(ProgramTest):
    def test_manual_pages(self):
        self.assertEqual(server("man", "--output-dir", self.dir).returncode, 0)
        pages = {path.name for path in self.dir.glob("man*/*")}
        self.assertEqual(pages, {"wimwrightd.8", "site.toml.5"} | {f"wimwrightd-{c.replace(' ', '-')}.8" for c in COMMANDS})
        page = (self.dir / "man5" / "site.toml.5").read_text()
        for key in ["site.code", "database.url", "http.listen", "WIMWRIGHTD_HTTP_LISTEN"]:
            self.assertIn(key, page)

    def test_manual_pages_are_sound_roff(self):
        tool("man")
        server("man", "--output-dir", self.dir)
        for page in sorted(self.dir.glob("man*/*")):
            with self.subTest(page.name):
                done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page)],
                                      capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_bash_completion(self):
        def complete(*words):
            script = (f'source <("{SERVER}" completion bash); COMP_WORDS=({" ".join(words)} ""); '
                      f'COMP_CWORD={len(words)}; _wimwrightd; printf "%s\\n" "${{COMPREPLY[@]}}"')
            return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True,
                                  cwd=self.dir).stdout.split()
        self.assertEqual([w for w in complete("wimwrightd") if not w.startswith("-")], WORDS)
        self.assertIn("--plain-http", complete("wimwrightd", "serve"))
        self.assertIn("fish", complete("wimwrightd", "completion"))
