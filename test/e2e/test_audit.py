# SPDX-License-Identifier: MIT
"""Who came, who typed what, and whether the file that says so is whole."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sys

import pytest

from support import mounts, program, rfb
from support.qmp import Qmp
from support.screen import wait_until

ZEROS = "0" * 64


def console(workdir, guest, audit, *more, folder=""):
    return ["-chardev", f"{guest},id=g",
            "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,clients=8",
            "-chardev", "hub,id=vm1,chardevs.0=s",
            "-device", "console,guest=g,chardev=vm1",
            "-control", workdir / "control",
            "-audit", f"{workdir}{folder}/audit.jsonl{audit}", *more]


def echoing(workdir):
    return "exec,command=cat"


def records(path):
    """Of the present file; a line that is being written is none yet."""
    text = path.read_bytes()
    return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]


def find(path, what, **details):
    """Records that have these members, wherever in them."""
    def fits(record):
        flat = {**record, **record.get("peer", {}), **record.get("details", {})}
        return record["what"] == what and details.items() <= flat.items()

    return [record for record in records(path) if fits(record)]


def wait_record(path, what, **details):
    wait_until(lambda: find(path, what, **details), f"{what} with {details}")
    return find(path, what, **details)[0]


def verify(charhub_path, *words):
    done = program.run([charhub_path, "audit", "verify", *words], pathlib.Path("/"))
    return done.code, done.out, done.err


def test_people_come_go_and_are_sent_away(charhubd, charhub_path, workdir, client):
    daemon = charhubd(*console(workdir, echoing(workdir), ""))
    path = workdir / "audit.jsonl"
    person = client(workdir / "s")
    came = wait_record(path, "attached", member="s.1")
    assert came["console"] == "vm1"
    assert came["peer"]["pid"] == os.getpid() and came["peer"]["uid"] == os.geteuid()
    assert came["peer"]["identity"].startswith("user:")
    with Qmp(workdir / "control") as qmp:
        qmp.run("peer-disconnect", hub="vm1", chardev="s.1", reason="lunch")
    person.read_to_end()
    away = wait_record(path, "sent-away", member="s.1", reason="lunch")
    assert away["details"]["by"] == came["peer"]["identity"]
    wait_record(path, "detached", member="s.1")
    assert wait_record(path, "command", command="peer-disconnect")["console"] == "vm1"
    daemon.stop()
    assert [record["what"] for record in records(path)][-1] == "end"
    assert records(path)[0]["prev"] == ZEROS
    lines = path.read_bytes().splitlines()
    for before, record in zip(lines, records(path)[1:]):
        assert record["prev"] == hashlib.sha256(before).hexdigest()
    assert verify(charhub_path, path)[0] == 0


def test_clients_have_an_address_too(charhubd, charhub_path, workdir, terminal):
    charhubd(*console(workdir, echoing(workdir), ",typed=on"))
    path = workdir / "audit.jsonl"
    person = terminal(charhub_path, "--socket", workdir / "control", "attach", "vm1")
    came = wait_record(path, "attached", member="attach1")
    assert came["peer"]["address"] == f"pid {came['peer']['pid']}"
    person.send(b"hello\r")
    person.read_until(b"hello")
    wait_record(path, "typed", member="attach1", text="hello\r")


def test_tio_is_there(charhubd, workdir, terminal):
    program.need("tio")
    charhubd(*console(workdir, echoing(workdir), ",typed=on"),
             "-chardev", f"pty,id=p,path={workdir}/tty", "-chardev", "hub,id=vm2,chardevs.0=p")
    path = workdir / "audit.jsonl"
    person = terminal("tio", workdir / "tty")
    person.read_until(b"onnected")
    wait_record(path, "attached", member="p", console="vm2")


def screens(workdir, audit=""):
    """Two consoles that are looked at by VNC."""
    return [*console(workdir, echoing(workdir), audit), "-chardev", "vc,id=vc1",
            "-chardev", "vc,id=vc2", "-chardev", "exec,id=g2,command=cat",
            "-chardev", "hub,id=vm2,chardevs.0=vc2", "-device", "console,guest=g2,chardev=vm2",
            "-vnc", f"unix:{workdir}/vnc,share=allow-exclusive"]


def test_viewers_come_and_go(charhubd, workdir):
    charhubd(*screens(workdir, ",typed=on"))
    path = workdir / "audit.jsonl"
    with Qmp(workdir / "control") as qmp:
        qmp.run("hub-add-member", hub="vm1", chardev="vc1")
    viewer = rfb.connect(str(workdir / "vnc"))
    came = wait_record(path, "vnc-login")
    assert came["peer"]["client"]["family"] == "unix"
    first = wait_record(path, "attached", console="vm1", member="vc1.1")["peer"]
    assert first["identity"].startswith("user:") and first["address"].startswith("unix:")
    viewer.type("hello\n")
    assert wait_record(path, "typed", member="vc1.1")["peer"]["identity"] == first["identity"]
    viewer.chord(0xffe3, 0xffe9, ord("3"))  # Ctrl-Alt
    second = wait_record(path, "attached", console="vm2", member="vc2.1")
    gone, = find(path, "detached", console="vm1", member="vc1.1")
    assert gone["seq"] < second["seq"]
    assert gone["peer"] == first
    viewer.close()
    wait_record(path, "detached", console="vm2", member="vc2.1")
    wait_record(path, "vnc-left")


def test_viewers_are_sent_away(charhubd, workdir):
    charhubd(*screens(workdir))
    path = workdir / "audit.jsonl"
    viewer = rfb.connect(str(workdir / "vnc"))
    viewer.chord(0xffe3, 0xffe9, ord("3"))
    wait_record(path, "attached", member="vc2.1")
    with Qmp(workdir / "control") as qmp:
        qmp.run("peer-disconnect", hub="vm2", chardev="vc2.1", reason="lunch")
    with contextlib.suppress(rfb.Closed, ConnectionError):
        while True:
            viewer.message()
    away = wait_record(path, "sent-away", console="vm2", member="vc2.1", reason="lunch")
    assert away["details"]["by"] == away["peer"]["identity"]
    wait_record(path, "detached", member="vc2.1")


def test_viewer_that_wants_to_be_alone_is_named(charhubd, workdir):
    charhubd(*screens(workdir))
    path = workdir / "audit.jsonl"
    first = rfb.connect(str(workdir / "vnc"))
    wait_record(path, "vnc-login")
    alone = rfb.connect(str(workdir / "vnc"), shared=False)
    left = wait_record(path, "vnc-left")
    assert left["details"]["by"].startswith("user:")
    assert left["details"]["reason"] == "wants to be alone"
    first.close()
    alone.close()


def test_a_password_is_withheld(charhubd, workdir, client):
    program.need("bash")
    charhubd(*console(workdir, 'exec,command=env PS1=ready: bash --norc --noprofile --noediting -i',
                      ",typed=on"))
    path = workdir / "audit.jsonl"
    person = client(workdir / "s")
    person.read_until(b"ready:")
    for text in (b"echo one\r", b"read -s -p secret: x\r"):
        person.send(text)
        person.read_until(b"one\r\nready:" if b"one" in text else b"\nsecret:")
    person.send(b"hunter2\r")
    person.read_until(b"ready:")
    person.send(b"echo [$x]\r")
    person.read_until(b"[hunter2]\r\nready:")
    wait_record(path, "typed", text="echo [$x]\r")
    typed = [record["details"] for record in find(path, "typed")]
    assert typed == [{"text": "echo one\r"}, {"text": "read -s -p secret: x\r"},
                     {"withheld": 8}, {"text": "echo [$x]\r"}]
    assert b"hunter2" not in path.read_bytes()


# What asks for a password on a terminal: it, and what it says once it has read one.
ASKING = {
    "getpass": (f"{sys.executable} -c \"import getpass; getpass.getpass('Pass' 'word: '); "
                "print('ov' 'er')\"", b"over"),
    "su": ("su nobody -s /bin/sh -c true; echo ov''er", b"over"),
    "login": ("login -p nobody", b"incorrect"),
}


@pytest.mark.parametrize("name", ASKING)
def test_programs_that_ask_for_a_password_are_told_none(charhubd, workdir, client, name):
    """On a real terminal, which the program tells not to show what is typed."""
    if name != "getpass":
        program.need(name)
    prompt, asking, over = b"ready:", *ASKING[name]
    # Not root, whom su asks for nothing
    who = "exec setpriv --reuid=65534 --regid=65534 --clear-groups " if name == "su" else ""
    charhubd(*console(workdir, "exec,command=env PS1=ready: sh -c "
                               f"'{who}bash --norc --noprofile --noediting -i'", ",typed=on"))
    path = workdir / "audit.jsonl"
    person = client(workdir / "s")
    person.read_until(prompt)
    person.send(b"echo before\r")
    person.read_until(b"before\r\n" + prompt)
    person.send(asking.encode() + b"\r")
    person.read_until(b"assword: ")
    person.send(b"hunter2\r")
    person.read_until(over)
    wait_record(path, "typed", withheld=8)
    if name != "login":  # that goes on asking
        person.read_until(prompt)
        person.send(b"echo after\r")
        person.read_until(b"after\r\n" + prompt)
        wait_record(path, "typed", text="echo after\r")
    typed = [record["details"] for record in find(path, "typed")]
    assert typed[0] == {"text": "echo before\r"}
    assert {"withheld": 8} in typed
    assert b"hunter2" not in path.read_bytes()


def test_a_command_types_too(charhubd, charhub_path, workdir):
    charhubd(*console(workdir, echoing(workdir), ",typed=on"))
    path = workdir / "audit.jsonl"
    socket = ["--socket", workdir / "control"]
    assert program.run([charhub_path, *socket, "send", "vm1", "sent"], workdir).code == 0
    wait_record(path, "typed", text="sent\r")
    with Qmp(workdir / "control") as qmp:
        qmp.run("console-input", console="vm1", data="by hand\r")
    assert wait_record(path, "typed", text="by hand\r")["peer"]["identity"].startswith("user:")


def test_files_that_are_rotated_are_one_chain(charhubd, charhub_path, workdir):
    daemon = charhubd(*console(workdir, echoing(workdir),
                               ",rotate-size=4k,rotate-keep=0,compress=zstd"))
    path = workdir / "audit.jsonl"
    with Qmp(workdir / "control") as qmp:
        for rows in range(60):
            qmp.run("console-resize", console="vm1", cols=80, rows=24 + rows % 2)
    daemon.stop()
    olds = sorted({old.name.split("Z")[0] for old in workdir.glob("audit.jsonl.*")})
    assert len(olds) > 2
    status, out, err = verify(charhub_path, path)
    assert status == 0, err
    assert "sound, 1 to" in out
    for old in workdir.glob(olds[1] + "*"):
        old.unlink()
    status, out, err = verify(charhub_path, path)
    assert status == 1 and "missing" in err


def test_a_crash_is_told_and_the_chain_goes_on(charhubd, charhub_path, workdir):
    path = workdir / "audit.jsonl"
    daemon = charhubd(*console(workdir, echoing(workdir), ""))
    wait_record(path, "begin")
    daemon.kill()
    with path.open("ab") as file:
        file.write(b'{"seq":')
    assert "torn" in verify(charhub_path, path)[2]
    for name in ("s", "control"):
        (workdir / name).unlink(missing_ok=True)
    daemon = charhubd(*console(workdir, echoing(workdir), ""))
    daemon.stop()
    status, out, err = verify(charhub_path, path)
    assert status == 0, err
    assert "1 lines were never finished" in out


def audit_show(charhub_path, path):
    return program.run([charhub_path, "audit", "show", "--json", path], pathlib.Path("/")).out


def disk_full(disk):
    """Fill it to the last block; the file that does so."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
    return ballast


@pytest.mark.parametrize("more", ["", ",rotate-size=64k,rotate-keep=0,compress=gzip",
                                  ",sync=on"])
def test_a_full_disk_is_told_once_and_what_is_missing_is_said(
        charhubd, charhub_path, workdir, more):
    """Nothing is wrong with what stands there, and it says how much does not."""
    (workdir / "disk").mkdir()
    daemon = charhubd(*console(workdir, echoing(workdir), more, folder="/disk"),
                      prefix=mounts.after(f"mount -t tmpfs -o size=1m none {workdir}/disk"))
    disk = pathlib.Path(f"/proc/{daemon.pid}/root{workdir}/disk")
    path, trouble, sent = disk / "audit.jsonl", "No space left on device", 4000
    wait_record(path, "begin")
    ballast = disk_full(disk)
    with Qmp(workdir / "control") as qmp:
        for rows in range(sent):
            qmp.run("console-resize", console="vm1", cols=80, rows=24 + rows % 2)
        daemon.err.wait_for(f"audit '{workdir}/disk/audit.jsonl' is in trouble: {trouble}")
        ballast.unlink()
        daemon.err.wait_for("audit.jsonl' works again")
        wait_until(lambda: '"what":"gap"' in audit_show(charhub_path, path), "what is missing")
        qmp.run("chardev-add", id="last", backend={"type": "null", "data": {}})
        wait_until(lambda: '"object":"last"' in audit_show(charhub_path, path), "what comes later")
    status, out, err = verify(charhub_path, path)
    assert status == 0, err
    assert daemon.err.text.count(trouble) == 1
    gap = re.search(r"line (\d+): (\d+) events before it are missing, which found no room after "
                    r"(\S+Z) until (\S+Z)\n", out)
    assert gap and gap[3] <= gap[4], out
    daemon.err.wait_for(f"{gap[2]} events are missing")
    told = [json.loads(line) for line in audit_show(charhub_path, path).splitlines()]
    assert sum(record["what"] == "command" for record in told) + int(gap[2]) == sent + 1
    assert [record["seq"] for record in told if record["what"] == "gap"] == [int(gap[1])]


def test_lines_that_wait_when_the_program_ends_on_a_full_disk_are_counted(
        charhubd, charhub_path, workdir):
    """The room for that one line was kept, and the next run goes on behind it."""
    (workdir / "disk").mkdir()
    daemon = charhubd(*console(workdir, echoing(workdir), "", folder="/disk"),
                      prefix=mounts.after(f"mount -t tmpfs -o size=1m none {workdir}/disk"))
    disk = os.open(f"/proc/{daemon.pid}/root{workdir}/disk", os.O_RDONLY)  # outlives the daemon
    path, sent = pathlib.Path(f"/proc/{os.getpid()}/fd/{disk}/audit.jsonl"), 100
    wait_record(path, "begin")
    disk_full(path.parent)
    with Qmp(workdir / "control") as qmp:
        for rows in range(sent):
            qmp.run("console-resize", console="vm1", cols=80, rows=24 + rows % 2)
        daemon.err.wait_for("is in trouble: No space left on device")
    daemon.stop()
    status, out, err = verify(charhub_path, path)
    gap = re.search(r"(\d+) events before it are missing, which found no room after", out)
    assert status == 0 and gap, err
    told = records(path)
    assert told[-1]["what"] == "gap"
    shutil.copy(path, workdir / "audit.jsonl")
    os.close(disk)
    charhubd(*console(workdir, echoing(workdir), "")).stop()
    assert verify(charhub_path, workdir / "audit.jsonl")[0] == 0
    quiet = records(workdir / "audit.jsonl")[len(told):]  # what there is besides commands
    assert quiet[0]["what"] == "begin" and quiet[-1]["what"] == "end"
    assert len(told) - 1 + int(gap[1]) == len(quiet) + sent


def test_a_changed_line_and_a_cut_end_show(charhubd, charhub_path, workdir, client):
    daemon = charhubd(*console(workdir, echoing(workdir), ""))
    path = workdir / "audit.jsonl"
    client(workdir / "s")
    wait_record(path, "attached")
    daemon.stop()
    head = program.run([charhub_path, "audit", "head", path], workdir).out.strip()
    whole = path.read_bytes()
    assert verify(charhub_path, "--head", head, path)[0] == 0
    path.write_bytes(whole.replace(b'"attached"', b'"detached"', 1))
    status, _, err = verify(charhub_path, path)
    assert status == 1 and "was changed" in err
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert verify(charhub_path, path)[0] == 0
    status, _, err = verify(charhub_path, "--head", head, path)
    assert status == 1 and "cut off" in err


def test_show_knows_times_consoles_and_names(charhubd, charhub_path, workdir, client):
    daemon = charhubd(*console(workdir, echoing(workdir), ""))
    path = workdir / "audit.jsonl"
    client(workdir / "s")
    wait_record(path, "attached")
    daemon.stop()

    def show(*words):
        return program.run([charhub_path, "audit", "show", path, *words],
                           workdir).out.splitlines()

    assert len(show()) == len(records(path))
    assert any("vm1  attached  user:" in line for line in show("--since", "10m"))
    assert not show("--until", "2020-01-01")
    assert all("vm1" in line for line in show("--console", "vm*"))
    assert all("s.1" in line for line in show("--who", "s.1"))
    assert [json.loads(line) for line in show("--json")] == records(path)


def test_show_follows_over_rotations_until_ctrl_c(charhubd, charhub_path, workdir, terminal):
    charhubd(*console(workdir, echoing(workdir), ",rotate-size=4k,rotate-keep=0,compress=gzip"))
    path = workdir / "audit.jsonl"
    wait_record(path, "begin")
    show = terminal(charhub_path, "audit", "show", path, "-f", "--who", "last")
    with Qmp(workdir / "control") as qmp:
        for rows in range(60):
            qmp.run("console-resize", console="vm1", cols=80, rows=24 + rows % 2)
        qmp.run("chardev-add", id="last", backend={"type": "null", "data": {}})
        qmp.run("hub-add-member", hub="vm1", chardev="last")
    seen = show.read_until(b"joined  member=last")
    assert b"resize" not in seen
    assert list(workdir.glob("audit.jsonl.*"))
    show.send(b"\x03")
    assert b"charhub:" not in show.expect_end(0)


def test_show_tells_where_the_chain_breaks(charhubd, charhub_path, workdir, client, terminal):
    daemon = charhubd(*console(workdir, echoing(workdir), ""))
    client(workdir / "s")
    wait_record(workdir / "audit.jsonl", "attached")
    daemon.stop()
    lines = (workdir / "audit.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) > 6
    changed, path = lines[2].replace(b"vm1", b"vm2"), workdir / "copy.jsonl"
    path.write_bytes(lines[0])
    show = terminal(charhub_path, "audit", "show", "-f", path)
    show.read_until(b"begin")
    for line, says in ((lines[1] + changed + lines[3], None),
                       (lines[4], b"charhub: line 3 was changed"),
                       (b"nonsense\n" + lines[5], b"what stands behind line 5 is no line of an"),
                       (lines[5], b"charhub: line 6 is doubled, or out of its place"),
                       (lines[-1], b"line %d has lost the lines before it" % len(lines))):
        with path.open("ab") as file:
            file.write(line)
        if says:
            show.read_until(says)
    show.send(b"\x03")
    assert b"charhub: the audit is not whole" in show.expect_end(1)


def test_options_change_and_the_file_is_opened_anew(charhubd, charhub_path, workdir, client):
    path, file = workdir / "audit.jsonl", workdir / "charhub.conf"
    text = f"""[chardev "g"] backend = "exec", command = "cat"
[chardev "s"] backend = "socket", path = "{workdir}/s", server = "on", wait = "off", clients = "4"
[chardev "vm1"] backend = "hub", chardevs.0 = "s"
[device] driver = "console", guest = "g", chardev = "vm1"
[audit] path = "{path}"
"""
    file.write_text(text)
    daemon = charhubd("-config", file)
    person, old = client(workdir / "s"), workdir / "audit.jsonl.1"
    wait_record(path, "attached")
    path.rename(old)
    file.write_text(text.rstrip() + ', typed = "on"\n')
    os.kill(daemon.pid, signal.SIGHUP)
    wait_until(path.exists, "a new file")
    wait_until(lambda: find(old, "reload") or find(path, "reload"), "a record in one of the files")
    person.send(b"hello\r")
    wait_record(path, "typed", text="hello\r")
    daemon.stop()
    status, _, err = verify(charhub_path, path)
    assert status == 0, err


def test_bad_options_are_errors(run_charhubd, workdir):
    for option, says in ((f"{workdir}/no/such,typed=on", "cannot be written"),
                         (f"{workdir}/a,typed=maybe", "typed"),
                         (f"{workdir}/a,foo=1", "foo"),
                         ("typed=on", "path")):
        done = run_charhubd("-audit", option)
        assert done.code == 1
        assert says in done.err
    done = run_charhubd("-audit", workdir / "a", "-audit", workdir / "b")
    assert done.code == 1 and "Duplicate ID 'audit'" in done.err
