# SPDX-License-Identifier: MIT
"""A real Linux guest's console, through the hub."""

import re

import pytest

from support.program import ROOT, need, wait_exit
from support.setups import NOTICE, shared_console
from support.stream import pump

CTRL_T = b"\x14"
PROMPT = "guest# "


@pytest.fixture
def linux(charhubd, workdir, guest):
    """QEMU boots a guest whose hvc0 is the hub's; returns the charhubd."""

    def start(hub=""):
        need("qemu-system-x86_64")
        daemon = charhubd(*shared_console(
            workdir, f"socket,path={workdir}/hvc0,server=on,wait=off", hub))
        daemon.guest = guest("boot-qemu.sh", "-c", workdir / "hvc0")
        return daemon

    return start


def test_people_share_the_console_of_a_booting_guest(linux, workdir, client, terminal):
    daemon = linux()
    ann = client(workdir / "sock")
    seen = ann.read_until(PROMPT)
    assert b"Linux version" in seen
    assert b"guest ready on hvc0" in seen

    tio = terminal("tio", workdir / "pty")  # comes late and still sees the boot
    tio.read_until("Linux version")
    tio.read_until(PROMPT)
    tio.send("echo tio sees $((6 * 7))\r")
    seen += ann.read_until("tio sees 42\r\n" + PROMPT)
    tio.read_until("tio sees 42\r\n" + PROMPT)

    ann.send("stty -a | grep -c speed; uname -s\r")
    seen += ann.read_until("Linux\r\n" + PROMPT)
    tio.read_until("Linux\r\n" + PROMPT)

    tio.send(CTRL_T + b"q")  # one leaves, the other goes on
    tio.expect_end()
    ann.send("reboot -f\r")
    assert wait_exit(daemon.guest) == 0
    daemon.err.wait_for("the guest is gone")
    rest = ann.take(len(ann.pending))
    daemon.stop()
    rest += ann.read_to_end()
    assert (workdir / "console.log").read_bytes() == seen + rest


def test_flood_of_a_guest_reaches_everybody_but_who_stalls(linux, workdir, client):
    # QEMU's virtconsole drops what the hub does not take at once, hence no grace.
    linux(hub=",window=1M,grace-ms=0")
    ann, ben, stalled = (client(workdir / "sock") for _ in range(3))
    for person in (ann, ben, stalled):
        person.read_until(PROMPT)
    # In large raw writes: a guest under TCG prints but a few KB of lines a second.
    ann.send("seq 1000000 1250000 >/tmp/flood; stty -opost; dd bs=64k if=/tmp/flood; stty opost; "
             "echo done $((1 + 1))\r")
    end = b"done 2\r\n"
    pump([ann, ben], lambda: end in ann.pending[-100:] and end in ben.pending[-100:])
    flood = ann.read_until(end)
    assert ben.read_until(end) == flood
    numbers = re.findall(rb"^(\d{7})$", flood, re.M)
    assert len(numbers) == 250001
    log = (workdir / "console.log").read_bytes()
    assert log[log.index(flood):].startswith(flood)

    pieces = NOTICE.split(stalled.read_until(end))
    skipped = sum(map(int, pieces[1::2]))
    assert skipped > 0
    assert sum(map(len, pieces[::2])) + skipped == len(flood)
    assert flood.startswith(pieces[0])
    assert flood.endswith(pieces[-1])


def test_hub_connects_to_a_guest_that_listens(charhubd, workdir, guest, client):
    need("qemu-system-x86_64")
    daemon = charhubd(*shared_console(workdir, f"socket,path={workdir}/hvc0,reconnect-ms=50"))
    vm = guest("boot-qemu.sh", "-s", workdir / "hvc0", "-e", "echo hello from $(uname -s)")
    client(workdir / "sock").read_until("hello from Linux")
    assert wait_exit(vm) == 0
    daemon.stop(left=[workdir / "hvc0"] if (workdir / "hvc0").exists() else [])


def test_user_mode_linux_as_a_child_on_its_pty(charhubd, workdir, client):
    need("linux.uml")
    script = ROOT / "test" / "guest" / "boot-uml.sh"
    daemon = charhubd(*shared_console(workdir, f"exec,command=exec {script}"))
    ann = client(workdir / "sock")
    ann.read_until("guest ready on tty0")
    ann.read_until(PROMPT)
    ann.send("echo uml $((3 * 3))\r")
    ann.read_until("uml 9\r\n")
    daemon.stop()
