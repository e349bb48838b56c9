#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets: python3 make_seeds.py (needs wimlib-imagex)."""
import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

CORPUS = pathlib.Path(__file__).parent / "corpus"
DIRECTORY, REPARSE = 0x10, 0x400


def pad(data):
    return data + bytes(-len(data) % 8)


def text(name):
    return name.encode("utf-16-le") + b"\0\0" if name else b""


def entry(name, attributes=0x20, subdir=0, content=None, short="", group=0, streams=(), tagged=b""):
    digest = hashlib.sha1(content).digest() if content else bytes(20)
    rest = struct.pack("<IiQQQ3Q20sIQHHH", attributes, -1, subdir, 0, 0, 1, 2, 3, digest, 0, group,
                       len(streams), len(short) * 2, len(name) * 2)
    body = pad(bytes(8) + rest + text(name) + text(short)) + tagged
    out = pad(struct.pack("<Q", len(body)) + body[8:])
    for stream_name, stream_content in streams:
        digest = hashlib.sha1(stream_content).digest() if stream_content else bytes(20)
        data = pad(bytes(16) + digest + struct.pack("<H", len(stream_name) * 2) + text(stream_name))
        out += struct.pack("<Q", len(data)) + data[8:]
    return out


def security(*descriptors):
    data = struct.pack("<II", 0, len(descriptors))
    data += b"".join(struct.pack("<Q", len(d)) for d in descriptors) + b"".join(descriptors)
    data = pad(data)
    return struct.pack("<I", len(data)) + data[4:]


def metadata(table, lists):
    """lists: the root's children; a child with a list of its own is (name, attributes, children)."""
    root_size = len(entry("", DIRECTORY))
    offset = len(table) + root_size + 8
    blocks = []
    pending = [lists]
    # The size of every list is known before its place is.
    def size(children):
        return sum(len(make(c, 0)) for c in children) + 8

    def make(child, subdir):
        if isinstance(child, bytes):
            return child
        return entry(child[0], child[1], subdir)

    def place(children, at):
        out, after = b"", at + size(children)
        tails = b""
        for child in children:
            if isinstance(child, bytes):
                out += child
                continue
            out += make(child, after)
            tail = place(child[2], after)
            tails += tail
            after += len(tail)
        return out + bytes(8) + tails

    return table + entry("", DIRECTORY, offset) + bytes(8) + place(lists, offset)


def metadata_seeds(folder):
    seeds = {
        "empty_root": metadata(security(), []),
        "files": metadata(security(b"a descriptor"), [entry("a", content=b"1"), entry("B.txt", short="B~1.TXT")]),
        "nested": metadata(security(), [("d", DIRECTORY, [("e", DIRECTORY, [entry("f", content=b"2")])]),
                                        ("junction", DIRECTORY | REPARSE, [])]),
        "links": metadata(security(), [entry("l1", content=b"3", group=7), entry("l2", content=b"3", group=7),
                                       entry("l3", content=b"4", group=7)]),
        "streams": metadata(security(b"x" * 20, b"y" * 21),
                            [entry("s", streams=[("", b"5"), ("named", b"6"), ("zero", None)], tagged=b"T" * 24),
                             entry("r", REPARSE | 0x20, content=b"7", group=0xA000000C, streams=[("", b"8")])]),
    }
    cycle = bytearray(metadata(security(), [("d", DIRECTORY, [])]))
    first = struct.unpack_from("<Q", cycle, 8 + 16)[0]
    struct.pack_into("<Q", cycle, first + 16, first)
    seeds["cycle"] = bytes(cycle)
    for name, data in seeds.items():
        (folder / name).write_bytes(data)


def file_seeds(folder):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        source = scratch / "s"
        (source / "folder").mkdir(parents=True)
        (source / "a.txt").write_bytes(b"some words and more words, " * 60)
        (source / "folder/b.bin").write_bytes(bytes(range(256)) * 20)
        (source / "empty").write_bytes(b"")
        os.link(source / "a.txt", source / "folder/link")
        (source / "symlink").symlink_to("a.txt")
        variants = {
            "none": ["--compress=none"],
            "xpress": ["--compress=XPRESS", "--chunk-size=4096", "--check"],
            "lzx": ["--compress=LZX"],
            "lzms": ["--compress=LZMS", "--chunk-size=32768"],
            "solid": ["--solid"],
            "pipable": ["--pipable"],
        }
        for name, options in variants.items():
            target = scratch / (name + ".wim")
            subprocess.run(["wimlib-imagex", "capture", source, target, "one", *options], check=True,
                           stdout=subprocess.DEVNULL)
            if name in ("none", "lzx"):
                subprocess.run(["wimlib-imagex", "append", source, target, "two"], check=True,
                               stdout=subprocess.DEVNULL)
            (folder / name).write_bytes(target.read_bytes())


def main():
    for name, make in (("wim_metadata", metadata_seeds), ("wim_file", file_seeds)):
        folder = CORPUS / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)


if __name__ == "__main__":
    main()
