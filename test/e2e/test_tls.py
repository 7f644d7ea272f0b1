# SPDX-License-Identifier: MIT
"""Consoles over TLS: openssl and socat as people use them, and charhubd on both sides."""

import re
import signal
import socket
import ssl

import pytest

from support.certificates import Authority
from support.program import need
from support.qmp import Qmp
from support.rfb import WebSocket
from support.stream import DEADLINE, Stream, connect_tcp, free_port

SHELL = {"PS1": "shell> ", "ENV": ""}


@pytest.fixture
def authority(workdir):
    made = Authority(workdir / "pki")
    made.sign("server", "hub.example")
    made.sign("client", "alice")
    return made


def creds(authority, side="server", more=""):
    return ["-object", f"tls-creds-x509,id={side},dir={authority.folder},endpoint={side}{more}"]


def shell_on(port, more=""):
    """A shell that a server on @port shows to 8 clients."""
    return ["-chardev", "exec,id=g,command=/bin/sh",
            "-chardev", f"socket,id=s,host=127.0.0.1,port={port},server=on,wait=off,clients=8"
                        f"{more}",
            "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h"]


@pytest.fixture
def shell(charhubd, authority):
    """The port of a shell for everybody who trusts the authority."""
    port = free_port()
    daemon = charhubd(*creds(authority, more=",verify-peer=off"),
                      *shell_on(port, ",tls-creds=server"), env=SHELL)
    daemon.port = port
    return daemon


def ask(person, number):
    person.send(f"echo $(({number} * 2))\r")
    person.read_until(f"{number * 2}\r\n")


def test_openssl_is_a_client(terminal, shell, authority):
    need("openssl")
    ann = terminal("openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile",
                   authority.path("ca-cert.pem"), "-verify_hostname", "localhost", "-connect",
                   f"127.0.0.1:{shell.port}")
    ann.read_until("shell> ")
    ann.send("echo $((21 * 2))\n")
    ann.read_until("42")


def test_socat_is_a_client(terminal, shell, authority):
    ann = terminal("socat", "-,rawer", f"OPENSSL:127.0.0.1:{shell.port},"
                   f"cafile={authority.path('ca-cert.pem')},commonname=localhost")
    ann.read_until("shell> ")
    ask(ann, 21)


def test_people_share_what_is_long(shell, authority):
    people = [dial(shell.port, authority) for _ in range(3)]
    for person in people:  # who has shaken hands need not be there yet
        person.read_until("shell> ")
    people[0].send("seq 50000; echo e''nd\r")
    said = [person.read_until("end\r\n") for person in people]
    assert all(b"".join(b"%d\r\n" % i for i in range(1, 50001)) in text for text in said)


def context_of(authority, side=None):
    context = ssl.create_default_context(cafile=authority.path("ca-cert.pem"))
    if side:
        context.load_cert_chain(authority.path(f"{side}-cert.pem"),
                                authority.path(f"{side}-key.pem"))
    return context


class Person(Stream):
    """A program behind TLS: what it reads is pumped from the decrypted side."""

    def __init__(self, sock):
        super().__init__(sock.fileno(), sock)
        self.tls = sock

    def send(self, data, timeout=DEADLINE):
        self.tls.sendall(data.encode() if isinstance(data, str) else data)

    def read_until(self, what, timeout=DEADLINE):
        said = b""
        while what.encode() not in said:
            part = self.tls.recv(65536)
            assert part, said
            said += part
        return said


def dial(port, authority, side=None, host="localhost"):
    sock = socket.create_connection(("127.0.0.1", port), DEADLINE)
    return Person(context_of(authority, side).wrap_socket(sock, server_hostname=host))


def test_stranger_is_told_and_keeps_nobody_waiting(shell, authority):
    with connect_tcp(shell.port) as silent, connect_tcp(shell.port) as stranger:
        stranger.send("hello\r")
        assert stranger.read_to_end() == b"charhub: only TLS is spoken here\r\n"
        ann = dial(shell.port, authority)
        ann.read_until("shell> ")
        assert not silent.is_readable()


def test_certificate_is_asked_for(charhubd, authority):
    port = free_port()
    daemon = charhubd(*creds(authority), *shell_on(port, ",tls-creds=server"), env=SHELL)
    dial(port, authority, "client").read_until("shell> ")
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        dial(port, authority).read_until("shell> ")
    daemon.err.wait_for("no connection: peer did not return a certificate")


def test_rules_about_certificates(charhubd, authority):
    authority.sign("eve", "eve")
    port = free_port()
    daemon = charhubd(
        "-object", "authz-list,id=people,rules.0.match=CN=alice,,O=Lab,rules.0.policy=allow",
        *creds(authority), *shell_on(port, ",tls-creds=server,tls-authz=people"), env=SHELL)
    dial(port, authority, "client").read_until("shell> ")
    dial(port, authority, "eve").read_until(
        "charhub: console 's' is not for x509:CN=eve,O=Lab\r\n")
    daemon.err.wait_for("socket 's': x509:CN=eve,O=Lab from 127.0.0.1:")


def test_hub_knows_certificates(charhubd, authority):
    authority.sign("eve", "eve")
    port = free_port()
    server = shell_on(port, ",tls-creds=server")
    server[5] += ",type-authz=people"
    daemon = charhubd(
        "-object", "authz-simple,id=people,identity=x509:CN=alice,,O=Lab", *creds(authority),
        *server, env=SHELL)
    alice, eve = (dial(port, authority, side) for side in ("client", "eve"))
    daemon.err.wait_for(re.compile(rb"x509:CN=alice,O=Lab is at 's\.\d'\n"))
    daemon.err.wait_for(re.compile(rb"x509:CN=eve,O=Lab is at 's\.\d', to look only\n"))
    alice.send("echo $((21 * 2))\r")
    eve.read_until("42\r\n")


def test_new_certificate_counts_after_sighup(shell, authority):
    def name():
        return dict(pair[0] for pair in
                    dial(shell.port, authority).tls.getpeercert()["subject"])["commonName"]

    ann = dial(shell.port, authority)
    ann.read_until("shell> ")
    assert name() == "hub.example"
    authority.sign("server", "new.example")
    shell.send_signal(signal.SIGHUP)
    shell.err.wait_for("TLS credentials 'server': read again")
    assert name() == "new.example"
    (authority.folder / "server-key.pem").write_text("nonsense\n")
    shell.send_signal(signal.SIGHUP)
    shell.err.wait_for("TLS credentials 'server' stay as they were: Unable to load private key")
    assert name() == "new.example"
    ask(ann, 21)


@pytest.mark.parametrize("more", ["", ",telnet=on"])
def test_both_sides_are_charhubd(charhubd, authority, workdir, client, more):
    port = free_port()
    charhubd(*creds(authority), *shell_on(port, f",tls-creds=server{more}"), env=SHELL)
    charhubd(*creds(authority, "client"),
             "-chardev", f"socket,id=g,host=127.0.0.1,port={port},reconnect-ms=50,"
                         f"tls-creds=client{more}",
             "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off",
             "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h")
    ann = client(f"{workdir}/s")
    ann.send("\r")
    ann.read_until("shell> ")
    ask(ann, 21)


def test_client_is_made_while_the_program_runs(charhubd, authority, workdir, client):
    port = free_port()
    charhubd(*creds(authority), *shell_on(port, ",tls-creds=server"), env=SHELL)
    charhubd(*creds(authority, "client"), "-control", f"{workdir}/control",
             "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off",
             "-chardev", "null,id=n", "-chardev", "hub,id=h,chardevs.0=s",
             "-device", "console,guest=n,chardev=h")
    with Qmp(workdir / "control") as qmp:
        qmp.run("chardev-change", id="n", backend={"type": "socket", "data": {
            "addr": {"type": "inet", "data": {"host": "127.0.0.1", "port": str(port)}},
            "server": False, "tls-creds": "client", "tls-hostname": "localhost"}})
        ann = client(f"{workdir}/s")
        ann.send("\r")
        ann.read_until("shell> ")
        ask(ann, 21)
        entry, = (one for one in qmp.run("query-chardev") if one["label"] == "n")
        assert entry["filename"].startswith("tls:")


def test_client_at_a_descriptor_says_whose_certificate_it_wants(run_charhubd, authority):
    done = run_charhubd(*creds(authority, "client"), "-chardev",
                        "socket,id=x,fd=0,tls-creds=client")
    assert done.code == 1
    assert "'tls_creds' option is incompatible with 'fd' address type as client" in done.err


def test_shared_keys(charhubd, terminal, workdir):
    need("openssl")
    (workdir / "keys.psk").write_text("alice:0123456789abcdef\n")
    port = free_port()
    charhubd("-object", f"tls-creds-psk,id=t,dir={workdir},endpoint=server",
             *shell_on(port, ",tls-creds=t"), env=SHELL)
    ann = terminal("openssl", "s_client", "-quiet", "-psk_identity", "alice", "-psk",
                   "0123456789abcdef", "-connect", f"127.0.0.1:{port}")
    ann.read_until("shell> ")
    ann.send("echo $((21 * 2))\n")
    ann.read_until("42")


def test_websocket_over_tls(charhubd, authority):
    port = free_port()
    charhubd(*creds(authority, more=",verify-peer=off"),
             *shell_on(port, ",tls-creds=server,websocket=on"), env=SHELL)
    ann = WebSocket(dial(port, authority).tls)
    said = b""
    while b"shell> " not in said:
        said += ann.recv(4096)


MISTAKES = [
    (["-chardev", "socket,id=s,host=,port=0,server=on,wait=off,tls-creds=x"],
     "No TLS credentials with id 'x'"),
    (["-object", "secret,id=x,data=a",
      "-chardev", "socket,id=s,host=,port=0,server=on,wait=off,tls-creds=x"],
     "Object with id 'x' is not TLS credentials"),
    (["-object", "tls-creds-anon,id=x",
      "-chardev", "socket,id=s,host=,port=0,server=on,wait=off,tls-creds=x"],
     "Expected TLS credentials for a server endpoint"),
    (["-object", "tls-creds-anon,id=x,endpoint=server",
      "-chardev", "socket,id=s,host=localhost,port=1,tls-creds=x"],
     "Expected TLS credentials for a client endpoint"),
    (["-object", "tls-creds-anon,id=x,endpoint=server",
      "-chardev", "socket,id=s,path=s,server=on,wait=off,tls-creds=x"],
     "'tls_creds' option is incompatible with 'unix' address type"),
    (["-chardev", "socket,id=s,host=,port=0,server=on,wait=off,tls-authz=x"],
     "'tls_authz' option requires 'tls_creds' option"),
    (["-object", "tls-creds-anon,id=x,endpoint=server",
      "-chardev", "socket,id=s,host=,port=0,server=on,wait=off,tls-creds=x,tls-authz=y"],
     "tls-authz=y: there is no such object"),
    (["-object", "tls-creds-x509,id=x,endpoint=server"], "Missing 'dir' property value"),
    (["-object", "tls-creds-x509,id=x,endpoint=server,dir=/nonexistent"],
     "Unable to access credentials /nonexistent/ca-cert.pem: No such file or directory"),
]


@pytest.mark.parametrize("arguments, said", MISTAKES)
def test_mistake_is_named(run_charhubd, arguments, said):
    done = run_charhubd(*arguments)
    assert done.code == 1
    assert done.err.splitlines()[0].endswith(f": {said}")
