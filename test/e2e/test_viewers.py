# SPDX-License-Identifier: MIT
"""Who looks by VNC is a person at the console as others are."""

import contextlib
import re

import pytest

from support import program, rfb
from support.qmp import Qmp
from support.screen import wait_until

CONTROL, ALT = 0xffe3, 0xffe9


class Place:
    """Console "vm", whose guest is the test, with a vc on which the viewers are."""

    def __init__(self, charhubd, charhub_path, workdir, client, hub="", vnc=""):
        self.workdir, self.charhub_path, self.viewers = workdir, charhub_path, []
        charhubd("-chardev", f"socket,id=g,path={workdir}/g,server=on,wait=off",
                 "-chardev", "vc,id=vc0", "-chardev", f"hub,id=vm,chardevs.0=vc0{hub}",
                 "-device", "console,guest=g,chardev=vm", "-control", workdir / "control",
                 "-object", "secret,id=full,data=typing", "-object", "secret,id=look,data=looking",
                 "-vnc", f"unix:{workdir}/vnc{vnc}")
        self.guest = client(workdir / "g")

    def run(self, *words, code=0):
        done = program.run([self.charhub_path, "--socket", self.workdir / "control", *words],
                           self.workdir)
        assert done.code == code, done.err
        return done.out

    def members(self):
        with Qmp(self.workdir / "control") as qmp:
            [hub] = qmp.run("query-hubs")
        return {it["id"]: it for it in hub["members"]}

    def look(self, **how):
        """One more viewer, once the console knows him."""
        before = set(self.members())
        self.viewers.append(rfb.connect(str(self.workdir / "vnc"), **how))
        wait_until(lambda: set(self.members()) - before, "he is there")
        return self.viewers[-1]


@pytest.fixture
def place(charhubd, charhub_path, workdir, client):
    made = []

    def start(**options):
        made.append(Place(charhubd, charhub_path, workdir, client, **options))
        return made[-1]

    yield start
    for one in made:
        for viewer in one.viewers:
            viewer.close()


def test_they_are_listed_and_sent_away(place):
    vm = place()
    viewer = vm.look()
    vm.look()
    [line] = [line for line in vm.run("who", "vm").splitlines() if "vc0.1 " in line]
    assert re.search(r"vc0\.1 +user:\S+ +type .* good +viewer:unix:\d+$", line)
    words = vm.run("complete", "--", "--socket", vm.workdir / "control", "kick", "vm", "vc0.")
    assert [line.split("\t")[0] for line in words.splitlines()] == ["vc0.1", "vc0.2"]
    vm.run("kick", "vm", "vc0.1")
    with contextlib.suppress(rfb.Closed, ConnectionError):
        while True:
            viewer.message()
    wait_until(lambda: set(vm.members()) == {"vc0", "vc0.2"}, "he has gone")


def test_the_keyboard_is_one_viewer_s(place):
    vm = place(hub=",typing=one")
    first, second = vm.look(), vm.look()
    first.type("a")
    assert vm.guest.read_exact(1) == b"a"
    assert vm.members()["vc0.1"]["keyboard"]
    second.type("b")
    wait_until(lambda: vm.members()["vc0.2"]["refused-bytes"] == 1, "it does not count")
    vm.run("take", "vm", "vc0.2")
    first.type("c")
    wait_until(lambda: vm.members()["vc0.1"]["refused-bytes"] == 1, "it does not count")
    second.type("d")
    assert vm.guest.read_exact(1) == b"d"
    second.close()
    wait_until(lambda: "vc0.2" not in vm.members(), "he goes")
    first.type("e")
    assert vm.guest.read_exact(1) == b"e"


def test_each_may_what_he_may(place):
    vm = place(vnc=",password-secret=full,view-secret=look")
    typist = vm.look(respond=rfb.respond("typing"))
    vm.look(respond=rfb.respond("looking"))
    members = vm.members()
    assert (members["vc0.1"]["access"], members["vc0.2"]["access"]) == ("type", "view")
    vm.run("hub", "set", "vm", "vc0", "--access", "view")
    assert vm.members()["vc0.1"]["access"] == "view"
    typist.type("x")
    wait_until(lambda: vm.members()["vc0.1"]["refused-bytes"] == 1, "it does not count")
    vm.run("hub", "set", "vm", "vc0", "--access", "type")
    typist.type("y")
    assert vm.guest.read_exact(1) == b"y"
    assert vm.members()["vc0.2"]["access"] == "view"


def test_windows_have_their_sizes(place):
    vm = place()
    viewer = vm.look()
    viewer.set_encodings(rfb.RAW, rfb.EXTENDED_SIZE)
    viewer.set_desktop_size(100 * 8, 30 * 16)
    wait_until(lambda: vm.members()["vc0.1"].get("cols") == 100, "it is told")
    assert vm.members()["vc0.1"]["rows"] == 30


def test_who_looks_elsewhere_is_not_there(place):
    vm = place()
    viewer = vm.look()
    viewer.chord(CONTROL, ALT, ord("1"))
    wait_until(lambda: set(vm.members()) == {"vc0"}, "he has gone")
    viewer.chord(CONTROL, ALT, ord("2"))
    wait_until(lambda: "vc0.1" in vm.members(), "he is back")
