# SPDX-License-Identifier: MIT
"""Several guests on one line, and muxes and hubs over each other."""

import re

import pytest


def guest(workdir, name):
    return ["-chardev", f"socket,id={name},path={workdir}/{name},server=on,wait=off"]


def line(workdir, more):
    return ["-chardev", f"socket,id=line,path={workdir}/line,server=on,wait=off,mux=on{more}"]


@pytest.fixture
def two_guests(charhubd, workdir, client):
    """Two guests behind a mux, and a person at its other end, who has g1 at first."""
    def start(*more):
        charhubd(*more, *guest(workdir, "g0"), *guest(workdir, "g1"), *line(workdir, ""),
                 "-device", "console,guest=g0,chardev=line",
                 "-device", "console,guest=g1,chardev=line")
        return client(workdir / "g0"), client(workdir / "g1"), client(workdir / "line")
    return start


def test_keys_go_to_one_guest_and_output_comes_from_both(two_guests):
    first, second, person = two_guests()
    person.send("to the second\r")
    second.read_until("to the second\r")
    person.send("\x01cto the first\r")
    first.read_until("to the first\r")
    first.send("from the first\r\n")
    person.read_until("from the first\r\n")
    second.send("from the second\r\n")
    person.read_until("from the second\r\n")


def test_help_names_the_keys(two_guests):
    _, _, person = two_guests()
    person.send("\x01h")
    person.read_until("C-a C-a  sends C-a\n\r")


def test_lines_are_stamped_when_asked_for(two_guests):
    first, second, person = two_guests()
    person.send("\x01tx")
    second.read_until("x")
    first.send("one\r\ntwo\r\n")
    text = person.read_until("two\r\n")
    assert re.fullmatch(rb"one\r\n\[\d\d:\d\d:\d\d\.\d{3}\] two\r\n", text), text


def test_another_escape_character(two_guests):
    _, second, person = two_guests("-echr", "0x14")
    person.send("\x01\x14\x14\x14h")
    second.read_until("\x01\x14")
    person.read_until("C-t C-t  sends C-t\n\r")


def test_a_member_of_a_hub_may_be_a_mux(charhubd, workdir, client):
    charhubd(*guest(workdir, "g0"), *guest(workdir, "g1"), *line(workdir, ""),
             "-chardev", f"socket,id=other,path={workdir}/other,server=on,wait=off",
             "-chardev", "hub,id=h,chardevs.0=line,chardevs.1=other",
             "-device", "console,guest=g0,chardev=h", "-device", "console,guest=g1,chardev=line")
    first, second = client(workdir / "g0"), client(workdir / "g1")
    person, other = client(workdir / "line"), client(workdir / "other")
    first.send("for all of the hub\r\n")
    person.read_until("for all of the hub\r\n")
    other.read_until("for all of the hub\r\n")
    second.send("for the line\r\n")
    person.read_until("for the line\r\n")
    person.send("\x01cto the hub's guest\r")
    first.read_until("to the hub's guest\r")


def test_a_mux_over_a_hub_with_a_log_of_its_own(charhubd, workdir, client):
    """As EVE writes it: the log stands on the hub, which has one member."""
    daemon = charhubd(*guest(workdir, "g0"),
                      "-chardev", f"socket,id=cons,path={workdir}/cons,server=on,wait=off",
                      "-chardev", "hub,id=h,chardevs.0=cons,mux=on,logappend=on,"
                      f"logfile={workdir}/log",
                      "-device", "console,guest=g0,chardev=h")
    first, person = client(workdir / "g0"), client(workdir / "cons")
    first.send("boot\r\n")
    person.read_until("boot\r\n")
    daemon.stop()
    assert (workdir / "log").read_bytes() == b"boot\r\n"


@pytest.mark.parametrize("arg", ["0", "256", "a", "-1", ""])
def test_bad_escape_character(run_charhubd, arg):
    result = run_charhubd("-echr", arg)
    assert result.code == 1
    assert f"Bad argument to echr: '{arg}'" in result.err
