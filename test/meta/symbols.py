# SPDX-License-Identifier: MIT
"""A name that is not static is exported once: a static library that is linked later would hide the
second one, and a user of the folder that has it would get another function without a word.

	symbols.py BUILD
"""

import collections
import pathlib
import re
import subprocess
import sys

# Who defines it has messages of his own: that of base is for who does not (base/log-impl.h).
_CHOICES = {"log_current"}

# NAME TYPE ADDRESS SIZE, as nm -P writes them; weak ones (W, V) may be several.
_DEFINED = re.compile(r"^(\S+) [ABCDGRST] ")


def symbols(library):
    done = subprocess.run(["nm", "-P", "-g", "--defined-only", library], capture_output=True,
                          check=True, encoding="utf-8")
    return re.findall(_DEFINED.pattern, done.stdout, re.M)


def duplicates(exported):
    """@exported: pairs of a folder and a name that it exports."""
    owners = collections.defaultdict(list)
    for folder, name in exported:
        owners[name].append(folder)
    return [f"src/{folders[1]}:1: {name} is exported by src/{folders[0]} already"
            for name, folders in sorted(owners.items())
            if len(folders) > 1 and name not in _CHOICES]


def main():
    # libcharhub.a is for others, and made of the rest
    libraries = sorted(library for library in pathlib.Path(sys.argv[1]).glob("src/*/lib*.a")
                       if library.name != "libcharhub.a")
    assert libraries, f"{sys.argv[1]} has no libraries"
    found = duplicates((library.parent.name, name) for library in libraries
                       for name in symbols(library))
    print("\n".join(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
