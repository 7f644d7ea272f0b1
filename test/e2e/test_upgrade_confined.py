# SPDX-License-Identifier: MIT
"""Upgrades of a program that has given something up for good: -run-with."""

import os
import pathlib

import pytest

from support import mounts, program
from support.stream import connect_tcp
from support.upgradable import TAKEN_OVER

NOBODY = "65534:65534"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def status(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return dict(line.split(":\t", 1) for line in text.splitlines())


def shell_console(workdir):
    """A shell with a log, and people on a socket and a terminal."""
    return ["-chardev", "exec,id=g,command=PS1='> ' ENV= sh,restart=always",
            "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,clients=4",
            "-chardev", "pty,id=p",
            "-chardev", f"hub,id=h,chardevs.0=s,chardevs.1=p,logfile={workdir}/log,"
                        "rotate-size=10k,rotate-keep=0",
            "-device", "console,guest=g,chardev=h"]


def ask(person, question, answer):
    person.send(question + b"\r")
    person.read_until(answer + b"\r\n> ")


def scrape(peer):
    peer.send(b"GET /metrics HTTP/1.0\r\n\r\n")
    assert b"# EOF" in peer.read_to_end()


def no_complaints(upgradable):
    """All that it has told is that it goes on."""
    lines = upgradable.daemon.err.text.splitlines()
    assert [line for line in lines if not TAKEN_OVER.search(line.encode())] == []


@needs_root
def test_another_user_goes_on_without_the_rights_that_are_gone(upgradable, workdir, client, pty,
                                                               charhub_path):
    """With what only root could open: the pidfile, the audit, a port, logs."""
    (workdir / "root").mkdir()
    workdir.chmod(0o777)
    port = 81  # which only root may take
    daemon = upgradable.start(
        *shell_console(workdir), "-pidfile", workdir / "root" / "pid", "-metrics", f":{port}",
        "-audit", f"{workdir}/root/audit", "-run-with", f"user={NOBODY}")
    person = client(workdir / "s")
    ask(person, b"echo $((6 * 7))", b"42")
    for number in range(2):
        upgradable.upgrade()
        assert status(daemon.pid)["Uid"].split() == ["65534"] * 4
        ask(person, b"echo n$((%d * 7))" % number, b"n%d" % (number * 7))
        scrape(connect_tcp(port))
        with pty(daemon.pty_path("p")) as terminal:
            ask(terminal, b"echo t$((%d * 7))" % number, b"t%d" % (number * 7))
        again = program.run([upgradable.charhubd_path, "-chardev", "null,id=n", "-pidfile",
                             workdir / "root" / "pid"], workdir)
        assert again.code == 1 and "Cannot lock pid file" in again.err
    assert (workdir / "root" / "pid").read_text() == f"{daemon.pid}\n"
    no_complaints(upgradable)
    done = program.run([charhub_path, "audit", "verify", workdir / "root" / "audit"], workdir)
    assert done.code == 0, done.err
    assert (workdir / "root" / "audit").read_text().count('"goes-on":true') == 2


@needs_root
def test_what_root_has_to_read_keeps_the_old_one(upgradable, workdir, client):
    """A secret, the program itself; nothing has happened, and once they can be read it is done."""
    workdir.chmod(0o777)
    secret = workdir / "secret"
    secret.write_text("abc")
    secret.chmod(0o600)
    upgradable.start(*shell_console(workdir), "-object", f"secret,id=x,file={secret}",
                     "-run-with", f"user={NOBODY}")
    person = client(workdir / "s")
    ask(person, b"echo $((6 * 7))", b"42")
    upgradable.refuse("object 'x': .*secret.*Permission denied")
    secret.chmod(0o644)
    upgradable.path.parent.chmod(0o700)
    upgradable.refuse("cannot be started: Permission denied")
    upgradable.path.parent.chmod(0o755)
    ask(person, b"echo $((6 * 8))", b"48")
    upgradable.upgrade()
    ask(person, b"echo $((6 * 9))", b"54")


@needs_root
@pytest.mark.parametrize("before, after, why", [
    (f'user = "{NOBODY}"', 'user = "1:1"', f"user is '{NOBODY}' for good.*become '1:1'"),
    (f'user = "{NOBODY}"', "", f"user is '{NOBODY}' for good.*become ''"),
    (f'user = "{NOBODY}"', f'user = "{NOBODY}"\nchroot = "/tmp"', "chroot is '' for good.*'/tmp'"),
    ("", 'user = "nobody-of-that-name"', "User \"nobody-of-that-name\" doesn't exist"),
])
def test_what_is_given_up_cannot_be_changed(upgradable, workdir, before, after, why):
    workdir.chmod(0o777)
    conf = workdir / "conf"
    conf.write_text(f"[run-with]\n{before}\n")
    upgradable.start("-chardev", "null,id=n", "-config", "conf")
    conf.write_text(f"[run-with]\n{after}\n")
    upgradable.refuse(why)
    conf.write_text(f"[run-with]\n{before}\n")
    upgradable.upgrade()


@needs_root
def test_a_name_that_means_somebody_else_by_now_is_refused(upgradable, workdir):
    upgradable.start("-chardev", "null,id=n", "-run-with", "user=somebody", **accounts(workdir))
    upgradable.upgrade()
    (workdir / "passwd").write_text("somebody:x:1:1::/:/bin/sh\n")
    upgradable.refuse("user 'somebody' is 65534:65534 for good.*become 1:1")


def accounts(workdir):
    """How a program is started that finds the accounts of workdir/passwd."""
    workdir.chmod(0o777)
    (workdir / "passwd").write_text("somebody:x:65534:65534::/:/bin/sh\n")
    return {"prefix": mounts.after(f"mount --bind {workdir}/passwd /etc/passwd", users=True)}


def in_root(folder, *more):
    """How a program is started for which the folder has all that there is."""
    binds = " && ".join([f"mount --rbind / {folder}", *more])
    return {"prefix": mounts.after(binds, users=True)}


@needs_root
def test_another_root_goes_on_where_the_program_is_in_it(upgradable, workdir, client):
    root = workdir / "root"
    root.mkdir()
    daemon = upgradable.start(*shell_console(workdir), "-run-with", f"chroot={root}",
                              **in_root(root))
    person = client(workdir / "s")
    ask(person, b"echo $((6 * 7))", b"42")
    for number in range(2):
        upgradable.upgrade()
        assert os.readlink(f"/proc/{daemon.pid}/root") == str(root)
        ask(person, b"echo n$((%d * 7))" % number, b"n%d" % (number * 7))
    no_complaints(upgradable)
    upgradable.daemon.stop(left=[upgradable.control])  # it is no path of the new root
    upgradable.control.unlink()


@needs_root
def test_another_root_in_which_nobody_is_known(upgradable, workdir):
    """The name of the user was looked up before; what it says has not changed."""
    root = workdir / "root"
    root.mkdir()
    workdir.chmod(0o777)
    daemon = upgradable.start("-chardev", "null,id=n", "-run-with", f"user=nobody,chroot={root}",
                              **in_root(root, f"mount --bind /dev/null {root}/etc/passwd"))
    upgradable.upgrade()
    assert status(daemon.pid)["Uid"].split() == ["65534"] * 4
    daemon.stop(left=[upgradable.control])
    upgradable.control.unlink()


@needs_root
def test_another_root_without_the_program_keeps_the_old_one(upgradable, workdir, client):
    root = workdir / "root"
    root.mkdir()
    upgradable.start(*shell_console(workdir), "-run-with", f"chroot={root}",
                     **in_root(root, f"mount -t tmpfs none {root}{workdir}/bin"))
    person = client(workdir / "s")
    ask(person, b"echo $((6 * 7))", b"42")
    upgradable.refuse("bin/charhubd' cannot be started: No such file or directory")
    ask(person, b"echo $((6 * 8))", b"48")
    upgradable.daemon.stop(left=[upgradable.control])
    upgradable.control.unlink()
