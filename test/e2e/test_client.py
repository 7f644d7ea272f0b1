# SPDX-License-Identifier: MIT
"""`charhub`, the client: people at real terminals, and scripts."""

import contextlib
import errno
import getpass
import json
import os
import re
import select
import signal
import socket
import subprocess
import threading

import pytest

from support import guests, program

LEAVE = "\x1d."
PROMPT = "vm> "


class Host:
    """A host with daemons, and what the client does there."""

    def __init__(self, charhubd, charhub, workdir, terminal):
        self.start_daemon, self.charhub, self.workdir = charhubd, str(charhub), workdir
        self.terminal = terminal
        self.env = {"XDG_RUNTIME_DIR": str(workdir), "CHARHUB_SOCKET": ""}
        (workdir / "charhub").mkdir()

    def start(self, *options, daemon="a", name="vm", command=f"PS1='{PROMPT}' ENV= sh",
              first_words=True):
        """A daemon with a console @name: a shell, or @command, which has printed @first_words."""
        started = self.start_daemon(
            "-chardev", f"exec,id={name}-guest,command={command}",
            "-chardev", f"null,id={name}-log",
            "-chardev", ",".join([f"hub,id={name},chardevs.0={name}-log", *options]),
            "-device", f"console,guest={name}-guest,chardev={name}",
            "-control", self.control(daemon))
        if first_words:
            self.wait_for_first_words(name, self.control(daemon))
        return started

    def wait_for_first_words(self, name, control):
        """The guest has printed something, and who has waited for that is forgotten."""
        log = self.terminal(self.charhub, "log", "-f", name, "--socket", control, env=self.env)
        log.read_until(re.compile(rb"vm> |ready\r*\n|login: |y\r*\n"))
        log.kill()
        while len(self.hub(name, "--socket", control)["members"]) > 1:
            pass

    def start_on_socket(self, options=""):
        """A daemon with a console "vm" whose guest is who connects to "g"."""
        return self.start_daemon(
            "-chardev", f"socket,id=g,path={self.workdir}/g,server=on,wait=off{options}",
            "-chardev", "null,id=log", "-chardev", "hub,id=vm,chardevs.0=log",
            "-device", "console,guest=g,chardev=vm", "-control", self.control())

    def control(self, daemon="a"):
        return f"{self.workdir}/charhub/{daemon}.control"

    def run(self, *words, code=0, stdin=None, env=()):
        """The client with @words, which ends with @code."""
        done = program.run([self.charhub, *words], self.workdir, stdin=stdin,
                           env={**self.env, **dict(env)})
        assert done.code == code, f"{words} ended with {done.code}: {done.err}{done.out}"
        return done

    def attach(self, *words, env=(), **options):
        """Somebody at a terminal, who sees the console."""
        person = self.terminal(self.charhub, "attach", *words, env={**self.env, **dict(env)},
                               cwd=self.workdir, **options)
        person.read_until(re.compile(rb"leaves, \S+ \? shows more\]"))
        return person

    def hub(self, name="vm", *options):
        return json.loads(self.run("who", name, "--json", *options).out)[0]


@pytest.fixture
def host(charhubd, charhub_path, workdir, terminal):
    return Host(charhubd, charhub_path, workdir, terminal)


def ask(person, question, answer):
    person.send(question)
    person.read_until(answer)


# ---- what there is ----

def test_consoles_of_all_daemons_are_one_list(host):
    host.start(daemon="a", name="one")
    host.start(daemon="b", name="two")
    out = host.run().out
    assert re.search(r"^a/one +up .*\n^b/two +up ", out, re.M), out
    assert [c["name"] for c in json.loads(host.run("list", "--json").out)] == ["one", "two"]
    assert "\033" not in out
    host.run("list", "--socket", host.control("b")).out.startswith("two")
    host.run("expect", "tw", r"send echo $((6*7))\r", "expect 42$")
    assert "may be a/one, b/two" in host.run("send", "*", "x", code=1).err
    assert "there is no console 'three'" in host.run("attach", "three", code=1).err


def test_without_a_daemon_it_says_how_there_would_be_one(host):
    assert "-control PATH" in host.run(code=1).err


# ---- being at a console ----

def test_two_people_see_and_type_the_same(host):
    host.start()
    ann, joe = host.attach("vm"), host.attach("v*")
    ask(ann, "echo $((6*7))\r", "42\r\n")
    joe.read_until("42\r\n")
    ask(joe, "echo $((6*9))\r", "54\r\n")
    ann.read_until("54\r\n")
    assert [m["id"] for m in host.hub()["members"]] == ["vm-log", "attach1", "attach2"]
    ann.send(LEAVE)
    ann.expect_end(2)
    ask(joe, "echo $((7*9))\r", "63\r\n")


def test_the_escape_can_be_another_and_be_typed(host):
    host.start(command="stty raw -echo; echo ready; od -An -tx1 -v -w1")
    ann = host.attach("vm", "-e", "^A", "--tilde")
    ask(ann, "\x01\x01", "01")
    ask(ann, "\x1d", "1d")
    ask(ann, "\r~~", "7e")
    ask(ann, "\r~x", re.compile(rb"7e\s+78"))
    ann.send("\r~.")
    ann.expect_end(2)
    ann = host.attach("vm", env={"CHARHUB_ESCAPE": "^B"})
    ann.send("\x02.")
    ann.expect_end(2)


def test_pages_are_shown_and_then_the_screen_again(host):
    host.start()
    ann = host.attach("vm")
    ask(ann, "echo $((6*7))\r", "42\r\n")
    ask(ann, "\x1d?", re.compile(rb"who is here.*q: back", re.S))
    ask(ann, "q", re.compile(rb"\r\n42\r\n"))
    ask(ann, "\x1dw", re.compile(rb"attach1 \*.*q: back", re.S))
    ask(ann, "q", re.compile(rb"\r\n42\r\n"))
    ask(ann, "\x1dh", re.compile(rb"42.*q: back", re.S))
    ask(ann, "q", re.compile(rb"\r\n42\r\n"))
    ask(ann, "echo $((6*9))\r", "54\r\n")


def test_who_looks_only_types_nothing(host):
    host.start()
    ann, joe = host.attach("vm", "--view"), host.attach("vm")
    ann.send("echo no\r")
    ask(joe, "echo $((6*7))\r", "42\r\n")
    assert b"no" not in ann.read_until("42\r\n")
    assert host.hub()["members"][1]["access"] == "view"


def test_rules_say_who_may_what(host):
    me = f"user:{getpass.getuser()}"
    host.start_daemon(
        "-object", "authz-simple,id=nobody,identity=user:nobody",
        "-chardev", "null,id=a", "-chardev", "hub,id=closed,chardevs.0=a,view-authz=nobody",
        "-chardev", "null,id=b", "-chardev", "hub,id=public,chardevs.0=b,type-authz=nobody",
        "-control", host.control())
    refused = f"console 'closed' is not for {me}"
    assert refused in host.run("attach", "closed", code=1).err
    assert [member["id"] for member in host.hub("closed")["members"]] == ["a"]
    assert "may only look" in host.run("send", "public", "x", code=1).err


def test_the_console_follows_the_window(host):
    host.start()
    ann = host.attach("vm", cols=100, rows=30)
    ask(ann, "stty size\r", "30 100\r\n")
    ann.set_window(90, 20)
    os.killpg(ann.process.pid, signal.SIGWINCH)
    ask(ann, "while [ \"$(stty size)\" != '20 90' ]; do :; done; echo $((6*7))\r", "42\r\n")


def test_one_types_and_others_ask_for_the_keyboard(host):
    host.start("typing=one")
    ann, joe = host.attach("vm"), host.attach("vm")
    ask(ann, "echo $((6*7))\r", "42\r\n")
    joe.read_until("42\r\n")
    joe.send("\x1dr")
    ann.read_until("asks")
    ann.send("\x1dg")
    joe.read_until("the keyboard is yours")
    ask(joe, "echo $((6*9))\r", "54\r\n")
    assert host.hub()["keyboard"] == "attach2"
    ask(ann, "\x1dt", "the keyboard is yours")
    ask(ann, "echo $((7*9))\r", "63\r\n")
    host.run("take", "vm", "attach2")
    assert host.hub()["keyboard"] == "attach2"
    host.run("give", "vm", "attach1")
    assert host.hub()["keyboard"] == "attach1"
    host.run("request", "vm", "attach2")
    host.run("refuse", "vm")


def test_a_script_may_take_the_keyboard(host):
    host.start("typing=one")
    ann = host.attach("vm")
    ask(ann, "echo $((6*7))\r", "42\r\n")
    assert "'attach1' has the keyboard" in host.run("send", "vm", "x", code=1).err
    host.run("send", "--take", "vm", "echo $((6*9))")
    ann.read_until("54\r\n")
    host.run("expect", "--take", "vm", r"send echo $((7*9))\r", "expect 63$")


def test_what_is_said_to_people_ends_no_script(host):
    host.start("typing=one")
    ann = host.attach("vm")
    script = host.terminal(host.charhub, "expect", "vm", "timeout 600", r"send echo $((6*7))\r",
                           "expect go on", r"send echo $((6*9))\r", "expect 54$", env=host.env)
    script.read_until("42\r")
    ask(ann, "\x1dr", "has been asked")
    host.run("refuse", "vm")
    ann.read_until("keeps the keyboard")
    host.run("take", "vm", "attach1")
    host.run("take", "vm", "attach2")
    host.run("take", "vm", "attach1")
    ask(ann, "echo go o$((0))n | tr -d 0\r", "go on\r\n")
    assert b"has taken the keyboard" in script.expect_end(1)


def test_what_does_not_count_ends_a_script(host):
    host.start("typing=one")
    ann = host.attach("vm")
    ask(ann, "echo $((6*7))\r", "42\r\n")
    for words in (["send", "vm", "x"], ["expect", "vm", "send x", "expect never"],
                  ["expect", "vm", "break", "timeout 600", "expect never"]):
        assert "at 'attach1' has the keyboard" in host.run(*words, code=1).err
    assert "has the keyboard" in host.run("attach", "vm", stdin=b"x\r", code=1).err


def test_a_script_whose_right_to_type_is_taken_ends(host):
    host.start()
    script = host.terminal(host.charhub, "expect", "vm", "timeout 600", r"send echo $((6*7))\r",
                           "expect go on", "send x", "expect never", env=host.env)
    script.read_until("42\r")
    host.run("hub", "set", "vm", "attach1", "--access", "view")
    host.run("send", "vm", "echo go on")
    assert b"this is to look only" in script.expect_end(1)


def test_a_script_that_is_sent_away_says_why(host):
    host.start()
    script = host.terminal(host.charhub, "expect", "vm", "timeout 600", r"send echo $((6*7))\r",
                           "expect never", env=host.env)
    script.read_until("42\r")
    host.run("kick", "vm", "attach1", "--reason", "lunch is ready")
    assert b"vm: lunch is ready" in script.expect_end(3)


def test_who_is_sent_away_is_told_why(host):
    host.start()
    ann = host.attach("vm")
    host.run("kick", "vm", "attach1", "--reason", "lunch is ready")
    assert b"lunch is ready" in ann.expect_end(3)
    assert "no member 'attach1'" in host.run("kick", "vm", "attach1", code=1).err


def test_a_console_that_goes_is_told(host):
    host.start()
    ann = host.attach("vm")
    daemon = host.run("qmp", "quit")
    assert daemon.out
    ann.read_until("the connection is lost; waiting for it")
    ann.send(LEAVE)
    ann.expect_end(2)
    ann = host.terminal(host.charhub, "attach", "vm", env=host.env)
    ann.expect_end(1)


def test_a_restart_of_the_daemon_is_survived(host):
    daemon = host.start()
    ann = host.attach("vm")
    ask(ann, "echo $((6*7))\r", "42\r\n")
    daemon.stop()
    ann.read_until("waiting for it")
    host.start(first_words=False)
    ann.read_until("back; the daemon was restarted")
    ask(ann, "echo $((6*9))\r", "54\r\n")


def relay_script(host, name, *words):
    """A double of ssh, which runs the relay here and leaves its process id."""
    script = host.workdir / name
    script.write_text(f"""#!/bin/sh
echo $$ >>{host.workdir}/{name}.pid
[ "$1" = lab ] || exit 1
exec {host.charhub} relay {' '.join(words)}
""")
    script.chmod(0o755)
    return {"CHARHUB_SSH": str(script)}


def pids(host, name):
    return [int(pid) for pid in (host.workdir / f"{name}.pid").read_text().split()]


def break_relays(host, name):
    """End whatever runs of that double."""
    for pid in pids(host, name):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def test_a_connection_that_breaks_goes_on_where_it_was(host):
    host.start()
    way = relay_script(host, "ssh")
    ann = host.attach("-H", "lab", "vm", "--log", "log", env=way)
    ask(ann, "for i in 1 2 3; do echo line$i; done\r", "line3\r\n")
    break_relays(host, "ssh")
    ann.read_until("waiting for it")
    host.run("send", "vm", "echo $((6*7))")
    ask(ann, "echo $((6*9))\r", "54\r\n")
    ann.send(LEAVE)
    ann.expect_end(2)
    # each byte once, whatever the terminal was shown
    log = (host.workdir / "log").read_bytes()
    assert [log.count(text) for text in (b"line1\r", b"line3\r", b"42\r", b"54\r")] == [1] * 4


def test_consoles_of_another_host(host):
    host.start()
    way = relay_script(host, "ssh")
    assert " up " in host.run("-H", "lab", env=way).out
    host.run("-H", "lab", "expect", "vm", r"send echo $((6*7))\r", "expect 42$", env=way)
    ann = host.attach("-H", "lab", "vm", env=way)
    relay = os.pidfd_open(pids(host, "ssh")[-1])
    ann.send(LEAVE)
    ann.expect_end(2)
    assert select.select([relay], [], [], program.DEADLINE)[0], "the relay stays behind"
    os.close(relay)
    assert "no charhub on 'elsewhere'" in host.run("-H", "elsewhere", code=1, env=way).err


def test_a_key_of_ssh_gives_one_console_and_nothing_else(host):
    host.start(daemon="a", name="mine")
    host.start(daemon="b", name="theirs")
    way = relay_script(host, "ssh", "--only", "mine", "--view")
    assert [c["name"] for c in json.loads(host.run("-H", "lab", "--json", env=way).out)] == ["mine"]
    host.run("-H", "lab", "attach", "theirs", code=1, env=way)
    assert "may only look" in host.run("-H", "lab", "send", "mine", "x", code=1, env=way).err
    assert "only one console" in host.run("-H", "lab", "qmp", "quit", code=1, env=way).err
    ann = host.attach("-H", "lab", "mine", env=way)
    ann.send(LEAVE)
    ann.expect_end(2)


# ---- breaks, files ----

def test_a_break_reaches_the_guest(host, client):
    host.start_on_socket(",telnet=on")
    guest = client(host.workdir / "g")
    ann = host.attach("vm")
    ann.send("\x1db")
    guest.read_until(b"\xff\xf3")
    ann.send("\x1dsh")
    guest.read_until(b"\xff\xf3h")
    host.run("break", "vm")
    guest.read_until(b"\xff\xf3")


def test_a_pasted_file_arrives_whole(host):
    text = "".join(f"{n:06}\n" for n in range(300))
    (host.workdir / "paste").write_text(text)
    host.start(command="stty -echo; echo ready; sed -u '/end/ q' >got; echo copied; cat")
    ann = host.attach("vm")
    ask(ann, "\x1dp", "File to type:")
    ann.send("paste\r")
    ann.read_until("the file was typed")
    ask(ann, "end\r", "copied")
    assert (host.workdir / "got").read_text() == text + "end\n"


def test_send_types_text_and_files(host):
    host.start(command="stty -echo; echo ready; cat >got")
    host.run("send", "vm", "two", "words")
    host.run("send", "vm", "--file", "-", stdin=b"one\r\ntwo\n")
    host.run("send", "vm", "-n", "--bracketed", "x")
    host.run("send", "vm", "\x04\x04", "-n")
    got = host.workdir / "got"
    wait_for_text(host, got, "two words\none\ntwo\n\033[200~x\033[201~")


def test_send_to_nobody_is_an_error(host):
    host.start_on_socket()
    for words in (["send", "vm", "x"], ["send", "vm", "x", "--wait=1"],
                  ["expect", "vm", "timeout 0.1", "send x"]):
        assert "console 'vm' has no guest to type to" in host.run(*words, code=1).err
    assert "--wait=SECONDS" in host.run("send", "vm", "x", code=1).err
    assert "from 0 to 86400" in host.run("send", "vm", "x", "--wait=soon", code=1).err


def test_send_waits_for_a_guest(host, client):
    host.start_on_socket()
    sender = host.terminal(host.charhub, "send", "vm", "hello", "--wait", "600", env=host.env)
    while len(host.hub()["members"]) == 1:  # it has come, and found nobody
        pass
    guest = client(host.workdir / "g")
    guest.read_until("hello\r")
    sender.expect_end(0)


def test_a_guest_that_leaves_ends_what_is_sent(host, client):
    host.start_on_socket()
    guest = client(host.workdir / "g")
    (host.workdir / "long").write_text("x" * 4000000)
    sender = host.terminal(host.charhub, "send", "vm", "-f", host.workdir / "long", "--pace=0",
                           env=host.env)
    guest.read_exact(100000)
    guest.close()
    assert b"console 'vm' has no guest to type to" in sender.expect_end(1)


def wait_for_text(host, path, text):
    """The guest writes when it likes."""
    with subprocess.Popen(["tail", "-c", "+1", "-F", path], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as tail:
        try:
            got = tail.stdout.read(len(text))
        finally:
            tail.kill()
    assert got.decode() == text, host


# ---- scripts ----

LOGIN = r"""
# a comment
timeout 300
send \r
expect login: $
send root\r
expect Password: $
send secret\r
expect welcome root$
"""


# Its echo, where it is typed, has none of the prompts.
LOOP = ("while :; do printf 'log''in: '; read -r u; [ \"$u\" ] || continue; stty -echo; "
        "printf 'Pass''word: '; read -r p; stty echo; echo; echo wel''come $u; done")


def log_in_twice(host):
    (host.workdir / "login").write_text(LOGIN)
    for _ in range(2):
        assert "welcome root" in host.run("expect", "vm", "--file", "login").out


def test_expect_talks_with_a_login_twice(host):
    host.start(command=LOOP)
    log_in_twice(host)


def test_expect_talks_with_the_login_of_a_linux_guest(host, guest):
    daemon = host.start_daemon(
        "-chardev", "null,id=log", "-chardev", "hub,id=vm,chardevs.0=log",
        "-device", "virtconsole,chardev=vm", "-control", host.control())
    guests.boot(guest, guests.default_socket(daemon))
    host.run("expect", "vm", "timeout 300", r"send \r", f"expect {guests.PROMPT}",
             f"send {LOOP}\\r", "expect login: $")
    log_in_twice(host)


def test_expect_never_matches_what_is_old(host):
    host.start()
    host.run("expect", "vm", r"send echo $((6*7))\r", "expect 42$")
    err = host.run("expect", "vm", "timeout 0.2", "expect 42", code=1).err
    assert "'42' did not come in 0.2 s" in err
    assert "is no step" in host.run("expect", "vm", "wait 3", code=1).err


def test_history_and_log_give_what_was_printed(host):
    host.start()
    host.run("expect", "vm", r"send printf '\\033[31mred\\033[0m %s\\n' $((6*7))\r",
             "expect red 42$")
    assert "red 42\n" in host.run("history", "vm").out
    assert "\033[31mred\033[0m 42\r\n" in host.run("log", "vm").out
    assert "red 42\n" in host.run("history", "vm", "-n", "2").out
    end = host.hub()["end"]
    host.run("expect", "vm", r"send echo $((6*9))\r", "expect 54$")
    assert "42" not in host.run("history", "vm", "--offset", str(end)).out
    assert "red 42" in host.run("screen", "vm").out
    assert not host.run("screen", "vm").out.endswith("\n\n")
    assert len(json.loads(host.run("screen", "vm", "--json").out)["lines"]) == 24


def test_history_of_a_flood_has_an_end(host):
    host.start("window=64k", "keep=64k", command="yes")
    out = host.run("history", "vm").out
    assert len(out) > 1 and set(out.split("\n")) <= {"y", ""}


def test_history_goes_on_behind_what_is_not_held_any_more(host):
    host.start("window=64k", "keep=64k", command="stty -echo; seq 100000; echo ready; cat")
    done = host.run("history", "vm", "--offset", "0")
    lines = done.out.splitlines()
    assert lines[0] == "1" and lines[-2:] == ["100000", "ready"]
    missed = int(re.search(r"charhub: vm: (\d+) bytes are not held any more", done.err)[1])
    raw = host.run("log", "vm", "--offset", "0")
    assert missed + len(raw.out.encode()) - 1 == host.hub()["end"]  # a line is ended at the gap
    assert "not held any more" in raw.err


def test_log_follows(host, terminal):
    host.start()
    host.run("expect", "vm", r"send echo $((6*7))\r", "expect 42$")
    log = terminal(host.charhub, "log", "-f", "vm", env=host.env)
    log.read_until("42\r")
    host.run("expect", "vm", r"send echo $((6*9))\r", "expect 54$")
    seen = log.read_until("54\r")
    assert b"42\r" not in seen


def test_log_follows_until_ctrl_c(host, terminal):
    daemon = host.start()
    log = terminal(host.charhub, "log", "-f", "vm", env=host.env)
    log.read_until("vm> ")
    log.send(b"\x03")
    log.expect_end(0)
    log = terminal(host.charhub, "log", "-f", "vm", env=host.env)
    log.read_until("vm> ")
    daemon.stop()
    log.read_until("waiting for it")
    log.send(b"\x03")
    log.expect_end(0)


def test_history_since_a_time_as_people_write_it(host):
    host.start()
    host.run("expect", "vm", r"send echo $((6*7))\r", "expect 42$")
    for since in ("5m", "-1h", "1d ago", "2020-01-01 10:00", "2020-01-01T10:00:05Z", "0"):
        assert "42\n" in host.run("history", "vm", "--since", since).out
        assert "42\r\n" in host.run("log", "vm", "--since", since).out
    wrong = host.run("history", "vm", "--since", "teatime", code=1).err
    assert "--since: 'teatime' is no time" in wrong and "5m ago" in wrong
    both = host.run("log", "vm", "--since", "5m", "--offset", "0", code=1).err
    assert "not both" in both


def test_log_goes_on_after_a_restart_of_the_daemon(host, terminal):
    daemon = host.start()
    log = terminal(host.charhub, "log", "-f", "vm", env=host.env)
    host.run("expect", "vm", r"send echo $((6*7))\r", "expect 42$")
    log.read_until("42\r")
    daemon.stop()
    log.read_until("vm: the connection is lost; waiting for it")
    host.start(first_words=False)
    log.read_until("vm: back; the daemon was restarted")
    host.run("expect", "vm", r"send echo $((6*9))\r", "expect 54$")
    seen = log.read_until("54\r")
    assert b"vm> " in seen  # printed before it was back
    host.run("kick", "vm", "attach1", "--reason", "enough")
    assert b"vm: enough" in log.expect_end(3)


def test_log_goes_on_where_it_was(host, terminal):
    host.start()
    way = relay_script(host, "ssh")
    log = terminal(host.charhub, "-H", "lab", "log", "-f", "vm", env={**host.env, **way})
    host.run("expect", "vm", r"send echo $((6*7))\r", "expect 42$")
    log.read_until("42\r")
    break_relays(host, "ssh")
    log.read_until("waiting for it")
    host.run("expect", "vm", r"send echo $((6*9))\r", "expect 54$")
    seen = log.read_until("54\r")
    assert b"back; nothing missed" in seen and b"42\r" not in seen


def test_log_may_end_with_the_daemon(host):
    daemon = host.start()
    log = host.terminal(host.charhub, "log", "-f", "vm", "--no-wait", env=host.env)
    log.read_until("vm> ")
    daemon.stop()
    assert b"vm: the connection is lost" in log.expect_end(3)


def test_what_is_piped_is_typed(host):
    host.start()
    host.run("attach", "vm", stdin=b"echo $((6*7))\r")
    host.run("expect", "vm", r"send echo $((6*9))\r", "expect 54$")
    assert "42\n" in host.run("history", "vm").out


# ---- recordings ----

def test_a_recording_is_played(host, terminal):
    host.start()
    ann = terminal(host.charhub, "record", "vm", "cast", env=host.env, cols=90, rows=30,
                   cwd=host.workdir)
    ann.read_until("shows more]")
    ask(ann, "echo $((6*7))\r", "42\r\n")
    ann.send("\x1dm")
    ann.read_until("a mark was set")
    ann.send(LEAVE)
    ann.expect_end(2)
    lines = [json.loads(line) for line in (host.workdir / "cast").read_text().splitlines()]
    assert lines[0]["version"] == 2
    kinds = {kind for _, kind, _ in lines[1:]}
    assert kinds >= {"o", "i", "m", "r"}, kinds
    assert "".join(data for _, kind, data in lines[1:] if kind == "i") == "echo $((6*7))\r"
    assert [data for _, kind, data in lines[1:] if kind == "r"] == ["90x30"]
    times = [when for when, _, _ in lines[1:]]
    assert times == sorted(times)
    assert "42\r\n" in host.run("play", "cast", "--speed", "1000").out


@pytest.mark.parametrize("cast, shown, said", [
    (b'[0, "o", "a\\u0000b"]\n', "a\0b", ""),
    (b'[0, "o", "a"]\n[1, "o", "b', "a", "'cast', line 3: the recording ends within it"),
    (b'[0, "o", "a"]\n{}\n[0, "o", "b"]\n', "a", "'cast', line 3: this is no asciicast v2"),
    (b'[0, "o", 1]\n', "", "'cast', line 2: this is no asciicast v2"),
])
def test_a_recording_is_played_as_far_as_it_goes(host, cast, shown, said):
    (host.workdir / "cast").write_bytes(b'{"version": 2}\n' + cast)
    done = host.run("play", "cast", "--speed", "1000", code=1 if said else 0)
    assert (done.out, done.err) == (shown, f"charhub: {said}\n" if said else "")


def test_what_is_no_recording_is_told_so(host):
    (host.workdir / "empty").touch()
    for path, said in (("empty", "'empty' is empty"),
                       (".", f"cannot read '.': {os.strerror(errno.EISDIR)}")):
        assert host.run("play", path, code=1).err == f"charhub: {said}\n"


# ---- steering ----

def test_members_come_and_go_under_load(host, client):
    host.start(command="yes")
    for n in range(20):
        host.run("add", f"socket,id=s{n},path={host.workdir}/s{n},server=on,wait=off")
        host.run("hub", "add", "vm", f"s{n}", "--access", "view")
        stream = client(host.workdir / f"s{n}")
        stream.read_until("y\r\ny\r\n")
        if n % 2:
            host.run("hub", "remove", "vm", f"s{n}")
            host.run("remove", f"s{n}")
    assert len(host.hub()["members"]) == 11
    host.run("hub", "set", "vm", "s0", "--access", "type")
    assert host.hub()["members"][1]["access"] == "type"


def test_watch_follows_what_happens(host, terminal):
    host.start()
    watch = terminal(host.charhub, "watch", env=host.env)
    watch.read_until(re.compile(rb"vm\S* +\S*up\S* +\S*0"))
    host.attach("vm")
    watch.read_until(re.compile(rb"vm\S* +\S*up\S* +\S*1"))
    watch.send("q")
    watch.expect_end(0)


def test_watch_goes_on_after_a_restart_of_the_daemon(host, terminal):
    daemon = host.start()
    watch = terminal(host.charhub, "watch", env=host.env)
    watch.read_until(re.compile(rb"vm\S* +\S*up\S*"))
    daemon.stop()
    watch.read_until("waiting for it")
    host.start(first_words=False)
    watch.read_until(re.compile(rb"vm\S* +\S*up\S*"))
    watch.send("q")
    watch.expect_end(0)


# What is typed, and what is said; FOLDER stands for where the test is.
WRONG = {
    **{verb: f"'{verb}' needs more words: it is 'charhub {verb} " for verb in (
        "attach", "kick", "take", "give", "request", "refuse", "break", "send", "expect", "screen",
        "history", "log", "record", "play", "add", "remove", "hub add", "hub remove", "hub set",
        "config check", "qmp", "complete")},
    **{f"{words.format('nope')}": "there is no console 'nope'" for words in (
        "list {}", "who {}", "stats {}", "attach {}", "kick {} m", "take {} m", "give {}",
        "request {} m", "refuse {}", "break {}", "send {} x", "expect {} break", "screen {}",
        "history {}", "log {}", "log -f {}", "record {} f", "hub add {} l", "hub remove {} l",
        "hub set {} l --access=view", "relay --only {}")},
    **{f"{verb} --nope": "there is no option '--nope'" for verb in (
        "list", "attach", "reload", "hub add", "help", "watch")},
    "list a b": "'b' is a word too many: it is 'charhub list [CONSOLE]'",
    "hub": "behind 'hub' one of these is to stand: add, remove, set",
    "config nope": "behind 'config' one of these is to stand: check, from-conserver, from-conman, "
                   "show",
    "vm": "To be at a console of that name: charhub attach vm",
    "help nope": "there is no verb 'nope'",
    "watch": "'watch' needs a terminal",
    "kick vm nope": "hub 'vm' has no member 'nope'",
    "take vm nope": "hub 'vm' has typing=all: everybody types",
    "add nope": "chardev: no id specified\nDEFINITION is what charhubd's -chardev takes",
    "remove nope": "Chardev 'nope' not found",
    "hub set vm l": "'hub set' needs an option that says what is to change",
    "hub set vm l --access=god": "'--access=god': it is one of type|view",
    "config show nope": "no configuration has made 'nope'",
    "qmp nope": "The command nope has not been found",
    "qmp query-hubs id": "'id': an argument is KEY=VALUE",
    "qmp console-resize console=vm cols=0 rows=1": "expects an integer from 1 to 1024",
    "history vm -n 4294967296": "'--lines=4294967296': it is a number from 0 to 4294967295",
    "history vm --offset 99": "was not printed yet: it ends at 0",
    "log vm -n 3 -o 4": "it is '--offset' or '--lines', not both",
    "log vm -n": "'-n' needs a value: COUNT",
    "send vm x --pace 60001": "'--pace=60001': it is a number from 0 to 60000",
    "send vm -f /nope": "cannot read '/nope': No such file or directory",
    "play FOLDER/none": "cannot read 'FOLDER/none': No such file or directory",
    "play /dev/null --speed 0": "'--speed=0': it is a number above 0, up to 1000",
    "attach vm -e xx": "'xx' is no escape\nIt is a character as '^]' or '^A', or 'none'.",
    "attach vm --log FOLDER/no/x": "cannot write 'FOLDER/no/x'",
    "expect vm nope": "'nope' is no step\nSteps are: ",
    "expect vm sleep": "'sleep' is to have a number of seconds up to 86400\nA step is one word",
    "--socket=/nope list": "No such file or directory\nNo charhubd runs with '-control /nope'",
    "--socket=/nope reload": "'/nope': No such file or directory",
    "-H lab --ssh false list": "there is no charhub on 'lab': the connection has ended\n'ssh lab",
}


def test_what_is_wrong_is_named_and_what_would_be_right(host):
    host.start_daemon("-chardev", "null,id=l", "-chardev", "hub,id=vm,chardevs.0=l",
                      "-control", host.control())
    for line, said in WRONG.items():
        words = line.replace("FOLDER", str(host.workdir)).split()
        err = host.run(*words, code=1).err
        assert said.replace("FOLDER", str(host.workdir)) in err, f"{line}: {err}"


# ---- output ----

LOST = f"charhub: cannot write to standard output: {os.strerror(errno.ENOSPC)}\n"


@pytest.mark.parametrize("line", [
    "list", "list --json", "who vm", "screen vm", "history vm", "log vm", "log LOG", "log -f LOG",
    "log -f vm", "attach vm", "config show", "help", "--version", "play CAST",
    "config from-conman /dev/null"])
def test_output_that_cannot_be_written_is_an_error(host, line):
    host.start()
    (host.workdir / "log").write_text("a line\n" * 10)
    (host.workdir / "cast").write_text('{"version": 2}\n[0, "o", "x"]\n')
    words = line.replace("LOG", "./log").replace("CAST", "cast").split()
    keys, typist = os.pipe()
    os.write(typist, b"echo this is shown\r")
    with open("/dev/full", "wb") as full, open(keys, "rb") as keys, open(typist, "wb"):
        done = subprocess.run([host.charhub, *words], cwd=host.workdir, stdin=keys,
                              stdout=full, stderr=subprocess.PIPE, timeout=program.DEADLINE,
                              env={**os.environ, **host.env}, check=False)
    assert (done.returncode, done.stderr.decode()) == (1, LOST)


@pytest.mark.parametrize("line", ["log -f vm", "attach vm"])
def test_who_shows_to_nobody_ends(host, line):
    host.start()
    shown = subprocess.Popen([host.charhub, *line.split()], cwd=host.workdir,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             env={**os.environ, **host.env})
    with shown:
        shown.stdin.write(b"echo this is shown\r")
        shown.stdin.flush()
        assert shown.stdout.read(1)
        shown.stdout.close()
        assert shown.wait(program.DEADLINE) == 0


def test_nothing_takes_the_place_of_what_is_closed(host):
    """No connection to which a table would be written, and none from which keys would come."""
    host.start()
    for line, code in (("list >&-", 1), ("list 2>&-", 0), ("list <&- >&- 2>&-", 1),
                       ("attach vm <&- >out", 0)):
        done = program.run(["sh", "-c", f"exec '{host.charhub}' {line}"], host.workdir,
                           env=host.env)
        assert done.code == code, f"{line}: {done.err}"


# ---- what is no daemon ----

class Stranger:
    """Something at a socket that says @words to whoever comes, and then more of them."""

    def __init__(self, path, words, more=b""):
        self.words, self.more = words, more
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                peer.sendall(self.words)
                while self.more:
                    peer.sendall(self.more)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(4096):
                    pass

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(program.DEADLINE)


@pytest.mark.parametrize("words, more, said", [
    (b"[1, 2]\n", b"", "the daemon says: [1, 2]"),
    (b"\x1b[2Jnot \xff\x07here\r\n", b"", "the daemon says: ?[2Jnot ??here"),
    (b"y" * 10000 + b"\n", b"", "the daemon says: " + "y" * 400),
    (b"", b"x" * 65536, "this is no charhubd: its line has more than 64 MiB"),
    (b'{"QMP": {}}\n', b'{"event": "X", "data": {"of": "' + b"x" * 4000 + b'"}}\n',
     "this is no charhubd: it tells of more than 16 MiB of events, and does not answer"),
    (b'{"QMP": {}}\n{"error": {"desc": "\\u001b[31mno"}}\n', b"", "?[31mno"),
    (b'{"QMP": {}}\n{"return": {}}\n{"retu', b"", "the daemon has closed the connection"),
])
def test_what_is_no_daemon_is_told_so(host, words, more, said):
    stranger = Stranger(host.workdir / "odd", words, more)
    for line in "list", "attach vm", "reload", "recording list", "upgrade":
        done = host.run("--socket=odd", *line.split(), code=1)
        assert done.err == f"charhub: {said}\n", line
    stranger.close()


def test_what_answers_on_a_host_may_be_no_relay(host):
    for words in "{}", "[]", '{\\"daemons\\":1}':
        way = f"printf '%s\\n' \"{words}\" #"
        said = host.run("-H", "lab", "--ssh", way, "list", code=1).err
        assert "what answers on 'lab' is no 'charhub relay'" in said


def test_a_terminal_may_be_larger_than_a_console(host):
    host.start()
    person = host.attach("vm", cols=20000, rows=30000)
    person.send(LEAVE)
    person.expect_end(2)


def test_without_a_daemon_every_verb_says_so(host):
    for line in ("list", "who", "stats", "attach vm", "kick vm m", "send vm x", "screen vm",
                 "log vm", "log -f vm", "history vm", "add null,id=x", "remove x", "hub add vm x",
                 "config show", "reload", "qmp query-hubs"):
        err = host.run(*line.split(), code=1).err
        assert "no charhubd with a control socket runs here" in err, f"{line}: {err}"
        assert "It is started with '-control PATH'" in err, f"{line}: {err}"


def complete(host, *words):
    """What the client says that the last of @words may be."""
    return [line.split("\t")[0] for line in host.run("complete", "--", *words).out.splitlines()]


def test_help_and_completion_come_from_the_table(host):
    verbs = complete(host, "")
    assert verbs.count("hub") == verbs.count("config") == 1
    followers = complete(host, "hub", "")
    assert followers == ["add", "remove", "set"] == complete(host, "help", "hub", "")
    for group in "hub", "config":
        verbs.remove(group)
        verbs += [f"{group} {word}" for word in complete(host, group, "")]
    for verb in verbs:
        assert f"charhub {verb}" in host.run("help", *verb.split()).out
    assert "charhub attach CONSOLE" in host.run("attach", "--help").out


def test_nothing_is_left_out_by_completion(host):
    """Each verb that help names, and each option that its help does; shells ask for no others."""
    help_of_all = host.run("help").out
    verbs = re.findall(r"^  ([a-z]+(?: [a-z][a-z-]*)?) +[A-Z]", help_of_all, re.M)
    assert {"attach", "audit show", "config from-conman"} <= set(verbs)
    offered = {group: complete(host, *group, "")
               for group in {tuple(verb.split()[:-1]) for verb in verbs}}
    for verb in verbs:
        words = verb.split()
        assert words[-1] in offered[tuple(words[:-1])], verb
        said = host.run("help", *words).out + help_of_all
        options = re.findall(r"^  (?:-., |    )(--[a-z-]+=?)", said, re.M)
        assert set(complete(host, *words, "--")) == set(options), verb


def test_completion_knows_names(host):
    host.start()
    for words, wanted in {
            ("attach", ""): ["vm"],
            ("attach", "--view", "v"): ["vm"],
            ("attach", "x"): [],
            ("--socket", host.control(), "who", ""): ["vm"],
            ("--socket=/nowhere", "who", ""): [],
            ("kick", "vm", ""): ["vm-log"],
            ("hub", "remove", "v", "vm"): ["vm-log"],
            ("hub", "set", "vm", "--access", ""): ["type", "view"],
            ("hub", "set", "vm", "--access=v"): ["--access=view"],
            ("hub", "add", "vm", "vm-"): ["vm-guest", "vm-log"],
            ("remove", "vm-g"): ["vm-guest"],
            ("qmp", "query-hub"): ["query-hubs"],
            ("attach", "--esc"): ["--escape="],
            ("attach", "--", "--esc"): [],
            ("attach", "vm", ""): [],
            ("send", "vm", "some", ""): [],
            ("record", "vm", ""): [":files"],
            ("attach", "--log=x"): [":files"],
            ("send", "vm", "-f", ""): [":files"],
            ("relay", "--only", ""): ["vm"],
            ("nonsense", ""): [],
    }.items():
        assert complete(host, *words) == wanted, words


# ---- the completions of shells, each driven as a person does: type, and press Tab ----

SHELLS = {
    "bash": ["--norc", "--noprofile"],
    "zsh": ["-f"],
    "fish": ["--no-config"],
}
LOAD = {
    "bash": "PS1='ready\\$ '; bind 'set enable-bracketed-paste off'; . {folder}/charhub.bash\r",
    "zsh": "PROMPT='ready%# '; unset zle_bracketed_paste; fpath=({folder} $fpath); "
           "autoload -Uz compinit; compinit -u -D\r",
    "fish": "function fish_prompt; echo -n 'ready> '; end; source {folder}/charhub.fish\r",
}
READY = re.compile(rb"ready[$%#>]")


@pytest.fixture(params=sorted(SHELLS))
def shell(request, host, charhub_path):
    """A shell with our completion, in a folder with a file."""
    program.need(request.param)
    folder = program.ROOT / "packaging" / "completions"
    (host.workdir / "bin").mkdir()
    (host.workdir / "bin" / "charhub").symlink_to(charhub_path)
    (host.workdir / "recording.cast").write_text("")
    person = host.terminal(
        request.param, *SHELLS[request.param], cwd=host.workdir, cols=200,
        env={**host.env, "PATH": f"{host.workdir}/bin:{os.environ['PATH']}", "TERM": "xterm"})
    person.send(LOAD[request.param].format(folder=folder))
    person.read_until(READY)
    yield person
    person.kill()
    for left in host.workdir.glob("fish_universal_variables.notifier*"):
        left.unlink()


def press_tab(person, line, wanted):
    """@line is typed and completed, and then printed: a word, a '|'."""
    person.send(f"{line}\tX")
    person.send("\x01printf '%s|' \r")
    person.read_until(wanted)
    person.read_until(READY)


def test_shells_complete(host, shell):
    host.start()
    for line, wanted in {
            "charhub att": "charhub|attach|X|",
            "charhub hub rem": "charhub|hub|remove|X|",
            "charhub help exp": "charhub|help|expect|X|",
            "charhub attach v": "charhub|attach|vm|X|",
            "charhub kick vm vm-": "charhub|kick|vm|vm-log|X|",
            "charhub hub remove vm vm-": "charhub|hub|remove|vm|vm-log|X|",
            "charhub attach --esc": "charhub|attach|--escape=X|",
            "charhub hub set vm vm-log --access=v": "|vm-log|--access=view|X|",
            "charhub hub set vm vm-log --access v": "|vm-log|--access|view|X|",
            "charhub play rec": "charhub|play|recording.cast|X|",
            "charhub attach --log=rec": "charhub|attach|--log=recording.cast|X|",
    }.items():
        press_tab(shell, line, wanted)
