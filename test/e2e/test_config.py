# SPDX-License-Identifier: MIT
"""A console in a line, and files that say so."""

import re
import signal

import pytest

from support import program
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
