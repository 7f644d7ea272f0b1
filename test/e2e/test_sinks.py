# SPDX-License-Identifier: MIT
"""Lines for the journal and for syslog: what comes there, also when they have been away."""

import array
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess

import pytest

from support import mounts, program
from support.certificates import Authority
from support.qmp import Qmp
from support.screen import wait_until
from support.stream import DEADLINE, UnixServer, free_port

# RFC 5424, section 6, as far as it goes: every alternative of it that we use, and no other.
NAME = rb"[!-~]"
HEADER = re.compile(
    rb"<(?P<pri>[1-9]?\d|1[0-8]\d|19[01])>1 "
    rb"(?P<time>\d{4}-(?:0\d|1[0-2])-[0-3]\d"
    rb"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}(?:Z|[+-]\d\d:\d\d)) "
    rb"(?P<host>%(c)s{1,255}) (?P<app>%(c)s{1,48}) (?P<pid>%(c)s{1,128}) (?P<msgid>%(c)s{1,32}) "
    rb"(?P<sd>\[(?P<id>[^ =\]\"]{1,32}@[\d.]+)"
    rb"(?: [^ =\]\"]{1,32}=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*\])"
    rb"(?: (?P<msg>.*))?" % {b"c": NAME}, re.S)
LOCAL = re.compile(rb"<30>[A-Z][a-z]{2} [ 1-3]\d [012]\d:[0-5]\d:[0-5]\d charhub\[\d+\]: vm1: (.*)")
GUEST = r'printf "one\r\n\n\033[1mtwo\033[0m\r\ngr\303\274n\nb\377d\nlogin: "; exec cat'
SHOWN = [b"one", b"two", b"gr\xc3\xbcn", b"b\xffd", b"login: "]


class Datagrams:
    """A server that keeps what comes to it."""

    def __init__(self, path=None, port=0):
        family = socket.AF_UNIX if path else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.settimeout(DEADLINE)
        self.sock.bind(str(path) if path else ("127.0.0.1", port))
        self.path = path

    @property
    def port(self):
        return self.sock.getsockname()[1]

    def get(self):
        """A datagram, or what is in the sealed file that came instead."""
        data, control, _, _ = self.sock.recvmsg(1 << 18, socket.CMSG_SPACE(4))
        if not control:
            return data
        assert not data
        fds = array.array("i", control[0][2])
        with os.fdopen(fds[0], "rb") as file:
            file.seek(0)
            return file.read()

    def close(self):
        self.sock.close()
        if self.path:
            self.path.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def parse_entry(data):
    """An entry of the journal's protocol, of both forms of fields."""
    fields = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(data[:8], "little")
            value, data = data[8:8 + length], data[8 + length:]
            assert data[:1] == b"\n"
            data = data[1:]
        else:
            value.decode()
        assert re.fullmatch(rb"[A-Z][A-Z0-9_]*", name) and name.decode() not in fields
        fields[name.decode()] = value
    return fields


def parse_message(data):
    found = HEADER.fullmatch(data)
    assert found, data
    text = found["msg"]
    if text.startswith(b"\xef\xbb\xbf"):
        text = text[3:]
        text.decode()
        assert not text.isascii()
    return found["msgid"].decode(), text


class Stream:
    """What a client of TCP sends: each message with its length in front [RFC 6587 3.4.1]."""

    def __init__(self, sock):
        sock.settimeout(DEADLINE)
        self.sock, self.file = sock, sock.makefile("rb")

    def get(self):
        digits = b""
        while not digits.endswith(b" "):
            byte = self.file.read(1)
            assert byte, "the stream has ended"
            digits += byte
        assert re.fullmatch(rb"[1-9]\d* ", digits), digits
        data = self.file.read(int(digits))
        assert len(data) == int(digits)
        return data

    def close(self):
        self.file.close()
        self.sock.close()


def listen(port=0):
    server = socket.create_server(("127.0.0.1", port))
    server.settimeout(DEADLINE)
    return server


def texts(get, count):
    return [get()[1] for _ in range(count)]


def test_journal_has_an_entry_a_line(charhubd, workdir):
    with Datagrams(workdir / "j") as journal:
        charhubd("-console", f"vm1,guest=exec:{GUEST},journal=on,journal.path={workdir}/j,"
                 "journal.priority=notice")
        entries = [parse_entry(journal.get()) for _ in SHOWN]
    assert [entry["MESSAGE"] for entry in entries] == SHOWN
    assert [entry["CHARHUB_ENTRY"] for entry in entries] == [b"line"] * 4 + [b"part"]
    for entry in entries:
        assert entry["CONSOLE"] == b"vm1"
        assert entry["CHARHUB_CHARDEV"] == b"vm1.journal"
        assert entry["SYSLOG_IDENTIFIER"] == b"charhub"
        assert entry["PRIORITY"] == b"5"


def test_syslog_has_a_datagram_a_line(charhubd):
    with Datagrams() as server:
        charhubd("-console", f"vm1,guest=exec:{GUEST},syslog=udp:127.0.0.1:{server.port}")
        got = [server.get() for _ in SHOWN]
    assert [parse_message(data)[1] for data in got] == SHOWN
    assert all(b'[charhub@32473 console="vm1" chardev="vm1.syslog"]' in data for data in got)


def test_local_socket_has_what_syslog_writes(charhubd, workdir):
    with Datagrams(workdir / "log") as server:
        charhubd("-console", f"vm1,guest=exec:{GUEST},syslog=unix:{workdir}/log")
        assert [LOCAL.fullmatch(server.get())[1] for _ in SHOWN] == SHOWN


def test_logger_writes_the_same_form(workdir):
    """What we take for the form of /dev/log is that of util-linux."""
    program.need("logger")
    with Datagrams(workdir / "log") as server:
        subprocess.run(["logger", "--socket", workdir / "log", "--priority", "daemon.info",
                        "--tag", "charhub", "--id=1", "vm1: one"], check=True)
        assert LOCAL.fullmatch(server.get())[1] == b"one"


def guest_by_socket(workdir, *sinks):
    members = ",".join(f"chardevs.{i}=m{i}" for i in range(len(sinks)))
    args = ["-chardev", f"socket,id=g,path={workdir}/g,reconnect-ms=100"]
    for i, sink in enumerate(sinks):
        args += ["-chardev", sink.replace(",", f",id=m{i},", 1)]
    return [*args, "-chardev", f"hub,id=vm1,{members}", "-device", "console,guest=g,chardev=vm1"]


def test_stream_is_connected_anew(charhubd, workdir):
    guest = UnixServer(workdir / "g")
    with listen() as server:
        port = server.getsockname()[1]
        charhubd(*guest_by_socket(
            workdir, f"syslog,host=127.0.0.1,port={port},transport=tcp,reconnect-ms=50"))
        line = guest.accept()
        first = Stream(server.accept()[0])
        line.send(b"one\n")
        assert parse_message(first.get()) == ("line", b"one")
        first.close()
    # Nobody listens: what is printed now waits.
    for i in range(100):
        line.send(b"while nobody listens %d\n" % i)
    with listen(port) as server:
        second = Stream(server.accept()[0])
        for i in range(100):
            assert parse_message(second.get()) == ("line", b"while nobody listens %d" % i)
        second.close()


def test_syslog_over_tls(charhubd, workdir):
    authority = Authority(workdir / "pki")
    authority.sign("server", "logs.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.path("server-cert.pem"), authority.path("server-key.pem"))
    with listen() as server:
        port = server.getsockname()[1]
        charhubd("-object", f"tls-creds-x509,id=t,dir={authority.folder},endpoint=client",
                 "-console",
                 f"vm1,guest=exec:{GUEST},syslog=tcp:127.0.0.1:{port},syslog.tls-creds=t")
        stream = Stream(context.wrap_socket(server.accept()[0], server_side=True))
        assert [parse_message(stream.get())[1] for _ in SHOWN] == SHOWN


def test_journal_that_is_away_is_told_once_and_nothing_is_lost(charhubd, workdir):
    guest = UnixServer(workdir / "g")
    daemon = charhubd(*guest_by_socket(workdir, f"journald,path={workdir}/j"))
    line = guest.accept()
    text = [b"line %d of some length, as lines are" % i for i in range(2000)]
    line.send(b"".join(part + b"\r\n" for part in text))
    wait_until(lambda: "lines wait" in daemon.err.text, "the operator is told")
    with Datagrams(workdir / "j") as journal:
        for part in text:
            assert parse_entry(journal.get())["MESSAGE"] == part
        wait_until(lambda: "lines get through again; lost so far: 0" in daemon.err.text,
                   "the operator is told that it is over")
    assert daemon.err.text.count("lines wait") == 1


def test_what_is_skipped_is_told_in_the_journal(charhubd, workdir):
    """More than waits in the queue and in the hub: a line says how much it was, in bytes."""
    guest = UnixServer(workdir / "g")
    args = guest_by_socket(workdir, f"journald,path={workdir}/j")
    args[args.index("-device") - 1] += ",window=64k,grace-ms=50,keep=4k"
    charhubd(*args, "-control", "control")
    line = guest.accept()
    text = b"".join(b"line %07d\r\n" % i for i in range(100_000))
    with Qmp(workdir / "control") as qmp:
        line.send(text)
        wait_until(lambda: qmp.run("query-hubs")[0]["end"] >= len(text), "all is printed")
        assert qmp.run("query-hubs")[0]["members"][0]["standing"] == "skipped"
    with Datagrams(workdir / "j") as journal:
        message, there, skipped = b"", 0, 0
        while message != b"line 0099999":
            message = parse_entry(journal.get())["MESSAGE"]
            note = re.fullmatch(rb"\[charhub: (\d+) bytes skipped\]", message)
            skipped += int(note[1]) if note else 0
            # The last line before the gap is there in part, and may lack its end.
            there += 0 if note else len(message) + 2 * (len(message) == len("line 0099999"))
    assert skipped > len(text) // 2
    assert abs(there + skipped - len(text)) <= 2


def test_a_member_is_made_by_command_and_changed_by_reload(charhubd, charhub_path, workdir):
    file = workdir / "charhub.conf"
    text = (f'[control] path = "{workdir}/control"\n'
            f'[console "vm1"] guest = "unix:{workdir}/g", journal = "on", '
            f'journal.path = "{workdir}/j", journal.priority = "%s"\n')
    file.write_text(text % "info")
    guest = UnixServer(workdir / "g")
    with Datagrams(workdir / "j") as journal, Datagrams() as server:
        charhubd("-config", file)
        line = guest.accept()
        line.send(b"one\n\033[2J\033[H")  # is no longer on the screen
        assert parse_entry(journal.get())["PRIORITY"] == b"6"
        file.write_text(text % "err")
        subprocess.run([charhub_path, f"--socket={workdir}/control", "reload"], check=True)
        with Qmp(workdir / "control") as qmp:
            qmp.run("chardev-add", id="s0", backend={"type": "syslog", "data": {
                "host": "127.0.0.1", "port": str(server.port), "severity": "crit"}})
            qmp.run("hub-add-member", hub="vm1", chardev="s0")
            line.send(b"two\n")
            entry = parse_entry(journal.get())
            assert (entry["MESSAGE"], entry["PRIORITY"]) == (b"two", b"3")
            # Who comes later is given what was printed before.
            assert texts(lambda: parse_message(server.get()), 2) == [b"one", b"two"]
            counts = {member["id"]: member for member in qmp.run("query-hubs")[0]["members"]}
            assert counts["s0"]["skipped-bytes"] == 0


JOURNALD = pathlib.Path("/lib/systemd/systemd-journald")


@pytest.fixture
def journald(workdir):
    """The folder that a systemd-journald of the test's own has for /run."""
    program.need("journalctl")
    if not JOURNALD.exists():
        program.lack(JOURNALD.name)
    run = workdir / "run"
    (run / "systemd/journal").mkdir(parents=True)
    with subprocess.Popen(
            [*mounts.after(f"mount --bind {run} /run && mount -t tmpfs none /var/log && "
                           "mount -t tmpfs none /etc/systemd && "
                           "echo '[Journal]\nAudit=no\nReadKMsg=no' >/etc/systemd/journald.conf"),
             JOURNALD],
            cwd=workdir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: (run / "systemd/journal/socket").exists(), "systemd-journald is there")
        yield run
        process.terminate()
        process.wait(DEADLINE)


def journalctl(run, *match):
    done = subprocess.run(["journalctl", f"--directory={run}/log/journal", "--output=json", *match],
                          capture_output=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_systemd_journald_understands_it(charhubd, journald):
    folder = journald / "systemd/journal"
    charhubd("-console", f"vm1,guest=exec:{GUEST},journal=on,journal.path={folder}/socket,"
             f"syslog=unix:{folder}/dev-log")
    wait_until(lambda: len(journalctl(journald, "CONSOLE=vm1")) == len(SHOWN), "all lines")
    wait_until(lambda: len(journalctl(journald, "_TRANSPORT=syslog", "SYSLOG_IDENTIFIER=charhub"))
               == len(SHOWN), "all lines by syslog, too")
    entries = journalctl(journald, "CONSOLE=vm1")
    assert [entry["MESSAGE"] for entry in entries] == [
        "one", "two", "gr\xfcn", list(b"b\xffd"), "login: "]
    assert {entry["SYSLOG_IDENTIFIER"] for entry in entries} == {"charhub"}
    entries = journalctl(journald, "_TRANSPORT=syslog", "SYSLOG_IDENTIFIER=charhub")
    assert entries[0]["MESSAGE"] == "vm1: one"


RSYSLOG = """
module(load="imtcp") module(load="imudp")
input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="all")
input(type="imudp" port="{port}" address="127.0.0.1" ruleset="all")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{dir}/log" ruleset="all")
input(type="imuxsock" Socket="{dir}/new" UseSpecialParser="off" ruleset="all")
template(name="fields" type="list") {{
    property(name="app-name") constant(value="|") property(name="syslogfacility-text")
    constant(value="|") property(name="syslogseverity-text") constant(value="|")
    property(name="msgid") constant(value="|") property(name="structured-data")
    constant(value="|") property(name="msg") constant(value="\\n") }}
ruleset(name="all") {{ action(type="omfile" file="{dir}/out" template="fields") }}
"""


@pytest.fixture
def rsyslog(workdir):
    program.need("rsyslogd")
    port = free_port()
    (workdir / "rsyslog.conf").write_text(RSYSLOG.format(port=port, dir=workdir))
    with subprocess.Popen(["rsyslogd", "-n", "-iNONE", "-f", workdir / "rsyslog.conf"],
                          stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: (workdir / "new").exists(), "rsyslogd is there")
        yield port
        process.terminate()
        process.wait(DEADLINE)


@pytest.mark.parametrize("way", ["tcp:127.0.0.1:{port}", "udp:127.0.0.1:{port}", "unix:{dir}/log",
                                 "unix:{dir}/new,syslog.format=rfc5424"])
def test_rsyslog_understands_it(charhubd, workdir, rsyslog, way):
    where = way.format(port=rsyslog, dir=workdir)
    charhubd("-console", "vm1,guest=exec:echo one; echo 'two: [x]'; exec cat,"
             f"syslog.facility=local3,syslog.severity=warning,syslog={where}")
    out = workdir / "out"
    wait_until(lambda: out.exists() and out.read_bytes().count(b"\n") >= 2, "two lines")
    lines = out.read_text(encoding="utf-8").splitlines()
    if way.endswith("/log"):
        wanted = "charhub|local3|warning|-|-| vm1: {}"
    else:
        wanted = ('charhub|local3|warning|line|[charhub@32473 console="vm1" chardev="vm1.syslog"]|'
                  '{}')
    assert lines == [wanted.format("one"), wanted.format("two: [x]")]
