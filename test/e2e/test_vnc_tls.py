# SPDX-License-Identifier: MIT
"""VNC over TLS: VeNCrypt by a client of our own and by TigerVNC, and websockets as wss."""

import socket

import pytest

from support import rfb
from support.certificates import Authority, anonymous, trusting
from support.program import need
from support.screen import Screen
from support.setups import scripted_guest
from support.stream import DEADLINE, free_port

PASSWORD = ["-object", "secret,id=sec,data=sesame"]


@pytest.fixture
def authority(workdir):
    made = Authority(workdir / "pki")
    made.sign("server", "hub.example")
    made.sign("client", "alice")
    return made


def x509(authority, more=",verify-peer=off"):
    return ["-object", f"tls-creds-x509,id=t,dir={authority.folder},endpoint=server{more}"]


ANON = ["-object", "tls-creds-anon,id=t,endpoint=server"]


@pytest.fixture
def serve(charhubd, workdir, client):
    """serve(objects, options): a vc by VNC with TLS; (the guest's stream, the port)."""
    def start(objects, options=""):
        port = free_port()
        charhubd(*objects, "-chardev", f"{scripted_guest(workdir)},id=guest",
                 "-chardev", "vc,id=vc0", "-device", "console,guest=guest,chardev=vc0",
                 "-vnc", f"none,websocket=127.0.0.1:{port - 1},tls-creds=t{options}",
                 "-vnc", f"127.0.0.1:{port - 5900},tls-creds=t{options}")
        return client(workdir / "guest"), port

    return start


@pytest.mark.parametrize("password", [False, True])
@pytest.mark.parametrize("version", [b"RFB 003.007\n", b"RFB 003.008\n"])
def test_types(serve, authority, version, password):
    """Each kind of credentials, with and without a password, is the one type that is offered."""
    more = ",password-secret=sec" if password else ""
    respond = rfb.respond("sesame") if password else None
    _, port = serve([*PASSWORD, *x509(authority)], more)
    viewer = rfb.connect(("127.0.0.1", port), version=version, respond=respond,
                         tls=trusting(authority))
    assert viewer.subtype == (261 if password else 260)
    viewer.request(False)
    viewer.update()
    if password:
        with pytest.raises(PermissionError):
            rfb.connect(("127.0.0.1", port), respond=rfb.respond("wrong"), tls=trusting(authority))


@pytest.mark.parametrize("password", [False, True])
def test_anonymous_types(serve, password):
    more = ",password-secret=sec" if password else ""
    respond = rfb.respond("sesame") if password else None
    _, port = serve([*PASSWORD, *ANON], more)
    viewer = rfb.connect(("127.0.0.1", port), respond=respond, tls=anonymous())
    assert viewer.subtype == (258 if password else 257)


def test_rules_know_certificates(serve, authority):
    _, port = serve([*x509(authority, ""),
                     "-object", "authz-simple,id=a,identity=CN=alice,,O=Lab"], ",tls-authz=a")
    rfb.connect(("127.0.0.1", port), tls=trusting(authority, "client")).close()
    authority.sign("client", "mallory")
    with pytest.raises(PermissionError, match="this console is not for x509:CN=mallory,O=Lab"):
        rfb.connect(("127.0.0.1", port), tls=trusting(authority, "client"))


def test_bytes_before_tls_are_nobodys(serve, authority):
    """What somebody on the way puts in front of TLS does not become part of the session."""
    _, port = serve(x509(authority))
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as sock:
        viewer = rfb.Client(sock)
        viewer.read(12)
        sock.sendall(b"RFB 003.008\n\x13\0\2\0\0\1\4\1")
        with pytest.raises((rfb.Closed, ConnectionError)):
            viewer.read(100)


def test_old_version_is_told(serve, authority):
    _, port = serve(x509(authority))
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as sock:
        viewer = rfb.Client(sock)
        viewer.read(12)
        sock.sendall(b"RFB 003.003\n")
        assert viewer.unpack("I") == (0,)
        assert viewer.read(viewer.unpack("I")[0]) == b"TLS needs protocol version 3.7"


def test_websocket_is_wss(serve, authority):
    _, port = serve([*PASSWORD, *x509(authority)], ",password-secret=sec")
    context, host = trusting(authority)
    sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port - 1), DEADLINE),
                               server_hostname=host)
    viewer = rfb.Client(rfb.WebSocket(sock)).handshake(respond=rfb.respond("sesame"))
    viewer.request(False)
    viewer.update()


def obfuscated(password):
    """A password file of vncpasswd's: the password by DES with a key that everybody knows."""
    return rfb.respond("\x17\x52\x6b\x06\x23\x4e\x58\x07")(password.encode().ljust(8, b"\0"))


@pytest.fixture
def screen():
    need("Xvfb", "xdotool", "xtigervncviewer")
    made = Screen(1600, 900)
    yield made
    made.close()


@pytest.mark.parametrize("kind", ["X509Vnc", "X509None", "TLSVnc", "TLSNone"])
def test_tigervnc(serve, workdir, authority, screen, kind):
    password, x = kind.endswith("Vnc"), kind.startswith("X509")
    stream, port = serve([*PASSWORD, *(x509(authority) if x else ANON)],
                         ",password-secret=sec" if password else "")
    (workdir / "passwd").write_bytes(obfuscated("sesame"))
    stream.send(f"\033[?25l\033[2J\033[Hover {kind}\r\n")
    screen.start_viewer(f"127.0.0.1::{port}", "-SecurityTypes", kind,
                        "-X509CA", authority.path("ca-cert.pem"), "-PasswordFile",
                        str(workdir / "passwd"))
    engine = rfb.connect(("127.0.0.1", port), tls=trusting(authority) if x else anonymous(),
                         respond=rfb.respond("sesame") if password else None)
    engine.request(False)
    engine.update()
    screen.wait_picture(engine.picture, f"the console by {kind}")


MISTAKES = [
    (["-vnc", "none,tls-creds=x"], "No TLS credentials with id 'x'"),
    (["-object", "secret,id=x,data=a", "-vnc", "none,tls-creds=x"],
     "Object with id 'x' is not TLS credentials"),
    (["-object", "tls-creds-anon,id=x", "-vnc", "none,tls-creds=x"],
     "Expected TLS credentials for a server endpoint"),
    (["-object", "tls-creds-psk,id=x,endpoint=server,dir=.", "-vnc", "none,tls-creds=x"],
     "Unsupported TLS cred type tls-creds-psk"),
    (["-vnc", "none,tls-authz=x"], "'tls-authz' provided but TLS is not enabled"),
]


@pytest.mark.parametrize("arguments, said", MISTAKES)
def test_mistake_is_named(run_charhubd, workdir, arguments, said):
    (workdir / "keys.psk").write_text("alice:00\n")
    done = run_charhubd(*arguments)
    assert (done.code, done.err.splitlines()[0][-len(said):]) == (1, said)
