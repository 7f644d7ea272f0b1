# SPDX-License-Identifier: MIT
"""A screen without a monitor (Xvfb), real viewers on it, and what can be seen there.

The picture of the screen is read from Xvfb's own memory (its -fbdir). Pictures are rows of 3-byte
pixels (red, green, blue), as in rfb.py.
"""

import functools
import http.server
import mmap
import os
import pathlib
import re
import select
import signal
import struct
import subprocess
import tempfile
import threading
import time
import zlib

from .program import Output, wait_exit
from .stream import DEADLINE, Deadline

NOVNC = pathlib.Path("/usr/share/novnc")
GLANCE_S = 0.05  # X does not say when its picture changes: it is looked at so often


def wait_until(test, what, timeout=DEADLINE):
    """What test() returns, once that is true: for things that send no event."""
    never = threading.Event()
    end = time.monotonic() + timeout
    while not (found := test()):
        if time.monotonic() > end:
            raise Deadline(f"never happened: {what}")
        never.wait(GLANCE_S)
    return found


def read_png(path):
    """Rows of a picture that rfb.write_png() wrote."""
    data = pathlib.Path(path).read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    body = data.index(b"IDAT") + 4
    size, = struct.unpack(">I", data[body - 8:body - 4])
    rows = zlib.decompress(data[body:body + size])
    assert len(rows) == (3 * width + 1) * height
    return [rows[i + 1:i + 1 + 3 * width] for i in range(0, len(rows), 3 * width + 1)]


def is_ready(stream):
    poller = select.poll()
    poller.register(stream, select.POLLIN)
    return bool(poller.poll(DEADLINE * 1000))


class Screen:
    """One Xvfb and the programs on it. No key is repeated, however late its end comes."""

    def __init__(self, width=1600, height=1000, framed=False):
        """@framed: windows have frames, by a window manager"""
        self.folder = tempfile.TemporaryDirectory(prefix="charhub-screen-")
        self.home = pathlib.Path(self.folder.name)
        self.programs = []
        reader, writer = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-r", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24",
             "-nolisten", "tcp", "-noreset", "-wr", "-fbdir", self.folder.name],
            pass_fds=[writer], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(writer)
        with open(reader) as pipe:
            number = pipe.readline().strip() if is_ready(pipe) else ""
        if not number:
            raise Deadline("Xvfb does not start")
        # HOME: a program's own settings must not change what is seen
        self.env = {**os.environ, "DISPLAY": f":{number}", "HOME": self.folder.name,
                    "XDG_CONFIG_HOME": self.folder.name, "XDG_CACHE_HOME": self.folder.name,
                    "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        self.env.pop("WAYLAND_DISPLAY", None)
        with open(self.home / "Xvfb_screen0", "rb") as file:
            self.memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        self._read_header()
        if framed:
            # A window that comes while openbox starts may stay hidden.
            started = self.home / "openbox-started"
            self.start("openbox", "--sm-disable", "--startup", f"touch {started}")
            wait_until(started.exists, "openbox has started")

    def _read_header(self):
        """The format of xwd [XWDFile.h]."""
        head = struct.unpack(">25I", self.memory[:100])
        size, self.width, self.height, self.stride, colors = head[0], *head[4:6], head[12], head[19]
        assert (head[1], head[7], head[11]) == (7, 0, 32), "an XWD of 32 bits, little endian"
        self.start_of_pixels = size + 12 * colors

    # ---- programs ----

    def start(self, *argv, **options):
        process = subprocess.Popen(
            list(map(str, argv)), env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, **options)
        process.said = Output(process.stdout)
        self.programs.append(process)
        return process

    def start_viewer(self, address, *options, x=0, y=0, width=640, height=384):
        """TigerVNC's viewer on HOST::PORT or the path of a socket; the title is the console's."""
        return self.start(
            "xtigervncviewer", "-geometry", f"{width}x{height}+{x}+{y}", "-Log", "*:stderr:30",
            "-MenuKey=", "-Shared", "-SendPrimary=0", "-SetPrimary=0", *options, address)

    def start_terminal(self, title, *argv):
        """A program in an xterm of 80x24."""
        return self.start(
            "xterm", "-geometry", "80x24", "-fa", "DejaVu Sans Mono", "-fs", "10", "-bg", "black",
            "-fg", "gray90", "-u8", "-T", title, "-xrm", "*scrollBar: false",
            "-xrm", "*allowTitleOps: false", "-xrm", "*cursorBlink: never",
            # TigerVNC 1.15 tells of PRIMARY only while there is text in CLIPBOARD too.
            "-xrm", "*VT100*translations: #override <BtnUp>: select-end(PRIMARY, CLIPBOARD)",
            "-e", *argv)

    def start_tio(self, pty):
        return self.start_terminal(f"tio {pty}", "tio", pty)

    def start_browser(self, url, x=0, y=0, width=800, height=600, headful=True):
        return self.start(
            "chromium", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-default-apps", "--no-default-browser-check", "--test-type",
            "--password-store=basic", "--disable-dev-shm-usage", "--force-device-scale-factor=1",
            f"--user-data-dir={self.home}/chromium", f"--window-position={x},{y}",
            f"--window-size={width},{height}", *([] if headful else ["--headless=new"]), url)

    # ---- windows ----

    def _xdotool(self, *argv):
        return subprocess.run(["xdotool", *map(str, argv)], env=self.env, check=False,
                              capture_output=True, text=True).stdout.split()

    def wait_window(self, title):
        """Number of the window whose title matches a pattern, once it is visible."""
        return int(wait_until(
            lambda: self._xdotool("search", "--onlyvisible", "--name", title),
            f"a window {title!r}")[0])

    def place(self, window):
        """x, y, width, height of a window's inside."""
        text = " ".join(self._xdotool("getwindowgeometry", "--shell", window))
        return tuple(int(re.search(rf"\b{name}=(\d+)", text)[1])
                     for name in ("X", "Y", "WIDTH", "HEIGHT"))

    def focus(self, window):
        """Keys go to this window; the pointer is taken out of sight."""
        self._xdotool("windowfocus", "--sync", window)
        self.point_away()

    def focus_at(self, x, y):
        """Keys go to the window there: without a window manager nobody else sees to it."""
        self._xdotool("mousemove", x, y)
        place = " ".join(self._xdotool("getmouselocation", "--shell"))
        self.focus(re.search(r"\bWINDOW=(\d+)", place)[1])

    def point_away(self):
        """The pointer hides nothing."""
        self._xdotool("mousemove", self.width - 1, self.height - 1)

    def click(self, x, y):
        self._xdotool("mousemove", x, y, "click", 1)

    def select_line(self, x, y):
        """Three clicks: a terminal selects the line, with its end.

        @x, y: in the line, left of some of its text; that is waited for
        """
        def look():
            return self.look(x, y, 50, 1)

        wait_until(lambda: len(set(look()[0])) > 1, "text to select")
        unmarked = look()
        self._xdotool("mousemove", x, y, "click", "--repeat", 3, "--delay", 20, 1)
        wait_until(lambda: look() != unmarked, "a line that is marked")

    def use_layout(self, *layout):
        """For keys that a plain keyboard lacks: xdotool maps them for too short a moment."""
        subprocess.run(["setxkbmap", *layout], env=self.env, check=True)

    def press(self, *keys):
        self._xdotool("key", "--clearmodifiers", *keys)

    def type(self, text):
        self._xdotool("type", "--delay", "5", text)

    def move(self, window, x, y):
        self._xdotool("windowmove", window, x, y)

    def redraw(self, window):
        """A program draws what it has anew: pixels where letters meet depend on how they came."""
        self._xdotool("windowunmap", "--sync", window)
        self._xdotool("windowmap", "--sync", window)

    def resize(self, window, width, height):
        self._xdotool("windowsize", window, width, height)

    # ---- pictures ----

    def look(self, x=0, y=0, width=None, height=None):
        """What is seen in a rectangle now."""
        rows = []
        for line in range(y, y + (height or self.height - y)):
            at = self.start_of_pixels + line * self.stride + 4 * x
            pixels = self.memory[at:at + 4 * (width or self.width - x)]
            row = bytearray(len(pixels) // 4 * 3)
            row[0::3], row[1::3], row[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
            rows.append(bytes(row))
        return rows

    def find(self, rows):
        """Where a picture is seen now: a list of (x, y), the upper left corners."""
        rows = [bytes(row) for row in rows]
        telling = max(range(len(rows)), key=lambda i: len(set(rows[i][0::3])))
        seen = self.look()
        places = []
        for y, line in enumerate(seen[telling:self.height - len(rows) + telling + 1]):
            x = line.find(rows[telling])
            while x >= 0:
                if x % 3 == 0 and all(seen[y + i][x:x + len(row)] == row
                                      for i, row in enumerate(rows)):
                    places.append((x // 3, y))
                x = line.find(rows[telling], x + 1)
        return places

    def wait_picture(self, picture, what, count=1):
        """Until picture(), which is asked again each time, is seen @count times; where."""
        def look():
            places = self.find(picture())
            return len(places) >= count and places

        return wait_until(look, what)

    def is_seen(self, window, picture):
        """Does the upper left of a window show this?"""
        x, y, _, _ = self.place(window)
        return self.look(x, y, len(picture[0]) // 3, len(picture)) == list(map(bytes, picture))

    def wait_still(self, looks=20, ignore=lambda rows: rows):
        """Until the picture has stayed the same for @looks glances; returns it."""
        seen, count = None, 0

        def is_still():
            nonlocal seen, count
            now = zlib.crc32(b"".join(ignore(self.look())))
            count = count + 1 if now == seen else 0
            seen = now
            return count >= looks

        wait_until(is_still, "a picture that stays")
        return self.look()

    def close(self):
        for process in reversed(self.programs):
            # Whoever it has started too; a browser has many helpers.
            try:
                os.killpg(process.pid, signal.SIGCONT)
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for process in self.programs:
            try:
                wait_exit(process, 20)
            except Deadline:
                pass
        self.memory.close()
        self.server.terminate()
        wait_exit(self.server)
        self.folder.cleanup()


class NoVnc:
    """The files of noVNC, served to this machine only."""

    class _Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    def __init__(self, folder=NOVNC):
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(self._Handler, directory=str(folder)))
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, port):
        """The page that shows what a websocket of this machine sends."""
        return (f"http://127.0.0.1:{self.server.server_address[1]}/vnc_lite.html"
                f"?host=127.0.0.1&port={port}&path=")

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
