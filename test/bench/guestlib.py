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
