# SPDX-License-Identifier: MIT
"""Who may what: people of different names on one socket, and what the refused ones are told."""

import contextlib
import json
import os
import re
import signal
import socket

import pytest

from support import rfb
from support.program import need, run
from support.qmp import Qmp
from support.screen import wait_until
from support.setups import scripted_guest

CTRL, ALT, F2 = 0xffe3, 0xffe9, 0xffbf
TYPIST, VIEWER, STRANGER = 0, 4711, 4712  # root, and two without a name


@pytest.fixture(autouse=True)
def users():
    need("setpriv")
    need("socat")
    if os.geteuid():
        pytest.skip("needs root, to be several users")


def objects(viewer=f"user:{VIEWER}"):
    return ["-object", "authz-simple,id=typists,identity=user:root",
            "-object", f"authz-list,id=viewers,rules.0.match={viewer},rules.0.policy=allow"]


def hub(workdir, clients, *more):
    os.chmod(workdir, 0o711)
    return ["-chardev", scripted_guest(workdir) + ",id=guest",
            "-chardev", f"socket,id=s,path={workdir}/sock,server=on,wait=off,mode=0666"
                        f",clients={clients}",
            "-chardev", "hub,id=hub0,chardevs.0=s,view-authz=viewers,type-authz=typists",
            "-device", "console,guest=guest,chardev=hub0", *more]


@pytest.fixture
def person(terminal, workdir):
    """A user's socat at the socket."""
    def start(uid):
        return terminal("setpriv", f"--reuid={uid}", "--clear-groups", "socat",
                        "-,raw,echo=0,escape=0x1d", f"UNIX-CONNECT:{workdir}/sock")

    return start


def ask(uid, workdir):
    """What a user's client prints that says nothing and reads to the end."""
    done = run(["setpriv", f"--reuid={uid}", "--clear-groups", "socat", "-u",
                f"UNIX-CONNECT:{workdir}/sock", "-"], workdir)
    return done.out


def test_each_for_himself_on_one_socket(charhubd, workdir, client, person):
    daemon = charhubd(*objects(), *hub(workdir, 8))
    guest = client(workdir / "guest")
    typist, viewer = person(TYPIST), person(VIEWER)
    daemon.err.wait_for(re.compile(rb"user:root is at 's\.\d'\n"))
    daemon.err.wait_for(re.compile(rb"user:4711 is at 's\.\d', to look only\n"))
    guest.send("hello")
    typist.read_until("hello")
    viewer.read_until("hello")
    viewer.send("no")
    daemon.err.wait_for("may not type")
    typist.send("yes")
    assert guest.read_exact(3) == b"yes"
    assert ask(STRANGER, workdir) == "charhub: console 'hub0' is not for user:4712\r\n"
    daemon.err.wait_for("user:4712 is refused at")
    viewer.close()
    daemon.err.wait_for("user:4711 has left")


def test_server_of_one_decides_when_its_client_comes(charhubd, workdir, client, person):
    charhubd(*objects(), *hub(workdir, 1))
    guest = client(workdir / "guest")
    assert ask(STRANGER, workdir) == "charhub: console 'hub0' is not for user:4712\r\n"
    typist = person(TYPIST)
    guest.send("hello")
    typist.read_until("hello")
    typist.send("yes")
    assert guest.read_exact(3) == b"yes"


def test_people_at_the_guests_own_socket_are_judged(charhubd, workdir, client):
    os.chmod(workdir, 0o711)
    daemon = charhubd(
        *objects(), "-chardev", "null,id=n",
        "-chardev", f"socket,id=g,path={workdir}/sock,server=on,wait=off,mode=0666,clients=8",
        "-chardev", "hub,id=hub0,chardevs.0=n,view-authz=viewers,type-authz=typists",
        "-device", "console,guest=g,chardev=hub0")
    with client(workdir / "sock"):
        daemon.err.wait_for("the guest is there")
        assert ask(STRANGER, workdir) == "charhub: console 'hub0' is not for user:4712\r\n"


def test_file_of_rules_counts_as_it_is(charhubd, workdir, client, person):
    rules = workdir / "rules"
    rules.write_text(json.dumps({"policy": "deny"}))
    daemon = charhubd(
        "-object", f"authz-list-file,id=viewers,filename={rules}", *objects()[:2],
        *hub(workdir, 8))
    guest = client(workdir / "guest")
    assert "is not for user:4711" in ask(VIEWER, workdir)
    rules.write_text(json.dumps(
        {"rules": [{"match": "user:47*", "policy": "allow", "format": "glob"}]}))
    viewer = person(VIEWER)
    guest.send("hello")
    viewer.read_until("hello")
    rules.write_text("{")
    daemon.send_signal(signal.SIGHUP)
    daemon.err.wait_for("The rules stay as they were.")


def test_tcp_is_anonymous(charhubd, workdir):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    daemon = charhubd(
        *objects("anonymous"), "-chardev", scripted_guest(workdir) + ",id=guest",
        "-chardev", f"socket,id=s,host=127.0.0.1,port={port},server=on,wait=off,clients=4",
        "-chardev", "hub,id=hub0,chardevs.0=s,view-authz=viewers,type-authz=typists",
        "-device", "console,guest=guest,chardev=hub0")
    with socket.create_connection(("127.0.0.1", port)):
        daemon.err.wait_for("anonymous is at 's.1', to look only")


@contextlib.contextmanager
def acting_as(uid):
    """The kernel tells the effective user of who connects."""
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_viewers_of_vnc(charhubd, workdir):
    os.chmod(workdir, 0o711)
    path = f"{workdir}/vnc"
    daemon = charhubd(
        *objects(), "-chardev", "vc,id=vc0",
        "-vnc", f"unix:{path},mode=0666,view-authz=viewers,type-authz=typists")
    with contextlib.closing(rfb.connect(path)):
        daemon.err.wait_for(re.compile(rb"vnc: user:root \(.*\): logged in\n"))
    with acting_as(VIEWER), contextlib.closing(rfb.connect(path)):
        daemon.err.wait_for(re.compile(rb"vnc: user:4711 \(.*\): logged in, to look only\n"))
    with acting_as(STRANGER), pytest.raises(
            PermissionError, match="this console is not for user:4712"):
        rfb.connect(path)


def test_rules_must_exist(run_charhubd):
    done = run_charhubd("-chardev", "null,id=a", "-chardev", "hub,id=h,chardevs.0=a,view-authz=x")
    assert done.code == 1
    assert "hub 'h': view-authz=x: there is no such object" in done.err


def row_of(viewer, row):
    """What stands there: marked with the mouse, it comes to the clipboard."""
    for x, buttons in (0, 0), (0, 1), (viewer.width - 1, 1), (viewer.width - 1, 0):
        viewer.pointer(x, 16 * row + 8, buttons)
    while viewer.message() != 3:
        pass
    return viewer.messages[-1][1].decode()


@contextlib.contextmanager
def at_monitor(path):
    """A viewer that turned to the overview's second page."""
    with contextlib.closing(rfb.connect(path)) as viewer:
        viewer.chord(CTRL, ALT, ord("1"))
        viewer.key(F2)
        wait_until(lambda: row_of(viewer, 0) == "F2  back to the overview", "the second page")
        yield viewer


def test_who_may_administer_has_the_monitor_in_vnc(charhubd, workdir):
    os.chmod(workdir, 0o711)
    path, read_only = f"{workdir}/vnc", f"{workdir}/vnc2"
    charhubd(*objects(), "-chardev", "vc,id=vc0", "-control", workdir / "control",
             "-vnc", f"unix:{path},mode=0666,view-authz=viewers,type-authz=typists"
                     ",admin-authz=typists",
             "-vnc", f"unix:{read_only},id=other")
    with Qmp(workdir / "control") as qmp, at_monitor(path) as viewer:
        viewer.type("chardev-add ringbuf,id=made\n")
        wait_until(lambda: "made" in {one["label"] for one in qmp.run("query-chardev")},
                   "the chardev")
        assert row_of(viewer, 1).startswith("charhub 0.")
        with acting_as(VIEWER), at_monitor(path) as other:
            assert row_of(other, 1) == "The monitor is not for you: you may only look here."
        with at_monitor(read_only) as other:
            other.type("quit\n")
            assert "VNC server 'other' has no admin-authz=." in row_of(other, 1)
        assert qmp.run("query-status")["running"]


def test_monitor_in_vnc_is_for_whom_its_rule_lets_in(charhubd, workdir):
    os.chmod(workdir, 0o711)
    path = f"{workdir}/vnc"
    charhubd(*objects(), "-chardev", "vc,id=vc0",
             "-vnc", f"unix:{path},mode=0666,admin-authz=typists")
    with acting_as(VIEWER), at_monitor(path) as viewer:
        assert "admin-authz=typists does not let in user:4711." in row_of(viewer, 1)
