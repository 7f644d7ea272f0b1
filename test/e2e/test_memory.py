# SPDX-License-Identifier: MIT
"""All consoles together are bounded by -memory-max: old output goes, no reader misses a byte."""

import os
import random
import string

import pytest

from support import program
from support.qmp import Failed, Qmp
from support.stream import connect_unix

CONSOLES = 20
BYTES = 256 << 10
MAX = 2 << 20
# Compressed it is three quarters of that: not all of it can be kept.
OUTPUT = b"".join(
    "".join(random.Random(n).choices(string.ascii_letters + string.digits, k=15)).encode() + b"\n"
    for n in range(BYTES // 16))


def guest(workdir, name):
    """Prints once it is told to, so that its reader is there from the first byte on.

    Not by its terminal, which is not silent yet when somebody types very early.
    """
    (workdir / "output").write_bytes(OUTPUT)
    os.mkfifo(workdir / f"{name}.go")
    return f"exec,command=stty -echo -opost; cat {workdir}/{name}.go {workdir}/output; cat"


# To look for leaks a sanitizer does what a sandbox is against.
NO_LEAKS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


@pytest.fixture
def storm(charhubd, workdir):
    """Consoles that print when they are told to, and are never looked at as a terminal."""
    args = ["-control", str(workdir / "control"), "-memory-max", str(MAX)]
    for n in range(CONSOLES):
        args += ["-chardev", f"{guest(workdir, f'g{n}')},id=g{n}",
                 "-chardev", f"socket,id=s{n},path={workdir}/s{n},server=on,wait=off",
                 "-chardev", f"hub,id=h{n},chardevs.0=s{n},terminal=off,replay=none",
                 "-device", f"console,guest=g{n},chardev=h{n}"]
    return charhubd(*args)


def print_all(stream, workdir, name):
    os.close(os.open(workdir / f"{name}.go", os.O_WRONLY))
    return stream.read_until(OUTPUT[-16:])


@pytest.mark.usefixtures("storm")
def test_every_reader_gets_all_and_the_coldest_console_loses_its_history(workdir):
    with Qmp(workdir / "control") as qmp:
        for n in range(CONSOLES):
            reader = connect_unix(workdir / f"s{n}")
            assert print_all(reader, workdir, f"g{n}") == OUTPUT, f"console {n}"
            reader.close()
        told = qmp.event("HUB_HISTORY_DROPPED")
        assert told["hub"] == "h0" and told["bytes"] > 0
        memory = qmp.run("query-memory")
        assert memory["max"] == MAX
        assert memory["hot"] + memory["packed"] <= MAX
        hubs = {hub["id"]: hub for hub in qmp.run("query-hubs")}
        assert all(hub["lost-bytes"] == 0 and hub["end"] == BYTES for hub in hubs.values())
        coldest, warmest = hubs["h0"], hubs[f"h{CONSOLES - 1}"]
        assert coldest["held-from"] > coldest["kept"] == 64 << 10
        assert coldest["dropped-bytes"] == coldest["held-from"] - coldest["kept"]
        assert coldest["shortages"] >= 1
        assert warmest["dropped-bytes"] == warmest["held-from"] == 0
        with pytest.raises(Failed, match="held"):
            qmp.run("console-history", console="h0", offset=coldest["kept"] + 1)


def test_the_bound_is_changed_by_a_monitor_and_by_the_configuration(charhubd, workdir):
    path = workdir / "charhub.conf"
    path.write_text('[memory-max]\n  size = "8M"\n', encoding="utf-8")
    charhubd("-control", str(workdir / "control"), "-config", str(path))
    with Qmp(workdir / "control") as qmp:
        assert qmp.run("query-memory")["max"] == 8 << 20
        qmp.run("memory-max", size=1 << 20)
        qmp.run("config-reload")
        assert qmp.run("query-memory")["max"] == 1 << 20
        path.write_text('[memory-max]\n  size = "16M"\n', encoding="utf-8")
        qmp.run("config-reload")
        assert qmp.run("query-memory")["max"] == 16 << 20
        path.write_text("", encoding="utf-8")
        qmp.run("config-reload")
        assert "max" not in qmp.run("query-memory")


def only_console(workdir, *more):
    return ["-control", str(workdir / "control"), *more,
            "-chardev", f"{guest(workdir, 'g')},id=g",
            "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off",
            "-chardev", "hub,id=vm,chardevs.0=s,replay=none",
            "-device", "console,guest=g,chardev=vm"]


def test_within_a_sandbox_it_is_told_and_counted_and_the_client_says_what_is_held(
        charhubd, charhub_path, workdir):
    daemon = charhubd(*only_console(workdir, "-memory-max", "128k", "-sandbox", "on",
                                    "-metrics", f"unix:{workdir}/metrics"), env=NO_LEAKS)
    with Qmp(workdir / "control") as qmp, connect_unix(workdir / "s") as reader:
        assert print_all(reader, workdir, "g") == OUTPUT
        told = qmp.event("HUB_HISTORY_DROPPED")
        assert told["hub"] == "vm" and told["bytes"] > 0
        hub = qmp.run("query-hubs")[0]
    missing = hub["held-from"] - hub["kept"]
    assert missing == hub["dropped-bytes"] > 0
    daemon.err.wait_for("hub 'vm': memory-max is reached")
    done = program.run([str(charhub_path), "history", "vm"], workdir,
                       env={"CHARHUB_SOCKET": f"{workdir}/control"})
    assert done.out.encode() == OUTPUT[hub["held-from"]:]
    assert done.err == (f"charhub: vm: {missing} bytes are not held any more; "
                        f"the first {hub['kept']} are: --offset=0\n")
    with connect_unix(workdir / "metrics") as scraper:
        scraper.send(b"GET /metrics HTTP/1.0\r\n\r\n")
        scraper.read_until(b'charhub_hub_dropped_bytes_total{hub="vm"} %d\n' % missing)
        scraper.read_until(b"charhub_history_max_bytes %d\n" % (128 << 10))
