"""The payload cache, and one command for several images."""

import pathlib
import shutil
import subprocess

from program import ProgramTest, lab, run, sha256, tool

IMAGE = "win10-1607-x86.wim"
UPDATES = ["windows10.0-kb9000101-x86.msu", "windows10.0-kb9000102-x86.msu"]


class Cache(ProgramTest):
    def setUp(self):
        super().setUp()
        self.cache = self.dir / "cache"
        self.image = lab() / "images" / IMAGE
        self.updates = [lab() / "updates" / name for name in UPDATES]

    def apply(self, *images, **options):
        words = [word for key, value in options.items() for word in ("--" + key.replace("_", "-"), value)]
        return run("apply", *images, "--update", *self.updates, *words, "--json")

    def packs(self):
        return sorted(self.cache.glob("*.pack"))

    def same(self, a, b):
        """The same content in every file of every image, read by a program that is not ours."""
        def listing(path):
            lines = subprocess.run([tool("wimlib-imagex"), "dir", path, "1", "--detailed"], check=True,
                                   capture_output=True, text=True).stdout.splitlines()
            return [line for line in lines if line.startswith(("Full Path", "    Hash", "Attributes"))]
        self.assertEqual(listing(a), listing(b))
        for path in (a, b):
            subprocess.run([tool("wimlib-imagex"), "verify", path], check=True, capture_output=True)

    def test_second_job_takes_payload_from_the_cache(self):
        plain, first, second = (self.dir / name for name in ("plain.wim", "first.wim", "second.wim"))
        self.check(self.apply(self.image, output=plain), 0)
        answer = self.check(self.apply(self.image, output=first, cache=self.cache), 0).json()
        self.assertNotIn("cache", answer)
        self.assertEqual(len(self.packs()), 1)
        answer = self.check(self.apply(self.image, output=second, cache=self.cache), 0).json()
        self.assertGreater(answer["cache"]["contents"], 10)
        self.assertEqual(len(self.packs()), 1, "nothing new, no new pack")
        self.same(plain, first)
        self.same(plain, second)
        shown = self.check(run("cache", "show", "--cache", self.cache, "--json"), 0).json()
        self.assertEqual(shown["packs"][0]["contents"], answer["cache"]["contents"])
        self.assertEqual(shown["bytes"], self.packs()[0].stat().st_size)

    def test_a_damaged_pack_costs_time_and_nothing_else(self):
        self.check(self.apply(self.image, output=self.dir / "first.wim", cache=self.cache), 0)
        good = self.packs()[0].read_bytes()
        for number, at in enumerate((0, 40, 70, len(good) // 4, len(good) - 300, len(good) - 1)):
            with self.subTest(at):
                for pack in self.packs():
                    pack.unlink()
                bad = bytearray(good)
                bad[at] ^= 0x20
                (self.cache / "bad.pack").write_bytes(bad)
                out = self.dir / f"out{number}.wim"
                self.check(self.apply(self.image, output=out, cache=self.cache), 0)
                self.same(self.dir / "first.wim", out)
                self.assertFalse((self.cache / "bad.pack").exists(), "a pack that lied stays")
        for length in (0, 10, 95, 96, len(good) // 2, len(good) - 1):
            (self.cache / "short.pack").write_bytes(good[:length])
            self.check(run("cache", "show", "--cache", self.cache), 0)
            self.check(self.apply(self.image, output=self.dir / f"short{length}.wim", cache=self.cache), 0)
            self.assertFalse((self.cache / "short.pack").exists())

    def test_other_compression_is_another_content(self):
        other = self.dir / "other.wim"
        subprocess.run([tool("wimlib-imagex"), "export", self.image, "all", other, "--compress=XPRESS"], check=True,
                       capture_output=True)
        self.check(self.apply(self.image, output=self.dir / "a.wim", cache=self.cache), 0)
        answer = self.check(self.apply(other, output=self.dir / "b.wim", cache=self.cache), 0).json()
        self.assertNotIn("cache", answer)
        self.assertEqual(len(self.packs()), 2)

    def test_prune_and_what_a_killed_job_left(self):
        self.check(self.apply(self.image, output=self.dir / "a.wim", cache=self.cache), 0)
        (self.cache / "0123.tmp").write_bytes(b"half a pack")
        (self.cache / "notes.txt").write_text("not ours")
        kept = self.check(run("cache", "prune", "--cache", self.cache, "--max-size", "1G", "--json"), 0).json()
        self.assertEqual((kept["result"], kept["packs_removed"]), ("nothing_to_do", 0))
        self.assertFalse((self.cache / "0123.tmp").exists())
        gone = self.check(run("cache", "prune", "--cache", self.cache, "--max-size", "0", "--json"), 0).json()
        self.assertEqual((gone["result"], gone["packs_removed"], gone["bytes_left"]), ("succeeded", 1, 0))
        self.assertEqual([path.name for path in self.cache.iterdir()], ["notes.txt"])
        self.check(self.apply(self.image, output=self.dir / "b.wim", cache=self.cache, cache_size="1k"), 0)
        self.assertEqual(self.packs(), [], "larger than the limit")
        self.check(run("cache", "show", "--cache", self.dir / "nowhere"), 0)
        self.check(run("cache", "show"), 1)

    def test_a_cache_that_cannot_be_had_is_done_without(self):
        self.cache.write_text("a file in its place")
        self.check(self.apply(self.image, output=self.dir / "a.wim", cache=self.cache), 0)


class SeveralImages(ProgramTest):
    def setUp(self):
        super().setUp()
        self.images = [self.dir / name for name in ("a.wim", "b.wim")]
        for image in self.images:
            shutil.copyfile(lab() / "images" / IMAGE, image)
        self.updates = ["--update", *(lab() / "updates" / name for name in UPDATES)]

    def test_payload_is_compressed_once(self):
        target = self.dir / "out"
        target.mkdir()
        done = self.check(run("apply", *self.images, *self.updates, "--output-dir", target, "--json"), 0).json()
        self.assertEqual((done["schema"], done["command"], done["result"]), (1, "apply", "succeeded"))
        first, second = done["images"]
        self.assertNotIn("cache", first)
        self.assertGreater(second["cache"]["contents"], 10)
        self.assertEqual([pathlib.Path(i["output"]).name for i in done["images"]], ["a.wim", "b.wim"])
        for image in done["images"]:
            self.assertEqual(image["indexes"][0]["build_after"], "14393.2457")
            subprocess.run([tool("wimlib-imagex"), "verify", image["output"]], check=True, capture_output=True)
            self.check(run("image", "verify", image["output"]), 0)
        again = self.check(run("apply", *self.images, *self.updates, "--in-place", "--json"), 0).json()
        self.assertGreater(again["images"][1]["cache"]["contents"], 10)
        third = self.check(run("apply", *self.images, *self.updates, "--in-place", "--json"), 0).json()
        self.assertEqual(third["result"], "nothing_to_do")

    def test_one_that_fails_does_not_stop_the_others(self):
        bad = lab() / "images" / "truncated.wim"
        before = [sha256(path) for path in (bad, *self.images)]
        target = self.dir / "out"
        target.mkdir()
        done = run("apply", self.images[0], bad, self.images[1], *self.updates, "--output-dir", target, "--json")
        answer = done.json()
        self.assertEqual((done.code, answer["exit_code"], answer["result"]), (2, 2, "partial"))
        self.assertEqual([i["result"] for i in answer["images"]], ["succeeded", "failed", "succeeded"])
        self.assertEqual(sorted(path.name for path in target.iterdir()), ["a.wim", "b.wim"])
        self.assertEqual(before, [sha256(path) for path in (bad, *self.images)])

    def test_targets_have_to_be_clear(self):
        a, b = self.images
        for words in (("--output", self.dir / "x.wim"), (), ("--output-dir", self.dir, "--in-place")):
            self.check(run("apply", a, b, *self.updates, *words), 1)
        self.check(run("apply", a, a, *self.updates, "--in-place"), 1)
        (self.dir / "file").write_text("no directory")
        self.check(run("apply", a, b, *self.updates, "--output-dir", self.dir / "file"), 2)
