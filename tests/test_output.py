"""Where text goes: stdout, stderr, the log; progress without a terminal and on one."""

import json
import os
import pathlib
import pty
import re
import resource
import subprocess
import unittest

from program import PROGRAM, ProgramTest, case, installs, paths, run, sha256


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

    def test_names_do_not_move_a_terminals_cursor(self):
        evil = self.dir / "a\x1b[2J\u202eb.msu"
        evil.write_bytes(b"no update")
        for terminal in (True, False):
            outer, inner = pty.openpty()
            stderr = inner if terminal else subprocess.PIPE
            done = subprocess.run([str(PROGRAM), "update", "show", str(evil)], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=stderr, check=False)
            os.close(inner)
            shown = b"" if terminal else done.stderr
            while terminal:
                try:
                    piece = os.read(outer, 65536)
                except OSError:  # nobody writes any more
                    break
                if not piece:
                    break
                shown += piece
            os.close(outer)
            self.assertEqual(done.returncode, 5)
            self.assertEqual(b"a\\x1b[2J\\u202eb.msu" in shown, terminal, shown)
            self.assertEqual("a\x1b[2J\u202eb.msu".encode() in shown, not terminal, shown)

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


class BrokenStreams(ProgramTest):
    """Standard streams that are closed, full, or that nobody reads."""

    def setUp(self):
        super().setUp()
        image, self.updates = paths(case(installs))
        self.image = self.copy(image)
        self.before = sha256(self.image)

    def apply(self, *more, **options):
        return run("apply", self.image, "--update", *self.updates, "--in-place", *more, **options)

    def alone(self):
        self.assertEqual([p.name for p in self.dir.iterdir()], [self.image.name])

    def abandoned(self):
        reading, writing = os.pipe()
        os.close(reading)
        self.addCleanup(os.close, writing)
        return writing

    def full(self):
        if not pathlib.Path("/dev/full").exists():
            raise unittest.SkipTest("there is no /dev/full")
        file = open("/dev/full", "w", encoding="ascii")
        self.addCleanup(file.close)
        return file

    def test_a_closed_stderr_is_nobody_elses_file(self):
        """The first file that is opened would get its number, and the progress."""
        log = self.dir / "log"
        done = self.apply("--log-file", log, "--log-format", "json", stderr=None, preexec_fn=lambda: os.close(2))
        self.assertEqual(done.code, 0)
        for line in log.read_text().splitlines():
            json.loads(line)
        log.unlink()
        self.check(run("image", "verify", self.image), 0)

    def test_a_closed_stdout_is_nobody_elses_file(self):
        log = self.dir / "log"
        done = run("image", "info", self.image, "--log-file", log, stdout=None, preexec_fn=lambda: os.close(1))
        self.assertEqual(done.code, 2)
        self.assertNotIn("compression", log.read_text())

    def test_a_report_that_cannot_be_written_stops_the_job_before_it_begins(self):
        done = self.apply("--json", stdout=None, preexec_fn=lambda: os.close(1))
        self.assertEqual(done.code, 2)
        self.assertEqual(sha256(self.image), self.before)
        self.assertIn("WW_E_IO", done.err)

    def test_without_stdin_stdout_and_stderr_a_job_is_done(self):
        def close():
            os.closerange(0, 3)

        self.assertEqual(self.apply(stdin=None, stdout=None, stderr=None, preexec_fn=close).code, 0)
        self.check(run("image", "verify", self.image), 0)

    def test_a_job_that_was_done_does_not_end_with_the_code_of_one_that_changed_nothing(self):
        for stdout in (self.full(), self.abandoned()):
            done = self.apply("--json", stdout=stdout)
            self.assertEqual(done.code, 0, done.err)
            self.assertNotEqual(sha256(self.image), self.before)
            self.assertIn("done, but the result could not be written", done.err)

    def test_a_job_whose_progress_nobody_reads_goes_on(self):
        done = self.apply("--json", stderr=self.abandoned())
        self.assertEqual(done.code, 0)
        self.assertEqual(done.json()["result"], "succeeded")
        self.alone()

    def test_data_that_nobody_reads_is_no_failure_of_ours(self):
        for arguments in (["image", "info", self.image], ["--help"], ["man"]):
            done = run(*arguments, stdout=self.abandoned())
            self.assertEqual((done.code, done.err), (141, ""), arguments)

    def test_data_that_cannot_be_written_is_a_failure(self):
        done = run("image", "info", self.image, stdout=self.full())
        self.assertEqual(done.code, 2)
        self.assertTellsTheStory(done)
        self.assertEqual(run("--version", stdout=self.full()).code, 2)

    def test_a_limit_on_the_size_of_files_is_a_full_disk(self):
        limit = self.image.stat().st_size + 1000
        for target in ("--in-place", "--output"):
            arguments = ["--output", self.dir / "out.wim"] if target == "--output" else [target]
            done = run("apply", self.image, "--update", *self.updates, *arguments, "--json",
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            self.check(done, 7)
            self.assertEqual(sha256(self.image), self.before)
            self.alone()
