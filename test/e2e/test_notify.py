# SPDX-License-Identifier: MIT
"""What a service manager is told, sd_notify(3), and the sockets that it passes."""

import os
import signal
import socket
import subprocess
import time

import pytest

from support.manager import Store
from support.program import with_socket
from support.stream import DEADLINE, connect_unix


@pytest.fixture
def manager():
    made = Store()
    yield made
    made.end()


@pytest.fixture
def service(charhubd_path, manager, workdir):
    """service(*args): charhubd under the double, with the control socket passed by name."""
    started = []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(workdir / "control"))
    listener.listen()

    def start(*args, **env):
        passed = with_socket("control", listener)
        process = subprocess.Popen(
            [*passed["prefix"], charhubd_path, "-control", "fd=control", *args],
            pass_fds=passed["pass_fds"], cwd=workdir,
            env={**os.environ, "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "20000", **env})
        started.append(process)
        return process

    yield start
    listener.close()
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_it_is_ready_is_watched_and_stops(service, manager, workdir):
    process = service("-name", "lab", "-chardev",
                      "exec,id=g,command=echo $NOTIFY_SOCKET$WATCHDOG_USEC$WATCHDOG_PID.; cat",
                      "-chardev", f"file,id=f,path={workdir}/log",
                      "-chardev", "hub,id=h,chardevs.0=f", "-device", "console,guest=g,chardev=h")
    ready = manager.next()
    assert ready == {"READY": "1", "MAINPID": str(process.pid), "STATUS": "serving lab"}
    for _ in range(3):
        assert manager.next() == {"WATCHDOG": "1"}
    process.send_signal(signal.SIGTERM)
    assert manager.next("WATCHDOG") == {"STOPPING": "1"}
    assert process.wait(DEADLINE) == 0
    assert (workdir / "log").read_bytes() == b".\r\n"  # no child speaks for it


def test_a_reload_has_a_beginning_and_an_end(service, manager, workdir, charhub_path):
    (workdir / "c.conf").write_text('[chardev "a"] backend = "null"\n', encoding="utf-8")
    process = service("-config", workdir / "c.conf")
    assert "READY" in manager.next()
    for text in ('[chardev "b"] backend = "null"\n', "[nonsense]\n"):
        (workdir / "c.conf").write_text(text, encoding="utf-8")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        process.send_signal(signal.SIGHUP)
        message = manager.next("WATCHDOG")
        assert message["RELOADING"] == "1"
        assert before <= int(message["MONOTONIC_USEC"])
        assert manager.next("WATCHDOG") == {"READY": "1"}
    done = subprocess.run([charhub_path, f"--socket={workdir}/control", "qmp", "query-chardev"],
                          capture_output=True, text=True, check=False)
    assert '"b"' in done.stdout, done.stderr


def test_the_control_socket_may_be_passed_by_name(service, manager, workdir):
    service()
    assert "READY" in manager.next()
    with connect_unix(workdir / "control") as peer:
        peer.read_until('"QMP"')


def test_a_watchdog_of_another_process_is_not_served(service, manager, workdir):
    process = service(WATCHDOG_PID="1")
    assert "READY" in manager.next()
    with connect_unix(workdir / "control") as peer:
        peer.read_until('"QMP"')
    process.send_signal(signal.SIGTERM)
    assert manager.next() == {"STOPPING": "1"}
