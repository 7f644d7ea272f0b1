# SPDX-License-Identifier: MIT
"""Guests whose console charhubd itself serves, over vhost-user.

They run on User-Mode Linux; ./with-qemu runs the same tests with QEMU.

The size of the transfers is $CHARHUB_TEST_VPORT_MIB (16); 256 takes a minute longer.
"""

import functools
import hashlib
import os
import re
import socket

import pytest

from support import rfb
from support.guests import PROMPT, Shell, boot, default_socket, hold_sockets, kill
from support.program import wait_exit
from support.setups import SCREEN_NOTICE
from support.stream import CHUNK, DEADLINE, pump

CTRL_T = b"\x14"
MIB = 1 << 20
TRANSFER_MIB = int(os.environ.get("CHARHUB_TEST_VPORT_MIB", "16"))
GONE = re.compile(rb"the frontend has left")


@pytest.fixture
def linux(guest):
    """linux(*sockets): a guest with a device on each socket, its shell on the first one's hvc0."""
    return functools.partial(boot, guest)


def server(name, path, clients=8):
    return f"socket,id={name},path={path},server=on,wait=off,clients={clients}"


def test_example_of_the_manual(charhubd, workdir, linux, client, terminal):
    daemon = charhubd(
        "-chardev", f"pty,path={workdir}/pty,id=pty0",
        "-chardev", "vc,id=vc0",
        "-chardev", server("sock0", workdir / "sock"),
        "-chardev", "hub,id=hub0,chardevs.0=pty0,chardevs.1=vc0,chardevs.2=sock0",
        "-device", "virtconsole,chardev=hub0",
        "-vnc", f"unix:{workdir}/vnc",
        env={"XDG_RUNTIME_DIR": str(workdir)})
    vm = linux(default_socket(daemon))
    tio = terminal("tio", workdir / "pty")
    socat = terminal("socat", "-,raw,echo=0,escape=0x1d", f"UNIX-CONNECT:{workdir}/sock")
    for person in (tio, socat):
        person.read_until(PROMPT)
    tio.send("echo tio $((6 * 7))\r")
    for person in (tio, socat):
        person.read_until("tio 42\r\n" + PROMPT)
    socat.send("echo socat $((6 * 9))\r")
    for person in (tio, socat):
        person.read_until("socat 54\r\n" + PROMPT)
    with socket.socket(socket.AF_UNIX) as sock:  # is shown the first vc
        sock.connect(str(workdir / "vnc"))
        rfb.Client(sock).handshake().type("echo vnc $((5 * 5))\n")
        for person in (tio, socat):
            person.read_until("vnc 25\r\n" + PROMPT)
    tio.send(CTRL_T + b"q")
    tio.expect_end()
    late = client(workdir / "sock")  # is shown the screen
    late.read_until("tio 42")
    late.read_until("socat 54")
    late.read_until(PROMPT)
    late.send("reboot -f\r")
    assert wait_exit(vm) == 0
    daemon.err.wait_for(GONE)


@pytest.fixture
def ports(charhubd, workdir, linux, client):
    """A guest with a console, a port on a bare socket and a port on a hub; its shell."""
    daemon = charhubd(
        "-chardev", server("con", workdir / "con"),
        "-chardev", "hub,id=hub0,chardevs.0=con",
        "-chardev", f"socket,id=bare,path={workdir}/bare,server=on,wait=off",
        "-chardev", server("many", workdir / "many"),
        "-chardev", "hub,id=hub1,members.0.chardev=many,members.0.stall=wait",
        "-device", f"virtio-serial,id=ser0,socket={workdir}/ser0.sock,max_ports=4",
        "-device", "virtconsole,bus=ser0.0,chardev=hub0,name=org.example.console",
        "-device", "virtserialport,id=bare0,bus=ser0.0,chardev=bare,name=org.example.bare",
        "-device", "virtserialport,bus=ser0.0,chardev=hub1,nr=3,name=org.example.hub")
    linux(workdir / "ser0.sock")
    shell = Shell(client(workdir / "con"))
    shell.daemon = daemon
    return shell


def test_ports_have_names_and_open_and_close_both_ways(ports, workdir, client):
    names = ports.run("grep . /sys/class/virtio-ports/*/name")
    assert names.splitlines() == [
        "/sys/class/virtio-ports/vport0p0/name:org.example.console",
        "/sys/class/virtio-ports/vport0p1/name:org.example.bare",
        "/sys/class/virtio-ports/vport0p3/name:org.example.hub"]
    # Nobody is there: the guest reads an end of file.
    assert ports.run("cat /dev/vport0p1; echo none") == "none\n"
    # Somebody comes before the guest opens the port: what he says waits.
    ann = client(workdir / "bare")
    ann.send("early\n")
    assert ports.run("head -n 1 </dev/vport0p1") == "early\n"
    ports.daemon.err.wait_for(re.compile(rb"virtserialport 'bare0': the guest has opened it"))
    ports.daemon.err.wait_for(re.compile(rb"virtserialport 'bare0': the guest has closed it"))
    # The guest has it open when he goes.
    ports.send("(cat /dev/vport0p1; echo closed $((1 + 1))) &")
    ann.send("last words\n")
    ports.stream.read_until("last words\r\n")
    ann.close()
    ports.stream.read_until("closed 2\r\n")
    # A writer sleeps until somebody comes.
    ports.run("(echo waited >/dev/vport0p1) & true")
    client(workdir / "bare").read_until("waited\n")


def copies(block, count):
    """What the guest sends: each copy of the block behind its number."""
    for number in range(count):
        yield b"%08d\n" % number + block


@pytest.mark.parametrize("members", [1, 4, 8])
def test_every_byte_of_a_port_reaches_every_member(ports, workdir, client, members):
    readers = [client(workdir / "many") for _ in range(members)]
    ports.run("head -c 1048576 /dev/urandom >/tmp/block")
    digest = ports.run("sha256sum </tmp/block").split()[0]
    ports.send("(cat /tmp/block; i=0; while [ $i -lt %d ]; do printf '%%08d\\n' $i; "
               "cat /tmp/block; i=$((i + 1)); done) >/dev/vport0p3" % TRANSFER_MIB)
    pump(readers, lambda: all(len(reader.pending) >= MIB for reader in readers))
    blocks = [reader.take(MIB) for reader in readers]
    assert {hashlib.sha256(block).hexdigest() for block in blocks} == {digest}

    def check(piece):
        pump(readers, lambda: all(len(reader.pending) >= len(piece) for reader in readers))
        for reader in readers:
            assert reader.take(len(piece)) == piece

    for piece in copies(blocks[0], TRANSFER_MIB):
        check(piece)
    ports.stream.read_until(PROMPT)
    assert not any(reader.pending for reader in readers)


def test_bytes_for_a_port_arrive_once_and_in_order(ports, workdir, client):
    ann, ben = client(workdir / "many"), client(workdir / "bare")
    data = b"".join(b"%07d\n" % number for number in range(MIB // 32))
    digest = hashlib.sha256(data).hexdigest()
    for stream, port in ((ann, "vport0p3"), (ben, "vport0p1")):
        ports.send(f"head -c {len(data)} /dev/{port} | sha256sum")
        stream.send(data)
        ports.stream.read_until(digest)


def test_driver_goes_and_comes_back(ports, workdir, client):
    ann, ben = client(workdir / "many"), client(workdir / "bare")
    for turn in range(2):
        ports.run(f"me={turn}")
        ben.send(f"meanwhile {turn}\n")  # nobody has the port open: it waits
        # The guest's first process starts a new shell where this one was.
        ports.send("exec sh -c \"trap '' HUP; rmmod virtio_console; "
                   "insmod /modules/virtio_console.ko\"")
        ports.stream.read_until(PROMPT)
        assert ports.run("echo ${me-nobody}") == "nobody\n"
        ports.run("until [ -c /dev/vport0p1 ] && [ -c /dev/vport0p3 ]; do usleep 10000; done")
        assert ports.run("head -n 1 </dev/vport0p1") == f"meanwhile {turn}\n"
        for stream, port in ((ann, "vport0p3"), (ben, "vport0p1")):
            ports.run(f"echo through {port} {turn} >/dev/{port}")
            stream.read_until(f"through {port} {turn}\n")


def test_console_that_floods_does_not_stop_the_guest(charhubd, workdir, linux, client):
    # The window is smaller than what the flood brings before the guest's end of a line is read.
    charhubd(
        "-chardev", server("con", workdir / "con"),
        "-chardev", "hub,id=hub0,chardevs.0=con,window=64k,window-max=128k",
        "-chardev", f"socket,id=ticks,path={workdir}/ticks,server=on,wait=off",
        "-device", f"virtio-serial,socket={workdir}/vu.sock",
        "-device", "virtconsole,chardev=hub0",
        "-device", "virtserialport,chardev=ticks")
    linux(workdir / "vu.sock")
    shell = Shell(client(workdir / "con"))
    ticks, stalled = client(workdir / "ticks"), client(workdir / "con")
    stalled.read_until(PROMPT)
    shell.run("(while usleep 10000; do cut -d' ' -f1 /proc/uptime; done >/dev/vport0p1) & true")
    shell.send("head -c 600000 /dev/urandom | base64; echo flood $((1 + 1))")
    end = b"flood 2"  # without the end of the line: it may be a part of a screen that is shown
    pump([shell.stream, ticks], lambda: end in shell.stream.pending[-2 * CHUNK:])
    flood = shell.stream.read_until(end)
    # Even who reads misses some where this test does not run for a moment.
    assert len(flood) + sum(map(int, SCREEN_NOTICE.findall(flood))) > 800000
    # The guest's clock went on, on another port, while its console was flooded.
    times = [float(word) for word in ticks.pending.decode().split("\n")[:-1] if word]
    assert len(times) > 5 and times == sorted(times)

    assert sum(map(int, SCREEN_NOTICE.findall(stalled.read_until(end)))) > 0
    shell.send("echo alive $((2 + 2))")
    shell.stream.read_until("alive 4")


@pytest.mark.parametrize("options", [
    "max_ports=1",  # it learns of its size by the configuration space
    "max_ports=31",
    "max_ports=31,inband-notifications=on",
])
def test_size_of_a_terminal_reaches_the_guest(charhubd_path, workdir, linux, terminal, options):
    # A terminal of charhubd's own is the member: what it is sized, the guest's console is. It gets
    # bytes as they come: a screen that is shown again after that could stand in the middle of them.
    hub = terminal(
        charhubd_path, "-chardev", "stdio,id=tty,signal=off",
        "-chardev", "hub,id=hub0,chardevs.0=tty,replay=none",
        "-device", f"virtio-serial,socket={workdir}/vu.sock,{options}",
        "-device", "virtconsole,chardev=hub0", env={"NOTIFY_SOCKET": ""}, cols=90, rows=33)
    while not (workdir / "vu.sock").exists():
        hub.is_readable()
    linux(workdir / "vu.sock")
    shell = Shell(hub)
    assert shell.run("stty size") == "33 90\n"
    hub.set_window(132, 50)
    shell.run("while [ \"$(stty size)\" = '33 90' ]; do usleep 10000; done")
    assert shell.run("stty size") == "50 132\n"
    shell.send("reboot -f")
    hub.read_until(GONE)


def test_killed_guest_whose_processes_hold_the_connection_makes_way(
        charhubd, workdir, linux, client):
    daemon = charhubd(
        "-chardev", server("s", workdir / "sock"), "-chardev", "hub,id=h,chardevs.0=s",
        "-device", f"virtio-serial,id=bus,socket={workdir}/vu,mode=0600",
        "-device", "virtconsole,bus=bus.0,chardev=h")
    assert (workdir / "vu").stat().st_mode & 0o777 == 0o600
    first = linux(workdir / "vu")
    shell = Shell(client(workdir / "sock"))
    with hold_sockets(first):
        kill(first)
        linux(workdir / "vu")
        daemon.err.wait_for("another frontend")
        shell.stream.read_until("guest ready on hvc0")
        shell.stream.read_until(PROMPT)
        assert shell.run("echo again") == "again\n"


GARBAGE = [
    b"GET / HTTP/1.1\r\n\r\n",
    bytes(4096),
    b"\xff" * 4096,
    b"\x05\0\0\0\x01\0\0\0\xff\xff\xff\x7f",  # a memory table of 2 GB
    b"\x01\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\x01",  # cut short
]


def test_devices_do_not_know_of_each_other(charhubd, workdir, linux, client):
    args = []
    for number, name in enumerate("abc"):
        args += [
            "-chardev", server(name, workdir / name),
            "-chardev", f"hub,id=hub-{name},chardevs.0={name},size=100x3{number}",
            "-device", f"virtio-serial,id=bus-{name},socket={workdir}/{name}.sock"
                       f",max_ports={1 + number}",
            "-device", f"virtconsole,bus=bus-{name}.0,chardev=hub-{name}"]
    daemon = charhubd(*args)
    guests = {name: linux(workdir / f"{name}.sock") for name in "ab"}
    shells = {name: Shell(client(workdir / name)) for name in "ab"}
    for name, shell in shells.items():
        assert shell.run(f"me={name}; echo I am $me") == f"I am {name}\n"
    assert shells["a"].run("stty size") == "30 100\n"  # the only port of its device
    assert shells["b"].run("stty size") == "31 100\n"

    for garbage in GARBAGE:
        with socket.socket(socket.AF_UNIX) as hostile:
            hostile.connect(str(workdir / "c.sock"))
            hostile.sendall(garbage)
            hostile.shutdown(socket.SHUT_WR)
            hostile.settimeout(DEADLINE)
            try:
                while hostile.recv(4096):
                    pass
            except ConnectionResetError:
                pass
        assert shells["a"].run("echo $me") == "a\n"

    kill(guests["b"])
    daemon.err.wait_for(re.compile(rb"device 'bus-b': .*(has left|dismissed)"))
    assert shells["a"].run("echo $me") == "a\n"
    linux(workdir / "b.sock")  # a new guest on the same socket; who watches need not come again
    shells["b"].stream.read_until("guest ready on hvc0")
    shells["b"].stream.read_until(PROMPT)
    assert shells["b"].run("echo ${me-nobody}") == "nobody\n"
    linux(workdir / "c.sock")  # and one where only garbage came before
    assert Shell(client(workdir / "c")).run("echo c") == "c\n"
    assert shells["a"].run("echo $me") == "a\n"
