# SPDX-License-Identifier: MIT
"""A domain of libvirt dials charhub, and people open the very path that it dials.

The part with a real libvirt is run by test/e2e/with-libvirt.
"""

import os
import pathlib
import subprocess

import pytest

from support.guests import PROMPT
from support.stream import DEADLINE

real = pytest.mark.skipif(not os.environ.get("CHARHUB_TEST_LIBVIRT"),
                          reason="test/e2e/with-libvirt runs this")

DOMAIN = """<domain type='qemu'><name>t</name><memory unit='MiB'>128</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type>
<kernel>{dir}/vmlinuz</kernel><initrd>{dir}/initrd</initrd>
<cmdline>console=ttyS0 GUEST_TTY=ttyS0 panic=-1 nokaslr mitigations=off tsc=reliable
no_timer_check cryptomgr.notests random.trust_cpu=on</cmdline></os>
<seclabel type='none'/>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<serial type='unix'><source mode='connect' path='{dir}/console'/>
<reconnect enabled='yes' timeout='1'/></serial>
<memballoon model='none'/></devices></domain>
"""


@pytest.fixture
def console(charhubd, workdir):
    """A server whose first client is the guest; the others are on a hub with a log."""
    workdir.chmod(0o755)
    return charhubd(
        "-chardev", f"socket,id=vm,path={workdir}/console,server=on,wait=off,clients=16,mode=0666",
        "-chardev", f"file,id=log,path={workdir}/log",
        "-chardev", "hub,id=hub0,chardevs.0=log",
        "-device", "console,guest=vm,chardev=hub0")


def test_first_client_is_the_guest_the_others_are_people(console, workdir, client):
    guest = client(workdir / "console")
    console.err.wait_for("the guest is there")
    ann, ben = client(workdir / "console"), client(workdir / "console")
    guest.send("login: ")
    for person in (ann, ben):
        person.read_until("login: ")
    ann.send("root\r")
    guest.read_until("root\r")
    guest.close()
    console.err.wait_for("the guest is gone")
    again = client(workdir / "console")
    again.send("booted again\r\n")
    for person in (ann, ben):
        person.read_until("booted again\r\n")
    ben.send("hello\r")
    again.read_until("hello\r")


def virsh(*words):
    return subprocess.run(["virsh", "-q", *map(str, words)], check=True, timeout=DEADLINE,
                          capture_output=True, text=True).stdout


def boot_domain(workdir):
    kernel = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"),
                          "charhub/guest")
    for source, name in ((kernel / "kernel/vmlinuz", "vmlinuz"), (kernel / "qemu.gz", "initrd")):
        (workdir / name).write_bytes(source.read_bytes())
        (workdir / name).chmod(0o644)
    (workdir / "domain.xml").write_text(DOMAIN.format(dir=workdir))
    virsh("create", workdir / "domain.xml")


@real
def test_domain_is_the_guest_and_may_start_again(console, workdir, client):
    boot_domain(workdir)
    console.err.wait_for("the guest is there")
    ann, ben = client(workdir / "console"), client(workdir / "console")
    for person in (ann, ben):
        person.read_until(PROMPT)
    ann.send("echo a$((6 * 7))\r")
    for person in (ann, ben):
        person.read_until("a42\r\n")
        person.read_until(PROMPT)
    virsh("destroy", "t")
    console.err.wait_for("the guest is gone")
    late = client(workdir / "console")  # is no guest: QEMU is another user
    boot_domain(workdir)
    for person in (ann, ben, late):
        person.read_until(PROMPT)
    ben.send("echo b$((6 * 9))\r")
    for person in (ann, ben, late):
        person.read_until("b54\r\n")
    virsh("destroy", "t")
