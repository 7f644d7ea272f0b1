# SPDX-License-Identifier: MIT
"""Telnet as people use it: Debian's telnet, socat, and peers that know no options."""

import pytest

from support.guests import PROMPT, boot, default_socket
from support.program import need, wait_exit
from support.setups import scripted_guest
from support.stream import connect_tcp, connect_unix, free_port

GREETING = bytes.fromhex("fffb01 fffb03 fffb00 fffd00")  # QEMU's


@pytest.fixture
def shared(charhubd):
    """shared(guest): the port of a telnet server with 8 clients, of a hub over @guest."""
    def start(guest):
        port = free_port()
        charhubd(
            "-chardev", f"{guest},id=g",
            "-chardev", f"socket,id=t,host=127.0.0.1,port={port},server=on,wait=off,telnet=on,"
                        "clients=8",
            "-chardev", "hub,id=h,chardevs.0=t", "-device", "console,guest=g,chardev=h",
            env={"PS1": "shell> ", "ENV": ""})
        return port

    return start


def test_telnet_types_and_tells_its_size(shared, terminal):
    need("telnet")
    port = shared("exec,command=/bin/sh")
    ann = terminal("telnet", "127.0.0.1", port, cols=91, rows=33)
    ann.read_until("shell> ")
    ann.send("stty size\r")
    ann.read_until("33 91\r\n")
    ann.set_window(70, 20)
    ann.send("stty size\r")
    ann.read_until("20 70\r\n")
    ben = terminal("telnet", "127.0.0.1", port)
    ben.read_until("20 70")
    ben.send("echo b$((6 * 9))\r")
    for person in (ann, ben):
        person.read_until("b54\r\n")


def test_socat_is_served_as_well(shared, terminal):
    port = shared("exec,command=cat")
    peer = terminal("socat", "-,raw,echo=0", f"TCP:127.0.0.1:{port}")
    peer.read_until(GREETING)
    peer.send(b"plain\n")
    peer.read_until(b"plain\r\nplain\r\n")


def test_bytes_of_value_255_survive_both_ways(shared, workdir):
    port = shared(scripted_guest(workdir))
    with connect_unix(workdir / "guest") as guest, connect_tcp(port) as peer:
        peer.read_until(GREETING)
        peer.send(b"\xff\xfd\x00\xff\xfb\x00" + b"a\xff\xffb\r\x00c")
        guest.read_until(b"a\xffb\r\x00c")
        guest.send(b"d\xffe")
        peer.read_until(b"d\xff\xffe")


def test_client_and_server_understand_each_other(charhubd, workdir, terminal):
    port = free_port()
    charhubd("-chardev", "exec,id=g,command=/bin/sh",
             "-chardev", f"socket,id=t,host=127.0.0.1,port={port},server=on,wait=off,telnet=on",
             "-chardev", "hub,id=h,chardevs.0=t", "-device", "console,guest=g,chardev=h",
             env={"PS1": "shell> ", "ENV": ""})
    charhubd(
        "-chardev", f"socket,id=g,host=127.0.0.1,port={port},telnet=on",
        "-chardev", f"socket,id=c,path={workdir}/c,server=on,wait=off",
        "-chardev", "hub,id=h,chardevs.0=c,size=123x45", "-device", "console,guest=g,chardev=h")
    with connect_unix(workdir / "c") as person:  # who may be quicker than the two agree
        person.send("while [ \"$(stty size)\" != '45 123' ]; do :; done; echo $((6 * 7))\r")
        person.read_until("42\r\n")


BREAK = b"\xff\xf3"


def test_break_is_the_sysrq_key_of_a_console(charhubd, guest, terminal):
    need("telnet")
    port = free_port()
    daemon = charhubd(
        "-chardev", f"socket,id=t,host=127.0.0.1,port={port},server=on,wait=off,telnet=on",
        "-chardev", "hub,id=h,chardevs.0=t", "-device", "virtconsole,chardev=h")
    vm = boot(guest, default_socket(daemon))
    person = terminal("telnet", "127.0.0.1", port)
    person.read_until(PROMPT)
    person.send("echo 1 >/proc/sys/kernel/sysrq; dmesg -n 7\r")
    person.read_until(PROMPT)
    person.send(b"\x1d")
    person.read_until("telnet>")
    person.send("send brk\r")
    person.send("h")
    person.read_until("sysrq: HELP")
    person.send("\rreboot -f\r")
    assert wait_exit(vm) == 0


@pytest.mark.parametrize("mode, answer", [
    ("brkint", b"interrupted"), ("-brkint -ignbrk", b"\\0"), ("ignbrk", b"")])
def test_break_is_what_the_terminal_of_a_command_says(shared, mode, answer):
    # A signal is seen by a shell between two commands; one that has just forked may miss it.
    rest = "while :; do :; done" if mode == "brkint" else "dd bs=1 count=1 2>/dev/null | od -An -c"
    port = shared("exec,command=trap 'echo interrupted; exit' INT; "
                  f"stty -echo -icanon {mode}; echo ready; {rest}; echo end")
    with connect_tcp(port) as peer:
        peer.read_until(b"ready\r\n")
        peer.send(BREAK)
        if not answer:
            peer.send(b"x")
        peer.read_until(answer or b"x")
