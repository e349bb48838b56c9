"""A distribution point of a served site: enrolled, served on a free port of loopback, asked, killed."""

import pathlib
import selectors
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import program

SERVER = str(program.PROGRAM) + "d"


def run(*arguments):
    return subprocess.run([SERVER, *map(str, arguments)], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=program.TIMEOUT)


class Point:
    """Of `site`, which listens for points: see serve_points()."""

    def __init__(self, site, name):
        self.site, self.name = site, name
        self.data = site.folder / name
        self.process = self.url = self.token = None

    def add(self):
        """Gives the server the role at the site. Answers the token for it."""
        done = self.site.run("dp", "add", self.name)
        if done.code != 0:
            raise AssertionError(done.err)
        return self.new_token()

    def new_token(self):
        return self.site.post("WW_DistributionPointEnrolment.CreateToken", {"Point": self.name})["Token"]

    def init(self, token):
        done = run("point", "init", "--data", self.data, "--site", self.site.points, "--token", token,
                   "--listen", "127.0.0.1:0")
        settings = self.data / "point.toml"
        if settings.exists():  # nobody downloads here what the site takes away
            settings.write_text(settings.read_text().replace("removal_grace = 60", "removal_grace = 0"))
        return done

    def start(self, *arguments):
        words = arguments or ("serve", "--data", self.data)
        with open(self.site.folder / f"{self.name}.stderr", "ab") as errors:
            self.process = subprocess.Popen([SERVER, *map(str, words)], stdout=subprocess.PIPE, stderr=errors,
                                            stdin=subprocess.DEVNULL, text=True)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(program.TIMEOUT):
                raise AssertionError("the point says no address")
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("https://"):
            raise AssertionError(f"the point does not run: {self.errors()}")

    def errors(self):
        return (self.site.folder / f"{self.name}.stderr").read_text(errors="replace")[-4000:]

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(60)
        finally:
            self.kill()

    def ask(self, path, headers=None, method="GET"):
        """Status, headers, body of what is below /content/."""
        fields = dict(headers or {})
        if self.token:
            fields.setdefault("Authorization", f"Bearer {self.token}")
        context = ssl.create_default_context(cafile=str(self.data / "tls" / "cert.pem"))
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context),
                                             urllib.request.ProxyHandler({}))
        try:
            with opener.open(urllib.request.Request(self.url + path, headers=fields, method=method),
                             timeout=program.TIMEOUT) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read()

    def progress(self, package):
        rows = self.site.list("WW_DistributionProgress", f"PackageID eq '{package}'")
        return next((row for row in rows if f"\\\\{self.name}\\" in row["ServerNALPath"]), None)

    def wait(self, package, version, state=3, seconds=120):
        """Until the site has heard that the point has that version."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            row = self.progress(package)
            if row and row["SourceVersion"] == version and row["State"] == state:
                return row
            time.sleep(0.1)
        log = pathlib.Path(self.data / "logs" / "smsdpprov.log")
        raise AssertionError(f"{self.name}: {self.progress(package)}\n"
                             f"{log.read_text()[-3000:] if log.exists() else ''}\n{self.errors()}")


def serve_points(site):
    """Starts the site with a listener for points. The second line that it prints says where."""
    listen = "127.0.0.1:" + (site.points.rsplit(":", 1)[1] if getattr(site, "points", None) else "0")
    site.extra = {**site.extra, "WIMWRIGHTD_DISTRIBUTION_LISTEN": listen}
    site.start()
    site.points = site.process.stdout.readline().strip().removeprefix("points: ")
