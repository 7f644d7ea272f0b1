# SPDX-License-Identifier: MIT
"""Collect the system calls that the sources name, as a list for C.

	gen-syscalls.py SRC OUTPUT DEPFILE
"""

import pathlib
import re
import sys

LINE = re.compile(r"^\s*(?:/\*|\*) syscalls: ([\w ]+?)(?: \*/)?$", re.M)


def main(src, output, depfile):
    files = sorted(path for path in pathlib.Path(src).glob("*/*.c")
                   if path.parent.name != "client")
    names = {name for path in files for line in LINE.findall(path.read_text(encoding="utf-8"))
             for name in line.split()}
    words = ", ".join(f'"{name}"' for name in sorted(names))
    pathlib.Path(output).write_text(f"#define SANDBOX_SYSCALLS {words}\n", encoding="utf-8")
    pathlib.Path(depfile).write_text(f"{output}: {' '.join(map(str, files))}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
