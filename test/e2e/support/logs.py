# SPDX-License-Identifier: MIT
"""A folder with vm.log, and what it was before it was rotated."""

import gzip
import re


def lines(start, end):
    return b"".join(b"%09d the guest says something of some length\n" % i
                    for i in range(start, end))


def old_files(folder, ending="Z"):
    return sorted(path for path in folder.iterdir()
                  if re.search(r"\.log\.\d{8}T\d{6}\.\d{3}" + ending + "$", path.name))


def newest(folder):
    """Between two logs there is none for a moment."""
    try:
        return (folder / "vm.log").read_bytes()
    except FileNotFoundError:
        return b""


def everything(folder):
    """What a reader makes of the folder at any moment; None: it changed under his hands."""
    parts = {}
    try:
        for path in folder.iterdir():
            found = re.fullmatch(r"vm\.log\.(\S{20})(\.gz)?", path.name)
            if found and (found[1] not in parts or not found[2]):
                data = path.read_bytes()
                parts[found[1]] = gzip.decompress(data) if found[2] else data
    except FileNotFoundError:
        return None
    return b"".join(parts[name] for name in sorted(parts)) + newest(folder)
