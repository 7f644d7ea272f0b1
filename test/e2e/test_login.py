# SPDX-License-Identifier: MIT
"""Accounts and passwords: authz-pam at consoles, VeNCrypt's Plain by PAM and by a file."""

import contextlib
import re
import socket
import subprocess

import pytest

from support import pam as pam_support
from support import rfb
from support.certificates import Authority, anonymous, trusting
from support.program import need
from support.screen import Screen
from support.setups import scripted_guest
from support.stream import free_port


@pytest.fixture
def pam(workdir):
    pam_support.need()
    return pam_support.Pam(workdir)


# ---- accounts ----


def console(workdir, name, rules=""):
    """A hub on a socket of its own; the test is the guest."""
    return ["-chardev", f"socket,id=g-{name},path={workdir}/{name}.guest,server=on,wait=off",
            "-chardev", f"socket,id=s-{name},path={workdir}/{name},server=on,wait=off,clients=8",
            "-chardev", f"hub,id={name},chardevs.0=s-{name}{rules}",
            "-device", f"console,guest=g-{name},chardev={name}"]


def test_account_is_asked_for(charhubd, workdir, client, pam):
    daemon = charhubd("-object", "authz-pam,id=yes,service=open",
                      "-object", "authz-pam,id=no,service=closed",
                      *console(workdir, "a", ",view-authz=yes"),
                      *console(workdir, "b", ",view-authz=no"),
                      *console(workdir, "c", ",view-authz=yes,type-authz=no"), prefix=pam.prefix)
    guest, person = client(workdir / "a.guest"), client(workdir / "a")
    daemon.err.wait_for(re.compile(rb"user:root is at 's-a\.\d'\n"))
    guest.send("hello")
    person.read_until("hello")
    person.send("yes")
    assert guest.read_exact(3) == b"yes"
    refused = client(workdir / "b")
    refused.read_until("charhub: console 'b' is not for user:root\r\n")
    client(workdir / "c")
    daemon.err.wait_for(re.compile(rb"user:root is at 's-c\.\d', to look only\n"))


def test_who_is_asked_about_waits_and_nobody_else(charhubd, workdir, client, pam):
    daemon = charhubd("-object", "authz-pam,id=slow,service=slow",
                      *console(workdir, "a", ",view-authz=slow"), *console(workdir, "b"),
                      prefix=pam.prefix)
    guest, person = client(workdir / "a.guest"), client(workdir / "a")
    person.send("early")
    assert pam.asked() == "root"
    others_guest, other = client(workdir / "b.guest"), client(workdir / "b")
    others_guest.send("hello")
    other.read_until("hello")
    pam.answer(True)
    assert guest.read_exact(5) == b"early"
    refused = client(workdir / "a")
    pam.asked()
    pam.answer(False)
    refused.read_until("charhub: console 'a' is not for user:root\r\n")
    daemon.err.wait_for("object 'slow': PAM does not let root in: ")
    gone = client(workdir / "a")
    pam.asked()
    gone.close()
    daemon.stop()  # waits for no answer
    pam.answer(False)


def test_certificates_are_asked_for_by_tls_authz(charhubd, workdir, pam):
    authority = Authority(workdir / "pki")
    authority.sign("server", "hub.example")
    authority.sign("client", "alice")
    port = free_port()
    charhubd("-object", f"tls-creds-x509,id=t,dir={authority.folder},endpoint=server",
             "-object", "authz-pam,id=slow,service=slow", "-chardev",
             f"socket,id=s,host=127.0.0.1,port={port},server=on,wait=off,clients=4,tls-creds=t"
             ",tls-authz=slow", "-chardev", "hub,id=h,chardevs.0=s",
             "-chardev", f"{scripted_guest(workdir)},id=g", "-device", "console,guest=g,chardev=h",
             prefix=pam.prefix)
    for answer in True, False:
        sock = trusting(authority, "client")[0].wrap_socket(
            socket.create_connection(("127.0.0.1", port), 20), server_hostname="localhost")
        assert pam.asked() == "CN=alice,O=Lab"
        pam.answer(answer)
        if answer:
            guest = socket.socket(socket.AF_UNIX)
            guest.connect(f"{workdir}/guest")
            sock.sendall(b"x")
            assert guest.recv(1) == b"x"
        else:
            assert sock.recv(100) == b"charhub: console 's' is not for x509:CN=alice,O=Lab\r\n"


# ---- VNC ----


class Place:
    """A vc by VNC at @port, with a websocket at the port below; @tls: how clients trust it."""

    def __init__(self, daemon, guest, port, tls):
        self.daemon, self.guest, self.port, self.tls = daemon, guest, port, tls

    def log_in(self, user, password, piece=None, **more):
        return rfb.connect(("127.0.0.1", self.port), timeout=60, tls=self.tls,
                           plain=(user, password, piece), **more)

    def refuses(self, *login):
        with pytest.raises(PermissionError, match="^Authentication failed$"):
            self.log_in(*login)


@pytest.fixture
def serve(charhubd, workdir, client):
    """serve(options, x509): a Place."""
    authority = Authority(workdir / "pki")
    authority.sign("server", "hub.example")

    def start(options, x509=True, prefix=(), objects=()):
        port = free_port()
        creds = (f"tls-creds-x509,id=t,dir={authority.folder},endpoint=server,verify-peer=off"
                 if x509 else "tls-creds-anon,id=t,endpoint=server")
        daemon = charhubd("-object", creds, *objects,
                          "-chardev", f"{scripted_guest(workdir)},id=guest",
                          "-chardev", "vc,id=vc0", "-device", "console,guest=guest,chardev=vc0",
                          "-vnc", f"none,websocket=127.0.0.1:{port - 1},tls-creds=t,{options}",
                          "-vnc", f"127.0.0.1:{port - 5900},tls-creds=t,{options}",
                          prefix=prefix)
        return Place(daemon, client(workdir / "guest"), port,
                     trusting(authority) if x509 else anonymous())

    start.authority = authority
    return start


@pytest.fixture
def passwords(workdir):
    """The option for a file in which ann has the password "sesame"."""
    hashed = subprocess.run(["openssl", "passwd", "-6", "-salt", "salt", "sesame"], check=True,
                            capture_output=True, text=True).stdout.strip()
    (workdir / "passwords").write_text(f"# people\nbob:!\nann:{hashed}\n")
    return f"plain-file={workdir}/passwords"


@pytest.mark.parametrize("x509", [True, False])
@pytest.mark.parametrize("way", ["pam", "file"])
def test_types(request, serve, way, x509):
    """One after the other: who has guessed wrong waits, a second and then two."""
    prefix = request.getfixturevalue("pam").prefix if way == "pam" else ()
    place = serve("plain-pam=users" if way == "pam" else request.getfixturevalue("passwords"),
                  x509, prefix)
    viewer = place.log_in(b"ann", b"sesame")
    assert viewer.subtype == (262 if x509 else 259)
    viewer.request(False)
    viewer.update()
    place.daemon.err.wait_for(re.compile(rb"vnc: user:ann \(127\.0\.0\.1:\d+\): logged in\n"))
    place.refuses(b"ann", b"Sesame")
    place.refuses(b"bob", b"sesame")
    place.log_in(b"ann", b"sesame", 1)


def test_what_cannot_be_right_is_refused(serve, passwords):
    place = serve(passwords)
    for user, password in (b"", b""), (b"a" * 128, b"sesame"), (b"ann", b"s" * 512):
        place.refuses(user, password)
    for user, password in (b"ann\0x", b"sesame"), (b"4711", b"sesame"):
        place.refuses(user, password)


def test_rules_know_the_user(serve, passwords):
    place = serve(passwords + ",view-authz=a,type-authz=b", objects=[
        "-object", "authz-simple,id=a,identity=user:ann",
        "-object", "authz-simple,id=b,identity=user:root"])
    place.log_in(b"ann", b"sesame")
    place.daemon.err.wait_for(re.compile(rb"user:ann \(.*\): logged in, to look only\n"))


def test_right_password_is_not_enough(serve, passwords):
    place = serve(passwords + ",view-authz=a", objects=[
        "-object", "authz-simple,id=a,identity=user:joe"])
    with pytest.raises(PermissionError, match="^this console is not for user:ann$"):
        place.log_in(b"ann", b"sesame")


def test_rules_may_take_their_time(serve, passwords, pam):
    place = serve(passwords + ",view-authz=a", prefix=pam.prefix, objects=[
        "-object", "authz-pam,id=a,service=slow"])
    with contextlib.closing(socket.create_connection(("127.0.0.1", place.port), 60)) as sock:
        viewer = rfb.Client(sock, 60)
        viewer.read(12)
        sock.sendall(b"RFB 003.008\n")
        viewer.read(2)
        sock.sendall(b"\x13")
        viewer.secure(place.tls)
        viewer.say_plain(b"ann", b"sesame")
        assert pam.asked() == "ann"
        pam.answer(True)
        assert viewer.unpack("I") == (0,)


def test_plain_within_wss(serve, passwords):
    place = serve(passwords)
    context, host = place.tls

    def connect(*plain):
        sock = context.wrap_socket(socket.create_connection(("127.0.0.1", place.port - 1), 60),
                                   server_hostname=host)
        return rfb.Client(rfb.WebSocket(sock), 60).handshake(plain=plain)

    viewer = connect(b"ann", b"sesame", 3)
    assert viewer.subtype == 256
    viewer.request(False)
    viewer.update()
    with pytest.raises(PermissionError, match="^Authentication failed$"):
        connect(b"ann", b"wrong")


@pytest.fixture
def screen():
    need("Xvfb", "xdotool", "xtigervncviewer")
    made = Screen(1600, 900)
    yield made
    made.close()


@pytest.mark.parametrize("kind", ["X509Plain", "TLSPlain"])
def test_tigervnc(serve, screen, passwords, kind):
    place = serve(passwords, kind.startswith("X509"))
    screen.env.update(VNC_USERNAME="ann", VNC_PASSWORD="sesame")
    place.guest.send(f"\033[?25l\033[2J\033[Hover {kind}\r\n")
    screen.start_viewer(f"127.0.0.1::{place.port}", "-SecurityTypes", kind,
                        "-X509CA", serve.authority.path("ca-cert.pem"))
    engine = place.log_in(b"ann", b"sesame")
    engine.request(False)
    engine.update()
    screen.wait_picture(engine.picture, f"the console by {kind}")


MISTAKES = [
    ("plain-pam=x", "'plain-pam' needs 'tls-creds': the password is sent as it is"),
    ("plain-pam=x,plain-file=y,tls-creds=t", "give either 'plain-pam' or 'plain-file', not both"),
    ("plain-file=y,password=on,tls-creds=t", "'plain-file' asks for a user's own password: "
     "'password' and 'password-secret' do not go with it"),
    ("plain-file=y,tls-creds=t", "vnc: plain-file: cannot read 'y': No such file or directory"),
]


@pytest.mark.parametrize("options, said", MISTAKES)
def test_mistake_is_named(run_charhubd, options, said):
    done = run_charhubd("-object", "tls-creds-anon,id=t,endpoint=server", "-vnc", f"none,{options}")
    assert (done.code, done.err.splitlines()[0][-len(said):]) == (1, said)
