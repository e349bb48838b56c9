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
FEATURES = "win11-24h2-x64-features.wim"        # optional features on
ENABLED = "win11-25h2-x64.wim"                  # enabled builds: 26200.1 and 26200.4000
ENABLEMENT = "windows11.0-kb9000551-x64.msu"    # to 26200
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

    def wimlib(self, *arguments):
        program.tool("wimlib-imagex")
        return subprocess.run(["wimlib-imagex", *map(str, arguments)], capture_output=True, text=True, check=True).stdout

    def files(self, path):
        return set(self.wimlib("dir", path, "1").splitlines())

    def extract(self, path, file, index=1):
        program.tool("wimlib-imagex")
        return subprocess.run(["wimlib-imagex", "extract", str(path), str(index), file, "--to-stdout"],
                              capture_output=True, check=True).stdout

    def registry(self, path, key, index=1):
        """The keys at and below one of SOFTWARE, as hivexregedit reads them: their values by name."""
        program.tool("hivexregedit")
        hive = self.dir / "SOFTWARE"
        hive.write_bytes(self.extract(path, "/Windows/System32/config/SOFTWARE", index))
        text = subprocess.run(["hivexregedit", "--export", "--unsafe-printable-strings", str(hive), "\\" + key],
                              capture_output=True, text=True, check=True).stdout
        keys, values = {}, {}
        for line in text.splitlines():
            if line.startswith("[\\"):
                values = keys[line[2:-1]] = {}
            elif "=" in line:
                name, _, value = line.partition("=")
                values[name.strip('"')] = value.removeprefix("str(1):")
        return keys


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


class Features(ModernTest):
    """Optional features as the package that owns them records them: what is on stays on, through months that bring
    the owner and what it switches in a newer version; what is off stays off. wimlib and hivex are the referees."""

    PACKAGES = "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages"
    WINNERS = "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners"
    ON, OFF = "dword:00000070", "dword:00000040"
    # One by a package that it switches, one by a component of its own, one that names another; and the component by
    # which the newer versions are more.
    HAD = ("labviewer.dll", "labtools.dll", "labtoolslink.dll")
    FILES = (*HAD, "labmoretools.dll")

    def package(self, name, build):
        return f"Microsoft-Windows-Lab{name}-Package~31bf3856ad364e35~amd64~~10.0.26100.{build}"

    def states(self, path, name):
        return {int(p.rsplit(".", 1)[1]): state for p, state in self.packages(path).items()
                if p.startswith(f"Microsoft-Windows-Lab{name}-Package~")}

    def projected(self, path):
        return [name for name in self.FILES if f"/Windows/System32/{name}" in self.files(path)]

    def winners(self, keys):
        """The version that is projected, by file."""
        out = {}
        for file in self.FILES:
            family = f"amd64_microsoft-windows-{file.removesuffix('.dll')}_"
            found = [v for k, v in keys.items() if family in k and k.endswith("\\10.0")]
            out[file] = found[0]["@"].strip('"') if found else None
        return out

    def check_on(self, path, build):
        self.verify(path)
        for name in ("Optional", "Viewer"):
            expected = {n: "Superseded" for n in (1, 2000, 3000) if n < build} | {build: "Installed"}
            self.assertEqual({n: s for n, s in self.states(path, name).items() if n in expected}, expected)
        packages = self.registry(path, self.PACKAGES)
        recorded = packages[f"{self.PACKAGES}\\{self.package('Optional', build)}\\Updates"]
        self.assertEqual(recorded, {"LabViewer": self.ON, "LabTools": self.ON})
        self.assertEqual(set(self.winners(self.registry(path, self.WINNERS)).values()), {f"10.0.26100.{build}"})
        # The files in their places are those of the new version, and not those that the image had.
        files = self.files(path)
        for name in self.FILES:
            places = [f for f in files if f.endswith("/" + name) and f"_10.0.26100.{build}_" in f
                      and "/amd64_" in f and f.count("/") == 4]
            self.assertEqual(len(places), 1, places)
            new, shown = self.extract(path, places[0]), self.extract(path, f"/Windows/System32/{name}")
            self.assertEqual(new, shown)
            if name in self.HAD:
                self.assertNotEqual(shown, self.extract(image(FEATURES), f"/Windows/System32/{name}"))

    def test_what_is_on_stays_on(self):
        self.assertEqual(self.projected(image(FEATURES)), list(self.HAD))
        first, report = self.apply(image(FEATURES), [CHECKPOINT, FIRST])
        self.assertEqual(self.builds(report), ("26100.1", "26100.2000"))
        self.check_on(first, 2000)
        # From what the program itself has recorded, too.
        second, report = self.apply(first, [SECOND])
        self.assertEqual(self.builds(report), ("26100.2000", "26100.3000"))
        self.check_on(second, 3000)

    def test_what_is_off_stays_off(self):
        first, _ = self.apply(image(RELEASED), [CHECKPOINT, FIRST])
        second, _ = self.apply(first, [SECOND])
        for path, build in ((first, 2000), (second, 3000)):
            self.verify(path)
            self.assertEqual(self.states(path, "Optional")[build], "Installed")
            self.assertEqual(set(self.states(path, "Viewer").values()), {"Staged"})
            packages = self.registry(path, self.PACKAGES)
            recorded = packages[f"{self.PACKAGES}\\{self.package('Optional', build)}\\Updates"]
            self.assertEqual(recorded, {"LabViewer": self.OFF, "LabTools": self.OFF})
            self.assertEqual(set(self.winners(self.registry(path, self.WINNERS)).values()), {None})
            self.assertEqual(self.projected(path), [])
            # In the store, ready for the day when somebody turns them on.
            stored = [f for f in self.files(path) if f"_10.0.26100.{build}_" in f and f.endswith(self.FILES)]
            self.assertGreaterEqual(len(stored), len(self.FILES))


    def with_record(self, source, number):
        """The image, its owning package recording this number for the feature."""
        changed = self.dir / f"record-{number}.wim"
        shutil.copy(source, changed)
        hive, text = self.dir / "SOFTWARE", self.dir / "record.reg"
        hive.write_bytes(self.extract(changed, "/Windows/System32/config/SOFTWARE"))
        key = f"{self.PACKAGES}\\{self.package('Optional', 1)}\\Updates"
        text.write_text(f'Windows Registry Editor Version 5.00\n\n[\\{key}]\n"LabTools"=dword:{number:08x}\n')
        subprocess.run(["hivexregedit", "--merge", str(hive), str(text)], check=True)
        self.wimlib("update", changed, "1", f"--command=add '{hive}' /Windows/System32/config/SOFTWARE")
        return changed

    def test_every_number_that_may_be_recorded(self):
        """Those of packages, and those of updates (0 to 8); any other one is not guessed at."""
        program.tool("hivexregedit")
        for source, number, on in ((FEATURES, 7, True), (FEATURES, 0x80, True), (RELEASED, 4, False), (RELEASED, 0, False)):
            with self.subTest(number):
                out, _ = self.apply(self.with_record(image(source), number), [CHECKPOINT, FIRST])
                packages = self.registry(out, self.PACKAGES)
                recorded = packages[f"{self.PACKAGES}\\{self.package('Optional', 2000)}\\Updates"]
                self.assertEqual(recorded["LabTools"], f"dword:{number:08x}")
                self.assertEqual("labmoretools.dll" in self.projected(out), on)
        with self.subTest("unknown"):
            code, report = self.plan(self.with_record(image(FEATURES), 0x65), [CHECKPOINT, FIRST])
            self.assertEqual(code, 5)
            month = [u for u in report["indexes"][0]["updates"] if "26100.2000" in u["identity"]]
            self.assertEqual(month[0]["decision"], "refused")
            self.assertIn("LabTools is recorded in state 101", month[0]["reason"])


class Enabled(ModernTest):
    """An enablement package raised the build that the system calls itself; updates are those of the line below."""

    CURRENT = "Microsoft\\Windows NT\\CurrentVersion"

    def check_version(self, path, ubr, index=1, described="26100", build=26200):
        current = self.registry(path, self.CURRENT, index)[self.CURRENT]
        self.assertEqual((current["CurrentBuild"], current["CurrentBuildNumber"], current["UBR"]),
                         (f'"{build}"', f'"{build}"', f"dword:{ubr:08x}"))
        about = dict(line.split(":", 1) for line in
                     self.wimlib("info", path, str(index)).splitlines() if ":" in line)
        self.assertEqual((about["Build"].strip(), about["Service Pack Build"].strip()), (described, str(ubr)))

    def enablement(self, path):
        return {p.split("~")[-1]: s for p, s in self.packages(path).items() if "25H2Enablement" in p}

    def test_checkpoint_and_months_apply(self):
        self.check_version(image(ENABLED), 1)
        at_checkpoint, report = self.apply(image(ENABLED), [CHECKPOINT], "--index", "1")
        self.assertEqual(self.builds(report), ("26200.1", "26200.1742"))
        self.check_version(at_checkpoint, 1742)
        second, report = self.apply(at_checkpoint, [SECOND, FIRST], "--index", "1")
        self.assertEqual(self.builds(report), ("26200.1742", "26200.3000"))
        self.check_version(second, 3000)
        self.verify(second)
        # Months bring the enablement package, too: to images that have it.
        self.assertEqual(self.enablement(second), {"10.0.26100.1": "Superseded", "10.0.26100.3000": "Installed"})
        released, _ = self.apply(image(RELEASED), [CHECKPOINT, SECOND])
        self.assertEqual(self.enablement(released), {})

    def test_windows_10(self):
        out, report = self.apply(image("win10-22h2-x64.wim"), ["windows10.0-kb9000503-x64.cab"])
        self.assertEqual(self.builds(report), ("19045.1", "19045.300"))
        self.check_version(out, 300, described="19041", build=19045)
        self.verify(out)
        code, report = self.plan(out, ["windows10.0-kb9000503-x64.cab"])
        self.assertEqual((code, report["indexes"][0]["updates"][0]["decision"]), (0, "already_present"))
        self.assertIn("the image is at build 19045.300 already", report["indexes"][0]["updates"][0]["reason"])

    def test_what_is_older_is_left_out_by_the_level(self):
        code, report = self.plan(image(ENABLED), [CHECKPOINT, FIRST, SECOND], "--index", "2")
        self.assertEqual(code, 0)
        self.assertEqual(self.builds(report), ("26200.4000", "26200.4000"))
        reasons = [u["reason"] for u in report["indexes"][0]["updates"] if "RollupFix" in u["identity"]]
        self.assertEqual(len(reasons), 3)
        for reason in reasons:
            self.assertIn("the image is at build 26200.4000 already", reason)
        self.assertEqual({d for d, _ in self.decisions(report).values()}, {"superseded"})

    def test_a_month_without_its_checkpoint(self):
        code, report = self.plan(image(ENABLED), [FIRST], "--index", "1")
        self.assertEqual(code, 4)
        self.assertEqual(self.decisions(report)["Package_for_RollupFix 26100.2000.1.0"], ("refused", BASELINE_MISSING))

    def test_both_indexes_of_one_file(self):
        out, report = self.apply(image(ENABLED), [CHECKPOINT, SECOND])
        self.assertEqual([(i["build_before"], i["build_after"]) for i in report["indexes"]],
                         [("26200.1", "26200.3000"), ("26200.4000", "26200.4000")])
        self.check_version(out, 3000)
        self.check_version(out, 4000, 2)

    def test_enablement_before_or_with_the_months(self):
        """Whatever the order in which they are given: the months bring the enablement to their level."""
        seen = set()
        for steps in ([[ENABLEMENT], [CHECKPOINT, SECOND]], [[CHECKPOINT], [SECOND, ENABLEMENT]],
                      [[SECOND, ENABLEMENT, CHECKPOINT]]):
            out = image(RELEASED)
            for updates in steps:
                out, report = self.apply(out, updates)
            self.assertEqual(self.builds(report)[1], "26200.3000")
            self.check_version(out, 3000, described="26200")
            self.verify(out)
            self.assertEqual(self.enablement(out), {"10.0.26100.1": "Superseded", "10.0.26100.3000": "Installed"})
            seen.add(json.dumps(self.packages(out), sort_keys=True))
        self.assertEqual(len(seen), 1)

    def test_enablement_after_the_months(self):
        out, _ = self.apply(image(RELEASED), [CHECKPOINT, FIRST])
        out, report = self.apply(out, [ENABLEMENT])
        self.assertEqual(self.builds(report), ("26100.2000", "26200.2000"))
        out, report = self.apply(out, [SECOND])
        self.assertEqual(self.builds(report), ("26200.2000", "26200.3000"))
        self.check_version(out, 3000, described="26200")
        self.assertEqual(self.enablement(out), {"10.0.26100.1": "Superseded", "10.0.26100.3000": "Installed"})


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
