"""A thousand images, ten servers on one PostgreSQL, one of them killed half-way: what the fleet costs beside the engine.

Images are the small lab's, so an image takes a fraction of a second: everything around the engine (queue, leases, progress,
history, messages, publishing) is asked a hundred times as often as in a fleet of real images."""

import hashlib
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

from bench_engine import clean, gate
from bench_update import call, say

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

IMAGES, SERVERS = int(os.environ.get("FLEET_IMAGES", "1000")), int(os.environ.get("FLEET_SERVERS", "10"))
LEASE_TIMEOUT = 10
IMAGE, UPDATE = "win10-1607-x86.wim", "windows10.0-kb9000102-x86.msu"
PATIENCE = 3600
TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pids):
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
        except OSError:
            pass
    return total / TICKS


def postmaster(cluster):
    return int((cluster.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])


def children(pid):
    return [int(one) for one in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def server(work, cluster, number):
    from served_site import Site  # after WIMWRIGHT is set
    folder = work / f"server-{number}"
    folder.mkdir()
    site = Site(folder)
    site.init("--database", cluster.url, "--content", work / "content", *([] if number == 0 else ["--join"]))
    with open(site.data / "site.toml", "a", encoding="utf-8") as settings:
        settings.write(f"\n[servicing]\nlease_timeout = {LEASE_TIMEOUT}\n")
    site.start()
    return site


def add_images(site, work, image):
    made = []
    for number in range(IMAGES):
        source = work / "sources" / f"{number}.wim"
        shutil.copyfile(image, source)
        made.append((site.post("SMS_ImagePackage", {"Name": f"image {number}", "PkgSourceFlag": 2,
                                                    "PkgSourcePath": str(source)})["PackageID"], source))
    for package, _ in made:
        site.settled(package)
    return made


def service(servers, cluster, made, update):
    """Seconds, processor seconds of servers and database, and what was taken over."""
    first = servers[0]
    schedule = first.post("SMS_ImageServicingSchedule", {"Action": 1})["ScheduleID"]
    for package, _ in made:
        first.post("SMS_ImageServicingScheduledImage", {"ImagePackageID": package, "ScheduleID": schedule})
    first.post("SMS_ImageServicingScheduledUpdate", {"ScheduleID": schedule, "UpdateID": update})
    pids = [one.process.pid for one in servers]
    database = postmaster(cluster)
    before = processor_seconds(pids), processor_seconds([database, *children(database)])
    began = time.monotonic()
    first.post("SMS_ImagePackage.RunOfflineServicingManager", {
        "PackageID": made[0][0], "ServerName": "srv", "SiteCode": "LAB", "PackageType": 257})
    rows, killed, waiting = f"ScheduleID eq {schedule}", False, 0
    while first.list("SMS_ImageServicingSchedule", rows)[0]["State"] not in (3, 4):
        time.sleep(0.5)
        if not killed:
            done = len(first.list("WW_ServicingRun", rows + " and State eq 'Succeeded'"))
            if done >= IMAGES // 2:
                waiting = processor_seconds([servers[-1].process.pid])
                servers[-1].kill()
                killed = True
        if time.monotonic() - began > PATIENCE:
            raise SystemExit("bench: the fleet does not come to an end")
    seconds = time.monotonic() - began
    pids.pop()
    spent = (processor_seconds(pids) + waiting - before[0],
             processor_seconds([database, *children(database)]) - before[1])
    return schedule, seconds, spent


def prove(first, schedule, made):
    """Every image once, whoever did it: version, build, and the source's bytes."""
    runs = first.list("WW_ServicingRun", f"ScheduleID eq {schedule}")
    states = {run["State"] for run in runs}
    if len(runs) != IMAGES or states != {"Succeeded"}:
        raise SystemExit(f"bench: {len(runs)} runs, {states}")
    versions = {(row["PackageID"], row["SourceVersion"]): row for row in first.list("WW_ImageVersion")}
    if len(versions) != 2 * IMAGES:
        raise SystemExit(f"bench: {len(versions)} versions of {IMAGES} images")
    end = time.monotonic() + 300
    for package, source in made:
        while digest(source) != versions[package, 2]["ContentID"]:
            if time.monotonic() > end:
                raise SystemExit(f"bench: the source of {package} is not its version 2")
            time.sleep(0.1)
    return {"again": sum(run["Attempt"] > 1 for run in runs), "servers": len({run["Server"] for run in runs})}


def reasons(servers):
    """Why runs were begun again, from the servers' logs."""
    found = []
    for one in servers:
        log = (one.data / "logs" / "OfflineServicingMgr.log").read_text(errors="replace")
        found += [line.split("~")[0] for line in log.splitlines() if re.search(r"Attempt \d+ of|dead server|taken over|interrupted", line)]
    return found


def engine_alone(given, work, lab):
    """Seconds of the bare engine for the same image and update, one after another."""
    output, log = work / "bare.wim", given.out / "fleet.log"
    times = 10
    began = time.monotonic()
    for _ in range(times):
        clean(output)
        with open(log, "ab") as out:
            call(given.program, "apply", lab / "images" / IMAGE, "--update", lab / "updates" / UPDATE, "--output", output,
                 "--quiet", stdout=out)
    return (time.monotonic() - began) / times


def fleet(given):
    os.environ["WIMWRIGHT"] = str(given.program)
    from postgresql import Cluster  # pylint: disable=import-outside-toplevel
    given.data.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(dir=given.data, prefix="fleet-"))
    servers = []
    try:
        lab = work / "lab"
        call(given.program, "lab", "create", lab, "--preset", "small", "--quiet")
        (work / "sources").mkdir()
        bare = engine_alone(given, work, lab)
        with Cluster() as cluster:
            servers = [server(work, cluster, number) for number in range(SERVERS)]
            update = servers[0].post("WW_UpdateCatalog.ImportContent", {"Path": str(lab / "updates" / UPDATE)})["CI_IDs"][0]
            made = add_images(servers[0], work, lab / "images" / IMAGE)
            schedule, seconds, (ours, database) = service(servers, cluster, made, update)
            proven = prove(servers[0], schedule, made)
            for line in reasons(servers):
                say("  " + line)
            for one in servers:
                one.kill()
    finally:
        for one in servers:
            one.kill()
        clean(work)
    row = {"images": IMAGES, "servers": SERVERS, "seconds": round(seconds, 1), "per_image_ms": round(1000 * seconds / IMAGES),
           "server_cpu_ms": round(1000 * ours / IMAGES), "database_cpu_ms": round(1000 * database / IMAGES),
           "engine_alone_ms": round(1000 * bare), "begun_again": proven["again"], "servers_with_runs": proven["servers"]}
    say(f"\n{IMAGES} images, {SERVERS} servers, one killed half-way: {seconds:.0f} s, {row['per_image_ms']} ms for an image; processor: servers "
        f"{row['server_cpu_ms']} ms, database {row['database_cpu_ms']} ms; the engine alone as a command {row['engine_alone_ms']} ms; "
        f"begun again {row['begun_again']}, serviced twice 0")
    return {"rows": [row], "gates": [gate("processor time of the servers for an image, of the bare engine's",
                                          round(row["server_cpu_ms"] / row["engine_alone_ms"], 2), 2.0)]}
