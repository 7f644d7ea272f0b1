# SPDX-License-Identifier: MIT
"""A serial line: the other end of a pair of terminals that socat makes."""

import os
import subprocess
import termios

import pytest

from support.program import need
from support.screen import wait_until
from support.stream import DEADLINE, free_port, open_pty


def far(port):
    """A line for pySerial, which gives the other side three seconds otherwise."""
    return f"rfc2217://127.0.0.1:{port}?timeout={DEADLINE}"


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


def test_adapter_may_come_later(charhubd, workdir, client, cable):
    daemon = charhubd(
        "-chardev", f"serial,id=g,path={workdir}/host,wait=on",
        "-chardev", f"socket,id=s,path={workdir}/sock,server=on,wait=off,clients=8",
        "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h")
    daemon.err.wait_for("No such file or directory; waits for it")
    with client(workdir / "sock") as ann:
        ann.send("typed before\r")
        cable()
        with open_pty(workdir / "board", termios.TCSANOW) as end:
            end.read_until("typed before\r")
            end.send("U-Boot")
            ann.read_until("U-Boot")
    daemon.stop(left=[workdir / "host", workdir / "board"])


@pytest.fixture
def shared_line(charhubd, workdir, cable):
    """A serial line behind telnet. Returns the port, and the board's end of the line."""
    cable()
    port = free_port()
    charhubd(
        "-chardev", f"serial,id=g,path={workdir}/host,speed=9600",
        "-chardev", f"socket,id=t,host=127.0.0.1,port={port},server=on,wait=off,telnet=on,"
                    "clients=8",
        "-chardev", "hub,id=h,chardevs.0=t", "-device", "console,guest=g,chardev=h")
    return port, open_pty(workdir / "board")


def speed_of(path):
    """The speed that stty shows of a terminal."""
    return subprocess.check_output(["stty", "-F", str(path), "speed"], text=True).strip()


def test_pyserial_sets_the_line(shared_line, workdir):
    serial = pytest.importorskip("serial")
    port, end = shared_line
    with end, serial.serial_for_url(far(port), timeout=DEADLINE) as line:
        line.baudrate = 57600
        line.stopbits = 2
        line.write(b"a\xff\r\nb")
        end.read_until(b"a\xff\r\nb")
        end.send(b"c\xff\r\0d")
        assert line.read(5) == b"c\xff\r\x00d"
        line.send_break(0)
        line.dtr = False
        line.rts = True
        assert speed_of(workdir / "host") == "57600"


def test_two_see_what_one_sets(shared_line, workdir):
    serial = pytest.importorskip("serial")
    port, end = shared_line
    url = far(port)
    with end, serial.serial_for_url(url, baudrate=1200) as ann, \
            serial.serial_for_url(url, baudrate=19200, timeout=DEADLINE):
        assert speed_of(workdir / "host") == "19200"
        ann.baudrate = 300
        assert speed_of(workdir / "host") == "300"


def test_guest_without_a_line_takes_every_order(charhubd, workdir):
    serial = pytest.importorskip("serial")
    port = free_port()
    charhubd("-chardev", "exec,id=g,command=cat",
             "-chardev", f"socket,id=t,host=127.0.0.1,port={port},server=on,wait=off,telnet=on",
             "-device", "console,guest=g,chardev=t")
    with serial.serial_for_url(far(port), baudrate=1200, bytesize=7,
                               parity="E", timeout=DEADLINE) as line:
        assert line.cts
        line.write(b"echo\r")
        assert line.read(4) == b"echo"


@pytest.fixture
def ser2net(terminal, workdir, cable):
    """The socket at which ser2net serves the line, by RFC 2217."""
    need("ser2net")
    cable()
    path = workdir / "ser2net"
    (workdir / "ser2net.yaml").write_text(f"""
connection: &line
  accepter: telnet(rfc2217),unix,{path}
  connector: serialdev,{workdir}/host,9600n81,local
""", encoding="ascii")
    terminal("ser2net", "-n", "-u", "-c", workdir / "ser2net.yaml", "-P", workdir / "ser2net.pid")
    wait_until(path.exists, "ser2net")
    yield path
    path.unlink(missing_ok=True)


def test_client_of_ser2net(charhubd, workdir, ser2net):
    """A member at one end sets the line at the other, through both."""
    serial = pytest.importorskip("serial")
    port = free_port()
    charhubd(
        "-chardev", f"socket,id=g,path={ser2net},telnet=on,rfc2217=on",
        "-chardev", f"socket,id=t,host=127.0.0.1,port={port},server=on,wait=off,telnet=on,"
                    "clients=2",
        "-chardev", "hub,id=h,chardevs.0=t", "-device", "console,guest=g,chardev=h")
    with open_pty(workdir / "board") as end, \
            serial.serial_for_url(far(port), baudrate=9600) as line:
        line.write(b"a\xffb")
        end.read_until(b"a\xffb")
        line.baudrate = 19200
        wait_until(lambda: speed_of(workdir / "host") == "19200", "the speed")


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
