# SPDX-License-Identifier: MIT
"""Byte streams that are read up to an event, never for a time.

Nothing in the tests sleeps. A read names what it waits for and fails loudly, with everything that
came so far, once DEADLINE has passed. The deadline only says "it is never going to come"; no test
depends on how long a thing takes.
"""

import errno
import fcntl
import os
import random
import re
import select
import socket
import struct
import termios
import time
import tty

DEADLINE = float(os.environ.get("CHARHUB_TEST_DEADLINE", "600"))
CHUNK = 65536
_reserved = []  # a socket for each port that free_port() gave


class Deadline(AssertionError):
    """What a test waited for did not come."""


def _tail(data, limit=600):
    data = bytes(data)
    return repr(data if len(data) <= limit else b"..." + data[-limit:])


def as_pattern(what):
    """A compiled pattern stays; bytes and text are looked for literally."""
    if isinstance(what, re.Pattern):
        return what
    if isinstance(what, str):
        what = what.encode()
    return re.compile(re.escape(what))


class Stream:
    """A file descriptor with what was read from it and not yet consumed (`pending`)."""

    def __init__(self, fd, sock=None):
        os.set_blocking(fd, False)
        self.fd = fd
        self.sock = sock
        self.pending = bytearray()
        self.total = 0  # bytes ever read from the descriptor
        self.ended = False

    def fileno(self):
        return self.fd

    def close(self):
        if self.fd < 0:
            return
        if self.sock is not None:
            self.sock.close()
        else:
            os.close(self.fd)
        self.fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- writing ----

    def send(self, data, timeout=DEADLINE):
        """Write all of it."""
        view = memoryview(data.encode() if isinstance(data, str) else data)
        end = time.monotonic() + timeout
        while view:
            try:
                view = view[os.write(self.fd, view):]
            except BlockingIOError:
                if not self._wait(select.POLLOUT, end):
                    raise Deadline(f"{len(view)} bytes could not be sent") from None

    def send_what_fits(self, data):
        """Write until the kernel takes no more; returns how many bytes went."""
        view = memoryview(data)
        sent = 0
        while view[sent:]:
            try:
                sent += os.write(self.fd, view[sent:sent + CHUNK])
            except BlockingIOError:
                break
        return sent

    def half_close(self):
        """End of our input to the peer; reading goes on."""
        self.sock.shutdown(socket.SHUT_WR)

    # ---- reading ----

    def _wait(self, events, end):
        poller = select.poll()
        poller.register(self.fd, events)
        left = end - time.monotonic()
        return left > 0 and bool(poller.poll(left * 1000))

    def fill(self):
        """Take what is there now. False at the end of the stream."""
        try:
            data = os.read(self.fd, CHUNK)
        except BlockingIOError:
            return True
        except OSError as error:
            # A pty whose other side is closed says EIO; a reset peer is an end too.
            if error.errno not in (errno.EIO, errno.ECONNRESET):
                raise
            data = b""
        self.pending += data
        self.total += len(data)
        self.ended = not data
        return not self.ended

    def take(self, count):
        """Consume @count pending bytes."""
        data = bytes(self.pending[:count])
        del self.pending[:count]
        return data

    def read_until(self, what, timeout=DEADLINE):
        """Everything up to and with the first match of @what (bytes, text or pattern)."""
        pattern = as_pattern(what)
        end = time.monotonic() + timeout
        while True:
            match = pattern.search(self.pending)
            if match:
                return self.take(match.end())
            if self.ended:
                raise Deadline(f"the stream ended before {pattern.pattern!r}: "
                               f"{_tail(self.pending)}")
            if not self._wait(select.POLLIN, end):
                raise Deadline(f"no {pattern.pattern!r} came: {_tail(self.pending)}")
            self.fill()

    def read_exact(self, count, timeout=DEADLINE):
        """Exactly @count bytes."""
        end = time.monotonic() + timeout
        while len(self.pending) < count:
            if self.ended or not self._wait(select.POLLIN, end):
                raise Deadline(f"{len(self.pending)} of {count} bytes came: "
                               f"{_tail(self.pending)}")
            self.fill()
        return self.take(count)

    def read_to_end(self, timeout=DEADLINE):
        """All until the peer closes."""
        end = time.monotonic() + timeout
        while not self.ended:
            if not self._wait(select.POLLIN, end):
                raise Deadline(f"the stream did not end: {_tail(self.pending)}")
            self.fill()
        return self.take(len(self.pending))

    def is_readable(self):
        """Is anything (or the end) there at this moment."""
        poller = select.poll()
        poller.register(self.fd, select.POLLIN)
        return bool(poller.poll(0))

    # ---- terminals ----

    def set_window(self, cols, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def connect_unix(path, timeout=DEADLINE, receive_buffer=None):
    """A client of a unix server socket; @path may start with NUL (abstract)."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(timeout)
    sock.connect(str(path))
    return Stream(sock.fileno(), sock)


def connect_tcp(port, host="127.0.0.1", timeout=DEADLINE):
    sock = socket.create_connection((host, port), timeout)
    return Stream(sock.fileno(), sock)


def _clients_ports():
    """Those that the kernel gives to sockets which connect, or bind to port 0."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first, last = map(int, file.read().split())
    return range(first, last + 1)


def _reserve(port):
    """Keep PORT from the other test runs, whose servers may not listen yet, until this one ends."""
    reservation = socket.socket(socket.AF_UNIX)
    try:
        reservation.bind(f"\0charhub-test-port-{port}")
    except OSError:
        reservation.close()
        return False
    _reserved.append(reservation)
    return True


def free_port():
    """A TCP port of the loopback that nobody listens on; another one each time.

    It is none of those that the kernel gives to clients, and is given to no other test that runs
    beside this one: nobody takes it before it is used.
    """
    clients = _clients_ports()
    every = range(10000, 65536)
    ports = [port for port in every if port not in clients] or list(every)
    for port in random.sample(ports, min(len(ports), 1000)):
        if not _reserve(port):
            continue
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Deadline("no port is free")


class UnixServer:
    """A unix server socket of the test's own, for a charhubd or QEMU that connects."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.bind(str(path))
        self.sock.listen(8)

    def accept(self, timeout=DEADLINE):
        self.sock.settimeout(timeout)
        try:
            peer, _ = self.sock.accept()
        except TimeoutError:
            raise Deadline("nobody connected") from None
        return Stream(peer.fileno(), peer)

    def close(self):
        self.sock.close()


def open_pty(path, when=termios.TCSAFLUSH):
    """The slave side of a pty, raw, as a terminal program opens it: what was there is dropped."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(fd, when)
    return Stream(fd)


def pump(streams, until, feed=None, timeout=DEADLINE, quiet_ms=None):
    """Read several streams side by side until until() is true.

    @feed: (stream, data): written meanwhile, as far as that stream takes it. Who watches several
    members at once keeps them all going this way; a stream that is not named here stalls.
    @quiet_ms: give up, without a fault, once nothing has moved for so long

    Return: how many bytes of data were written
    """
    end = time.monotonic() + timeout
    writer, data = feed or (None, b"")
    sent = 0
    while not until() or sent < len(data):
        poller = select.poll()
        live = {stream.fd: stream for stream in streams if not stream.ended}
        for fd in live:
            poller.register(fd, select.POLLIN)
        if sent < len(data):
            poller.register(writer.fd, select.POLLOUT)
        ready = poller.poll(quiet_ms or (end - time.monotonic()) * 1000)
        if not ready and quiet_ms:
            break
        if not ready or time.monotonic() > end:
            raise Deadline(f"{len(data) - sent} bytes unsent; " + "; ".join(
                f"{stream.total} bytes came, last {_tail(stream.pending, 80)}"
                for stream in streams))
        for fd, events in ready:
            if events & select.POLLOUT:
                sent += writer.send_what_fits(data[sent:sent + CHUNK])
            if fd in live:
                live[fd].fill()
    return sent
