# SPDX-License-Identifier: MIT
"""What ./quickstart starts works as it says, and Ctrl-C leaves nothing behind."""

import os
import re
import shutil
import subprocess

import pytest

from support.program import MARK, ROOT, marked_processes, need
from support.stream import connect_unix, open_pty

DEMO = ROOT / "packaging" / "demo.py"


@pytest.fixture
def quickstart(terminal, workdir, charhubd_path):
    def start(*args):
        env = {"XDG_RUNTIME_DIR": str(workdir), MARK: f"quickstart.{workdir.name}"}
        return terminal("python3", DEMO, charhubd_path, *args, env=env)

    yield start
    assert marked_processes(f"quickstart.{workdir.name}") == []


def printed_paths(screen):
    """The paths of the three commands that it printed."""
    text = screen.read_until("Ctrl-C here ends it.").decode()
    return (re.search(r"tio (\S+)", text).group(1),
            re.search(r"UNIX-CONNECT:(\S+)", text).group(1),
            re.search(r"tail -f (\S+)", text).group(1))


def interrupt(screen, workdir):
    screen.send(b"\x03")
    screen.expect_end(0)
    assert [path for path in workdir.iterdir() if path.name.startswith("charhub-")] == []


def test_shell_is_shared(quickstart, workdir):
    screen = quickstart()
    pty_path, socket_path, log_path = printed_paths(screen)
    with open_pty(pty_path) as ann, connect_unix(socket_path) as ben:
        ann.read_until("guest$ ")
        ben.send("echo shared $((7 * 8))\r")
        ann.read_until("shared 56\r\n")
        ben.read_until("shared 56\r\n")
        with open(log_path, "rb") as log:  # which is written beside the loop
            while b"shared 56\r\n" not in log.read():
                log.seek(0)
                ben.send("\r")
                ben.read_until("guest$ ")
    interrupt(screen, workdir)


def test_linux_guest_is_shared(quickstart, workdir):
    need("linux.uml")
    screen = quickstart("--vm")
    _, socket_path, _ = printed_paths(screen)
    with connect_unix(socket_path) as ann:
        ann.read_until("guest# ")
        ann.send("echo shared $((7 * 8))\r")
        ann.read_until("shared 56\r\n")
    interrupt(screen, workdir)


def test_it_ends_with_its_guest(quickstart, workdir):
    need("linux.uml")
    screen = quickstart("--vm")
    _, socket_path, _ = printed_paths(screen)
    with connect_unix(socket_path) as ann:
        ann.read_until("guest# ")
        ann.send("reboot -f\r")
        screen.read_until("has ended")
    screen.expect_end(0)


def test_interrupted_while_the_guest_boots(quickstart, workdir):
    need("linux.uml")
    screen = quickstart("--vm")
    printed_paths(screen)
    interrupt(screen, workdir)


def test_packages_ask_nothing_through_sudo_either(workdir):
    """sudo passes no environment on, and a question would go nowhere."""
    commands = {"id": "echo 1000", "sudo": 'exec env -i PATH="$PATH" "$@"',
                "apt-get": f'echo "${{DEBIAN_FRONTEND:-asks}}" >>{workdir}/said'}
    for name in ("sh", "env", "grep", "sort", "tr", "dirname"):
        (workdir / name).symlink_to(shutil.which(name))
    for name, script in commands.items():
        (workdir / name).write_text(f"#!/bin/sh\n{script}\n")
        (workdir / name).chmod(0o755)
    done = subprocess.run(
        [ROOT / "packaging" / "install", "attach"], env={**os.environ, "PATH": str(workdir)},
        capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "Installing: socat tio \n")
    assert (workdir / "said").read_text() == "noninteractive\n" * 2
