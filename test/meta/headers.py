# SPDX-License-Identifier: MIT
"""Each header has a guard and compiles by itself; each .c file includes its own header first.

	headers.py COMPILER...    the C compiler and how to call it
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

from tree import ROOT, Source, report, sources

_INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.M)


def own_header(path, exists):
    """The header of the same name beside a .c file."""
    path = pathlib.PurePath(path)
    header = f"{path.parent.name}/{path.stem}.h"
    return header if exists(f"src/{header}") else None


def check(source, exists=lambda path: (ROOT / path).exists()):
    if source.suffix == ".h":
        if not re.search(r"^#ifndef (\w+)\n#define \1$", source.text, re.M):
            yield source.fault(1, "has no include guard")
        return
    wanted = own_header(source.path, exists)
    first = _INCLUDE.search(source.text)
    if wanted and (first is None or first.group(1) != wanted):
        yield source.fault(1, f"include {wanted} first")


def compile_alone(source, compiler):
    """Twice, so that the guard is tried too. Returns the faults."""
    name = ROOT / source.path
    text = f'#include "{name}"\n#include "{name}"\nextern int unused;\n'
    done = subprocess.run(
        [*compiler, "-std=gnu17", "-D_GNU_SOURCE", f"-I{ROOT}/include", f"-I{ROOT}/src",
         "-Wall", "-fsyntax-only", "-x", "c", "-"],
        input=text, capture_output=True, text=True, check=False)
    if done.returncode == 0 and not done.stderr:
        return []
    why = next((line for line in done.stderr.splitlines() if "error" in line or
                "warning" in line), done.stderr.strip())
    return [source.fault(1, f"does not compile by itself: {why}")]


def main():
    compiler = sys.argv[1:] or ["cc"]
    everything = list(sources(".c", ".h", under=("src", "include")))
    faults = [fault for source in everything for fault in check(source)]
    headers = [source for source in everything if source.suffix == ".h"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(lambda source: compile_alone(source, compiler), headers):
            faults += result
    report(faults)


def bad_examples():
    yield Source("src/io/loop.c", "#include <errno.h>\n#include \"io/loop.h\"\n")
    yield Source("src/a/a.h", "int a;\n")


if __name__ == "__main__":
    main()
