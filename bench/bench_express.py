"""A cumulative update of 28,000 files as differences: what looking at it and planning it costs, and carrying it out."""

import shutil

from bench_engine import clean, gate, runs_of, table
from bench_update import call, say
from measure import measure, summary, warm

IMAGE, UPDATE = "win11-24h2-x64-many.wim", "windows11.0-kb9000540-x64.msu"


def express(given):
    lab = given.data / "many"
    if not (lab / "lab.json").exists():
        shutil.rmtree(lab, ignore_errors=True)
        given.data.mkdir(parents=True, exist_ok=True)
        say("making the lab with many files (once)")
        call(given.program, "lab", "create", lab, "--preset", "many")
    image, update, log = lab / "images" / IMAGE, lab / "updates" / UPDATE, given.out / "express.log"
    out = given.data / "express.wim"
    commands = {"update show": ["update", "show", update], "plan": ["plan", image, "--update", update],
                "apply": ["apply", image, "--update", update, "--output", out]}
    results = {}
    for name, words in commands.items():
        runs = []
        for _ in runs_of(given):
            warm(image, update)
            clean(out)
            runs.append(measure([given.program, *words, "--quiet"], log=log))
        results[name] = summary(runs)
    clean(out)
    table(list(results.items()))
    gates = []
    for name in ("update show", "plan"):
        gates.append(gate(f"{name} of 28,000 files, seconds", round(results[name]["wall_s"], 2), 5))
        gates.append(gate(f"{name} of 28,000 files, megabytes", results[name]["peak_mb"], 256))
    return {"results": results, "gates": gates}
