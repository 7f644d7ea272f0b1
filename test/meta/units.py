# SPDX-License-Identifier: MIT
"""systemd understands the units that the build has made, and finds that they leave little open.

	units.py CHARHUBD UNITS...
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

EXPOSURE = 20  # tenths; more is no service for whom nobody vouches


def faults(folder, name, charhubd):
    unit = folder / name
    unit.write_text("".join(f"ExecStart={charhubd}\n" if line.startswith("ExecStart=") else line
                            for line in unit.read_text().splitlines(keepends=True)))
    if not name.endswith(".socket"):
        yield run("systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}", unit)
    yield run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
              str(unit).replace("@.", "@lab."))


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    said = done.stderr.strip()
    return f"{' '.join(map(str, words))}:\n{done.stdout}{said}" if done.returncode or said else ""


def main(charhubd, *units):
    if not shutil.which("systemd-analyze"):
        print("there is no systemd-analyze")
        return 77
    charhubd = pathlib.Path(charhubd).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for unit in units:
            shutil.copy(unit, folder)
        found = [text for unit in units
                 for text in faults(folder, pathlib.Path(unit).name, charhubd) if text]
    print("\n".join(found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
