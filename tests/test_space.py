"""`image rollback` and `image compact`, and the dead space that `image info` reports."""

import os
import shutil
import subprocess

from program import Locked, ProgramTest, case, installs, lab, paths, run, sha256, tool

IMAGE = "win10-1607-x86.wim"


def dead_bytes(path):
    return run("image", "info", path, "--json").json()["file"]["dead_bytes"]


class SpaceTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.image = self.copy(lab() / "images" / IMAGE)
        self.states = [sha256(self.image)]

    def apply(self, name):
        _, updates = paths(case(lambda c: c["name"] == name and c["image"] == IMAGE))
        self.check(run("apply", self.image, "--update", *updates, "--in-place"), 0)
        self.states.append(sha256(self.image))

    def apply_twice(self):
        self.apply("stack alone")
        self.apply("fix with a chain of parents")
        self.assertEqual(len(set(self.states)), 3)

    def by_referees(self, path):
        tool("wimlib-imagex")
        tool("7z")
        subprocess.run(["wimlib-imagex", "verify", str(path)], check=True, capture_output=True)
        tested = subprocess.run(["7z", "t", str(path)], check=True, capture_output=True, text=True)
        self.assertIn("Everything is Ok", tested.stdout)

    def listing(self, path, index):
        """What wimlib-imagex says of every file, but for where it is stored."""
        text = subprocess.run(["wimlib-imagex", "dir", "--detailed", str(path), str(index)], check=True,
                              capture_output=True, text=True).stdout
        return [line for line in text.splitlines() if not line.startswith("Offset in WIM")]


class Rollback(SpaceTest):
    def test_two_jobs_one_after_the_other(self):
        self.apply_twice()
        self.by_referees(self.image)
        for _ in range(2):
            self.assertIs(run("image", "info", self.image, "--json").json()["file"]["rollback"], True)
            before = self.image.stat().st_size
            self.states.pop()
            answer = self.check(run("image", "rollback", self.image, "--json"), 0).json()
            self.assertEqual(answer, {"schema": 1, "command": "image rollback", "result": "succeeded", "exit_code": 0,
                                      "image": str(self.image), "undone": "job", "bytes_before": before,
                                      "bytes_after": self.image.stat().st_size})
            self.assertEqual(sha256(self.image), self.states[-1])
        self.assertIs(run("image", "info", self.image, "--json").json()["file"]["rollback"], False)
        self.assertEqual([p.name for p in self.dir.iterdir()], [IMAGE])

    def test_nothing_to_roll_back(self):
        done = self.check(run("image", "rollback", self.image, "--json"), 5)
        self.assertEqual(done.json()["error"]["code"], "WW_E_UNSUPPORTED")
        self.assertTellsTheStory(done)
        self.assertEqual(sha256(self.image), self.states[0])

    def test_an_output_file_has_nothing_to_roll_back_to(self):
        image, updates = paths(case(installs))
        out = self.dir / "out.wim"
        self.check(run("apply", image, "--update", *updates, "--output", out), 0)
        self.check(run("image", "rollback", out), 5)

    def test_what_another_program_changed_since_is_not_undone(self):
        tool("wimlib-imagex")
        self.apply("stack alone")
        subprocess.run(["wimlib-imagex", "info", str(self.image), "1", "Another name"], check=True, capture_output=True)
        before = sha256(self.image)
        done = self.check(run("image", "rollback", self.image, "--json"), 5)
        self.assertTellsTheStory(done)
        self.assertEqual(sha256(self.image), before)

    def test_the_tail_of_an_interrupted_job_is_cut_and_nothing_else(self):
        self.apply("stack alone")
        with open(self.image, "ab") as file:
            file.write(b"T" * 5000)
        answer = self.check(run("image", "rollback", self.image, "--json"), 0).json()
        self.assertEqual(answer["undone"], "interrupted")
        self.assertEqual(sha256(self.image), self.states[1])

    def test_busy(self):
        self.apply("stack alone")
        with Locked(self.image):
            done = self.check(run("image", "rollback", self.image), 8)
        self.assertTellsTheStory(done)
        self.assertEqual(sha256(self.image), self.states[1])

    def test_what_is_no_wim_and_what_is_not_there(self):
        path = self.dir / "text.wim"
        path.write_bytes(b"hello" * 1000)
        self.check(run("image", "rollback", path), 2)
        self.assertEqual(path.read_bytes(), b"hello" * 1000)
        self.check(run("image", "rollback", self.dir / "none.wim"), 2)


class Compact(SpaceTest):
    def test_into_another_file(self):
        self.apply_twice()
        dead = dead_bytes(self.image)
        self.assertGreater(dead, 0)
        before, out = self.image.stat().st_size, self.dir / "out.wim"
        answer = self.check(run("image", "compact", self.image, "--output", out, "--json"), 0).json()
        self.assertEqual(answer, {"schema": 1, "command": "image compact", "result": "succeeded", "exit_code": 0,
                                  "image": str(self.image), "output": str(out), "bytes_before": before,
                                  "bytes_after": out.stat().st_size})
        self.assertEqual(sha256(self.image), self.states[-1])
        self.assertLessEqual(out.stat().st_size, before - dead + 16)  # the total in the XML may get longer
        self.assertEqual(dead_bytes(out), 0)
        self.by_referees(out)
        for index in (1, 2):
            self.assertEqual(self.listing(self.image, index), self.listing(out, index))
        self.assertIs(run("image", "diff", self.image, out, "--json").json()["identical"], True)
        self.check(run("image", "verify", out), 0)

    def test_in_place_and_again(self):
        self.apply_twice()
        if os.getuid() == 0:
            os.chown(self.image, 1234, 5678)
        self.image.chmod(0o640)
        owner = (self.image.stat().st_uid, self.image.stat().st_gid)
        self.check(run("image", "compact", self.image, "--in-place"), 0)
        compact = sha256(self.image)
        self.assertEqual(dead_bytes(self.image), 0)
        self.assertEqual(self.image.stat().st_mode & 0o777, 0o640)
        self.assertEqual((self.image.stat().st_uid, self.image.stat().st_gid), owner)
        self.check(run("image", "rollback", self.image), 5)
        answer = self.check(run("image", "compact", self.image, "--in-place", "--json"), 0).json()
        self.assertEqual(answer["result"], "nothing_to_do")
        out = self.dir / "out.wim"
        self.check(run("image", "compact", self.image, "--output", out), 0)
        self.assertEqual({sha256(self.image), sha256(out)}, {compact})
        self.apply("cumulative update")
        self.check(run("image", "rollback", self.image), 0)
        self.assertEqual(sha256(self.image), compact)

    def test_integrity_table_and_boot_index_survive(self):
        tool("wimlib-imagex")
        checked = self.dir / "checked.wim"
        subprocess.run(["wimlib-imagex", "export", str(self.image), "all", str(checked), "--check"], check=True,
                       capture_output=True)
        subprocess.run(["wimlib-imagex", "info", str(checked), "2", "--boot"], check=True, capture_output=True)
        shutil.move(checked, self.image)
        self.apply_twice()
        self.check(run("image", "compact", self.image, "--in-place"), 0)
        self.by_referees(self.image)
        file = run("image", "info", self.image, "--json").json()["file"]
        self.assertEqual((file["integrity_table"], file["boot_index"], file["dead_bytes"]), (True, 2, 0))

    def test_usage(self):
        done = self.check(run("image", "compact", self.image), 1)
        self.assertTellsTheStory(done)
        self.check(run("image", "compact", self.image, "--in-place", "--output", self.dir / "out.wim"), 1)

    def test_busy(self):
        self.apply("stack alone")
        with Locked(self.image):
            self.check(run("image", "compact", self.image, "--in-place"), 8)
        self.assertEqual(sha256(self.image), self.states[1])

    def test_damage_of_content_is_kept_not_hidden(self):
        self.apply("stack alone")
        data = bytearray(self.image.read_bytes())
        data[5000] ^= 0xFF
        self.image.write_bytes(data)
        self.check(run("image", "verify", self.image), 6)
        self.check(run("image", "compact", self.image, "--in-place"), 0)
        self.check(run("image", "verify", self.image), 6)
