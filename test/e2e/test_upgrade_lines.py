# SPDX-License-Identifier: MIT
"""Lines that another program goes on with: nothing of what is in them is lost."""

import fcntl
import os
import select
import socket
import struct
import termios

import pytest

from support.program import need
from support.qmp import Qmp
from support.screen import wait_until
from support.stream import DEADLINE, UnixServer, open_pty


def shared(*guest):
    """What a guest says is heard at the socket `s`."""
    return [*guest, "-chardev", "socket,id=s,path=s,server=on,wait=off",
            "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h"]


@pytest.fixture
def board(terminal, workdir):
    """The far end of a cable whose near end is the device `host`."""
    need("socat")
    socat = terminal("socat", "-d", "-d", f"pty,raw,echo=0,link={workdir}/board",
                     f"pty,raw,echo=0,link={workdir}/host")
    socat.read_until("starting data transfer loop")
    with open_pty(workdir / "board") as end:
        yield end


def test_a_serial_line_stays_open(upgradable, board, workdir, client):
    """Its settings, too; were it closed, socat would end, and what is in the line be gone."""
    upgradable.start(*shared("-chardev", f"serial,id=g,path={workdir}/host,speed=9600"))
    person = client(workdir / "s")
    wanted = b""
    for turn in range(3):
        part = b"".join(b"line %d of turn %d\n" % (i, turn) for i in range(200))
        board.send(part)
        upgradable.upgrade()
        wanted += part
    board.send(b"end\n")
    assert person.read_until(b"end\n") == wanted + b"end\n"
    person.send(b"boot\r")
    board.read_until(b"boot\r")
    assert b"is gone" not in upgradable.daemon.err.data


def test_datagrams_go_on_from_the_same_port(upgradable, workdir, client):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(DEADLINE)
        peer.bind(("127.0.0.1", 0))
        upgradable.start(*shared(
            "-chardev", f"udp,id=g,host=127.0.0.1,port={peer.getsockname()[1]}"))
        person = client(workdir / "s")
        person.send(b"hello")
        data, address = peer.recvfrom(100)
        assert data == b"hello"
        wanted = b""
        for turn in range(3):
            for i in range(50):
                peer.sendto(b"%d/%d " % (turn, i), address)
                wanted += b"%d/%d " % (turn, i)
            upgradable.upgrade()
        peer.sendto(b"end", address)
        assert person.read_until(b"end") == wanted + b"end"
        person.send(b"again")
        assert peer.recvfrom(100) == (b"again", address)


def test_what_waits_in_a_fifo_waits_on(upgradable, workdir):
    """A FIFO that nobody has open would forget it."""
    for name in "p.in", "p.out":
        os.mkfifo(workdir / name)
    server = UnixServer(workdir / "g")
    upgradable.start("-chardev", f"socket,id=g,path={workdir}/g", "-chardev", "pipe,id=p,path=p",
                     "-device", "console,guest=g,chardev=p")
    guest = server.accept()
    guest.send(b"for whoever reads\n")
    with open(os.open(workdir / "p.out", os.O_RDONLY | os.O_NONBLOCK)) as fifo:
        assert select.select([fifo], [], [], DEADLINE)[0]
    upgradable.upgrade()
    with open(workdir / "p.out", "rb", buffering=0) as reader:
        assert reader.read(100) == b"for whoever reads\n"
    with open(workdir / "p.in", "wb", buffering=0) as writer:
        writer.write(b"typed")
    guest.read_until("typed")
    guest.close()
    (workdir / "g").unlink()


def test_a_mux_keeps_its_focus_and_half_a_command(upgradable, workdir, client):
    args = []
    for name in "g0", "g1", "line":
        args += ["-chardev", f"socket,id={name},path={name},server=on,wait=off" +
                 (",mux=on" if name == "line" else "")]
    upgradable.start(*args, "-device", "console,guest=g0,chardev=line",
                     "-device", "console,guest=g1,chardev=line")
    first, second, person = (client(workdir / name) for name in ("g0", "g1", "line"))
    person.send("one\r")
    second.read_until("one\r")
    person.send("\x01ctwo\r")
    first.read_until("two\r")
    upgradable.upgrade()
    person.send("three\r\x01")
    first.read_until("three\r")
    upgradable.upgrade()
    person.send("cfour\r")
    assert second.read_until("four\r") == b"four\r"
    first.send("from the first")
    person.read_until("from the first")


def queued(stream, request):
    """TIOCINQ: bytes that were sent to it and not read; TIOCOUTQ: that it has sent, and so on."""
    return struct.unpack("i", fcntl.ioctl(stream.fd, request, bytes(4)))[0]


def test_what_a_mux_has_stamped_goes_without_more_of_the_guest(upgradable, workdir, client):
    """The reader is full in the middle of a line, and nothing is printed after that."""
    line = b"x" * 4000 + b"\n"
    upgradable.start("-chardev", "socket,id=g,path=g,server=on,wait=off",
                     "-chardev", "socket,id=line,path=line,server=on,wait=off,mux=on",
                     "-device", "console,guest=g,chardev=line")
    guest, person = client(workdir / "g"), client(workdir / "line")
    person.send("\x01t.")
    guest.read_until(".")
    guest.send(b"\n" + line)  # stamps begin with the next line
    person.read_until(b"\n")
    stamped = len(person.read_until(b"\n"))
    sent = 0
    with upgradable.qmp() as qmp:
        while queued(person, termios.TIOCINQ) == sent:
            guest.send(line)
            wait_until(lambda: not queued(guest, termios.TIOCOUTQ), "the daemon has it")
            qmp.run("query-status")  # and has given it to the person, as far as that goes
            sent += stamped
    upgradable.upgrade()
    assert person.read_exact(sent).count(line) == sent // stamped


def mode_of_a_new_terminal():
    master, slave = os.openpty()
    try:
        return termios.tcgetattr(slave)
    finally:
        os.close(slave)
        os.close(master)


def test_a_terminal_gets_its_mode_back_in_the_end(upgradable, terminal, workdir):
    """The one that it had before the first program, not the raw one that the second one finds."""
    person = terminal(upgradable.path, "-chardev", "stdio,id=s",
                      "-chardev", "exec,id=g,command=cat", "-device", "console,guest=g,chardev=s",
                      "-control", "control", cwd=workdir)
    before = mode_of_a_new_terminal()
    wait_until(lambda: termios.tcgetattr(person.fileno()) != before, "the mode is set")
    wait_until((workdir / "control").exists, "it can be asked")
    with Qmp(workdir / "control") as qmp:
        qmp.run("upgrade")
    person.read_until("goes on in another one's place")
    person.send("two\r")
    person.read_until("two")
    with Qmp(workdir / "control") as qmp:
        qmp.run("quit")
    person.expect_end(0)
    assert termios.tcgetattr(person.fileno()) == before
