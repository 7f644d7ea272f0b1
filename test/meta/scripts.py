# SPDX-License-Identifier: MIT
"""The scripts that everything else relies on: the closing line of ./check, the list of packages."""

import pathlib
import subprocess
import sys
import tempfile

from tree import ROOT

MESON = """{"name": "a", "result": "OK"}
{"name": "b", "result": "FAIL"}
{"name": "c", "result": "SKIP"}
{"name": "d", "result": "TIMEOUT"}
"""
GOOD = '{"name": "a", "result": "OK"}\n'
JUNIT = """<testsuites><testsuite>
<testcase classname="t" name="a"/>
<testcase classname="t" name="b"><failure message="x"/></testcase>
<testcase classname="t" name="c"><error message="x"/></testcase>
<testcase classname="t" name="d"><skipped message="x"/></testcase>
</testsuite></testsuites>
"""


def summary(**files):
    """(exit status, last line) of sum-results.py for files with these texts; None: missing."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, text in files.items():
            path = pathlib.Path(folder) / name.replace("_", ".")
            if text is not None:
                path.write_text(text)
            paths.append(path)
        done = subprocess.run([sys.executable, ROOT / "test" / "sum-results.py", *paths],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()[-1]


def install(*groups, path=None):
    return subprocess.run(
        ["/bin/sh", ROOT / "packaging" / "install", *groups], capture_output=True, text=True,
        check=False, env={"PATH": path} if path else None)


def check_summary():
    assert summary(a_json=GOOD) == (0, "1 passed, 0 failed")
    assert summary(a_json=MESON) == (1, "1 passed, 2 failed, 1 skipped")
    assert summary(a_json=GOOD, b_xml=JUNIT) == (1, "2 passed, 2 failed, 1 skipped")
    assert summary(a_json=GOOD, b_xml=None) == (1, "1 passed, 1 failed"), "a runner broke down"
    assert summary() == (1, "0 passed, 0 failed"), "nothing ran"


def check_packages():
    assert install("no-such-group").returncode != 0
    with tempfile.TemporaryDirectory() as folder:
        for tool in ("grep", "sort", "tr", "dirname", "id"):
            (pathlib.Path(folder) / tool).symlink_to(f"/usr/bin/{tool}")
        done = install("build", path=folder)
    assert done.returncode == 1, "a system without apt: name what is missing, stop"
    assert "gcc" in done.stderr and "libjansson-dev" in done.stderr, done.stderr


if __name__ == "__main__":
    check_summary()
    check_packages()
