#!/usr/bin/env python3
"""Does each source file compile without precompiled headers?

Precompiled headers hide a missing #include of a system header. This compiles files by the commands of
compile_commands.json, but without them and only as far as syntax. With --base REVISION: the files that
changed since, and those of the same module when a header of its own changed.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def changed_since(base):
    """Paths in the repository, or None when the revision is not here (a shallow clone)."""
    done = subprocess.run(["git", "diff", "--name-only", "--diff-filter=d", base, "--"],
                          cwd=ROOT, capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else None


def module_of(path):
    """src/site/cim/include/wimwright/cim/x.h -> src/site/cim"""
    parts = pathlib.PurePath(path).parts
    for at, part in enumerate(parts):
        if part in ("include", "tests", "fuzz", "bench"):
            return "/".join(parts[:at])
    return "/".join(parts[:-1])


def wanted(path, changed):
    if changed is None or path in changed:
        return True
    headers = {module_of(c) for c in changed if c.endswith(".h")}
    return module_of(path) in headers


def syntax_command(entry):
    command = re.sub(r" -Winvalid-pch\b", "", entry["command"])
    command = re.sub(r" -include \S+cmake_pch\S*", "", command)
    command = re.sub(r" -Xclang -include-pch -Xclang \S+", "", command)
    command = re.sub(r" -Xclang -include -Xclang \S+cmake_pch\S*", "", command)
    command = re.sub(r" -o \S+", "", command)
    return command.replace(" -c ", " -fsyntax-only ")


def check(entry):
    done = subprocess.run(syntax_command(entry), shell=True, cwd=entry["directory"],
                          capture_output=True, text=True,
                          env=dict(os.environ, CCACHE_DISABLE="1"))
    return entry["file"], done.returncode, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commands", type=pathlib.Path)
    parser.add_argument("--base", default="all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()

    changed = None
    if options.base != "all":
        changed = changed_since(options.base)
        if changed is None:
            print(f"{options.base} is not in this clone: nothing to compare with")
            return 0
    chosen = {}
    for entry in json.loads(options.commands.read_text()):
        path = os.path.relpath(entry["file"], ROOT)
        if not path.startswith(("src/", "apps/", "tests/", "cmake/")):
            continue  # made by the build
        if wanted(path, None if changed is None else set(changed)):
            chosen[path] = entry
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for path, code, errors in pool.map(check, chosen.values()):
            if code != 0:
                failed += 1
                print(f"{path}\n{errors}", file=sys.stderr)
    print(f"{len(chosen)} files compiled without precompiled headers, {failed} of them not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
