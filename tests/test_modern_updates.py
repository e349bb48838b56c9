"""Updates since 1809 from end to end: a 24H2-like image through checkpoint and months, every order, every layer damaged."""

import itertools
import json
import pathlib
import shutil
import subprocess
import unittest

import program
from program import ProgramTest, lab, run, sha256

RELEASED = "win11-24h2-x64.wim"
CHECKPOINT = "windows11.0-kb9000511-x64.msu"    # 26100.1742
FIRST = "windows11.0-kb9000512-x64.msu"         # 26100.2000 with its servicing stack
SECOND = "windows11.0-kb9000513-x64.msu"        # 26100.3000 with its servicing stack
FAR = "windows11.0-kb9000514-x64.msu"           # 26100.5000
OCTOBER = "win10-1809-x64.wim"
FOLDERS = "windows10.0-kb9000501-x64.cab"       # 17763.100
PSF = "windows10.0-kb9000502-x64.msu"           # 17763.200

BASELINE_MISSING = "0x800F0838"
DEPENDENT_FAILURE = "0x800F082C"


def image(name):
    return lab() / "images" / name


def update(name):
    return lab() / "updates" / name


class ModernTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.number = 0

    def apply(self, source, updates, *options, code=0):
        """The result's path and the report."""
        self.number += 1
        out = self.dir / f"{self.number}.wim"
        before = sha256(source)
        arguments = itertools.chain.from_iterable(("--update", update(u)) for u in updates)
        done = run("apply", source, *arguments, "--output", out, "--json", *options)
        self.assertEqual(done.code, code, done.out + done.err)
        self.assertEqual(sha256(source), before)
        self.assertEqual(out.exists(), code in (0, 10))
        return out, done.json()

    def plan(self, source, updates, *options):
        arguments = itertools.chain.from_iterable(("--update", update(u)) for u in updates)
        done = run("plan", source, *arguments, "--json", *options)
        return done.code, done.json()

    def decisions(self, report):
        return {u["identity"].split("~")[0] + " " + u["identity"].split("~")[-1]: (u["decision"], u["hresult"])
                for u in report["indexes"][0]["updates"]}

    def builds(self, report):
        return report["indexes"][0]["build_before"], report["indexes"][0]["build_after"]

    def verify(self, path):
        done = run("image", "verify", path, "--json")
        self.assertEqual(done.code, 0, done.out + done.err)

    def packages(self, path):
        done = run("image", "packages", path, "--index", "1", "--json")
        self.assertEqual(done.code, 0, done.err)
        return {p["identity"]: p["state"] for p in done.json()["packages"]}


class Line(ModernTest):
    """Checkpoint and months of one line."""

    def test_one_after_the_other(self):
        at_checkpoint, report = self.apply(image(RELEASED), [CHECKPOINT])
        self.assertEqual(self.builds(report), ("26100.1", "26100.1742"))
        self.verify(at_checkpoint)
        first, report = self.apply(at_checkpoint, [FIRST])
        self.assertEqual(self.builds(report), ("26100.1742", "26100.2000"))
        self.verify(first)
        second, report = self.apply(first, [SECOND])
        self.assertEqual(self.builds(report), ("26100.2000", "26100.3000"))
        self.assertEqual(sorted(d for d, _ in self.decisions(report).values()), ["already_present", "installed"])
        self.verify(second)
        packages = self.packages(second)
        states = {p.split("~")[-1]: s for p, s in packages.items() if p.startswith("Package_for_RollupFix")}
        self.assertEqual(states, {"26100.1742.1.0": "Superseded", "26100.2000.1.0": "Superseded",
                                  "26100.3000.1.0": "Installed"})

    def test_all_in_one_run_in_any_order(self):
        seen = set()
        for order in itertools.permutations([CHECKPOINT, FIRST, SECOND]):
            out, report = self.apply(image(RELEASED), order)
            self.assertEqual(self.builds(report), ("26100.1", "26100.3000"))
            decisions = self.decisions(report)
            self.assertEqual(decisions["Package_for_RollupFix 26100.1742.1.0"][0], "installed")
            self.assertEqual(decisions["Package_for_RollupFix 26100.2000.1.0"][0], "superseded")
            self.assertEqual(decisions["Package_for_RollupFix 26100.3000.1.0"][0], "installed")
            order_of = {u["identity"].split("~")[-1]: u["order"] for u in report["indexes"][0]["updates"] if u["order"]}
            self.assertEqual([v for v, _ in sorted(order_of.items(), key=lambda item: item[1])][1:],
                             ["26100.1742.1.0", "26100.3000.1.0"])
            self.verify(out)
            seen.add(json.dumps(self.packages(out), sort_keys=True))
        self.assertEqual(len(seen), 1)

    def test_the_files_are_the_same_on_every_way(self):
        """A file of an image does not depend on what it was made from."""
        at_once, _ = self.apply(image(RELEASED), [CHECKPOINT, SECOND])
        at_checkpoint, _ = self.apply(image(RELEASED), [CHECKPOINT])
        first, _ = self.apply(at_checkpoint, [FIRST])
        step_by_step, _ = self.apply(first, [SECOND])
        done = run("image", "diff", at_once, step_by_step, "--json")
        self.assertIn(done.code, (0, 1), done.err)
        for path in json.dumps(done.json()).split('"'):
            self.assertFalse(path.lower().endswith((".dll", ".sys", ".exe", ".js")) and "26100.3000" in path, path)

    def test_a_month_without_its_checkpoint(self):
        code, report = self.plan(image(RELEASED), [FIRST])
        self.assertEqual(code, 4)
        decisions = self.decisions(report)
        self.assertEqual(decisions["Package_for_RollupFix 26100.2000.1.0"], ("refused", BASELINE_MISSING))
        self.apply(image(RELEASED), [FIRST], code=4)
        self.apply(image(RELEASED), [FIRST, SECOND], code=4)
        out, report = self.apply(image(RELEASED), [FAR, CHECKPOINT])
        self.assertEqual(self.builds(report), ("26100.1", "26100.5000"))
        self.verify(out)

    def test_older_ones_do_nothing_to_a_newer_image(self):
        newest, _ = self.apply(image(RELEASED), [CHECKPOINT, SECOND])
        for updates in ([CHECKPOINT], [FIRST], [CHECKPOINT, FIRST], [SECOND]):
            out, report = self.apply(newest, updates)
            self.assertLessEqual({d for d, _ in self.decisions(report).values()}, {"superseded", "already_present"})
            self.assertEqual(self.builds(report), ("26100.3000", "26100.3000"))

    def test_features_that_are_off_stay_off(self):
        at_checkpoint, _ = self.apply(image(RELEASED), [CHECKPOINT, FIRST])
        packages = self.packages(at_checkpoint)
        self.assertEqual(packages["Microsoft-Windows-LabPlayer-Package~31bf3856ad364e35~amd64~~10.0.26100.2000"],
                         "Installed")
        self.assertEqual(packages["Microsoft-Windows-LabPlayer-Package~31bf3856ad364e35~amd64~~10.0.26100.1"],
                         "Superseded")
        self.assertEqual(packages["Microsoft-Windows-LabViewer-Package~31bf3856ad364e35~amd64~~10.0.26100.2000"],
                         "Staged")
        self.assertFalse([p for p in packages if "LabServer" in p])

    def test_a_feature_on_demand_keeps_its_capability(self):
        out, _ = self.apply(image(RELEASED), [CHECKPOINT, SECOND])
        hive = self.dir / "SOFTWARE"
        hive.write_bytes(subprocess.run(
            ["wimlib-imagex", "extract", out, "1", "/Windows/System32/config/SOFTWARE", "--to-stdout"],
            capture_output=True, check=True).stdout)
        key = "\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\CapabilityIndex"
        done = subprocess.run(["hivexregedit", "--export", hive, key], capture_output=True, text=True, check=True)
        package = "Microsoft-Windows-LabPlayer-Package~31bf3856ad364e35~amd64~~10.0.26100."
        self.assertEqual([line for line in done.stdout.splitlines() if line][-3:],
                         [f"[{key}\\Lab.Player~~~~0.0.1.0]", f'"{package}1"=dword:00000000',
                          f'"{package}3000"=dword:00000000'])
        self.verify(out)

    def test_a_chain_ends_at_its_broken_link(self):
        broken = "windows11.0-kb9000523-x64.msu"  # the checkpoint with a changed manifest
        self.apply(image(RELEASED), [broken, SECOND], code=6)
        # Left out, the month lacks its basis; nothing of it goes in.
        out, report = self.apply(image(RELEASED), [broken, FAR], "--continue-on-error", code=6)
        self.assertEqual(self.builds(report), ("26100.1", "26100.1"))


class October(ModernTest):
    """Forward and reverse deltas."""

    def test_two_updates_over_the_way_back(self):
        first, report = self.apply(image("win10-1809-x64-reset.wim"), [FOLDERS])
        self.assertEqual(self.builds(report), ("17763.50", "17763.100"))
        self.verify(first)
        second, report = self.apply(first, [PSF])
        self.assertEqual(self.builds(report), ("17763.100", "17763.200"))
        self.verify(second)

    def test_the_store_keeps_the_way_back(self):
        program.tool("wimlib-imagex")
        out, _ = self.apply(image(OCTOBER), [FOLDERS])
        listed = subprocess.run(["wimlib-imagex", "dir", str(out), "1"], capture_output=True, text=True, check=True).stdout
        kept = [line for line in listed.splitlines() if "10.0.17763.100_" in line and "/r/" in line]
        self.assertGreater(len(kept), 5)

    def test_every_state_of_the_image(self):
        for name, code, symbol in (("win10-1809-x64.wim", 0, None), ("win10-1809-x64-updated.wim", 0, None),
                                   ("win10-1809-x64-reset.wim", 0, None),
                                   ("win10-1809-x64-bare.wim", 4, "PSFX_E_REVERSE_DELTA_MISSING")):
            with self.subTest(name):
                planned, report = self.plan(image(name), [PSF])
                self.assertEqual(planned, code, report)
                if symbol:
                    self.assertEqual(report["error"]["symbol"], symbol)
                self.apply(image(name), [PSF], code=code)


class Media(ModernTest):
    """The plan of a whole installation media."""

    def setUp(self):
        super().setUp()
        self.media = self.dir / "media"
        (self.media / "Sources").mkdir(parents=True)
        shutil.copy(image(RELEASED), self.media / "Sources" / "install.wim")
        shutil.copy(image("win11-24h2-x64-later.wim"), self.media / "Sources" / "boot.wim")

    def test_which_file_gets_which_update(self):
        code, report = self.plan(self.media, [CHECKPOINT, FIRST])
        self.assertEqual(code, 0, report)
        install, boot = report["images"]
        self.assertEqual(pathlib.Path(install["image"]).name, "install.wim")
        self.assertEqual(self.builds(install), ("26100.1", "26100.2000"))
        # The checkpoint must not go onto a boot image that is newer than it.
        self.assertEqual(self.builds(boot), ("26100.4000", "26100.4000"))
        self.assertEqual(boot["result"], "nothing_to_do")
        self.assertEqual(report["companions"], [])

    def test_companions_are_named_with_their_place(self):
        code, report = self.plan(self.media, [CHECKPOINT, "windows11.0-kb9000531-x64.cab",
                                              "windows11.0-kb9000532-x64.cab"])
        self.assertEqual(code, 5)
        self.assertEqual(self.builds(report["images"][0]), ("26100.1", "26100.1742"))
        safe_os, setup = report["companions"]
        self.assertIn("install.wim: \\Windows\\System32\\Recovery\\winre.wim (index 1)", safe_os["target"])
        self.assertTrue(safe_os["identity"].startswith("Package_for_SafeOSDU~"))
        self.assertEqual(setup["target"], "sources")
        self.assertEqual({c["decision"] for c in report["companions"]}, {"refused"})

    def test_forms_that_are_not_serviced(self):
        (self.media / "Sources" / "install.esd").write_bytes(b"x")
        code, report = self.plan(self.media, [CHECKPOINT])
        self.assertEqual(code, 5)
        self.assertIn("install.esd", report["error"]["message"])


class Damage(ModernTest):
    """One layer is changed after it was signed: refused, the layer named, the image as it was."""

    LAYERS = {
        "windows11.0-kb9000521-x64.msu": "bytes in the PSF do not match their digest",
        "windows11.0-kb9000522-x64.msu": "forward delta",
        "windows11.0-kb9000523-x64.msu": ".manifest is in none of the package's catalogues",
        "windows11.0-kb9000524-x64.msu": ".cat: catalog signature: the signature does not fit the content",
        "windows11.0-kb9000525-x64.msu": ".mum is not what its catalogue signs",
    }

    def test_each_layer(self):
        for name, words in self.LAYERS.items():
            with self.subTest(name):
                _, report = self.apply(image(RELEASED), [name], code=6)
                self.assertIn(words, report["error"]["message"])
                # In place, too.
                copy = self.dir / "copy.wim"
                shutil.copy(image(RELEASED), copy)
                before = sha256(copy)
                done = run("apply", copy, "--update", update(name), "--in-place", "--json")
                self.assertEqual(done.code, 6)
                self.assertEqual(sha256(copy), before)

    def test_signatures_where_certificates_are_given(self):
        trust = lab() / "lab-ca.pem"
        self.apply(image(RELEASED), [CHECKPOINT, SECOND], "--trust-store", trust)
        _, report = self.apply(image(RELEASED), ["windows11.0-kb9000524-x64.msu"], "--trust-store", trust, code=6)
        self.assertEqual(report["error"]["code"], "WW_E_VERIFICATION_FAILED")

    def test_any_byte_of_the_file(self):
        """Whatever byte of a combined file is changed: refused, or of no effect at all."""
        whole = bytearray(update(CHECKPOINT).read_bytes())
        want = None
        changed = self.dir / "changed.msu"
        for at in range(300, len(whole), len(whole) // 40):
            whole[at] ^= 0x10
            changed.write_bytes(whole)
            whole[at] ^= 0x10
            out = self.dir / f"byte-{at}.wim"
            done = run("apply", image(RELEASED), "--update", changed, "--output", out, "--json")
            if done.code == 0:
                want = want or self.packages(self.apply(image(RELEASED), [CHECKPOINT])[0])
                self.assertEqual(self.packages(out), want)
                self.verify(out)
            else:
                self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
