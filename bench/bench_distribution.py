"""A new version of 1.7 GB with a tail of 190 MB goes to a distribution point, beside rsync; a point's downloads beside nginx."""

import datetime
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bench_engine import clean, gate, runs_of
from bench_update import call, say
from measure import measure, warm

BASE, TAIL = 1_700_000_000, 190_000_000
SMALL = 17  # for presets other than large: sizes divided by this
PIECE = 8 << 20
DOWNLOADS = 5
MODULE = "folder"


def random_bytes(file, count):
    while count > 0:
        file.write(os.urandom(min(count, PIECE)))
        count -= PIECE


def next_version(path, base, tail):
    """What servicing does to an image: some bytes of the header change, a tail follows."""
    with open(path, "r+b") as file:
        file.truncate(base)
        file.seek(base)
        random_bytes(file, tail)
        file.seek(24)  # the identity in a WIM's header
        file.write(os.urandom(16))
        file.flush()
        os.fsync(file.fileno())


class Daemon:
    """`rsync --daemon` over one folder, or nginx over another, on a free port of loopback."""

    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        for _ in range(100):
            if subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], check=False,
                              stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.05)
        raise SystemExit(f"bench: {command[0]} does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def free_port():
    import socket  # pylint: disable=import-outside-toplevel
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rsync_daemon(folder, work):
    port = free_port()
    (work / "rsyncd.conf").write_text(f"use chroot = no\n[{MODULE}]\npath = {folder}\nuid = {os.getuid()}\n"
                                      f"gid = {os.getgid()}\nread only = yes\n")
    return Daemon(["rsync", "--daemon", "--no-detach", f"--port={port}", f"--config={work}/rsyncd.conf"], port)


def served_site(given, work):
    """A site and an enrolled point, as the whole-program tests have them."""
    os.environ["WIMWRIGHT"] = str(given.program)
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
    from served_point import Point, run, serve_points  # pylint: disable=import-outside-toplevel
    from served_site import Site  # pylint: disable=import-outside-toplevel
    site = Site(work / "site")
    (work / "site").mkdir()
    site.init()
    serve_points(site)
    point = Point(site, "dp1.example.org")
    done = point.init(point.add())
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    point.token = run("point", "token", "--data", point.data).stdout.strip()
    point.start()
    return site, point


def moments(point, package, version):
    """Seconds from the point's hearing of the version to its being there, by the point's log."""
    stamp = re.compile(r"<(\d\d-\d\d-\d{4} \d\d:\d\d:\d\d\.\d{3})\+000>")
    heard = None
    for line in (point.data / "logs" / "smsdpprov.log").read_text().splitlines():
        found = stamp.search(line)
        at = found and datetime.datetime.strptime(found[1], "%m-%d-%Y %H:%M:%S.%f")
        if "the site assigns" in line:
            heard = at
        if line.startswith(f"{package} version {version}: "):
            return (at - heard).total_seconds()
    raise SystemExit("bench: the point's log does not say when it was done")


def send(given, base, tail, work):
    """Rows of ours and of rsync, in turns on the same bytes."""
    source, mirror = work / "source", work / "mirror"
    source.mkdir()
    file = source / "image.wim"
    site, point = served_site(given, work)
    # What follows the parts that the header names belongs to nobody: a small image with a large tail.
    call(given.program, "lab", "create", work / "lab", "--preset", "small", "--quiet")
    shutil.copy(min((work / "lab" / "images").glob("*.wim")), file)
    with open(file, "ab") as out:
        random_bytes(out, base - file.stat().st_size)
    daemon = rsync_daemon(source, work)
    try:
        package = site.post("SMS_ImagePackage", {"Name": "Large", "PkgSourceFlag": 2,
                                            "PkgSourcePath": str(file)})["PackageID"]
        site.run("dp", "distribute", package, "--to", point.name)
        point.wait(package, 1, seconds=600)
        for kind in ("default", "inplace"):
            shutil.copytree(source, mirror / kind)
        ours, wire, theirs = [], [], {"default": [], "inplace": []}
        for number in range(2, 2 + len(list(runs_of(given)))):
            next_version(file, base, tail)
            # As for rsync below: what both sides have is in the page cache.
            warm(file, *(one for one in (point.data / "content" / "FileLib").rglob("*") if one.is_file()))
            site.run("call", f'SMS_ImagePackage.PackageID="{package}"', "RefreshPkgSource")
            row = point.wait(package, number, seconds=600)
            ours.append(moments(point, package, number))
            wire.append(row["BytesSent"])
            for kind, runs in theirs.items():
                warm(file, mirror / kind / file.name)
                words = ["--inplace"] if kind == "inplace" else []
                runs.append(measure(["rsync", "-a", *words, f"rsync://127.0.0.1:{daemon.port}/{MODULE}/",
                                     f"{mirror / kind}/"]).wall)
                call("cmp", file, mirror / kind / file.name)
        downloads = download(point, package, work)
    finally:
        daemon.stop()
        point.kill()
        site.kill()
    row = {"base_mb": base / 1e6, "tail_mb": tail / 1e6, "ours_s": statistics.median(ours),
           "ours_all_s": ours, "wire_bytes": max(wire), "wire_ratio": round(max(wire) / tail, 4)}
    for kind, runs in theirs.items():
        row[f"rsync_{kind}_s"] = round(statistics.median(runs), 3)
        row[f"rsync_{kind}_all_s"] = [round(one, 3) for one in runs]
    say(f"\nsent {row['base_mb']:.0f} MB + {row['tail_mb']:.0f} MB: {row['ours_s']:.2f} s "
        f"({', '.join(f'{one:.2f}' for one in ours)}), "
        f"rsync {row['rsync_default_s']:.2f} s, --inplace {row['rsync_inplace_s']:.2f} s; "
        f"wire {row['wire_ratio']} of the tail")
    return row, downloads


NGINX = """daemon off; master_process off; worker_processes 1; error_log stderr crit; pid {work}/nginx.pid;
events {{ worker_connections 512; }}
http {{ access_log off; sendfile on; tcp_nopush on; ssl_session_cache off;
client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
server {{ listen 127.0.0.1:{port}; root {root}; }}
server {{ listen 127.0.0.1:{tls_port} ssl; ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem;
ssl_protocols TLSv1.2 TLSv1.3; root {root}; }} }}
"""


def speed(url, *words):
    done = subprocess.run(["curl", "-s", "-o", os.devnull, "-w", "%{http_code} %{speed_download}", *words, url],
                          capture_output=True, text=True, check=False)
    status, value = done.stdout.split()
    if status != "200":
        raise SystemExit(f"bench: {url}: {status}")
    return float(value)


def download(point, package, work):
    """The point's file from the point and from nginx, plain and with TLS, in turns."""
    if not shutil.which("nginx"):
        raise SystemExit("bench: nginx is not installed")
    library = point.data / "content" / "FileLib"
    digest = json.loads(point.ask(f"{package}/current")[2])["files"][0]["sha256"]
    stored = library / digest[:2] / digest
    port, tls_port = free_port(), free_port()
    conf = work / "nginx.conf"
    conf.write_text(NGINX.format(work=work, port=port, tls_port=tls_port, root=library, tls=point.data / "tls"))
    subprocess.run(["chmod", "a+rx", work, point.data, library.parent, library, stored.parent], check=False)
    nginx = Daemon(["nginx", "-c", str(conf)], port)
    rows = {}
    try:
        for kind in ("plain", "tls"):
            point.stop()
            start(point, ["--plain-http"] if kind == "plain" else [])
            path = f"{package}/current/image.wim"
            head = ["-H", f"Authorization: Bearer {point.token}"]
            ca = ["--cacert", str(point.data / "tls" / "cert.pem")]
            theirs_url = (f"http://127.0.0.1:{port}" if kind == "plain" else f"https://127.0.0.1:{tls_port}")
            warm(stored)
            ours, theirs = [], []
            for _ in range(DOWNLOADS):
                ours.append(speed(point.url + path, *head, *ca))
                theirs.append(speed(f"{theirs_url}/{stored.parent.name}/{stored.name}", *ca))
            ratio = statistics.median(a / b for a, b in zip(ours, theirs))
            rows[kind] = {"ours_mb_s": round(statistics.median(ours) / 1e6), "ratio": round(ratio, 3),
                          "nginx_mb_s": round(statistics.median(theirs) / 1e6)}
            say(f"download, {kind}: {rows[kind]['ours_mb_s']} MB/s, nginx {rows[kind]['nginx_mb_s']} MB/s, "
                f"ratio {rows[kind]['ratio']}")
    finally:
        nginx.stop()
    return rows


def start(point, words):
    """Point.start() expects TLS."""
    process = subprocess.Popen([os.environ["WIMWRIGHT"] + "d", "point", "serve", "--data", str(point.data), *words],
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    point.process, point.url = process, process.stdout.readline().strip()


def distribution(given):
    divisor = 1 if given.preset == "large" else SMALL
    given.data.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(dir=given.data, prefix="distribution-"))
    try:
        row, downloads = send(given, BASE // divisor, TAIL // divisor, work)
    finally:
        clean(work)
    return {"rows": [row], "downloads": downloads, "gates": [
        gate("bytes on the wire, of the appended ones", row["wire_ratio"], 1.02),
        gate("time, of rsync -a", round(row["ours_s"] / row["rsync_default_s"], 2), 0.5),
        gate("time of nginx's download in ours, plain", round(1 / downloads["plain"]["ratio"], 3), round(1 / 0.9, 3)),
        gate("time of nginx's download in ours, TLS", round(1 / downloads["tls"]["ratio"], 3), round(1 / 0.9, 3))]}
