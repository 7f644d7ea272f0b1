# SPDX-License-Identifier: MIT
"""clang-format would change nothing; scripts satisfy shellcheck.

Each version of clang-format has a taste of its own: that of Debian 12 decides.
"""

import shutil
import subprocess
import sys

from tree import ROOT, c_sources, sources

SKIP = 77  # meson's exit status for a test that could not run
CLANG_FORMAT = "14"


def is_shell(source):
    return source.text.startswith(("#!/bin/sh", "#!/bin/busybox sh")) or source.suffix == ".sh"


def clang_format():
    """The program of the right version, or None."""
    for name in f"clang-format-{CLANG_FORMAT}", "clang-format":
        if shutil.which(name) is not None:
            done = subprocess.run([name, "--version"], capture_output=True, check=True)
            if f"version {CLANG_FORMAT}." in done.stdout.decode():
                return name
    return None


def run(tool, paths):
    """True if the tool has nothing to say about the files."""
    if not paths:
        return True
    return subprocess.run([*tool, *paths], cwd=ROOT, check=False).returncode == 0


def main():
    formatter, good, missing = clang_format(), True, []
    if formatter:
        files = [source.path for source in c_sources()]
        good &= run([formatter, "--dry-run", "--Werror", "--style=file"], files)
    else:
        missing.append(f"clang-format {CLANG_FORMAT}")
    if shutil.which("shellcheck") is None:
        missing.append("shellcheck")
    else:
        files = [source.path for source in sources() if is_shell(source)]
        good &= run(["shellcheck", "-x", "-P", "SCRIPTDIR"], files)
    if not good:
        sys.exit(1)
    if missing:
        print("not installed:", *missing)
        sys.exit(SKIP)


if __name__ == "__main__":
    main()
