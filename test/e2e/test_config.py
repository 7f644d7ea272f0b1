# SPDX-License-Identifier: MIT
"""A console in a line, and files that say so."""

import errno
import json
import os
import re
import signal
import socket
import threading

import pytest

from support import mounts, program
from support.screen import wait_until
from support.stream import UnixServer


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_console_in_one_argument(charhubd, workdir, client):
    daemon = charhubd("-console", "vm1,guest=exec:echo hello; exec cat,log=on")
    people = [client(workdir / "vm1.sock") for _ in range(2)]
    for person in people:
        person.read_until("hello\r\n")
    people[0].send(b"typed\n")
    for person in people:
        person.read_until("typed\r\n")
    daemon.stop()
    assert (workdir / "vm1.log").read_bytes().startswith(b"hello\r\n")


def test_a_guest_at_a_socket_comes_and_goes(charhubd, workdir, client):
    (workdir / "run").mkdir()
    charhubd("-template", f"default,guest=unix:{workdir}/run/%n", "-console", "vm1")
    person = client(workdir / "vm1.sock")
    for word in b"first", b"second":
        guest = UnixServer(workdir / "run" / "vm1")
        with guest.accept() as line:
            line.send(word)
            person.read_until(word)
            person.send(b"answer")
            line.read_until(b"answer")
        guest.close()
        (workdir / "run" / "vm1").unlink()


def test_a_folder_of_files(charhubd, workdir, client):
    write(workdir / "etc/charhub.conf", """
        [template "default"]
          guest = 'exec:echo "I am %n"; exec cat'  listen = "unix:%n.console"
        [console "a"]
        include "more/b*"
        """)
    write(workdir / "etc/more/b1", '[console "b"]\n')
    write(workdir / "etc/conf.d/c.conf", '[console "c"] typing = "one"\n')
    charhubd("-config", "etc")
    for name in "a", "b", "c":
        client(workdir / f"{name}.console").read_until(f"I am {name}\r\n")


def test_a_domain_of_libvirt(charhubd, workdir, client):
    write(workdir / "qemu/vm.xml", f"""<domain type='kvm'><devices>
        <serial type='unix'><source mode='connect' path='{workdir}/console'/></serial>
        </devices></domain>""")
    charhubd("-console", "vm1,guest=libvirt:vm,listen=off,log=on",
             env={"CHARHUB_LIBVIRT": str(workdir / "qemu")})
    guest = client(workdir / "console")
    guest.send(b"from the guest\n")
    person = client(workdir / "console")
    person.read_until("from the guest")
    person.send(b"to the guest")
    guest.read_until("to the guest")


@pytest.mark.parametrize("text, message", [
    ('[console "a"]\n  guest = "exec:x"\n  typng = "one"\n',
     "charhubd:x.conf:3: console 'a': Invalid parameter 'typng'\n"),
    ('[console "a"]\n  guest = "exec:x"\n  guest.restart = "maybe"\n',
     "charhubd:x.conf:3: console 'a': Parameter 'restart' does not accept value 'maybe'\n"),
    ('[nonsense]\n', "charhubd:x.conf:1: there is no section [nonsense]\n"),
    ('\n[console "a"] guest = "smoke:x"\n',
     "charhubd:x.conf:2: console 'a': guest=smoke:x is not understood\n"),
    ('include "y.conf"\n',
     "charhubd:x.conf:1: Could not open 'y.conf': No such file or directory\n"),
])
def test_a_mistake_is_named_with_its_line(run_charhubd, workdir, text, message):
    write(workdir / "x.conf", text)
    result = run_charhubd("-config", "x.conf")
    assert result.code == 1
    assert result.err.startswith(message)


# ---- reading it again ----

COUNT = "exec:i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; exec cat"


# Who comes while a line is being printed is shown what there is of it, and the cursor behind it.
REPLAY_END = re.compile(rb"\x1b\[\?7h\r\x1b\[\d+C")


class Configured:
    """A charhubd with one file, that is written anew and read again."""

    def __init__(self, charhubd, charhub_path, workdir, text):
        self.workdir = workdir
        self.charhub = charhub_path
        self.write(text)
        self.daemon = charhubd("-config", "x.conf", "-control", f"{workdir}/ctl")

    def write(self, text):
        write(self.workdir / "x.conf", text)

    def run(self, *words):
        return program.run([self.charhub, f"--socket={self.workdir}/ctl", *words], self.workdir)

    def reload(self, text=None, *words):
        if text is not None:
            self.write(text)
        result = self.run("reload", *words)
        return result.code, sorted(line.split() for line in result.out.splitlines()), result.err


@pytest.fixture
def configured(charhubd, charhub_path, workdir):
    return lambda text: Configured(charhubd, charhub_path, workdir, text)


def test_what_is_the_same_is_not_touched(configured, workdir, client):
    keep = f"[console \"keep\"] guest = '{COUNT}' listen.clients = \"3\" grace-ms = \"60000\"\n"
    daemon = configured(keep + '[console "a"] guest = "exec:cat"\n')
    viewer = client(workdir / "keep.sock")
    for i in range(10):
        code, steps, err = daemon.reload(
            keep + f'[console "b{i}"] guest = "exec:cat"\n'
            f'[console "c"] guest = "exec:cat" log = "c{i}.log" typing-idle = "{i + 1}"\n')
        assert (code, err) == (0, "")
        assert not [step for step in steps if "keep" in step[2]]
        text = REPLAY_END.sub(b"", viewer.read_until(f"line {i * 2000 + 1999}\r\n"))
        numbers = [int(n) for n in re.findall(rb"line (\d+)\r\n", text)]
        assert numbers == list(range(numbers[0], i * 2000 + 2000))
        assert numbers[0] == (i * 2000 if i else numbers[0])
    client(workdir / "b9.sock")
    assert not (workdir / "b8.sock").exists()
    assert not (workdir / "a.sock").exists()


def test_a_change_that_the_class_can_take_costs_nobody_anything(configured, workdir, client):
    line = '[console "a"] guest = "exec:cat" log = "{}.log" typing-idle = "{}"\n'
    daemon = configured(line.format("one", 5))
    viewer = client(workdir / "a.sock")
    viewer.send(b"first\n")
    viewer.read_until("first\r\nfirst\r\n")
    assert daemon.reload(line.format("two", 6)) == (0, [["change", "chardev", "a"]], "")
    viewer.send(b"second\n")
    viewer.read_until("second\r\nsecond\r\n")
    wait_until(lambda: (workdir / "two.log").read_bytes() == b"second\r\nsecond\r\n", "the log")
    assert (workdir / "one.log").read_bytes() == b"first\r\nfirst\r\n"
    assert daemon.reload() == (0, [], "")


def test_a_mistake_changes_nothing(configured, workdir, client):
    good = '[console "a"] guest = "exec:cat"\n'
    daemon = configured(good)
    viewer = client(workdir / "a.sock")
    for bad, message in [
            ('[console "b"] guest = "exec:cat" typng = "x"\n',
             "x.conf:2: console 'b': Invalid parameter 'typng'"),
            ('[device]\n driver = "console"\n guest = "g"\n chardev = "a"\n',
             "x.conf:5: 'console,chardev=a,guest=g': there is no 'g', which guest= names"),
            ('[console "a"] guest = "exec:cat"\n', "x.conf:2: Duplicate ID 'a.guest' for chardev"),
            ("garbage\n", "x.conf:2: a line is key = \"value\"")]:
        code, steps, err = daemon.reload(good + bad)
        assert (code, steps) == (1, [])
        assert message in err
    viewer.send(b"still here\n")
    viewer.read_until("still here\r\nstill here\r\n")


def test_what_could_not_be_made_is_joined_when_it_can(configured, workdir, client):
    """A socket was in the way at a reload: at the next one people come by it as ever."""
    text = '[console "a"] guest = "exec:cat" listen = "unix:LISTEN"\n'
    daemon = configured(text.replace("LISTEN", "one"))
    (workdir / "two").write_text("in the way")
    assert daemon.reload(text.replace("LISTEN", "two"))[0] == 1
    assert "It is not a socket and is left alone." in daemon.daemon.err.text
    (workdir / "two").unlink()
    assert daemon.reload() == (
        0, [["add", "chardev", "a.listen"], ["change", "chardev", "a"]], "")
    viewer = client(workdir / "two")
    viewer.send("hello\n")
    viewer.read_until("hello")


@pytest.mark.parametrize("change, message", [
    ('size = "0x0"', "Parameter 'size' expects COLSxROWS"),
    ('rotate-age = "0" log = "on"', "Parameter 'rotate-age' expects a time"),
    ('logmode = "9999" log = "on"', "Parameter 'logmode' expects three octal digits"),
    ('listen = ":99999"', "port=99999: a port is 0 to 65535"),
    ('listen = ":7" listen.tls-hostname = "x"', "'tls_hostname' option requires 'tls_creds'"),
    ('guest = "exec:"', "chardev: exec: no command given"),
])
def test_what_can_never_be_made_unmakes_nothing(configured, workdir, client, change, message):
    text = '[console "a"] guest = "exec:echo first; exec cat" '
    daemon = configured(text)
    viewer = client(workdir / "a.sock")
    viewer.read_until("first")
    code, steps, err = daemon.reload(text + change)
    assert (code, steps) == (1, [])
    assert f"charhub: x.conf:1: console 'a': {message}" in err
    assert daemon.run("config", "check", "x.conf").code == 1
    viewer.send(b"still there\n")
    viewer.read_until("still there")


def test_dry_run_only_says_what_it_would_do(configured, workdir):
    daemon = configured('[console "a"] guest = "exec:cat"\n')
    text = '[console "b"] guest = "exec:cat"\n'
    plan = daemon.reload(text, "--dry-run")
    assert ["add", "chardev", "b"] in plan[1] and ["remove", "device", "a.device"] in plan[1]
    assert (workdir / "a.sock").exists() and not (workdir / "b.sock").exists()
    assert daemon.reload()[1] == plan[1]
    assert (workdir / "b.sock").exists() and not (workdir / "a.sock").exists()


def test_sighup_reads_it_again(configured, workdir, client):
    daemon = configured('[console "a"] guest = "exec:cat"\n')
    daemon.write('[console "b"] guest = "exec:cat"\n')
    daemon.daemon.send_signal(signal.SIGHUP)
    wait_until(lambda: (workdir / "b.sock").exists(), "the new console")
    daemon.write("garbage\n")
    daemon.daemon.send_signal(signal.SIGHUP)
    daemon.daemon.err.wait_for("the configuration is not used: x.conf:1: ")
    client(workdir / "b.sock")


def test_what_is_shown_makes_the_same(configured, run_charhubd, workdir):
    daemon = configured('[console "a"] guest = "exec:echo a, b" log = "on" vnc = "on"\n')
    shown = daemon.run("config", "show", "a").out
    assert shown.splitlines()[0] == "-chardev exec,id=a.guest,command=echo a,, b"
    args = [word for line in shown.splitlines() for word in line.split(" ", 1)]
    assert run_charhubd("-check", *args).code == 0
    assert daemon.run("config", "check", "x.conf").code == 0
    daemon.write("[nonsense]\n")
    check = daemon.run("config", "check", "x.conf")
    assert (check.code, check.err) == (1, "charhubd:x.conf:1: there is no section [nonsense]\n")


def test_consoles_come_and_go_with_their_sockets(configured, workdir, client):
    (workdir / "vms").mkdir()
    first = UnixServer(workdir / "vms/a.sock")
    daemon = configured(f'[console "vm-*"] guest = "unix:{workdir}/vms/*.sock"\n')
    viewer = client(workdir / "vm-a.sock")
    with first.accept() as guest:
        guest.send(b"I am a")
        viewer.read_until("I am a")
        for name in "b", "c":
            server = UnixServer(workdir / f"vms/{name}.sock")
            wait_until(lambda: (workdir / f"vm-{name}.sock").exists(), "the new console")
            with server.accept() as other:
                other.send(b"I am another")
                client(workdir / f"vm-{name}.sock").read_until("I am another")
            server.close()
            (workdir / f"vms/{name}.sock").unlink()
            wait_until(lambda: not (workdir / f"vm-{name}.sock").exists(), "it to go")
        guest.send(b"still a")
        viewer.read_until("still a")
        assert daemon.reload() == (0, [], "")
    first.close()


def test_a_file_system_over_a_watched_folder_is_noticed(upgradable, workdir):
    """Of the mount namespace that the daemon is in; also by the program that takes over."""
    write(workdir / "x.conf",
          f'[console "vm-*"] guest = "unix:{workdir}/vms/*.sock" listen = "off"\n')
    for name in "vms/a.sock", "other/b.sock", "third/c.sock":
        bind(workdir / name)
    daemon = upgradable.start("-config", "x.conf", prefix=mounts.after("true"))

    def names():
        return sorted(hub["id"] for hub in upgradable.run("query-hubs"))

    def expect(*words, becomes):
        mounts.inside(daemon.pid, *words)
        wait_until(lambda: names() == becomes, "the folder is read")

    assert names() == ["vm-a"]
    expect("mount", "--bind", workdir / "other", workdir / "vms", becomes=["vm-b"])
    bind(workdir / "other/d.sock")
    wait_until(lambda: names() == ["vm-b", "vm-d"], "the new console")
    upgradable.upgrade()
    expect("mount", "--bind", workdir / "third", workdir / "vms", becomes=["vm-c"])
    expect("umount", workdir / "vms", becomes=["vm-b", "vm-d"])
    expect("umount", workdir / "vms", becomes=["vm-a"])
    (workdir / "other/d.sock").unlink()


@pytest.mark.skipif(
    bool(program.SANDBOX), reason="what stands between is no program that may be executed")
def test_a_socket_that_comes_between_two_programs_is_noticed(upgradable, charhubd_path, workdir):
    """One of them looks no more, the other one not yet."""
    write(workdir / "x.conf",
          f'[console "vm-*"] guest = "unix:{workdir}/vms/*.sock" listen = "off"\n')
    bind(workdir / "vms/a.sock")
    bind(workdir / "b.sock")
    upgradable.start("-config", "x.conf")
    upgradable.install_script(f"""
        case "$*" in
        *-check-snapshot*) ;;
        *) mv {workdir}/b.sock {workdir}/vms ;;
        esac
        exec {charhubd_path} "$@" """)
    upgradable.upgrade()
    wait_until(lambda: len(upgradable.run("query-hubs")) == 2, "the new console")
    (workdir / "vms/b.sock").unlink()


def consoles(daemon):
    return [console["name"] for console in json.loads(daemon.run("list", "--json").out)]


def bind(path):
    """A socket at @path, at which nobody listens."""
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


def test_a_pattern_has_a_template_and_several_folders(configured, workdir):
    daemon = configured(f"""
        [template "t"] listen = "off"
        [console "vm-*"] template = "t" guest = "unix:{workdir}/%h/a%%/*.sock"
        [console "vm-*"] template = "t" guest = "unix:{workdir}/b/*.sock"
        """)
    (workdir / os.uname().nodename).mkdir()
    for name, folder in (("1", f"{os.uname().nodename}/a%"), ("2", "b")):
        bind(workdir / folder / f"{name}.sock")
        wait_until(lambda name=name: f"vm-{name}" in consoles(daemon), "the new console")
    assert daemon.reload() == (0, [], "")
    assert sorted(consoles(daemon)) == ["vm-1", "vm-2"]
    for path in workdir.glob("*/*/1.sock"), workdir.glob("b/2.sock"):
        next(path).unlink()
    wait_until(lambda: not consoles(daemon), "them to go")


def turn_link(link, target):
    """As `ln -sfn` does it."""
    new = link.with_name("new-link")
    new.symlink_to(target)
    new.rename(link)


def test_a_folder_behind_links_is_another_one(configured, workdir):
    """Nobody has to ask for that by a reload."""
    for path in "one/vms/1.sock", "two/vms/2.sock", "two/vms/3.sock":
        (workdir / path).parent.parent.mkdir(exist_ok=True)
        bind(workdir / path)
    (workdir / "current").symlink_to("one")
    (workdir / "vms").symlink_to(workdir / "current/vms")
    daemon = configured(f"""[console "vm-*"] guest = "unix:{workdir}/vms/*.sock" listen = "off" """)
    assert consoles(daemon) == ["vm-1"]
    turn_link(workdir / "current", "two")
    wait_until(lambda: sorted(consoles(daemon)) == ["vm-2", "vm-3"], "those of the other folder")
    (workdir / "two").rename(workdir / "away")
    wait_until(lambda: not consoles(daemon), "them to go")
    (workdir / "away").rename(workdir / "two")
    wait_until(lambda: sorted(consoles(daemon)) == ["vm-2", "vm-3"], "them to come back")
    turn_link(workdir / "vms", "vms")
    daemon.daemon.err.wait_for("Too many levels of symbolic links")
    turn_link(workdir / "vms", "one/vms")
    wait_until(lambda: consoles(daemon) == ["vm-1"], "the first one")


def test_a_socket_takes_nobodys_name(configured, workdir):
    """Neither a console's, nor that of a part, nor one that another socket has."""
    for path in "a/a.sock", "a/c.sock", "b/c.sock", "a/d.guest.sock", "a/e.sock":
        bind(workdir / path)
    daemon = configured(f"""
        [console "vm-*"] guest = "unix:{workdir}/a/*.sock" listen = "off"
        [console "vm-*"] guest = "unix:{workdir}/b/*.sock" listen = "off"
        [console "vm-a"] guest = "exec:cat" listen = "off"
        [console "vm-d"] guest = "exec:cat" listen = "off"
        [chardev "vm-e.guest"] backend = "null"
        """)
    there = ["vm-a", "vm-c", "vm-d"]
    before = daemon.run("config", "show").out
    assert sorted(consoles(daemon)) == there
    assert f"path={workdir}/a/c.sock" in before
    bind(workdir / "a/d.sock")
    bind(workdir / "a/f.sock")
    wait_until(lambda: sorted(consoles(daemon)) == [*there, "vm-f"], "the new console")
    (workdir / "a/f.sock").unlink()
    wait_until(lambda: sorted(consoles(daemon)) == there, "it to go")
    assert daemon.reload() == (0, [], "")
    assert daemon.run("config", "show").out == before
    assert (f"console 'vm-*': unix:{workdir}/a/a.sock is left out: 'vm-a', or a part of it, would "
            "have the name of something else") in daemon.daemon.err.text
    (workdir / "a/d.sock").unlink()


def test_only_what_may_be_a_socket_is_a_guest(configured, workdir):
    folder = workdir / "vms"
    for path in folder / "real.sock", folder / "odd\nname.sock":
        bind(path)
    for name, target in (("link", "real.sock"), ("later", "none"), ("folder", "."),
                         ("loop", "loop.sock"), ("file", "../x.conf")):
        (folder / f"{name}.sock").symlink_to(target)
    (folder / "plain.sock").touch()
    os.mkfifo(folder / "fifo.sock")
    daemon = configured(f'[console "*"] guest = "unix:{folder}/*.sock" listen = "off"\n')
    assert sorted(consoles(daemon)) == ["later", "link", "real"]
    assert "'odd?name.sock' in" in daemon.daemon.err.text


def test_a_mistake_in_a_pattern_is_one_before_there_is_a_socket(run_charhubd, workdir):
    write(workdir / "x.conf", '[console "*"]\n guest = "unix:none/*.sock"\n tpying = "one"\n')
    result = run_charhubd("-check", "-config", "x.conf")
    assert (result.code, result.err.splitlines()[0]) == (
        1, "charhubd:x.conf:3: console 'x': Invalid parameter 'tpying'")


def test_a_folder_that_cannot_be_read_takes_nothing_away(configured, workdir):
    """Of guests, and of files."""
    bind(workdir / "vms/a.sock")
    write(workdir / "more/b.conf", '[console "b"] guest = "exec:cat" listen = "off"\n')
    daemon = configured(f'[console "*"] guest = "unix:{workdir}/vms/*.sock" listen = "off"\n'
                        'include "more/*.conf"\n')
    for folder, message in (
            ("vms", f"x.conf:1: console '*': cannot read the folder '{workdir}/vms': "),
            ("more", "x.conf:2: Could not read the folder of 'more/*.conf': ")):
        (workdir / folder).rename(workdir / "aside")
        (workdir / folder).symlink_to(folder)
        code, steps, err = daemon.reload()
        assert (code, steps) == (1, [])
        assert err == f"charhub: {message}{os.strerror(errno.ELOOP)}\n"
        assert sorted(consoles(daemon)) == ["a", "b"]
        (workdir / folder).unlink()
        (workdir / "aside").rename(workdir / folder)
    assert daemon.reload() == (0, [], "")


def test_a_pipe_is_read_once(charhubd, charhub_path, workdir):
    """By who names it; reading it again would wait, or find that nothing is wanted any more."""
    os.mkfifo(workdir / "pipe")
    writer = threading.Thread(target=write, args=(
        workdir / "pipe", '[console "a"] guest = "exec:cat" listen = "off"\n'))
    writer.start()
    charhubd("-config", "pipe", "-control", f"{workdir}/ctl")
    writer.join()
    for _ in range(2):
        done = program.run([charhub_path, f"--socket={workdir}/ctl", "reload"], workdir)
        assert (done.code, done.out) == (1, "")
        assert "'pipe': it is no regular file" in done.err
    done = program.run([charhub_path, f"--socket={workdir}/ctl", "list"], workdir)
    assert "a        up" in done.out


@pytest.mark.parametrize("text", ['include "pipe"\n', 'include "pip*"\n'])
def test_a_pipe_is_not_included(run_charhubd, workdir, text):
    os.mkfifo(workdir / "pipe")
    write(workdir / "x.conf", text)
    result = run_charhubd("-check", "-config", "x.conf")
    assert result.code == 1
    assert "x.conf:1: Cannot read config file 'pipe': it is no regular file" in result.err
