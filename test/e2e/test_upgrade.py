# SPDX-License-Identifier: MIT
"""The installed program takes over from the one that runs: nobody notices, or nothing happens."""

import hashlib
import json
import pathlib
import re
import signal
import socket
import ssl
import termios

import pytest

from support import program
from support.certificates import Authority
from support.guests import PROMPT, Shell, boot, default_socket
from support.load import lose_nothing
from support.qmp import Qmp
from support.rfb import WebSocket
from support.screen import wait_until
from support.stream import DEADLINE, UnixServer, connect_tcp, connect_unix, free_port
from support.upgradable import TAKEN_OVER

CONSOLES = 20


def test_no_byte_is_lost_under_load(upgradable, workdir, client):
    """Twenty consoles; three in a row."""
    def stop():
        upgradable.daemon.send_signal(signal.SIGTERM)
        upgradable.daemon.expect_end(0, left=[workdir / f"g{i}" for i in range(CONSOLES)])

    lose_nothing(CONSOLES, workdir, client, upgradable.start, upgradable.upgrade, stop)


def test_lines_for_others_go_on(upgradable, workdir):
    """What waits for the journal and for a syslog server, half a line and half a message."""
    guest = UnixServer(workdir / "g")
    server = socket.create_server(("127.0.0.1", 0))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    server.settimeout(DEADLINE)
    upgradable.start(
        "-chardev", f"socket,id=g,path={workdir}/g,reconnect-ms=100",
        "-chardev", f"journald,id=j,path={workdir}/j",
        "-chardev", f"syslog,id=s,host=127.0.0.1,port={server.getsockname()[1]},transport=tcp",
        "-chardev", "hub,id=vm1,chardevs.0=j,chardevs.1=s,window=8M",
        "-device", "console,guest=g,chardev=vm1")
    line, peer = guest.accept(), server.accept()[0]
    peer.settimeout(DEADLINE)
    count = 15_000  # more than a connection takes, and its queue, of which nobody reads
    line.send(b"".join(b"line %07d of some length\r\n" % i for i in range(count)) + b"half ")
    wait_until(lambda: upgradable.run("query-hubs")[0]["end"] > count * 28, "all is printed")
    upgradable.upgrade()
    line.send(b"and half\r\n")
    stream = peer.makefile("rb")

    def message():
        length = int(b"".join(iter(lambda: stream.read(1), b" ")))
        return stream.read(length).partition(b"] ")[2]

    def entry():
        return re.match(rb"MESSAGE=(.*)\n", journal.recv(1 << 16))[1]

    for i in range(count):
        assert message() == b"line %07d of some length" % i
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal.settimeout(DEADLINE)
    journal.bind(f"{workdir}/j")
    for i in range(count):
        assert entry() == b"line %07d of some length" % i
    for get in message, entry:
        text = get()
        # On a busy machine it may have been quiet for a second.
        assert text == b"half and half" or text + get() == b"half and half"
    (workdir / "j").unlink()


def test_a_terminal_and_a_child_stay(upgradable, pty, workdir):
    daemon = upgradable.start(
        "-chardev", "exec,id=g,command=echo I am $$; while read word; do echo $word $$; done; "
                    "exit 3",
        "-chardev", "pty,id=p,path=link", "-chardev", "hub,id=h,chardevs.0=p,replay=window",
        "-device", "console,guest=g,chardev=h")
    path = daemon.pty_path("p")
    person = pty(path, termios.TCSANOW)  # a window that the opener flushes is not shown again
    child = person.read_until(re.compile(rb"I am \d+\r\n")).split()[-1]
    upgradable.upgrade()
    person.send(b"here\n")
    person.read_until(b"here " + child)
    person.close()
    upgradable.upgrade()
    assert (workdir / "link").resolve() == pathlib.Path(path)
    person = pty(path)
    person.send(b"again\n")
    person.read_until(b"again " + child)
    person.send(b"\x04")
    daemon.err.wait_for("exec 'g': the command exited with status 3")


def test_what_a_ring_and_a_log_have_stays(upgradable, workdir):
    guest_server = UnixServer(workdir / "g")
    upgradable.start("-chardev", "socket,id=g,path=g,logfile=log",
                     "-chardev", "ringbuf,id=r,size=1024,logfile=shared,logtimestamp=on",
                     "-device", "console,guest=g,chardev=r")
    with guest_server.accept() as guest:
        for word in b"one\r\n", b"two\r\n", b"three":
            guest.send(word)
            wait_until(lambda: word.strip() in (workdir / "shared").read_bytes(), "it is logged")
            upgradable.upgrade()
        guest.send(b" four\r\n")
        wait_until(lambda: b"four" in (workdir / "shared").read_bytes(), "it is logged")
    assert upgradable.run("ringbuf-read", device="r", size=100) == "one\r\ntwo\r\nthree four\r\n"
    stamps = re.findall(rb"^\S+Z (.*)\r$", (workdir / "shared").read_bytes(), re.M)
    assert stamps == [b"one", b"two", b"three four"]
    (workdir / "g").unlink()


def test_who_waits_to_be_accepted_is(upgradable, workdir, client):
    port = free_port()
    upgradable.start("-chardev", f"socket,id=a,host=127.0.0.1,port={port},server=on,wait=off",
                     "-chardev", "socket,id=b,path=b,server=on,wait=off",
                     "-device", "console,guest=b,chardev=a")
    with connect_tcp(port) as person:
        upgradable.upgrade()
        guest = client(workdir / "b")
        guest.send(b"hello")
        person.read_until(b"hello")
        person.send(b"well")
        guest.read_until(b"well")
        upgradable.upgrade()
        guest.send(b"still there")
        person.read_until(b"still there")


def test_who_comes_behind_the_answer_is_let_in_by_the_next_program(upgradable):
    """The present one, which waits a while for somebody who does not read, could not keep him."""
    upgradable.start("-chardev", "null,id=n")
    with upgradable.qmp() as sleeper, upgradable.qmp() as asking:
        for _ in range(8):
            sleeper.send("query-qmp-schema")
        asking.run("upgrade")
        with upgradable.qmp() as late:
            upgradable.wait()
            assert late.run("query-status")["running"]


def test_a_socket_of_the_service_manager_is_passed_on(upgradable, workdir):
    """Also to what is made anew."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(workdir / "m"))
        listener.listen()
        upgradable.start("-metrics", "fd:metrics", **program.with_socket("metrics", listener))
    for upgrades in range(3):
        if upgrades:
            upgradable.upgrade()
        with connect_unix(workdir / "m") as scraper:
            scraper.send(b"GET /metrics HTTP/1.0\r\n\r\n")
            scraper.read_until(b"# EOF\n")


def screen_of(upgradable):
    return upgradable.run("console-screen", console="h", format="text")


def test_the_screen_is_the_same(upgradable, workdir, client):
    """Also in the middle of a sequence, on the other screen, and of what scrolled away."""
    server = UnixServer(workdir / "g")
    upgradable.start("-chardev", "socket,id=g,path=g", "-chardev", "null,id=n",
                     "-chardev", "socket,id=s,path=s,server=on,wait=off,clients=3",
                     "-chardev", "hub,id=h,chardevs.0=n,chardevs.1=s,terminal=on",
                     "-device", "console,guest=g,chardev=h")
    guest = server.accept()
    text = b"".join(b"old %d\r\n" % i for i in range(100)) + b"\x1b[5;10H\x1b[1;31mred\x1b[3"
    guest.send(text)
    wait_until(lambda: screen_of(upgradable)["offset"] == len(text), "the screen has all of it")
    before = screen_of(upgradable)
    upgradable.upgrade()
    assert screen_of(upgradable) == before
    guest.send(b"4mblue")
    wait_until(lambda: "redblue" in json.dumps(screen_of(upgradable)), "the sequence ends")
    assert "4mblue" not in json.dumps(screen_of(upgradable))
    guest.send(b"\x1b[?1049h\x1b[Hother")
    wait_until(lambda: "other" in json.dumps(screen_of(upgradable)), "the other screen")
    upgradable.upgrade()
    guest.send(b"\x1b[?1049l")
    wait_until(lambda: "redblue" in json.dumps(screen_of(upgradable)), "the first screen again")
    guest.send(b"\x1b[6n")
    guest.read_until(re.compile(rb"\x1b\[\d+;\d+R"))
    guest.close()
    (workdir / "g").unlink()


# What a console can be left in when nobody looks: not all of it may wait to be read.
LEFT = [b"", b"\x1b[31mred", b"\x1b[3;20r\x1b[10;5H", b"\x1b[4hinsert", b"\x1b(0lqqk",
        b"\x1b[?1049hother\x1b[5;5H", b"\x1b]8;;file:///a\x1b\\link", "e\u0301 \u4e2d".encode(),
        "half of \u4e2d".encode()[:-1], b"\x1b[12;40H\x1b7\x1b[?6h\x1b[H",
        b"\x1b[3g\x1b[20G\x1bH\r"]


def plain_lines(first, last):
    return b"".join(b"[%5d] \x1b[32mline\x1b[m %d\tof a boot\r\n" % (i, i)
                    for i in range(first, last))


def test_a_screen_that_nobody_looks_at_waits(upgradable, charhubd, workdir):
    """What is above it is read when somebody looks: then it is as if there had been no upgrade."""
    options, servers = {}, {}
    for where in ("here", "there"):
        options[where] = [
            word for i in range(len(LEFT)) for word in (
                "-chardev", f"socket,id=g{i},path={where}{i}", "-chardev", f"null,id=n{i}",
                "-chardev", f"hub,id=h{i},chardevs.0=n{i}",
                "-device", f"console,guest=g{i},chardev=h{i}")]
        servers[where] = [UnixServer(workdir / f"{where}{i}") for i in range(len(LEFT))]
    upgradable.start(*options["here"])
    charhubd(*options["there"], "-control", f"{workdir}/other")
    guests = [(servers["here"][i].accept(), servers["there"][i].accept()) for i in range(len(LEFT))]
    ends = [0] * len(LEFT)

    def send(i, text):
        for guest in guests[i]:
            guest.send(text)
        ends[i] += len(text)

    def all_is_read():
        with Qmp(f"{workdir}/other") as other, upgradable.qmp() as qmp:
            return all([hub["end"] for hub in session.run("query-hubs")] == ends
                       for session in (other, qmp))

    for i, left in enumerate(LEFT):  # a query, so that there is an engine
        for guest in guests[i]:
            guest.send(b"\x1b[6n" + plain_lines(0, 400) + left)
            guest.read_until(b"R")
        ends[i] += len(plain_lines(0, 400) + left)
    wait_until(all_is_read, "all is read")
    upgradable.upgrade()
    upgradable.upgrade()
    for i in range(len(LEFT)):
        send(i, b"\xad" * (i == 8) + b"more\x1b[1m text\r\n" + plain_lines(400, 405))
    wait_until(all_is_read, "all is read")
    upgradable.upgrade()
    with Qmp(f"{workdir}/other") as other, upgradable.qmp() as qmp:
        for rows in (24, 100):  # of a higher one the lines above are a part
            for i in range(len(LEFT)):
                for session in (qmp, other):
                    session.run("console-resize", console=f"h{i}", cols=80, rows=rows)
                for form in ("text", "cells"):
                    asked = {"console": f"h{i}", "format": form}
                    assert (qmp.run("console-screen", **asked) ==
                            other.run("console-screen", **asked)), LEFT[i]


def held(upgradable):
    hub = upgradable.run("query-hubs")[0]
    return {key: hub[key] for key in ("end", "held-from", "kept", "dropped-bytes")}


def test_what_memory_max_lets_be_held_is(upgradable, workdir):
    """Though it is compressed, and the next program has to unpack it."""
    config = workdir / "charhub.conf"
    config.write_text('[memory-max]\n  size = "8M"\n')
    server = UnixServer(workdir / "g")
    upgradable.start("-config", str(config), "-chardev", "socket,id=g,path=g",
                     "-chardev", "null,id=n", "-chardev", "hub,id=h,chardevs.0=n,terminal=off",
                     "-device", "console,guest=g,chardev=h")
    guest = server.accept()
    guest.send(b"".join(b"line %d\r\n" % i for i in range(60000)))
    wait_until(lambda: upgradable.run("query-memory")["hot"] == 0, "all of it is compressed")
    config.write_text('[memory-max]\n  size = "512K"\n')
    upgradable.run("config-reload")
    before = held(upgradable)
    assert before["held-from"] == before["dropped-bytes"] == 0 and before["end"] > 600000
    upgradable.upgrade()
    assert upgradable.run("query-memory")["max"] == 512 << 10
    assert held(upgradable) == before
    upgradable.run("memory-max", size=1)
    wait_until(lambda: held(upgradable)["held-from"] == before["end"], "all of it is dropped")
    before = held(upgradable)
    assert before["dropped-bytes"] == before["end"] and before["kept"] == 0
    upgradable.upgrade()
    assert held(upgradable) == before
    guest.send(b"more\r\n")
    wait_until(lambda: held(upgradable)["end"] == before["end"] + 6, "it goes on")
    guest.close()
    (workdir / "g").unlink()


def test_what_was_made_by_commands_stays(upgradable, workdir, client):
    upgradable.start("-chardev", "exec,id=g,command=cat", "-chardev", "null,id=n",
                     "-chardev", "hub,id=h,chardevs.0=n,replay=window",
                     "-device", "console,guest=g,chardev=h")
    with upgradable.qmp() as qmp:
        qmp.add("late", "socket", addr={"type": "unix", "data": {"path": "late"}}, server=True,
                wait=False)
        qmp.run("hub-add-member", hub="h", chardev="late")
        qmp.run("hub-remove-member", hub="h", chardev="n")
        qmp.run("chardev-remove", id="n")
    person = client(workdir / "late")
    upgradable.upgrade()
    person.send(b"one\n")
    person.read_until(b"one")
    with upgradable.qmp() as qmp:
        hubs = qmp.run("query-hubs")
        assert [member["id"] for member in hubs[0]["members"]] == ["late"]
        plan = qmp.run("config-reload")
        assert [(step["action"], step["id"]) for step in plan] == [("add", "n"), ("change", "h")]
        hubs = qmp.run("query-hubs")
        assert sorted(member["id"] for member in hubs[0]["members"]) == ["late", "n"]


def test_by_a_signal(upgradable):
    daemon = upgradable.start("-chardev", "null,id=n", "-pidfile", "pid")
    daemon.send_signal(signal.SIGUSR2)
    upgradable.wait()
    assert upgradable.run("query-chardev")[0]["label"] == "n"
    daemon.send_signal(signal.SIGUSR2)
    upgradable.wait()


def test_figures_are_told_again(upgradable, workdir):
    upgradable.start("-chardev", "null,id=n", "-metrics", f"unix:{workdir}/m")
    for upgrade in (False, True):
        if upgrade:
            upgradable.upgrade()
        with connect_unix(workdir / "m") as peer:
            peer.send(b"GET /metrics HTTP/1.0\r\n\r\n")
            assert b"# EOF" in peer.read_to_end()


def test_a_log_that_is_rotated_is_rotated_by_who_takes_over(upgradable, workdir, client):
    upgradable.start("-chardev", "socket,id=g,path=g,server=on,wait=off",
                     "-chardev", "socket,id=s,path=s,server=on,wait=off",
                     "-chardev", f"hub,id=h,chardevs.0=s,logfile={workdir}/log,rotate-size=10k,"
                                 "rotate-keep=0,time-index=on",
                     "-device", "console,guest=g,chardev=h")
    guest, person = client(workdir / "g"), client(workdir / "s")
    line = b"%04d" + b"." * 95 + b"\n"
    for i in range(150):
        if i == 75:
            upgradable.upgrade()
        guest.send(line % i)
        person.read_until(line % i)
    upgradable.daemon.stop()
    old = sorted(path for path in workdir.glob("log.*Z"))
    assert len(old) == 1 and old[0].stat().st_size == 10_300
    assert old[0].read_bytes() + (workdir / "log").read_bytes() == b"".join(
        line % i for i in range(150))


def shell_for(*options):
    """A shell on a hub, with a server of several clients."""
    return ["-chardev", "exec,id=g,command=PS1='> ' ENV= sh",
            "-chardev", ",".join(["socket,id=s,server=on,wait=off,clients=8", *options]),
            "-chardev", "null,id=n", "-chardev", "hub,id=h,chardevs.0=s,chardevs.1=n",
            "-device", "console,guest=g,chardev=h"]


IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
BINARY, ECHO, SGA, TTYPE, NAWS = 0, 1, 3, 24, 31


def test_a_telnet_goes_on_with_its_options(upgradable, workdir, client):
    upgradable.start(*shell_for("path=s", "telnet=on"))
    person = client(workdir / "s")
    person.read_until(bytes([IAC, DO, TTYPE]))
    for option in ECHO, SGA, BINARY:
        person.send(bytes([IAC, DO, option]))
    person.send(bytes([IAC, WILL, BINARY, IAC, WILL, NAWS, IAC, SB, NAWS, 0, 100, 0, 30, IAC, SE,
                       IAC, WONT, TTYPE]))
    person.read_until(b"> ")
    person.send(b"echo $(stty size)\r")
    person.read_until(b"30 100\r\n> ")
    upgradable.upgrade()
    person.send(b"printf '\\377!%s!\\n' $((6 * 7))\r")
    assert person.read_until(b"!42!\r\n> ").endswith(bytes([IAC, IAC]) + b"!42!\r\n> ")
    person.send(b"echo ha''lf\r" + bytes([IAC, SB, NAWS, 0, 90]))  # both are read by the answer
    person.read_until(b"half\r\n> ")
    upgradable.upgrade()
    person.send(bytes([0, 20, IAC]))
    upgradable.upgrade()
    person.send(bytes([SE]))
    wait_until(lambda: upgradable.run("query-hubs")[0]["cols"] == 90, "the size is heard")
    person.send(b"echo $(stty size)\r\n")
    rest = person.read_until(b"20 90\r\n> ")
    assert bytes([IAC]) not in rest
    assert b"^J" not in rest


def test_a_websocket_goes_on(upgradable):
    """Also in the middle of a frame."""
    port = free_port()
    upgradable.start(*shell_for("host=127.0.0.1", f"port={port}", "websocket=on"))
    person = WebSocket(socket.create_connection(("127.0.0.1", port), DEADLINE))

    def read_until(text):
        said = b""
        while text not in said:
            said += person.recv(4096)

    read_until(b"> ")
    for number in range(3):
        upgradable.upgrade()
        person.sendall(b"echo n$((%d * 7))\r" % number)
        read_until(b"n%d\r\n" % (number * 7))
    frame = person.frame(b"'lf\r")
    for cut in range(1, len(frame)):
        person.sock.sendall(person.frame(b"echo n$((6 * 7))\recho 'ha") + frame[:cut])
        read_until(b"n42\r\n")
        upgradable.upgrade()
        person.sock.sendall(frame[cut:])
        read_until(b"half\r\n")


def enter_by_tls(authority, port):
    context = ssl.create_default_context(cafile=authority.path("ca-cert.pem"))
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", port), DEADLINE), server_hostname="localhost")


def test_who_cannot_be_handed_over_is_told(upgradable, workdir, charhub_path):
    """Here by TLS: its keys are the library's."""
    port, authority = free_port(), Authority(workdir / "pki")
    authority.sign("server", "hub.example")
    upgradable.start("-object", f"tls-creds-x509,id=t,dir={authority.folder},endpoint=server,"
                                "verify-peer=off",
                     *shell_for("host=127.0.0.1", f"port={port}", "tls-creds=t"))
    person = enter_by_tls(authority, port)
    person.send(b"echo $((6 * 7))\r")
    said = b""
    while b"42\r\n" not in said:
        said += person.recv(4096)
    result = program.run([charhub_path, "upgrade", "--dry-run", "--socket", "control"], workdir)
    assert "goes-on   chardev h\n" in result.out
    assert "closed    connection s.1: its TLS session\n" in result.out
    assert "made-anew chardev n\n" in result.out
    assert not TAKEN_OVER.search(upgradable.daemon.err.data)
    upgradable.upgrade()
    said = b""
    while data := person.recv(4096):
        said += data
    assert said.endswith(b"charhub: the console's server is being upgraded: come again\r\n")
    again = enter_by_tls(authority, port)
    said = b""
    while b"42" not in said:
        said += again.recv(4096)
    person.close()
    again.close()


def test_who_has_chosen_a_console_stays_there(upgradable, workdir, client):
    upgradable.start("-chardev", "exec,id=g,command=PS1='> ' ENV= sh", "-chardev", "null,id=n",
                     "-chardev", "hub,id=h,chardevs.0=n", "-device", "console,guest=g,chardev=h",
                     "-listen", f"unix:{workdir}/lobby")
    person, late = client(workdir / "lobby"), client(workdir / "lobby")
    late.read_until(b"NAME? ")
    person.send(b"h\n")
    person.read_until(b"> ")
    upgradable.upgrade()
    person.send(b"echo $((6 * 7))\r")
    person.read_until(b"42\r\n")
    late.read_to_end()
    again = client(workdir / "lobby")
    again.send(b"h\n")
    again.read_until(b"42\r\n")


def test_who_has_the_keyboard_keeps_it(upgradable, workdir, client):
    upgradable.start(
        "-chardev", "exec,id=g,command=stty raw -echo; exec cat -v",
        "-chardev", "socket,id=s,path=s,server=on,wait=off,clients=3",
        "-chardev", "hub,id=h,chardevs.0=s,typing=one", "-device", "console,guest=g,chardev=h")
    ann, ben = client(workdir / "s"), client(workdir / "s")
    ann.send(b"ann1")
    ben.read_until(b"ann1")
    upgradable.upgrade()
    ben.send(b"ben1")
    ben.read_until(b"has the keyboard")
    ann.send(b"ann2")
    assert b"ben1" not in ann.read_until(b"ann2")


def test_the_client_comes_back_where_it_was(upgradable, workdir, terminal, charhub_path):
    server = UnixServer(workdir / "g")
    upgradable.start("-chardev", "socket,id=g,path=g", "-chardev", "null,id=n",
                     "-chardev", "hub,id=h,chardevs.0=n", "-device", "console,guest=g,chardev=h")
    guest = server.accept()
    person = terminal(charhub_path, "attach", "h", "--socket", workdir / "control")
    guest.send(b"one\r\n")
    person.read_until("one")
    upgradable.upgrade()
    guest.send(b"two\r\n")
    person.read_until(re.compile(rb"charhub: back; nothing missed.*two", re.S))
    person.send("typed\r")
    guest.read_until("typed")
    guest.close()
    (workdir / "g").unlink()


def test_another_version_takes_over_if_it_can(upgradable, charhubd_path, workdir, client):
    """A later one skips nothing, an earlier one what it may, of another format none will."""
    versions = charhubd_path.parents[2] / "test" / "e2e"
    if not (versions / "charhubd-later").exists():
        program.lack("charhubd-later of this build")
    upgradable.start(*shell_for("path=s"))
    person = client(workdir / "s")
    person.read_until(b"> ")
    for name in "later", "later", None:
        upgradable.install(versions / f"charhubd-{name}" if name else charhubd_path)
        upgradable.upgrade()
        person.send(b"echo $((6 * 7))\r")
        person.read_until(b"42\r\n> ")
    upgradable.install(versions / "charhubd-other")
    upgradable.refuse(r"the snapshot has the format 1\.\d+, and this program takes over 2 only")
    person.send(b"echo $((6 * 9))\r")
    person.read_until(b"54\r\n> ")


@pytest.mark.parametrize("script, why", [
    ("exit 1", "it exited with status 1"),
    ("kill -SEGV $$", "it was killed by signal 11"),
    ("exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; kill -KILL $$", "it was killed by signal 9"),
    ("echo nonsense", "it exited with status 0"),
])
def test_a_program_that_cannot_changes_nothing(upgradable, script, why, workdir, client):
    upgradable.start("-chardev", "exec,id=g,command=cat",
                     "-chardev", "socket,id=s,path=s,server=on,wait=off",
                     "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h")
    person = client(workdir / "s")
    person.send(b"one\n")
    person.read_until(b"one")
    upgradable.refuse_script(script, why)
    person.send(b"two\n")
    person.read_until(b"two")
    upgradable.install(upgradable.charhubd_path)
    upgradable.upgrade()
    person.send(b"three\n")
    person.read_until(b"three")


def test_a_configuration_that_is_wrong_by_now_changes_nothing(upgradable, workdir):
    (workdir / "conf").write_text('[chardev "n"] backend = "null"\n')
    upgradable.start("-config", "conf")
    (workdir / "conf").write_text('[chardev "n"] backend = "nil"\n')
    upgradable.refuse("conf:1.*'nil' is not a valid char driver name")
    (workdir / "conf").unlink()
    upgradable.refuse("conf.*No such file")
    (workdir / "conf").write_text('[chardev "m"] backend = "null"\n')
    upgradable.upgrade()
    assert [it["label"] for it in upgradable.run("query-chardev")] == ["n", "control"]
    upgradable.run("config-reload")
    assert sorted(it["label"] for it in upgradable.run("query-chardev")) == ["control", "m"]


def test_the_audit_is_one_chain(upgradable, workdir, client, charhub_path):
    path = workdir / "audit.jsonl"
    upgradable.start("-chardev", "exec,id=g,command=cat",
                     "-chardev", "socket,id=s,path=s,server=on,wait=off,clients=4",
                     "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h",
                     "-audit", f"{path},typed=on")

    def lines():
        return [json.loads(line) for line in path.read_text().splitlines()]

    person = client(workdir / "s")
    person.send(b"before\r")
    person.read_until(b"before")
    for _ in range(2):
        upgradable.upgrade()
    person.send(b"after\r")
    person.read_until(b"after")
    wait_until(lambda: any(line.get("details", {}).get("text") == "after\r" for line in lines()),
               "what was typed afterwards")
    begins = [line for line in lines() if line["what"] == "begin"]
    assert [line["details"]["goes-on"] for line in begins] == [False, True, True]
    assert len({line["session"] for line in lines()}) == 1
    assert len([line for line in lines() if line["what"] == "attached"]) == 3  # told again
    done = program.run([charhub_path, "audit", "verify", path], workdir)
    assert done.code == 0, done.err


class Counting:
    """A stream on which a guest counts up, a number a line."""

    def __init__(self, stream):
        self.stream, self.next = stream, 1

    def read_to(self, number):
        while self.next <= number:
            line = self.stream.read_until(b"\n").strip()
            assert line == b"%d" % self.next, f"{line} came, not {self.next}"
            self.next += 1


def count_up(to):
    """A guest's shell command."""
    return ("(i=1; while [ ! -e /tmp/stop ]; do echo $i; i=$((i + 1)); done; "
            f"echo $i; echo $i >/tmp/{to[5:]}) >{to} &")


def guest_ports(workdir):
    def many(name, *options):
        return ",".join([f"socket,id={name},path={workdir}/{name},server=on,wait=off", *options])

    return ["-chardev", many("con", "clients=4"), "-chardev", "hub,id=h0,chardevs.0=con",
            "-chardev", many("two", "clients=4"), "-chardev", "hub,id=h1,chardevs.0=two",
            "-chardev", many("bare"), "-chardev", many("out", "clients=4"),
            "-chardev", "hub,id=h3,members.0.chardev=out,members.0.stall=wait",
            "-device", f"virtio-serial,id=ser0,socket={workdir}/ser0,max_ports=6",
            "-device", "virtconsole,id=c0,chardev=h0", "-device", "virtconsole,chardev=h1",
            "-device", "virtserialport,id=b,chardev=bare,name=bare",
            "-device", "virtserialport,chardev=h3,nr=4,name=out"]


def test_a_guest_of_ours_notices_nothing(upgradable, workdir, guest, client, charhub_path):
    """Two consoles and two ports, output and input under way, upgraded three times in a row.

    In between by programs that cannot.
    """
    upgradable.start(*guest_ports(workdir))
    boot(guest, workdir / "ser0")
    shell = Shell(client(workdir / "con"))
    before = len(upgradable.daemon.err.text)
    counts = [Counting(client(workdir / name)) for name in ("two", "out")]
    bare = client(workdir / "bare")
    assert shell.run("stty raw -echo </dev/hvc1; echo $?") == "0\n"
    shell.run("(head -c 60000 </dev/vport0p2 | sha256sum >/tmp/sum) & "
              + " ".join(count_up(to) for to in ("/dev/hvc1", "/dev/vport0p4")) + " true")
    dry = program.run([charhub_path, "upgrade", "--dry-run", "--socket", "control"], workdir)
    assert "goes-on   device ser0\n" in dry.out
    assert "goes-on   device c0\n" in dry.out
    assert "lost" not in dry.out
    typed = b"".join(b"%07d\n" % i for i in range(7_500))
    shell.send("i=0; while [ $i -lt 40 ]; do echo $((i * i)); i=$((i + 1)); usleep 50000; done; "
               "echo all $((1 + 1))")
    for i in range(3):
        for count in counts:
            count.read_to(count.next + 40)
        bare.send(typed[i * 20_000:(i + 1) * 20_000])
        upgradable.upgrade()
        for count in counts:
            count.read_to(count.next + 40)
        upgradable.refuse_script("kill -SEGV $$", "it was killed by signal 11")
        upgradable.install(upgradable.charhubd_path)
    said = shell.stream.read_until("all 2\r\n")
    shell.stream.read_until(PROMPT)
    numbers = re.findall(rb"^(\d+)\r*$", said, re.M)
    assert numbers == [b"%d" % (i * i) for i in range(40)]
    shell.run("touch /tmp/stop; wait")
    for count, name in zip(counts, ("hvc1", "vport0p4")):
        count.read_to(int(shell.run(f"cat /tmp/{name}")))
    assert shell.run("cat /tmp/sum").split()[0] == hashlib.sha256(typed).hexdigest()
    log = upgradable.daemon.err.text[before:]
    assert "a frontend has connected" not in log
    assert log.count("virtserialport 'b': the guest has opened it") == 1
    assert "the frontend has left" not in log


def test_a_guest_of_the_default_socket_goes_on(upgradable, workdir, guest, client):
    """It is where it was, for guests to come as well."""
    daemon = upgradable.start(
        "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,clients=4",
        "-chardev", "hub,id=h,chardevs.0=s", "-device", "virtconsole,chardev=h",
        env={"XDG_RUNTIME_DIR": str(workdir)})
    path = default_socket(daemon)
    upgradable.upgrade()
    boot(guest, path)
    shell = Shell(client(workdir / "s"))
    upgradable.upgrade()
    assert shell.run("echo $((6 * 7))") == "42\n"
    shell.send("stty rows 44 cols 123; reboot -f")
    daemon.err.wait_for("the frontend has left")
    upgradable.upgrade()
    assert pathlib.Path(path).is_socket()
