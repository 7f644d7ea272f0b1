# SPDX-License-Identifier: MIT
"""Consoles that are busy, and whether all that was printed comes."""

import select
import threading

from .screen import wait_until
from .stream import DEADLINE, Deadline, UnixServer

LINES_AHEAD = 50  # a guest is at most so many lines ahead of its slowest reader


class Load:
    """Guests that print numbered lines all the time, and readers that count them."""

    def __init__(self, guests, readers):
        """@readers: per guest its readers."""
        self.guests, self.readers = guests, readers
        self.sent = [0] * len(guests)
        self.rest = [b""] * len(guests)
        self.seen = [[0] * len(mine) for mine in readers]
        self.parts = [[b""] * len(mine) for mine in readers]
        self.error, self.stopping = None, False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()

    def _print(self, i):
        if not self.rest[i] and not self.stopping and (
                self.sent[i] - min(self.seen[i]) < LINES_AHEAD):
            self.rest[i] = b"line %d of %d\r\n" % (self.sent[i], i)
            self.sent[i] += 1
        if self.rest[i]:
            done = self.guests[i].send_what_fits(self.rest[i])
            self.rest[i] = self.rest[i][done:]

    def _read(self, i, j):
        reader = self.readers[i][j]
        reader.fill()
        *lines, rest = (self.parts[i][j] + reader.take(len(reader.pending))).split(b"\r\n")
        self.parts[i][j] = rest
        for line in lines:
            wanted = b"line %d of %d" % (self.seen[i][j], i)
            assert line == wanted, f"reader {j} of console {i} got {line}, not {wanted}"
            self.seen[i][j] += 1
        assert not reader.ended, f"reader {j} of console {i} was closed"

    def _is_over(self):
        return self.stopping and not any(self.rest) and all(
            number == sent for sent, mine in zip(self.sent, self.seen) for number in mine)

    def _run(self):
        poller = select.poll()
        owner = {}
        for i, mine in enumerate(self.readers):
            for j, reader in enumerate(mine):
                poller.register(reader, select.POLLIN)
                owner[reader.fileno()] = (i, j)
        try:
            while not self._is_over():
                for i in range(len(self.guests)):
                    self._print(i)
                for fd, _ in poller.poll(5):
                    self._read(*owner[fd])
        except Exception as error:  # for the test's own thread
            self.error = error

    def wait_for_lines(self, count):
        """Until each reader has had so many more."""
        start = [list(mine) for mine in self.seen]
        wait_until(lambda: self.error or all(
            now - then >= count for was, mine in zip(start, self.seen)
            for then, now in zip(was, mine)), "lines of all consoles")
        if self.error:
            raise self.error

    def finish(self):
        self.stopping = True
        self.thread.join(DEADLINE)
        if self.error:
            raise self.error
        if self.thread.is_alive():
            raise Deadline(f"{self.sent} lines were sent, and {self.seen} came")


def lose_nothing(count, workdir, client, start, hand_over, stop):
    """Consoles, each with clients of a server and a log, are handed over three times in a row.

    @client: the fixture; @start, @hand_over, @stop: of the daemon
    """
    servers = [UnixServer(workdir / f"g{i}") for i in range(count)]
    args = []
    for i in range(count):
        args += ["-chardev", f"socket,id=g{i},path=g{i}",
                 "-chardev", f"socket,id=s{i},path=s{i},server=on,wait=off,clients=4",
                 "-chardev", f"file,id=f{i},path=f{i}",
                 "-chardev", f"hub,id=h{i},members.0.chardev=s{i},members.0.stall=wait,"
                             f"members.1.chardev=f{i},members.1.stall=wait,replay=window",
                 "-device", f"console,guest=g{i},chardev=h{i}"]
    start(*args)
    guests = [server.accept() for server in servers]
    readers = [[client(workdir / f"s{i}") for _ in range(2)] for i in range(count)]
    with Load(guests, readers) as load:
        for _ in range(3):
            load.wait_for_lines(20)
            hand_over()
        load.wait_for_lines(20)
        load.finish()
    for i, sent in enumerate(load.sent):
        late = client(workdir / f"s{i}")
        late.read_until(b"line 0 of %d\r\n" % i)
        late.read_until(b"line %d of %d\r\n" % (sent - 1, i))
    stop()
    for i, sent in enumerate(load.sent):
        wanted = b"".join(b"line %d of %d\r\n" % (n, i) for n in range(sent))
        assert (workdir / f"f{i}").read_bytes() == wanted
