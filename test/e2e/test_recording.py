# SPDX-License-Identifier: MIT
"""Consoles that the daemon records: what stands in the files, and that it can be played."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal

import pytest

from support import mounts, program, rfb
from support.qmp import Failed, Qmp
from support.screen import wait_until
from support.stream import connect_unix

# To look for leaks a sanitizer does what a sandbox is against.
NO_LEAKS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
STAMP = re.compile(r"\d{8}T\d{6}\.\d{3}Z")


class Cast:
    """A recording, as far as it is written."""

    def __init__(self, path):
        text = path.read_text(encoding="utf-8", errors="strict")
        lines = text[:text.rfind("\n") + 1].splitlines()
        self.header = json.loads(lines[0])
        self.events = [json.loads(line) for line in lines[1:]]
        assert self.header["version"] == 2
        times = [event[0] for event in self.events]
        assert times == sorted(times) and all(time >= 0 for time in times)

    def of(self, kind):
        return [data for _, what, data in self.events if what == kind]

    @property
    def out(self):
        return "".join(self.of("o"))


def wait_cast(path, test, what):
    def look():
        return path.exists() and path.stat().st_size and test(Cast(path))

    wait_until(look, f"{what} in {path.name}")
    return Cast(path)


def wait_out(path, text):
    return wait_cast(path, lambda cast: text in cast.out, repr(text))


def console(workdir, name, more=""):
    """One whose guest is the test's, too."""
    return ["-console", f"{name},guest=unix:{workdir}/{name}.guest,guest.server=on,guest.wait=off,"
            f"listen=unix:{workdir}/{name}{more}"]


@pytest.fixture
def guest(client, workdir):
    return lambda name: client(workdir / f"{name}.guest")


def say(guest, person, text):
    guest.send(text.encode())
    person.read_until(text.encode())


def play(charhub_path, path):
    done = program.run([charhub_path, "play", "-s", "1000", path], path.parent)
    assert done.code == 0, done.err
    return done.out


def test_a_console_and_a_rule(charhubd, charhub_path, workdir, client, guest):
    daemon = charhubd(*console(workdir, "vm1", f",record=always,record.path={workdir}/%n.cast"),
                      *console(workdir, "vm2"), *console(workdir, "other"),
                      "-record", f"vm2 vm3,path={workdir}/by-rule-%n.cast")
    for name in ("vm1", "vm2", "other"):
        say(guest(name), client(workdir / name), f"hällo {name}\n")
    wait_out(workdir / "vm1.cast", "hällo vm1")
    wait_out(workdir / "by-rule-vm2.cast", "hällo vm2")
    daemon.stop()
    assert sorted(path.name for path in workdir.glob("*.cast")) == ["by-rule-vm2.cast", "vm1.cast"]
    cast = Cast(workdir / "vm1.cast")
    assert cast.header["title"] == "vm1"
    assert (cast.header["width"], cast.header["height"]) == (80, 24)
    assert any(re.match(r"vm1.listen.1 \(user:\S+\) attached$", mark) for mark in cast.of("m"))
    assert (workdir / "vm1.cast").stat().st_mode & 0o777 == 0o640
    assert "hällo vm1" in play(charhub_path, workdir / "vm1.cast")


def test_asciinema_plays_it(charhubd, workdir, client, guest, terminal):
    if not shutil.which("asciinema"):
        pytest.skip("no asciinema")
    daemon = charhubd(*console(workdir, "vm", f",record=always,record.path={workdir}/vm.cast"))
    say(guest("vm"), client(workdir / "vm"), "for all to see\n")
    wait_out(workdir / "vm.cast", "for all to see")
    daemon.stop()
    player = terminal("asciinema", "cat", workdir / "vm.cast")
    player.read_until(b"for all to see")
    player.expect_end()


def test_attended_times(charhubd, workdir, client, guest):
    charhubd(*console(workdir, "vm", ",record=attached,"
                      f"record.path={workdir}/%n-%t.cast,log={workdir}/vm.log"))
    vm = guest("vm")
    with connect_unix(workdir / "vm") as first:
        say(vm, first, "one\n")
        wait_until(lambda: list(workdir.glob("*.cast")), "a recording")
        [path] = workdir.glob("*.cast")
        assert STAMP.search(path.name)
        wait_out(path, "one")
        with connect_unix(workdir / "vm"):
            wait_cast(path, lambda cast: "vm.listen.2" in str(cast.of("m")), "the second")
        wait_cast(path, lambda cast: "detached" in str(cast.of("m")), "the second goes")
        say(vm, first, "two\n")
        wait_out(path, "two")
    wait_cast(path, lambda cast: str(cast.of("m")).count("detached") == 2, "the first goes")
    person = client(workdir / "vm")
    say(vm, person, "three\n")
    wait_until(lambda: len(list(workdir.glob("*.cast"))) == 2, "another recording")
    [other] = set(workdir.glob("*.cast")) - {path}
    cast = wait_out(other, "three")
    assert "two" in cast.out  # the screen as it was
    assert "three" not in Cast(path).out


def test_viewers_are_there(charhubd, charhub_path, workdir, guest):
    """Who looks at the console by VNC, and not who looks at another one."""
    charhubd(*console(workdir, "vm", f",vnc=on,record=attached,record.path={workdir}/vm.cast"),
             "-vnc", f"unix:{workdir}/vnc", "-control", workdir / "control")
    vm, path = guest("vm"), workdir / "vm.cast"
    viewer = rfb.connect(str(workdir / "vnc"))
    wait_until(path.exists, "a recording")
    vm.send(b"one\n")
    wait_out(path, "one")
    with Qmp(workdir / "control") as qmp:
        wait_until(lambda: qmp.run("query-recordings"), "it is told")
        viewer.chord(0xffe3, 0xffe9, ord("1"))  # Ctrl-Alt: the overview
        wait_until(lambda: not qmp.run("query-recordings"), "it ends")
        viewer.chord(0xffe3, 0xffe9, ord("2"))
        wait_until(lambda: qmp.run("query-recordings"), "another one")
        with contextlib.closing(rfb.connect(str(workdir / "vnc"))):
            wait_cast(path, lambda cast: "vm.vc.2 (user:" in str(cast.of("m")), "the second")
        wait_cast(path, lambda cast: "detached" in str(cast.of("m")), "he goes")
        viewer.close()
        wait_until(lambda: not qmp.run("query-recordings"), "all have gone")


def test_passwords_are_withheld(charhubd, workdir, client):
    program.need("bash")
    shell = "env PS1=ready: bash --norc --noprofile --noediting -i"
    charhubd("-console", f"vm,guest=exec:{shell},listen=unix:{workdir}/vm,record=typed,"
             f"record.input=on,record.path={workdir}/vm.cast")
    person = client(workdir / "vm")
    person.read_until(b"ready:")
    assert not (workdir / "vm.cast").exists()
    person.send(b"echo one\r")
    person.read_until(b"one\r\nready:")
    person.send(b"read -s -p secret: x\r")
    person.read_until(b"\nsecret:")
    person.send(b"hunter2\r")
    person.read_until(b"ready:")
    cast = wait_cast(workdir / "vm.cast", lambda cast: "typed, and not shown" in cast.of("m"),
                     "what is withheld")
    assert "echo one\r" in cast.of("i")
    assert "ready:" in cast.of("o")[0]  # the screen at the first key
    assert "hunter2" not in (workdir / "vm.cast").read_text()


def test_sizes_of_terminals(charhubd, charhub_path, workdir, terminal):
    charhubd(*console(workdir, "vm", f",record=always,record.path={workdir}/vm.cast"),
             "-control", workdir / "control")
    person = terminal(charhub_path, "--socket", workdir / "control", "attach", "vm")
    person.set_window(100, 30)
    cast = wait_cast(workdir / "vm.cast", lambda cast: "100x30" in cast.of("r"), "the size")
    assert any(re.match(r"attach1 \(user:\S+\) attached$", mark) for mark in cast.of("m"))


def cells(qmp, name):
    screen = qmp.run("console-screen", console=name, format="cells")
    del screen["offset"]
    return screen


def test_a_recording_shows_what_the_screen_shows(charhubd, workdir, guest):
    charhubd(*console(workdir, "vm"), *console(workdir, "mirror"), "-control", "control")
    vm = guest("vm")
    vm.send("\033[2J\033[5;10Htitle\033[7m x \033[m\r\nüñ \033[31mred\033[m\r\n".encode())
    with Qmp(workdir / "control") as qmp:
        qmp.run("console-wait", console="vm", pattern="red", offset=0)
        qmp.run("recording-start", console="vm", path=f"{workdir}/vm.cast")
    vm.send("\033[1;70Hhöher\033[20;1Hthe end".encode())
    cast = wait_out(workdir / "vm.cast", "the end")
    guest("mirror").send(cast.out.encode())
    with Qmp(workdir / "control") as qmp:
        wait_until(lambda: cells(qmp, "mirror") == cells(qmp, "vm"), "the same screen")


def test_a_full_one_is_followed_by_the_next(charhubd, charhub_path, workdir, client, guest):
    charhubd(*console(workdir, "vm", f",record=always,record.path={workdir}/vm.cast,"
                      "record.rotate-size=4k,record.rotate-keep=2,record.compress=gzip"))
    vm, person = guest("vm"), client(workdir / "vm")

    def old():
        return [path.name for path in workdir.glob("vm.cast.*") if path.suffix != ".idx"]

    for number in range(200):
        say(vm, person, f"{number:04}" + 60 * "x" + "\n")
    wait_until(lambda: len(old()) == 2 and any(name.endswith(".gz") for name in old()),
               "two old ones, packed")
    say(vm, person, "the end\n")
    cast = wait_out(workdir / "vm.cast", "the end")
    assert cast.header["title"] == "vm"
    assert "the end" in play(charhub_path, workdir / "vm.cast")


def test_recording_by_hand(charhubd, charhub_path, workdir, client, guest):
    charhubd(*console(workdir, "vm"), "-control", workdir / "control",
             "-audit", workdir / "audit.jsonl")
    vm, person = guest("vm"), client(workdir / "vm")
    say(vm, person, "before\n")

    def charhub(*words):
        return program.run([charhub_path, "--socket", workdir / "control", *words], workdir)

    done = charhub("recording", "start", "vm", workdir / "x.cast")
    assert done.code == 0, done.err
    assert "recorded by hand already" in charhub("recording", "start", "vm").err
    listed = charhub("recording", "list").out
    assert "vm.by-hand" in listed and str(workdir / "x.cast") in listed
    say(vm, person, "during\n")
    cast = wait_out(workdir / "x.cast", "during")
    assert "before" in cast.of("o")[0]
    assert charhub("recording", "stop", "vm").code == 0
    assert "not recorded by hand" in charhub("recording", "stop", "vm").err
    say(vm, person, "after\n")
    assert json.loads(charhub("--json", "recording", "list").out) == []
    assert "after" not in Cast(workdir / "x.cast").out

    def audited():
        lines = (workdir / "audit.jsonl").read_text().splitlines()
        return [json.loads(line)["what"] for line in lines if str(workdir / "x.cast") in line]

    wait_until(lambda: {"recording-started", "recording-stopped"} <= set(audited()), "the audit")


def test_what_cannot_be_recorded_is_an_error(charhubd, run_charhubd, workdir):
    done = run_charhubd(*console(workdir, "vm"), "-record", "vm,path=/nonexistent/%n.cast")
    assert done.code == 1
    assert ("record 'record0', console 'vm': file: '/nonexistent/vm.cast' cannot be written: "
            "No such file or directory") in done.err
    charhubd(*console(workdir, "vm"), "-control", "control")
    with Qmp(workdir / "control") as qmp, pytest.raises(Failed, match="cannot be written"):
        qmp.run("recording-start", console="vm", path="/nonexistent/x")


def test_reload_changes_who_is_recorded(charhubd, workdir, client, guest):
    config = workdir / "charhub.conf"

    def write(patterns, *more):
        config.write_text("\n".join([
            *(f'[console "{name}"]\nguest = "unix:{workdir}/{name}.guest"\nguest.server = "on"\n'
              f'guest.wait = "off"\nlisten = "unix:{workdir}/{name}"'
              for name in ("vm1", "vm2")),
            f'[record "r"]\nconsoles = "{patterns}"\npath = "{workdir}/%n.cast"', *more, ""]))

    write("vm1")
    daemon = charhubd("-config", config, "-control", "control")
    pairs = [(guest(name), client(workdir / name)) for name in ("vm1", "vm2")]
    say(*pairs[0], "one\n")
    wait_out(workdir / "vm1.cast", "one")
    inode = (workdir / "vm1.cast").stat().st_ino
    write("vm*", 'input = "on"')
    with Qmp(workdir / "control") as qmp:
        qmp.run("config-reload")
        say(*pairs[1], "two\n")
        wait_out(workdir / "vm2.cast", "two")
        say(*pairs[0], "still\n")
        wait_out(workdir / "vm1.cast", "still")
        assert (workdir / "vm1.cast").stat().st_ino == inode
        write("vm2")
        qmp.run("config-reload")
        wait_until(lambda: [recording["console"] for recording in qmp.run("query-recordings")]
                   == ["vm2"], "vm1 is not recorded")
    assert daemon.running


def test_a_full_disk(charhubd, workdir, client, guest):
    (workdir / "disk").mkdir()
    daemon = charhubd(
        *console(workdir, "vm", f",record=always,record.path={workdir}/disk/vm.cast,window=64k,"
                 "keep=0"), "-control", "control",
        prefix=mounts.after(f"mount -t tmpfs -o size=1m none {workdir}/disk"))
    disk = pathlib.Path(f"/proc/{daemon.pid}/root{workdir}/disk")
    (disk / "ballast").write_bytes(bytes(900 * 1024))
    vm, person = guest("vm"), client(workdir / "vm")
    for number in range(100):  # more than the disk, the writer's queue and the window hold
        say(vm, person, f"{number:09}" + 10_000 * "x" + "\n")
    daemon.err.wait_for("is in trouble: No space left on device")
    (disk / "ballast").unlink()
    with Qmp(workdir / "control") as qmp:
        wait_until(lambda: qmp.run("query-recordings")[0]["missing-bytes"], "what is missing")
        missing = qmp.run("query-recordings")[0]["missing-bytes"]
    say(vm, person, "and on\n")
    cast = wait_out(disk / "vm.cast", "and on")
    assert f"{missing} bytes are missing here" in cast.of("m")
    daemon.err.wait_for("works again")
    assert daemon.err.text.count("is in trouble") == 1


def test_within_the_sandbox(charhubd, workdir, guest):
    (workdir / "casts").mkdir()
    charhubd(*console(workdir, "vm", ",record=attached,"
                      f"record.path={workdir}/casts/%n.cast,record.rotate-size=4k"),
             "-sandbox", "on", env=NO_LEAKS)
    vm = guest("vm")
    for number in range(3):
        with connect_unix(workdir / "vm") as person:
            say(vm, person, f"number {number}\n")
            wait_out(workdir / "casts" / "vm.cast", f"number {number}")
        wait_cast(workdir / "casts" / "vm.cast", lambda cast: "detached" in str(cast.of("m")),
                  "the end")
    assert len(list((workdir / "casts").iterdir())) == 3


def test_it_goes_on_in_another_program(charhubd, workdir, client, guest):
    daemon = charhubd(*console(workdir, "vm", f",record=always,record.path={workdir}/vm.cast"),
                      "-record", f"vm,when=attached,path={workdir}/%n-%t.cast",
                      "-control", "control")
    vm, person = guest("vm"), client(workdir / "vm")
    wait_until(lambda: [*workdir.glob("vm-*.cast")], "a recording of who is attached")
    lines = [f"lïne {number}\r\n" for number in range(200)]
    for number, line in enumerate(lines):
        say(vm, person, line)
        if number == 100:
            vm.send(b"\xc3")  # the beginning of a character
            daemon.send_signal(signal.SIGUSR2)
            daemon.err.wait_for("goes on in another one's place")
            vm.send(b"\xa4")
    wait_out(workdir / "vm.cast", lines[-1])
    wanted = "".join(lines[:101] + ["ä"] + lines[101:])
    assert Cast(workdir / "vm.cast").out == wanted
    [attended] = workdir.glob("vm-*.cast")
    cast = wait_out(attended, lines[-1])
    assert cast.out == wanted
    assert not cast.of("m")
