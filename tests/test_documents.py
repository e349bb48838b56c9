"""The documents: links lead somewhere, and tables of codes have every code of the source."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("packaging/**/*.md"), *ROOT.glob("examples/*.md"),
                    *ROOT.glob("bench/*.md")])


def anchors(text):
    """As the web sites that show such files make them of headings."""
    found = set()
    for heading in re.findall(r"(?m)^#+ (.*)$", text):
        word = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", word).replace(" ", "-"))
    return found


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for document in DOCUMENTS:
            text = re.sub(r"(?s)```.*?```", "", document.read_text())
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", target):
                    continue
                with self.subTest(f"{document.relative_to(ROOT)}: {target}"):
                    path, _, anchor = target.partition("#")
                    file = (document.parent / path).resolve() if path else document
                    self.assertTrue(file.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(file.read_text()))

    def table(self, heading):
        text = (ROOT / "docs/troubleshooting.md").read_text()
        return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]

    def test_every_code_of_ours_is_explained(self):
        source = (ROOT / "src/base/include/wimwright/base/result.h").read_text()
        names = re.findall(r"(?m)^  k(\w+) = \d+,", source)
        codes = {"WW_E_" + re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in names}
        self.assertEqual(codes, set(re.findall(r"(?m)^\| `(WW_E_\w+)`", self.table("WW_E_ codes"))))

    def test_every_windows_code_that_is_given_is_explained(self):
        source = (ROOT / "src/engine/cbs/include/wimwright/cbs/hresult.h").read_text()
        given = {code.upper() for code in re.findall(r"Hresult k\w+ = 0x(\w+);", source)}
        explained = {code.upper() for code in re.findall(r"(?m)^\| 0x(\w+)", self.table("Windows codes"))}
        self.assertLessEqual(given, explained)

    def test_exit_codes_are_those_of_the_contract(self):
        contract = (ROOT / "docs/cli.md").read_text().split("### Exit codes")[1].split("###")[0]
        pattern = r"(?m)^\| (\d+) \| ([^|]*) \| ([^|]*) \|"
        self.assertEqual(re.findall(pattern, contract), re.findall(pattern, self.table("Exit codes")))

    def test_every_status_message_that_is_raised_is_explained(self):
        explained = set(re.findall(r"(?m)^\| (\d{4}) \|", self.table("Status messages")))
        servicing = (ROOT / "src/site/manager/servicing_log.h").read_text()
        numbers = dict(re.findall(r"(?m)^  (k\w+) = (79\d\d),", servicing))
        code = "".join(p.read_text() for p in (ROOT / "src/site/manager").glob("*.cc"))
        raised = {numbers[name] for name in re.findall(r"Message::(k\w+)", code) if name in numbers}
        for path in (ROOT / "src/site").glob("*/*.cc"):
            raised |= set(re.findall(r"\b(23\d\d)(?=[,;}]|\s*:)", path.read_text()))
        # Named by distmgr for their severity only.
        raised -= {"2305", "2328", "2344"} - explained
        self.assertEqual(raised, explained)

    def test_states_of_a_run_are_explained(self):
        source = (ROOT / "src/site/manager/include/wimwright/manager/run.h").read_text()
        states = re.findall(r"(?m)^  k(\w+),$", source.split("enum class RunState {")[1].split("}")[0])
        for state in states:
            self.assertIn(state, self.table("States of a run"))


if __name__ == "__main__":
    unittest.main()
