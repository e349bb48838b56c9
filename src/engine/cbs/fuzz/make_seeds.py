"""Writes corpus/plan from the updates of a small lab: make_seeds.py LAB. Needs cabextract. dual_driver is written by hand."""

import pathlib
import subprocess
import sys
import tempfile

SEEDS = {"stack": "windows10.0-kb9000099-x86.msu", "parents": "windows10.0-kb9000110-x86.msu",
         "feature_off": "windows10.0-kb9000111-x86.msu", "prerequisite": "windows10.0-kb9000112-x86.msu",
         "task": "windows10.0-kb9000121-x86.msu", "license": "windows10.0-kb9000122-x86.msu",
         "driver": "windows10.0-kb9000123-x86.msu", "golden": "windows10.0-kb4343884-x86.cab",
         "cumulative": "windows10.0-kb9000102-x86.msu"}
CORPUS = pathlib.Path(__file__).resolve().parent / "corpus" / "plan"


def extract(cabinet, folder):
    subprocess.run(["cabextract", "-q", "-d", str(folder), str(cabinet)], check=True)
    inner = [path for path in folder.glob("*.cab") if path.name.lower() != "wsusscan.cab"]
    return extract(inner[0], folder / "inner") if inner else folder


def seed(folder, catalogues):
    out = []
    for path in sorted(folder.glob("*.mum"), key=lambda path: (path.name != "update.mum", path.name)):
        out.append((f"raw {path.name}" if catalogues else "mum", path))
    out += [(f"raw {path.name}" if catalogues else "manifest", path) for path in sorted(folder.glob("*.manifest"))]
    if catalogues:
        out += [(f"raw {path.name}", path) for path in sorted(folder.glob("*.cat"))]
    return b"\n".join(b"%%% " + line.encode() + b"\n" + path.read_bytes() for line, path in out)


for name, update in SEEDS.items():
    with tempfile.TemporaryDirectory() as scratch:
        package = extract(pathlib.Path(sys.argv[1]) / "updates" / update, pathlib.Path(scratch) / "outer")
        (CORPUS / name).write_bytes(seed(package, False))
        if name == "prerequisite":
            (CORPUS / "with_catalogue").write_bytes(seed(package, True))
