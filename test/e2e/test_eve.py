# SPDX-License-Identifier: MIT
"""The consoles of a machine as EVE writes them into the file for -readconfig, with a real guest.

The console of an application is a mux'd socket; that of the machine around it a hub of one socket,
to which a screen is added where somebody may look by VNC. Logs go to the standard output.
"""

import pytest

from support import rfb
from support.guests import PROMPT, Shell, boot, default_socket
from support.program import need
from support.stream import connect_unix

CTRL_A, CTRL_T = b"\x01", b"\x14"

APPLICATION = """
[chardev "charserial0"]
  backend = "socket"
  mux = "on"
  path = "{dir}/cons"
  server = "on"
  wait = "off"
  logfile = "/dev/fd/1"
  logappend = "on"

[device "charconsole0"]
  driver = "virtconsole"
  chardev = "charserial0"
  name = "org.lfedge.eve.console.0"
"""

SHIM = """
[chardev "charserial1"]
  backend = "socket"
  path = "{dir}/shim-cons"
  server = "on"
  wait = "off"
{screen}
[chardev "charhub0"]
  backend = "hub"
  chardevs.0 = "charserial1"
{member}  logfile = "/dev/fd/1"
  logappend = "on"

[device "charconsole1"]
  driver = "virtconsole"
  chardev = "charhub0"
  name = "org.lfedge.eve.console.shim"
"""

SCREEN = """
[chardev "charserial2"]
  backend = "vc"

[vnc "default"]
  vnc = "unix:{dir}/vnc"
"""


@pytest.fixture
def host(charhubd, config, workdir):
    """host(text): a charhubd that read @text."""
    def start(text, **values):
        return charhubd("-readconfig", config(text, **values),
                        env={"XDG_RUNTIME_DIR": str(workdir)})

    return start


@pytest.fixture
def machine(host, guest):
    """machine(text): the same, and a guest that boots on its console."""
    def start(text, **values):
        daemon = host(text, **values)
        boot(guest, default_socket(daemon))
        return daemon

    return start


def test_what_is_written_is_taken_without_a_word(host, workdir):
    daemon = host(APPLICATION + SHIM, member='  chardevs.1 = "charserial2"\n',
                  screen=SCREEN.format(dir=workdir) + '  password = "on"\n')
    daemon.stop()
    assert [line for line in daemon.err.text.splitlines() if " info: " not in line] == []


def test_console_of_an_application(machine, workdir, client):
    daemon = machine(APPLICATION)
    person = client(workdir / "cons")
    shell = Shell(person)
    assert shell.run("echo eve $((6 * 7))") == "eve 42\n"
    person.send(CTRL_A + b"h")
    person.read_until("C-a C-a  sends C-a\n\r")
    person.send(b"echo n" + CTRL_A + CTRL_A + b"x\r")  # Ctrl-A: to the start of the line
    person.read_until("not found")
    daemon.out.wait_for("Linux version")  # who was not there has the log
    daemon.out.wait_for("eve 42")


def test_console_of_the_machine_as_eve_attaches_to_it(machine, workdir, terminal):
    need("socat", "tio")
    daemon = machine(SHIM, screen="", member="")
    socat = terminal("socat", "-d", "-d", f"pty,raw,echo=0,link={workdir}/tty",
                     f"unix-connect:{workdir}/shim-cons")
    socat.read_until("starting data transfer loop")
    tio = terminal("tio", workdir / "tty")
    tio.read_until(PROMPT)
    tio.send("echo tio $((6 * 7))\r")
    tio.read_until("tio 42")
    daemon.out.wait_for("tio 42")
    tio.send(CTRL_T + b"q")
    tio.expect_end()
    socat.process.terminate()
    socat.process.wait()
    daemon.stop(left=[workdir / "tty"] if (workdir / "tty").is_symlink() else [])


def test_console_of_the_machine_with_a_screen(machine, workdir):
    daemon = machine(SHIM, screen=SCREEN.format(dir=workdir),
                     member='  chardevs.1 = "charserial2"\n')
    with connect_unix(workdir / "shim-cons") as person:
        shell = Shell(person)  # who looks has not long to log in: the guest boots first
        with connect_unix(workdir / "vnc") as viewer:
            rfb.Client(viewer.sock).handshake().type("echo vnc $((5 * 5))\n")
            person.read_until("vnc 25")
            person.read_until(PROMPT)
            assert shell.run("echo socket $((6 * 7))") == "socket 42\n"
    daemon.out.wait_for("vnc 25")
    daemon.out.wait_for("socket 42")
