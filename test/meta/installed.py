# SPDX-License-Identifier: MIT
"""`meson install` installs what a user needs, and nothing of the workshop.

	installed.py BUILD
"""

import json
import pathlib
import re
import subprocess
import sys

PAGES = pathlib.Path(__file__).resolve().parents[2] / "doc"
NEEDED = ["bin/charhubd", "bin/charhub", "share/man/man1/charhubd.1", "share/man/man1/charhub.1",
          "share/bash-completion/completions/charhub", "share/zsh/site-functions/_charhub",
          "share/fish/vendor_completions.d/charhub.fish", "share/doc/charhub/LICENSE",
          "share/doc/charhub/README.md", "share/doc/charhub/backends",
          "share/doc/charhub/licences/uni2-vga16.txt",
          *(f"share/doc/charhub/{page.name}" for page in PAGES.glob("*.md"))]
LIBRARY = ["include/charhub.h", "include/charhub-backend.h"]
PARTS = {"libcharhub.so", "libcharhub.so.0", "libcharhub.a", "charhub.pc"}
UNITS = re.compile(r"lib/systemd/system/charhub(@?\.service|\.socket)$|"
                   r"lib/(sysusers|tmpfiles)\.d/charhub\.conf$|"
                   r"etc/charhub(/charhub\.conf|/conf\.d)?$")
FOLDERS = ("bin/", "share/man/man3/charhub-", "share/man/man1/", "share/doc/charhub/",
           "share/bash-completion/completions/",
           "share/zsh/site-functions/", "share/fish/vendor_completions.d/")


def faults(build):
    done = subprocess.run(["meson", "introspect", "--installed", build], capture_output=True,
                          check=True)
    options = subprocess.run(["meson", "introspect", "--buildoptions", build],
                             capture_output=True, check=True)
    prefix = next(option["value"] for option in json.loads(options.stdout)
                  if option["name"] == "prefix")
    installed = {str(pathlib.PurePath(path).relative_to(prefix))
                 for path in json.loads(done.stdout).values()}
    names = {pathlib.PurePath(path).name for path in installed}
    yield from (f"{path} is not installed" for path in NEEDED + LIBRARY if path not in installed)
    yield from (f"{name} is not installed" for name in sorted(PARTS - names))
    yield from (f"{path} is installed" for path in sorted(installed)
                if not path.startswith(FOLDERS) and path not in LIBRARY and
                not UNITS.match(path) and
                not re.search(r"lib(/|64/|32/).*(libcharhub\.(a|so[.\d]*)|/charhub\.pc)$", path) or
                path.startswith("bin/") and
                path not in ("bin/charhubd", "bin/charhub"))


if __name__ == "__main__":
    found = [f"meson.build:1: {text}" for text in faults(sys.argv[1])]
    print("\n".join(found))
    sys.exit(bool(found))
