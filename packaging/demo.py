# SPDX-License-Identifier: MIT
"""The running part of ./quickstart: one guest, one hub, four ways to its console.

	demo.py CHARHUBD [--vm]

Ends with the guest, or with SIGINT, SIGTERM or SIGHUP; takes along every process it started and its
folder, in which all sockets, symlinks and files are.
"""

import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATIENCE = 10  # seconds that a process has to end after SIGTERM

HOWTO = """
{what} Attach from other terminals, as many as you like:

  {charhub} --socket={run}/control attach hub
        leave with Ctrl-] .   Ctrl-] ? shows more; "who hub" says who is here
  tio {run}/pty
        leave with Ctrl-T Q
  socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:{run}/console.sock
        leave with Ctrl-]; up to 16 at once
  tail -f {run}/console.log
        all that the guest ever printed

Everybody sees the same console and may type. Ctrl-C here ends it.
"""


class Signals:
    """The signals that end us, as a file descriptor to poll; children do not inherit anything."""

    def __init__(self):
        self.fd, self._write = (end.detach() for end in socket.socketpair())
        for end in (self.fd, self._write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._write)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: None)


class Demo:
    def __init__(self):
        self.signals = Signals()
        self.processes = []
        base = os.environ.get("XDG_RUNTIME_DIR")
        self.run = pathlib.Path(tempfile.mkdtemp(
            prefix="charhub-", dir=base if base and os.access(base, os.W_OK) else None))

    def start(self, argv, **options):
        """A process of ours. In a session of its own: Ctrl-C is for us, and we end it in order."""
        process = subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL,
                                   start_new_session=True, **options)
        self.processes.append((process, os.pidfd_open(process.pid)))

    def wait(self, *fds):
        """The first of @fds, of the signals and of the processes' ends that is due."""
        poller = select.poll()
        for fd in (*fds, self.signals.fd, *(pidfd for _, pidfd in self.processes)):
            poller.register(fd, select.POLLIN)
        return poller.poll()[0][0]

    def start_hub(self, charhubd, *guest):
        """charhubd with @guest as the guest's end of the hub. True once it serves."""
        # Stays open: charhubd tells its end as well.
        self.notify = notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(self.run / "notify"))
        self.start([
            charhubd,
            "-chardev", f"pty,id=pty,path={self.run}/pty",
            "-chardev", f"socket,id=socket,path={self.run}/console.sock,server=on,wait=off,"
                        "clients=16",
            "-chardev", f"file,id=log,path={self.run}/console.log",
            "-chardev", "hub,id=hub,chardevs.0=pty,chardevs.1=socket,chardevs.2=log",
            "-control", f"{self.run}/control",
            *guest,
        ], env={**os.environ, "NOTIFY_SOCKET": str(self.run / "notify"), "PS1": "guest$ "})
        return self.wait(notify.fileno()) == notify.fileno()

    def start_vm(self):
        # What it says of itself while it starts is of no interest: its console is the hub's.
        with open(self.run / "guest.log", "wb") as log:
            self.start([ROOT / "test/guest/boot-uml.sh", "-v", self.run / "guest.sock"],
                       stdout=log, stderr=log)

    def finish(self):
        """End what still runs, the youngest first. Nothing may interrupt this."""
        for process, _ in reversed(self.processes):
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, number)
                    process.wait(PATIENCE)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
        shutil.rmtree(self.run)


def main():
    charhubd, vm = sys.argv[1], "--vm" in sys.argv[2:]
    demo = Demo()
    try:
        guest = ["-device", f"virtio-serial,socket={demo.run}/guest.sock",
                 "-device", "virtconsole,chardev=hub"] if vm else \
            ["-chardev", "exec,id=guest,command=/bin/sh",
             "-device", "console,guest=guest,chardev=hub"]
        if not demo.start_hub(charhubd, *guest):
            return 1
        if vm:
            demo.start_vm()
        what = "A Linux guest is booting." if vm else "A shell is running."
        client = pathlib.Path(charhubd).parents[1] / "client/charhub"
        print(HOWTO.format(run=demo.run, what=what, charhub=client), flush=True)
        if demo.wait() != demo.signals.fd:
            print("The guest or charhubd has ended.")
    finally:
        demo.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
