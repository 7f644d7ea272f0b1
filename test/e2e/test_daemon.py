# SPDX-License-Identifier: MIT
"""charhubd as a service: readiness, signals, what it leaves behind."""

import os
import pathlib
import select
import signal
import socket

import pytest

from support.program import MARK, marked_processes
from support.screen import wait_until
from support.setups import shared_console
from support.stream import DEADLINE

SHELL = "exec,command=/bin/sh"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_and_takes_everything_away(charhubd, workdir, client, number):
    daemon = charhubd(*shared_console(workdir, SHELL), "-pidfile", workdir / "pid")
    assert (workdir / "pid").read_text().strip() == str(daemon.pid)
    assert os.readlink(workdir / "pty") == daemon.pty_path("pty0")
    ann = client(workdir / "sock")
    daemon.stop(number)
    ann.read_to_end()
    assert sorted(path.name for path in workdir.iterdir()) == ["console.log", "console.log.idx"]


def test_ends_while_a_member_is_stalled(charhubd, workdir, client):
    daemon = charhubd(*shared_console(workdir, "exec,command=yes", hub=",stall=wait"))
    client(workdir / "sock").read_exact(1000)
    daemon.stop()


def test_ready_means_that_it_serves(charhubd, workdir, client):
    charhubd(*shared_console(workdir, "exec,command=echo hello"))
    client(workdir / "sock").read_until("hello")


def wait_gone(pid):
    """Wait for the end of a process that is not our child."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    assert poller.poll(DEADLINE * 1000), f"process {pid} does not end"
    os.close(pidfd)


@pytest.fixture
def daemonized(run_charhubd, workdir):
    """Start in the background; the process ends with the test in any case."""
    mark = f"daemonized.{os.getpid()}"

    def start(*args):
        return run_charhubd(*args, "-daemonize", "-pidfile", workdir / "pid", env={MARK: mark})

    yield start
    for pid, _ in marked_processes(mark):
        os.kill(pid, signal.SIGKILL)


def test_daemonize_returns_when_it_serves(daemonized, workdir, client):
    done = daemonized(*shared_console(workdir, "exec,command=echo hello"),
                      "-D", workdir / "messages")
    assert done.code == 0, done.err
    pid = int((workdir / "pid").read_text())
    assert os.getsid(pid) != os.getsid(0)
    client(workdir / "sock").read_until("hello")
    os.kill(pid, signal.SIGTERM)
    wait_gone(pid)
    assert sorted(path.name for path in workdir.iterdir()) == [
        "console.log", "console.log.idx", "messages"]
    assert "Sanitizer" not in (workdir / "messages").read_text()


def test_daemonize_reports_what_went_wrong(daemonized, workdir):
    done = daemonized("-chardev", "socket,id=a,path=/nonexistent/s,server=on,wait=off")
    assert done.code == 1
    assert "/nonexistent/s" in done.err
    assert list(workdir.iterdir()) == []


def test_pidfile_of_a_running_one_is_respected(charhubd, run_charhubd, workdir):
    charhubd("-chardev", "null,id=a", "-pidfile", workdir / "pid")
    held = (workdir / "pid").read_text()
    done = run_charhubd("-chardev", "null,id=a", "-pidfile", workdir / "pid")
    assert (done.code, done.err) == (
        1, "charhubd: cannot create PID file: Cannot lock pid file: "
           "Resource temporarily unavailable\n"
           f"'{workdir}/pid' is held by the running process {held.strip()}.\n")
    assert (workdir / "pid").read_text() == held


def test_leftovers_of_a_killed_one_are_no_obstacle(charhubd, workdir, client):
    args = ["-chardev", f"socket,id=a,path={workdir}/sock,server=on,wait=off",
            "-pidfile", workdir / "pid"]
    first = charhubd(*args)
    first.send_signal(signal.SIGKILL)
    first.process.wait()
    assert (workdir / "sock").is_socket()
    second = charhubd(*args)
    client(workdir / "sock")
    second.stop(left=[])
    assert list(workdir.iterdir()) == []


def test_file_in_the_way_of_a_socket_survives(run_charhubd, workdir):
    (workdir / "precious").write_text("data")
    done = run_charhubd("-chardev", f"socket,id=a,path={workdir}/precious,server=on,wait=off")
    assert done.code == 1
    assert (workdir / "precious").read_text() == "data"


def test_socket_of_a_running_server_is_not_taken(run_charhubd, workdir):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(workdir / "busy"))
        server.listen()
        done = run_charhubd("-chardev", f"socket,id=a,path={workdir}/busy,server=on,wait=off")
        assert done.code == 1
        assert "in use" in done.err
        assert (workdir / "busy").is_socket()


def test_file_in_the_way_of_a_pty_symlink_survives(run_charhubd, workdir):
    (workdir / "pty").write_text("data")
    done = run_charhubd("-chardev", f"pty,id=a,path={workdir}/pty")
    assert done.code == 1
    assert "Failed to create PTY symlink: File exists" in done.err
    assert (workdir / "pty").read_text() == "data"


def test_failure_half_way_leaves_nothing(run_charhubd, workdir):
    done = run_charhubd("-chardev", f"pty,id=a,path={workdir}/pty",
                        "-chardev", f"socket,id=b,path={workdir}/sock,server=on,wait=off",
                        "-chardev", "hub,id=c,chardevs.0=a,chardevs.1=nope",
                        "-pidfile", workdir / "pid")
    assert done.code == 1
    assert "hub: chardev can't be found by id 'nope'" in done.err
    assert list(workdir.iterdir()) == []


def test_messages_go_to_the_log_and_hang_up_opens_it_anew(charhubd, workdir, client):
    guest_end = f"socket,path={workdir}/g,server=on,wait=off"
    daemon = charhubd(*shared_console(workdir, guest_end, clients=64), "-D", workdir / "messages")
    guest = client(workdir / "g")
    guest.send("x")
    client(workdir / "sock").read_until("x")
    wait_until(lambda: "the guest is there" in (workdir / "messages").read_text(), "the message")
    os.rename(workdir / "messages", workdir / "messages.1")
    daemon.send_signal(signal.SIGHUP)
    for _ in range(1000):  # until charhubd has come round to the signal
        guest.close()
        guest = client(workdir / "g")
        guest.send("y")
        client(workdir / "sock").read_until("y")
        if (workdir / "messages").exists():
            break
    guest.close()
    client(workdir / "g").send("z")
    client(workdir / "sock").read_until("z")
    wait_until(lambda: "the guest is gone" in (workdir / "messages").read_text(), "the message")


def test_end_of_the_child_is_reported(charhubd, workdir):
    daemon = charhubd(*shared_console(workdir, "exec,command=exit 3"))
    daemon.err.wait_for("3")
    assert daemon.running


def test_no_child_survives(charhubd, workdir, client):
    daemon = charhubd(*shared_console(workdir, SHELL), env={"PS1": "shell> "})
    ann = client(workdir / "sock")
    ann.read_until("shell> ")
    ann.send("sleep 1000\r")
    ann.read_until("sleep 1000\r\n")
    assert len(marked_processes(daemon.mark)) >= 2
    daemon.stop()


def test_clients_that_left_leave_no_descriptors(charhubd, workdir, client):
    daemon = charhubd(*shared_console(workdir, "exec,command=cat", clients=64))
    folder = pathlib.Path(f"/proc/{daemon.pid}/fd")
    ann = client(workdir / "sock")
    ann.send("x")
    ann.read_until("x")
    ann.close()

    def churn():
        person = client(workdir / "sock")
        person.send("y")
        person.read_until("y")
        person.close()

    churn()
    before = len(list(folder.iterdir()))
    for _ in range(20):
        churn()
    for _ in range(1000):  # until charhubd has seen that they left
        if len(list(folder.iterdir())) <= before:
            return
        churn()
    raise AssertionError(f"{len(list(folder.iterdir()))} descriptors, {before} at first")
