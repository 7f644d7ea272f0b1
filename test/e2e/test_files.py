# SPDX-License-Identifier: MIT
"""Files that hang, fill up, are moved away: consoles go on, and the files do when they can."""

import fcntl
import json
import os
import re
import resource
import signal

from support import program
from support.screen import wait_until
from support.stream import connect_unix, pump


def wait_for_text(path, text):
    wait_until(lambda: path.exists() and text in path.read_text(), f"{text!r} in {path}")


def full_fifo(path):
    """A FIFO that takes nothing more, with its reader, which does not read."""
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 4096)
    os.write(fd, b"." * 4096)
    return fd


def recipe(workdir):
    """README's first one."""
    return ["-chardev", f"socket,id=g,path={workdir}/g,server=on,wait=off",
            "-chardev", f"socket,id=s0,path={workdir}/s,server=on,wait=off,clients=32",
            "-chardev", f"file,id=log0,path={workdir}/vm1.log,append=on",
            "-chardev", "hub,id=hub0,chardevs.0=s0,chardevs.1=log0",
            "-device", "console,guest=g,chardev=hub0"]


def test_stderr_that_nobody_reads_stops_no_console(charhubd, workdir, client):
    fd = full_fifo(workdir / "stderr")
    charhubd(*recipe(workdir), prefix=["sh", "-c", f'exec "$@" 2>{workdir}/stderr', "sh"])
    viewer = client(workdir / "s")
    for i in range(50):
        guest = client(workdir / "g")
        guest.send(f"still here {i}\n")
        viewer.read_until(f"still here {i}")
        guest.close()
    os.read(fd, 4096)
    told = b""

    def is_told():
        nonlocal told
        try:
            told += os.read(fd, 65536)
        except BlockingIOError:
            pass
        return b"the guest is there" in told

    wait_until(is_told, "the messages that were kept")
    os.close(fd)


def test_log_that_nobody_reads_stops_no_console(charhubd, workdir, client):
    fd = full_fifo(workdir / "fifo")
    args = recipe(workdir)
    args[3] += f",logfile={workdir}/fifo"
    daemon = charhubd(*args)
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    for i in range(100):
        guest.send("." * 8000 + f"line {i}\n")
        viewer.read_until(f"line {i}\n")
    daemon.err.wait_for("is in trouble: it takes the bytes too slowly")
    assert daemon.err.text.count("fifo") == 1
    text = b""

    def has_gap():
        nonlocal text
        try:
            text += os.read(fd, 1 << 20)
        except BlockingIOError:
            pass
        return b" bytes are missing here]\n" in text

    wait_until(has_gap, "how many bytes are missing")
    os.close(fd)


def test_file_goes_on_in_order_when_the_disk_has_room(charhubd, workdir, client):
    limit = "ulimit -S -f 16; exec \"$@\""  # 8 or 16 KiB
    daemon = charhubd(*recipe(workdir), prefix=["sh", "-c", limit, "sh"])
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    text = "".join(f"line {i}\n" for i in range(5000))
    guest.send(text)
    viewer.read_until("line 4999\n")
    daemon.err.wait_for("is in trouble: File too large")
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for_text(workdir / "vm1.log", text)
    daemon.err.wait_for("works again")


def test_moved_files_are_followed_by_new_ones(charhubd, workdir, client):
    args = recipe(workdir) + ["-D", f"{workdir}/messages"]
    args[7] += f",logfile={workdir}/hub.log,logappend=on"
    daemon = charhubd(*args)
    guest = client(workdir / "g")
    logs = [workdir / name for name in ("vm1.log", "hub.log")]
    moved = [workdir / (log.name + ".1") for log in logs]
    guest.send("before\n")
    for log in logs:
        wait_for_text(log, "before")
    for log, old in zip(logs, moved):
        log.rename(old)
    (workdir / "messages").rename(workdir / "messages.1")
    daemon.send_signal(signal.SIGHUP)
    wait_until(lambda: all(log.exists() for log in [*logs, workdir / "messages"]), "new files")
    guest.send("after\n")
    for log, old in zip(logs, moved):
        wait_for_text(log, "after")
        assert (old.read_text() + log.read_text()).count("before\nafter\n") == 1
        assert log.stat().st_mode & 0o777 == 0o640
    guest.close()
    wait_for_text(workdir / "messages", "the guest is gone")
    assert os.readlink(f"/proc/{daemon.pid}/fd/2") == str(workdir / "messages")  # for a crash, say


def test_files_that_cannot_be_opened_anew_stay_and_say_so(charhubd, workdir, client):
    (workdir / "logs").mkdir()
    args = recipe(workdir) + ["-D", f"{workdir}/logs/messages"]
    args[5] = args[5].replace("vm1.log", "logs/vm1.log")
    daemon = charhubd(*args)
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    (workdir / "logs").rename(workdir / "old")
    daemon.send_signal(signal.SIGHUP)
    for name in "vm1.log", "messages":
        wait_for_text(workdir / "old" / "messages",
                      f"'{workdir}/logs/{name}' could not be reopened: No such file or directory")
    guest.send("goes on\n")
    viewer.read_until("goes on\n")
    wait_for_text(workdir / "old" / "vm1.log", "goes on\n")


def test_logrotate_rotates_the_recipe(charhubd, workdir, client, tmp_path):
    program.need("logrotate")
    daemon = charhubd(*recipe(workdir), "-pidfile", workdir / "pid")
    guest = client(workdir / "g")
    guest.send("before\n")
    wait_for_text(workdir / "vm1.log", "before")
    rules = tmp_path / "rules"
    rules.write_text(f"""{workdir}/vm1.log {{
    rotate 7
    postrotate
        kill -HUP $(cat {workdir}/pid)
    endscript
}}
""")
    rules.chmod(0o644)
    workdir.chmod(0o755)
    done = program.run(["logrotate", "--force", "--state", tmp_path / "state", rules], workdir)
    assert (done.code, done.err) == (0, "")
    wait_until((workdir / "vm1.log").exists, "a new file")
    guest.send("after\n")
    wait_for_text(workdir / "vm1.log", "after")
    assert (workdir / "vm1.log.1").read_text() + (workdir / "vm1.log").read_text() == (
        "before\nafter\n")
    assert daemon.running


def flooded(charhubd, workdir, client):
    """A daemon whose log is a FIFO that has not taken all, the reader, and the text."""
    text = b"".join(b"%07d the guest says\n" % i for i in range(25_000))
    os.mkfifo(workdir / "vm1.log")
    reader = os.open(workdir / "vm1.log", os.O_RDONLY | os.O_NONBLOCK)
    daemon = charhubd(*recipe(workdir))
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    pump([viewer], lambda: viewer.pending.endswith(b"0024999 the guest says\n"), (guest, text))
    return daemon, reader, text


def recorded(charhubd, workdir, client):
    """A daemon whose recording is a FIFO that has not taken all, the reader, and the text."""
    text = b"".join(b"%07d the guest says\r\n" % i for i in range(25_000))
    os.mkfifo(workdir / "vm.cast")
    reader = os.open(workdir / "vm.cast", os.O_RDONLY | os.O_NONBLOCK)
    daemon = charhubd("-console", f"vm,guest=unix:{workdir}/g,guest.server=on,guest.wait=off,"
                      f"listen=unix:{workdir}/s,record=always,record.path={workdir}/vm.cast")
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    pump([viewer], lambda: viewer.pending.endswith(b"0024999 the guest says\r\n"), (guest, text))
    return daemon, reader, text


def read_to_end(fd):
    os.set_blocking(fd, True)
    with open(fd, "rb") as file:
        return file.read()


def test_end_right_behind_a_flood_leaves_a_whole_file(charhubd, workdir, client):
    daemon, reader, text = flooded(charhubd, workdir, client)
    daemon.send_signal(signal.SIGTERM)
    assert read_to_end(reader) == text
    daemon.stop()


def test_end_of_a_program_that_is_stopped_meanwhile_leaves_a_whole_file(
        charhubd, workdir, client):
    daemon, reader, text = flooded(charhubd, workdir, client)
    daemon.send_signal(signal.SIGTERM)
    daemon.err.wait_for("terminating on signal")
    daemon.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.pid, os.WSTOPPED | os.WNOWAIT)
    pump([], lambda: False, quiet_ms=2500)
    daemon.send_signal(signal.SIGCONT)
    assert read_to_end(reader) == text
    daemon.stop()


def test_end_right_behind_a_flood_leaves_a_whole_recording(charhubd, workdir, client):
    daemon, reader, text = recorded(charhubd, workdir, client)
    daemon.send_signal(signal.SIGTERM)
    events = [json.loads(line) for line in read_to_end(reader).splitlines()[1:]]
    assert "".join(data for _, what, data in events if what == "o").encode().endswith(text)
    daemon.stop()
    assert "missing" not in daemon.err.text


def test_what_a_recording_lacks_at_the_end_is_told(charhubd, workdir, client):
    daemon, reader, _ = recorded(charhubd, workdir, client)
    daemon.stop()
    assert b"0000000 the guest says" in read_to_end(reader)
    assert re.search(r"record 'vm.record', console 'vm': file '\S+/vm.cast' is closed, and "
                     r"\d{6} bytes are missing in it", daemon.err.text)


def test_what_a_log_lacks_at_the_end_is_told(charhubd, workdir, client):
    daemon, reader, text = flooded(charhubd, workdir, client)
    daemon.stop()
    missing = len(text) - len(read_to_end(reader))
    told = re.findall(r"hub 'hub0': member 'log0' has not got the last (\d+) bytes|"
                      r"file '\S+/vm1.log' is closed, and (\d+) bytes are missing in it",
                      daemon.err.text)
    assert sum(int(number) for pair in told for number in pair if number) == missing


def audited(charhubd, workdir):
    """A daemon whose audit is a FIFO that has not taken all, and its reader."""
    os.mkfifo(workdir / "audit")
    reader = os.open(workdir / "audit", os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    daemon = charhubd(*recipe(workdir), "-audit", f"{workdir}/audit")
    for _ in range(20):
        with connect_unix(workdir / "s") as viewer, connect_unix(workdir / "g") as guest:
            guest.send(b"hello\n")
            viewer.read_until(b"hello\n")
    return daemon, reader


def test_the_last_line_of_an_audit_is_its_end(charhubd, workdir):
    daemon, reader = audited(charhubd, workdir)
    daemon.send_signal(signal.SIGTERM)
    daemon.err.wait_for("terminating on signal")
    pump([], lambda: False, quiet_ms=500)
    lines = [json.loads(line) for line in read_to_end(reader).splitlines()]
    assert lines[-1]["what"] == "end"
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    daemon.stop()
    assert "missing" not in daemon.err.text


def test_what_an_audit_lacks_at_the_end_is_told(charhubd, workdir):
    daemon, reader = audited(charhubd, workdir)
    daemon.stop()
    assert b'"what":"begin"' in read_to_end(reader)
    assert re.search(r"audit'? '\S+' is closed, and \d+ bytes are missing in it", daemon.err.text)
