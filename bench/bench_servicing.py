"""What a site adds to the engine: the same update into the same image, by schedule and by the command."""

import os
import pathlib
import shutil
import sys
import time

from bench_engine import clean, gate, runs_of, table
from bench_update import choose, make_lab
from measure import Measured, measure, summary, warm

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))


def peak_of(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def wait(condition):
    while not condition():
        time.sleep(0.1)  # asking costs the server time


def servicing(given):
    os.environ["WIMWRIGHT"] = str(given.program)
    from served_site import Site  # after WIMWRIGHT is set
    lab = make_lab(given)
    case = choose(lab)
    image = lab / "images" / case["image"]
    updates = [lab / "updates" / update for update in case["updates"]]
    folder = given.data / "servicing"
    clean(folder)
    folder.mkdir(parents=True)
    output, log = given.data / "bare.wim", given.out / "servicing.log"
    bare, scheduled = [], []
    site = Site(folder)
    with site:
        ids = [site.post("WW_UpdateCatalog.ImportContent", {"Path": str(path)})["CI_IDs"][0] for path in updates]
        for number in runs_of(given):
            warm(image, *updates)
            clean(output)
            bare.append(measure([given.program, "apply", image, "--update", *updates, "--output", output, "--quiet"],
                                log=log))
            source = folder / f"source-{number}.wim"
            shutil.copyfile(image, source)
            time.sleep(0.1)  # nobody writes it any more
            package = site.post("SMS_ImagePackage", {"Name": f"image {number}", "PkgSourceFlag": 2,
                                                     "PkgSourcePath": str(source)})["PackageID"]
            site.settled(package)
            schedule = site.post("SMS_ImageServicingSchedule", {"Action": 1})["ScheduleID"]
            site.post("SMS_ImageServicingScheduledImage", {"ImagePackageID": package, "ScheduleID": schedule})
            for update in ids:
                site.post("SMS_ImageServicingScheduledUpdate", {"ScheduleID": schedule, "UpdateID": update})
            # As for the bare engine: the image and the updates are in the page cache.
            warm(*(one for one in (site.data / "content" / "FileLib").rglob("*") if one.is_file()))
            os.sync()  # what the copy of the source left to be written is not the run's
            began = time.monotonic()
            site.post("SMS_ImagePackage.RunOfflineServicingManager", {
                "PackageID": package, "ServerName": "srv", "SiteCode": "LAB", "PackageType": 257})
            rows = f"ScheduleID eq {schedule}"
            wait(lambda: site.list("SMS_ImageServicingSchedule", rows)[0]["State"] in (3, 4))
            seconds = time.monotonic() - began
            [run] = site.list("WW_ServicingRun", rows)
            if run["State"] != "Succeeded":
                raise SystemExit(f"bench: the run failed: {run['Reason']}")
            scheduled.append(Measured(seconds, 0.0, peak_of(site.process)))
            site.delete(f"SMS_ImageServicingSchedule({schedule})")
            site.delete(f"SMS_ImagePackage('{package}')")
            clean(source)
    clean(folder, output)
    results = table([("by schedule, published and put back", summary(scheduled)),
                     ("wimwright apply --output", summary(bare))])
    ratio = results["by schedule, published and put back"]["ratio"]
    return {"results": results, "gates": [gate("by schedule, ratio to the bare engine", ratio, 1.15)]}
