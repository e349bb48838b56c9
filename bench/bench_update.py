"""One large update into one index: wimwright apply against wimlib-imagex update and libwim."""

import json
import os
import pathlib
import shutil
import subprocess

from measure import measure, summary, warm

GATE_RATIO = 0.30
GATE_PEAK_MB = 128
LEVEL = 4  # wimwright's default

HERE = pathlib.Path(__file__).resolve().parent


def say(text):
    print(text, flush=True)


def call(*command, **options):
    subprocess.run([str(word) for word in command], check=True, **options)


def answer(program, *words):
    done = subprocess.run([str(program), *map(str, words), "--json", "--quiet"], check=True, capture_output=True,
                          text=True)
    return json.loads(done.stdout)


def make_lab(given):
    """The large lab, kept between runs. A run that was interrupted is not mistaken for a lab."""
    lab = given.data / given.preset
    if not (lab / "lab.json").exists():
        shutil.rmtree(lab, ignore_errors=True)
        given.data.mkdir(parents=True, exist_ok=True)
        say(f"making the {given.preset} lab (once)")
        call(given.program, "lab", "create", lab, "--preset", given.preset)
    return lab


def choose(lab):
    """The case with the most bytes of updates that are all installed."""
    def size(case):
        return sum((lab / "updates" / u).stat().st_size for u in case["updates"])
    cases = [c for c in json.loads((lab / "lab.json").read_text())["cases"]
             if c["exit_code"] == 0 and c["updates"]
             and all(c["decisions"].get(u, {}).get("decision") == "install" for u in c["updates"])]
    return max(cases, key=size)


def stage(given, image, index, result):
    """What the peer is given: every file that the update adds or changes, ready on disk."""
    tree = given.data / "stage"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    diff = answer(given.program, "image", "diff", image, result, "--index", index)["indexes"][0]
    files = [f for kind in ("added", "changed") for f in diff["files"][kind] if f["type"] == "file"]
    names = given.data / "stage.txt"
    names.write_text("".join(f["path"] + "\n" for f in files))
    call("wimlib-imagex", "extract", result, index, f"@{names}", f"--dest-dir={tree}", "--preserve-dir-structure",
         "--no-acls", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen, size = set(), 0
    for path in tree.rglob("*"):
        status = path.lstat()
        if path.is_file() and status.st_ino not in seen:
            seen.add(status.st_ino)
            size += status.st_size
    hives = [f["path"] for f in files if "\\config\\" in f["path"].lower()]
    for path in tree.rglob("*"):
        if path.is_file():
            warm(path)
    return tree, {"entries": len(files), "files": len(seen), "mb": round(size / 1e6, 1), "hives": hives}


def fresh(image, target):
    """The peers change the file itself: each run gets a copy of its own, not counted."""
    target.unlink(missing_ok=True)
    call("cp", "--reflink=auto", image, target)
    call("sync", target)  # else the measured program competes with the write-back of its own input
    warm(target)
    return target


def ways_round(given, image, index, tree, work, log):
    """What people do who cannot append: once each, they take minutes."""
    fresh(image, work)
    rebuild = measure(["wimlib-imagex", "update", work, index, "--no-acls", "--rebuild", f"--command=add '{tree}' /"],
                      log=log)
    mount, captured = given.data / "applied", given.data / "captured.wim"
    shutil.rmtree(mount, ignore_errors=True)
    before = [measure(["wimlib-imagex", "apply", image, index, mount, "--no-acls"], log=log),
              measure(["cp", "-a", f"{tree}/.", mount], log=log)]
    rounds = {"update --rebuild": summary([rebuild])}
    for name, level in (("apply, change, capture (LZX 50)", "LZX"), ("apply, change, capture (LZX 20)", "LZX:20")):
        captured.unlink(missing_ok=True)
        steps = before + [measure(["wimlib-imagex", "capture", mount, captured, "one", f"--compress={level}", "--no-acls"],
                                  log=log)]
        rounds[name] = summary([type(rebuild)(sum(m.wall for m in steps), sum(m.cpu for m in steps),
                                              max(m.peak_bytes for m in steps))])
    shutil.rmtree(mount)
    captured.unlink()
    return rounds


def run(given):
    lab = make_lab(given)
    case = choose(lab)
    image, index = lab / "images" / case["image"], case["index"]
    updates = [lab / "updates" / u for u in case["updates"]]
    work, out = given.data / "peer.wim", given.data / "out.wim"
    log = given.out / "update.log"
    log.unlink(missing_ok=True)
    say(f"image {image.name}, {image.stat().st_size / 1e9:.2f} GB, index {index}; updates: "
        + ", ".join(f"{u.name} ({u.stat().st_size / 1e6:.0f} MB)" for u in updates))

    peer_program = given.data / "wimlib_peer"
    call("c++", "-O2", HERE / "wimlib_peer.cc", "-lwim", "-o", peer_program)
    out.unlink(missing_ok=True)
    call(given.program, "apply", image, "--index", index, "--update", *updates, "--output", out, "--quiet")
    tree, staged = stage(given, image, index, out)
    say(f"staged for the peer: {staged['mb']} MB in {staged['files']} files, {staged['entries']} names")
    for path in [image, *updates]:
        warm(path)

    ours, in_place, default, same_level = [], [], [], []
    sizes = {}
    for number in range(max(3, given.runs)):
        out.unlink(missing_ok=True)
        ours.append(measure([given.program, "apply", image, "--index", index, "--update", *updates,
                             "--output", out, "--quiet"], log=log))
        sizes["wimwright"] = out.stat().st_size - image.stat().st_size
        fresh(image, work)
        in_place.append(measure([given.program, "apply", work, "--index", index, "--update", *updates,
                                 "--in-place", "--quiet"], log=log))
        sizes["wimwright, in place"] = work.stat().st_size - image.stat().st_size
        fresh(image, work)
        default.append(measure(["wimlib-imagex", "update", work, index, "--no-acls", f"--command=add '{tree}' /"],
                               log=log))
        sizes["wimlib-imagex update"] = work.stat().st_size - image.stat().st_size
        fresh(image, work)
        same_level.append(measure([peer_program, work, index, tree, LEVEL, 0], log=log))
        sizes[f"libwim, level {LEVEL}"] = work.stat().st_size - image.stat().st_size
        say(f"run {number + 1}: wimwright {ours[-1].wall:.1f} s, in place {in_place[-1].wall:.1f} s, wimlib-imagex {default[-1].wall:.1f} s, "
            f"libwim level {LEVEL} {same_level[-1].wall:.1f} s")
    call("wimlib-imagex", "verify", out, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    others = ways_round(given, image, index, tree, work, log)
    return report(given, case, staged, image, sizes,
                  {"wimwright": summary(ours), "wimwright, in place": summary(in_place),
                   "wimlib-imagex update": summary(default), f"libwim, level {LEVEL}": summary(same_level)}, others,
                  [out, work, tree])


def report(given, case, staged, image, sizes, results, others, rubbish):
    ours, peer = results["wimwright"], results["wimlib-imagex update"]
    version = subprocess.run(["wimlib-imagex", "--version"], capture_output=True, text=True, check=True).stdout
    levels = {"wimlib-imagex update": "LZX 50 (default)"}  # the others have ours
    say(f"\n{'':<24} {'level':<18} {'wall':>8} {'ratio':>6} {'cpu':>8} {'peak':>9} {'appended':>10}")
    for name, r in results.items():
        r["appended_mb"] = round(sizes[name] / 1e6, 1)
        r["ratio"] = round(r["wall_s"] / peer["wall_s"], 3)
        say(f"{name:<24} {levels.get(name, f'LZX {LEVEL}'):<18} {r['wall_s']:>6.1f} s {r['ratio']:>6.2f} "
            f"{r['cpu_s']:>6.1f} s {r['peak_mb']:>6.1f} MB {r['appended_mb']:>7.1f} MB")
    for name, r in others.items():
        r["ratio_of_ours"] = round(ours["wall_s"] / r["wall_s"], 3)
        say(f"{name:<43} {r['wall_s']:>6.1f} s, once; ours is {r['ratio_of_ours']} of it")
    size = (image.stat().st_size + sizes["wimwright"]) / (image.stat().st_size + sizes["wimlib-imagex update"])
    say(f"size of our result: {size:.4f} of that of wimlib-imagex update")
    both = [ours, results["wimwright, in place"]]
    ratio, peak = max(r["ratio"] for r in both), max(r["peak_mb"] for r in both)
    gates = [
        {"what": f"wall, both ways, ratio to wimlib-imagex update at most {GATE_RATIO}", "value": ratio,
         "met": ratio <= GATE_RATIO},
        {"what": f"peak memory below {GATE_PEAK_MB} MB", "value": peak, "met": peak < GATE_PEAK_MB},
    ]
    for gate in gates:
        say(f"{'met' if gate['met'] else 'MISSED'}: {gate['what']} ({gate['value']})")
    for path in rubbish:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return {"case": case["name"], "image_mb": round(image.stat().st_size / 1e6, 1), "payload": staged,
            "threads": os.cpu_count(), "size_ratio": round(size, 5), "others": others, "peer_version": version.splitlines()[0], "results": results, "gates": gates}
