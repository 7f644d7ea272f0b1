# SPDX-License-Identifier: MIT
"""Collect the system calls that the sources name, as a list for C.

	gen-syscalls.py SRC OUTPUT DEPFILE
"""

import pathlib
import re
import sys

LISTS = {"SANDBOX_SYSCALLS": "syscalls", "SANDBOX_UPGRADE_SYSCALLS": "for an upgrade"}


def names_in(texts, word):
    """All that stand behind @word, for C."""
    line = re.compile(rf"^\s*(?:/\*|\*) {word}: ([\w ]+?)(?: \*/)?$", re.M)
    names = {name for text in texts for found in line.findall(text) for name in found.split()}
    return ", ".join(f'"{name}"' for name in sorted(names))


def main(src, output, depfile):
    files = sorted(path for path in pathlib.Path(src).glob("*/*.c")
                   if path.parent.name != "client")
    texts = [path.read_text(encoding="utf-8") for path in files]
    lines = [f"#define {macro} {names_in(texts, word)}\n" for macro, word in LISTS.items()]
    pathlib.Path(output).write_text("".join(lines), encoding="utf-8")
    pathlib.Path(depfile).write_text(f"{output}: {' '.join(map(str, files))}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
