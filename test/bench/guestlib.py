# SPDX-License-Identifier: MIT
"""What the benchmarks with guests share: a guest's console as somebody types to it."""

import contextlib
import os
import re
import statistics
import subprocess
import sys
import time

PROMPT = b"guest# "
MIB = 1 << 20
BUFFER = 1 << 18
TAIL = 1024  # what a pattern may span
ECHOES = 300


@contextlib.contextmanager
def awake():
    """Keep the processors from halting, by spinners that give way to everything else.

    To wake a halted processor takes so long in a virtual machine (a rate of 270 MB/s becomes
    1,100) that nothing else can be told from it.
    """
    spinners = [subprocess.Popen(["chrt", "--idle", "0", "sh", "-c", "while :; do :; done"])
                for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


READER = """
import signal, socket, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
sock, buffer, count, last = socket.socket(fileno=0), bytearray(%d), 0, 0
try:
    print("ready", flush=True)
    while count < int(sys.argv[1]) and (got := sock.recv_into(buffer)):
        count, last = count + got, time.monotonic()
finally:
    print(count, last)
""" % BUFFER


class Reader:
    """Counts the bytes of a socket, up to @size, in a process of its own: it costs the others
    nothing but processor time.
    """

    def __init__(self, sock, size=sys.maxsize):
        self.process = subprocess.Popen([sys.executable, "-c", READER, str(size)], stdin=sock,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def result(self, end=0):
        """Bytes by the time @end at the latest, or by now, and when the last one came."""
        try:
            self.process.wait(max(end - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            self.process.terminate()
        count, last = self.process.communicate()[0].split()
        return int(count), float(last)


def serve(path, argv, **options):
    """Start a process, and wait until it listens on the socket."""
    process = subprocess.Popen(argv, **options)
    while not os.path.exists(path):
        if process.poll() is not None:
            sys.exit(f"{argv[0]} has ended")
    return process


class Console:
    """What a guest prints on a console, and what it is sent. A subclass has read() and write()."""

    def __init__(self):
        self.text = b""

    def wait(self, what):
        """Read up to a pattern."""
        pattern = re.compile(what)
        while True:
            match = pattern.search(self.text)
            if match:
                self.text = self.text[match.end():]
                return match
            data = self.read()
            if not data:
                sys.exit("the console has ended")
            self.text = self.text[-TAIL:] + data

    def send(self, line):
        self.write(line.encode() + b"\r")

    def echoes(self):
        """Microseconds from a key to its echo, the median."""
        delays = []
        for _ in range(ECHOES):
            start = time.monotonic()
            self.write(b"x")
            self.wait(rb"x")
            delays.append((time.monotonic() - start) * 1e6)
        return statistics.median(delays)


class Shell(Console):
    """A console with a shell on it."""

    def login(self, text_mib):
        """Wait for the shell, and make so many MiB of lines in the guest: /tmp/text."""
        self.wait(PROMPT)
        self.run("dd if=/dev/zero bs=1M count=%d 2>/dev/null | tr '\\000' x | fold >/tmp/text"
                 % text_mib)

    def run(self, command):
        self.send(command + "; echo =$((6 * 7))=")
        self.wait(rb"=42=\r+\n")
        self.wait(PROMPT)

    def timed(self, command):
        """Seconds that a command took in the guest."""
        self.send(f"time {command}; echo =$((6 * 7))=")
        match = self.wait(rb"real\s+(\d+)m ([\d.]+)s(?s:.*?)=42=\r+\n")
        self.wait(PROMPT)
        return int(match[1]) * 60 + float(match[2])

    def rate(self, size_mib, command):
        """MB/s of a command that moves so much."""
        return size_mib * MIB / self.timed(command) / 1e6
