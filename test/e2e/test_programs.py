# SPDX-License-Identifier: MIT
"""The programs that people attach with: tio, socat, and a shell's redirections."""

import subprocess

import pytest

from support.program import Output, run
from support.setups import shared_console
from support.stream import DEADLINE

CTRL_T = b"\x14"
CTRL_BRACKET = b"\x1d"


@pytest.fixture
def console(charhubd, workdir):
    return charhubd(*shared_console(workdir, "exec,command=/bin/sh"), env={"PS1": "shell> "})


def attach_tio(terminal, workdir):
    person = terminal("tio", workdir / "pty")
    person.read_until("Connected")
    return person


def leave_tio(person):
    person.send(CTRL_T + b"q")
    person.read_until("Disconnected")
    # Its exit status is 1 now and then: it closes the terminal while it still waits for it.
    person.expect_end(code=None)


def attach_socat(terminal, workdir):
    return terminal("socat", "-,raw,echo=0,escape=0x1d", f"UNIX-CONNECT:{workdir}/sock")


def test_tio_shows_the_console_and_types(console, workdir, terminal):
    person = attach_tio(terminal, workdir)
    person.read_until("shell> ")
    person.send("echo tio $((20 + 3))\r")
    person.read_until("tio 23\r\n")
    leave_tio(person)


def test_tio_and_socat_share_a_console(console, workdir, terminal):
    ann, ben = attach_tio(terminal, workdir), attach_socat(terminal, workdir)
    ann.read_until("shell> ")
    ben.read_until("shell> ")
    ann.send("echo from tio $((1 + 2))\r")
    ben.read_until("from tio 3\r\n")
    ben.send("echo from socat $((3 + 4))\r")
    ann.read_until("from socat 7\r\n")

    leave_tio(ann)
    ben.send("echo alone $((1 + 1))\r")
    ben.read_until("alone 2\r\n")
    ben.send(CTRL_BRACKET)
    ben.expect_end()


def test_tio_comes_again_and_sees_what_was_printed_meanwhile(console, workdir, terminal, client):
    ann = attach_tio(terminal, workdir)
    ann.read_until("shell> ")
    leave_tio(ann)

    ben = client(workdir / "sock")
    ben.send("echo meanwhile $((5 * 5))\r")
    ben.read_until("meanwhile 25\r\n")
    attach_tio(terminal, workdir).read_until("meanwhile 25\r\n")


def test_interrupt_reaches_the_guest_not_the_viewer(console, workdir, terminal):
    person = attach_socat(terminal, workdir)
    person.read_until("shell> ")
    person.send("cat\r")
    person.read_until("cat\r\n")
    person.send("x\r")
    person.read_until("x\r\nx\r\n")
    person.send(b"\x03")
    person.read_until("shell> ")
    person.send("echo alive\r")
    person.read_until("\nalive\r\n")


def test_one_shot_command_by_socat(console, workdir):
    with subprocess.Popen(["socat", "-t", str(DEADLINE), "-", f"UNIX-CONNECT:{workdir}/sock"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as socat:
        socat.stdin.write(b"echo one shot $((8 + 1)); exit\r")
        socat.stdin.close()
        said = Output(socat.stdout)
        said.wait_for("one shot 9\r\n")
        socat.terminate()
        said.join()


def test_cat_and_echo_on_the_pty(console, workdir):
    done = run(["sh", "-c", f"echo 'echo by hand $((2 + 2))' > {workdir}/pty; "
                            f"sed '/by hand 4/q' {workdir}/pty"], workdir)
    assert "by hand 4" in done.out
