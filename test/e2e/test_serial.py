# SPDX-License-Identifier: MIT
"""A serial line: the other end of a pair of terminals that socat makes."""

import os

import pytest

from support.program import need
from support.stream import open_pty


@pytest.fixture
def cable(terminal, workdir):
    """cable(): plug in; `board` and `host` are its ends. Returns the socat, to be killed."""
    def plug_in():
        need("socat")
        socat = terminal("socat", "-d", "-d", f"pty,raw,echo=0,link={workdir}/board",
                         f"pty,raw,echo=0,link={workdir}/host")
        socat.read_until("starting data transfer loop")
        return socat

    return plug_in


@pytest.fixture
def board(charhubd, workdir, cable):
    """A shared serial line. Returns (daemon, socat, stream of the board's end)."""
    socat = cable()
    daemon = charhubd(
        "-chardev", f"serial,id=g,path={workdir}/host,speed=9600",
        "-chardev", f"socket,id=s,path={workdir}/sock,server=on,wait=off,clients=8",
        "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h")
    return daemon, socat, open_pty(workdir / "board")


def test_people_share_a_line(board, workdir, client):
    _, _, end = board
    with end, client(workdir / "sock") as ann, client(workdir / "sock") as ben:
        end.send(b"U-Boot 2025.01\r\n=> ")
        for person in (ann, ben):
            person.read_until("=> ")
        ann.send(b"boot\r")
        end.read_until(b"boot\r")


def test_adapter_that_is_pulled_comes_back(board, workdir, client, cable):
    daemon, socat, end = board
    with client(workdir / "sock") as ann:
        for round_ in range(3):
            end.close()
            socat.process.terminate()
            socat.process.wait()
            daemon.err.wait_for("is gone")
            socat = cable()
            end = open_pty(workdir / "board")
            ann.send(f"hello {round_}\r")
            end.read_until(f"hello {round_}\r")
            end.send(f"and you {round_}")
            ann.read_until(f"and you {round_}")
    end.close()


def test_lock_of_another_program_is_respected(run_charhubd, cable, workdir):
    cable()
    device = os.path.realpath(workdir / "host")
    lock = "/run/lock/LCK.." + device.removeprefix("/dev/").replace("/", "_")
    if not os.access("/run/lock", os.W_OK):
        pytest.skip("no /run/lock to write to")
    with open(lock, "w", encoding="ascii") as file:
        file.write(f"{os.getpid():10d}\n")
    try:
        result = run_charhubd("-chardev", f"serial,id=g,path={workdir}/host")
        assert result.code == 1
        assert f"process {os.getpid()} uses it" in result.err
    finally:
        os.unlink(lock)
