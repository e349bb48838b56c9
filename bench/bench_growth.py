"""What grows with what: images of 8, 30 and 100 per cent of the large one, payloads of 6, 60 and 600 MB."""

from bench_engine import clean, gate, runs_of
from bench_update import answer, call, choose, fresh, make_lab, say
from measure import measure, summary, warm

SHARES = (8, 30)
SMALL, MIDDLE, LARGE = (f"windows10.0-kb900040{number}-x64.msu" for number in (4, 3, 2))


def image_of(given, share, name):
    lab = given.data / f"{given.preset}-{share}"
    if not (lab / "lab.json").exists():
        clean(*([lab] if lab.exists() else []))
        say(f"making {share} per cent of the {given.preset} lab (once)")
        call(given.program, "lab", "create", lab, "--preset", given.preset, "--share", share, "--only", name)
    return lab / "images" / name


def growth(given):
    lab = make_lab(given)
    whole = lab / "images" / choose(lab)["image"]
    points = [(image_of(given, share, whole.name), SMALL) for share in SHARES]
    points += [(whole, update) for update in (SMALL, MIDDLE, LARGE)]
    work, log = given.data / "growth.wim", given.out / "growth.log"
    rows = []
    say(f"\n{'entries':>8} {'image':>9} {'payload':>9} {'wall':>8} {'cpu':>8} {'peak':>9} {'written':>9}")
    for image, update in points:
        runs, growths = [], []
        for _ in runs_of(given):
            warm(image, lab / "updates" / update)
            fresh(image, work)
            before = work.stat().st_size
            runs.append(measure([given.program, "apply", work, "--index", "1", "--update", lab / "updates" / update,
                                 "--in-place", "--quiet"], log=log))
            growths.append(work.stat().st_size - before)
        first = answer(given.program, "image", "info", image)["indexes"][0]
        row = summary(runs) | {"image": image.parent.parent.name, "update": update,
                               "entries": first["files"] + first["directories"],
                               "image_mb": round(image.stat().st_size / 1e6),
                               "payload_mb": {SMALL: 6, MIDDLE: 60, LARGE: 600}[update],
                               "written_mb": round(growths[-1] / 1e6, 1)}
        rows.append(row)
        say(f"{row['entries']:>8} {row['image_mb']:>6} MB {row['payload_mb']:>6} MB {row['wall_s']:>6.2f} s "
            f"{row['cpu_s']:>6.2f} s {row['peak_mb']:>6.1f} MB {row['written_mb']:>6.1f} MB")
    clean(work)
    small, big = rows[2], rows[-1]
    return {"rows": rows, "gates": [gate("peak memory, payload a hundred times as large, ratio",
                                         round(big["peak_mb"] / small["peak_mb"], 2), 1.5)]}
