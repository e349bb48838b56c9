"""The offline scan catalogue, as large as the real one, into a site: seconds and the server's memory."""

import os
import pathlib
import shutil
import sys
import time

from bench_engine import clean, gate
from bench_servicing import peak_of
from bench_update import call, say

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

ENTRIES = 136_000
NEXT = {"--date": "2024-07-09T18:00:00Z", "--withdrawn": 600, "--revised": 2000}


def catalogue(given, name, *options):
    path = given.data / name
    if not path.exists():
        say(f"making {name} (once)")
        call(given.program, "lab", "catalog", path.with_suffix(".part"), *options, "--quiet")
        path.with_suffix(".part").rename(path)
    return path


def catalog(given):
    os.environ["WIMWRIGHT"] = str(given.program)
    from served_site import Site  # after WIMWRIGHT is set
    given.data.mkdir(parents=True, exist_ok=True)
    first = catalogue(given, "scan-136000.cab", "--entries", ENTRIES)
    later = catalogue(given, "scan-136000-next.cab", "--entries", ENTRIES + 2000,
                      *[word for pair in NEXT.items() for word in pair])
    # The hardest reading of the number: as many updates that can be installed.
    most = catalogue(given, "scan-283500.cab", "--entries", 283_500)
    folder = given.data / "catalog"
    steps = [("first import", first), ("the same once more", first), ("the next edition", later)]
    rows = []
    say(f"\n{'':36} {'updates':>8} {'new':>8} {'expired':>8} {'wall':>9} {'peak':>9} {'database':>9}")
    for sequence in (steps, [("136,000 that can be installed", most)]):
        clean(folder)
        folder.mkdir(parents=True)
        with Site(folder) as site:
            idle = peak_of(site.process)
            for name, path in sequence:
                began = time.monotonic()
                done = site.post("WW_UpdateCatalog.ImportScanCatalog", {"Path": str(path)})
                row = {"name": name, "updates": done["Updates"], "new": done["Created"],
                       "expired": done["Expired"], "files": done["Files"], "relations": done["Relations"],
                       "wall_s": round(time.monotonic() - began, 2), "peak_mb": round(peak_of(site.process) / 1e6, 1),
                       "idle_mb": round(idle / 1e6, 1),
                       "database_mb": round(sum(f.stat().st_size for f in site.data.glob("*.db*")) / 1e6)}
                rows.append(row)
                say(f"{name:36} {row['updates']:>8} {row['new']:>8} {row['expired']:>8} {row['wall_s']:>7.2f} s "
                    f"{row['peak_mb']:>6.1f} MB {row['database_mb']:>6} MB")
    shutil.rmtree(folder)
    return {"rows": rows, "gates": [gate("first import, seconds", rows[0]["wall_s"], 60),
                                    gate("peak memory of the server, MB", max(r["peak_mb"] for r in rows[:3]), 200)]}
