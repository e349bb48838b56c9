"""`update show`, and genuine updates from end to end."""

import hashlib
import json
import os
import stat
import subprocess

from program import ProgramTest, corpus, lab, run, sha256, tool

ENTRY = ["input", "container", "identity", "kb", "architecture", "packages", "components", "unsupported_effects"]

GENUINE = {
    "Windows6.1-KB2465285-x86.msu": ("KB2465285", "x86"),
    "Windows6.1-KB2780124-x86.msu": ("KB2780124", "x86"),
    "Windows6.2-HyperVIntegrationServices-x86.cab": (None, "x86"),
    "Windows8.1-KB2938772-x86.cab": ("KB2938772", "x86"),
}


class Show(ProgramTest):
    def check_entry(self, entry):
        self.assertKeys(entry, ENTRY)
        self.assertEqual(entry["identity"].count("~"), 4)
        for component in entry["components"]:
            self.assertEqual(list(component), ["identity", "keyform", "payload"])
            self.assertIn(component["payload"], ("full", "delta", "none", "incomplete", "missing"))
        for effect in entry["unsupported_effects"]:
            self.assertEqual(list(effect), ["component", "effect", "reason"])

    def test_updates_of_the_lab(self):
        done = run("update", "show", lab() / "updates", "--json")
        answer = done.json()
        self.assertKeys(answer, ["schema", "updates"])
        readable = [u for u in answer["updates"] if "error" not in u]
        self.assertGreater(len(readable), 3)
        for entry in readable:
            with self.subTest(entry["input"]):
                self.check_entry(entry)
        for entry in answer["updates"]:
            if "error" in entry:  # the lab has broken ones too
                self.assertTrue(entry["error"]["message"])
                self.assertNotEqual(done.code, 0)

    def test_signatures_lead_to_the_trust_store(self):
        updates = [u["input"] for u in run("update", "show", lab() / "updates", "--json").json()["updates"]
                   if "error" not in u]
        self.assertGreater(len(updates), 3)
        other = self.dir / "other.pem"
        subprocess.run([tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Other",
                        "-keyout", self.dir / "key.pem", "-out", other], check=True, capture_output=True)
        case = next(c for c in self.cases() if c["exit_code"] == 0 and c["updates"])
        image = lab() / "images" / case["image"]
        update = ["--update", *(lab() / "updates" / u for u in case["updates"])]
        own = ["--trust-store", lab() / "lab-ca.pem"]
        for name in updates:
            with self.subTest(name):
                self.check(run("update", "show", lab() / "updates" / name, *own), 0)
                done = self.check(run("update", "show", lab() / "updates" / name, "--trust-store", other, "--json"), 6)
                self.assertEqual(done.json()["updates"][0]["error"]["hresult"], "0x800B0109")
        self.check(run("plan", image, "--index", case["index"], *update, *own), 0)
        out = self.dir / "out.wim"
        done = run("apply", image, "--index", case["index"], *update, "--output", out, "--trust-store", other, "--json")
        self.assertEqual(done.code, 6)
        self.assertTellsTheStory(done)
        self.assertFalse(out.exists())
        self.check(run("apply", image, "--index", case["index"], *update, "--output", out, *own), 0)
        for path, code in ((self.dir / "none.pem", 2), (lab() / "lab.json", 2)):
            self.assertEqual(run("plan", image, *update, "--trust-store", path).code, code)

    SIGNED = "windows10.0-kb9000118-x86.msu"

    def test_the_file_says_who_signed_it(self):
        own = ["--trust-store", lab() / "lab-ca.pem"]
        signed = lab() / "updates" / self.SIGNED
        plain = lab() / "updates" / "windows10.0-kb9000110-x86.msu"

        def entry(*arguments):
            return self.check(run("update", "show", *arguments, "--json"), 0).json()["updates"][0]

        found = entry(signed, *own)
        for key in ("signature", "package_signature"):
            self.assertEqual(found[key]["state"], "verified")
            self.assertIn("wimwright lab signer", found[key]["signer"])
        self.assertEqual(entry(signed)["signature"], {"state": "not checked"})
        self.assertEqual(entry(plain, *own)["signature"], {"state": "absent"})
        self.assertEqual(entry(plain, *own)["package_signature"], {"state": "absent"})
        old = entry(lab() / "updates" / "windows6.1-kb9000202-x86.msu", *own)  # SHA-1, as it was then
        self.assertEqual(old["signature"]["state"], "verified")
        text = run("update", "show", signed, *own).out
        self.assertRegex(text, "signature +verified, .*wimwright lab signer")

    def test_a_signed_file_that_was_changed_is_refused(self):
        whole = (lab() / "updates" / self.SIGNED).read_bytes()
        end = int.from_bytes(whole[8:12], "little")
        first_member = int.from_bytes(whole[16:20], "little")
        absent = bytearray(whole[:end])
        absent[44:52] = bytes(8)
        cases = {  # what the catalogues do not see, because nothing that is used is different
            "set": (whole[:32] + bytes([whole[32] ^ 1]) + whole[33:], "0x80096010"),
            "date": (whole[:first_member + 10] + bytes([whole[first_member + 10] ^ 1])
                     + whole[first_member + 11:], "0x80096010"),
            "blob": (whole[:end + 130] + bytes([whole[end + 130] ^ 1]) + whole[end + 131:], "0x800b0100"),
            "signature": (whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:], "0x800b0100"),
            "length": (whole + b"\0", "0x800b0100"),
            "none": (bytes(absent), None),
        }
        case = next(c for c in self.cases() if c["updates"] == [self.SIGNED])
        image = lab() / "images" / case["image"]
        own = ["--trust-store", lab() / "lab-ca.pem"]
        for name, (content, code) in cases.items():
            with self.subTest(name):
                path = self.dir / f"{name}.msu"
                path.write_bytes(content)
                arguments = [image, "--index", case["index"], "--update", path]
                # Without certificates nobody looks.
                self.check(run("plan", *arguments), 0)
                out = self.dir / f"{name}.wim"
                done = run("apply", *arguments, "--output", out, *own, "--json")
                self.assertEqual(done.code, 6 if code else 0, done.err)
                self.assertEqual(out.exists(), code is None)
                if code is None:
                    continue
                update = done.json()["indexes"][0]["updates"][0]
                self.assertEqual(update["decision"], "refused")
                self.assertEqual(update["hresult"].lower(), code)
                self.assertIn(f"the signature of {name}.msu", update["reason"])
                shown = self.check(run("update", "show", path, *own, "--json"), 6).json()["updates"][0]
                self.assertEqual(shown["error"]["hresult"].lower(), code)

    def test_another_program_agrees_about_signed_files(self):
        """osslsigncode accepts what the lab signs, and what it signs is accepted here."""
        program = tool("osslsigncode")
        lab_ca = lab() / "lab-ca.pem"
        for name in (self.SIGNED, "windows10.0-kb9000115-x86.cab", "windows6.1-kb9000202-x86.msu"):
            with self.subTest(name):
                done = subprocess.run([program, "verify", "-CAfile", lab_ca, "-in", lab() / "updates" / name],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        key, certificate = self.dir / "signer.key", self.dir / "signer.pem"
        subprocess.run([tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Somebody",
                        "-addext", "extendedKeyUsage=codeSigning", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        both = self.dir / "both.pem"
        both.write_bytes(lab_ca.read_bytes() + certificate.read_bytes())
        for digest in ("sha1", "sha256"):
            with self.subTest(digest):
                signed = self.dir / f"{digest}.msu"
                subprocess.run([program, "sign", "-h", digest, "-certs", certificate, "-key", key, "-in",
                                lab() / "updates" / "windows10.0-kb9000110-x86.msu", "-out", signed],
                               check=True, capture_output=True)
                found = self.check(run("update", "show", signed, "--trust-store", both, "--json"), 0)
                signature = found.json()["updates"][0]["signature"]
                self.assertEqual(signature, {"state": "verified", "signer": "CN = Somebody"})
                # The catalogues are the lab's, the file is a stranger's.
                done = run("update", "show", signed, "--trust-store", lab_ca, "--json")
                self.check(done, 6)
                error = done.json()["updates"][0]["error"]
                self.assertEqual(error["hresult"], "0x800B0109")
                self.assertIn(f"the signature of {digest}.msu", error["message"])

    def cases(self):
        return json.loads((lab() / "lab.json").read_text())["cases"]

    def test_text_goes_to_stdout(self):
        good = next(u["input"] for u in run("update", "show", lab() / "updates", "--json").json()["updates"]
                    if "error" not in u)
        done = self.check(run("update", "show", lab() / "updates" / good), 0)
        self.assertIn("identity", done.out)
        self.assertIn("architecture", done.out)

    def test_what_is_no_update(self):
        path = self.dir / "program.exe"
        path.write_bytes(b"MZ" + bytes(200))
        done = run("update", "show", path, "--json")
        self.assertIn(done.code, (2, 5))
        self.assertTellsTheStory(done)

    def test_genuine_updates(self):
        for name, (kb, architecture) in GENUINE.items():
            path = corpus(name)
            with self.subTest(name):
                done = self.check(run("update", "show", path, "--json"), 0)
                entries = done.json()["updates"]
                self.assertEqual(len(entries), 1)
                self.check_entry(entries[0])
                if kb:
                    self.assertEqual(entries[0]["kb"], kb)
                self.assertEqual(entries[0]["architecture"], architecture)
                self.assertGreater(len(entries[0]["components"]), 0)
                self.assertNotIn("missing", {c["payload"] for c in entries[0]["components"]})


class Genuine(ProgramTest):
    """A genuine hotfix, with intra-package deltas, on an image that the lab made for it."""

    def test_kb2780124_is_planned_applied_and_proven(self):
        update = corpus("Windows6.1-KB2780124-x86.msu")
        image = lab() / "images/win7sp1-x86.wim"
        before = sha256(image)
        plan = self.check(run("plan", image, "--update", update, "--json"), 0).json()
        self.assertEqual(plan["result"], "planned")
        self.assertEqual(plan["indexes"][0]["updates"][0]["decision"], "install")
        out = self.dir / "out.wim"
        answer = self.check(run("apply", image, "--update", update, "--output", out, "--json"), 0).json()
        done = answer["indexes"][0]["updates"][0]
        self.assertEqual((done["decision"], done["kb"]), ("installed", "KB2780124"))
        self.assertEqual(sha256(image), before)
        self.check(run("image", "verify", out), 0)
        packages = self.check(run("image", "packages", out, "--index", 1, "--json"), 0).json()["packages"]
        states = {p["identity"]: p["state"] for p in packages}
        self.assertEqual(states.get(done["identity"]), "Installed", sorted(states))
        again = self.check(run("apply", out, "--update", update, "--in-place", "--json"), 0).json()
        self.assertEqual(again["result"], "nothing_to_do")

    def test_payload_equals_what_cabextract_finds(self):
        """Files that a full-file package delivers arrive in the image byte for byte."""
        tool("wimlib-imagex")
        update = corpus("Windows6.1-KB2780124-x86.msu")
        image = lab() / "images/win7sp1-x86.wim"
        out = self.dir / "out.wim"
        self.check(run("apply", image, "--update", update, "--output", out), 0)
        diff = self.check(run("image", "diff", image, out, "--json"), 0).json()["indexes"][0]
        added = [f for f in diff["files"]["added"] if f["type"] == "file" and f["new_sha1"]]
        self.assertGreater(len(added), 0)
        target = self.dir / "tree"
        target.mkdir()
        subprocess.run(["wimlib-imagex", "extract", str(out), "1", *[f["path"] for f in added[:50]],
                        f"--dest-dir={target}", "--preserve-dir-structure", "--no-acls"],
                       check=True, capture_output=True)
        for file in added[:50]:
            path = target / file["path"].lstrip("\\").replace("\\", "/")
            self.assertEqual(hashlib.sha1(path.read_bytes()).hexdigest(), file["new_sha1"], file["path"])


class DeltasByHand(ProgramTest):
    def corpus_delta(self, name):
        path = corpus("Windows6.1-KB2780124-x86.msu").parent.parent / "delta" / name
        if not path.exists():
            self.skipTest("genuine deltas (../shared/corpus) are not here")
        return path

    def test_apply_and_info(self):
        base = self.corpus_delta("pe/amd64_kbdwol/base.bin")
        delta = base.parent / "delta.pa30"
        out = self.dir / "target"
        done = self.check(run("delta", "apply", base, delta, "-o", out, "--json"), 0).json()
        self.assertEqual(out.read_bytes(), (base.parent / "target.bin").read_bytes())
        self.assertEqual(done["sha256"], sha256(out))
        info = self.check(run("delta", "info", delta, "--json"), 0).json()
        self.assertEqual((info["format"], info["target_size"]), ("PA30", out.stat().st_size))

    def test_the_wrong_base_writes_nothing(self):
        delta = self.corpus_delta("pe/amd64_kbdwol/delta.pa30")
        out = self.dir / "target"
        out.write_bytes(b"earlier")
        done = run("delta", "apply", "/dev/null", delta, "-o", out)
        self.assertIn(done.code, (2, 6))
        self.assertTellsTheStory(done)
        self.assertEqual(out.read_bytes(), b"earlier")
        self.assertEqual([p.name for p in self.dir.iterdir()], ["target"])

    def test_a_device_is_not_replaced_by_the_result(self):
        if os.getuid() != 0:
            self.skipTest("only root can make a device")
        base = self.corpus_delta("pe/amd64_kbdwol/base.bin")
        null = self.dir / "null"
        os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        self.assertTellsTheStory(self.check(run("delta", "apply", base, base.parent / "delta.pa30", "-o", null), 1))
        self.assertTrue(stat.S_ISCHR(null.stat().st_mode))

    def test_hostile_deltas_fail_politely(self):
        for path in sorted(self.corpus_delta("hostile").iterdir()):
            with self.subTest(path.name):
                done = run("delta", "apply", "/dev/null", path, "-o", self.dir / "out")
                self.assertIn(done.code, (2, 5, 6), done.err)

    def test_manifest_with_base(self):
        folder_ = corpus("Windows6.1-KB2780124-x86.msu").parent.parent / "manifests"
        manifest = next(folder_.glob("*font-truetype-gadugi*"))
        base = folder_ / "base_manifest.bin"
        done = self.check(run("manifest", "show", manifest, "--base", base), 0)
        self.assertIn("<assembly", done.out)
        answer = self.check(run("manifest", "show", manifest, "--base", base, "--json"), 0).json()
        self.assertEqual((answer["wrapper"], answer["keyform"]), ("DCM", manifest.stem))
        self.assertIn("--wcp", self.check(run("manifest", "show", manifest), 1).err)
