# SPDX-License-Identifier: MIT
"""Who joins late on somebody else's terminal of any size: line by line what the guest shows."""

import pytest

from support.program import lack
from support.setups import ABORT, scripted_guest, shared_console
from support.terminals import Tmux, Vte, Xterm, XtermJs

SIZES = [(20, 5), (30, 10), (40, 12), (60, 20), (79, 23), (80, 24), (81, 24), (80, 25),
         (100, 30), (120, 15), (132, 43), (200, 60)]
COLS, ROWS = 80, 24
MARKS = [f"mark {n:02d}" for n in range(20)]
# What the viewer had before: some lines, then a program that was cut in the middle of a string.
BEFORE = "".join(f"{mark}\r\n" for mark in MARKS).encode() + b"\033(0\033[1;7m\033]2;half a tit"
HISTORY = [f"history {n:03d}" for n in range(60)]
SCREEN = [(f"row {n:02d} " + "the quick brown fox jumps over the lazy dog; " * 2)[:78 - n]
          for n in range(ROWS - 1)]


@pytest.fixture(params=[Tmux, Xterm, Vte, XtermJs], ids=["tmux", "xterm", "vte", "xterm.js"])
def terminal(request):
    if not request.param.is_here():
        if request.param is XtermJs:
            pytest.skip("@xterm/headless is not installed")
        lack(request.param.__name__)
    made = request.param()
    yield made
    made.close()


def replay_of(charhubd, workdir, client, output):
    """What somebody gets who joins when the guest has written @output."""
    charhubd("-chardev", f"{scripted_guest(workdir)},id=guest",
             "-chardev", f"socket,id=sock0,path={workdir}/sock,server=on,wait=off,clients=4",
             "-chardev", "hub,id=hub0,chardevs.0=sock0",
             "-device", "console,guest=guest,chardev=hub0")
    guest = client(workdir / "guest")
    early = client(workdir / "sock")
    guest.send(output + b"\a")
    early.read_until(b"\a")
    late = client(workdir / "sock")
    start = late.read_until(ABORT)
    guest.send("\a")
    return start + late.read_until(b"\a")[:-1]


def cut(rows, cols):
    return [row[:cols].rstrip() for row in rows]


def test_shell(terminal, charhubd, workdir, client):
    output = "\r\n".join(HISTORY + SCREEN + ["$ "]).encode()
    replay = replay_of(charhubd, workdir, client, output)
    for cols, rows in SIZES:
        lines, cursor = terminal.show(BEFORE + replay, cols, rows)
        above, screen = lines[:-rows], lines[-rows:]
        told = cut(SCREEN + ["$ "], cols)
        expected = told[-rows:] + [""] * (rows - len(told))
        assert screen == expected, f"{cols}x{rows}"
        assert cursor in (None, (2, min(rows, ROWS) - 1)), f"{cols}x{rows}"
        # Above it all that was there before, then all that the guest had shown, nothing else.
        kept = [line for line in above if line]
        if rows > ROWS:
            kept = [line for line in kept if line not in MARKS]
        else:
            assert kept[:len(MARKS)] == MARKS, f"{cols}x{rows}"
            kept = kept[len(MARKS):]
        assert kept == HISTORY + told[:max(0, ROWS - rows)], f"{cols}x{rows}"
        if rows >= ROWS:
            assert above[-1] == HISTORY[-1], f"{cols}x{rows}"


def test_full_screen_program(terminal, charhubd, workdir, client):
    rows_of_it = [f"{n:02d} " + "0123456789" * 7 for n in range(ROWS)]
    drawn = "".join(f"\033[{n + 1};1H{text}" for n, text in enumerate(rows_of_it))
    output = f"before\r\n\033[?1049h\033[2J\033[3;20r\033[?6h{drawn}\033[?6l{drawn}\033[7;5H"
    replay = replay_of(charhubd, workdir, client, output.encode())
    for cols, rows in SIZES:
        lines, cursor = terminal.show(BEFORE + replay, cols, rows)
        expected = cut(rows_of_it, cols)[:rows] + [""] * (rows - ROWS)
        assert lines[-rows:] == expected, f"{cols}x{rows}"
        assert cursor in (None, (4, min(6, rows - 1))), f"{cols}x{rows}"
        # and it comes back to what was before
        lines, _ = terminal.show(BEFORE + replay + b"\033[?1049l", cols, rows)
        assert [line for line in lines[-rows:] if line] == ["before"], f"{cols}x{rows}"
