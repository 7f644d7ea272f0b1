# SPDX-License-Identifier: MIT
"""The program is built so that a hole in it is hard to use.

	hardening.py PROGRAM SANITIZERS OPTIMIZATION
"""

import re
import subprocess
import sys


def output(*words):
    return subprocess.run(words, capture_output=True, check=True, encoding="utf-8").stdout


def faults(program, sanitizers, optimization):
    header, segments, dynamic, symbols = (
        output("readelf", "-W", option, program) for option in ("-h", "-l", "-d", "--dyn-syms"))
    if not re.search(r"Type: +DYN", header):
        yield "is not a position-independent executable (PIE)"
    if "GNU_RELRO" not in segments:
        yield "has no segment that is read-only after relocation (RELRO)"
    if not re.search(r"FLAGS.*\bNOW\b", dynamic):
        yield "is bound lazily: BIND_NOW is missing"
    if re.search(r"GNU_STACK.* RWE ", segments):
        yield "has an executable stack"
    if "__stack_chk_fail" not in symbols:
        yield "has no stack protector"
    if sanitizers == "none" and optimization not in ("0", "g"):
        if not re.search(r"__(snprintf|vsnprintf|memcpy|read|printf)_chk\b", symbols):
            yield "is not fortified"
        # The linker's note says so only where the C library's own objects are built like that.
        if "X86-64" in header and "endbr64" not in output("objdump", "-d", "--disassemble=main",
                                                          program):
            yield "has no control-flow protection (CET)"


if __name__ == "__main__":
    found = [f"{sys.argv[1]}:1: {text}" for text in faults(*sys.argv[1:])]
    print("\n".join(found))
    sys.exit(bool(found))
