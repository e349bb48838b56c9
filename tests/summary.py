"""Sums up what the tests of one build did: ./dev test ends with this.

Reads the folder that `./dev test` fills: GoogleTest's XML per executable, ctest's JUnit file, and
the whole-program tests' JSON. The last line is "N passed, N failed".
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


class Sum:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = {}

    def skip(self, name, reason):
        self.skipped.setdefault(reason or "no reason given", []).append(name)


def read_gtest(path, total):
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            total.failed.append(name)
        elif case.get("result") == "skipped" or case.get("status") == "notrun":
            skipped = case.find("skipped")
            lines = (skipped.get("message") or "") if skipped is not None else "disabled"
            # GoogleTest puts file and line first.
            reason = [line for line in lines.splitlines() if line.strip()][-1:] or [""]
            total.skip(name, reason[0].strip())
        else:
            total.passed += 1


def read_ctest(path, total, detailed):
    """Tests without a GoogleTest report count as one: corpora, and programs that died."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = case.get("name")
        failed = case.get("status") == "fail"
        if failed and (name not in detailed or not total.failed):
            total.failed.append(f"{name} (the whole program)")
        elif name not in detailed and not failed:
            total.passed += 1


def read_programs(path, total):
    report = json.loads(path.read_text())
    total.passed += report["passed"]
    total.failed += report["failed"]
    for name, reason in report["skipped"]:
        total.skip(name, reason)


def main():
    folder = pathlib.Path(sys.argv[1])
    total = Sum()
    detailed = set()
    for path in sorted(folder.glob("*.xml")):
        detailed.add(path.stem)
        try:
            read_gtest(path, total)
        except ElementTree.ParseError:
            total.failed.append(f"{path.stem} (left no readable report)")
    if (folder / "ctest.junit").exists():
        read_ctest(folder / "ctest.junit", total, detailed)
    if (folder / "programs.json").exists():
        read_programs(folder / "programs.json", total)
    else:
        total.failed.append("the whole-program tests left no report")
    print("\n== summary")
    for reason, names in sorted(total.skipped.items()):
        print(f"skipped {len(names)}: {reason}")
    for name in total.failed:
        print(f"FAILED {name}")
    print(f"{total.passed} passed, {len(total.failed)} failed")
    return 1 if total.failed or total.passed == 0 else 0


sys.exit(main())
