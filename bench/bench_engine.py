"""What surrounds one update: a batch in one pass, a second image, verification, compaction."""

import shutil

from bench_update import call, choose, fresh, make_lab, say
from measure import measure, summary, warm


def runs_of(given):
    return range(max(3, given.runs))


def table(rows):
    """Rows of (name, summary); the last one is the reference."""
    reference = rows[-1][1]["wall_s"]
    say(f"\n{'':<34} {'wall':>8} {'spread':>15} {'ratio':>6} {'cpu':>8} {'peak':>9}")
    for name, r in rows:
        r["ratio"] = round(r["wall_s"] / reference, 3)
        spread = f"{min(r['wall_all_s']):.1f} to {max(r['wall_all_s']):.1f} s"
        say(f"{name:<34} {r['wall_s']:>6.2f} s {spread:>15} {r['ratio']:>6.2f} {r['cpu_s']:>6.1f} s {r['peak_mb']:>6.1f} MB")
    return {name: r for name, r in rows}


def gate(what, value, limit):
    met = value <= limit
    say(f"{'met' if met else 'MISSED'}: {what} at most {limit} ({value})")
    return {"what": f"{what} at most {limit}", "value": value, "met": met}


def clean(*paths):
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def batch(given):
    """All updates of the lab in one pass against one job for each, each on the result of the one before."""
    lab = make_lab(given)
    image = lab / "images" / choose(lab)["image"]
    updates = sorted(p for p in (lab / "updates").iterdir() if p.suffix in (".msu", ".cab"))
    work, log = given.data / "batch.wim", given.out / "batch.log"
    together, single = [], []
    for _ in runs_of(given):
        warm(image, *updates)
        fresh(image, work)
        together.append(measure([given.program, "apply", work, "--update", *updates, "--in-place", "--quiet"], log=log))
        fresh(image, work)
        each = [measure([given.program, "apply", work, "--update", update, "--in-place", "--quiet"], log=log)
                for update in updates]
        single.append(type(each[0])(sum(m.wall for m in each), sum(m.cpu for m in each),
                                    max(m.peak_bytes for m in each)))
    clean(work)
    name = f"{len(updates)} updates in one pass"
    results = table([(name, summary(together)), (f"{len(updates)} jobs, one after another", summary(single))])
    return {"updates": len(updates), "results": results,
            "gates": [gate("a batch, ratio to its jobs one after another", results[name]["ratio"], 0.35)]}


def cache(given):
    """One image with an empty cache, and the next one that wants the same payload."""
    lab = make_lab(given)
    case = choose(lab)
    image, index = lab / "images" / case["image"], case["index"]
    updates = [lab / "updates" / u for u in case["updates"]]
    work, folder, log = given.data / "cached.wim", given.data / "cache", given.out / "cache.log"
    plain, first, further = [], [], []
    job = [given.program, "apply", work, "--index", index, "--update", *updates, "--in-place", "--quiet"]
    for _ in runs_of(given):
        warm(image, *updates)
        clean(folder)
        for command, into in ((job, plain), (job + ["--cache", folder], first), (job + ["--cache", folder], further)):
            fresh(image, work)
            into.append(measure(command, log=log))
    clean(work, folder)
    results = table([("with its payload in the cache", summary(further)), ("filling the cache", summary(first)),
                     ("without a cache", summary(plain))])
    return {"results": results, "gates": [gate("filling the cache costs, ratio", results["filling the cache"]["ratio"], 1.15)]}


def verify(given):
    """Every blob of the file hashed, and the component store of every index tested, against wimverify."""
    lab = make_lab(given)
    image, log = lab / "images" / choose(lab)["image"], given.out / "verify.log"
    ours, content, peer = [], [], []
    for _ in runs_of(given):
        warm(image)
        content.append(measure([given.program, "image", "verify", image, "--content-only", "--quiet"], log=log))
        ours.append(measure([given.program, "image", "verify", image, "--quiet"], log=log))
        peer.append(measure(["wimlib-imagex", "verify", image], log=log))
    name = "image verify --content-only"
    results = table([(name, summary(content)), ("image verify, component stores too", summary(ours)),
                     ("wimlib-imagex verify", summary(peer))])
    return {"results": results, "gates": [gate("every blob hashed, ratio to wimlib-imagex verify", results[name]["ratio"], 0.55)]}


def compact(given):
    """Dead space of one in-place job given back, against wimlib-imagex optimize."""
    lab = make_lab(given)
    case = choose(lab)
    image, log = lab / "images" / case["image"], given.out / "compact.log"
    grown, work = given.data / "grown.wim", given.data / "compact.wim"
    fresh(image, grown)
    call(given.program, "apply", grown, "--index", case["index"], "--update",
         *(lab / "updates" / u for u in case["updates"]), "--in-place", "--quiet")
    ours, peer = [], []
    sizes = {"before": grown.stat().st_size}
    for _ in runs_of(given):
        warm(grown)
        fresh(grown, work)
        ours.append(measure([given.program, "image", "compact", work, "--in-place", "--quiet"], log=log))
        sizes["wimwright"] = work.stat().st_size
        fresh(grown, work)
        peer.append(measure(["wimlib-imagex", "optimize", work], log=log))
        sizes["wimlib-imagex"] = work.stat().st_size
    clean(grown, work)
    results = table([("wimwright image compact", summary(ours)), ("wimlib-imagex optimize", summary(peer))])
    say(f"bytes: {sizes}")
    return {"sizes": sizes, "results": results,
            "gates": [gate("compaction, ratio to wimlib-imagex optimize", results["wimwright image compact"]["ratio"], 1.1)]}
