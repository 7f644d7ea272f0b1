# SPDX-License-Identifier: MIT
"""Monitors on chardevs where QEMU 10 ends: hubs and muxes with members that nobody reads."""

NEGOTIATE = '{"execute":"qmp_capabilities"}\n'


def is_served(person):
    person.read_until('"QMP"')
    person.send(NEGOTIATE)
    person.read_until('{"return": {}}')


def test_hub_with_members_that_nobody_reads(charhubd, workdir, client):
    charhubd("-chardev", "vc,id=vc", "-chardev", "ringbuf,id=ring", "-chardev", "null,id=none",
             "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off",
             "-chardev", "hub,id=h,chardevs.0=vc,chardevs.1=ring,chardevs.2=none,chardevs.3=s",
             "-mon", "chardev=h,mode=control")
    with client(workdir / "s") as person:  # not greeted: the hub was open before it came
        person.send(NEGOTIATE)
        person.read_until('"return": {}')
    with client(workdir / "s") as person:
        person.send('{"execute":"query-version"}\n')
        person.read_until('"major"')


def test_mux_over_nothing(charhubd, workdir, client):
    charhubd("-chardev", "null,id=none,mux=on", "-mon", "chardev=none,mode=control",
             "-chardev", "ringbuf,id=ring,mux=on", "-mon", "chardev=ring,mode=control",
             "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,mux=on",
             "-mon", "chardev=s,mode=control")
    for _ in range(2):
        with client(workdir / "s") as person:
            is_served(person)
