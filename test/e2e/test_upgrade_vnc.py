# SPDX-License-Identifier: MIT
"""Those who look by VNC go on looking when another program takes over."""

import json
import re
import socket
import ssl
import threading

import pytest

from support import pam as pam_support
from support import rfb
from support.certificates import Authority
from support.program import need
from support.rfb import WebSocket
from support.screen import Screen, wait_until
from support.stream import DEADLINE, UnixServer, connect_unix, free_port

ENCODINGS = (rfb.RAW, rfb.HEXTILE, rfb.ZRLE, rfb.TIGHT, rfb.TIGHT_PNG)
CONTROL, ALT, SHIFT, PAGE_UP = 0xffe3, 0xffe9, 0xffe1, 0xff55


def consoles(workdir, count=1):
    """Each a shell on a vc, with a socket on which the test knows what it says."""
    args = []
    for i in range(count):
        args += ["-chardev", f"exec,id=g{i},command=/bin/sh", "-chardev", f"vc,id=vc{i}",
                 "-chardev", f"socket,id=s{i},path={workdir}/s{i},server=on,wait=off",
                 "-chardev", f"hub,id=h{i},chardevs.0=vc{i},chardevs.1=s{i}",
                 "-device", f"console,guest=g{i},chardev=h{i}"]
    return args


class Shell:
    def __init__(self, path):
        self.stream = connect_unix(path)

    def run(self, command):
        self.stream.send(f"{command}; echo do''ne\r".encode())
        return self.stream.read_until(b"done\r\n> ")


@pytest.fixture
def start(upgradable, workdir):
    """start(vnc options, consoles) -> the shells."""
    shells = []

    def begin(*options, count=1):
        upgradable.start(*consoles(workdir, count), *options, env={"PS1": "> ", "ENV": ""})
        for i in range(count):
            shells.append(Shell(f"{workdir}/s{i}"))
            shells[i].run(r"printf '\033[?25l'")
        return shells

    yield begin
    for shell in shells:
        shell.stream.close()


def fresh_picture(address):
    """As somebody sees it who has just come."""
    viewer = rfb.connect(address)
    try:
        return viewer.picture()
    finally:
        viewer.close()


def connect_plain(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(DEADLINE)
    sock.connect(path)
    return sock


def catch_up(viewer, wanted):
    """Ask for what has changed until all of it is there."""
    while viewer.rows != wanted:
        viewer.request()
        viewer.update()


def test_viewers_of_every_encoding_go_on(upgradable, start, workdir):
    path = f"{workdir}/vnc"
    shell, = start("-vnc", f"unix:{path}")
    viewers = [rfb.connect(path) for _ in ENCODINGS]
    for viewer, encoding in zip(viewers, ENCODINGS):
        viewer.set_encodings(encoding, rfb.COPY_RECT)
        viewer.picture()
    for turn in range(3):
        upgradable.upgrade()
        shell.run(f"echo turn {turn}; seq {turn * 9}")
        wanted = fresh_picture(path)
        for viewer in viewers:
            catch_up(viewer, wanted)
    viewers[0].type("echo typed$((6 * 7))\n")
    shell.stream.read_until(b"typed42\r\n")
    assert len(upgradable.run("query-vnc")["clients"]) == len(ENCODINGS)
    for viewer in viewers:
        viewer.close()


def test_fifty_viewers_go_on_while_lines_are_printed(upgradable, start, workdir):
    """In the middle of updates, some of them slow."""
    path = f"{workdir}/vnc"
    shell, = start("-vnc", f"unix:{path},connections=100")
    viewers = [rfb.connect(path) for _ in range(50)]
    for i, viewer in enumerate(viewers):
        viewer.set_encodings(ENCODINGS[i % len(ENCODINGS)], rfb.COPY_RECT, rfb.FENCE,
                             rfb.CONTINUOUS)
        viewer.request(False)  # and it reads nothing of it for now
    shell.stream.send(b"i=0; while [ $i -lt 400 ]; do echo line $i of many; i=$((i + 1)); done; "
                      b"echo do''ne\r")
    for _ in range(3):
        upgradable.upgrade()
    shell.stream.read_until(b"done\r\n> ")
    wanted = fresh_picture(path)
    for viewer in viewers:
        viewer.update()
        catch_up(viewer, wanted)
        viewer.close()


def test_a_websocket_and_a_port_go_on(upgradable, start):
    port, plain_port = free_port(), free_port()
    shell, = start("-vnc", f"127.0.0.1:{plain_port - 5900},websocket={port}"
                   if plain_port >= 5900 else f"none,websocket={port}")
    sock = WebSocket(socket.create_connection(("127.0.0.1", port), DEADLINE))
    viewer = rfb.Client(sock).handshake()
    viewer.set_encodings(rfb.ZRLE)
    viewer.picture()
    for turn in range(2):
        upgradable.upgrade()
        shell.run(f"echo turn {turn}")
        late = rfb.Client(WebSocket(socket.create_connection(("127.0.0.1", port), DEADLINE)))
        wanted = late.handshake().picture()
        late.close()
        catch_up(viewer, wanted)
    viewer.close()


def test_a_viewer_stays_at_its_console_with_what_it_holds_down(upgradable, start, workdir):
    path = f"{workdir}/vnc"
    shells = start("-vnc", f"unix:{path}", count=3)
    viewer = rfb.connect(path)
    viewer.chord(CONTROL, ALT, ord("3"))
    viewer.send("BBxxI", 4, 1, CONTROL)
    wait_until(lambda: upgradable.run("query-vnc")["clients"], "it is there")
    upgradable.upgrade()
    viewer.key(ord("c"))  # Control is down
    shells[1].stream.read_until(re.compile(rb"\^C.*> ", re.S))
    viewer.send("BBxxI", 4, 0, CONTROL)
    viewer.type("echo here$((6 * 7))\n")
    shells[1].stream.read_until(b"here42\r\n")
    viewer.close()


def test_a_console_keeps_its_number_and_what_it_shows(upgradable, workdir):
    """Also one that no hub shares a screen with."""
    path, server = f"{workdir}/vnc", UnixServer(workdir / "g")
    upgradable.start("-chardev", "vc,id=first", "-chardev", "vc,id=second",
                     "-chardev", f"socket,id=g,path={workdir}/g",
                     "-device", "console,guest=g,chardev=second", "-vnc", f"unix:{path}")
    guest = server.accept()
    upgradable.run("chardev-remove", id="first")
    blank = fresh_picture(path)
    guest.send("shown \33[31mred")
    wait_until(lambda: fresh_picture(path) != blank, "it is shown")
    before = fresh_picture(path)
    upgradable.upgrade()
    assert fresh_picture(path) == before
    viewer = rfb.connect(path)
    viewer.chord(CONTROL, ALT, ord("1"))
    viewer.chord(CONTROL, ALT, ord("3"))
    viewer.type("typed")
    guest.read_until("typed")
    viewer.close()
    guest.close()
    (workdir / "g").unlink()


def pages(address, count):
    """The screen, and what is above it, page by page."""
    viewer, seen = rfb.connect(address), []
    try:
        for _ in range(count):
            seen.append([bytes(row) for row in viewer.picture()])
            viewer.chord(SHIFT, PAGE_UP)
    finally:
        viewer.close()
    return seen


def start_screen_of_its_own(upgradable, workdir, path):
    """A vc that shows no hub's screen, with a viewer's server at @path. Return: its guest."""
    server = UnixServer(workdir / "g")
    upgradable.start("-chardev", "vc,id=v", "-chardev", f"socket,id=g,path={workdir}/g",
                     "-device", "console,guest=g,chardev=v", "-vnc", f"unix:{path}")
    return server.accept()


def test_a_screen_of_its_own_is_there_with_the_lines_above_it(upgradable, workdir):
    """Nobody looks meanwhile; the guest prints on."""
    path = f"{workdir}/vnc"
    guest = start_screen_of_its_own(upgradable, workdir, path)

    def pages_with(text):
        guest.send(text + b"\x1b[6n")
        guest.read_until(b"R")
        return pages(path, 20)

    lines = b"".join(b"\x1b[3%dm%d\x1b[m %s\r\n" % (i % 8, i, b"wraps " * (i % 30))
                     for i in range(300))
    before = pages_with(b"\x1b[?25l" + lines)
    assert len(set(map(repr, before))) == len(before)
    upgradable.upgrade()
    upgradable.upgrade()
    assert pages(path, 20) == before
    upgradable.upgrade()
    after = pages_with(b"\x1b[31m\x1b[A\x1b[1K")
    assert after[1:] == before[1:] and after[0] != before[0]
    upgradable.upgrade()
    assert pages(path, 20) == after
    guest.close()
    (workdir / "g").unlink()


def test_what_a_screen_of_its_own_was_in_the_middle_of_is_no_text(upgradable, workdir):
    path = f"{workdir}/vnc"
    guest = start_screen_of_its_own(upgradable, workdir, path)

    def page_with(text):
        guest.send(text + b"\x1b[6n")
        guest.read_until(b"R")
        return pages(path, 1)

    for begun, rest in ((b"\x1b[31", b"mred"), (b"\x1b]2;a ti", b"tle\x1b\\x"),
                        (b"\xe2\x82", b"\xac"), (b"\x1bP$q", b"m\x1b\\x"),
                        (b"\x1b(", b"0lqk"), (b"\x1b[5\r\n", b";5Hx")):
        whole = page_with(b"\x1bctext" + begun + rest)
        guest.send(b"\x1bctext\x1b[6n" + begun)  # come together, so both are read by the answer
        guest.read_until(b"R")
        upgradable.upgrade()
        assert page_with(rest) == whole
    guest.close()
    (workdir / "g").unlink()


def test_a_password_and_addresses_that_were_changed_stay(upgradable, start, workdir):
    path, other = f"{workdir}/vnc", f"{workdir}/other"
    start("-vnc", f"unix:{path},password=on")
    upgradable.run("change-vnc-password", password="secret")
    with upgradable.qmp() as qmp:
        qmp.run("display-update", type="vnc", addresses=[{"type": "unix", "path": other}])
    upgradable.upgrade()
    viewer = rfb.connect(other, respond=rfb.respond("secret"))
    viewer.close()
    with pytest.raises(FileNotFoundError):
        rfb.connect(path)


def test_who_waits_at_the_door_is_let_in(upgradable, start, workdir):
    """Between one program and the next the socket has a queue."""
    path = f"{workdir}/vnc"
    start("-vnc", f"unix:{path}")
    errors, stop = [], threading.Event()

    def come_and_go():
        while not stop.is_set():
            try:
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.connect(path)
            except OSError as error:
                errors.append(error)
                return

    crowd = threading.Thread(target=come_and_go)
    crowd.start()
    for _ in range(3):
        upgradable.upgrade()
    stop.set()
    crowd.join()
    assert not errors


def test_who_is_logging_in_or_has_tls_is_told(upgradable, start, workdir):
    authority = Authority(workdir / "pki")
    authority.sign("server", "hub.example")
    path = f"{workdir}/vnc"
    start("-object", f"tls-creds-x509,id=t,dir={authority.folder},endpoint=server,verify-peer=off",
          "-vnc", f"unix:{path}", "-vnc", f"unix:{path}s,tls-creds=t,id=secure")
    half = rfb.Client(connect_plain(path))
    assert half.read(12) == b"RFB 003.008\n"
    context = ssl.create_default_context(cafile=authority.path("ca-cert.pem"))
    context.check_hostname = False
    secure = rfb.connect(f"{path}s", tls=(context, None))
    steps = upgradable.upgrade()
    reasons = [step["why"] for step in steps if "unix:" in step["id"]]
    assert reasons == ["its login", "its TLS session"]
    for viewer in half, secure:
        with pytest.raises((rfb.Closed, ConnectionError, ssl.SSLEOFError)):
            viewer.read(1)
    rfb.connect(path).close()


def test_tigervnc_goes_on(upgradable, start, workdir):
    need("Xvfb", "xdotool", "xtigervncviewer")
    path = f"{workdir}/vnc"
    shell, = start("-vnc", f"unix:{path}")
    monitor = Screen()
    try:
        monitor.start_viewer(path)
        window = monitor.wait_window("vc0")
        monitor.focus(window)
        for turn in range(3):
            upgradable.upgrade()
            monitor.type("echo $((6 * 7))x")
            monitor.press("Return")
            shell.stream.read_until(b"42x\r\n> ")
            shell.run(f"echo turn {turn}")
            monitor.wait_picture(lambda: fresh_picture(path), "what is printed afterwards")
        assert [it["host"] for it in upgradable.run("query-vnc")["clients"]]
    finally:
        monitor.close()


# ---- who they are ----


def lines_of(path, member):
    """What the audit tells of somebody, by the programs that told it."""
    programs = []
    for line in path.read_text().splitlines():
        line = json.loads(line)
        if line["what"] == "begin":
            programs.append([])
        elif (line.get("peer", {}).get("member") == member
              and line["what"] in ("attached", "detached", "typed")):
            programs[-1].append(line["what"])
    return programs


def member(upgradable, name):
    [hub] = upgradable.run("query-hubs")
    return next((it for it in hub["members"] if it["id"] == name), None)


def test_who_looks_is_the_same_person_afterwards(upgradable, start, workdir):
    path, audit = f"{workdir}/vnc", workdir / "audit.jsonl"
    shell, = start("-vnc", f"unix:{path}", "-audit", f"{audit},typed=on")
    first, viewer = rfb.connect(path), rfb.connect(path)
    wait_until(lambda: member(upgradable, "vc0.2"), "he is there")
    first.close()
    before = member(upgradable, "vc0.2")
    for _ in range(2):
        upgradable.upgrade()
    after = member(upgradable, "vc0.2")
    assert after == before
    viewer.type("echo typed$((6 * 7))\n")
    shell.stream.read_until(b"typed42\r\n")
    late = rfb.connect(path)
    wait_until(lambda: member(upgradable, "vc0.3"), "somebody else comes")
    viewer.close()
    wait_until(lambda: not member(upgradable, "vc0.2"), "he goes")
    late.close()
    wait_until(lambda: lines_of(audit, "vc0.2") == [
        ["attached"], ["attached"], ["attached", "typed", "detached"]], "what the audit says")


def test_who_cannot_come_along_has_gone(upgradable, start, workdir):
    authority = Authority(workdir / "pki")
    authority.sign("server", "hub.example")
    path, audit = f"{workdir}/vnc", workdir / "audit.jsonl"
    start("-object", f"tls-creds-x509,id=t,dir={authority.folder},endpoint=server,verify-peer=off",
          "-vnc", f"unix:{path},tls-creds=t", "-audit", audit)
    context = ssl.create_default_context(cafile=authority.path("ca-cert.pem"))
    context.check_hostname = False
    viewer = rfb.connect(path, tls=(context, None))
    wait_until(lambda: member(upgradable, "vc0.1"), "he is there")
    upgradable.upgrade()
    wait_until(lambda: not member(upgradable, "vc0.1"), "he goes")
    viewer.close()
    assert lines_of(audit, "vc0.1")[-1][-1] == "detached"


def test_who_was_let_in_stays_while_the_rules_are_asked(upgradable, workdir):
    pam_support.need()
    pam = pam_support.Pam(workdir)
    path, audit = f"{workdir}/vnc", workdir / "audit.jsonl"
    upgradable.start("-object", "authz-pam,id=slow,service=slow", "-chardev", "vc,id=vc0",
                     "-chardev", "exec,id=g,command=cat",
                     "-chardev", "hub,id=h,chardevs.0=vc0,view-authz=slow",
                     "-device", "console,guest=g,chardev=h", "-vnc", f"unix:{path}",
                     "-audit", audit, prefix=pam.prefix)
    viewer = rfb.connect(path)
    assert pam.asked() == "root"
    assert not member(upgradable, "vc0.1")
    pam.answer(True)
    wait_until(lambda: member(upgradable, "vc0.1"), "he is let in")
    upgradable.upgrade()
    assert pam.asked() == "root"
    assert member(upgradable, "vc0.1")["access"] == "type"
    pam.answer(True)
    upgradable.upgrade()
    pam.asked()
    assert member(upgradable, "vc0.1")
    assert lines_of(audit, "vc0.1") == [["attached"], ["attached"], ["attached"]]
    pam.answer(False)
    wait_until(lambda: not member(upgradable, "vc0.1"), "he may look no more")
    wait_until(lambda: lines_of(audit, "vc0.1")[-1] == ["attached", "detached"], "that is told")
    viewer.close()
