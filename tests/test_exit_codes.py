"""Every exit code that can be provoked from outside, and that nothing was changed by it."""

import os
import pathlib
import subprocess
import unittest

from program import Locked, ProgramTest, case, installs, lab, paths, run, sha256


class ExitCodes(ProgramTest):
    def setUp(self):
        super().setUp()
        self.case = case(installs)
        self.image, self.updates = paths(self.case)
        self.before = sha256(self.image)
        self.out = self.dir / "out.wim"

    def tearDown(self):
        self.assertEqual(sha256(self.image), self.before, "the input image was changed")
        super().tearDown()

    def apply(self, image=None, updates=None, output=None, *more):
        return run("apply", image or self.image, "--update", *(updates or self.updates), "--output",
                   output or self.out, "--json", *more)

    def expect(self, done, code, symbol):
        self.check(done, code)
        answer = done.json()
        self.assertEqual(answer["exit_code"], code)
        self.assertEqual(answer["error"]["code"], symbol)
        self.assertKeys(answer["error"], ["code", "hresult", "symbol", "message", "next_step"])
        self.assertRegex(answer["error"]["hresult"], r"^0x[0-9A-F]{8}$")
        self.assertTrue(answer["error"]["message"] and answer["error"]["next_step"])
        self.assertFalse(self.out.exists())
        self.assertTellsTheStory(done)
        self.assertIn("not changed", done.err)
        return answer

    def lab_case(self, code):
        return case(lambda c: c["exit_code"] == code)

    def run_case(self, found):
        image, updates = paths(found)
        return self.apply(image, updates, None, "--index", str(found["index"]))

    def test_0_done(self):
        self.check(self.apply(), 0)

    def test_1_usage(self):
        self.check(run("apply", self.image, "--update", *self.updates), 1)
        self.check(run("frobnicate"), 1)

    def test_2_the_image_is_missing(self):
        self.expect(self.apply(image=self.dir / "none.wim"), 2, "WW_E_NOT_FOUND")

    def test_2_the_image_is_no_wim(self):
        path = self.dir / "text.wim"
        path.write_text("not a WIM file, whatever its name says" * 20)
        self.expect(self.apply(image=path), 2, "WW_E_CORRUPT")

    def test_2_the_update_is_missing(self):
        self.expect(self.apply(updates=[self.dir / "none.msu"]), 2, "WW_E_NOT_FOUND")

    def test_2_the_index_is_missing(self):
        self.check(self.apply(None, None, None, "--index", "99"), 2)

    def test_1_the_output_folder_is_missing(self):
        missing = self.dir / "no" / "such" / "folder"
        done = self.apply(output=missing / "out.wim")
        self.check(done, 1)
        self.assertIn(str(missing), done.err)
        self.assertFalse((self.dir / "no").exists())

    def test_2_the_image_is_cut_short(self):
        path = self.copy(self.image)
        os.truncate(path, path.stat().st_size * 2 // 3)
        self.check(self.apply(image=path), 2)

    def test_3_nothing_applicable(self):
        found = self.lab_case(3)
        answer = self.expect(self.run_case(found), 3, "WW_E_NOT_APPLICABLE")
        self.assertEqual(answer["error"]["symbol"][:6], "CBS_E_")

    def test_4_prerequisite_missing(self):
        self.expect(self.run_case(self.lab_case(4)), 4, "WW_E_PREREQUISITE_MISSING")

    def test_5_unsupported_content(self):
        answer = self.expect(self.run_case(self.lab_case(5)), 5, "WW_E_UNSUPPORTED")
        self.assertEqual(answer["result"], "failed")

    def test_6_payload_that_is_not_what_its_manifest_says(self):
        self.expect(self.run_case(self.lab_case(6)), 6, "WW_E_VERIFICATION_FAILED")

    def test_7_not_enough_space(self):
        mounted = self.dir / "small"
        mounted.mkdir()
        size = max(64 << 10, self.image.stat().st_size // 2)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(mounted)],
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest("no small file system can be mounted here")
        try:
            answer = self.check(self.apply(output=mounted / "out.wim"), 7).json()
            self.assertEqual(answer["error"]["code"], "WW_E_NO_SPACE")
            self.assertEqual(list(mounted.iterdir()), [])
        finally:
            subprocess.run(["umount", str(mounted)], check=True)

    def test_8_somebody_else_writes_the_image(self):
        own = self.copy(self.image)
        with Locked(own):
            done = run("apply", own, "--update", *self.updates, "--in-place", "--json")
        self.expect(done, 8, "WW_E_BUSY")
        self.assertEqual(sha256(own), self.before)

    # 9: test_interruption.py. 10: test_jobs.py.

    def test_json_is_the_only_thing_on_stdout_when_it_fails(self):
        done = self.apply(image=self.dir / "none.wim")
        self.assertEqual(done.out.count("\n{"), 0)
        self.assertTrue(done.out.startswith("{") and done.out.endswith("}\n"))

    def test_stdout_that_is_full(self):
        if not pathlib.Path("/dev/full").exists():
            raise unittest.SkipTest("there is no /dev/full")
        with open("/dev/full", "w", encoding="ascii") as full:
            self.assertEqual(run("image", "info", self.image, stdout=full).code, 2)
