"""What watching costs the server: consoles (CONSOLES, 200) that listen while images are serviced (RUNS, 40).

The runs are rows that this program changes once a second in the site's database, as forty workers would: the share of one
processor that the server uses is then the stream's alone. Measured over SECONDS (20), against the same without listeners."""

import base64
import os
import pathlib
import selectors
import socket
import sqlite3
import ssl
import sys
import threading
import time

from bench_engine import gate
from bench_update import say

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

CONSOLES, RUNS, SECONDS = (int(os.environ.get(name, value)) for name, value in
                           (("CONSOLES", "200"), ("RUNS", "40"), ("SECONDS", "20")))
TICKS = os.sysconf("SC_CLK_TCK")
AT_ONE_ADDRESS = 100  # below the server's limit on connections of one address


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Workers:
    """Writes what forty workers would write."""

    def __init__(self, site, images):
        self.database = sqlite3.connect(site.data / "site.db", timeout=30)
        names = [row[1] for row in self.database.execute("PRAGMA table_info(Own_ServicingRun)")]
        for number in range(RUNS):
            values = {"RunID": 1000 + number, "ImagePackageID": images[number % len(images)], "State": "Applying",
                      "Phase": "payload", "PhaseNumber": 2, "PhaseCount": 6, "BytesDone": 0, "BytesTotal": 10**10,
                      "Server": "bench"}
            known = {name: value for name, value in values.items() if name in names}
            self.database.execute(f"INSERT INTO Own_ServicingRun ({','.join(known)}) VALUES ({','.join('?' * len(known))})",
                                  list(known.values()))
        self.database.commit()

    def beat(self):
        self.database.execute("UPDATE Own_ServicingRun SET BytesDone = BytesDone + 20000000 WHERE RunID >= 1000")
        self.database.commit()

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.beat()
            time.sleep(1)


def listen(site, number, password):
    host, port = site.server.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=str(site.ca))
    context.check_hostname = False
    plain = socket.create_connection((host, int(port)), source_address=(f"127.0.0.{2 + number // AT_ONE_ADDRESS}", 0))
    stream = context.wrap_socket(plain)
    pair = base64.b64encode(f"admin:{password}".encode()).decode()
    stream.sendall(f"GET /events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {pair}\r\n\r\n".encode())
    return stream


def drain(streams, counts, stop):
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            stream.setblocking(False)
            selector.register(stream, selectors.EVENT_READ)
        while not stop.is_set():
            for key, _ in selector.select(0.2):
                try:
                    counts[0] += len(key.fileobj.recv(1 << 16))
                except (ssl.SSLWantReadError, BlockingIOError):
                    pass


def measure(site, workers):
    before, begun = processor_seconds(site.process.pid), time.monotonic()
    workers.run(SECONDS)
    return 100 * (processor_seconds(site.process.pid) - before) / (time.monotonic() - begun)


def events(given):
    os.environ["WIMWRIGHT"] = str(given.program)
    from served_site import PASSWORD, Site  # pylint: disable=import-outside-toplevel
    with Site() as site:
        images = [site.add_image(f"Image {number}") for number in range(4)]
        for image in images:
            site.settled(image)
        workers = Workers(site, images)
        workers.run(3)
        alone = measure(site, workers)
        streams = [listen(site, number, PASSWORD) for number in range(CONSOLES)]
        counts, stop = [0], threading.Event()
        thread = threading.Thread(target=drain, args=(streams, counts, stop))
        thread.start()
        workers.run(3)
        counts[0] = 0
        watched = measure(site, workers)
        stop.set()
        thread.join()
    row = {"listeners": CONSOLES, "runs": RUNS, "alone_percent": round(alone, 1), "watched_percent": round(watched, 1),
           "stream_percent": round(watched - alone, 1), "sent_kB_per_s": round(counts[0] / SECONDS / 1000)}
    say(f"\n{CONSOLES} listeners, {RUNS} runs that move once a second: server {row['alone_percent']} % of a processor without, "
        f"{row['watched_percent']} % with them; {row['sent_kB_per_s']} kB/s sent")
    return {"rows": [row], "gates": [gate("processor of the stream in percent", row["stream_percent"], 5)]}
