# SPDX-License-Identifier: MIT
"""Several people on the console of a shell."""

import os
import re

import pytest

from support.setups import ABORT, scripted_guest, shared_console

SHELL = "exec,command=/bin/sh"


@pytest.fixture
def console(charhubd, workdir):
    """A hub on a shell whose prompt is known."""
    return charhubd(*shared_console(workdir, SHELL), env={"PS1": "shell> ", "ENV": ""})


def test_two_people_type_and_both_see_everything(console, workdir, client, pty):
    ann, ben = client(workdir / "sock"), pty(workdir / "pty")
    for person in (ann, ben):
        person.read_until("shell> ")
    ann.send("echo a$((6 * 7))\r")
    for person in (ann, ben):
        person.read_until("a42\r\n")
    ben.send("echo b$((6 * 9))\r")
    for person in (ann, ben):
        person.read_until("b54\r\n")


def test_one_leaves_and_the_other_goes_on(console, workdir, client):
    ann, ben = client(workdir / "sock"), client(workdir / "sock")
    ben.read_until("shell> ")
    ben.send("echo half of a com")
    ann.read_until("half of a com")
    ben.close()
    ann.send("mand\r")
    ann.read_until("\r\nhalf of a command\r\n")


def test_pty_can_be_opened_again(console, workdir, pty):
    for number in range(3):
        person = pty(workdir / "pty")
        person.send(f"echo visit $(({number} + 10))\r")
        person.read_until(f"visit {number + 10}\r\n")
        person.close()


def test_log_holds_what_everybody_saw(console, workdir, client):
    ann = client(workdir / "sock")
    ann.read_until("shell> ")
    ann.send("seq 1000 3000\r")
    seen = ann.read_until("3000\r\nshell> ")
    console.stop()
    seen = seen[seen.index(b"seq"):]  # the prompt came as bytes or as a picture of the screen
    assert (workdir / "console.log").read_bytes() == b"shell> " + seen


def test_late_joiner_is_shown_the_screen(console, workdir, client):
    ann = client(workdir / "sock")
    ann.read_until("shell> ")
    ann.send("echo early $((1 + 1))\r")
    ann.read_until("early 2\r\nshell> ")
    late = client(workdir / "sock")
    screen = late.read_until(re.compile(rb"early 2.*shell> ", re.S))
    assert screen.startswith(ABORT)  # on a terminal that may be in the middle of anything
    ann.send("echo later\r")
    ann.read_until("\nlater\r\n")
    late.read_until("\nlater\r\n")


def test_late_joiner_can_have_the_bytes_instead(charhubd, workdir, client):
    charhubd(*shared_console(workdir, SHELL, hub=",replay=window"), env={"PS1": "shell> "})
    ann = client(workdir / "sock")
    ann.send("echo early $((1 + 1))\r")
    seen = ann.read_until("early 2\r\nshell> ")
    late = client(workdir / "sock")
    assert late.read_exact(len(seen)) == seen
    ann.send("echo later\r")
    assert late.read_until("\nlater\r\n") == ann.read_until("\nlater\r\n")


def test_without_replay_a_late_joiner_sees_only_what_comes(charhubd, workdir, client):
    charhubd(*shared_console(workdir, scripted_guest(workdir), hub=",replay=none"))
    guest, ann = client(workdir / "guest"), client(workdir / "sock")
    guest.send("old")
    ann.read_until("old")
    late = client(workdir / "sock")
    late.send("?")  # once the guest has it, the hub has taken the joiner in
    guest.read_until("?")
    guest.send("new")
    assert late.read_exact(3) == b"new"


def test_what_was_printed_before_anybody_came_is_kept(charhubd, workdir, client):
    charhubd(*shared_console(workdir, "exec,command=echo first words"))
    client(workdir / "sock").read_until("first words")


def test_extra_client_is_told_in_one_line(charhubd, workdir, client):
    charhubd(*shared_console(workdir, SHELL, clients=2), env={"PS1": "shell> "})
    for person in (client(workdir / "sock"), client(workdir / "sock")):
        person.read_until("shell> ")
    refusal = client(workdir / "sock").read_to_end()
    assert refusal.strip() and refusal.count(b"\n") == 1 and refusal.endswith(b"\n"), refusal


def test_place_of_a_client_that_left_is_free(charhubd, workdir, client):
    charhubd(*shared_console(workdir, SHELL, clients=1), env={"PS1": "shell> "})
    client(workdir / "sock").close()
    for _ in range(10000):  # until charhubd has seen that it left
        person = client(workdir / "sock")
        if person.read_until(re.compile(rb"shell> |is in use")).endswith(b"shell> "):
            return
    raise AssertionError("the place stays taken")


def test_half_closed_client_still_gets_its_answer(console, workdir, client):
    ann = client(workdir / "sock")
    ann.send("echo answer $((40 + 2))\r")
    ann.half_close()
    ann.read_until("answer 42\r\n")


def test_viewer_may_not_type(charhubd, workdir, client):
    daemon = charhubd(
        "-chardev", scripted_guest(workdir) + ",id=guest",
        "-chardev", f"socket,id=v,path={workdir}/view,server=on,wait=off,clients=4",
        "-chardev", f"socket,id=t,path={workdir}/type,server=on,wait=off,clients=4",
        "-chardev", "hub,id=hub0,members.0.chardev=v,members.0.access=view,members.1.chardev=t",
        "-device", "console,guest=guest,chardev=hub0")
    guest = client(workdir / "guest")
    viewer, typist = client(workdir / "view"), client(workdir / "type")
    guest.send("hello")
    viewer.read_until("hello")
    typist.read_until("hello")
    viewer.send("no")
    daemon.err.wait_for("may not type")
    typist.send("yes")
    assert guest.read_exact(3) == b"yes"


def test_garbage_costs_nobody_anything(charhubd, workdir, client):
    charhubd(*shared_console(workdir, scripted_guest(workdir)))
    guest, ann = client(workdir / "guest"), client(workdir / "sock")
    for size in (0, 1, 100, 5000, 1 << 20):
        vandal = client(workdir / "sock")
        vandal.send_what_fits(os.urandom(size))
        vandal.close()
        guest.send("unharmed")
        ann.read_until("unharmed")


def test_many_members_at_once(charhubd, workdir, client):
    charhubd(*shared_console(workdir, scripted_guest(workdir), clients=64))
    guest = client(workdir / "guest")
    people = [client(workdir / "sock") for _ in range(64)]
    guest.send("good morning")
    for person in people:
        person.read_until("good morning")
    for number, person in enumerate(people):
        person.send(b"%02d" % number)
        assert guest.read_exact(2) == b"%02d" % number
