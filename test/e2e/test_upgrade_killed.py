# SPDX-License-Identifier: MIT
"""The program that is to take over breaks, or what it is given: the old one goes on.

What is installed for that stands between the two: it is asked as charhubd is (-check-snapshot), and
asks the real one, or dies.
"""

import os
import re
import socket
import struct
import subprocess
import zlib

import pytest

from support import program
from support.load import Load
from support.stream import DEADLINE, UnixServer

CONSOLES = 3
HEAD = ">8sHHIQQ"  # of a snapshot: magic, version, sum, where the records are, how long
GROUP = 5

# It is started as NAME -check-snapshot FD ARGUMENTS: questions come by FD, each with a snapshot.
GO_BETWEEN = r'''#!/usr/bin/python3
import os, signal, socket, subprocess, sys

real, moment, kept = SETTINGS
asked = socket.socket(fileno=int(sys.argv[2]))
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def die(now):
    if moment == now:
        os.kill(os.getpid(), signal.SIGKILL)


die("started")
subprocess.Popen([real, "-check-snapshot", str(theirs.fileno()), *sys.argv[3:]],
                 pass_fds=[theirs.fileno()])
theirs.close()
times = 0
while (got := socket.recv_fds(asked, 100, 1))[0]:
    fds, times = got[1], times + 1
    die(f"asked {times}")
    socket.send_fds(ours, [b"?"], fds)
    answer = ours.recv(4096)
    if moment == f"keep {times}":
        with open(fds[0], "rb") as source, open(kept, "wb") as file:
            source.seek(0)
            file.write(source.read())
    if moment in (f"keep {times}", f"refuse {times}"):
        answer = b"nit does not want to"
    asked.send(answer)
    die(f"answered {times}")
'''


pytestmark = pytest.mark.skipif(
    bool(program.SANDBOX), reason="what stands between is no program that may be executed")


@pytest.fixture
def crowd(upgradable, workdir, client):
    """Consoles with guests that print and readers that count."""
    servers, args = [UnixServer(workdir / f"g{i}") for i in range(CONSOLES)], []
    for i in range(CONSOLES):
        args += ["-chardev", f"socket,id=g{i},path=g{i}", "-chardev", f"vc,id=v{i}",
                 "-chardev", f"socket,id=s{i},path=s{i},server=on,wait=off,clients=4",
                 "-chardev", f"hub,id=h{i},members.0.chardev=s{i},members.0.stall=wait,"
                             f"members.1.chardev=v{i},replay=window",
                 "-device", f"console,guest=g{i},chardev=h{i}"]
    upgradable.start(*args, "-vnc", f"unix:{workdir}/vnc")
    guests = [server.accept() for server in servers]
    readers = [[client(workdir / f"s{i}")] for i in range(CONSOLES)]
    with Load(guests, readers) as load:
        load.wait_for_lines(20)
        yield load
        load.finish()
    for i, guest in enumerate(guests):
        guest.close()
        (workdir / f"g{i}").unlink()


def install(upgradable, workdir, moment):
    settings = (str(upgradable.charhubd_path), moment, str(workdir / "kept"))
    upgradable.path.unlink()
    upgradable.path.write_text(GO_BETWEEN.replace("SETTINGS", repr(settings)), encoding="utf-8")
    upgradable.path.chmod(0o755)


def go_on(upgradable, crowd):
    """As if nothing had happened, also with the next upgrade."""
    crowd.wait_for_lines(20)
    upgradable.install(upgradable.charhubd_path)
    upgradable.upgrade()
    crowd.wait_for_lines(20)


@pytest.mark.parametrize("moment, why", [
    ("started", "it was killed by signal 9"),
    ("asked 1", "it was killed by signal 9"),
    ("refuse 1", "it does not want to"),
])
def test_it_ends_before_it_has_said_yes(upgradable, workdir, crowd, moment, why):
    install(upgradable, workdir, moment)
    upgradable.refuse(why)
    go_on(upgradable, crowd)


@pytest.mark.parametrize("moment, why", [
    ("answered 1", b"it was killed by signal 9"),
    ("asked 2", b"it was killed by signal 9"),
    ("refuse 2", b"it does not want to"),
])
def test_it_ends_while_consoles_wait(upgradable, workdir, crowd, moment, why, charhub_path):
    """It has said yes, and who asked for the upgrade has heard that: an event tells the rest."""
    install(upgradable, workdir, moment)
    with upgradable.qmp() as witness:
        done = program.run([charhub_path, "upgrade", "--socket", upgradable.control], workdir)
        assert why.decode() in witness.event("UPGRADE_FAILED")["error"]
    said = re.compile(b"no upgrade, all goes on as before: .*" + why)
    assert done.code == 1
    assert said.search(done.err.encode())
    upgradable.daemon.err.wait_for(said)
    go_on(upgradable, crowd)


# ---- broken snapshots ----


def find_records(data, at, end, depth=0):
    """Where each begins, also those of groups: (place, whether it may be left out, depth)."""
    while at < end:
        _, kind, flags, length = struct.unpack(">HBBI", data[at:at + 8])
        yield at, not flags & 1, depth
        if kind == GROUP:
            yield from find_records(data, at + 8, at + 8 + length, depth + 1)
        at += 8 + length


def with_sum(data):
    magic, major, minor, _, at, length = struct.unpack(HEAD, data[:32])
    checksum = zlib.crc32(data[at:at + length])
    return struct.pack(HEAD, magic, major, minor, checksum, at, length) + data[32:]


def ends_at(data, place):
    """A snapshot that is whole but for its records, which end here."""
    magic, major, minor, _, at, _ = struct.unpack(HEAD, data[:32])
    head = struct.pack(HEAD, magic, major, minor, 0, at, place - at)
    return with_sum(head + data[32:place] + b"SNAPDONE")


def breaks(data):
    """Each as (what it is, bytes)."""
    at, length = struct.unpack(HEAD, data[:32])[4:]
    for place, optional, depth in find_records(data, at, at + length):
        yield f"the file ends at {place}", data[:place]
        yield f"{place} has another sum", data[:place + 8] + b"\xee\xee" + data[place + 10:]
        if depth:
            yield f"the records end at {place}", ends_at(data, place)
        if not optional:
            yield f"nobody knows {place}", with_sum(data[:place] + b"\x7f\xff" + data[place + 2:])


class Examiner:
    def __init__(self, program, args, workdir):
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(DEADLINE)
        self.process = subprocess.Popen(
            [program, "-check-snapshot", str(theirs.fileno()), *args], cwd=workdir,
            pass_fds=[theirs.fileno()])
        theirs.close()

    def ask(self, data):
        with open(os.memfd_create("snapshot"), "wb", buffering=0) as file:
            file.write(data)
            socket.send_fds(self.sock, [b"?"], [file.fileno()])
            return self.sock.recv(4096).decode()

    def end(self):
        self.sock.close()
        return self.process.wait(DEADLINE)


def test_a_snapshot_that_is_broken_at_any_record_is_refused(upgradable, workdir, client):
    """Cut there, or changed; the whole one is taken, with all that it has of its kinds."""
    server = UnixServer(workdir / "g")
    args = ["-chardev", f"socket,id=g,path={workdir}/g", "-chardev", "vc,id=v",
            "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,clients=4",
            "-chardev", "pty,id=p", "-chardev", "ringbuf,id=r",
            "-chardev", "hub,id=h,chardevs.0=s,chardevs.1=v,chardevs.2=p",
            "-device", "console,guest=g,chardev=h", "-vnc", f"unix:{workdir}/vnc"]
    upgradable.start(*args)
    guest, person = server.accept(), client(workdir / "s")
    install(upgradable, workdir, "keep 2")
    upgradable.run("upgrade")
    upgradable.daemon.err.wait_for("it does not want to")
    whole = (workdir / "kept").read_bytes()
    examiner, count = Examiner(upgradable.charhubd_path, args, workdir), 0
    assert examiner.ask(whole) == "y"
    for what, data in breaks(whole):
        count += 1
        assert examiner.ask(data).startswith("n"), what
    assert examiner.ask(whole) == "y"
    assert examiner.end() == 0
    assert count > 500
    guest.send("still here")
    person.read_until("still here")
    guest.close()
    (workdir / "g").unlink()
