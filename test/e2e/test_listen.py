# SPDX-License-Identifier: MIT
"""One port for all consoles: a typed name, a websocket's path, the name asked for in TLS."""

import socket
import ssl

import pytest

from support.certificates import Authority
from support.program import need
from support.rfb import WebSocket
from support.stream import DEADLINE, connect_tcp, connect_unix, free_port

LIST = "Consoles:\r\n  vm1\r\n  vm2\r\nNAME? "


@pytest.fixture
def consoles(charhubd):
    """consoles(*listens): two shells, each behind a hub, and one that is not for the public."""
    def start(*listens):
        words = []
        for name in ("vm1", "vm2", "private"):
            words += ["-chardev", f"exec,id={name}-guest,command=PS1='{name}> ' ENV= sh",
                      "-chardev", f"null,id={name}-log",
                      "-chardev", f"hub,id={name},chardevs.0={name}-log",
                      "-device", f"console,guest={name}-guest,chardev={name}"]
        return charhubd(*words, *listens)

    return start


def test_a_name_that_is_typed_leads_to_a_console(consoles, workdir):
    consoles("-listen", f"unix:{workdir}/door,consoles=vm*")
    with connect_unix(workdir / "door") as ann:
        assert ann.read_until("NAME? ") == LIST.encode()
        ann.send("private\n")
        assert ann.read_until("NAME? ") == LIST.encode()
        ann.send("vm2\necho $((6 * 7))\n")
        ann.read_until("vm2> ")
        ann.read_until("42\r\n")


def test_a_terminal_that_sends_lines_is_not_echoed_to(consoles, terminal):
    port = free_port()
    consoles("-listen", f"127.0.0.1:{port},consoles=vm*")
    ann = terminal("socat", "-", f"TCP:127.0.0.1:{port}")  # as nc does
    ann.read_until("NAME? ")
    ann.send("vm1\r")
    assert ann.read_until("vm1> ").count(b"vm1\r\n") == 1  # what the terminal itself has shown
    ann.send("echo $((6 * 7))\r")
    ann.read_until("42\r")


def test_telnet_shows_what_is_typed_and_tells_its_size(consoles, terminal):
    need("telnet")
    port = free_port()
    consoles("-listen", f"127.0.0.1:{port},consoles=vm*,telnet=on")
    ann = terminal("telnet", "127.0.0.1", port, cols=91, rows=33)
    ann.read_until("NAME? ")
    for key in "vmx":
        ann.send(key)
        ann.read_until(key)
    ann.send("\b")
    ann.read_until("\b \b")
    ann.send("1\r")
    ann.read_until("1\r\n")
    ann.read_until("vm1> ")
    ann.send("stty size\r")
    ann.read_until("33 91\r\n")


def test_a_path_of_a_websocket_leads_to_a_console(consoles):
    port = free_port()
    consoles("-listen", f"127.0.0.1:{port},consoles=vm*,websocket=on")
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as sock:
        ann = WebSocket(sock, "/console/vm2")
        said = b""
        while b"vm2> " not in said:
            said += ann.recv(4096)
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as sock:
        ben = WebSocket(sock, "/console/private")
        assert ben.recv(4096) == b"charhub: there is no console 'private' here\r\n"


def test_the_name_asked_for_in_tls_leads_to_a_console(consoles, workdir):
    authority = Authority(workdir / "pki")
    authority.sign("server", "hub.example")
    port = free_port()
    consoles("-object", f"tls-creds-x509,id=t,dir={authority.folder},endpoint=server,"
                        "verify-peer=off",
             "-listen", f"127.0.0.1:{port},consoles=vm*,tls-creds=t")
    context = ssl.create_default_context(cafile=authority.path("ca-cert.pem"))
    context.check_hostname = False
    for name, wanted in ("vm2.hub.example", b"vm2> "), ("hub.example", b"NAME? "):
        with socket.create_connection(("127.0.0.1", port), DEADLINE) as sock:
            said = b""
            ann = context.wrap_socket(sock, server_hostname=name)
            while wanted not in said:
                said += ann.recv(4096)


def test_its_mistakes_are_named(run_charhubd, workdir):
    for text, said in (
            ("4000", "'4000' is no address"),
            (f"unix:{workdir}/s,foo=1", "Invalid parameter 'foo'"),
            ("consoles=vm*", "chardev: socket: one of 'path', 'host', 'cid' or 'fd' is required"),
            (f"unix:{workdir}/s,clients=1",
             "'clients=1': a console is chosen by one of several clients"),
    ):
        done = run_charhubd("-listen", text)
        assert (done.code, done.err.splitlines()[0]) == (1, f"charhubd: -listen {text}: {said}")


def test_the_port_is_a_chardev_that_nobody_else_can_hold(consoles, workdir, run_charhubd):
    done = run_charhubd("-chardev", "null,id=g", "-listen", f"unix:{workdir}/s",
                        "-device", "console,guest=g,chardev=listen0")
    assert "chardev 'listen0' is already in use" in done.err


def test_many_choose_at_the_same_time(consoles):
    port = free_port()
    consoles("-listen", f"127.0.0.1:{port},consoles=vm*")
    people = [connect_tcp(port) for _ in range(20)]
    for number, person in enumerate(people):
        person.send(f"vm{number % 2 + 1}\n")
    for number, person in enumerate(people):
        person.read_until(f"vm{number % 2 + 1}> ")
        person.close()
