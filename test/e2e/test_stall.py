# SPDX-License-Identifier: MIT
"""One reader stops. The others lose nothing, and it is told exactly what it missed."""

import os
import signal

from support.screen import wait_until
from support.setups import (ABORT, NOTICE, SCREEN_NOTICE, account, numbered_lines, scripted_guest,
                            shared_console)
from support.stream import pump

# More than a window and what the kernel holds for a reader: who does not read has to miss some.
FLOOD = numbered_lines(3 << 20)


def start(charhubd, workdir, client, stall="skip", replay="auto"):
    """A guest, and three readers that have seen its first line; the third one may stall."""
    charhubd(*shared_console(workdir, scripted_guest(workdir), lazy=stall,
                             hub=f",window=64k,grace-ms=50,replay={replay}"))
    guest = client(workdir / "guest")
    readers = [client(workdir / name) for name in ("sock", "sock", "lazy")]
    for reader in readers:
        reader.send(".")
        guest.read_until(".")  # now it is a member: it gets bytes, not a picture of the screen
    guest.send("start\r\n")
    for reader in readers:
        reader.read_until("start\r\n")
    return guest, readers


def test_stalled_reader_is_told_the_exact_count(charhubd, workdir, client):
    guest, (ann, ben, stalled) = start(charhubd, workdir, client, replay="window")
    pump([ann, ben], lambda: min(len(ann.pending), len(ben.pending)) >= len(FLOOD),
         feed=(guest, FLOOD))
    assert ann.pending == FLOOD and ben.pending == FLOOD
    wait_until(lambda: (workdir / "console.log").read_bytes() == b"start\r\n" + FLOOD,
               "all of it in the log, which is written beside the loop")

    guest.send("and on\r\n")
    stalled_text = stalled.read_until("and on\r\n")
    skipped, position = account(stalled_text, FLOOD + b"and on\r\n")
    assert skipped > 0
    assert position == len(FLOOD) + len("and on\r\n")
    assert ann.read_until("and on\r\n").endswith(b"and on\r\n")


def test_stalled_reader_is_brought_back_to_the_screen(charhubd, workdir, client):
    guest, (ann, ben, stalled) = start(charhubd, workdir, client)
    pump([ann, ben], lambda: min(len(ann.pending), len(ben.pending)) >= len(FLOOD),
         feed=(guest, FLOOD))
    before, replay = stalled.read_until(FLOOD.splitlines()[-1]).split(ABORT, maxsplit=1)
    assert FLOOD.startswith(before)
    # The screen shows the guest's last lines; all that it stands for was counted.
    assert len(before) + int(SCREEN_NOTICE.search(replay)[1]) == len(FLOOD)
    guest.send("and on")
    stalled.read_until("and on")


def test_after_a_notice_text_goes_on_at_the_start_of_a_line(charhubd, workdir, client):
    guest, (ann, ben, stalled) = start(charhubd, workdir, client, replay="window")
    pump([ann, ben], lambda: len(ann.pending) >= len(FLOOD), feed=(guest, FLOOD))
    guest.send("and on\r\n")
    pieces = NOTICE.split(stalled.read_until("and on\r\n"))
    for text in pieces[2::2]:
        assert text[8:14] == b" the g", text[:40]


def test_stalled_reader_is_disconnected_where_asked(charhubd, workdir, client):
    guest, (ann, ben, stalled) = start(charhubd, workdir, client, "close")
    pump([ann, ben], lambda: min(len(ann.pending), len(ben.pending)) >= len(FLOOD),
         feed=(guest, FLOOD))
    got = stalled.read_to_end()
    assert FLOOD.startswith(got)
    assert len(got) < len(FLOOD)


def test_nobody_is_late_while_charhubd_itself_is_stopped(charhubd, workdir, client):
    daemon = charhubd(*shared_console(workdir, scripted_guest(workdir),
                                      hub=",window=1M,grace-ms=5000,stall=close,terminal=off"))
    guest = client(workdir / "guest")
    readers = ann, ben, late = [client(workdir / "sock") for _ in range(3)]
    for reader in readers:
        reader.send(".")
        guest.read_until(".")
    sent = pump([ann, ben], lambda: False, feed=(guest, FLOOD), quiet_ms=100)
    assert sent < len(FLOOD)  # the guest waits for the one that does not read
    daemon.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.pid, os.WSTOPPED | os.WNOWAIT)
    sent += pump(readers, lambda: False, feed=(guest, FLOOD[sent:]), quiet_ms=6000)
    daemon.send_signal(signal.SIGCONT)
    pump(readers, lambda: min(len(reader.pending) for reader in readers) >= len(FLOOD),
         feed=(guest, FLOOD[sent:]))
    for reader in readers:
        assert reader.pending == FLOOD


def test_guest_waits_where_asked(charhubd, workdir, client):
    guest, readers = start(charhubd, workdir, client, "wait")
    sent = pump(readers[:2], lambda: False, feed=(guest, FLOOD), quiet_ms=500)
    assert sent < len(FLOOD)
    pump(readers, lambda: min(len(reader.pending) for reader in readers) >= len(FLOOD),
         feed=(guest, FLOOD[sent:]))
    for reader in readers:
        assert reader.pending == FLOOD


def test_readers_that_come_and_go_cost_the_others_nothing(charhubd, workdir, client):
    guest, (ann, ben, leaver) = start(charhubd, workdir, client)
    step = len(FLOOD) // 16
    for offset in range(0, len(FLOOD), step):
        part = FLOOD[offset:offset + step]
        pump([ann, ben, leaver],
             lambda end=offset + len(part): min(len(ann.pending), len(ben.pending)) >= end,
             feed=(guest, part))
        leaver.close()
        leaver = client(workdir / "lazy")
    assert ann.pending == FLOOD
    assert ben.pending == FLOOD


def test_full_disk_takes_only_its_own_member_out(charhubd, workdir, client):
    daemon = charhubd(
        "-chardev", scripted_guest(workdir) + ",id=guest",
        "-chardev", "file,id=full,path=/dev/full",
        "-chardev", f"socket,id=s,path={workdir}/sock,server=on,wait=off,clients=4",
        "-chardev", "hub,id=hub0,chardevs.0=full,chardevs.1=s",
        "-device", "console,guest=guest,chardev=hub0")
    guest, ann = client(workdir / "guest"), client(workdir / "sock")
    guest.send("one ")
    ann.read_until("one ")
    guest.send("two")
    ann.read_until("two")
    daemon.err.wait_for("No space left on device")
