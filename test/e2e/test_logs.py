# SPDX-License-Identifier: MIT
"""Logs that are rotated, packed and fill the disk: every byte is there once, or counted."""

import gzip
import os
import pathlib
import re
import signal
import subprocess

import pytest

from support import mounts, program
from support.logs import everything, lines, newest, old_files
from support.screen import wait_until
from support.stream import DEADLINE, pump

MISSING = re.compile(rb"\n?\[charhub: (\d+) bytes are missing here\]\n")
TROUBLE = "is in trouble: No space left on device"


def hub(workdir, log):
    return ["-chardev", f"socket,id=g,path={workdir}/g,server=on,wait=off",
            "-chardev", "socket,id=s,path=s,server=on,wait=off",
            "-chardev", f"hub,id=hub0,chardevs.0=s,{log}",
            "-device", "console,guest=g,chardev=hub0"]


def on_small_disk(workdir):
    """A prefix that gives the daemon a file system of 1 MiB as its folder "disk"."""
    (workdir / "disk").mkdir()
    return mounts.after(f"mount -t tmpfs -o size=1m none {workdir}/disk")


def disk_of(daemon, workdir):
    return pathlib.Path(f"/proc/{daemon.pid}/root{workdir}/disk")


def say(guest, viewer, text):
    pump([viewer], lambda: viewer.pending.endswith(text[-40:]),
         (guest, text))


def test_full_log_is_followed_by_a_new_one(charhubd, workdir, client):
    charhubd(*hub(workdir, f"logfile={workdir}/vm.log,rotate-size=100k,rotate-keep=0"))
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    text = lines(0, 20_000)
    say(guest, viewer, text)
    wait_until(lambda: everything(workdir) == text, "all in the files")
    assert len(old_files(workdir)) == len(text) // (100 * 1024)
    assert all(path.read_bytes().endswith(b"\n") for path in old_files(workdir))


def test_old_logs_are_packed_as_other_programs_know_it(charhubd, workdir, client):
    program.need("zstd", "gzip")
    text = lines(0, 20_000)
    for form, ending, tool in (("zstd", "Z.zst", "zstdcat"), ("gzip", "Z.gz", "zcat")):
        folder = workdir / form
        folder.mkdir()
        daemon = charhubd(*hub(workdir, f"logfile={folder}/vm.log,rotate-size=300k,"
                                        f"rotate-keep=0,compress={form}"))
        guest, viewer = client(workdir / "g"), client(workdir / "s")
        say(guest, viewer, text)
        count = len(text) // (300 * 1024)
        wait_until(lambda: len(old_files(folder, ending)) == count and not old_files(folder),
                   "packed files")
        unpacked = program.run([tool, *old_files(folder, ending)], workdir).out.encode()
        wait_until(lambda: unpacked + newest(folder) == text, "all of it")
        for path in old_files(folder, ending):
            assert path.stat().st_mode & 0o777 == 0o640
            assert path.with_name(path.name + ".idx").exists()
        guest.close()
        viewer.close()
        daemon.stop()
        for name in "g", "s":
            (workdir / name).unlink(missing_ok=True)


def test_file_is_rotated_too_and_only_the_newest_stay(charhubd, workdir, client):
    charhubd("-chardev", f"socket,id=g,path={workdir}/g,server=on,wait=off",
             "-chardev", "socket,id=s,path=s,server=on,wait=off",
             "-chardev", f"file,id=f,path={workdir}/vm.log,rotate-size=64k,rotate-keep=3",
             "-chardev", "hub,id=hub0,chardevs.0=s,chardevs.1=f",
             "-device", "console,guest=g,chardev=hub0")
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    text = lines(0, 20_000)
    say(guest, viewer, text)
    wait_until(lambda: len(old_files(workdir)) == 3
               and text.endswith(everything(workdir) or b"nothing"), "the newest")


def test_killed_daemon_leaves_what_the_next_one_goes_on_with(charhubd, workdir, client):
    log = f"logfile={workdir}/vm.log,logappend=on,rotate-size=16k,rotate-keep=0,compress=gzip"
    sent = b""
    for i in range(5):
        daemon = charhubd(*hub(workdir, log))
        guest, viewer = client(workdir / "g"), client(workdir / "s")
        text = lines(i * 3000, i * 3000 + 3000)
        say(guest, viewer, text)
        sent += text
        wait_until(lambda: everything(workdir) == sent, "all of it")
        daemon.kill()
        guest.close()
        viewer.close()
        for name in "g", "s":
            (workdir / name).unlink()
    charhubd(*hub(workdir, log))
    wait_until(lambda: not old_files(workdir), "packed files")
    assert everything(workdir) == sent


def test_full_disk_is_told_once_and_what_is_missing_is_counted(charhubd, workdir, client):
    daemon = charhubd(*hub(workdir, f"logfile={workdir}/disk/vm.log"),
                      prefix=on_small_disk(workdir))
    disk = disk_of(daemon, workdir)
    (disk / "ballast").write_bytes(bytes(700 * 1024))
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    text = lines(0, 30_000)
    say(guest, viewer, text)
    daemon.err.wait_for(TROUBLE)
    (disk / "ballast").unlink()
    wait_until(lambda: MISSING.search((disk / "vm.log").read_bytes()), "what is missing")
    say(guest, viewer, b"goes on\n" * 10)
    wait_until(lambda: (disk / "vm.log").read_bytes().endswith(b"goes on\n"), "what comes later")
    data = (disk / "vm.log").read_bytes()
    found = MISSING.search(data)
    assert len(MISSING.findall(data)) == 1
    before, after = data[:found.start()], data[found.end():]
    assert text.startswith(before)
    assert (text + b"goes on\n" * 10)[len(before) + int(found[1]):] == after
    daemon.err.wait_for(f"works again, {int(found[1])} bytes are missing in it")
    assert daemon.err.text.count(TROUBLE) == 1


def test_log_that_is_rotated_never_fills_a_small_disk(charhubd, workdir, client):
    daemon = charhubd(*hub(workdir, f"logfile={workdir}/disk/vm.log,rotate-size=200k,rotate-keep=2,"
                                    "compress=zstd"), prefix=on_small_disk(workdir))
    disk = disk_of(daemon, workdir)
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    text = lines(0, 100_000)
    say(guest, viewer, text)
    wait_until(lambda: newest(disk).endswith(lines(99_999, 100_000)) and not old_files(disk)
               and len(old_files(disk, "Z.zst")) == 2, "two old ones, packed")
    assert text.endswith(newest(disk))
    assert TROUBLE not in daemon.err.text


def test_logrotate_and_the_index(charhubd, workdir, client, tmp_path):
    program.need("logrotate")
    daemon = charhubd(*hub(workdir, f"logfile={workdir}/vm.log"), "-pidfile", workdir / "pid")
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    rules = tmp_path / "rules"
    rules.write_text(f"""{workdir}/vm.log {{
    rotate 3
    compress
    postrotate
        kill -HUP $(cat {workdir}/pid)
    endscript
}}
""")
    rules.chmod(0o644)
    workdir.chmod(0o755)
    sent = b""
    for i in range(3):
        text = lines(i * 100, i * 100 + 100)
        say(guest, viewer, text)
        sent += text
        wait_until(lambda: newest(workdir) == text, "the text")
        done = program.run(["logrotate", "--force", "--state", tmp_path / "state", rules], workdir)
        assert (done.code, done.err) == (0, "")
        wait_until((workdir / "vm.log").exists, "a new file")
    assert b"".join(gzip.decompress((workdir / f"vm.log.{n}.gz").read_bytes())
                    for n in (3, 2, 1)) == sent
    assert (workdir / "vm.log.idx").stat().st_size <= 32
    daemon.send_signal(signal.SIGHUP)


def test_rotation_that_cannot_be_is_refused(run_charhubd, workdir):
    os.mkfifo(workdir / "fifo")
    for args, text in (
            ("null,id=a,rotate-size=1M", "Parameter 'rotate-size' needs 'logfile'"),
            ("file,id=a,path=x,compress=zstd",
             "Parameter 'compress' needs 'rotate-size' or 'rotate-age'"),
            ("file,id=a,path=x,rotate-age=5", "Parameter 'rotate-age' expects a time such as 12h, "
                                              "1d or 1h30m, not '5'"),
            ("file,id=a,path=x,rotate-size=1",
             "Value '1' is out of range for parameter 'rotate-size'"),
            ("file,id=a,path=fifo,rotate-size=1M",
             "'fifo' cannot be rotated: only a regular file with a name of its own can"),
            ("null,id=a,logfile=/dev/null,rotate-age=1d",
             "'/dev/null' cannot be rotated: only a regular file with a name of its own can")):
        done = run_charhubd("-chardev", args)
        assert done.code == 1
        assert text in done.err


# ---- reading them ----

def test_log_is_read_from_all_its_files(charhubd, charhub_path, workdir, client):
    way = ["--socket", f"{workdir}/control"]
    charhubd(*hub(workdir, f"logfile={workdir}/vm.log,rotate-size=64k,rotate-keep=0,compress=zstd"),
             "-control", f"{workdir}/control")
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    text = lines(0, 10_000)
    say(guest, viewer, text)
    wait_until(lambda: len(old_files(workdir, "Z.zst")) == len(text) // (64 * 1024)
               and not old_files(workdir), "packed files")

    def log(*words):
        done = program.run([charhub_path, "log", *words], workdir)
        assert (done.code, done.err) == (0, "")
        return done.out.encode()

    wait_until(lambda: log("hub0", "--since", "1h", *way) == text, "all of it")
    assert log(f"{workdir}/vm.log") == text
    assert log("hub0", "-g", "^00000123[45] ", *way) == lines(1234, 1236)
    assert log("hub0", "--until", "1h", *way) == b""
    say(guest, viewer, b"\033[1mbold\033[m\r\n50%\r100%\r\n")
    wait_until(lambda: b"100%" in newest(workdir), "the last lines")
    assert log("hub0", "-p", "-g", "^(bold|100%)$", *way) == b"bold\n100%\n"
    assert log("hub0", "-g", "^bold", *way) == b"\033[1mbold\033[m\r\n"
    wrong = program.run([charhub_path, "log", "hub0", "-g", "(", *way], workdir)
    assert wrong.code == 1 and "'(' is no regular expression" in wrong.err


@pytest.mark.parametrize("suffix, pack", [(".gz", gzip.compress), (".gz", lambda _: b"nonsense")])
def test_a_damaged_file_hides_nothing_behind_it(charhub_path, workdir, suffix, pack):
    whole = pack(lines(0, 10_000))
    (workdir / f"vm.log.20261130T120000.000Z{suffix}").write_bytes(whole[:len(whole) // 2])
    (workdir / "vm.log").write_bytes(lines(10_000, 10_001))
    done = program.run([charhub_path, "log", workdir / "vm.log"], workdir)
    assert done.out.encode().endswith(lines(10_000, 10_001))
    assert done.code == 1
    assert f"vm.log.20261130T120000.000Z{suffix}': it is damaged" in done.err
    assert f"'{workdir}/vm.log' could not be read wholly" in done.err


def test_a_line_of_many_megabytes_is_searched(charhub_path, workdir):
    (workdir / "vm.log").write_bytes(b"x" * 3_000_000 + b" a needle\n" + lines(0, 3))
    for pattern in "needle$", "a needl[e]":
        done = program.run([charhub_path, "log", "./vm.log", f"--grep={pattern}"], workdir)
        assert done.code == 0 and done.out.endswith("x a needle\n"), done.err


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_of_a_log_hides_none(charhub_path, workdir, make):
    make(workdir / "vm.log.20261129T000000.000Z")
    make(workdir / "vm.log.idx")
    (workdir / "vm.log.20261129T000001.000Z").write_bytes(lines(0, 3))
    (workdir / "vm.log").write_bytes(lines(3, 5))
    done = program.run([charhub_path, "log", "./vm.log"], workdir)
    assert (done.code, done.out.encode()) == (1, lines(0, 5))
    assert "vm.log.20261129T000000.000Z': it is no regular file\n" in done.err
    assert "'./vm.log' could not be read wholly" in done.err


def test_a_pipe_in_the_place_of_a_log_is_not_waited_for(charhubd, charhub_path, workdir):
    charhubd("-console", "vm,guest=exec:echo hello; exec cat,listen=off,log=on",
             "-control", f"{workdir}/ctl")
    wait_until(lambda: (workdir / "vm.log").read_bytes() == b"hello\r\n", "the log")
    (workdir / "vm.log").unlink()
    os.mkfifo(workdir / "vm.log")
    done = program.run([charhub_path, f"--socket={workdir}/ctl", "log", "vm", "--grep=hello"],
                       workdir)
    assert (done.code, done.out) == (0, "hello\r\n")
    assert "cannot be read here: it is no regular file; this is what is held" in done.err
    (workdir / "vm.log").unlink()


def test_log_that_nobody_reads_any_more_is_not_followed(charhub_path, workdir):
    (workdir / "vm.log").write_bytes(lines(0, 3))
    log = subprocess.Popen([charhub_path, "log", "-f", workdir / "vm.log"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=workdir)
    with log:
        assert log.stdout.readline() == lines(0, 1)
        log.stdout.close()  # the file gets nothing more
        assert log.wait(DEADLINE) == 0


def test_file_that_is_not_there_is_no_console(charhub_path, workdir):
    for path in ("./vm.log", f"{workdir}/vm.log"):
        done = program.run([charhub_path, "log", path], workdir)
        assert done.code == 1
        assert f"cannot read '{path}': No such file or directory" in done.err


def test_log_is_followed_over_rotations(charhubd, charhub_path, workdir, client, terminal):
    charhubd(*hub(workdir, f"logfile={workdir}/vm.log,rotate-size=16k,rotate-keep=0,compress=gzip"),
             "-control", f"{workdir}/control")
    guest, viewer = client(workdir / "g"), client(workdir / "s")
    say(guest, viewer, lines(0, 10))
    wait_until(lambda: newest(workdir) == lines(0, 10), "the first lines")
    log = terminal(charhub_path, "log", "hub0", "-f", "-g", "^0000[0-9]*00 ", "--since", "1h",
                   "--socket", f"{workdir}/control")
    log.read_until(b"000000000 the guest")
    for start in range(10, 5010, 1000):
        say(guest, viewer, lines(start, start + 1000))
    seen = log.read_until(b"000005000 the guest")
    assert [int(n) for n in re.findall(rb"(\d{9}) the guest", seen)] == list(range(100, 5001, 100))
    log.send(b"\x03")
    log.expect_end(0)
