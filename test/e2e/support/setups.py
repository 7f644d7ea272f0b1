# SPDX-License-Identifier: MIT
"""Command lines that several tests use."""

import re

NOTICE = re.compile(rb"\r\n\[charhub: (\d+) bytes skipped\]\r\n")
SCREEN_NOTICE = re.compile(rb"\[charhub: (\d+) bytes skipped\]\r\n")
ABORT = b"\x18\x1b\\"  # how a picture of the screen begins


def server(name, path, clients=8):
    return ["-chardev", f"socket,id={name},path={path},server=on,wait=off,clients={clients}"]


def shared_console(workdir, guest, hub="", clients=8, lazy=None):
    """A hub with a pty, a socket for several clients and a log file, as ./quickstart makes it.

    The guest waits for the log: tests look for all of it there, and a disk may be slow.

    @guest: options of the chardev that is the guest's end, without its id
    @hub:   more options of the hub, beginning with a comma
    @lazy:  how clients of one more socket stall; all others are waited for then: whoever tests what
            becomes of the lazy ones is itself kept from reading as long as a busy machine likes
    """
    members = ["pty0", "socket0", "log0"]
    if lazy:
        members += ["lazy"]
        hub += f",stall=wait,members.3.stall={lazy}"
    return [
        "-chardev", f"{guest},id=guest",
        "-chardev", f"pty,id=pty0,path={workdir}/pty",
        *server("socket0", workdir / "sock", clients),
        *(server("lazy", workdir / "lazy") if lazy else []),
        "-chardev", f"file,id=log0,path={workdir}/console.log",
        "-chardev", "hub,id=hub0,members.2.stall=wait," + ",".join(
            f"members.{n}.chardev={name}" for n, name in enumerate(members)) + hub,
        "-device", "console,guest=guest,chardev=hub0",
    ]


def scripted_guest(workdir):
    """The guest's end is a socket: the test itself connects to it and is the guest."""
    return f"socket,path={workdir}/guest,server=on,wait=off"


def numbered_lines(size):
    """At least @size bytes in which no piece occurs twice."""
    line = b"%08d the guest says something\r\n"
    return b"".join(line % n for n in range(size // len(line % 0) + 1))


def account(stream, printed):
    """Compare what a reader got with what the guest printed.

    Every notice must name exactly what is missing at its place, and nothing may be missing
    elsewhere.

    Return: (bytes skipped in all, offset in @printed that the reader has reached)
    """
    position = skipped = 0
    pieces = NOTICE.split(stream)
    for text, count in zip(pieces[::2], [*map(int, pieces[1::2]), 0]):
        expected = printed[position:position + len(text)]
        assert text == expected, f"differs after {position} bytes of the guest"
        position += len(text) + count
        skipped += count
    return skipped, position
