# SPDX-License-Identifier: MIT
"""Programs steer charhubd by QMP: at a control socket, on any chardev, while consoles run."""

import json
import os
import signal

import pytest

from support.qmp import Failed, Qmp
from support.stream import Stream, connect_unix

GREETING = (b'{"QMP": {"version": {"qemu": {"micro": 0, "minor": 1, "major": 11}, '
            b'"package": "charhub 0.1.0"}, "capabilities": []}}\r\n')


def unix_addr(path):
    return {"type": "unix", "data": {"path": str(path)}}


@pytest.fixture
def control(charhubd, workdir):
    """control(*args): charhubd with a control socket; the program and where to connect."""
    def start(*args, **options):
        path = workdir / "control"
        return charhubd("-control", str(path), *args, **options), path

    return start


def test_consoles_are_made_and_watched_while_others_run(control, workdir):
    _, path = control("-chardev", f"socket,id=g1,path={workdir}/g1,server=on,wait=off",
                      "-chardev", "ringbuf,id=r1", "-chardev", "hub,id=h1,chardevs.0=r1",
                      "-device", "console,guest=g1,chardev=h1")
    guest = connect_unix(workdir / "g1")
    with Qmp(path) as qmp:
        qmp.add("g2", "socket", addr=unix_addr(workdir / "g2"))
        qmp.add("r2", "ringbuf", size=4096)
        qmp.add("s2", "socket", addr=unix_addr(workdir / "s2"))
        qmp.add("h2", "hub", chardevs=["r2", "s2"])
        qmp.run("device_add", driver="console", id="c2", guest="g2", chardev="h2")
        second = connect_unix(workdir / "g2")
        viewer = connect_unix(workdir / "s2")
        qmp.event("HUB_MEMBER_OPENED")
        second.send("hello from the second\r\n")
        viewer.read_until("hello from the second\r\n")
        guest.send("first\r\n")
        labels = {entry["label"]: entry for entry in qmp.run("query-chardev")}
        assert set(labels) == {"control", "g1", "r1", "h1", "g2", "r2", "s2", "h2"}
        assert labels["h2"] == {"frontend-open": True, "filename": "hub", "label": "h2"}
        with pytest.raises(Failed, match="Chardev 'r2' is busy"):
            qmp.run("chardev-remove", id="r2")
        qmp.run("device_del", id="c2")
        assert qmp.event("DEVICE_DELETED")["device"] == "c2"
        qmp.run("chardev-remove", id="h2")
        for name in ("r2", "s2", "g2"):
            qmp.run("chardev-remove", id=name)
        assert len(qmp.run("query-chardev")) == 4


def test_each_client_of_the_control_socket_has_a_session(control):
    _, path = control()
    with Qmp(path) as one, Qmp(path) as two:
        one.run("subscribe", events=["DEVICE_DELETED"])
        two.run("object-add", qom_type="secret", id="s", data="x")
        with pytest.raises(Failed, match="duplicate property 's'"):
            one.run("object-add", qom_type="secret", id="s", data="x")
        third = connect_unix(path)
        third.read_until(b"\r\n")
        third.send('{"execute": "query-name"}')
        assert b"Expecting capabilities negotiation" in third.read_until(b"\r\n")
        third.close()
        two.run("object-del", id="s")


def test_what_is_asked_before_the_end_is_answered(control):
    _, path = control()
    with connect_unix(path) as client:
        client.send('{"execute":"qmp_capabilities"}{"execute":"query-status"}{"execute":')
        client.half_close()
        assert client.read_until(b"}}\r\n") == GREETING
        assert client.read_to_end() == (
            b'{"return": {}}\r\n{"return": {"status": "running", "running": true}}\r\n')


def test_a_log_can_be_opened_by_somebody_else(control, workdir):
    program, path = control()
    with Qmp(path) as qmp:
        fd = os.open(workdir / "log", os.O_WRONLY | os.O_CREAT, 0o600)
        number = qmp.run("add-fd", fds=[fd], opaque="log")["fdset-id"]
        os.close(fd)
        qmp.add("g", "socket", addr=unix_addr(workdir / "g"))
        qmp.add("f", "file", out=f"/dev/fdset/{number}")
        qmp.add("v", "socket", addr=unix_addr(workdir / "v"))
        qmp.add("h", "hub", chardevs=["f", "v"], terminal="off")
        qmp.run("device_add", driver="console", guest="g", chardev="h")
        with connect_unix(workdir / "g") as guest, connect_unix(workdir / "v") as viewer:
            guest.send("written\n")
            viewer.read_until("written\n")
        qmp.run("quit")
        assert qmp.event("SHUTDOWN") == {"guest": False, "reason": "host-qmp-quit"}
        assert qmp.stream.read_to_end() == b""
    program.expect_end(0)  # what was printed is written until then
    assert (workdir / "log").read_text() == "written\n"


def test_bytes_that_are_no_text_are_replaced_in_answers(control, workdir):
    bad = os.fsdecode(b"\xff")
    with open(os.devnull, encoding="ascii") as null:
        _, path = control("-name", f"a{bad}b", "-vnc", f"unix:{workdir}/{bad}",
                          "-add-fd", f"fd={null.fileno()},set=3,opaque={bad}",
                          pass_fds=[null.fileno()])
    with Qmp(path) as qmp:
        assert qmp.run("query-name") == {"name": "a\ufffdb"}
        assert qmp.run("query-fdsets")[0]["fds"][0]["opaque"] == "\ufffd"
        assert qmp.run("query-vnc")["service"] == f"{workdir}/\ufffd"
        assert qmp.run("query-vnc-servers")[0]["server"][0]["service"] == f"{workdir}/\ufffd"


def test_quit_ends_the_program(control):
    program, path = control()
    with Qmp(path) as qmp:
        assert qmp.run("quit") == {}
        assert qmp.event("SHUTDOWN")["reason"] == "host-qmp-quit"
    program.expect_end(0)


def test_a_signal_is_told(control):
    program, path = control()
    with Qmp(path) as qmp:
        program.send_signal(signal.SIGTERM)
        assert qmp.event("SHUTDOWN") == {"guest": False, "reason": "host-signal"}
    program.expect_end(0)


def test_a_monitor_may_be_on_a_pty_and_pretty(charhubd):
    program = charhubd("-qmp-pretty", "pty")
    with Stream(os.open(program.pty_path("compat_monitor0"), os.O_RDWR | os.O_NOCTTY)) as pty:
        text = pty.read_until(b"\r\n}\r\n")
        assert json.loads(text)["QMP"]["capabilities"] == []
        assert text.startswith(b'{\r\n    "QMP": {\r\n        "version": {\r\n')
        pty.send('{"execute": "qmp_capabilities"}')
        assert pty.read_until(b"\r\n}\r\n") == b'{\r\n    "return": {\r\n    }\r\n}\r\n'


def test_a_monitor_may_be_on_a_hub(charhubd, workdir):
    charhubd("-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,clients=4",
             "-chardev", "hub,id=h,chardevs.0=s,terminal=off,replay=none",
             "-mon", "chardev=h,mode=control")
    with connect_unix(workdir / "s") as client:
        client.read_until(GREETING)
        client.send('{"execute": "qmp_capabilities"}')
        client.read_until(b'{"return": {}}\r\n')


def test_a_monitor_is_made_by_another(control, workdir):
    _, path = control()
    with Qmp(path) as qmp:
        qmp.add("m", "socket", addr=unix_addr(workdir / "m"))
        qmp.run("object-add", qom_type="monitor-qmp", id="mon", chardev="m")
        with Qmp(workdir / "m") as other:
            assert other.run("object-del", id="mon") == {}
        qmp.run("chardev-remove", id="m")


@pytest.mark.parametrize("args, words", [
    (("-mon", "chardev=nope,mode=control"), 'chardev "nope" not found'),
    (("-mon", "mode=control"), "Parameter 'chardev' is missing"),
    (("-chardev", "null,id=n", "-mon", "chardev=n,mode=foo"),
     "Parameter 'mode' does not accept value 'foo'"),
    (("-chardev", "null,id=n", "-mon", "chardev=n,mode=control",
      "-mon", "chardev=n,mode=control"), "chardev 'n' is already in use"),
    (("-qmp", "bogus"), "'bogus' is not a valid char driver"),
])
def test_what_is_no_monitor_is_refused(run_charhubd, args, words):
    end = run_charhubd(*args)
    assert end.code == 1
    assert words in end.err
