# SPDX-License-Identifier: MIT
"""A real Linux guest's console, through the hub."""

import re

import pytest

from support.program import ROOT, need, wait_exit
from support.screen import wait_until
from support.setups import account, shared_console
from support.stream import pump

CTRL_T = b"\x14"
PROMPT = "guest# "
UML = ROOT / "test" / "guest" / "boot-uml.sh"


@pytest.fixture
def linux(charhubd, workdir, guest):
    """QEMU boots a guest whose hvc0 is the hub's; returns the charhubd."""

    def start(qemu=(), **options):
        need("qemu-system-x86_64")
        daemon = charhubd(*shared_console(
            workdir, f"socket,path={workdir}/hvc0,server=on,wait=off", **options))
        daemon.guest = guest("boot-qemu.sh", "-c", workdir / "hvc0", "--", *qemu)
        return daemon

    return start


def test_people_share_the_console_of_a_booting_guest(linux, workdir, client, terminal):
    daemon = linux()
    ann = client(workdir / "sock")
    seen = ann.read_until(PROMPT)
    assert b"Linux version" in seen
    assert b"guest ready on hvc0" in seen

    tio = terminal("tio", workdir / "pty")  # comes late and still sees the screen
    tio.read_until("guest ready on hvc0")
    tio.read_until(PROMPT)
    tio.send("echo tio sees $((6 * 7))\r")
    seen += ann.read_until("tio sees 42\r\n" + PROMPT)
    tio.read_until("tio sees 42\r\n" + PROMPT)

    ann.send("stty -a | grep -c speed; uname -s\r")
    seen += ann.read_until("Linux\r\n" + PROMPT)
    tio.read_until("Linux\r\n" + PROMPT)

    tio.send(CTRL_T + b"q")  # one leaves, the other goes on
    tio.read_until("Disconnected")
    tio.expect_end(code=None)
    ann.send("reboot -f\r")
    assert wait_exit(daemon.guest) == 0
    daemon.err.wait_for("the guest is gone")
    rest = ann.take(len(ann.pending))
    daemon.stop()
    rest += ann.read_to_end()
    assert (workdir / "console.log").read_bytes() == seen + rest


def test_flood_of_a_guest_reaches_everybody_but_who_stalls(linux, workdir, client):
    # QEMU's virtconsole drops what it cannot write at once: who stalls may not hold the hub up.
    linux(hub=",window=1M,grace-ms=0,replay=window", lazy="skip")
    ann, ben, stalled = (client(workdir / name) for name in ("sock", "sock", "lazy"))
    for person in (ann, ben, stalled):
        person.read_until(PROMPT)
    # In pieces: QEMU loses what comes faster than charhubd is given time to read.
    ann.send("seq 1000000 1245759 >/tmp/flood; stty -opost; i=0; while [ $i -lt 60 ]; do "
             "dd bs=32k count=1 skip=$i if=/tmp/flood 2>/dev/null; i=$((i + 1)); done; "
             "stty opost\r")
    pump([ann, ben], lambda: len(ann.pending) > 1 << 20)
    end = b"done 2\r\n"
    for _ in range(20):  # QEMU may drop the answer as well
        pump([ann, ben], lambda: False, quiet_ms=2000)
        if end in ann.pending and end in ben.pending:
            break
        ann.send("echo done $((1 + 1))\r")
    flood = ann.read_until(end)
    assert ben.read_until(end) == flood
    wait_until(lambda: flood in (workdir / "console.log").read_bytes(),
               "all of it in the log, which is written beside the loop")
    skipped, position = account(stalled.read_until(end), flood)
    assert skipped > 0
    assert position == len(flood)


def test_guest_that_can_wait_loses_nothing(linux, charhubd, workdir, client):
    # A port of a virtio serial device waits for its reader, other than the console.
    charhubd("-chardev", f"socket,id=guest,path={workdir}/port,server=on,wait=off",
             "-chardev", f"socket,id=s,path={workdir}/reader,server=on,wait=off,clients=4",
             "-chardev", "hub,id=hub0,chardevs.0=s,window=64k,stall=wait,replay=window",
             "-device", "console,guest=guest,chardev=hub0")
    linux(qemu=["-chardev", f"socket,id=p,path={workdir}/port",
                "-device", "virtserialport,chardev=p,name=port"])
    ann, reader, lazy = (client(workdir / name) for name in ("sock", "reader", "reader"))
    ann.read_until(PROMPT)
    ann.send("seq 1000000 1200000 >/dev/virtio-ports/port; echo sent $((1 + 1))\r")
    expected = b"".join(b"%d\n" % n for n in range(1000000, 1200001))
    pump([reader], lambda: len(reader.pending) >= len(expected), quiet_ms=500)
    pump([reader, lazy], lambda: min(len(reader.pending), len(lazy.pending)) >= len(expected))
    assert reader.pending == expected
    assert lazy.pending == expected
    ann.read_until("sent 2\r\n")


def test_hub_connects_to_a_guest_that_listens(charhubd, workdir, guest, client):
    need("qemu-system-x86_64")
    daemon = charhubd(*shared_console(workdir, f"socket,path={workdir}/hvc0,reconnect-ms=50"))
    vm = guest("boot-qemu.sh", "-s", workdir / "hvc0", "-e", "echo hello from $(uname -s)")
    client(workdir / "sock").read_until("hello from Linux")
    assert wait_exit(vm) == 0
    daemon.stop(left=[workdir / "hvc0"] if (workdir / "hvc0").exists() else [])


def test_user_mode_linux_as_a_child_on_its_pty(charhubd, workdir, client):
    need("linux.uml")
    daemon = charhubd(*shared_console(workdir, f"exec,command=exec {UML}"))
    ann = client(workdir / "sock")
    ann.read_until("guest ready on tty0")
    ann.read_until(PROMPT)
    ann.send("echo uml $((3 * 3))\r")
    ann.read_until(re.compile(rb"uml 9\r+\n"))
    daemon.stop()
