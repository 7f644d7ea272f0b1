# SPDX-License-Identifier: MIT
"""Configurations of conserver and ConMan become ours: they pass the check, consoles work."""

import getpass
import pathlib
import re

import pytest

from support import program
from support.stream import UnixServer

CONSERVER = """
group staff {{ users {user}, bob; }}
break 4 {{ string "\\033c"; }}
default * {{ master localhost; rw staff; logfile {dir}/&.log; timestamp 1hab; }}
default vm {{ type uds; uds {dir}/run/&; udssubst "&=cs"; }}
console vm1 {{ include vm; }}
console vm2 {{ include vm; motd "hello"; }}
console shell {{ type exec; exec "echo \\"it is me\\"; exec cat"; logfile ""; }}
console look {{ type exec; exec cat; rw ""; ro {user}; }}
console closed {{ type exec; exec "exec cat"; rw ""; rw bob; }}
console far {{ type exec; master elsewhere; }}
access * {{ trusted 127.0.0.1; }}
"""

CONMAN = """
SERVER keepalive=ON
SERVER logdir="{dir}"
GLOBAL log="%N.log" logopts="timestamp"
CONSOLE name="vm1" dev="unix:{dir}/run/%N"
CONSOLE name="vm2" dev="unix:{dir}/run/%N" logopts="sanitize"
CONSOLE name="shell" dev="{dir}/shell.exp it's %N" \\
    log=""
CONSOLE name="t" dev="test:"
"""


class Site:
    """A file of theirs, ours made of it, and a charhubd that runs it."""

    def __init__(self, charhubd, charhub, workdir):
        self.start_daemon, self.charhub, self.dir = charhubd, charhub, workdir
        (workdir / "run").mkdir()

    def run(self, *words):
        return program.run([self.charhub, f"--socket={self.dir}/ctl", *words], self.dir)

    def convert(self, kind, text):
        (self.dir / "theirs").write_text(text)
        done = self.run("config", f"from-{kind}", "theirs", f"--control={self.dir}/ctl")
        assert done.code == 0, done.err
        (self.dir / "ours").write_text(done.out)
        assert self.run("config", "check", "ours").code == 0
        return done.out, done.err

    def start(self):
        return self.start_daemon("-config", "ours")

    def expect(self, console, *steps):
        done = self.run("expect", console, *steps)
        assert done.code == 0, done.err


@pytest.fixture
def site(charhubd, charhub_path, workdir):
    return Site(charhubd, charhub_path, workdir)


def guests(site):
    return [UnixServer(site.dir / "run" / name) for name in ("vm1", "vm2")]


def check_guests(site, servers):
    for server, name in zip(servers, ("vm1", "vm2")):
        with server.accept() as guest:
            guest.send(b"I am %b\n" % name.encode())
            assert site.run("send", name, "hello").code == 0
            guest.read_until("hello")
        server.close()


def test_a_conserver_cf(site):
    servers = guests(site)
    ours, notes = site.convert("conserver", CONSERVER.format(user=getpass.getuser(), dir=site.dir))
    assert [line.split(": ")[1] for line in notes.splitlines()] == [
        "break 4", "timestamp a, b", "motd", "access trusted", "console 'far' is left out"]
    assert '[console "vm1"]\n' in ours
    assert "# motd: who comes is shown the screen, no message\n[console \"vm2\"]\n" in ours
    site.start()
    check_guests(site, servers)
    site.expect("shell", "send hello\\r", "expect hello")
    assert "it is me" in site.run("history", "shell").out
    assert not (site.dir / "shell.log").exists()
    refused = site.run("send", "look", "hello")
    assert refused.code == 1 and "you may only look at" in refused.err
    assert site.run("send", "closed", "hello").code == 1
    assert site.run("screen", "look").code == 0


def test_a_name_may_be_that_of_a_part(site):
    ours, _ = site.convert("conserver", "default * { master localhost; rw *; type exec; }\n"
                           "console a.guest {} console a {} console a.guest.x {}\n")
    assert re.findall(r'console "(.*)"\]', ours) == ["a_guest", "a", "a.guest.x"]


def test_a_conman_conf(site):
    servers = guests(site)
    script = site.dir / "shell.exp"
    script.write_text('#!/bin/sh\necho "$1 me, $2"\nexec cat\n')
    script.chmod(0o755)
    ours, notes = site.convert("conman", CONMAN.format(dir=site.dir))
    assert [line.split(": ")[1] for line in notes.splitlines()] == [
        "SERVER keepalive", "console 'vm2'", "console 't' is left out"]
    assert '[console "vm1"]\n' in ours
    site.start()
    check_guests(site, servers)
    site.expect("shell", "send hello\\r", "expect hello")
    assert "it's me, shell" in site.run("history", "shell").out


@pytest.mark.parametrize("kind, text, message", [
    ("conserver", "console a {\n type modem; }\n", "theirs:2: 'modem' is no type of console"),
    ("conserver", "\n#include none.cf\n", "theirs:2: could not open 'none.cf'"),
    ("conman", "CONSOLE name=\"a\n", "theirs:1: a quote is not closed"),
])
def test_a_mistake_is_named_and_nothing_is_printed(site, kind, text, message):
    (site.dir / "theirs").write_text(text)
    done = site.run("config", f"from-{kind}", "theirs")
    assert (done.code, done.out) == (1, "")
    assert message in done.err


def test_an_included_file_stands_beside_the_first(site):
    (site.dir / "etc").mkdir()
    (site.dir / "etc/more.cf").write_text("console a { type exec; exec cat; master m; rw *; }\n")
    (site.dir / "etc/theirs").write_text("#include more.cf\n")
    done = site.run("config", "from-conserver", "etc/theirs", "--master=m", "--control=none")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1:] == [
        '[console "a"] guest = "exec:cat", guest.restart = "always", listen = "off"']


# ---- 200 VMs ----

VMS = [f"vm{i}" for i in range(1, 201)]


def lines(text):
    """Those that say something."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def conserver_200(folder):
    return ("config * { daemonmode on; }\n"
            f'default * {{ type uds; uds {folder}/run/&.sock; udssubst "&=cs";\n'
            f"  logfile {folder}/&.log; master localhost; rw *; }}\n"
            "access * { trusted 127.0.0.1; }\n" +
            "".join(f"console {name} {{ }}\n" for name in VMS))


def conman_200(folder):
    return ("SERVER keepalive=ON\nSERVER loopback=ON\nSERVER port=7890\n"
            f'SERVER logdir="{folder}"\nSERVER pidfile="{folder}/pid"\nGLOBAL log="%N.log"\n' +
            "".join(f'CONSOLE name="{name}" dev="unix:{folder}/run/{name}.sock"\n'
                    for name in VMS))


def documented(name):
    """How many lines doc/config.md says that a file has besides those of its consoles."""
    text = (pathlib.Path(__file__).parents[2] / "doc/config.md").read_text()
    return int(re.search(rf"\| {re.escape(name)} \| {len(VMS)} \+ (\d+) \|", text).group(1))


@pytest.mark.parametrize("kind, theirs, name", [
    ("conserver", conserver_200, "conserver.cf"), ("conman", conman_200, "conman.conf")])
def test_200_vms_are_a_line_each(site, kind, theirs, name):
    text = theirs("/run/x")
    assert len(lines(text)) == documented(name) + len(VMS)
    ours, _ = site.convert(kind, text)
    consoles = [line for line in lines(ours) if line.startswith("[console")]
    assert consoles == [f'[console "{name}"]' for name in VMS]
    assert len(lines(ours)) == documented("charhub.conf") + len(VMS)
