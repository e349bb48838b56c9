"""Where text goes: stdout, stderr, the log; progress without a terminal and on one."""

import json
import os
import pty
import re

from program import PROGRAM, ProgramTest, case, installs, paths, run


class Output(ProgramTest):
    def setUp(self):
        super().setUp()
        self.image, self.updates = paths(case(installs))
        self.out = self.dir / "out.wim"

    def apply(self, *more, **options):
        return run("apply", self.image, "--update", *self.updates, "--output", self.out, *more, **options)

    def test_progress_names_phases_in_order_without_a_terminal(self):
        done = self.check(self.apply(), 0)
        phases = [tuple(map(int, m)) for m in re.findall(r"(?m)^\[(\d+)/(\d+)\] \S", done.err)]
        self.assertGreater(len(phases), 1)
        self.assertEqual(phases, sorted(phases))
        self.assertEqual(len({count for _, count in phases}), 1)
        self.assertNotIn("\r", done.err)
        self.assertIn("elapsed", done.err)

    def test_quiet_says_nothing(self):
        done = self.check(self.apply("--quiet"), 0)
        self.assertEqual((done.out, done.err), ("", ""))

    def test_quiet_still_tells_failures(self):
        done = self.check(run("image", "info", self.dir / "none.wim", "--quiet"), 2)
        self.assertTellsTheStory(done)

    def test_json_with_progress_leaves_stdout_alone(self):
        json.loads(self.check(self.apply("--json"), 0).out)

    def test_one_changing_line_on_a_terminal(self):
        outer, inner = pty.openpty()
        pid = os.fork()
        if pid == 0:
            os.dup2(inner, 2)
            os.execv(str(PROGRAM), ["wimwright", "apply", str(self.image), "--update", *map(str, self.updates),
                                    "--output", str(self.out)])
        os.close(inner)
        text = b""
        while True:
            try:
                block = os.read(outer, 65536)
            except OSError:
                break
            if not block:
                break
            text += block
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, text)
        os.close(outer)
        self.assertIn(b"\r[1/", text)
        for line in text.decode().replace("\r\n", "\n").split("\n"):
            for shown in line.split("\r"):
                if shown.startswith("["):
                    self.assertLess(len(shown.rstrip()), 80, shown)

    def test_log_formats(self):
        for form, pattern in [
            ("text", r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, (Debug|Info|Warning|Error) +[A-Za-z]+ "),
            ("cmtrace", r"^<!\[LOG\[.*\]LOG\]!><time=\"\d\d:\d\d:\d\d\.\d{3}[+-]\d+\" date=\"\d\d-\d\d-\d{4}\" component="),
            ("json", r"^\{.*\}$"),
        ]:
            with self.subTest(form):
                log = self.dir / f"{form}.log"
                self.check(self.apply("--log-file", log, "--log-format", form, "--quiet"), 0)
                lines = log.read_text().splitlines()
                self.assertGreater(len(lines), 2)
                for line in lines:
                    self.assertRegex(line, pattern)
                self.assertIn("exit code 0", lines[-1])
                self.out.unlink()

    def test_a_log_that_cannot_be_opened_stops_the_command(self):
        done = self.check(self.apply("--log-file", self.dir / "no" / "folder" / "log"), 2)
        self.assertFalse(self.out.exists())
        self.assertTellsTheStory(done)

    def test_scratch_dir_is_left_empty(self):
        scratch = self.dir / "scratch"
        scratch.mkdir()
        self.check(self.apply("--scratch-dir", scratch), 0)
        self.assertEqual(list(scratch.iterdir()), [])
