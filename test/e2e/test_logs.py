# SPDX-License-Identifier: MIT
"""Logs that are rotated, packed and fill the disk: every byte is there once, or counted."""

import gzip
import os
import pathlib
import re
import signal

from support import mounts, program
from support.logs import everything, lines, newest, old_files
from support.screen import wait_until
from support.stream import pump

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
    for i in range(10):
        say(guest, viewer, lines(i * 10_000, i * 10_000 + 10_000))
    wait_until(lambda: len(old_files(disk, "Z.zst")) == 2 and not old_files(disk), "two old ones")
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
    log.kill()
