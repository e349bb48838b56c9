"""Runs the whole-program tests: every tests/test_*.py, with the program that was built.

Standard library only. --report writes what tests/summary.py sums up.
"""

import argparse
import json
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Result(unittest.TextTestResult):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.passed = []
        self.started = 0.0

    def startTest(self, test):
        self.started = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        self.passed.append(test)
        super().addSuccess(test)

    def stopTest(self, test):
        seconds = time.monotonic() - self.started
        if seconds > 10:
            self.stream.writeln(f"    ({seconds:.0f} s)")
        super().stopTest(test)



def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", required=True, type=pathlib.Path)
    arguments.add_argument("--report", type=pathlib.Path)
    arguments.add_argument("--select", default="", help="only tests whose name contains this")
    given = arguments.parse_args()
    if not given.program.exists():
        sys.exit(f"there is no program {given.program}: ./dev build")
    os.environ["WIMWRIGHT"] = str(given.program.resolve())

    sys.path.insert(0, str(HERE))
    loader = unittest.TestLoader()
    if given.select:
        loader.testNamePatterns = [f"*{given.select}*"]
    suite = loader.discover(str(HERE), pattern="test_*.py")
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(suite)

    broken = [test.id() for test, _ in result.failures + result.errors]
    broken += [test.id() for test in result.unexpectedSuccesses]
    skipped = [(test.id(), reason) for test, reason in result.skipped]
    if given.report:
        given.report.write_text(
            json.dumps({"passed": len(result.passed), "failed": broken, "skipped": skipped}))
    print(f"{len(result.passed)} passed, {len(broken)} failed")
    return 1 if broken else 0


sys.exit(main())
