# SPDX-License-Identifier: MIT
"""Linux guests on the vhost-user sockets of charhubd.

$CHARHUB_TEST_VMM says what they run on: uml (User-Mode Linux), or qemu, whose program is $QEMU.
"""

import contextlib
import ctypes
import os
import pathlib
import re
import signal

import pytest

from . import program

PROMPT = "guest# "


VMM = os.environ.get("CHARHUB_TEST_VMM", "uml")
# the script of test/guest that boots one, and the programs that it needs
BOOT = {
    "uml": ("boot-uml.sh", ("linux.uml", "setarch")),
    "qemu": ("boot-qemu.sh", (os.environ.get("QEMU", "qemu-system-x86_64"),)),
}


def boot(guest, *sockets):
    """A guest with a virtio console on each socket, and a shell on the first one's hvc0.

    @guest: the fixture

    Return: the script that runs it
    """
    script, programs = BOOT[VMM]
    program.need(*programs)
    return guest(script, *(word for path in sockets for word in ("-v", path)))


def default_socket(daemon):
    """The socket of the device that a virtconsole without a bus made, as it was announced."""
    line = daemon.out.wait_for(re.compile(rb"linux\.uml virtio_uml\.device=(\S+):3\n"))
    return line.group(1).decode()


def processes(script):
    """Process ids of the guest that a script of test/guest runs, the main one first.

    User-Mode Linux is many processes below the script; QEMU has taken the script's place.
    """
    def children(pid):
        return [int(word) for word in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    found = children(script.pid)
    return found + [pid for parent in found for pid in children(parent)] or [script.pid]


def kill(script):
    """The guest dies on the spot, as kill -9 does it."""
    for pid in processes(script):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    program.wait_exit(script)


@contextlib.contextmanager
def hold_sockets(script):
    """The sockets of a guest's main process are open here too, as in a process that it has left."""
    pidfd_getfd = 438  # a system call that Python has no name for; the same number everywhere
    pid = processes(script)[0]
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.ExitStack() as stack:
        pidfd = os.pidfd_open(pid)
        stack.callback(os.close, pidfd)
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            if os.readlink(link).startswith("socket:"):
                held = libc.syscall(pidfd_getfd, pidfd, int(link.name), 0)
                if held < 0:
                    pytest.skip(f"another's sockets: {os.strerror(ctypes.get_errno())}")
                stack.callback(os.close, held)
        yield


class Shell:
    """The shell on a guest's console, as somebody types to it."""

    def __init__(self, stream):
        self.stream = stream
        self.count = 0
        stream.read_until(PROMPT)

    def send(self, line):
        self.stream.send(line + "\r")

    def run(self, command):
        """What a command prints. The marks cannot come from the echo of what is typed."""
        self.count += 1
        mark = self.count * 1000003
        self.send(f"echo [$(({mark}))]; {command}; echo [$(({mark} + 1))]")
        self.stream.read_until(re.compile(rb"\[%d\]\r+\n" % mark))
        out = self.stream.read_until(re.compile(rb"\[%d\]\r+\n" % (mark + 1)))
        self.stream.read_until(PROMPT)
        return re.sub(rb"\r+\n", b"\n", out[:out.rindex(b"[")]).decode(errors="replace")
