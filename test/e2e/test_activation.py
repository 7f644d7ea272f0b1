# SPDX-License-Identifier: MIT
"""Sockets that the service manager opens, and passes by name."""

import os
import socket

from support.program import with_socket
from support.stream import connect_unix


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
                    **with_socket("console", listener))
                peer.read_until("fds=.\r\n")
                peer.send(b"again\n")
                peer.read_until("again\r\n")
                daemon.stop()
            assert os.path.exists(path)
