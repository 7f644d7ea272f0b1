# SPDX-License-Identifier: MIT
"""A console over websockets, as a terminal in a browser has it."""

import socket

import pytest

from support.rfb import WebSocket
from support.stream import DEADLINE, free_port


@pytest.fixture
def shared(charhubd):
    """The port of a websocket server with 8 clients, of a hub over a shell."""
    port = free_port()
    charhubd(
        "-chardev", "exec,id=g,command=/bin/sh",
        "-chardev", f"socket,id=w,host=127.0.0.1,port={port},server=on,wait=off,websocket=on,"
                    "clients=8",
        "-chardev", "hub,id=h,chardevs.0=w", "-device", "console,guest=g,chardev=h",
        env={"PS1": "shell> ", "ENV": ""})
    return port


def enter(port):
    return WebSocket(socket.create_connection(("127.0.0.1", port), DEADLINE))


def test_people_share_a_console(shared):
    ann = enter(shared)
    ann.read_until(b"shell> ")
    ann.sendall(b"echo a$((6 * 7))\r")
    ann.read_until(b"a42\r\n")
    ben = enter(shared)
    ben.read_until(b"a42")
    ben.sendall(b"echo b$((6 * 9))\r")
    for person in (ann, ben):
        person.read_until(b"b54\r\n")


def test_much_comes_whole(shared):
    ann = enter(shared)
    ann.read_until(b"shell> ")
    ann.sendall(b"seq 100000; echo e''nd\r")
    said = ann.read_until(b"end\r\n")
    assert b"".join(b"%d\r\n" % i for i in range(1, 100001)) in said


def test_who_speaks_something_else_is_told(shared):
    with socket.create_connection(("127.0.0.1", shared), DEADLINE) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 426 ")
