# SPDX-License-Identifier: MIT
"""A service manager that keeps descriptors while a service is stopped to be started again."""

import os
import select
import signal
import socket

from . import program
from .program import special_files
from .stream import DEADLINE

FDS_MAX = 253  # the kernel's, of one message


class Killed(Exception):
    """The service was, when it had what was kept."""


class Store(program.NotifySocket):
    """What a service tells, and [(name, descriptor)] that it lets be kept."""

    def __init__(self):
        super().__init__()
        self.sock.settimeout(DEADLINE)
        self.kept, self.kills, self.process = [], False, None

    def wait_ready(self, process, timeout=DEADLINE):
        self.process = process
        return super().wait_ready(process, timeout)

    def receive(self):
        """The next message but those about what is kept, which is done."""
        while True:
            data, fds, _, _ = socket.recv_fds(self.sock, 4096, FDS_MAX)
            message = self.parse(data)
            if message.get("FDSTORE") == "1":
                assert message["FDPOLL"] == "0"
                self.kept += [(message["FDNAME"], fd) for fd in fds]
            elif message.get("FDSTOREREMOVE") == "1":
                self.forget(message["FDNAME"])
            else:
                for fd in fds:  # of BARRIER=1
                    os.close(fd)
                if "BARRIER" not in message:
                    return message

    def next(self, *but):
        """The next message that is none of these."""
        while True:
            message = self.receive()
            if not any(key in message for key in but):
                return message

    def forget(self, name):
        for kept, fd in self.kept:
            if kept == name:
                os.close(fd)
        self.kept = [(kept, fd) for kept, fd in self.kept if kept != name]
        if self.kills:
            self.process.kill()
            self.process.wait()
            self.drop()
            raise Killed

    def drop(self):
        """What it said before it was dead is not of the next one."""
        while select.select([self.sock], [], [], 0)[0]:
            for fd in socket.recv_fds(self.sock, 4096, FDS_MAX)[1]:
                os.close(fd)

    def close(self):
        """A daemon has ended; the next one is told the same address."""

    def end(self):
        self.kills = False
        for name, _ in list(self.kept):
            self.forget(name)
        super().close()


class Service:
    """A charhubd that is stopped and started again, with what is kept for it."""

    def __init__(self, charhubd_path, workdir):
        self.charhubd_path, self.workdir = charhubd_path, workdir
        self.store, self.daemon, self.args, self.sockets = Store(), None, [], []
        self.env = {"FDSTORE": "1"}

    def start(self, *args):
        """Once more with the same arguments, where there are none."""
        self.args = args or self.args
        for _, fd in self.sockets:
            os.set_blocking(fd, True)  # as systemd does
        passed = [*self.sockets, *self.store.kept]
        options = program.with_descriptors(passed) if passed else {}
        self.daemon = program.Charhubd(
            self.charhubd_path, [*self.args, "-control", "control"], self.workdir,
            env=self.env, notify=self.store, **options)
        return self.daemon

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.store.next("WATCHDOG")  # STOPPING
        self.daemon.expect_end(0, left=special_files(self.workdir), hung_up=True)

    def restart(self):
        self.stop()
        assert [name for name, _ in self.store.kept] == ["charhub-restart"], self.daemon.err.text
        self.start()
        assert not self.store.kept
        self.daemon.err.wait_for("goes on in another one's place")


# ---- what is kept, to be looked at and changed ----


def unpack(parcel):
    """The descriptors that wait in it: a snapshot first."""
    fds = []
    with socket.socket(fileno=os.dup(parcel)) as sock:
        while True:
            data, some, _, _ = socket.recv_fds(sock, 4, FDS_MAX)
            fds += some
            if int.from_bytes(data, "big") == len(some):
                return fds


def pack(fds):
    """A parcel of descriptors, which are closed."""
    ours, parcel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        for i in range(0, len(fds), FDS_MAX):
            some = fds[i:i + FDS_MAX]
            socket.send_fds(ours, [(len(fds) - i).to_bytes(4, "big")], some)
    for fd in fds:
        os.close(fd)
    return parcel.detach()
