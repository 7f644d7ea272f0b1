# SPDX-License-Identifier: MIT
"""Everything that has threads, at once: logs that are rotated, packed and opened anew meanwhile,
names that are looked up, old output that is packed, pictures. test/tsan looks for races in it."""

import signal

from support.logs import everything, lines
from support.qmp import Qmp
from support.screen import wait_until
from support.stream import connect_unix, free_port

CONSOLES = 6
TEXT = b"ready\n" + lines(0, 4_000)
# Prints in two halves, each when it is told to.
PRINT = ("stty -echo -opost; echo ready; "
         "half() { seq -f '%09.0f the guest says something of some length' "
         f"$1 $2; }}; read go; half 0 1999; read go; half 2000 3999; cat")


def console(workdir, n, port):
    (workdir / f"{n}").mkdir()
    log = f"{workdir}/{n}/vm.log,rotate-size=16k,rotate-keep=0,compress=gzip"
    return ["-chardev", f"exec,id=g{n},command={PRINT}",
            "-chardev", f"socket,id=s{n},path={workdir}/s{n},server=on,wait=off,clients=4",
            "-chardev", f"socket,id=far{n},host=localhost,port={port},reconnect-ms=5",
            "-chardev", f"hub,id=h{n},chardevs.0=s{n},chardevs.1=far{n},stall=wait,logfile={log}",
            "-device", f"console,guest=g{n},chardev=h{n}"]


def test_a_storm_of_everything_that_waits_elsewhere(charhubd, workdir):
    port = free_port()  # nobody listens there: it is tried again and again
    args = ["-control", f"{workdir}/control", "-memory-max", "1M"]
    for n in range(CONSOLES):
        args += console(workdir, n, port)
    daemon = charhubd(*args)
    readers = [connect_unix(workdir / f"s{n}") for n in range(CONSOLES)]
    for reader in readers:
        reader.read_until(b"ready")
    with Qmp(workdir / "control") as qmp:
        for last in b"000001999 ", b"000003999 ":
            for reader in readers:
                reader.send(b"go\n")
            daemon.send_signal(signal.SIGHUP)
            for n, reader in enumerate(readers):
                reader.read_until(last)
                assert qmp.run("console-screen", console=f"h{n}", format="png")
        for reader in readers:
            reader.read_until(b"length\n")
        assert all(hub["end"] == len(TEXT) for hub in qmp.run("query-hubs"))
    for n in range(CONSOLES):
        wait_until(lambda folder=workdir / f"{n}": everything(folder) == TEXT, "all in the log")
    daemon.stop()
