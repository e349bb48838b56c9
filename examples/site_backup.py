#!/usr/bin/env python3
"""Backs a wimwright site up, beside the running server, and puts it back.

    site_backup.py backup  --data /var/lib/wimwright --to /backup/wimwright
    site_backup.py restore --from /backup/wimwright --data /var/lib/wimwright
    site_backup.py check   --from /backup/wimwright

As a user who may read the site's folder (root, or the service's own). A second backup into the same folder copies only
the content that is new there. PostgreSQL needs pg_dump and pg_restore of at least the server's version.

The order matters (docs/backup-and-restore.md): content, database, and the content that came meanwhile. Everything the copy
of the database refers to is then in the copy of the library.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib

FORMAT = 1
# Of the site's folder, not part of the copy: what is saved in its own way, and what nobody misses.
LEFT_OUT = {"logs", "uploads", "site.db", "site.db-wal", "site.db-shm", "server.id.new"}
CONTENT = re.compile(r"[0-9a-f]{64}(\.map)?")


class Site:
    def __init__(self, data):
        self.data = data
        file = data / "site.toml"
        settings = tomllib.loads(file.read_text())
        url = settings.get("database", {}).get("url", f"sqlite:{data}/site.db")
        self.url = os.environ.get("WIMWRIGHTD_DATABASE_URL", url)
        folder = settings.get("content", {}).get("folder", "content")
        self.content = data / os.environ.get("WIMWRIGHTD_CONTENT_FOLDER", folder)
        self.code = settings["site"]["code"]

    def sqlite(self):
        return pathlib.Path(self.url.removeprefix("sqlite:")) if self.url.startswith("sqlite:") else None


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source, target):
    """Whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(target.name + ".part")
    shutil.copy2(source, part)
    with open(part, "rb") as file:
        os.fsync(file.fileno())
    part.rename(target)


def copy_content(library, target):
    """Files are named by their SHA-256 and never change: what is there with its size is there."""
    copied = 0
    for source in sorted((library / "FileLib").glob("*/*")):
        if not CONTENT.fullmatch(source.name):
            continue
        there = target / "FileLib" / source.parent.name / source.name
        try:
            if there.exists() and there.stat().st_size == source.stat().st_size:
                continue
            copy(source, there)
            copied += 1
        except FileNotFoundError:
            continue  # collected as garbage meanwhile: the database's copy does not need it
    return copied


def copy_database(site, target):
    if site.sqlite():
        part = target / "database.sqlite.part"
        part.unlink(missing_ok=True)
        source = sqlite3.connect(f"file:{site.sqlite()}?mode=ro", uri=True)
        copied = sqlite3.connect(part)
        source.backup(copied)  # the online backup: a moment of the database, while it is used
        if copied.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            sys.exit("the copy of the database is not sound")
        copied.close()
        source.close()
        part.rename(target / "database.sqlite")
        return "database.sqlite"
    part = target / "database.pgdump.part"
    subprocess.run(["pg_dump", "--format=custom", "--no-owner", f"--file={part}", f"--dbname={site.url}"], check=True)
    part.rename(target / "database.pgdump")
    return "database.pgdump"


def backup(given):
    site = Site(given.data)
    target = given.folder
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    manifest = target / "manifest.json"
    manifest.unlink(missing_ok=True)  # without it a backup is not whole
    files = {}
    copied = copy_content(site.content, target / "content")
    database = copy_database(site, target)
    copied += copy_content(site.content, target / "content")
    files[database] = digest(target / database)
    shutil.rmtree(target / "site", ignore_errors=True)
    inside = site.content.resolve().is_relative_to(site.data.resolve())
    for source in sorted(p for p in site.data.rglob("*") if p.is_file()):
        name = source.relative_to(site.data)
        if name.parts[0] in LEFT_OUT or (inside and source.resolve().is_relative_to(site.content.resolve())):
            continue
        copy(source, target / "site" / name)
        files[f"site/{name}"] = digest(target / "site" / name)
    part = target / "manifest.json.part"
    part.write_text(json.dumps({
        "format": FORMAT, "site_code": site.code, "data": str(site.data), "content": str(site.content),
        "made": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "files": files}, indent=2) + "\n")
    part.rename(manifest)
    os.sync()
    print(f"{target}: {database}, {len(files) - 1} files of the site, {copied} new files of content")


def read_manifest(folder):
    path = folder / "manifest.json"
    if not path.exists():
        sys.exit(f"{folder} is no whole backup: there is no manifest.json")
    manifest = json.loads(path.read_text())
    if manifest.get("format") != FORMAT:
        sys.exit(f"{path}: format {manifest.get('format')} is not known")
    return manifest


def check(given):
    manifest = read_manifest(given.folder)
    wrong = [name for name, sha in manifest["files"].items()
             if not (given.folder / name).is_file() or digest(given.folder / name) != sha]
    count = 0
    for path in sorted((given.folder / "content" / "FileLib").glob("*/*")):
        if CONTENT.fullmatch(path.name) and path.suffix != ".map":
            count += 1
            if digest(path) != path.name:
                wrong.append(str(path.relative_to(given.folder)))
    for name in wrong:
        print(f"damaged: {name}")
    if wrong:
        sys.exit(1)
    print(f"{given.folder}: {len(manifest['files'])} files and {count} contents are what they were")


def restore(given):
    manifest = read_manifest(given.folder)
    data = given.data
    if data.exists() and any(data.iterdir()):
        sys.exit(f"{data} is not empty: move the old site away first")
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, sha in manifest["files"].items():
        if not name.startswith("site/"):
            continue
        copy(given.folder / name, data / name.removeprefix("site/"))
        if digest(data / name.removeprefix("site/")) != sha:
            sys.exit(f"{name} is damaged in the backup")
    toml = data / "site.toml"
    old = manifest["data"]
    if old != str(data):
        toml.write_text(toml.read_text().replace(f"{old}/", f"{data}/"))
        print(f"site.toml: {old} is now {data}; look at it")
    if given.database:
        os.environ["WIMWRIGHTD_DATABASE_URL"] = given.database
        text = toml.read_text()
        toml.write_text(re.sub(r"(?m)^url *=.*$", lambda _: "url = " + json.dumps(given.database), text, count=1))
    site = Site(data)
    copied = copy_content(given.folder / "content", site.content)
    if site.sqlite():
        copy(given.folder / "database.sqlite", site.sqlite())
    else:
        subprocess.run(["pg_restore", "--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={site.url}",
                        given.folder / "database.pgdump"], check=True)
    owner = data.stat()
    for path in [data, *data.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    print(f"{data}: site {manifest['site_code']} as of {manifest['made']}, {copied} files of content")
    print("next: wimwrightd config --data", data, "and start the server")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("backup")
    one.add_argument("--data", required=True, type=lambda p: pathlib.Path(p).absolute())
    one.add_argument("--to", dest="folder", required=True, type=pathlib.Path)
    one.set_defaults(run=backup)
    one = commands.add_parser("restore")
    one.add_argument("--from", dest="folder", required=True, type=pathlib.Path)
    one.add_argument("--data", required=True, type=lambda p: pathlib.Path(p).absolute(), help="a new or empty folder")
    one.add_argument("--database", help="put it there instead of where site.toml says; an empty database")
    one.set_defaults(run=restore)
    one = commands.add_parser("check")
    one.add_argument("--from", dest="folder", required=True, type=pathlib.Path)
    one.set_defaults(run=check)
    os.umask(0o077)
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
