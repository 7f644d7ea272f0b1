# SPDX-License-Identifier: MIT
"""QMP clients that are not ours: test/e2e/with-qmp-clients builds them and says where they are.

Each adds a chardev, which joins a hub, and reads an event.
"""

import os
import subprocess

import pytest

from support.qmp import Qmp
from support.stream import connect_unix

CLIENTS = os.environ.get("CHARHUB_TEST_QMP_CLIENTS", "")

pytestmark = pytest.mark.skipif(not CLIENTS, reason="run by test/e2e/with-qmp-clients")


@pytest.fixture
def control(charhubd, workdir):
    path = workdir / "control"
    charhubd("-control", str(path), "-chardev", "null,id=n",
             "-chardev", "hub,id=h,chardevs.0=n,terminal=off")
    return path


def run(*argv, **options):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def test_node(control):
    said = run("node", f"{CLIENTS}/client.js", str(control), cwd=CLIENTS)
    assert "HUB_MEMBER_JOINED" in said
    with Qmp(control) as qmp:
        assert "node" in [entry["label"] for entry in qmp.run("query-chardev")]


def test_go_qemu(control):
    said = run(f"{CLIENTS}/goqemu", str(control))
    assert "HUB_MEMBER_JOINED map[hub:h member:go]" in said


def test_govmm(control, workdir):
    path = workdir / "kata"
    with subprocess.Popen([f"{CLIENTS}/govmm", str(control), str(path)],
                          stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout.readline() == "version 11 1\n"
        assert client.stdout.readline() == "added\n"
        with Qmp(control) as qmp:
            qmp.run("hub-add-member", hub="h", chardev="kata")
            connect_unix(path).close()
            assert "HUB_MEMBER_OPENED" in client.stdout.read()
        assert client.wait() == 0
