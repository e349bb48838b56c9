"""The site server beside its peers: GET by key beside nginx with a file, a page beside sqlite3, long lists, tokens."""

import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import ssl
import statistics
import subprocess
import sys
import threading
import time

from bench_engine import clean, gate, runs_of
from bench_update import say

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

UPDATES = 100_000
PAGE = 100
SECONDS, CONNECTIONS, THREADS = 4, 16, 2
COLUMNS = ["CI_ID", "ArticleID", "BulletinID", "LocalizedDisplayName", "DatePosted", "Severity", "IsExpired", "IsSuperseded"]


def tool(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if path is None:
        raise SystemExit(f"bench: {name} is not installed: apt-get install --no-install-recommends wrk nginx-light")
    return path


def fill(database):
    """Rows as an import would leave them, without importing 100,000 updates."""
    with sqlite3.connect(database) as db:
        types = {row[1]: (row[2].upper(), row[3] or row[5]) for row in db.execute('PRAGMA table_info("SMS_SoftwareUpdate")')}
        empty = {name: 0 if kind != "TEXT" else "" for name, (kind, needed) in types.items() if needed}
        names = sorted({*COLUMNS, "CI_UniqueID", "LocalizedDescription", "LocalizedInformativeURL", *empty})
        rows = []
        for i in range(UPDATES):
            article = 4_000_000 + (i * 7919) % UPDATES
            row = empty | {
                "CI_ID": 16_777_300 + i, "ArticleID": str(article), "BulletinID": f"MS{i % 40:02}-{i % 90:03}",
                "CI_UniqueID": f"{i:08x}-0000-4000-8000-000000000000",
                "LocalizedDisplayName": f"{2015 + i % 11}-{i % 12 + 1:02} Cumulative Update for x64-based systems (KB{article})",
                "LocalizedDescription": "Install this update to resolve issues in Windows. " * 3,
                "LocalizedInformativeURL": f"https://support.example.org/help/{article}",
                "DatePosted": f"{2015 + i % 11}{i % 12 + 1:02}10180000.000000+***", "Severity": (0, 2, 6, 8, 10)[i % 5],
                "IsExpired": int(i % 17 == 0), "IsSuperseded": int(i % 3 == 0)}
            rows.append([row[name] for name in names])
        quoted = ", ".join(f'"{name}"' for name in names)
        db.executemany(f'INSERT INTO "SMS_SoftwareUpdate" ({quoted}) VALUES ({", ".join("?" * len(names))})', rows)
    db.close()


class Nginx:
    """The same bytes as a file, with the site's own certificate."""

    def __init__(self, folder, site, body, kind):
        self.folder = folder
        (folder / "www").mkdir(parents=True)
        (folder / "www" / "object").write_bytes(body)
        self.port = free_port()
        (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log {folder}/access.log combined buffer=64k flush=1s;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  sendfile on; tcp_nopush on; open_file_cache max=100; keepalive_requests 100000000; default_type "{kind}";
  server {{ listen 127.0.0.1:{self.port} ssl; root {folder}/www; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {site.data}/tls/cert.pem; ssl_certificate_key {site.data}/tls/key.pem; }}
}}""")
        for at in (folder, folder / "www"):
            at.chmod(0o755)

    def __enter__(self):
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([tool("nginx"), "-e", str(self.folder / "error.log"), "-c",
                                         str(self.folder / "nginx.conf"), *user],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while time.monotonic() < end and not (self.folder / "pid").exists():
            if self.process.poll() is not None:
                raise SystemExit("bench: nginx ended: " + (self.folder / "error.log").read_text())
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def load(url, *headers):
    """Requests in a second over kept-alive connections; every answer has to be 200."""
    words = [tool("wrk"), f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    for header in headers:
        words += ["-H", header]
    text = subprocess.run([*words, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"bench: {url}\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def memory(process, what="VmRSS"):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(what))


class Client:
    """One kept-alive connection."""

    def __init__(self, site, password):
        where = site.url.split("//")[1].split("/")[0]
        self.path = "/" + site.url.split("/", 3)[3].rstrip("/") + "/"
        self.connection = http.client.HTTPSConnection(where, context=ssl.create_default_context(cafile=str(site.ca)))
        self.field = "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()
        self.headers = {"Authorization": self.field}

    def get(self, resource):
        self.connection.request("GET", self.path + resource, headers=self.headers)
        answer = self.connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"bench: {resource}: {answer.status} {answer.read()[:500]}")
        return answer


def by_key(given, site, client, folder):
    key = site.post("SMS_ImagePackage", {"Name": "Windows 11 Enterprise", "PkgSourceFlag": 2,
                                         "PkgSourcePath": "\\\\server\\share\\install.wim"})["PackageID"]
    resource = f"SMS_ImagePackage('{key}')"
    answer = client.get(resource)
    body = answer.read()
    nginx = Nginx(folder / "nginx", site, body, answer.headers["Content-Type"])
    ours, peer = [], []
    with nginx:
        address = f"https://127.0.0.1:{nginx.port}/object"
        for _ in runs_of(given):
            peer.append(load(address))
            ours.append(load(site.url.rstrip("/") + "/" + resource, "Authorization: " + client.field))
    ratio = round(statistics.median(ours) / statistics.median(peer), 3)
    say(f"GET by key, {len(body)} bytes, {CONNECTIONS} connections: {statistics.median(ours):,.0f} /s, "
        f"nginx {statistics.median(peer):,.0f} /s, ratio {ratio}")
    return {"bytes": len(body), "ours_per_s": ours, "nginx_per_s": peer, "ratio": ratio}


def page(given, site, client):
    """A whole page over HTTPS beside the same SQL from this interpreter, which does nothing else with it."""
    from served_site import quote
    db = sqlite3.connect(f"file:{site.data}/site.db?mode=ro", uri=True)
    sql = (f"SELECT {', '.join(COLUMNS)} FROM SMS_SoftwareUpdate WHERE ArticleID COLLATE NOCASE > ? COLLATE NOCASE "
           f"ORDER BY ArticleID COLLATE NOCASE LIMIT {PAGE}")
    ours, peer = [], []
    for i in range(100 * len(runs_of(given))):
        article = str(4_000_000 + (i * 997) % (UPDATES - PAGE))
        options = {"$filter": f"ArticleID gt '{article}'", "$orderby": "ArticleID", "$top": PAGE, "$select": ",".join(COLUMNS)}
        resource = "SMS_SoftwareUpdate?" + "&".join(f"{name}={quote(str(value))}" for name, value in options.items())
        began = time.perf_counter()
        text = client.get(resource).read()
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        rows = db.execute(sql, [article]).fetchall()
        peer.append(time.perf_counter() - began)
        got = [one["ArticleID"] for one in json.loads(text)["value"]]
        if got != [row[1] for row in rows]:
            raise SystemExit(f"bench: another page from {article}")
    db.close()
    ms = [round(statistics.median(times) * 1000, 3) for times in (ours, peer)]
    say(f"a page of {PAGE} of {UPDATES:,} updates over HTTPS: {ms[0]} ms; the same SQL alone, in Python: {ms[1]} ms")
    return {"https_ms": ms[0], "sql_in_python_ms": ms[1]}


def stream(site, client):
    """Memory while everything is read once, in pieces that nobody keeps."""
    client.get("SMS_SoftwareUpdate?$top=5000").read()
    before = memory(site.process)
    most, done = [before], threading.Event()

    def watch():
        while not done.wait(0.02):
            most.append(memory(site.process))

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, size, rows, tail = time.monotonic(), 0, 0, b""
    answer = client.get("SMS_SoftwareUpdate")
    while piece := answer.read(1 << 20):
        size += len(piece)
        rows += (tail + piece).count(b'"CI_UniqueID":')
        tail = piece[-13:]
    took = time.monotonic() - began
    done.set()
    watcher.join()
    if rows != UPDATES:
        raise SystemExit(f"bench: {rows} updates came")
    out = {"rows": rows, "mb": round(size / 1e6, 1), "s": round(took, 2), "rss_before_mb": round(before / 1e6, 1),
           "rss_most_mb": round(max(most) / 1e6, 1), "rss_after_mb": round(memory(site.process) / 1e6, 1)}
    say(f"{rows:,} updates streamed: {out['mb']} MB in {took:.1f} s; memory {out['rss_before_mb']} MB before, "
        f"{out['rss_most_mb']} at most, {out['rss_after_mb']} after")
    return out


def module(given, name, pattern):
    """A module's own benchmark, which compares in turns."""
    path = given.program.parent / f"{name}_bench"
    if not path.exists():
        raise SystemExit(f"bench: {path} is missing: ./dev bench builds it")
    done = subprocess.run([path, f"--benchmark_filter={pattern}", "--benchmark_format=json"], capture_output=True, text=True,
                          check=True)
    return json.loads(done.stdout)["benchmarks"][-1]


def site(given):
    os.environ["WIMWRIGHT"] = str(given.program)
    from served_site import PASSWORD, Site
    tool("wrk"), tool("nginx")
    folder = given.data / "site"
    clean(folder)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    one = Site(folder)
    one.init()
    fill(one.data / "site.db")
    one.start()
    try:
        client = Client(one, PASSWORD)
        results = {"by_key": by_key(given, one, client, folder), "page": page(given, one, client), "stream": stream(one, client)}
        one.stop()
    finally:
        one.kill()
    clean(folder)
    ratio = round(module(given, "database", "PageRatio")["ratio"], 2)
    token = round(module(given, "schedule", "DecodeAndEncode")["real_time"], 1)
    say(f"page through the database module: {ratio} of sqlite3; token decoded and encoded: {token} ns")
    results |= {"page_ratio": ratio, "token_ns": token}
    grown = round(results["stream"]["rss_most_mb"] - results["stream"]["rss_before_mb"], 1)
    inverse = round(1 / results["by_key"]["ratio"], 2)
    return {"results": results, "gates": [
        gate("GET by key, time of a request as a multiple of nginx's", inverse, 2),
        gate("a page through the database module, multiple of sqlite3's time", ratio, 1.5),
        gate(f"memory that {UPDATES:,} streamed objects add, MB", grown, 16),
        gate("a token decoded and encoded, ns", token, 1000)]}
