"""Help, versions, suggestions, manual pages, completion: one definition, many faces."""

import re
import subprocess

from program import PROGRAM, ProgramTest, run, tool

COMMANDS = [
    "image info", "image packages", "image verify", "image diff", "image rollback", "image compact",
    "update show", "plan", "apply", "cache show", "cache prune",
    "delta info", "delta apply", "manifest show", "lab create", "lab catalog",
    "site init", "site serve", "site login", "site image add", "site image list", "site image show", "site image reload",
    "site image versions", "site image rollback",
    "site update import", "site update list", "site update show", "site update applicable", "site group create", "site group list", "site group show",
    "site dp add", "site dp list", "site dp revoke", "site dp access", "site dp distribute", "site dp remove",
    "site dp verify", "site dp status", "site dp group", "site dp rollout", "site schedule create", "site schedule list",
    "site schedule show", "site schedule cancel", "site status", "site query", "site get", "site call", "completion", "man",
]
NOUNS = ["image", "update", "cache", "delta", "manifest", "lab", "site", "site image", "site update", "site group", "site dp",
         "site schedule"]


class Help(ProgramTest):
    def test_every_level_explains_itself_with_an_example(self):
        for words in ["", *NOUNS, *COMMANDS]:
            with self.subTest(words or "wimwright"):
                done = self.check(run(*words.split(), "--help"), 0)
                self.assertIn("Usage:", done.out)
                self.assertRegex(done.out, rf"Examples:\n(.|\n)*wimwright {words}".rstrip())
                self.assertEqual(done.err, "")

    def test_every_command_has_the_common_options(self):
        for command in COMMANDS:
            with self.subTest(command):
                out = run(*command.split(), "--help").out
                for option in ["--json", "--quiet", "--log-file", "--log-format", "--scratch-dir"]:
                    self.assertIn(option, out)

    def test_root_lists_every_command_group(self):
        out = run("--help").out
        for word in [*(n for n in NOUNS if " " not in n), "plan", "apply"]:
            self.assertRegex(out, rf"(?m)^  {word} ")

    def test_version(self):
        done = self.check(run("--version"), 0)
        self.assertRegex(done.out, r"^wimwright \d+\.\d+\.\d+\n$")

    def test_help_examples_parse(self):
        """Every example of every help text is at least a valid command line."""
        for command in COMMANDS:
            out = run(*command.split(), "--help").out
            examples = re.findall(r"(?m)^  wimwright (.*)$", out.split("Examples:")[1])
            self.assertTrue(examples, command)
            for example in examples:
                if "|" in example or command in ("man", "lab create", "lab catalog") or command.startswith("site "):
                    continue  # would act, or asks a server
                with self.subTest(example):
                    done = run(*example.split(), cwd=self.dir)
                    self.assertNotEqual(done.code, 1, done.err)


class Usage(ProgramTest):
    def test_unknown_option_names_the_nearest(self):
        for words, wrong, nearest in [
            (["plan", "x.wim"], "--udpate", "--update"),
            (["image", "info", "x.wim"], "--jsn", "--json"),
            (["apply", "x.wim", "--update", "u"], "--inplace", "--in-place"),
            (["image", "verify", "x.wim"], "--indx=1", "--index"),
        ]:
            with self.subTest(wrong):
                done = self.check(run(*words, wrong), 1)
                self.assertIn(f"unknown option {wrong.split('=')[0]}; the nearest is {nearest}", done.err)
                self.assertIn("  next:  see wimwright", done.err)
                self.assertIn("WW_E_USAGE", done.err)
                self.assertEqual(done.out, "")

    def test_unknown_command_names_the_nearest(self):
        self.assertIn("the nearest is image", self.check(run("imgae", "info", "x"), 1).err)
        self.assertIn("the nearest is info", self.check(run("image", "inof", "x"), 1).err)

    def test_a_missing_command_lists_what_there_is(self):
        self.assertIn("plan, apply", self.check(run(), 1).err)
        self.assertIn("info, packages, verify, diff", self.check(run("image"), 1).err)

    def test_options_that_make_no_sense(self):
        for words in [
            ["plan", "x.wim"],  # no update
            ["apply", "x.wim", "--update", "u"],  # neither output nor in place
            ["apply", "x.wim", "--update", "u", "--output", "o", "--in-place"],
            ["plan", "x.wim", "--update", "u", "--index", "0"],
            ["plan", "x.wim", "--update", "u", "--index", "two"],
            ["apply", "x.wim", "--update", "u", "--output", "o", "--compression-level", "0"],
            ["image", "packages", "x.wim"],  # which index?
            ["image", "info", "x.wim", "--log-format", "xml"],
            ["lab", "create", "d", "--preset", "huge"],
        ]:
            with self.subTest(" ".join(words)):
                done = self.check(run(*words, cwd=self.dir), 1)
                self.assertIn("  next:  ", done.err)
                self.assertEqual(list(self.dir.iterdir()), [])

    def test_json_is_promised_for_usage_errors_too(self):
        done = self.check(run("image", "info", "--json", "--nonsense"), 1)
        error = done.json()
        self.assertEqual(error["schema"], 1)
        self.assertEqual(error["command"], "image info")
        self.assertEqual((error["result"], error["exit_code"]), ("failed", 1))
        self.assertEqual(error["error"]["code"], "WW_E_USAGE")


class Documents(ProgramTest):
    def test_manual_pages_of_all_commands(self):
        self.check(run("man", "--output-dir", self.dir), 0)
        pages = {path.name for path in self.dir.iterdir()}
        self.assertEqual(pages, {"wimwright.1"} | {f"wimwright-{c.replace(' ', '-')}.1" for c in COMMANDS})
        page = (self.dir / "wimwright-apply.1").read_text()
        for part in [".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS", ".SH EXAMPLES", ".SH EXIT STATUS", "in\\-place"]:
            self.assertIn(part, page)

    def test_manual_pages_are_sound_roff(self):
        tool("man")
        self.check(run("man", "--output-dir", self.dir), 0)
        for page in sorted(self.dir.iterdir()):
            with self.subTest(page.name):
                done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page)],
                                      capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def complete(self, *words):
        script = (f'source <("{PROGRAM}" completion bash); COMP_WORDS=({" ".join(words)} ""); '
                  f'COMP_CWORD={len(words)}; _wimwright; printf "%s\\n" "${{COMPREPLY[@]}}"')
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=self.dir)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_completion_follows_the_definitions(self):
        self.assertIn("image", self.complete("wimwright"))
        self.assertEqual([w for w in self.complete("wimwright", "image") if not w.startswith("-")],
                         ["info", "packages", "verify", "diff", "rollback", "compact"])
        self.assertIn("--in-place", self.complete("wimwright", "apply", "x.wim"))
        self.assertEqual([w for w in self.complete("wimwright", "site", "group") if not w.startswith("-")],
                         ["create", "list", "show"])
        self.assertEqual(self.complete("wimwright", "lab", "create", "d", "--preset"), ["small", "standard", "large"])
