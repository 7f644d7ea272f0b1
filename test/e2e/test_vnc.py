# SPDX-License-Identifier: MIT
"""Consoles over VNC: by a client written for these tests, and by viewers that people use."""

import hashlib
import re
import socket

import pytest

from support import rfb, screen
from support.program import need
from support.stream import connect_unix

ALL = (rfb.RAW, rfb.HEXTILE, rfb.ZRLE, rfb.TIGHT, rfb.TIGHT_PNG)
FORMATS = {
    "rgb888": rfb.Format,
    "rgb888-big": lambda: rfb.Format(big=True),
    "bgrx": lambda: rfb.Format(shifts=(8, 16, 24)),
    "rgb565": lambda: rfb.Format(16, 16, False, (31, 63, 31), (11, 5, 0)),
    "rgb555-big": lambda: rfb.Format(16, 15, True, (31, 31, 31), (10, 5, 0)),
    "bgr233": lambda: rfb.Format(8, 8, False, (7, 7, 3), (0, 3, 6)),
    "map": rfb.Format.mapped,
}
COLORS = (r"printf '\033[2J\033[H'; i=0; while [ $i -lt 256 ]; do "
          r"""printf "\033[38;5;%dm\342\226\200\033[48;5;%dmx" $i $i; i=$((i+1)); done; """
          r"printf '\033[0m\n'")
CELL_HEIGHT = 16  # pixels of a row


class Console:
    """charhubd with a shell on a vc, and a socket on which the test knows what the shell says."""

    def __init__(self, charhubd, workdir, vnc="", hub=""):
        self.path = f"{workdir}/vnc"
        self.daemon = charhubd(
            "-chardev", "exec,command=/bin/sh,id=guest", "-chardev", "vc,id=vc0",
            "-chardev", f"socket,id=ctl,path={workdir}/ctl,server=on,wait=off",
            "-chardev", f"hub,id=hub0,chardevs.0=vc0,chardevs.1=ctl{hub}",
            "-device", "console,guest=guest,chardev=hub0",
            "-object", "secret,id=full,data=typing", "-object", "secret,id=look,data=looking",
            "-vnc", f"unix:{self.path}{vnc}", env={"PS1": "> ", "ENV": ""})
        self.shell = connect_unix(f"{workdir}/ctl")
        self.viewers = []
        self.run(r"printf '\033[?25l'")

    def run(self, command):
        """Run a command in the guest; what it has printed is on the screen."""
        self.shell.send(f"{command}; echo do''ne\r".encode())
        return self.shell.read_until("done\r\n> ")

    def connect(self, *encodings, **handshake):
        viewer = rfb.connect(self.path, **handshake)
        self.viewers.append(viewer)
        if encodings:
            viewer.set_encodings(*encodings)
        return viewer

    def picture(self):
        """As somebody sees it who has just come."""
        viewer = rfb.connect(self.path)
        try:
            return [bytes(row) for row in viewer.picture()]
        finally:
            viewer.close()

    def close(self):
        for viewer in self.viewers:
            viewer.close()
        self.shell.close()


@pytest.fixture
def console(charhubd, workdir):
    made = []

    def make(vnc="", hub=""):
        made.append(Console(charhubd, workdir, vnc, hub))
        return made[-1]

    yield make
    for each in made:
        each.close()


def catch_up(viewer, wanted):
    """Take updates until the viewer shows the wanted picture."""
    while viewer.rows != [bytearray(row) for row in wanted]:
        viewer.request()
        viewer.update()


@pytest.mark.parametrize("name", FORMATS)
def test_every_encoding_shows_the_same(console, name):
    it = console()
    it.run(COLORS)
    seen = {}
    for encoding in ALL:
        # A PNG has all its colours, whatever the viewer's pixels are.
        if encoding == rfb.TIGHT_PNG and "888" not in name:
            continue
        viewer = it.connect()
        viewer.set_format(FORMATS[name]())
        viewer.set_encodings(encoding)
        seen[encoding] = [bytes(row) for row in viewer.picture()]
        assert [bytes(row) for row in viewer.picture()] == seen[encoding], "the stream goes on"
        assert {rect[0] for rect in viewer.rects} == {encoding}
    assert len({b"".join(rows) for rows in seen.values()}) == 1


@pytest.mark.parametrize("encoding", ALL)
def test_pieces_add_up_to_the_picture(console, encoding):
    it = console()
    viewer = it.connect(encoding, rfb.COPY_RECT)
    viewer.picture()
    copies = 0
    for command in ("seq 30", r"printf '\033[5;15r\033[15;1H\n\n\nx\033[r\033[23;1H'",
                    r"printf '\033[3;10H\033[41m\033[2L\033[0m\033[20;1H\033[3M\033[23;1H'",
                    r"printf '\033[H\033M\033M\346\274\242\345\255\227\033[23;1H'", "seq 5",
                    COLORS):
        it.run(command)
        wanted = it.picture()
        while [bytes(row) for row in viewer.rows] != wanted:
            viewer.request()
            viewer.update()
            copies += sum(rect[0] == rfb.COPY_RECT for rect in viewer.rects)
    assert copies > 0


def test_what_a_viewer_types_reaches_the_guest_and_comes_back(console):
    it = console()
    viewer = it.connect(rfb.ZRLE)
    before = [bytes(row) for row in viewer.picture()]
    viewer.type("echo $((6 * 7))x\n")
    it.shell.read_until("42x\r\n> ")
    catch_up(viewer, it.picture())
    assert [bytes(row) for row in viewer.rows] != before


def test_viewers_look_at_different_consoles(console):
    it = console()
    one, two = it.connect(rfb.ZRLE, rfb.DESKTOP_NAME), it.connect(rfb.ZRLE, rfb.DESKTOP_NAME)
    one.picture(), two.picture()
    name = one.name
    one.chord(0xffe3, 0xffe9, ord("1"))
    while one.name == name:
        one.request()
        one.update()
    it.run("echo only one of them sees this")
    catch_up(two, it.picture())
    assert two.name == name
    assert one.rows != two.rows
    one.chord(0xffe3, 0xffe9, ord("2"))
    catch_up(one, it.picture())


def test_a_viewer_that_does_not_read_holds_nobody_up(console):
    it = console()
    stalled, good = it.connect(rfb.RAW), it.connect(rfb.ZRLE, rfb.COPY_RECT)
    for _ in range(200):
        stalled.request(False)
    good.picture()
    for number in range(20):
        it.run(f"seq {number * 100} {number * 100 + 99}")
        good.request(False)
        good.update()
    catch_up(good, it.picture())


GARBAGE = (
    b"R",
    b"",
    b"RFB 003.008\n",
    b"RFB 003.008\n\1\1\4\1",
    b"GET / HTTP/1.1\r\n\r\n",
    bytes(range(256)),
    b"RFB 003.008\n\1\1\2\0\xff\xff",
    b"RFB 003.003\n\1\6\0\0\0\0\x0f\xff\xff",
)


def test_garbage_and_half_messages_hold_nobody_up(console):
    it = console()
    others = [socket.socket(socket.AF_UNIX) for _ in GARBAGE]
    for number, other in enumerate(others):
        other.connect(it.path)
        other.sendall(GARBAGE[number])
    viewer = it.connect(rfb.ZRLE)
    viewer.picture()
    it.run("echo still here")
    catch_up(viewer, it.picture())
    for other in others:
        other.close()


def test_passwords_let_in_to_type_or_to_look(console):
    need("openssl")
    it = console(",password-secret=full,view-secret=look")
    with pytest.raises(PermissionError, match="Authentication failed"):
        it.connect(respond=rfb.respond("guess"))
    looker = it.connect(rfb.ZRLE, respond=rfb.respond("looking"))
    typist = it.connect(rfb.ZRLE, respond=rfb.respond("typing"))
    looker.type("echo looker\n")
    looker.picture()  # what was typed before has been read now
    typist.type("echo typist\n")
    said = it.shell.read_until("typist\r\n> ")
    assert b"looker" not in said


def test_who_types_without_the_keyboard_is_told_so(console):
    it = console(hub=",typing=one,typing-idle=3600")  # it is the shell's who has typed first
    viewer = it.connect(rfb.ZRLE)
    plain = [bytearray(row) for row in viewer.picture()]
    viewer.request()
    viewer.type("x")
    while (2, None) not in viewer.messages:
        viewer.message()
    while viewer.rows == plain:
        viewer.request()
        viewer.update()
    assert viewer.rows[:-CELL_HEIGHT] == plain[:-CELL_HEIGHT]
    catch_up(viewer, plain)
    assert it.run("true") == b"true; echo do''ne\r\ndone\r\n> "


def test_a_viewer_resizes_the_console_and_the_guest_is_told(console):
    it = console()
    viewer = it.connect(rfb.ZRLE, rfb.EXTENDED_SIZE)
    viewer.picture()
    assert viewer.ask_size(808, 500) == (0, 808, 496)
    assert b"31 101" in it.run("stty size")


@pytest.mark.parametrize("terminal", ["on", "off"])
def test_a_size_is_answered_as_the_policy_of_the_hub_decides(console, terminal):
    it = console(hub=f",size=smallest,terminal={terminal}")
    one, two = (it.connect(rfb.RAW, rfb.EXTENDED_SIZE) for _ in range(2))
    one.picture()
    two.picture()
    assert one.ask_size(480, 320) == (0, 480, 320)
    assert two.ask_size(800, 240) == (0, 480, 240)  # not what it wants, but another one
    assert two.ask_size(800, 640) == (0, 480, 320)
    assert two.ask_size(960, 800) == (1, 480, 320)
    assert two.ask_size(480, 320) == (0, 480, 320)
    it.shell.send(b"stty size\r")
    it.shell.read_until(b"20 60\r\n")


def test_a_size_that_is_fixed_is_prohibited(console):
    it = console(hub=",size=100x30")
    viewer = it.connect(rfb.RAW, rfb.EXTENDED_SIZE)
    viewer.picture()
    assert viewer.ask_size(480, 320) == (1, 800, 480)
    assert viewer.ask_size(800, 480) == (0, 800, 480)


def test_text_is_pasted_whole(console):
    it = console()
    viewer = it.connect()
    text = "".join(f"{number:07d}\n" for number in range(20000))
    it.shell.send(b"stty -echo; echo go $((1 + 1)); cat >pasted; stty echo; cksum <pasted\r")
    it.shell.read_until("go 2\r\n")
    viewer.cut_text(text.encode())
    viewer.chord(0xffe1, 0xff63)
    viewer.chord(0xffe3, ord("d"))
    said = it.shell.read_until("> ")
    assert said.split()[1] == str(len(text)).encode(), said
    assert hashlib.sha256(text.encode()).hexdigest().encode() in it.run("sha256sum pasted")


def test_the_websocket_shows_the_same(charhubd, workdir, console):
    it = console(f",websocket=unix:{workdir}/web")
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(f"{workdir}/web")
    viewer = rfb.Client(rfb.WebSocket(sock)).handshake()
    it.viewers.append(viewer)
    viewer.set_encodings(rfb.TIGHT, rfb.COPY_RECT)
    viewer.picture()
    it.run("seq 40")
    catch_up(viewer, it.picture())


def test_addresses_in_use_are_told_or_avoided(run_charhubd, charhubd):
    first = charhubd("-vnc", "127.0.0.1:0,to=500,share=ignore")
    said = first.err.wait_for(re.compile(rb"VNC server running on 127\.0\.0\.1:(\d+)\n"))
    number = int(said.group(1)) - 5900
    result = run_charhubd("-vnc", f"127.0.0.1:{number}")
    assert result.code == 1
    assert "Failed to find an available port: Address already in use" in result.err


# ---- viewers that people use ----


@pytest.fixture
def monitor():
    need("Xvfb", "xdotool")
    made = screen.Screen()
    yield made
    made.close()


def test_tigervnc_shows_and_types(console, monitor):
    need("xtigervncviewer")
    it = console()
    it.run(COLORS)
    monitor.start_viewer(it.path)
    window = monitor.wait_window("vc0")
    monitor.wait_picture(it.picture, "the console in the viewer")
    monitor.focus(window)
    monitor.type("echo $((6 * 7))x")
    monitor.press("Return")
    it.shell.read_until("42x\r\n> ")
    monitor.wait_picture(it.picture, "what was typed")
    it.run("seq 100")
    monitor.wait_picture(it.picture, "a hundred lines")


@pytest.mark.parametrize("encoding", ["ZRLE", "Tight", "Hextile", "Raw"])
def test_tigervnc_takes_every_encoding(console, monitor, encoding):
    need("xtigervncviewer")
    it = console()
    it.run(COLORS)
    monitor.start_viewer(it.path, "-AutoSelect=0", f"-PreferredEncoding={encoding}")
    monitor.wait_picture(it.picture, "the console in the viewer")
    it.run("seq 50")
    monitor.wait_picture(it.picture, "fifty lines")


@pytest.fixture
def typing(console, monitor):
    """TigerVNC, which tells of PRIMARY too, in front of the console."""
    need("xtigervncviewer", "setxkbmap")
    it = console()
    monitor.use_layout("us", "intl")
    monitor.start_viewer(it.path, "-SendPrimary=1")
    it.window = monitor.wait_window("vc0")
    monitor.wait_picture(it.picture, "the console in the viewer")
    monitor.focus(it.window)
    return it


def test_tigervnc_types_with_dead_keys(typing, monitor):
    typing.shell.send(b"cat\r")
    typing.shell.read_until("cat\r\n")
    monitor.press("dead_circumflex", "space", "dead_grave", "space", "dead_acute", "dead_acute",
                  "dead_circumflex", "a", "dead_circumflex", "x", "at", "Return")
    typing.shell.read_until("^`\u00b4\u00e2^x@\r\n")


def test_tigervnc_pastes_on_a_key_only(typing, monitor):
    need("xterm")
    monitor.start_terminal("elsewhere", "sh", "-c", "echo echo from-primary; exec cat")
    elsewhere = monitor.wait_window("elsewhere")
    monitor.move(elsewhere, 700, 0)
    monitor.select_line(720, 10)
    monitor.click(300, 200)
    monitor.focus(typing.window)
    monitor.type("echo typed")
    monitor.press("Return")
    typing.shell.read_until("echo typed\r\ntyped\r\n> ")
    monitor.press("shift+Insert")
    typing.shell.read_until("echo from-primary\r\nfrom-primary\r\n> ")
