"""`image`: info, packages, verify, diff, against what wimlib-imagex says of the same files."""

import json
import re
import subprocess

from program import ProgramTest, lab, run, tool, verifications

IMAGE = "images/win10-1607-x86.wim"


def by_wimlib(path):
    """{index: {field: value}} of `wimlib-imagex info`."""
    tool("wimlib-imagex")
    text = subprocess.run(["wimlib-imagex", "info", str(path)], capture_output=True, text=True, check=True).stdout
    images, current = {}, None
    for line in text.splitlines():
        match = re.match(r"([A-Za-z ]+):\s+(.*)$", line)
        if not match:
            continue
        key, value = match.group(1), match.group(2)
        if key == "Index":
            current = images.setdefault(int(value), {})
        elif current is not None:
            current[key] = value
    return images


class Info(ProgramTest):
    def test_json_says_what_wimlib_says(self):
        path = lab() / IMAGE
        info = self.check(run("image", "info", path, "--json"), 0).json()
        self.assertKeys(info, ["schema", "command", "result", "exit_code", "image", "file", "indexes"])
        self.assertEqual((info["schema"], info["command"], info["result"]), (1, "image info", "succeeded"))
        self.assertKeys(info["file"], ["bytes", "tail_bytes", "compression", "chunk_size", "guid", "images",
                                       "boot_index", "blobs", "integrity_table"])
        self.assertEqual(info["file"]["bytes"], path.stat().st_size)
        referee = by_wimlib(path)
        self.assertEqual([i["index"] for i in info["indexes"]], sorted(referee))
        for image in info["indexes"]:
            self.assertKeys(image, ["index", "name", "description", "edition", "architecture", "build",
                                    "installation_type", "languages", "default_language", "directories", "files",
                                    "total_bytes", "hard_link_bytes", "created", "modified", "windows", "pending"])
            other = referee[image["index"]]
            self.assertEqual(image["name"], other["Name"])
            self.assertEqual(image["files"], int(other["File Count"]))
            self.assertEqual(image["directories"], int(other["Directory Count"]))
            self.assertEqual(image["total_bytes"], int(other["Total Bytes"]))
            self.assertTrue(image["windows"])
            self.assertRegex(image["build"], r"^14393\.\d+$")

    def test_text_goes_to_stdout(self):
        done = self.check(run("image", "info", lab() / IMAGE), 0)
        self.assertIn("build          14393.", done.out)
        self.assertEqual(done.err, "")

    def test_all_images_of_the_lab_are_readable_or_refused_with_a_reason(self):
        for path in sorted((lab() / "images").iterdir()):
            with self.subTest(path.name):
                done = run("image", "info", path, "--json")
                self.assertIn(done.code, (0, 2, 5), done.err)
                if done.code:
                    self.assertTellsTheStory(done)


class Packages(ProgramTest):
    def test_json_keys_and_states(self):
        done = self.check(run("image", "packages", lab() / IMAGE, "--index", "1", "--json"), 0)
        answer = done.json()
        self.assertKeys(answer, ["schema", "index", "packages"])
        self.assertEqual((answer["schema"], answer["index"]), (1, 1))
        self.assertGreater(len(answer["packages"]), 0)
        for package in answer["packages"]:
            self.assertEqual(list(package), ["identity", "kb", "state", "install_time"])
            self.assertEqual(package["identity"].count("~"), 4)
            self.assertRegex(package["install_time"], r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?$")
        self.assertIn("Installed", {p["state"] for p in answer["packages"]})

    def test_an_index_that_is_not_there(self):
        done = self.check(run("image", "packages", lab() / IMAGE, "--index", "9"), 2)
        self.assertTellsTheStory(done)


class Verify(ProgramTest):
    def test_a_sound_image(self):
        answer = self.check(run("image", "verify", lab() / IMAGE, "--json"), 0).json()
        self.assertKeys(answer, ["schema", "ok", "indexes"])
        self.assertIs(answer["ok"], True)
        for index in answer["indexes"]:
            self.assertKeys(index, ["index", "checked", "problems"])
            self.assertEqual(index["problems"], [])
            self.assertGreater(index["checked"]["manifests"], 0)
            self.assertGreater(index["checked"]["payload_files"], 0)

    def test_damage_is_found_and_exits_with_6(self):
        path = self.copy(lab() / IMAGE)
        data = bytearray(path.read_bytes())
        for at in range(len(data) // 4, len(data) // 2, 4096):
            data[at] ^= 0xFF
        path.write_bytes(data)
        done = run("image", "verify", path, "--json")
        self.check(done, 6)
        answer = done.json()
        self.assertIs(answer["ok"], False)
        self.assertGreater(len(answer["content"]["problems"]), 0)
        self.assertEqual(answer["error"]["code"], "WW_E_VERIFICATION_FAILED")
        self.assertTellsTheStory(done)

        self.check(run("image", "verify", path, "--content-only"), 6)

    def test_content_only_leaves_component_stores_alone(self):
        answer = self.check(run("image", "verify", lab() / IMAGE, "--content-only", "--json"), 0).json()
        self.assertIs(answer["content_only"], True)
        self.assertEqual(answer["indexes"], [])
        self.assertGreater(answer["content"]["blobs"], 0)

    def test_every_defect_of_the_lab_is_found_where_it_is(self):
        for expected in verifications():
            with self.subTest(expected["image"]):
                done = self.check(run("image", "verify", lab() / "images" / expected["image"], "--json"),
                                  expected["exit_code"])
                if expected["object"]:
                    problems = [p for index in done.json()["indexes"] for p in index["problems"]]
                    self.assertTrue(any(expected["object"].lower() in (p["object"] + p["detail"]).lower()
                                        for p in problems), problems)

    def test_one_index_only(self):
        answer = self.check(run("image", "verify", lab() / IMAGE, "--index", "2", "--json"), 0).json()
        self.assertEqual([i["index"] for i in answer["indexes"]], [2])


class Diff(ProgramTest):
    def test_an_image_equals_itself(self):
        path = lab() / IMAGE
        answer = self.check(run("image", "diff", path, path, "--json"), 0).json()
        self.assertIs(answer["identical"], True)

    def test_finds_what_wimlib_changed(self):
        tool("wimlib-imagex")
        old, new = lab() / IMAGE, self.copy(lab() / IMAGE)
        extra = self.dir / "extra.txt"
        extra.write_text("not Windows")
        script = f"add '{extra}' /Windows/extra.txt\nadd '{extra}' /Windows/folder/inner.txt\n"
        subprocess.run(["wimlib-imagex", "update", str(new), "1"], input=script, text=True, check=True,
                       capture_output=True)
        answer = self.check(run("image", "diff", old, new, "--json"), 0).json()
        self.assertKeys(answer, ["old", "new", "identical", "indexes"])
        self.assertIs(answer["identical"], False)
        first, second = answer["indexes"]
        self.assertEqual({f["path"] for f in first["files"]["added"]},
                         {"\\Windows\\extra.txt", "\\Windows\\folder", "\\Windows\\folder\\inner.txt"})
        self.assertEqual(first["files"]["removed"], [])
        self.assertEqual(first["registry"]["values_changed"], [])
        self.assertIs(second["identical"], True)

    def test_text_mentions_each_kind(self):
        old, new = lab() / IMAGE, lab() / IMAGE
        done = self.check(run("image", "diff", old, new), 0)
        self.assertIn("identical", done.out)


class Refused(ProgramTest):
    def test_what_is_no_wim(self):
        for name, content in [("empty.wim", b""), ("text.wim", b"hello" * 100), ("cut.wim", b"MSWIM\0\0\0" + b"\xd0")]:
            with self.subTest(name):
                path = self.dir / name
                path.write_bytes(content)
                done = self.check(run("image", "info", path, "--json"), 2)
                self.assertEqual(done.json()["error"]["code"], "WW_E_CORRUPT")
                self.assertTellsTheStory(done)

    def test_what_is_not_there(self):
        done = self.check(run("image", "info", self.dir / "none.wim", "--json"), 2)
        error = json.loads(done.out)["error"]
        self.assertEqual((error["code"], error["hresult"]), ("WW_E_NOT_FOUND", "0x80070002"))

    def test_solid_and_split_files_name_the_conversion(self):
        tool("wimlib-imagex")
        solid = self.dir / "solid.esd"
        subprocess.run(["wimlib-imagex", "export", str(lab() / IMAGE), "1", str(solid), "--solid"], check=True,
                       capture_output=True)
        done = self.check(run("image", "info", solid), 5)
        self.assertIn("wimlib-imagex export", done.err)
        subprocess.run(["wimlib-imagex", "split", str(lab() / IMAGE), str(self.dir / "part.swm"), "1"], check=True,
                       capture_output=True)
        done = run("image", "info", self.dir / "part.swm")
        if (self.dir / "part2.swm").exists():
            self.check(done, 5)
            self.assertIn("wimlib-imagex join", done.err)
