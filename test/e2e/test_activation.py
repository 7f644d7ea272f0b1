# SPDX-License-Identifier: MIT
"""Sockets that the service manager opens, and passes by name."""

import os
import socket
import sys

from support.stream import connect_unix

# As systemd starts a service: the socket is descriptor 3.
MANAGER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="console")
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_named_socket_is_served_and_stays(charhubd, workdir):
    path = workdir / "console"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        for _ in range(2):
            with connect_unix(path) as peer:  # before it runs
                daemon = charhubd(
                    "-chardev", "exec,id=g,command=echo fds=$LISTEN_FDS.; cat",
                    "-chardev", "socket,id=s,fd=console,server=on,wait=off,clients=4",
                    "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h",
                    prefix=[sys.executable, "-c", MANAGER, str(listener.fileno())],
                    pass_fds=(listener.fileno(),))
                peer.read_until("fds=.\r\n")
                peer.send(b"again\n")
                peer.read_until("again\r\n")
                daemon.stop()
            assert os.path.exists(path)
