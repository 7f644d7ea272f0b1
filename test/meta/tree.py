# SPDX-License-Identifier: MIT
"""The source tree as the checks of this folder see it.

Each check is a program that prints one line a fault, `FILE:LINE: what is wrong`, and fails if there
was any. Its rules are functions of a Source, so that self-test.py can show them bad code.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("CHARHUB_SOURCE", pathlib.Path(__file__).parents[2])).resolve()

_TOKEN = re.compile(r"""
	//[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
""", re.X | re.S)


def _blank(match):
    """Nothing but the line breaks; a literal keeps its quotes."""
    text = match.group()
    quote = text[0] if text[0] in "\"'" else " "
    return quote + "\n" * text.count("\n") + quote


class Source:
    """One file: its path from the root, its text, and for C the text without comments, literals."""

    def __init__(self, path, text):
        self.path = str(path)
        self.text = text
        self._code = None

    @property
    def lines(self):
        return self.text.split("\n")

    @property
    def code(self):
        if self._code is None:
            self._code = _TOKEN.sub(_blank, self.text)
        return self._code

    @property
    def code_lines(self):
        return self.code.split("\n")

    @property
    def suffix(self):
        return pathlib.PurePath(self.path).suffix

    def fault(self, number, text):
        return f"{self.path}:{number}: {text}"


def _is_ours(folder):
    return not (folder.startswith(".") and folder != ".ci" or folder.startswith("build") or
                folder == "__pycache__")


def _tracked():
    """What belongs to the project; nothing where no repository tells."""
    try:
        done = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached"], check=True,
                              capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return sorted(pathlib.Path(os.fsdecode(name)) for name in done.stdout.split(b"\0") if name)


def _found():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(filter(_is_ours, folders))
        for name in sorted(names):
            if name != ".git":  # of a worktree: says where the repository is
                yield (pathlib.Path(folder) / name).relative_to(ROOT)


def sources(*suffixes, under=()):
    """Text files of the tree; @under: only those in these folders.

    In a repository those that it has: a socket or somebody's notes beside them are no faults.
    """
    for path in _tracked() or _found():
        if suffixes and path.suffix not in suffixes:
            continue
        if under and not any(str(path).startswith(prefix + "/") for prefix in under):
            continue
        if not (ROOT / path).is_file():
            continue  # a socket, a FIFO; one that was removed and not committed yet
        try:
            yield Source(path, (ROOT / path).read_text())
        except UnicodeDecodeError:
            continue  # a picture, a font, a fuzz corpus


def c_sources():
    return sources(".c", ".h", under=("src", "include", "test"))


def report(faults):
    """Print the faults, end the program."""
    faults = list(faults)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)
