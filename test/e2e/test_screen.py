# SPDX-License-Identifier: MIT
"""What people see: real viewers on a screen without a monitor, compared pixel by pixel.

The viewers are TigerVNC's, Chromium with noVNC, and tio within an xterm. What they should show is
what a client of our own gets, and for one screen a picture that was checked by eye.
"""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import tempfile

import pytest

from support import rfb
from support.guests import Shell, boot, default_socket
from support.program import need
from support.screen import NOVNC, NoVnc, Screen, read_png, wait_until
from support.setups import scripted_guest

GOLDEN = pathlib.Path(__file__).parent / "golden"
CTRL, ALT = 0xffe3, 0xffe9
MIB = 1 << 20

# Plain ASCII, attributes, the three kinds of colour, box drawing; the cursor would blink.
TEXT = """\033[?25l\033[2J\033[H\
 !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklm\r\n\
nopqrstuvwxyz{|}~ ÄÖÜäöüß éèêëçñ ΑΒΓαβγ АБВабв\r\n\
\033[1mbold\033[0m \033[2mfaint\033[0m \033[3mitalic\033[0m \033[4munderline\033[0m \
\033[7minverse\033[0m \033[9mstrike\033[0m\r\n\
\033[31mred \033[92mbright green \033[38;5;208morange \033[38;2;90;160;255msky \
\033[0;41;33myellow on red\033[0m\r\n\
┌──┬──┐ ╔══╦══╗ ┏━━┳━━┓ ╭──────╮\r\n\
│  │  │ ║  ║  ║ ┃  ┃  ┃ │ ░▒▓█ │\r\n\
├──┼──┤ ╠══╬══╣ ┣━━╋━━┫ │ ▁▃▅▇ │\r\n\
└──┴──┘ ╚══╩══╝ ┗━━┻━━┛ ╰──────╯\r\n\
\033(0lqqwqqk x tqqnqqu mqqvqqj\033(B\r\n"""


@pytest.fixture
def screen():
    need("Xvfb", "xdotool")
    made = Screen(1600, 900)
    yield made
    made.close()


@pytest.fixture
def console(charhubd, workdir, client):
    """A vc whose guest is the test itself: (its stream, the address of the VNC server)."""
    charhubd("-chardev", f"{scripted_guest(workdir)},id=guest", "-chardev", "vc,id=vc0",
             "-device", "console,guest=guest,chardev=vc0", "-vnc", f"unix:{workdir}/vnc")
    return client(workdir / "guest"), str(workdir / "vnc")


@pytest.fixture
def linux(charhubd, workdir, client, guest):
    """charhubd as README starts it, a Linux guest and its shell."""
    daemon = charhubd(
        "-chardev", f"pty,path={workdir}/pty,id=pty0",
        "-chardev", f"pty,path={workdir}/pty1,id=pty1",
        "-chardev", "vc,id=vc0",
        "-chardev", f"socket,id=sock0,path={workdir}/sock,server=on,wait=off",
        "-chardev", "hub,id=hub0,chardevs.0=pty0,chardevs.1=vc0,chardevs.2=sock0,chardevs.3=pty1",
        "-device", "virtconsole,chardev=hub0",
        "-vnc", f"unix:{workdir}/vnc", env={"XDG_RUNTIME_DIR": str(workdir)})
    boot(guest, default_socket(daemon))
    return Shell(client(workdir / "sock"))


class Watcher:
    """Our own viewer of a console: what the engine says."""

    def __init__(self, address, console=None):
        self.client = rfb.connect(address)
        if console:
            self.client.chord(CTRL, ALT, ord(str(console)))

    def picture(self):
        return self.client.picture()


@pytest.fixture
def watch():
    made = []

    def start(*args):
        made.append(Watcher(*args))
        return made[-1]

    yield start
    for watcher in made:
        watcher.client.close()


def show(stream, text):
    """The guest prints, and waits for the terminal's answer to a query: then it was read."""
    stream.send(text + "\033[6n")
    stream.read_until(re.compile(rb"\x1b\[\d+;\d+R"))


def test_viewer_shows_the_golden_picture(screen, console, watch):
    need("xtigervncviewer")
    stream, address = console
    show(stream, TEXT)
    picture = watch(address).picture()
    golden = GOLDEN / "text.png"
    if not golden.exists() or [bytes(row) for row in picture] != read_png(golden):
        seen = pathlib.Path(tempfile.gettempdir()) / "charhub-text.png"
        rfb.write_png(seen, picture)
        pytest.fail(f"{seen}, what is shown, is not {golden}: look at both")
    screen.start_viewer(address)
    screen.wait_picture(lambda: picture, "the golden picture")
    for number in range(30):  # scrolling, which is sent as copies
        stream.send(f"\033[24;1Hline {number} \033[4{number % 8}m{'x' * number}\033[0m\r\n")
    show(stream, "\033[24;1Hend")
    scrolled = watch(address).picture()
    assert scrolled != picture
    screen.wait_picture(lambda: scrolled, "the scrolled picture")


def test_viewers_look_at_different_consoles(screen, charhubd, workdir, client, watch):
    need("xtigervncviewer")
    args = []
    for name in ("a", "b"):
        args += ["-chardev", f"socket,path={workdir}/guest-{name},server=on,wait=off,id=g{name}",
                 "-chardev", f"vc,id=vc-{name}",
                 "-device", f"console,guest=g{name},chardev=vc-{name}"]
    charhubd(*args, "-vnc", f"unix:{workdir}/vnc")
    address = str(workdir / "vnc")
    streams = {name: client(workdir / f"guest-{name}") for name in ("a", "b")}
    for name, stream in streams.items():
        show(stream, f"\033[?25l\033[10;30H\033[7m console of {name} \033[0m")
    pictures = {"a": watch(address, 2).picture(), "b": watch(address, 3).picture()}
    assert pictures["a"] != pictures["b"]
    screen.start_viewer(address, x=0)
    left, = screen.wait_picture(lambda: pictures["a"], "the first console")
    screen.start_viewer(address, x=800)
    places = screen.wait_picture(lambda: pictures["a"], "the first console, twice", count=2)
    right, = set(places) - {left}
    screen.focus_at(left[0] + 600, left[1] + 380)
    screen.press("ctrl+alt+3")
    screen.wait_picture(lambda: pictures["b"], "the second console")
    assert screen.find(pictures["b"]) == [left]
    assert screen.find(pictures["a"]) == [right]
    screen.press("ctrl+alt+1")
    overview = watch(address, 1)
    screen.wait_picture(overview.picture, "the overview")
    screen.press("2")
    screen.wait_picture(lambda: pictures["a"], "both on the first one again", count=2)


def test_viewer_that_stalls_holds_nobody_up(screen, console, watch):
    need("xtigervncviewer")
    stream, address = console
    show(stream, "\033[?25lbefore")
    before = watch(address).picture()
    stalled = screen.start_viewer(address, x=0)
    screen.wait_picture(lambda: before, "the console")
    lively = screen.start_viewer(address, x=800)
    places = screen.wait_picture(lambda: before, "the console, twice", count=2)
    os.killpg(stalled.pid, signal.SIGSTOP)
    line = "".join(f"\033[3{i % 8}m{i:07d} " for i in range(9)) + "\r\n"
    for _ in range(200):  # 20 MB: no buffer on the way holds as much
        stream.send(line * (100000 // len(line)))
    show(stream, "\033[0m\033[2J\033[12;30Hafter the flood")
    after = watch(address).picture()
    screen.wait_picture(lambda: after, "the console in the lively viewer")
    assert screen.find(after) == [max(places)]
    os.killpg(stalled.pid, signal.SIGCONT)
    screen.wait_picture(lambda: after, "the console in both", count=2)
    assert lively.poll() is None and stalled.poll() is None


def test_what_is_typed_in_a_viewer_reaches_the_guest_and_tio(screen, linux, workdir, terminal,
                                                             watch):
    need("xtigervncviewer")
    tio = terminal("tio", workdir / "pty")
    linux.run("printf '\\033[2 q'")  # a cursor that does not blink
    screen.start_viewer(str(workdir / "vnc"))
    engine = watch(str(workdir / "vnc"))
    (x, y), = screen.wait_picture(engine.picture, "the console")
    screen.focus_at(x + 600, y + 200)
    screen.type("echo 'vnc says' $((6 * 7)) \"{|}~\"")
    screen.press("Return")
    tio.read_until("\nvnc says 42 {|}~\r\n")
    screen.type("wrong")
    screen.press("ctrl+u")
    screen.type("exho")
    screen.press("Left", "Left", "BackSpace", "c", "End")
    screen.type(" edited")
    screen.press("Return")
    tio.read_until("\nedited\r\n")
    tio.send("echo tio says $((6 * 9))\r")
    tio.read_until("\ntio says 54\r\n")
    linux.stream.read_until("\ntio says 54\r\n")
    screen.wait_picture(engine.picture, "what tio's user did")


def test_window_of_a_viewer_gives_the_guest_its_size(screen, linux, workdir):
    need("xtigervncviewer")
    screen.start_viewer(str(workdir / "vnc"))
    window = screen.wait_window("TigerVNC")
    screen.resize(window, 1000, 640)
    linux.run("while [ \"$(stty size)\" != '40 125' ]; do usleep 10000; done")
    assert "40 125\n" in linux.run("stty size")  # it may be shown its screen before, or behind it


def test_full_screen_program_looks_the_same_to_who_comes_late(screen, linux, workdir):
    need("xterm", "tio")
    screen.start_tio(workdir / "pty")
    first = screen.wait_window("^tio .*/pty$")
    screen.move(first, 0, 0)
    linux.run("printf 'a\\tb\\303\\244\\346\\227\\245\\n%.0s' $(seq 100) >/tmp/text")
    linux.stream.send("vi /tmp/text\r")
    linux.stream.read_until("/tmp/text")
    screen.point_away()
    seen = screen.wait_still()
    assert len(set(b"".join(row[:3 * 640] for row in seen[:400]))) > 2
    screen.start_tio(workdir / "pty1")
    second = screen.wait_window("^tio .*/pty1$")
    screen.move(second, 800, 0)
    _, _, width, height = screen.place(first)

    def are_equal():
        """A window that is still being drawn to has to be drawn anew once more."""
        screen.redraw(first)
        screen.redraw(second)
        screen.wait_still()
        return screen.look(0, 0, width, height) == screen.look(800, 0, width, height)

    wait_until(are_equal, "the same picture twice")
    linux.stream.send(":q!\r")


@pytest.mark.parametrize("chunk", [MIB, 1000])
def test_large_paste_arrives_whole(linux, workdir, watch, chunk):
    data = b"".join(b"%07d " % number for number in range(MIB // 8))
    linux.send(f"stty raw -echo; echo go $((1 + 1)); head -c {MIB} | sha256sum; stty sane")
    linux.stream.read_until("go 2")
    viewer = watch(str(workdir / "vnc")).client
    for start in range(0, MIB, chunk):
        viewer.cut_text(data[start:start + chunk])
        viewer.chord(0xffe1, 0xff63)
    linux.stream.read_until(hashlib.sha256(data).hexdigest())


def test_browser_shows_the_console_and_types(screen, charhubd, workdir, client, watch):
    if not shutil.which("chromium") or not (NOVNC / "vnc_lite.html").exists():
        pytest.skip("no chromium or no noVNC: packaging/install browser")
    daemon = charhubd("-chardev", f"{scripted_guest(workdir)},id=guest", "-chardev", "vc,id=vc0",
                      "-device", "console,guest=guest,chardev=vc0",
                      "-vnc", "127.0.0.1:40,to=99,websocket=on")
    port, web_port = (
        int(daemon.err.wait_for(re.compile(rb"%s127\.0\.0\.1:(\d+)\n" % text)).group(1))
        for text in (rb"running on ", rb"websocket "))
    stream = client(workdir / "guest")
    show(stream, TEXT)
    engine = watch(("127.0.0.1", port))
    web = NoVnc()
    try:
        screen.start_browser(web.url(web_port), width=900, height=700)
        (x, y), = screen.wait_picture(engine.picture, "the console in the browser")
        screen.click(x + 300, y + 300)
        screen.type("from noVNC")
        screen.press("Up", "Return")
        stream.read_until("from noVNC\033[A\r")
        screen.point_away()
        show(stream, "\033[20;1H\033[1;35mthe guest answers")
        screen.wait_picture(engine.picture, "the answer in the browser")
    finally:
        web.close()
