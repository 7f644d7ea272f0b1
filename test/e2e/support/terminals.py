# SPDX-License-Identifier: MIT
"""Other people's terminals, of any size: what they show of some bytes, as text."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from .screen import Screen, wait_until

SHOWN = "all of it is shown"  # a title, at the end of what is shown
XTERM_JS = """
const { Terminal } = require('@xterm/headless');
const [cols, rows, path] = process.argv.slice(1);
const terminal = new Terminal({ cols: +cols, rows: +rows, scrollback: 5000,
                                allowProposedApi: true });
terminal.write(require('fs').readFileSync(path), () => {
  const buffer = terminal.buffer.active, lines = [];
  for (let i = 0; i < buffer.length; i++)
    lines.push(buffer.getLine(i).translateToString(true));
  console.log(JSON.stringify({ lines, cursor: [buffer.cursorX, buffer.cursorY] }));
});
"""

VTE = """
import json, sys, gi
gi.require_version('Gtk', '3.0')
gi.require_version('Vte', '2.91')
from gi.repository import Gtk, Vte
cols, rows = map(int, sys.argv[1:3])
terminal, cursor = Vte.Terminal(), []
terminal.set_scrollback_lines(5000)
terminal.set_size(cols, rows)

def row(n):
    if hasattr(terminal, 'get_text_range_format'):  # from 0.72 on; the other one gives nothing
        return terminal.get_text_range_format(Vte.Format.TEXT, n, 0, n, cols)[0]
    return terminal.get_text_range(n, 0, n, cols, None)[0]

def go_on(_):  # at first it is shown; then the cursor is at home, which tells where that is
    cursor.append(terminal.get_cursor_position())
    if len(cursor) == 1:
        terminal.feed(b'\\033[?6l\\033[H\\033]2;home\\a')
        return
    (x, y), (_, top) = cursor
    lines = [row(n) for n in range(top + rows)]
    print(json.dumps({'lines': lines, 'cursor': [x, y - top]}))
    Gtk.main_quit()

terminal.connect('window-title-changed', go_on)
terminal.feed(open(sys.argv[3], 'rb').read())
Gtk.main()
"""


class Tmux:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="charhub-tmux-")
        self.path = pathlib.Path(self.folder.name)
        (self.path / "conf").write_text("set -g status off\nset -g history-limit 5000\n"
                                        "set -g exit-empty off\nset -g default-terminal tmux\n")
        self.count = 0

    @staticmethod
    def is_here():
        return shutil.which("tmux")

    def _run(self, *argv):
        done = subprocess.run(
            ["tmux", "-u", "-S", self.path / "socket", "-f", self.path / "conf", *argv],
            check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        return done.stdout

    def show(self, data, cols, rows):
        """Return: lines, oldest first, the last @rows are the screen; cursor (x, y)"""
        self.count += 1
        file, name = self.path / "bytes", f"s{self.count}"
        file.write_bytes(data + f"\033]2;{SHOWN}\033\\".encode())
        self._run("new-session", "-d", "-s", name, "-x", str(cols), "-y", str(rows),
                  f"stty raw -echo; cat {file}; exec sleep 1000")
        wait_until(lambda: SHOWN in self._run("display", "-p", "-t", name, "#{pane_title}"),
                   "tmux has shown it")
        text = self._run("capture-pane", "-p", "-t", name, "-S", "-")
        x, y = self._run("display", "-p", "-t", name, "#{cursor_x} #{cursor_y}").split()
        self._run("kill-session", "-t", name)
        return [line.rstrip() for line in text.split("\n")[:-1]], (int(x), int(y))

    def close(self):
        subprocess.run(["tmux", "-S", self.path / "socket", "kill-server"], check=False,
                       stderr=subprocess.DEVNULL)
        self.folder.cleanup()


class XtermJs:
    """xterm.js without a browser: npm's @xterm/headless, found by NODE_PATH."""

    @staticmethod
    def is_here():
        return shutil.which("node") and subprocess.run(
            ["node", "-e", "require('@xterm/headless')"], check=False,
            stderr=subprocess.DEVNULL).returncode == 0

    def show(self, data, cols, rows):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            done = subprocess.run(["node", "-e", XTERM_JS, str(cols), str(rows), file.name],
                                  check=True, capture_output=True, text=True)
        shown = json.loads(done.stdout)
        return [line.rstrip() for line in shown["lines"]], tuple(shown["cursor"])

    def close(self):
        pass


class Vte:
    """The terminal of GNOME and others, as a library: what it shows without a window."""

    def __init__(self):
        self.screen = Screen()

    @staticmethod
    def is_here():
        return shutil.which("Xvfb") and subprocess.run(
            ["/usr/bin/python3", "-c", "import gi.repository.Vte"], check=False,
            stderr=subprocess.DEVNULL).returncode == 0

    def show(self, data, cols, rows):
        file = self.screen.home / "bytes"
        file.write_bytes(data + f"\033]2;{SHOWN}\033\\".encode())
        program = self.screen.start("/usr/bin/python3", "-c", VTE, cols, rows, file)
        shown = json.loads(program.said.wait_for(re.compile(rb"\{.*\}\n"))[0])
        return [line.rstrip() for line in shown["lines"]], tuple(shown["cursor"])

    def close(self):
        self.screen.close()


class Xterm:
    """xterm; it prints its lines into a file when it is asked to. Its cursor is not looked at.

    While it has yet to scroll, which it does when it has nothing to read, it leaves out as many
    lines at the top. So a line of ours is put first, and it is asked again where that was not
    printed. The alternate screen has nothing above it.
    """

    TOP = "the very first line"
    TRIES = 10

    def __init__(self):
        self.screen = Screen(2000, 1200)

    @staticmethod
    def is_here():
        return shutil.which("xterm") and shutil.which("Xvfb")

    def show(self, data, cols, rows):
        for _ in range(self.TRIES):
            lines = self.printed(f"{self.TOP}\r\n".encode() + data, cols, rows)
            if len(lines) == rows:
                return lines, None
            if self.TOP in lines:
                return lines[lines.index(self.TOP) + 1:], None
        raise AssertionError(f"xterm of {cols}x{rows} has lost what stood there before:\n{lines}")

    def printed(self, data, cols, rows):
        file, printed = self.screen.home / "bytes", self.screen.home / "printed"
        file.write_bytes(data + b"\033[6n")
        printed.unlink(missing_ok=True)
        terminal = self.screen.start(
            "xterm", "-u8", "-fn", "5x7", "-geometry", f"{cols}x{rows}", "-sl", "5000",
            "-xrm", f"*printerCommand: cat >{printed}.new; mv {printed}.new {printed}",
            "-xrm", "*printAttributes: 0", "-xrm", "*printerAutoClose: true",
            "-e", "sh", "-c", f"stty raw -echo; cat {file}; "
            f"dd bs=64 count=1 status=none of={file}; printf '\\033[?11i'; exec sleep 1000")
        wait_until(printed.exists, "xterm has printed it")
        terminal.terminate()
        terminal.wait()
        text = printed.read_text(errors="replace")
        return [line.rstrip() for line in text.replace("\r", "").split("\n")[:-1]]

    def close(self):
        self.screen.close()
