"""The program under test as a user starts it, and the lab that tests share."""

import atexit
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus" / "packages"
PROGRAM = pathlib.Path(os.environ.get("WIMWRIGHT", ROOT / "build/release/bin/wimwright")).resolve()

# A test that hangs must not hang the build: sanitizer builds are slow, this is slower.
TIMEOUT = 1200

_folder = None
_labs = {}


def folder():
    """One scratch folder per test run, removed at its end."""
    global _folder
    if _folder is None:
        _folder = pathlib.Path(tempfile.mkdtemp(prefix="wimwright-tests-"))
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder


def lab(name="small", *arguments):
    """The sample images and updates, made once per test run."""
    if name not in _labs:
        path = folder() / f"lab-{name}"
        done = run("lab", "create", path, "--preset", "small", "--quiet", *arguments)
        _labs[name] = path if done.code == 0 else done.err
    if isinstance(_labs[name], str):
        raise AssertionError(f"the lab cannot be made: {_labs[name]}")
    return _labs[name]


def corpus(name):
    """A genuine update, or the reason why the test cannot run."""
    path = CORPUS / name
    if not path.exists():
        raise unittest.SkipTest("genuine updates (../shared/corpus) are not here")
    return path


def sanitized():
    """Whether the programs are those of the dev or tsan preset."""
    return any(name in os.environ.get("WIMWRIGHT", "").split("build", 1)[-1] for name in ("/dev/", "/tsan/"))


def tool(name):
    if shutil.which(name) is None:
        raise unittest.SkipTest(f"{name} is not installed")
    return name


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)


def start(*arguments, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen([str(PROGRAM), *map(str, arguments)], text=True, **options)


def run(*arguments, **options):
    process = start(*arguments, **options)
    try:
        out, err = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"no end after {TIMEOUT} s: {arguments}") from None
    return Done(process.returncode, out, err)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Locked:
    """Holds the lock that libwim and wimwright take while they write."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = open(self.path, "r+b")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        self.file.close()


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=folder()))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def check(self, done, code):
        self.assertEqual(done.code, code, f"stdout: {done.out[-2000:]}\nstderr: {done.err[-4000:]}")
        return done

    def copy(self, path):
        target = self.dir / path.name
        shutil.copyfile(path, target)
        return target

    def assertKeys(self, value, keys):
        self.assertIsInstance(value, dict)
        missing = [key for key in keys if key not in value]
        self.assertEqual(missing, [], f"keys missing in {sorted(value)}")

    def assertTellsTheStory(self, done):
        """Cause, next step and codes, each on its line."""
        self.assertIn("  cause: ", done.err)
        self.assertIn("  next:  ", done.err)
        self.assertRegex(done.err, r"  code:  WW_E_[A-Z_]+ \[HRESULT = 0x[0-9a-f]{8} - [A-Z0-9_]+\], exit code \d+")
        self.assertIn(f"exit code {done.code}", done.err)


def cases(name="small"):
    """What has to come out, as the lab itself describes it."""
    found = json.loads((lab(name) / "lab.json").read_text())["cases"]
    for one in found:
        # Without a decision: the image ends the job before there is one.
        one["updates"] = [{"update": update, "decision": "", **one["decisions"].get(update, {})}
                          for update in one["updates"]]
        one.setdefault("build_before", "")
        one.setdefault("build_after", "")
    return found


def case(wanted, name="small"):
    """The first case for which `wanted` is true."""
    for found in cases(name):
        if wanted(found):
            return found
    raise AssertionError("the lab has no such case")


def decisions(found):
    return [update["decision"] for update in found["updates"]]


def installs(found):
    """Something is installed and everything goes well."""
    return found["exit_code"] == 0 and "install" in decisions(found)


def verifications(name="small"):
    """What `image verify` has to find in each image, as the lab describes it."""
    return json.loads((lab(name) / "lab.json").read_text())["verifications"]


def paths(found, name="small"):
    """Image and updates of a case."""
    root = lab(name)
    return root / "images" / found["image"], [root / "updates" / u["update"] for u in found["updates"]]
