"""docs/compatibility.md says what the program does."""

import difflib

import compatibility
from served_site import SiteTest


class CompatibilityTest(SiteTest):
    def test_the_document_is_what_the_program_does(self):
        made = compatibility.make(self.site)
        written = compatibility.DOCUMENT.read_text()
        changes = [line[:300] for line in difflib.unified_diff(written.splitlines(), made.splitlines(),
                                                               "docs/compatibility.md", "the program", n=0, lineterm="")]
        self.assertEqual(changes[:40], [], "\n".join(changes[:40]) + "\nmake it again: tests/compatibility.py --write")

    def test_the_document_has_every_class_and_member(self):
        model = compatibility.Model(self.site.ask("GET", "$metadata").text)
        rows = {}
        for line in compatibility.DOCUMENT.read_text().splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) > 1:
                rows.setdefault(cells[0], set()).update(word for cell in cells[1:] for word in cell.split(", "))
        for into in (model.entities, model.embedded, model.methods):
            for cls, members in into.items():
                if cls not in model.abstract or into is model.methods:
                    self.assertEqual(set(members) - rows.get(cls, set()), set(), cls)
