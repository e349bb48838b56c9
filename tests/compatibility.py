"""Makes docs/compatibility.md of the program: what each class, member and method of a site is good for.

    python3 tests/compatibility.py --program build/release/bin/wimwright [--write]

Three sources, in this order: `$metadata` names what there is; a site that is made for it and filled
with one of each thing shows what it fills in by itself and which methods have code; schema/*.mof
and src/site/provider tell who may write a member and whether any code names it.
"""

import argparse
import os
import pathlib
import re
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "compatibility.md"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
TRIVIAL = (None, "", 0, False)

INTRODUCTION = """# Which classes, members and methods a site serves

Made by `python3 tests/compatibility.py --write`; `tests/test_compatibility.py` fails when it does not say what the program does. Every class of the
schema can be asked for, each with all its members; a member that means nothing here is null or has its default.

| Word | Of a class | Of a member | Of a method |
|---|---|---|---|
| clients | clients create, change and delete instances | | |
| site | instances are made by the site; clients read them | | |
| none | read like any other, without an instance in a site that is in ordinary use: belongs to a feature that does not exist here, or to servicing that did not run yet | | |
| abstract | instances are of derived classes | | |
| served | | the site fills it in, checks it or acts on it | |
| stored only | | comes back as it was written; nothing here acts on it | |
| empty | | null or its default; nobody can change that | |
| works | | | has code |
| not implemented | | | answers 501 (WBEM_E_METHOD_NOT_IMPLEMENTED) |

What decides: a member is *served* when it is a key, when a site that has one of each thing fills it in without being told, or when the code behind the class
names it; otherwise it is *stored only* when clients may write it, and *empty* when it is read-only. Members of classes without instances (*none*) are all
listed as empty. System members (`__CLASS` and so on) are always served.
"""

REASONS = """Why some of them are not: `ExportRole` and `ImportRole` of `SMS_Role` exchange XML whose form is not documented anywhere; a form of our own under that
name would be taken for theirs by one side or the other. Roles are copied with `site get` and POST. `SMS_ContextMethods` keeps a caller's context on the
server between calls; over REST every call brings its context in headers (`SMS-ApplicationName`, `SMS-ObjectLockContext` ...), and a handle would be
known to one of several servers only. The other ones belong to features that a site does not have."""


def mof_classes():
    """name -> (base, {member: (read-only, has a default)}): enough of MOF for these files."""
    found = {}
    for path in sorted((ROOT / "schema").glob("*.mof")):
        text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', path.read_text())
        text = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
        for match in re.finditer(r"\bclass\s+(\w+)\s*(?::\s*(\w+))?\s*\{(.*?)\n\};", text, re.S):
            name, base, body = match.groups()
            members = {}
            for one in re.finditer(r"(?:\[(?P<q>[^;]*?)\]\s*)?(?P<type>\w+(?: ref)?)\s+(?P<name>\w+)\s*(?:\[\])?"
                                   r"\s*(?P<default>=\s*[^;(]+)?;", body):
                qualifiers = (one["q"] or "").lower()
                read = None
                if re.search(r"\bread\(false\)", qualifiers):
                    read = False
                elif re.search(r"\bread\b", qualifiers):
                    read = True
                members[one["name"]] = (read, one["default"] is not None)
            found[name] = (base, members)
    return found


class Declared:
    def __init__(self):
        self.classes = mof_classes()
        self.sources = {path.name: path.read_text() for path in
                        sorted((ROOT / "src" / "site" / "provider").glob("*.cc"))}

    def line(self, cls):
        while cls:
            yield cls
            cls = self.classes.get(cls, (None, {}))[0]

    def read_only(self, cls, member):
        for one in self.line(cls):
            read = self.classes.get(one, (None, {}))[1].get(member, (None, False))[0]
            if read is not None:
                return read
        return False

    def has_default(self, cls, member):
        return any(self.classes.get(one, (None, {}))[1].get(member, (None, False))[1] for one in self.line(cls))

    def named_in_code(self, cls, member):
        names = [f'"{one}"' for one in self.line(cls) if one not in ("SMS_BaseClass",)]
        return any(f'"{member}"' in text for text in self.sources.values()
                   if any(name in text for name in names))


class Model:
    """What $metadata says."""

    def __init__(self, text):
        root = ElementTree.fromstring(text)
        self.entities, self.embedded, self.methods, self.abstract = {}, {}, {}, set()
        bases = {}
        for kind, into in (("EntityType", self.entities), ("ComplexType", self.embedded)):
            for one in root.iter(EDM + kind):
                name = one.get("Name")
                if name.endswith("_Result"):
                    continue
                bases[name] = (one.get("BaseType") or "").split(".")[-1]
                into[name] = [p.get("Name") for p in one.iter(EDM + "Property")]
                if one.get("Abstract") == "true":
                    self.abstract.add(name)
        self.keys = {one.get("Name"): [key.get("Name") for key in one.iter(EDM + "PropertyRef")]
                     for one in root.iter(EDM + "EntityType")}
        for into in (self.entities, self.embedded):
            for name in into:
                members, base = list(into[name]), bases[name]
                while base:
                    members = into.get(base, []) + members if base in into else members
                    base = bases.get(base, "")
                into[name] = sorted({m for m in members if not m.startswith("__")}, key=str.lower)
        for one in root.iter(EDM + "Action"):
            name = one.get("Name")
            if one.get("IsBound") == "true":
                binding = next(one.iter(EDM + "Parameter"))
                cls = binding.get("Type").split(".")[-1].rstrip(")")
                self.methods.setdefault(cls, {})[name.split(".")[-1]] = False
            else:
                cls, method = name.split(".")
                self.methods.setdefault(cls, {})[method] = True


def fill(site):
    """One of each thing; {class: names of members that were sent}."""
    sent = {}

    def post(cls, **body):
        sent.setdefault(cls, set()).update(body)
        return site.post(cls, body)

    sent["SMS_ImagePackage"] = {"Name", "PkgSourceFlag", "PkgSourcePath"}
    image = site.add_image("Image")
    site.settled(image)
    post("SMS_OperatingSystemInstallPackage", Name="Upgrade", PkgSourceFlag=2, PkgSourcePath=r"\\srv\share\setup")
    post("SMS_SoftwareUpdatesPackage", Name="Updates", PkgSourceFlag=2, PkgSourcePath=r"\\srv\share\updates")
    [update] = site.add_updates("windows10.0-kb9000102-x86.msu")
    sent.setdefault("SMS_AuthorizationList", set()).update(("LocalizedInformation", "Updates"))
    site.add_group("Group", [update])
    for words in (("dp", "add", "dp1.example.org"), ("dp", "distribute", image, "--to", "dp1.example.org")):
        if site.run(*words).code != 0:
            raise AssertionError(f"site {words}")
    post("SMS_DistributionPointGroup", Name="Points", Description="")
    # In 2033: what has run shows other members, and a time that has come runs within seconds.
    schedule = post("SMS_ImageServicingSchedule", Action=0, Schedule="0034BFC000080000")["ScheduleID"]
    post("SMS_ImageServicingScheduledImage", ImagePackageID=image, ScheduleID=schedule)
    post("SMS_ImageServicingScheduledUpdate", ScheduleID=schedule, UpdateID=update)
    folder = post("SMS_ObjectContainerNode", Name="Folder", ObjectType=18, ParentContainerNodeID=0)
    post("SMS_ObjectContainerItem", InstanceKey=image, ObjectType=18,
         ContainerNodeID=folder["ContainerNodeID"])
    post("SMS_SecuredCategory", CategoryName="Scope", CategoryDescription="")
    return sent


def address(entity):
    """SMS_X.A="b",C=5 as SMS_X(A='b',C=5)."""
    cls, keys = entity["__RELPATH"].split(".", 1)
    out = []
    for one in re.finditer(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,]*)', keys):
        name, value = one.groups()
        if value.startswith('"'):
            value = "'" + re.sub(r"\\(.)", r"\1", value[1:-1]).replace("'", "''") + "'"
        out.append(f"{name}={urllib.parse.quote(value, safe='')}")
    return f"{cls}({','.join(out)})"


def observe(site, model):
    """class -> some instances, whole."""
    found = {}
    for cls in model.entities:
        if cls in model.abstract:
            continue
        whole = []
        for one in site.list(cls, top=20):
            if not model.keys[cls]:  # cannot be asked for one by one
                whole.append(one)
                continue
            answer = site.ask("GET", address(one))
            whole.append(answer.values()[0] if answer.status == 200 else one)
        if whole:
            found[cls] = whole
    return found


def instances(site, model, seen, cls):
    if cls in model.abstract:
        return "abstract"
    answer = site.ask("POST", cls, {})
    if answer.status in (405, 501) or "made by the site" in answer.text:
        return "site" if cls in seen else "none"
    return "clients"


def method_works(site, model, seen, cls, method, static):
    """None: there is nothing to call it on."""
    target = f"{cls}.{method}"
    if not static:
        if cls not in seen or not model.keys[cls]:
            return None
        target = f"{address(seen[cls][-1])}/AdminService.{method}"
    return site.ask("POST", target, {}).status != 501


def sort_members(cls, members, model, declared, seen, sent):
    groups = {"served": [], "stored only": [], "empty": []}
    for member in members:
        filled = member not in sent.get(cls, ()) and not declared.has_default(cls, member) and any(
            one.get(member) not in TRIVIAL and one.get(member) != [] for one in seen.get(cls, ()))
        if member in model.keys.get(cls, ()) or filled or declared.named_in_code(cls, member):
            groups["served"].append(member)
        elif declared.read_only(cls, member):
            groups["empty"].append(member)
        else:
            groups["stored only"].append(member)
    return groups


def make(site):
    model, declared = Model(site.ask("GET", "$metadata").text), Declared()
    sent = fill(site)
    seen = observe(site, model)
    kinds = {cls: instances(site, model, seen, cls) for cls in sorted(model.entities)}
    lines = [INTRODUCTION]
    lines += ["## Classes and members", "",
              "| Class | Instances | Served | Stored only | Empty |", "|---|---|---|---|---|"]
    for cls, kind in kinds.items():
        if kind == "abstract":
            groups = {}
        elif kind == "none":
            groups = {"empty": model.entities[cls]}
        else:
            groups = sort_members(cls, model.entities[cls], model, declared, seen, sent)
        cells = [", ".join(groups.get(name, ())) or "-" for name in ("served", "stored only", "empty")]
        lines.append(f"| {cls} | {kind} | {' | '.join(cells)} |")
    lines += ["", "## Embedded classes", "",
              "They live inside members of others and come back as they were written, unless the site made them.", "",
              "| Class | Members |", "|---|---|"]
    lines += [f"| {cls} | {', '.join(members) or '-'} |" for cls, members in sorted(model.embedded.items())]
    lines += ["", "## Methods", "", "Inherited ones are listed with each class that has them.", "", REASONS, "",
              "| Class | Works | Not implemented | No instance to call it on |", "|---|---|---|---|"]
    for cls, methods in sorted(model.methods.items()):
        groups = {True: [], False: [], None: []}
        for method, static in sorted(methods.items()):
            groups[method_works(site, model, seen, cls, method, static)].append(method)
        cells = [", ".join(groups[key]) or "-" for key in (True, False, None)]
        lines.append(f"| {cls} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--program", type=pathlib.Path)
    arguments.add_argument("--write", action="store_true", help="write docs/compatibility.md instead of printing it")
    given = arguments.parse_args()
    if given.program:
        os.environ["WIMWRIGHT"] = str(given.program.resolve())
    sys.path.insert(0, str(ROOT / "tests"))
    from served_site import Site
    with tempfile.TemporaryDirectory(prefix="wimwright-") as folder, Site(folder) as site:
        text = make(site)
    if given.write:
        DOCUMENT.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
