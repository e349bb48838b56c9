"""A site in a scratch folder: made, served on a free port of loopback, asked over HTTPS, stopped.

Not called site.py: the interpreter has loaded a module of that name before any test.
"""

import base64
import json
import os
import pathlib
import selectors
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import program

PASSWORD = "correct horse battery"
STOP_SECONDS = 60  # the server gives requests ten, sanitizers take their time


def quote(text):
    """A value or an option of an address."""
    return urllib.parse.quote(text, safe="")


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    def json(self):
        return json.loads(self.text)

    def values(self):
        return self.json()["value"]


class Site:
    """`with Site() as site:` is a running one; Site(folder) without `with` is only a name for it."""

    def __init__(self, folder=None, code="LAB"):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(dir=program.folder(), prefix="site-"))
        self.code = code
        self.data = self.folder / "data"
        self.password_file = self.folder / "password"
        self.ca = self.data / "tls" / "cert.pem"
        self.url = self.server = None
        self.process = None
        self.extra = {}  # of the server's environment

    def __enter__(self):
        self.init()
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    # The server.

    def init(self, *arguments):
        self.password_file.write_text(PASSWORD + "\n")
        done = program.run("site", "init", "--data", self.data, "--site-code", self.code,
                           "--admin-password-file", self.password_file,
                           "--server-name", "srv.example.org", *arguments)
        if done.code != 0:
            raise AssertionError(f"site init: {done.err}")
        return done

    def start(self, *arguments, listen="127.0.0.1:0"):
        errors = open(self.folder / "stderr", "ab")
        self.process = program.start("site", "serve", "--data", self.data, "--listen", listen,
                                     *arguments, stderr=errors, env={**os.environ, **self.extra})
        errors.close()
        line = self._first_line()
        if not line.startswith("https://"):
            code = self.process.wait(STOP_SECONDS)
            raise AssertionError(f"site serve ended with {code}: {self.errors()}")
        self.url = line.strip()
        self.server = self.url[: self.url.index("/AdminService")]
        self._context = ssl.create_default_context(cafile=str(self.ca))

    def _first_line(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(program.TIMEOUT):
                self.kill()
                raise AssertionError(f"site serve says no address: {self.errors()}")
        return self.process.stdout.readline()

    def errors(self):
        return (self.folder / "stderr").read_text(errors="replace")[-4000:]

    def stop(self, how=signal.SIGTERM):
        """The exit code."""
        self.process.send_signal(how)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.kill()

    def wait_for_log(self, name, text):
        """Lines of requests reach the files of a server within a moment, not at once."""
        until = time.monotonic() + STOP_SECONDS
        path = self.data / "logs" / name
        while text not in (found := path.read_text(errors="replace")):
            if time.monotonic() > until:
                raise AssertionError(f"{text!r} is not in {name}:\n{found[-4000:]}")
            time.sleep(0.02)

    def kill(self):
        """SIGKILL, as by a power switch; nothing when it does not run."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    # Its service.

    def ask(self, method, resource="", body=None, user="admin", password=PASSWORD, headers=None):
        """`resource` goes behind .../AdminService/wmi/, or is a path of its own when it begins with /."""
        fields = {"Accept": "application/json", **(headers or {})}
        if user is not None:
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            fields["Authorization"] = f"Basic {pair}"
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            fields.setdefault("Content-Type", "application/json")
        base = self.server if resource.startswith("/") else self.url
        request = urllib.request.Request(base + resource, data=data, headers=fields, method=method)
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self._context),
                                             urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=program.TIMEOUT) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as answer:
            with answer:
                return Answer(answer.code, answer.headers, answer.read().decode())

    def get(self, resource):
        return self._good("GET", resource).json()

    def list(self, cls, condition=None, **options):
        """Instances; options without their $: select=..., orderby=..."""
        query = {"filter": condition, **options} if condition else options
        text = "&".join(f"${name}={quote(str(value))}" for name, value in query.items())
        return self.get(cls + ("?" + text if text else ""))["value"]

    def post(self, resource, body):
        return self._good("POST", resource, body).json()

    def patch(self, resource, body):
        return self._good("PATCH", resource, body)

    def delete(self, resource):
        return self._good("DELETE", resource)

    def _good(self, method, resource, body=None):
        answer = self.ask(method, resource, body)
        if not 200 <= answer.status < 300:
            raise AssertionError(f"{method} {resource}: {answer.status} {answer.text[:2000]}")
        return answer

    # The commands, which get the connection as a user's shell would give it.

    def environment(self, **changes):
        values = {**os.environ, "XDG_CONFIG_HOME": str(self.folder / "config"),
                  "WIMWRIGHT_SERVER": self.server, "WIMWRIGHT_USER": "admin",
                  "WIMWRIGHT_PASSWORD_FILE": str(self.password_file), "WIMWRIGHT_CA": str(self.ca),
                  **changes}
        return {name: value for name, value in values.items() if value is not None}

    def run(self, *arguments, **changes):
        return program.run("site", *arguments, env=self.environment(**changes))

    def run_server(self, *arguments):
        """A command of the site server itself, on this site's folder, with the password of the tests."""
        server = program.PROGRAM.with_name("wimwrightd")
        return self.shell(server, *arguments, "--data", self.data, "--password-file", self.password_file)

    def shell(self, *arguments, **options):
        """Another program, as list of words."""
        return subprocess.run([str(word) for word in arguments], text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=program.TIMEOUT, check=False, **options)

    # What most tests need.

    def add_image(self, name, file="win10-1607-x86.wim"):
        # A copy: servicing puts the new image back to its source.
        source = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / file
        shutil.copy(program.lab() / "images" / file, source)
        return self.post("SMS_ImagePackage", {"Name": name, "PkgSourceFlag": 2,
                                              "PkgSourcePath": str(source)})["PackageID"]

    def settled(self, package):
        """Waits until the site has taken the package's source in."""
        end = time.monotonic() + program.TIMEOUT
        while time.monotonic() < end:
            one = self.list("SMS_ImagePackage", f"PackageID eq '{package}'")[0]
            if one["StoredPkgVersion"] == one["SourceVersion"]:
                return
            time.sleep(0.05)
        raise AssertionError(f"the source of {package} was not taken in: {self.errors()}")

    def add_updates(self, *files):
        """CI_IDs of updates of the lab."""
        paths = [program.lab() / "updates" / file for file in files]
        done = self.run("update", "import", *paths, "--json")
        if done.code != 0:
            raise AssertionError(f"site update import: {done.err}")
        return [update["CI_ID"] for update in done.json()["updates"]]

    def add_group(self, name, updates):
        return self.post("SMS_AuthorizationList", {
            "LocalizedInformation": [{"DisplayName": name, "Description": "", "LocaleID": 1033}],
            "Updates": updates})["CI_ID"]


class SiteTest(program.ProgramTest):
    """Tests that share one site; each uses names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.kill)
        cls.site.__enter__()
