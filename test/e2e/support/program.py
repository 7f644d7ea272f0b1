# SPDX-License-Identifier: MIT
"""Running programs: charhubd with its readiness and its clean end, and anything on a terminal."""

import dataclasses
import fcntl
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

from .stream import DEADLINE, Deadline, Stream, as_pattern

ROOT = pathlib.Path(__file__).resolve().parents[3]
MARK = "CHARHUB_TEST_RUN"  # in the environment of whatever a test starts, children included
# Every daemon of the tests within the sandbox, where that is wanted.
SANDBOX = ["-sandbox", "on,paths.0=/tmp"] if os.environ.get("CHARHUB_TEST_SANDBOX") == "1" else []
SANITIZER = re.compile(r"(ERROR|WARNING): \w*Sanitizer|runtime error:")


def find_charhubd():
    """The program under test: $CHARHUBD, else the newest build."""
    if "CHARHUBD" in os.environ:
        return pathlib.Path(os.environ["CHARHUBD"])
    built = [path for path in ROOT.glob("build*/src/prog/charhubd") if os.access(path, os.X_OK)]
    return max(built, key=lambda path: path.stat().st_mtime, default=None)


def find_charhub(charhubd):
    """The client of the same build, or installed beside it."""
    for path in (charhubd.parents[1] / "client" / "charhub", charhubd.parent / "charhub"):
        if os.access(path, os.X_OK):
            return path
    return None


def wait_exit(process, timeout=DEADLINE):
    """Exit status of a child; a child that stays is killed and an error."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Deadline(f"{process.args[0]} did not end") from None


class Output:
    """What a program writes to a pipe, collected by a thread so that it never stalls."""

    def __init__(self, pipe):
        self._pipe, self._data, self._ended = pipe, bytearray(), False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        poller = select.poll()
        poller.register(self._pipe, select.POLLIN)
        with self._pipe:
            while not self._ended:
                poller.poll()
                with self._changed:
                    data = os.read(self._pipe.fileno(), 65536)
                    self._data += data
                    self._ended = not data
                    self._changed.notify_all()

    def _is_read(self):
        return self._ended or not struct.unpack(
            "i", fcntl.ioctl(self._pipe, termios.FIONREAD, b"\0\0\0\0"))[0]

    def wait_for(self, what, timeout=DEADLINE):
        """The match object of @what (bytes, text or pattern) once it was printed."""
        pattern = as_pattern(what)
        with self._changed:
            found = self._changed.wait_for(
                lambda: pattern.search(self._data) or self._ended, timeout)
            match = pattern.search(self._data)
        if not match:
            why = "ended without" if found else "never printed"
            raise Deadline(f"{why} {pattern.pattern!r}: {bytes(self._data)!r}")
        return match

    @property
    def data(self):
        """All that was printed until now."""
        with self._changed:
            self._changed.wait_for(self._is_read, DEADLINE)
            return bytes(self._data)

    @property
    def text(self):
        return self.data.decode(errors="replace")

    def join(self):
        self._thread.join(DEADLINE)


@dataclasses.dataclass
class Result:
    """How a program that ends by itself ended."""

    code: int
    out: str
    err: str


class NotifySocket:
    """The service manager's end of the readiness protocol, sd_notify(3), in a folder of its own."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="charhub-notify-")
        self.path = f"{self.folder.name}/notify"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        os.chmod(self.folder.name, 0o711)  # for who is another user by then, as systemd's is
        os.chmod(self.path, 0o777)

    @staticmethod
    def parse(message):
        """As a dictionary."""
        return dict(line.split("=", 1) for line in message.decode(errors="replace").split("\n"))

    def receive(self):
        """The next message."""
        return self.parse(self.sock.recv(4096))

    def wait_ready(self, process, timeout=DEADLINE):
        """True once READY=1 came, False if the process ended first."""
        pidfd = os.pidfd_open(process.pid)
        try:
            end = time.monotonic() + timeout
            poller = select.poll()
            poller.register(self.sock, select.POLLIN)
            poller.register(pidfd, select.POLLIN)
            while time.monotonic() < end:
                ready = [fd for fd, _ in poller.poll((end - time.monotonic()) * 1000)]
                if self.sock.fileno() in ready:
                    if "READY" in self.receive():
                        return True
                elif pidfd in ready:
                    return False
            raise Deadline(f"{process.args[0]} neither got ready nor ended")
        finally:
            os.close(pidfd)

    def close(self):
        self.sock.close()
        self.folder.cleanup()


def marked_processes(mark):
    """Processes, charhubd's grandchildren too, that were started under @mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if line:  # a zombie has none
                    found.append((int(entry.name), line))
        except OSError:
            continue
    return found


def special_files(folder):
    """Sockets, FIFOs and symlinks below a folder: what a program has to take away again."""
    found = set()
    for path in pathlib.Path(folder).rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISSOCK(mode) or stat.S_ISLNK(mode) or stat.S_ISFIFO(mode):
            found.add(str(path))
    return found


# As systemd starts a service: with descriptors from 3 on, watched where that is asked for.
MANAGER = """
import fcntl, os, sys
passed = [word.split("=") for word in sys.argv[1].split()]
fds = [fcntl.fcntl(int(fd), fcntl.F_DUPFD_CLOEXEC, 100) for fd, _ in passed]
for i, fd in enumerate(fds):
    os.dup2(fd, 3 + i)
pid = str(os.getpid())
os.environ.update(LISTEN_PID=pid, LISTEN_FDS=str(len(fds)),
                  LISTEN_FDNAMES=":".join(name for _, name in passed))
if "WATCHDOG_USEC" in os.environ:
    os.environ.setdefault("WATCHDOG_PID", pid)
os.execv(sys.argv[2], sys.argv[2:])
"""


def with_descriptors(named):
    """How a service manager starts what is told: options of Charhubd and the like.

    @named: pairs of name and number.
    """
    passed = " ".join(f"{fd}={name}" for name, fd in named)
    return {"prefix": [sys.executable, "-c", MANAGER, passed],
            "pass_fds": tuple(fd for _, fd in named)}


def with_socket(name, listener):
    return with_descriptors([(name, listener.fileno())])


class Charhubd:
    """One running charhubd."""

    _count = 0

    def __init__(self, program, args, workdir, stdin=subprocess.DEVNULL, env=None, prefix=(),
                 pass_fds=(), notify=None, sandbox=None):
        """@sandbox: words, in place of SANDBOX; those that have a sandbox of their own keep it"""
        Charhubd._count += 1
        self.mark = f"{os.getpid()}.{Charhubd._count}"
        self.workdir = pathlib.Path(workdir)
        self.before = special_files(workdir)
        self.notify = notify or NotifySocket()
        if sandbox is None:
            sandbox = [] if "-sandbox" in args else SANDBOX
        if sandbox:  # to look for leaks a sanitizer does what a sandbox is against
            env = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0",
                   **(env or {})}
        full = {**os.environ, **(env or {}), MARK: self.mark, "NOTIFY_SOCKET": self.notify.path}
        self.process = subprocess.Popen(
            [*prefix, str(program), *map(str, args), *sandbox], cwd=workdir, env=full, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            pass_fds=pass_fds)
        self.out = Output(self.process.stdout)
        self.err = Output(self.process.stderr)
        if not self.notify.wait_ready(self.process):
            self.notify.close()
            self.out.join()
            self.err.join()
            raise AssertionError(f"charhubd ended with {self.process.wait()} before it was "
                                 f"ready:\n{self.err.text}{self.out.text}")

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process.poll() is None

    def pty_path(self, chardev):
        """The /dev/pts/N that was announced for a chardev."""
        text = rf"char device redirected to (/dev/pts/\d+) \(label {re.escape(chardev)}\)"
        return self.out.wait_for(re.compile(text.encode())).group(1).decode()

    def send_signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """For clean-up after a failure only."""
        self.notify.close()
        if self.running:
            self.process.kill()
            self.process.wait()
        for pid, _ in marked_processes(self.mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def stop(self, number=signal.SIGTERM, left=()):
        """Ask it to end; it must end with 0 and leave nothing but what @left names."""
        if self.running:
            self.send_signal(number)
        self.expect_end(0, left)

    def expect_end(self, code, left=(), hung_up=False):
        """It ends by itself with @code; @hung_up: children that it had end behind it."""
        status = wait_exit(self.process)
        self.notify.close()
        self.out.join()
        self.err.join()
        report = f"\nstderr:\n{self.err.text}"
        assert not SANITIZER.search(self.err.text), report
        assert status == code, f"exit status {status}, not {code}{report}"
        rest = special_files(self.workdir) - self.before - {str(path) for path in left}
        assert not rest, f"left behind: {sorted(rest)}{report}"
        end = time.monotonic() + DEADLINE * hung_up
        while (running := marked_processes(self.mark)) and time.monotonic() < end:
            pass
        assert not running, f"still running: {running}{report}"


class Terminal(Stream):
    """A program on a terminal of its own; the stream is what a person sees and types."""

    def __init__(self, argv, env=None, cols=80, rows=24, cwd=None):
        master, slave = os.openpty()
        super().__init__(master)
        self.set_window(cols, rows)
        full = {**os.environ, "TERM": "xterm-256color", **(env or {})}
        # setsid -c: the terminal becomes the program's controlling terminal, for ^C and the like
        self.process = subprocess.Popen(
            ["setsid", "-c", *map(str, argv)], stdin=slave, stdout=slave, stderr=slave, env=full,
            cwd=cwd)
        os.close(slave)

    def expect_end(self, code=0):
        """The program ends, with @code unless that is None; what it still printed."""
        rest = self.read_to_end()
        status = wait_exit(self.process)
        assert code in (None, status), f"{self.process.args} ended with {status}: {rest!r}"
        return rest

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.close()


def run(argv, workdir, stdin=None, env=None, timeout=DEADLINE, pass_fds=()):
    """Run a program that ends by itself."""
    done = subprocess.run(
        list(map(str, argv)), cwd=workdir, input=stdin or b"", timeout=timeout, check=False,
        capture_output=True, env={**os.environ, **(env or {})}, pass_fds=pass_fds)
    result = Result(done.returncode, done.stdout.decode(errors="replace"),
                    done.stderr.decode(errors="replace"))
    assert not SANITIZER.search(result.err), result.err
    return result


def lack(what):
    """Skip for want of something; under ./check, which installs it, that is a failure."""
    import pytest
    if os.environ.get("CHARHUB_TEST_STRICT"):
        pytest.fail(f"not installed: {what}")
    pytest.skip(f"not installed: {what}")


def need(*programs):
    """Skip where a program is missing."""
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        lack(" ".join(missing))
