# SPDX-License-Identifier: MIT
"""Who may what, as one table: every way in by every kind of rule.

A way in says by which options a console is reached, how a person gets there, and who that person
is then. A row of RULES says what becomes of him. One charhubd has a hub for each row.
"""

import contextlib
import json
import os
import re
import socket
import ssl
import subprocess

import pytest

from support import pam as pam_support
from support import rfb
from support.certificates import Authority
from support.program import SANDBOX, need
from support.stream import Stream, connect_unix, free_port

# options of the hub, of its member, what follows
RULES = [
    ("", "", "types"),
    (",view-authz=me", "", "types"),
    (",view-authz=other", "", "refused"),
    (",type-authz=other", "", "views"),
    (",view-authz=list,type-authz=shut", "", "views"),
    (",view-authz=shut,type-authz=list", "", "types"),
    (",view-authz=file", "", "types"),
    (",type-authz=me", "access=view", "views"),
    (",view-authz=me", "view-authz=shut", "refused"),
    (",view-authz=shut", "view-authz=me", "types"),
]
PAM_RULES = [(",view-authz=pam", "", "types"), (",view-authz=barred", "", "refused")]
PAM_OBJECTS = ["-object", "authz-pam,id=pam,service=open",
               "-object", "authz-pam,id=barred,service=closed"]


def objects(who, workdir):
    match = who.replace(",", ",,")
    (workdir / "people").write_text(json.dumps({"rules": [{"match": who, "policy": "allow"}]}))
    return ["-object", f"authz-simple,id=me,identity={match}",
            "-object", "authz-simple,id=other,identity=user:nobody-like-him",
            "-object", f"authz-list,id=list,rules.0.match={match},rules.0.policy=allow",
            "-object", "authz-list,id=shut",
            "-object", f"authz-list-file,id=file,filename={workdir}/people",
            *([] if SANDBOX else PAM_OBJECTS)]


def hubs(workdir, rules, chardev):
    """A hub for each row; chardev(i): the options of its member."""
    words = []
    for i, (hub, member, _) in enumerate(rules):
        more = f",members.0.{member}" if member else ""
        words += ["-chardev", f"socket,id=g{i},path={workdir}/g{i},server=on,wait=off",
                  "-chardev", f"{chardev(i)},id=c{i}",
                  "-chardev", f"hub,id=h{i},members.0.chardev=c{i}{more}{hub}",
                  "-device", f"console,guest=g{i},chardev=h{i}"]
    return words


class Person:
    """Somebody at a console, by anything that has recv() and sendall()."""

    def __init__(self, sock):
        self.sock, self.said = sock, b""

    def read_until(self, text):
        while text not in self.said:
            part = self.sock.recv(4096)
            assert part, self.said
            self.said += part

    def send(self, data):
        self.sock.sendall(data)


# ---- ways in ----


class Way:
    """@who: as rules know the person who comes; at(i): the chardev of console @i."""

    options = ()
    who = "anonymous"

    def __init__(self, workdir):
        self.workdir = workdir
        self.ports = [free_port() for _ in RULES + PAM_RULES]
        self.open = contextlib.ExitStack()

    def hubs(self, rules):
        return hubs(self.workdir, rules, self.at)

    def dial(self, i):
        return self.open.enter_context(socket.create_connection(("127.0.0.1", self.ports[i]), 60))

    def tcp(self, i, more=""):
        return f"socket,host=127.0.0.1,port={self.ports[i]},server=on,wait=off,clients=4{more}"


class Unix(Way):
    who = "user:root"

    def at(self, i):
        return f"socket,path={self.workdir}/s{i},server=on,wait=off,clients=4"

    def enter(self, i):
        sock = self.open.enter_context(socket.socket(socket.AF_UNIX))
        sock.settimeout(60)
        sock.connect(f"{self.workdir}/s{i}")
        return Person(sock)


class UnixOfOne(Unix):
    def at(self, i):
        return f"socket,path={self.workdir}/s{i},server=on,wait=off"


class Tcp(Way):
    def at(self, i):
        return self.tcp(i)

    def enter(self, i):
        return Person(self.dial(i))


class Telnet(Tcp):
    def at(self, i):
        return self.tcp(i, ",telnet=on")


class Web(Way):
    def at(self, i):
        return self.tcp(i, ",websocket=on")

    def enter(self, i):
        return Person(rfb.WebSocket(self.dial(i)))


class X509(Way):
    who = "x509:CN=alice,O=Lab"

    def __init__(self, workdir):
        super().__init__(workdir)
        self.authority = Authority(workdir / "pki")
        self.authority.sign("server", "hub.example")
        self.authority.sign("client", "alice")
        self.options = ["-object", f"tls-creds-x509,id=t,dir={workdir}/pki,endpoint=server"]
        self.context = ssl.create_default_context(cafile=self.authority.path("ca-cert.pem"))
        self.context.load_cert_chain(self.authority.path("client-cert.pem"),
                                     self.authority.path("client-key.pem"))

    def at(self, i):
        return self.tcp(i, ",tls-creds=t")

    def wrap(self, i, host="localhost"):
        return self.context.wrap_socket(self.dial(i), server_hostname=host)

    def enter(self, i):
        return Person(self.wrap(i))


class Wss(X509):
    def at(self, i):
        return self.tcp(i, ",tls-creds=t,websocket=on")

    def enter(self, i):
        return Person(rfb.WebSocket(self.wrap(i)))


class Anonymous(X509):
    who = "anonymous"

    def __init__(self, workdir):
        super().__init__(workdir)
        self.options = ["-object", "tls-creds-anon,id=t,endpoint=server"]
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers("aNULL:@SECLEVEL=0")


class Psk(Way):
    """By openssl's own client, since Python's ssl has no shared keys."""

    who = "psk:alice"

    def __init__(self, workdir):
        super().__init__(workdir)
        (workdir / "keys.psk").write_text("alice:0123456789abcdef\n")
        self.options = ["-object", f"tls-creds-psk,id=t,dir={workdir},endpoint=server"]

    def at(self, i):
        return self.tcp(i, ",tls-creds=t")

    def enter(self, i):
        near, far = socket.socketpair()
        process = subprocess.Popen(
            ["openssl", "s_client", "-quiet", "-psk_identity", "alice", "-psk",
             "0123456789abcdef", "-connect", f"127.0.0.1:{self.ports[i]}"],
            stdin=far, stdout=far, stderr=subprocess.DEVNULL)
        self.open.callback(process.wait)
        self.open.callback(process.kill)
        self.open.callback(near.close)
        far.close()
        near.settimeout(60)
        return Person(near)


class Inherited(Unix):
    """A listening socket that was passed on."""

    def __init__(self, workdir):
        super().__init__(workdir)
        self.listeners = []
        for i in range(len(RULES + PAM_RULES)):
            listener = self.open.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(f"{workdir}/s{i}")
            listener.listen()
            self.listeners.append(listener.fileno())

    def at(self, i):
        return f"socket,fd={self.listeners[i]},server=on,wait=off,clients=4"


class Pty(Way):
    def at(self, i):
        return f"pty,path={self.workdir}/p{i}"

    def enter(self, i):
        fd = os.open(f"{self.workdir}/p{i}", os.O_RDWR | os.O_NOCTTY)
        stream = self.open.enter_context(Stream(fd))

        class Line:
            recv = staticmethod(lambda size: stream.read_exact(1))
            sendall = staticmethod(stream.send)

        return Person(Line)


class Door(Way):
    """One port for all consoles; what leads to a console is the subclass's."""

    def at(self, i):
        return "null"

    def hubs(self, rules):
        return [*super().hubs(rules), "-listen", self.address()]


class FirstLine(Door):
    who = "user:root"

    def address(self):
        return f"unix:{self.workdir}/door,consoles=h*"

    def enter(self, i):
        sock = self.open.enter_context(socket.socket(socket.AF_UNIX))
        sock.settimeout(60)
        sock.connect(f"{self.workdir}/door")
        person = Person(sock)
        person.read_until(b"NAME? ")
        person.send(b"h%d\n" % i)
        return person


class Path(Door):
    def address(self):
        return f"127.0.0.1:{self.ports[0]},websocket=on,consoles=h*"

    def enter(self, i):
        return Person(rfb.WebSocket(self.dial(0), f"/console/h{i}"))


class Sni(Door, X509):
    def address(self):
        return f"127.0.0.1:{self.ports[0]},tls-creds=t,consoles=h*"

    def at(self, i):
        return "null"

    def enter(self, i):
        self.context.check_hostname = False
        return Person(self.wrap(0, f"h{i}.example"))


WAYS = [Unix, UnixOfOne, Tcp, Telnet, Web, X509, Wss, Anonymous, Psk, Inherited, Pty, FirstLine,
        Path, Sni]


@pytest.mark.parametrize("kind", WAYS, ids=lambda kind: kind.__name__)
def test_rules_by_way_in(charhubd, workdir, kind):
    need("openssl")
    if os.geteuid():
        pytest.skip("needs root: that is who comes by a unix socket")
    way = kind(workdir)
    rules, prefix = RULES, ()
    if pam_support.is_possible():
        rules, prefix = RULES + PAM_RULES, pam_support.Pam(workdir).prefix
    daemon = charhubd(*way.options, *objects(way.who, workdir), *way.hubs(rules), prefix=prefix,
                      pass_fds=getattr(way, "listeners", ()))
    with way.open:
        for i, row in enumerate(rules):
            check(daemon, workdir, way, i, row)


def what_follows(way, row):
    """A member's own rules are those of a server's clients; a door has no member to have any.
    Who is nobody has no account."""
    hub, member, result = row
    if isinstance(way, Door) and member:
        return {"types": "refused", "refused": "types"}.get(result, "types")
    if "pam" in hub and way.who == "anonymous":
        return "refused"
    return result


def check(daemon, workdir, way, i, row):
    result = what_follows(way, row)
    with connect_unix(workdir / f"g{i}") as guest:
        person = way.enter(i)
        if result == "refused":
            person.read_until(f"console 'h{i}' is not for {way.who}\r\n".encode())
            return
        guest.send("hello")
        person.read_until(b"hello")
        person.send(b"t")
        if result == "types":
            assert guest.read_exact(1) == b"t", row
        else:
            daemon.err.wait_for(re.compile(rb"hub 'h%d': member '[^']*' may not type" % i))


def test_terminal_of_the_program_itself_is_the_operators(charhubd, workdir, client):
    near, far = socket.socketpair()
    with near:
        charhubd(*objects("anonymous", workdir), "-chardev", f"socket,id=g,path={workdir}/g"
                 ",server=on,wait=off", "-chardev", "stdio,id=c,signal=off",
                 "-chardev", "hub,id=h,chardevs.0=c,view-authz=shut",
                 "-device", "console,guest=g,chardev=h", stdin=far)
        far.close()
        guest = client(workdir / "g")
        near.sendall(b"t")
        assert guest.read_exact(1) == b"t"


# ---- VNC: a viewer of a vc is a person of his own ----


VNC_RULES = [row for row in RULES if "file" not in row[0] and "access" not in row[1]]


@pytest.mark.parametrize("rule", VNC_RULES, ids=lambda row: f"{row[0]}{row[1]}")
def test_viewers_of_a_hubs_screen(charhubd, workdir, client, rule):
    """Of one hub, by a unix socket, by TCP and by a name and a password."""
    authority = Authority(workdir / "pki")
    authority.sign("server", "hub.example")
    port = free_port()
    hashed = subprocess.run(["openssl", "passwd", "-6", "-salt", "s", "sesame"], check=True,
                            capture_output=True, text=True).stdout.strip()
    (workdir / "passwords").write_text(f"root:{hashed}\n")
    if os.geteuid():
        pytest.skip("needs root: that is who comes by a unix socket")
    daemon = charhubd(
        "-object", f"tls-creds-x509,id=t,dir={workdir}/pki,endpoint=server,verify-peer=off",
        *objects("user:root", workdir), *hubs(workdir, [rule], lambda i: "vc"),
        "-vnc", f"unix:{workdir}/vnc",
        "-vnc", f"127.0.0.1:{port - 5900}",
        "-vnc", f"127.0.0.1:{port - 5899},tls-creds=t,plain-file={workdir}/passwords")
    guest = client(workdir / "g0")
    context = ssl.create_default_context(cafile=authority.path("ca-cert.pem"))
    viewers = {
        "user:root": rfb.connect(f"{workdir}/vnc", timeout=60),
        "anonymous": rfb.connect(("127.0.0.1", port), timeout=60),
        "user:root by name": rfb.connect(("127.0.0.1", port + 1), timeout=60,
                                         tls=(context, "localhost"),
                                         plain=(b"root", b"sesame")),
    }
    for who, viewer in viewers.items():
        look(guest, viewer, who, stranger(rule) if who == "anonymous" else rule[2])
    daemon.stop()


def stranger(rule):
    """What somebody may there who is none of those whom rules name."""
    hub, member, _ = rule
    if "view-authz" in member or "view-authz" in hub:
        return "refused"
    return "views" if "type-authz" in hub else "types"


def look(guest, viewer, who, result):
    title = "" if result == "refused" else ": c0"
    assert viewer.name.endswith(title) and (":" in viewer.name) == bool(title), (who, viewer.name)
    viewer.set_encodings(rfb.RAW, rfb.EXTENDED_SIZE, rfb.FENCE)
    viewer.key(ord("t"))
    viewer.set_desktop_size(800, 480)
    if result == "types":
        assert guest.read_exact(1) == b"t", who
    elif result == "views":
        while viewer.size_answer != (1, 1):  # what was typed before has been read by then
            viewer.request()
            viewer.update()
    assert not guest.pending
