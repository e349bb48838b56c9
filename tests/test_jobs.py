"""`plan` and `apply`: every case that the lab describes, and what must hold for all of them."""

import os
import shutil
import stat
import subprocess
import unittest

from program import ProgramTest, case, cases, installs, lab, paths, run, sha256, tool

PAST = {"install": "installed", "stage": "staged"}
INDEX_KEYS = ["index", "name", "architecture", "build_before", "build_after", "updates", "files", "registry"]
UPDATE_KEYS = ["input", "identity", "kb", "decision", "order", "hresult", "symbol", "reason", "next_step"]


class Contract(ProgramTest):
    """Keys exactly as docs/cli.md has them."""

    def check_object(self, answer, command, words):
        self.assertEqual(list(answer)[:4], ["schema", "command", "result", "exit_code"])
        self.assertEqual((answer["schema"], answer["command"]), (1, command))
        self.assertKeys(answer, ["image", "output", "indexes", "bytes", "seconds"])
        self.assertEqual(list(answer["bytes"]), ["read", "written"])
        self.assertEqual(list(answer["seconds"]), ["plan", "apply", "verify", "publish", "total"])
        for index in answer["indexes"]:
            self.assertEqual(list(index), INDEX_KEYS)
            self.assertEqual(list(index["files"]), ["added", "replaced", "removed"])
            self.assertEqual(list(index["registry"]), ["values_set", "values_removed"])
            for update in index["updates"]:
                self.assertEqual(list(update), UPDATE_KEYS)
                self.assertIn(update["decision"], words)

    def test_plan(self):
        image, updates = paths(case(installs))
        answer = self.check(run("plan", image, "--update", *updates, "--json"), 0).json()
        self.check_object(answer, "plan", ["install", "stage", "already_present", "superseded",
                                           "not_applicable", "refused", "failed"])
        self.assertEqual((answer["result"], answer["output"]), ("planned", ""))

    def test_apply(self):
        image, updates = paths(case(installs))
        out = self.dir / "out.wim"
        answer = self.check(run("apply", image, "--update", *updates, "--output", out, "--json"), 0).json()
        self.check_object(answer, "apply", ["installed", "staged", "already_present", "superseded",
                                            "not_applicable", "refused", "failed"])
        self.assertEqual((answer["result"], answer["image"], answer["output"]), ("succeeded", str(image), str(out)))
        self.assertGreater(answer["bytes"]["written"], 0)
        self.assertGreater(answer["seconds"]["total"], 0)


class Cases(ProgramTest):
    """What the lab says must come out, comes out."""

    def check_case(self, found, done, past):
        answer = done.json()
        if not answer["indexes"]:  # the image itself could not be read
            self.assertNotEqual(done.code, 0)
            return
        index = next(i for i in answer["indexes"] if i["index"] == found["index"])
        by_input = {}
        for update in index["updates"]:
            by_input.setdefault(update["input"], []).append(update)
        for expected in found["updates"]:
            if not expected["decision"]:
                continue
            name = expected["update"].split("/")[-1]
            self.assertIn(name, by_input)
            word = PAST.get(expected["decision"], expected["decision"]) if past else expected["decision"]
            got = [(u["decision"], u["hresult"].lower()) for u in by_input[name]]
            self.assertIn((word, expected["hresult"].lower()), got, f"{name}: {by_input[name]}")
            for update in by_input[name]:
                if update["decision"] in ("refused", "not_applicable", "failed"):
                    self.assertTrue(update["reason"], name)
        if done.code == 0 and found["build_after"]:  # empty: the system has no revision number
            self.assertEqual((index["build_before"], index["build_after"]),
                             (found["build_before"], found["build_after"]))

    def test_plan(self):
        for found in cases():
            with self.subTest(found["name"]):
                image, updates = paths(found)
                before = sha256(image)
                done = run("plan", image, "--update", *updates, "--index", found["index"], "--json")
                self.check(done, found["plan_exit_code"])
                self.assertEqual(sha256(image), before)
                if found["plan_exit_code"] == found["exit_code"]:
                    self.check_case(found, done, past=False)

    def test_apply(self):
        for found in cases():
            with self.subTest(found["name"]):
                image, updates = paths(found)
                before = sha256(image)
                out = self.dir / "out.wim"
                done = run("apply", image, "--update", *updates, "--index", found["index"], "--output", out, "--json")
                self.check(done, found["exit_code"])
                self.assertEqual(sha256(image), before, "the input image was changed")
                if done.code == 0:
                    self.check_case(found, done, past=True)
                else:
                    self.assertFalse(out.exists(), "a failed job left an output")
                    self.assertTellsTheStory(done)
                if out.exists():
                    out.unlink()
                self.assertEqual(list(self.dir.iterdir()), [], "something was left beside the output")


class Apply(ProgramTest):
    def setUp(self):
        super().setUp()
        self.case = case(installs)
        self.image, self.updates = paths(self.case)

    def test_the_result_is_sound_for_us_and_for_wimlib(self):
        out = self.dir / "out.wim"
        self.check(run("apply", self.image, "--update", *self.updates, "--output", out), 0)
        self.check(run("image", "verify", out), 0)
        tool("wimlib-imagex")
        subprocess.run(["wimlib-imagex", "verify", str(out)], check=True, capture_output=True)

    def test_says_what_happened_to_the_image_first(self):
        out = self.dir / "out.wim"
        done = self.check(run("apply", self.image, "--update", *self.updates, "--output", out), 0)
        self.assertEqual(done.out, "")
        lines = [line for line in done.err.splitlines() if not line.startswith("[")]
        self.assertRegex(lines[0], rf"^{out}: updated to \S+, proven$")

    def test_the_same_job_at_the_same_stated_time_writes_the_same_bytes(self):
        found = set()
        for name, threads in (("one.wim", 1), ("two.wim", 3)):
            out = self.dir / name
            self.check(run("apply", self.image, "--update", *self.updates, "--output", out, "--threads", threads,
                           env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}), 0)
            found.add(sha256(out))
        self.assertEqual(len(found), 1)
        done = run("apply", self.image, "--update", *self.updates, "--output", self.dir / "three.wim",
                   env={**os.environ, "SOURCE_DATE_EPOCH": "yesterday"})
        self.check(done, 1)

    def test_in_place_equals_output(self):
        out = self.dir / "out.wim"
        self.check(run("apply", self.image, "--update", *self.updates, "--output", out), 0)
        own = self.copy(self.image)
        answer = self.check(run("apply", own, "--update", *self.updates, "--in-place", "--json"), 0).json()
        self.assertEqual(answer["output"], "")
        diff = self.check(run("image", "diff", out, own, "--json"), 0).json()
        times = {"InstallTimeHigh", "InstallTimeLow"}
        for index in diff["indexes"]:
            registry = index["registry"]
            self.assertEqual(index["packages"], [])
            self.assertEqual(index["components"], {"added": [], "removed": []})
            self.assertEqual([v for v in registry["values_changed"] if v["name"] not in times], [])
            self.assertEqual((registry["values_added"], registry["values_removed"]), ([], []))
            self.assertEqual((index["files"]["added"], index["files"]["removed"]), ([], []))

    def test_a_second_run_is_a_no_op_that_says_so(self):
        own = self.copy(self.image)
        self.check(run("apply", own, "--update", *self.updates, "--in-place"), 0)
        before = sha256(own)
        done = self.check(run("apply", own, "--update", *self.updates, "--in-place", "--json"), 0)
        answer = done.json()
        self.assertEqual(answer["result"], "nothing_to_do")
        self.assertIn("not changed, nothing left to do", done.err)
        for index in answer["indexes"]:
            for update in index["updates"]:
                self.assertIn(update["decision"], ("already_present", "superseded", "not_applicable"))
        self.assertEqual(sha256(own), before)

    def test_all_indexes_are_served_in_one_pass(self):
        out = self.dir / "out.wim"
        answer = self.check(run("apply", self.image, "--update", *self.updates, "--output", out, "--json"), 0).json()
        info = self.check(run("image", "info", self.image, "--json"), 0).json()
        self.assertEqual([i["index"] for i in answer["indexes"]], [i["index"] for i in info["indexes"]])

    def test_one_index_leaves_the_others_as_they_were(self):
        info = self.check(run("image", "info", self.image, "--json"), 0).json()
        if len(info["indexes"]) < 2:
            self.skipTest("the case's image has one index")
        out = self.dir / "out.wim"
        self.check(run("apply", self.image, "--update", *self.updates, "--index", 1, "--output", out), 0)
        diff = self.check(run("image", "diff", self.image, out, "--json"), 0).json()
        self.assertEqual([i["identical"] for i in diff["indexes"]], [False] + [True] * (len(info["indexes"]) - 1))

    def test_a_folder_is_searched_by_content(self):
        updates = self.dir / "updates"
        updates.mkdir()
        for number, path in enumerate(self.updates):
            if path.is_dir():
                shutil.copytree(path, updates / f"folder{number}")
            else:
                shutil.copyfile(path, updates / f"{number}.bin")  # no telling name, no extension
        (updates / "notes.txt").write_text("not an update")
        done = self.check(run("plan", self.image, "--update", updates, "--json"), 0)
        answer = done.json()
        self.assertEqual(answer["result"], "planned")
        self.assertTrue(any("notes.txt" in ignored for ignored in answer["ignored_files"]), answer)

    def test_half_a_download_in_a_folder_is_not_passed_over(self):
        for name in ("windows10.0-kb9000102-x86.msu", "windows11.0-kb9000512-x64.msu"):  # cabinet and WIM
            with self.subTest(name):
                updates = self.dir / name
                updates.mkdir()
                for number, path in enumerate(self.updates):
                    shutil.copy(path, updates / f"{number}.bin")
                whole = (lab() / "updates" / name).read_bytes()
                (updates / "half.msu").write_bytes(whole[:len(whole) // 2])
                planned = self.check(run("plan", self.image, "--update", updates, "--json"), 2).json()
                self.assertEqual(planned["error"]["code"], "WW_E_CORRUPT")
                self.assertIn("half.msu", planned["error"]["message"])
                out = self.dir / "out.wim"
                self.check(run("apply", self.image, "--update", updates, "--output", out), 2)
                self.assertFalse(out.exists())
                done = self.check(run("apply", self.image, "--update", updates, "--output", out, "--continue-on-error",
                                      "--json"), 10).json()
                decisions = {u["input"]: u["decision"] for u in done["indexes"][0]["updates"]}
                self.assertEqual(decisions.pop("half.msu"), "refused")
                self.assertIn("installed", decisions.values())
                out.unlink()

    def test_an_update_is_not_overwritten_by_the_result(self):
        update = self.copy(self.updates[0])
        before = sha256(update)
        for output in (update, self.dir / "link"):
            if output.name == "link":
                output.symlink_to(update.name)
            done = self.check(run("apply", self.image, "--update", update, "--output", output, "--json"), 1)
            self.assertEqual(done.json()["error"]["code"], "WW_E_USAGE")
            self.assertEqual(sha256(update), before)

    def test_a_link_that_leads_nowhere_is_no_output(self):
        for name, target in (("dangling", "nowhere.wim"), ("loop", "loop")):
            link = self.dir / name
            link.symlink_to(target)
            done = self.check(run("apply", self.image, "--update", *self.updates, "--output", link), 1)
            self.assertTellsTheStory(done)
            self.assertTrue(link.is_symlink())

    def test_a_device_is_no_output(self):
        """The rename at the end would put a file in its place."""
        if os.getuid() != 0:
            raise unittest.SkipTest("only root can make a device")
        null = self.dir / "null"
        os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        for arguments in (["apply", self.image, "--update", *self.updates, "--output", null],
                          ["image", "compact", self.image, "--output", null]):
            self.assertTellsTheStory(self.check(run(*arguments), 1))
            self.assertTrue(stat.S_ISCHR(null.stat().st_mode))

    def test_an_earlier_output_keeps_its_owner_and_mode(self):
        out = self.dir / "out.wim"
        out.write_bytes(b"an earlier output")
        out.chmod(0o640)
        owner = (1234, 5678) if os.getuid() == 0 else (os.getuid(), os.getgid())
        os.chown(out, *owner)
        self.check(run("apply", self.image, "--update", *self.updates, "--output", out), 0)
        found = out.stat()
        self.assertEqual((found.st_uid, found.st_gid, found.st_mode & 0o7777), (*owner, 0o640))

    def test_a_pipe_is_not_taken_for_an_update(self):
        """`--update <(curl ...)`."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        done = self.check(run("plan", self.image, "--update", f"/dev/fd/{reading}", "--json", pass_fds=[reading]), 1)
        self.assertIn("is a pipe", done.err)
        os.mkfifo(self.dir / "fifo")
        for command in (["image", "info"], ["update", "show"], ["manifest", "show"], ["delta", "info"]):
            self.assertIn("is a pipe", self.check(run(*command, self.dir / "fifo", "--json"), 1).err)

    def test_an_image_without_its_components_hive_is_refused_by_the_plan(self):
        tool("wimlib-imagex")
        image = self.copy(self.image)
        subprocess.run(["wimlib-imagex", "update", str(image), "1", "--command",
                        "delete /Windows/System32/config/COMPONENTS"], check=True, capture_output=True)
        for command in (["plan"], ["apply", "--in-place"]):
            before = sha256(image)
            done = self.check(run(command[0], image, "--update", *self.updates, *command[1:], "--json"), 5)
            self.assertEqual(done.json()["error"]["symbol"], "ERROR_SXS_COMPONENT_STORE_CORRUPT")
            self.assertEqual(sha256(image), before)

    def test_an_earlier_output_survives_a_failed_job(self):
        bad = case(lambda c: c["exit_code"] in (3, 4, 5, 6) and c["plan_exit_code"] == c["exit_code"])
        image, updates = paths(bad)
        out = self.dir / "out.wim"
        out.write_bytes(b"an earlier output")
        self.check(run("apply", image, "--update", *updates, "--index", bad["index"], "--output", out), bad["exit_code"])
        self.assertEqual(out.read_bytes(), b"an earlier output")

    def test_the_standard_words_of_a_mixed_batch(self):
        """--continue-on-error does the rest, exits with 10 and names what it left out."""
        good = self.case
        # A driver: no cumulative update supersedes it.
        bad = case(lambda c: c["image"] == good["image"] and c["name"] == "driver of the old kind")
        image, updates = paths(good)
        _, worse = paths(bad)
        out = self.dir / "out.wim"
        stopped = run("apply", image, "--update", *updates, *worse, "--index", good["index"], "--output", out)
        self.assertNotEqual(stopped.code, 0)
        self.assertFalse(out.exists())
        done = run("apply", image, "--update", *updates, *worse, "--index", good["index"], "--output", out,
                   "--continue-on-error", "--json")
        answer = self.check(done, 10).json()
        self.assertEqual((answer["result"], answer["exit_code"]), ("partial", 10))
        words = {u["decision"] for u in answer["indexes"][0]["updates"]}
        self.assertIn("installed", words)
        self.assertTrue(words & {"refused", "failed"}, words)
        self.assertTrue(out.exists())
        self.check(run("image", "verify", out), 0)


class Lab(ProgramTest):
    def test_the_same_options_make_the_same_bytes(self):
        other = self.dir / "other"
        answer = self.check(run("lab", "create", other, "--preset", "small", "--json"), 0).json()
        self.assertKeys(answer, ["directory", "preset", "images", "updates", "cases", "notes", "bytes_written"])
        for name in answer["images"]:
            if name.endswith((".esd", ".swm")):
                continue  # converted by wimlib-imagex, which draws a random GUID
            self.assertEqual(sha256(other / "images" / name), sha256(lab() / "images" / name), name)
        for name in answer["updates"]:
            if (other / "updates" / name).is_file():
                self.assertEqual(sha256(other / "updates" / name), sha256(lab() / "updates" / name), name)
        self.assertTrue((other / "README.md").exists())

    def test_a_folder_with_something_in_it_is_left_alone(self):
        (self.dir / "mine").write_text("mine")
        done = self.check(run("lab", "create", self.dir), 5)
        self.assertTellsTheStory(done)
        self.assertEqual([p.name for p in self.dir.iterdir()], ["mine"])
