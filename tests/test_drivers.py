"""Drivers that cumulative updates since Windows 11 bring: files, DriverDatabase and INFs, read by wimlib and hivex."""

import re
import subprocess

from test_modern_updates import CHECKPOINT, FAR, FIRST, RELEASED, SECOND, ModernTest, image

REPOSITORY = "/Windows/System32/DriverStore/FileRepository"


class Drivers(ModernTest):
    def tree(self, path, folder):
        done = subprocess.run(["wimlib-imagex", "dir", path, "1", f"--path={folder}"],
                              capture_output=True, text=True, check=True)
        return [line[len(folder) + 1:] for line in done.stdout.splitlines() if line.startswith(folder + "/")]

    def content(self, path, file):
        return subprocess.run(["wimlib-imagex", "extract", path, "1", file, "--to-stdout"],
                              capture_output=True, check=True).stdout

    def database(self, path):
        """{key: {value: text}} of the DriverDatabase."""
        hive = self.dir / "SYSTEM"
        hive.write_bytes(self.content(path, "/Windows/System32/config/SYSTEM"))
        done = subprocess.run(["hivexregedit", "--export", "--unsafe-printable-strings", hive, "\\DriverDatabase"],
                              capture_output=True, text=True, check=True)
        keys = {}
        for line in done.stdout.splitlines():
            if line.startswith("["):
                values = keys.setdefault(line.strip("[]").removeprefix("\\DriverDatabase").strip("\\"), {})
            elif "=" in line:
                name, value = line.split("=", 1)
                values[name.strip('"')] = value
        return keys

    def check(self, path, drivers):
        """Each of `drivers` once: in the store, in the database and among the INFs, all of the same version."""
        keys = self.database(path)
        packages = sorted({k.split("\\")[1] for k in keys if k.startswith("DriverPackages\\")})
        self.assertEqual([p.split(".")[0] for p in packages], drivers)
        self.assertEqual(sorted(name for name in self.tree(path, REPOSITORY) if "/" not in name), packages)
        devices = {k: v for k, v in keys.items() if k.startswith("DeviceIds\\") and v}
        self.assertEqual(len(devices), 2 * len(drivers))
        for package in packages:
            inf = re.match(r"(.*\.inf)_amd64_[0-9a-f]{16}$", package)[1]
            text = self.content(path, f"{REPOSITORY}/{package}/{inf}")
            self.assertEqual(self.content(path, f"/Windows/INF/{inf}"), text)
            self.assertEqual(keys[f"DriverInfFiles\\{inf}"]["Active"], f'str(1):"{package}"')
            named = {line.split(",")[1] for line in text.decode().splitlines() if line.startswith("%Name%")}
            self.assertEqual({k.removeprefix("DeviceIds\\") for k, v in devices.items() if inf in v}, named)
        return packages

    def test_each_month_leaves_one_version_of_a_driver(self):
        self.check(image(RELEASED), ["labnic"])
        at_checkpoint, _ = self.apply(image(RELEASED), [CHECKPOINT])
        first = self.check(at_checkpoint, ["labnic"])
        self.assertNotEqual(first, self.check(image(RELEASED), ["labnic"]))
        month, report = self.apply(at_checkpoint, [FIRST])
        in_steps = self.check(month, ["labnew", "labnic"])
        self.assertEqual(report["indexes"][0]["registry"]["values_removed"], 2)
        at_once, _ = self.apply(image(RELEASED), [CHECKPOINT, FIRST])
        self.assertEqual(self.check(at_once, ["labnew", "labnic"]), in_steps)
        self.assertEqual(self.database(at_once), self.database(month))

    def test_all_months_in_one_run(self):
        out, _ = self.apply(image(RELEASED), [CHECKPOINT, FIRST, SECOND, FAR])
        self.check(out, ["labnew", "labnic"])
        self.verify(out)

    def altered(self, *commands):
        path = self.dir / "altered.wim"
        subprocess.run(["wimlib-imagex", "export", image(RELEASED), "1", path], capture_output=True, check=True)
        subprocess.run(["wimlib-imagex", "update", path, "1"], input="\n".join(commands), text=True,
                       capture_output=True, check=True)
        return path

    def test_an_inf_that_somebody_replaced_is_refused(self):
        other = self.dir / "other.inf"
        other.write_text("[Version]\r\n")
        path = self.altered("delete /Windows/INF/labnic.inf", f"add {other} /Windows/INF/labnic.inf")
        code, report = self.plan(path, [CHECKPOINT])
        self.assertEqual(code, 5)
        [decision] = report["indexes"][0]["updates"]
        self.assertEqual(decision["decision"], "refused")
        self.assertIn("labnic.inf is not that of the installed version", decision["reason"])

    def test_an_image_without_its_drivers_infs_gets_none(self):
        path = self.altered("delete /Windows/INF/labnic.inf")
        out, _ = self.apply(path, [CHECKPOINT, FIRST])
        self.assertEqual(self.tree(out, "/Windows/INF"), [])
        self.verify(out)

    def test_compiled_infs_do_not_keep_a_folder(self):
        [package] = [name for name in self.tree(image(RELEASED), REPOSITORY) if "/" not in name]
        for name, kept in (("labnic.PNF", False), ("notes.txt", True)):
            extra = self.dir / name
            extra.write_text("x")
            path = self.altered(f"add {extra} {REPOSITORY}/{package}/{name}")
            out, _ = self.apply(path, [CHECKPOINT])
            self.assertEqual(package in self.tree(out, REPOSITORY), kept)
            path.unlink()
