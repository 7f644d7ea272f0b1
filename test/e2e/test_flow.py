# SPDX-License-Identifier: MIT
"""Nobody waits for good: streams that are read in odd pieces, and now and then not at all.

A reader that is quick at the wrong moment takes all that waits within the call that found no room,
and who was promised to be told of room may be forgotten. So each way out and in is used by somebody
who rests until all others have nothing to do, reads and types in pieces of any size, and does much
of that while the daemon is stopped, which finds it done at once. Every byte has to come, in order.
"""

import contextlib
import fcntl
import os
import random
import re
import select
import signal
import socket
import ssl
import subprocess
import time

import pytest

from support.certificates import Authority, trusting
from support.setups import scripted_guest
from support.stream import (DEADLINE, Deadline, Stream, connect_tcp, connect_unix, free_port,
                            open_pty)

FLOOD_BYTES, TYPED_BYTES = 8 << 20, 64 << 10
FIFO_BYTES = 1 << 16, 1 << 19  # a usual one; one that takes all that the daemon keeps of a file
PIECES = (1, 100, 4096, 30000, 1 << 16, 200000, 1 << 20)
HUB = "terminal=off,window=2M,replay=window,stall=wait"


# ---- what is said ----

def letters(number):
    """Eight letters, by which one knows what is his among the bytes of others."""
    return bytes(range(ord("0") + 8 * number, ord("0") + 8 * number + 8))


def numbers(alphabet, size, end=b""):
    """So that nothing that is lost, doubled or out of order goes unseen."""
    text = b"".join(b"%08o" % n + end for n in range(size // (8 + len(end))))
    return text.translate(bytes.maketrans(letters(0), alphabet))


def only(alphabet, data):
    return bytes(data).translate(None, bytes(set(range(256)) - set(alphabet)))


GUESTS = [bytes(range(first, first + 8)) for first in (0xa0, 0xb0)]
FLOODS = [numbers(alphabet, FLOOD_BYTES, b"\xff\r\n") for alphabet in GUESTS]


# ---- what is on the wire ----

def plain(wire, data):
    data += wire
    wire.clear()


def telnet(wire, data):
    """Commands of three bytes, and doubled IACs."""
    whole = re.match(rb"(?:[^\xff]+|\xff\xff|\xff[\xfb-\xfe].)*", wire, re.S)[0]
    data += re.sub(rb"\xff(?:(\xff)|[\xfb-\xfe].)", rb"\1", whole, flags=re.S)
    del wire[:len(whole)]


def websocket(wire, data):
    """Frames of a server's, once the answer to the request is there."""
    if wire.startswith(b"HTTP"):
        if b"\r\n\r\n" not in wire:
            return
        del wire[:wire.index(b"\r\n\r\n") + 4]
    at = 0
    while len(wire) >= at + 10 or (len(wire) >= at + 2 and wire[at + 1] < 126):
        size = {126: 2, 127: 8}.get(wire[at + 1], 0)
        length = int.from_bytes(wire[at + 2:at + 2 + size], "big") if size else wire[at + 1]
        if len(wire) < at + 2 + size + length:
            break
        assert wire[at] == 0x82
        data += wire[at + 2 + size:at + 2 + size + length]
        at += 2 + size + length
    del wire[:at]


def framed(typed, rng):
    """In frames of a client's, whose mask is zero."""
    wire, at = bytearray(), 0
    while at < len(typed):
        part = typed[at:at + rng.choice((1, 100, 30000))]
        size = bytes([0x80 | len(part)]) if len(part) < 126 else b"\xfe%c%c" % divmod(
            len(part), 256)
        wire += b"\x82" + size + bytes(4) + part
        at += len(part)
    return bytes(wire)


class TlsStream(Stream):
    """Its bytes may wait in the library, of which poll() knows nothing."""

    def __init__(self, sock):
        super().__init__(sock.fileno(), sock)
        sock.setblocking(False)

    @staticmethod
    def _try(call, *args):
        try:
            return call(*args)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def read(self, size):
        return self._try(self.sock.recv, size)

    def write(self, data):
        return self._try(self.sock.send, data)


class Fifo(Stream):
    """Our end of a FIFO that the daemon, or a child of its, opens by name."""

    def __init__(self, path):
        os.mkfifo(path)
        super().__init__(os.open(path, os.O_RDWR))

    def resize(self, size):
        with contextlib.suppress(OSError):  # EBUSY: more is in it
            fcntl.fcntl(self.fd, fcntl.F_SETPIPE_SZ, size)


# ---- who reads and types ----

class Side:
    """One end of a stream.

    @typed: what is still to be written, to @out
    @wanted: what is to come, by the letters of who says it; @heard: what has come of that
    """

    def __init__(self, stream, decode=plain, out=None):
        self.stream, self.decode, self.out = stream, decode, out or stream
        self.typed, self.wire, self.wanted, self.heard = memoryview(b""), bytearray(), {}, {}

    def want(self, alphabet, text):
        self.wanted[alphabet], self.heard[alphabet] = only(alphabet, text), bytearray()

    def has_all(self):
        return not self.typed and all(
            len(self.heard[alphabet]) >= len(wanted) for alphabet, wanted in self.wanted.items())

    def hear(self, wire):
        data = bytearray()
        self.wire += wire
        self.decode(self.wire, data)
        for alphabet, heard in self.heard.items():
            heard += only(alphabet, data)

    def read(self, size):
        try:
            data = (self.stream.read(size) if isinstance(self.stream, TlsStream)
                    else os.read(self.stream.fd, size))
        except BlockingIOError:
            return
        if not data:
            raise Deadline("a stream has ended")
        self.hear(data)

    def say(self, text):
        self.typed = memoryview(text)
        while self.typed:
            self.type(len(text))

    def type(self, size):
        part = self.typed[:size]
        try:
            done = (self.out.write(part) if isinstance(self.out, TlsStream)
                    else os.write(self.out.fd, part))
        except BlockingIOError:
            return
        self.typed = self.typed[done:]

    def widen(self, wide):
        if isinstance(self.stream, Fifo):
            self.stream.resize(FIFO_BYTES[wide])

    def has_pending(self):
        return isinstance(self.stream, TlsStream) and self.stream.sock.pending() > 0


def ready_sides(sides, wait_s):
    """(side, is it to be read, is it to be written) of those where either is possible."""
    poller, wanted = select.poll(), {}
    for side in sides:
        wanted[side.stream.fd] = select.POLLIN
    for side in sides:
        if side.typed:
            wanted[side.out.fd] = wanted.get(side.out.fd, 0) | select.POLLOUT
    for fd, events in wanted.items():
        poller.register(fd, events)
    pending = {side for side in sides if side.has_pending()}
    events = dict(poller.poll(0 if pending else wait_s * 1000))
    found = [(side, side in pending or bool(events.get(side.stream.fd, 0) & ~select.POLLOUT),
              bool(side.typed and events.get(side.out.fd, 0) & select.POLLOUT)) for side in sides]
    return [(side, is_readable, is_writable) for side, is_readable, is_writable in found
            if is_readable or is_writable]


def stop(daemon):
    daemon.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.pid, os.WSTOPPED | os.WNOWAIT)


def torment(daemon, sides, seed):
    """Until all has come everywhere. Some rest now and then, until the others are idle."""
    rng, resting, end = random.Random(seed), set(), time.monotonic() + DEADLINE
    stopped = False
    while not all(side.has_all() for side in sides):
        awake = [side for side in sides if side not in resting]
        ready = ready_sides(awake, 0)
        if not ready and stopped:
            daemon.send_signal(signal.SIGCONT)
            stopped = False
            continue
        if not ready and resting:
            stopped = rng.random() < 0.5
            if stopped:
                stop(daemon)
                for side in sides:
                    side.widen(True)
            resting.clear()
            continue
        if not ready:
            ready = ready_sides(awake, max(0, end - time.monotonic()))
        if not ready or time.monotonic() > end:
            raise Deadline("; ".join(
                f"{len(side.typed)} bytes not typed, heard " + ", ".join(
                    f"{len(heard)} of {len(side.wanted[alphabet])}"
                    for alphabet, heard in side.heard.items()) for side in sides))
        # Bytes that were there first are offered to whom nobody has told of the room that he has.
        first = stopped and any(is_writable for _, _, is_writable in ready)
        rng.shuffle(ready)
        for side, is_readable, is_writable in ready:
            if is_writable:
                side.type(rng.choice(PIECES))
            if is_readable and not first:
                side.read(rng.choice(PIECES))
                if not stopped:
                    side.widen(False)
            if not stopped and rng.random() < 0.4:
                resting.add(side)
    if stopped:
        daemon.send_signal(signal.SIGCONT)
    for side in sides:
        assert side.heard == side.wanted


# ---- ways in and out ----

class Way:
    """A member @name of a hub, and who is there; here: by a unix socket."""

    types = True
    more = ""  # of the hub's options

    def __init__(self, workdir, charhub, name):
        self.workdir, self.charhub, self.name, self.port = workdir, charhub, name, free_port()
        self.path = workdir / name
        self.prepare()

    def prepare(self):
        pass

    def args(self):
        return self.chardev(f"socket,path={self.path},server=on,wait=off")

    def chardev(self, text):
        return ["-chardev", f"{text},id={self.name}"]

    def server(self, more=""):
        return self.chardev(
            f"socket,host=127.0.0.1,port={self.port},server=on,wait=off{more}")

    def enter(self):
        """Those who read; the last one is who types."""
        return [Side(connect_unix(self.path))]

    def to_wire(self, typed):
        return typed

    def leave(self):
        pass


class Tcp(Way):
    def args(self):
        return self.server()

    def enter(self):
        return [Side(connect_tcp(self.port))]


class Telnet(Tcp):
    def args(self):
        return self.server(",telnet=on")

    def enter(self):
        return [Side(connect_tcp(self.port), telnet)]


class WebSocket(Tcp):
    def args(self):
        return self.server(",websocket=on")

    def enter(self):
        side = Side(connect_tcp(self.port), websocket)
        side.stream.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        return [side]

    def to_wire(self, typed):
        return framed(typed, random.Random(self.name))


class Tls(Tcp):
    def prepare(self):
        self.authority = Authority(self.workdir / "pki")
        self.authority.sign("server", "hub.example")

    def args(self):
        return ["-object", f"tls-creds-x509,id=tls,dir={self.authority.folder},endpoint=server,"
                           "verify-peer=off", *self.server(",tls-creds=tls")]

    def enter(self):
        context, name = trusting(self.authority)
        sock = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), DEADLINE),
                                   server_hostname=name)
        return [Side(TlsStream(sock))]


class Pty(Way):
    def args(self):
        return self.chardev(f"pty,path={self.path}")

    def enter(self):
        return [Side(open_pty(self.path))]


class File(Way):
    types = False

    def prepare(self):
        self.end = Fifo(self.path)

    def args(self):
        return self.chardev(f"file,path={self.path}")

    def enter(self):
        return [Side(self.end)]


class Pipe(Way):
    def prepare(self):
        self.ends = Fifo(f"{self.path}.out"), Fifo(f"{self.path}.in")

    def args(self):
        return self.chardev(f"pipe,path={self.path}")

    def enter(self):
        return [Side(self.ends[0], out=self.ends[1])]


class Exec(Pipe):
    """A child that passes on what it reads, and reads what it is to print."""

    def args(self):
        return self.chardev("exec,command=stty raw -echo; "
                            f"cat {self.path}.in & exec cat > {self.path}.out")


class MembersLog(Way):
    """A log with stamps: of what the member is offered it lets a part through at a time."""

    def prepare(self):
        self.log = Fifo(f"{self.path}.log")

    def args(self):
        return self.chardev(f"socket,path={self.path},server=on,wait=off,"
                            f"logfile={self.path}.log,logtimestamp=on")

    def enter(self):
        return [Side(self.log), *super().enter()]


class Log(MembersLog):
    """The hub's own."""

    def args(self):
        self.more = f",logfile={self.path}.log"
        return Way.args(self)


class Attach(Way):
    """The program that people use, which has its own flow control."""

    def args(self):
        return [*self.chardev("null"), "-control", self.path]

    def enter(self):
        self.client = subprocess.Popen(
            [self.charhub, "attach", "hub0", "--socket", self.path], cwd=self.workdir,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return [Side(Stream(os.dup(self.client.stdout.fileno())),
                     out=Stream(os.dup(self.client.stdin.fileno())))]

    def leave(self):
        with self.client:
            self.client.kill()  # it may stand in a write that nobody reads


WAYS = {"unix": Way, "tcp": Tcp, "telnet": Telnet, "websocket": WebSocket, "tls": Tls, "pty": Pty,
        "file": File, "pipe": Pipe, "exec": Exec, "members-log": MembersLog, "log": Log,
        "attach": Attach}


# ---- the tests ----

@pytest.fixture
def by_ways(charhubd, charhub_path, workdir):
    """by_ways(names): a hub with these ways in and out, its guest, and all who are there."""
    made = []

    def start(*names):
        ways = [WAYS[name](workdir, charhub_path, name) for name in names]
        args = [word for way in ways for word in way.args()]
        members = ",".join(f"chardevs.{n}={way.name}" for n, way in enumerate(ways))
        daemon = charhubd(
            "-chardev", f"{scripted_guest(workdir)},id=guest", *args,
            "-chardev", f"hub,id=hub0,{HUB},{members}" + "".join(way.more for way in ways),
            "-device", "console,guest=guest,chardev=hub0")
        guest = Side(connect_unix(workdir / "guest"))
        guest.typed = memoryview(FLOODS[0])
        made.append(guest)
        for number, way in enumerate(ways):
            sides = way.enter()
            made.extend(sides)
            for side in sides:
                side.want(GUESTS[0] + b"\xff", FLOODS[0])
            if way.types:
                sides[-1].say(way.to_wire(b"."))
                guest.stream.read_until(".")  # it is there
                typed = numbers(letters(number), TYPED_BYTES)
                guest.want(letters(number), typed)
                sides[-1].typed = memoryview(way.to_wire(typed))
        leaving.extend(ways)
        return daemon, made

    leaving = []
    yield start
    for way in leaving:
        way.leave()
    for side in made:
        side.stream.close()
        side.out.close()


def is_content(daemon):
    """Nobody was too slow for it, and nothing is missing anywhere."""
    return not re.search(rb"in trouble|missing|skipped|stalled|lost", daemon.err.data)


@pytest.mark.parametrize("way, seed", [(way, 0) for way in WAYS] + [("file", 1), ("file", 2)])
def test_each_way_is_used_in_odd_pieces(by_ways, way, seed):
    daemon, sides = by_ways(way)
    torment(daemon, sides, seed)
    assert is_content(daemon), daemon.err.text


def test_all_of_them_at_once(by_ways):
    daemon, sides = by_ways(*(way for way in WAYS if way != "log"))
    torment(daemon, sides, "all")
    assert is_content(daemon), daemon.err.text


@pytest.mark.parametrize("stamps", [False, True])
def test_two_hubs_share_a_line(charhubd, workdir, client, stamps):
    daemon = charhubd(
        "-chardev", f"socket,id=line,path={workdir}/line,server=on,wait=off,mux=on",
        *(word for n in range(2) for word in (
            "-chardev", f"socket,id=g{n},path={workdir}/g{n},server=on,wait=off",
            "-chardev", f"hub,id=h{n},{HUB},chardevs.0=line",
            "-device", f"console,guest=g{n},chardev=h{n}")))
    person = Side(client(workdir / "line"))
    guests = [Side(client(workdir / f"g{n}")) for n in range(2)]
    person.stream.send(b"\x01t." if stamps else b".")
    guests[1].stream.read_until(".")
    for guest, alphabet, flood in zip(guests, GUESTS, FLOODS):
        guest.typed = memoryview(flood)
        person.want(alphabet, flood)
    typed = numbers(letters(0), TYPED_BYTES)
    guests[1].want(letters(0), typed)  # who came last has the focus
    person.typed = memoryview(typed)
    torment(daemon, [person, *guests], stamps)
    assert is_content(daemon), daemon.err.text
