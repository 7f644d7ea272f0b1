# SPDX-License-Identifier: MIT
"""Upgrades of a program that has given something up for good: -run-with, -sandbox."""

import os
import pathlib
import re
import shutil

import pytest

from support import mounts, program, rfb
from support.load import Load
from support.qmp import Failed
from support.stream import UnixServer, connect_tcp

# To look for leaks a sanitizer does what a sandbox is against.
NO_LEAKS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
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
    """There was nothing to warn of."""
    lines = upgradable.daemon.err.text.splitlines()
    assert [line for line in lines if ": info: " not in line] == []


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


def only_for_root(workdir, name, text):
    """A file that others may not read, in a folder where they may make theirs."""
    workdir.chmod(0o777)
    path = workdir / name
    path.write_text(text)
    path.chmod(0o600)
    return path


@needs_root
def test_what_root_has_to_read_keeps_the_old_one(upgradable, workdir, client):
    """A secret, the program itself; nothing has happened, and once they can be read it is done."""
    secret = only_for_root(workdir, "secret", "abc")
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
def test_what_each_login_reads_has_to_be_readable(upgradable, run_charhubd, workdir):
    """As who the process is: at first, and by the next program."""
    passwords = only_for_root(workdir, "passwords", "joe:x\n")
    words = ["-object", "tls-creds-anon,id=t,endpoint=server",
             "-vnc", f"unix:{workdir}/vnc,tls-creds=t,plain-file={passwords}",
             "-run-with", f"user={NOBODY}"]
    done = run_charhubd(*words)
    assert done.code == 1
    assert (f"-run-with: as user '{NOBODY}': vnc: plain-file: cannot read '{passwords}': "
            "Permission denied") in done.err
    passwords.chmod(0o644)
    upgradable.start(*words)
    passwords.chmod(0o600)
    upgradable.refuse(f"vnc: plain-file: cannot read '{passwords}': Permission denied")
    passwords.chmod(0o644)
    upgradable.upgrade()
    assert "made again" not in upgradable.daemon.err.text


@needs_root
@pytest.mark.parametrize("words", [
    ["-chardev", "socket,id=s,path=s,server=on,wait=off"],
    ["-chardev", "null,id=n", "-vnc", "unix:vnc"],
    ["-chardev", "null,id=n,logfile=log"],
    ["-chardev", "null,id=n", "-pidfile", "pid"],
])
def test_paths_of_another_root_begin_at_it(run_charhubd, workdir, words):
    done = run_charhubd(*words, "-run-with", f"chroot={workdir}")
    assert done.code == 1
    assert "-run-with: with chroot= a path begins with '/': '" in done.err
    assert not [path for path in workdir.iterdir() if path.is_socket()]


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
    upgradable.daemon.stop()


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
    daemon.stop()


@needs_root
def test_another_root_in_which_the_service_manager_is_not(upgradable, workdir):
    root = workdir / "root"
    root.mkdir()
    daemon = upgradable.start(
        "-chardev", "null,id=n", "-run-with", f"chroot={root}",
        **in_root(root, f'mount -t tmpfs none {root}"${{NOTIFY_SOCKET%/*}}"'))
    for _ in range(2):
        upgradable.upgrade()
        assert daemon.notify.wait_ready(daemon.process)
    no_complaints(upgradable)
    daemon.stop()


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
    upgradable.daemon.stop()


# ---- -sandbox ----


def filters(pid):
    return status(pid).get("Seccomp_filters", "1").strip()


def test_a_sandbox_is_gone_on_in(upgradable, workdir, client, pty):
    """Consoles under load, a terminal, a child of the helper, a viewer, a log that is rotated."""
    servers = [UnixServer(workdir / f"g{i}") for i in range(3)]
    args = []
    for i in range(3):
        args += ["-chardev", f"socket,id=g{i},path={workdir}/g{i}",
                 "-chardev", f"socket,id=s{i},path={workdir}/s{i},server=on,wait=off,clients=4",
                 "-chardev", f"file,id=f{i},path={workdir}/f{i}",
                 "-chardev", f"hub,id=h{i},members.0.chardev=s{i},members.0.stall=wait,"
                             f"members.1.chardev=f{i},members.1.stall=wait,replay=window",
                 "-device", f"console,guest=g{i},chardev=h{i}"]
    daemon = upgradable.start(
        *shell_console(workdir), *args, "-chardev", "vc,id=v", "-chardev", "null,id=n",
        "-device", "console,guest=n,chardev=v", "-vnc", f"unix:{workdir}/vnc", "-sandbox", "on",
        env=NO_LEAKS)
    guests = [server.accept() for server in servers]
    readers = [[client(workdir / f"s{i}")] for i in range(3)]
    person, viewer = client(workdir / "s"), rfb.connect(f"{workdir}/vnc")
    before = filters(daemon.pid)
    ask(person, b"echo $((6 * 7))", b"42")
    with Load(guests, readers) as load, pty(daemon.pty_path("p")) as terminal:
        for number in range(2):
            load.wait_for_lines(20)
            upgradable.upgrade()
            assert filters(daemon.pid) == before
            viewer.picture()
            ask(terminal, b"echo t$((%d * 7))" % number, b"t%d" % (number * 7))
            person.read_until(b"t%d\r\n> " % (number * 7))
            person.send(b"exit\r")  # who comes next is made by the helper, outside
            person.read_until(re.compile(rb"exit\r\n(.*\n)*> "))
            ask(person, b"echo seen; grep Seccomp: /proc/self/status", b"Seccomp:\t0")
        load.wait_for_lines(20)
        load.finish()
    viewer.close()
    daemon.stop(left=[workdir / f"g{i}" for i in range(3)])
    for i, sent in enumerate(load.sent):
        wanted = b"".join(b"line %d of %d\r\n" % (n, i) for n in range(sent))
        assert (workdir / f"f{i}").read_bytes() == wanted
    no_complaints(upgradable)


@needs_root
def test_a_sandbox_of_another_user_is_gone_on_in(upgradable, workdir, client):
    workdir.chmod(0o777)
    daemon = upgradable.start(*shell_console(workdir), "-run-with", f"user={NOBODY}",
                              "-sandbox", "on,spawn=deny", env=NO_LEAKS)
    person = client(workdir / "s")
    for number in range(2):
        upgradable.upgrade()
        assert status(daemon.pid)["Uid"].split() == ["65534"] * 4
        ask(person, b"echo n$((%d * 7))" % number, b"n%d" % (number * 7))
        with upgradable.qmp() as qmp, pytest.raises(Failed, match="Operation not permitted"):
            qmp.add("late", "exec", command="true")
    no_complaints(upgradable)


def test_nothing_else_can_be_executed_inside(upgradable, workdir):
    """A program that is put in the place of the installed one is no shell."""
    upgradable.start("-chardev", "null,id=n", "-sandbox", "on", env=NO_LEAKS)
    upgradable.install_script("exit 0")
    upgradable.refuse("cannot be started: Permission denied")
    upgradable.install(upgradable.charhubd_path)
    upgradable.upgrade()


def test_an_upgrade_can_be_denied(upgradable):
    upgradable.start("-chardev", "null,id=n", "-sandbox", "on,upgrade=deny", env=NO_LEAKS)
    upgradable.refuse("an upgrade is not possible with -sandbox upgrade=deny")
    assert upgradable.run("query-chardev")[0]["label"] == "n"


def test_a_later_version_takes_over_inside(upgradable, charhubd_path, workdir, client):
    later = charhubd_path.parents[2] / "test" / "e2e" / "charhubd-later"
    if not later.exists():
        program.lack("charhubd-later of this build")
    shutil.copy(later, upgradable.path.parent / "later")
    upgradable.start(*shell_console(workdir), "-sandbox", "on", env=NO_LEAKS)
    person = client(workdir / "s")
    ask(person, b"echo $((6 * 7))", b"42")
    for path in upgradable.path.parent / "later", charhubd_path:
        upgradable.install(path)
        upgradable.upgrade()
        ask(person, b"echo $((6 * 8))", b"48")


@pytest.mark.parametrize("before, after, why", [
    ("on", "off", "-sandbox is 'on' for good.*become 'off'"),
    ("on,spawn=deny", "on", "-sandbox is 'on,spawn=deny' for good.*become 'on'"),
])
def test_what_a_sandbox_is_cannot_be_changed(upgradable, workdir, before, after, why):
    def configure(text):
        words = "".join(f'{key} = "{value}"\n' for key, value in
                        (word.split("=") for word in f"enable={text}".split(",")))
        (workdir / "conf").write_text(f"[sandbox]\n{words}")

    configure(before)
    upgradable.start("-chardev", "null,id=n", "-config", "conf", env=NO_LEAKS, sandbox=[])
    configure(after)
    upgradable.refuse(why)
    configure(before)
    upgradable.upgrade()


def test_a_file_outside_is_named(upgradable, workdir, tmp_path):
    conf = workdir / "conf"
    conf.write_text("")
    upgradable.start("-chardev", "null,id=n", "-config", "conf", "-sandbox", "on", env=NO_LEAKS)
    conf.write_text(f'[chardev "f"]\nbackend = "file"\npath = "{tmp_path}/log"\n')
    upgradable.refuse(f"'{tmp_path}' is outside of the sandbox, for good")
    conf.write_text(f'[chardev "f"]\nbackend = "file"\npath = "{workdir}/log"\n')
    upgradable.upgrade()
