# SPDX-License-Identifier: MIT
"""clang-format would change nothing; scripts satisfy shellcheck."""

import shutil
import subprocess
import sys

from tree import ROOT, c_sources, sources

SKIP = 77  # meson's exit status for a test that could not run


def is_shell(source):
    return source.text.startswith(("#!/bin/sh", "#!/bin/busybox sh")) or source.suffix == ".sh"


def run(tool, paths):
    """True if the tool has nothing to say about the files."""
    if not paths:
        return True
    return subprocess.run([*tool, *paths], cwd=ROOT, check=False).returncode == 0


def main():
    tools = ("clang-format", "shellcheck")
    missing = [name for name in tools if shutil.which(name) is None]
    good = True
    if "clang-format" not in missing:
        files = [source.path for source in c_sources()]
        good &= run(["clang-format", "--dry-run", "--Werror", "--style=file"], files)
    if "shellcheck" not in missing:
        files = [source.path for source in sources() if is_shell(source)]
        good &= run(["shellcheck", "-x", "-P", "SCRIPTDIR"], files)
    if not good:
        sys.exit(1)
    if missing:
        print("not installed:", *missing)
        sys.exit(SKIP)


if __name__ == "__main__":
    main()
