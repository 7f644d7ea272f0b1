# SPDX-License-Identifier: MIT
"""What packages say beside the build is what the build says: version, needs, functions."""

import re

from exported import declared_in, headers, project_version
from tree import ROOT, report

PACKAGING = ROOT / "packaging"
ESSENTIAL = {"gcc", "libc6-dev"}  # of build-essential, which no package names


def versions():
    version = project_version()
    for path, pattern in (("debian/changelog", r"charhub \(([^)-]+)-"),
                          ("alpine/APKBUILD", r"(?m)^pkgver=(.+)$")):
        found = re.search(pattern, (PACKAGING / path).read_text()).group(1)
        if found != version:
            yield f"packaging/{path}:1: version {found}, and meson.build has {version}"


def needs():
    """Each package of the group `build` is among Build-Depends."""
    needed = set(re.findall(r"(?m)^build +(\S+)", (PACKAGING / "packages").read_text()))
    field = re.search(r"(?ms)^Build-Depends:(.*?)^\S", (PACKAGING / "debian/control").read_text())
    named = set(re.findall(r"[a-z][a-z0-9.+-]+", field.group(1)))
    yield from (f"packaging/debian/control:1: {name} is not in Build-Depends"
                for name in sorted(needed - ESSENTIAL - named))


def symbols():
    path = "packaging/debian/libcharhub0.symbols"
    listed = set(re.findall(r"(?m)^ (charhub_\w+)@", (ROOT / path).read_text()))
    declared = declared_in(headers())
    yield from (f"{path}:1: {name} is missing" for name in sorted(declared - listed))
    yield from (f"{path}:1: no header declares {name}" for name in sorted(listed - declared))


if __name__ == "__main__":
    report([*versions(), *needs(), *symbols()])
