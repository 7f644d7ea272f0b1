# SPDX-License-Identifier: MIT
"""charhubd's command line: what it says to each mistake, its help, and how the process behaves.

The texts are QEMU's wherever QEMU has one, so that people and programs know them.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess

import pytest

from support.program import Output, wait_exit
from support.screen import wait_until
from support.stream import DEADLINE

ID_HINT = "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter."
SIZE_HINT = ("Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\n"
             "and exabytes, respectively.")
CLASS_HINT = "'-chardev help' lists those that are."
DEVICE_HINT = "'-device help' lists those that are."
NULL_HINT = ("null takes: backend, compress, id, logappend, logfile, logmode, logstamp, "
             "logtimestamp, mux, rotate-age, rotate-keep, rotate-size, time-index.")
LONG_PATH = "/tmp/" + "x" * 103

# A hub with what it needs in front of the options that are wrong.
A, B = "null,id=a", "null,id=b"

# (arguments of -chardev or, with a leading "-device ", of -device; error; hint or None).
# The error is that of the last argument.
MISTAKES = [
    # ---- grammar and ids [spec of QEMU's options 1.1, 1.2] ----
    (["null"], "chardev: no id specified", None),
    ([""], "chardev: no id specified", None),
    (["id=a"], 'chardev: "a" missing backend', None),
    (["nope,id=a"], "'nope' is not a valid char driver name", CLASS_HINT),
    (["tty,id=a,path=/dev/null"], "'tty' is not a valid char driver name",
     "'tty' is called 'serial'."),
    (["spicevmc,id=a,name=vdagent"], "'spicevmc' is not a valid char driver name",
     "'spicevmc' belongs to a VMM's SPICE server; 'vc' and -vnc show consoles."),
    (["parallel,id=a,path=/dev/parport0"], "'parallel' is not a valid char driver name",
     "'parallel' is driven by a VMM's parallel port; 'pipe' and 'file' take bytes."),
    (["nope,help"], "'nope' is not a valid char driver name", None),
    (["NULL,id=a"], "'NULL' is not a valid char driver name", CLASS_HINT),
    (["null,,id=a,id=a"], "'null,id=a' is not a valid char driver name", CLASS_HINT),
    (["null,id="], "Parameter 'id' expects an identifier", ID_HINT),
    (["null,id=1x"], "Parameter 'id' expects an identifier", ID_HINT),
    (["null,id=a b"], "Parameter 'id' expects an identifier", ID_HINT),
    (["null,id=a,,b"], "Parameter 'id' expects an identifier", ID_HINT),
    ([A, "null,id=a"], "Duplicate ID 'a' for chardev", None),
    (["null,id=a,foo=1"], "Invalid parameter 'foo'", NULL_HINT),
    (["null,id=a,=1"], "Invalid parameter ''", NULL_HINT),
    (["null,id=a,port=5"], "Invalid parameter 'port'", NULL_HINT),
    (["null,id=a,path=/tmp/x"], "Invalid parameter 'path'", NULL_HINT),
    (["file,id=a,path=/dev/null,append=1"], "Parameter 'append' expects 'on' or 'off'", None),
    (["file,id=a,path=/dev/null,append=On"], "Parameter 'append' expects 'on' or 'off'", None),
    (["file,id=a,path=/dev/null,append="], "Parameter 'append' expects 'on' or 'off'", None),
    (["file,id=a,append=1,foo=1"], "Parameter 'append' expects 'on' or 'off'", None),
    # ---- JSON ----
    (['{"backend": "null", "id": "a"'], re.compile(r"JSON parse error, .*line 1"), None),
    (['{"backend": "null", "id": "a", "id": "b"}'], re.compile("duplicate"), None),
    (['{"backend": "null", "id": null}'], "Parameter 'id' is null: leave it out instead", None),
    (['{"backend": "null", "id": "a", "foo": 1}'], "Invalid parameter 'foo'", NULL_HINT),
    (['{"backend": "null", "id": "a", "logappend": 1}'],
     "Parameter 'logappend' expects 'on' or 'off'", None),
    # ---- every class: logs [1.4] ----
    (["null,id=a,logfile=/nonexistent/x"],
     "Could not create '/nonexistent/x': No such file or directory", None),
    (["null,id=a,logfile=/tmp"], "Could not create '/tmp': Is a directory", None),
    # ---- pipe, udp [2.4, 2.6] ----
    (["pipe,id=a"], "chardev: pipe: no device path given", None),
    (["pipe,id=a,path=/nonexistent"], "Could not open '/nonexistent': No such file or directory",
     None),
    (["udp,id=a,host=127.0.0.1"], "chardev: udp: remote port not specified", None),
    # ---- file [2.3] ----
    (["file,id=a"], "chardev: file: no filename given", None),
    (["file,id=a,path="], "Could not open '': No such file or directory", None),
    (["file,id=a,path=/nonexistent/x"],
     "Could not open '/nonexistent/x': No such file or directory", None),
    (["file,id=a,path=/tmp"], "Could not open '/tmp': Is a directory", None),
    (["file,id=a,path=/dev/null,input-path=/nonexistent/x"],
     "Could not open '/nonexistent/x': No such file or directory", None),
    # ---- ringbuf [2.9] ----
    (["ringbuf,id=a,size=3"], "size of ringbuf chardev must be power of two", None),
    (["ringbuf,id=a,size=abc"],
     "Parameter 'size' expects a non-negative number below 2^64", SIZE_HINT),
    (["ringbuf,id=a,size=-1"], "Value '-1' is out of range for parameter 'size'", None),
    (["ringbuf,id=a,size=16E"], "Value '16E' is out of range for parameter 'size'", None),
    # ---- stdio [2.10] ----
    (["stdio,id=a", "stdio,id=b"], "cannot use stdio by multiple character devices", None),
    # ---- pty [6] ----
    (["pty,id=a,path=/nonexistent/x"],
     "Failed to create PTY symlink: No such file or directory", None),
    (["pty,id=a,path=/dev/null"], "Failed to create PTY symlink: File exists", None),
    # ---- socket [2.5] ----
    (["socket,id=a,path=x,host=y,port=1"],
     "None or one of 'path', 'fd' or 'host' option required.", None),
    (["socket,id=a,host=localhost"], "chardev: socket: no port given", None),
    (["socket,id=a,path=x,wait=on"],
     "'wait' option is incompatible with socket in client connect mode", None),
    (["socket,id=a,path=x,wait=off"],
     "'wait' option is incompatible with socket in client connect mode", None),
    (["socket,id=a,path=x,server=on,wait=off,reconnect-ms=100"],
     "'reconnect-ms' option is incompatible with socket in server listen mode", None),
    (["socket,id=a,host=localhost,port=1,delay=on,nodelay=on"],
     "'delay' and 'nodelay' are mutually exclusive", None),
    (["socket,id=a,host=localhost,port=1,ipv4=off,ipv6=off"],
     "Cannot disable IPv4 and IPv6 at same time", None),
    (["socket,id=a,path=/nonexistent/s"],
     "Failed to connect to '/nonexistent/s': No such file or directory", None),
    (["socket,id=a,host=127.0.0.1,port=1"],
     "Failed to connect to '127.0.0.1:1': Connection refused", None),
    (["socket,id=a,path=/nonexistent/s,server=on,wait=off"],
     "Failed to bind socket to /nonexistent/s: No such file or directory", None),
    ([f"socket,id=a,path={LONG_PATH}x,server=on,wait=off"],
     f"UNIX socket path '{LONG_PATH}x' is too long", "Path must be less than 108 bytes"),
    (["socket,id=a,path=x,reconnect-ms=abc"], "Parameter 'reconnect-ms' expects a number", None),
    (["socket,id=a,path=x,reconnect-ms=18446744073709551616"],
     "Value '18446744073709551616' is too large for parameter 'reconnect-ms'", None),
    (["socket,id=a,path=x,reconnect-ms=-1"],
     "Value '-1' is out of range for parameter 'reconnect-ms'", None),
    (["socket,id=a,host=127.0.0.1,port=70000,server=on,wait=off"], re.compile("70000"), None),
    (["socket,id=a,host=127.0.0.1,port=5000,to=4000,server=on,wait=off"],
     re.compile("4000"), None),
    (["socket,id=a,path=x,keep-alive=on"], "'keep-alive' option is for TCP", None),
    # ---- exec ----
    (["exec,id=a"], re.compile("command"), None),
    (["exec,id=a,command=true,restart=maybe"],
     "Parameter 'restart' does not accept value 'maybe'", None),
    # ---- hub [4.2] ----
    (["hub,id=h"], "hub: 'chardevs' list is not defined", None),
    (['{"backend": "hub", "id": "h", "chardevs": []}'],
     "hub: 'chardevs' list is not defined", None),
    ([A, "hub,id=h,chardevs.1=a"], "Parameter 'chardevs.0' missing", None),
    ([A, B, "hub,id=h,chardevs.0=a,chardevs.2=b"], "Parameter 'chardevs.1' missing", None),
    ([A, "hub,id=h,chardevs=a"], "Invalid parameter 'chardevs'", None),
    ([A, "hub,id=h,chardevs.00=a"], "Invalid parameter 'chardevs.00'", None),
    ([A, B, "hub,id=h,chardevs.0=a,chardevs=b"],
     "Parameters 'chardevs.*' used inconsistently", None),
    ([A, "hub,id=h,chardev=a"], "Invalid parameter 'chardev'", None),
    (["hub,id=h,chardevs.0=nope"], "hub: chardev can't be found by id 'nope'", None),
    (["hub,id=h,chardevs.0="], "hub: chardev can't be found by id ''", None),
    (["hub,id=h,chardevs.0=h"], "hub: chardev can't be found by id 'h'", None),
    ([A, "hub,id=h,chardevs.0=a,chardevs.1=a"], "chardev 'a' is already in use", None),
    ([A, "hub,id=h,chardevs.0=a", "hub,id=g,chardevs.0=a"],
     "chardev 'a' is already in use", None),
    ([A, "hub,id=h,chardevs.0=a,stall=never"],
     "Parameter 'stall' does not accept value 'never'", "It takes one of skip|wait|close."),
    ([A, "hub,id=h,chardevs.0=a,window=1k"],
     "Value '1k' is out of range for parameter 'window'", "It takes 64k to 64M."),
    ([A, "hub,id=h,members.0.access=view"], "Parameter 'members.0.chardev' is missing", None),
    ([A, "hub,id=h,members.0.chardev=a,members.0.access=none"],
     "Parameter 'members.0.access' does not accept value 'none'", "It takes one of type|view."),
    # ---- the console device ----
    (["-device "], "Parameter 'driver' is missing", None),
    (["-device nope"], "'nope' is not a valid device model name", DEVICE_HINT),
    (["-device id=a"], "Parameter 'driver' is missing", None),
    (["-device console"], "Parameter 'guest' is missing", None),
    ([A, "-device console,guest=a"], "Parameter 'chardev' is missing", None),
    ([A, B, "-device console,guest=a,chardev=b,foo=1"], "Property 'console.foo' not found",
     "console takes: chardev, driver, guest, guest-user, id, name."),
    ([A, B, "-device console,guest=a,chardev=b,id=1"], "Parameter 'id' expects an identifier",
     ID_HINT),
    ([A, "-device console,guest=a,chardev=nope"],
     "Property 'console.chardev' can't find value 'nope'", None),
    ([A, "-device console,guest=nope,chardev=a"],
     "Property 'console.guest' can't find value 'nope'", None),
    ([A, "-device console,guest=a,chardev=a"],
     "Property 'console.guest' can't take value 'a': chardev 'a' is already in use", None),
    ([A, B, "hub,id=h,chardevs.0=a", "-device console,guest=b,chardev=a"],
     "Property 'console.chardev' can't take value 'a': chardev 'a' is already in use", None),
    ([A, B, "null,id=c", "-device console,guest=a,chardev=b", "-device console,guest=c,chardev=b"],
     "Property 'console.chardev' can't take value 'b': chardev 'b' is already in use", None),
    ([A, B, "null,id=c", "null,id=d", "-device console,guest=a,chardev=b,id=x",
      "-device console,guest=c,chardev=d,id=x"], "Duplicate ID 'x' for device", None),
]


def command_line(arguments):
    words = []
    for argument in arguments:
        device = argument.startswith("-device ")
        words += ["-device", argument[8:]] if device else ["-chardev", argument]
    return words


@pytest.mark.parametrize("arguments, message, hint", MISTAKES,
                         ids=[" ".join(case[0]) or "empty" for case in MISTAKES])
def test_mistake_is_named_with_its_option(run_charhubd, workdir, arguments, message, hint):
    words = command_line(arguments)
    done = run_charhubd(*words)
    assert done.code == 1
    lines = [line for line in done.err.splitlines()
             if not re.match("charhubd: (warning|info): ", line)]
    place = f"charhubd: {words[-2]} {words[-1]}: "
    assert lines and lines[0].startswith(place), done.err
    said = lines[0][len(place):]
    if isinstance(message, str):
        assert said == message
    else:
        assert message.search(said), said
    if hint:
        assert "\n".join(lines[1:]) == hint
    assert list(workdir.iterdir()) == []


def test_message_for_the_words_of_the_command_line(run_charhubd):
    for words, text in (
            (["foo"], "foo: unexpected argument"),
            (["-"], "-: unexpected argument"),
            (["-foo"], "-foo: invalid option"),
            (["--foo"], "--foo: invalid option"),
            (["-nographic"], "-nographic: is an option of a virtual machine monitor"),
            (["--machine", "pc"], "--machine: is an option of a virtual machine monitor"),
            (["---version"], "---version: invalid option"),
            (["-chardev"], "-chardev: requires an argument"),
            (["-chardev=null"], "-chardev=null: invalid option"),
            (["--device"], "--device: requires an argument"),
            (["--chardev", "null"], "--chardev null: chardev: no id specified"),
            (["-name", "a,foo=1"], "-name a,foo=1: Invalid parameter 'foo'"),
            (["-memory-max", ""], "-memory-max : Parameter 'size' is missing"),
    ):
        done = run_charhubd(*words)
        assert (done.code, done.err.splitlines()[0]) == (1, f"charhubd: {text}")
        assert done.out == ""


def test_control_characters_do_not_reach_the_terminal(run_charhubd):
    done = run_charhubd("-chardev", "null,id=\x1b[2J\r\n")
    assert done.code == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.err)


ACCEPTED = [
    [A],
    ["null,id=a,"],
    ["backend=null,id=a"],
    ["id=a,backend=null"],
    ["null,id=" + "a" * 180],
    ["null,id=a,id=1b", "hub,id=h,chardevs.0=a"],
    ['{"backend": "null", "id": "a", "logappend": true}'],
    ['{"backend": "null", "id": "a", "logappend": "yes"}'],
    ["ringbuf,id=a,size=4k"],
    ["memory,id=a"],
    ["file,id=a,path=/dev/null,append=on,append=off"],
    [f"null,id=m{i}" for i in range(6)] +
    ["hub,id=h," + ",".join(f"chardevs.{i}=m{i}" for i in (5, 3, 1, 0, 2, 4))],
    [A, "hub,id=g,chardevs.0=a", "hub,id=h,chardevs.0=g"],
    [A, B, '-device {"driver": "console", "guest": "a", "chardev": "b", "id": "c"}'],
]


@pytest.mark.parametrize("arguments", ACCEPTED, ids=[" ".join(case)[:60] for case in ACCEPTED])
def test_right_command_line_is_taken(charhubd, arguments):
    charhubd(*command_line(arguments)).stop()


def test_two_commas_stand_for_one(charhubd, workdir):
    charhubd("-chardev", f"file,id=a,path={workdir}/x,,y")
    assert (workdir / "x,y").exists()


def test_chardevs_are_made_before_devices(charhubd):
    charhubd("-device", "console,guest=a,chardev=b", "-chardev", A, "-chardev", B)


def test_short_booleans_are_warned_of(run_charhubd):
    place = "-chardev null,id=a,foo,nobar"
    done = run_charhubd(*place.split())
    assert done.code == 1
    assert done.err.splitlines() == [
        f"charhubd: {place}: warning: short-form boolean option 'foo' deprecated",
        "Please use foo=on instead",
        f"charhubd: {place}: warning: short-form boolean option 'nobar' deprecated",
        "Please use bar=off instead",
        f"charhubd: {place}: Invalid parameter 'foo'",
        NULL_HINT,
    ]


# ---- help ----


def help_of(run_charhubd, *words):
    done = run_charhubd(*words)
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()


def test_help_and_version(run_charhubd):
    for word in ("-h", "-help", "--h", "--help"):
        lines = help_of(run_charhubd, word)
        for option in ("-chardev", "-device", "-readconfig", "-name", "-pidfile", "-daemonize",
                       "-D", "-version", "-h"):
            assert any(re.match(rf"  {option}( |$)", line) for line in lines), option
    assert re.fullmatch(r"charhubd version \d+\.\d+\.\d+",
                        help_of(run_charhubd, "--version")[0])


def test_list_of_chardevs_is_sorted_and_says_what_they_are(run_charhubd):
    for word in ("help", "?"):
        lines = help_of(run_charhubd, "-chardev", word)
        assert lines[0] == "Available chardev backend types: "
        names = [re.fullmatch(r"  (\S+) +\S.*", line).group(1) for line in lines[1:]]
        assert names == sorted(names)
        assert {"exec", "file", "hub", "null", "pty", "ringbuf", "socket",
                "stdio"} <= set(names)


def test_every_chardev_has_help(run_charhubd):
    for line in help_of(run_charhubd, "-chardev", "help")[1:]:
        name = line.split()[0]
        lines = help_of(run_charhubd, "-chardev", f"{name},help")
        assert lines[0] == f"{name} options:"
        keys = [re.match(r"  ([\w.-]+)=\S+ +\S", line).group(1) for line in lines[1:]]
        assert keys == sorted(keys)
        assert {"id", "logfile"} <= set(keys)


def test_devices_have_help(run_charhubd):
    names = [line.split()[0] for line in help_of(run_charhubd, "-device", "help")[1:]]
    assert "console" in names and names == sorted(names)
    for name in names:
        assert help_of(run_charhubd, "-device", f"{name},help")[0] == f"{name} options:"


def test_help_makes_nothing(run_charhubd, workdir):
    help_of(run_charhubd, "-chardev", f"file,id=a,path={workdir}/x", "-device", "help")
    assert list(workdir.iterdir()) == []


# ---- the process ----


def test_descriptors_closed_at_start_are_not_used_for_something_else(charhubd_path, workdir):
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", str(charhubd_path),
         "-chardev", f"file,id=a,path={workdir}/x", "-chardev", "hub,id=h,chardevs.0=nope"],
        check=False, timeout=DEADLINE)
    assert done.returncode == 1
    assert (workdir / "x").read_bytes() == b""


def test_file_limit_is_raised(charhubd):
    daemon = charhubd("-chardev", A, prefix=["sh", "-c", 'ulimit -Sn 64; exec "$@"', "sh"])
    with open(f"/proc/{daemon.pid}/limits", encoding="ascii") as limits:
        soft, hard = re.search(r"Max open files +(\S+) +(\S+)", limits.read()).groups()
    assert soft == hard


def test_pidfile_of_a_dead_one_is_replaced(charhubd, workdir):
    (workdir / "pid").write_text("1\n")
    daemon = charhubd("-chardev", A, "-pidfile", workdir / "pid")
    assert (workdir / "pid").read_text() == f"{daemon.pid}\n"
    daemon.stop()
    assert list(workdir.iterdir()) == []


def test_pidfile_that_cannot_be_is_an_error(run_charhubd, workdir):
    (workdir / "folder").mkdir()
    for path, text in (
            ("/nonexistent/pid", "Could not create '/nonexistent/pid': No such file or directory"),
            (workdir / "folder", f"Could not create '{workdir}/folder': Is a directory")):
        done = run_charhubd("-chardev", A, "-pidfile", path)
        assert (done.code, done.err) == (1, f"charhubd: cannot create PID file: {text}\n")
    assert [path.name for path in workdir.iterdir()] == ["folder"]


def test_pidfile_of_somebody_else_stays(charhubd, workdir):
    daemon = charhubd("-chardev", A, "-pidfile", workdir / "pid")
    (workdir / "pid").unlink()
    (workdir / "pid").write_text("mine")
    daemon.stop()
    assert (workdir / "pid").read_text() == "mine"


def test_log_that_cannot_be_opened_is_an_error(run_charhubd):
    done = run_charhubd("-chardev", A, "-D", "/nonexistent/log")
    assert done.code == 1
    assert done.err == ("charhubd: Error opening logfile /nonexistent/log: "
                        "No such file or directory\n")


def test_stdio_has_no_place_in_the_background(run_charhubd):
    done = run_charhubd("-daemonize", "-chardev", "stdio,id=a")
    assert done.code == 1
    assert done.err == "charhubd: -chardev stdio,id=a: cannot use stdio with -daemonize\n"


@contextlib.contextmanager
def notified(charhubd_path, address, *args):
    """A charhubd that tells a datagram socket at @address about itself; yields both."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(DEADLINE)
        env = {**os.environ, "NOTIFY_SOCKET": address.replace("\0", "@")}
        daemon = subprocess.Popen([str(charhubd_path), *args], env=env,
                                  stderr=subprocess.PIPE, start_new_session=True)
        said = Output(daemon.stderr)
        try:
            yield manager, daemon
            daemon.terminate()
            assert wait_exit(daemon) == 0
        finally:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()
            said.join()
        assert "Sanitizer" not in said.text, said.text


def test_service_manager_is_told_of_both_ends(charhubd_path, workdir):
    abstract = f"\0charhub-test-{os.getpid()}"
    for address in (str(workdir / "notify"), abstract):
        with notified(charhubd_path, address, "-chardev", A, "-name", "vm1") as (manager, daemon):
            state = manager.recv(4096).decode().split("\n")
            assert "READY=1" in state and f"MAINPID={daemon.pid}" in state
            assert any(line.startswith("STATUS=") and "vm1" in line for line in state)
            with open(f"/proc/{daemon.pid}/environ", "rb") as environ:
                assert b"NOTIFY_SOCKET" in environ.read()  # it was there to be taken
            daemon.terminate()
            assert manager.recv(4096) == b"STOPPING=1"


def test_end_of_the_terminal_ends_it(charhubd_path, terminal, workdir):
    shown = terminal(charhubd_path, "-chardev", f"pty,id=a,path={workdir}/pty")
    shown.read_until("char device redirected")
    shown.close()
    assert wait_exit(shown.process) == 0
    assert not os.path.lexists(workdir / "pty")


def test_signal_ends_a_start_that_waits(charhubd_path, terminal, workdir):
    for words, code in ([], 0), (["-daemonize"], 1):  # it never was in the background
        shown = terminal(charhubd_path, *words, "-chardev", f"pty,id=p,path={workdir}/pty",
                         "-chardev", f"socket,id=a,path={workdir}/sock,server=on,wait=on")
        shown.read_until("waiting for connection")
        shown.send("\x03")
        shown.expect_end(code)
        assert list(workdir.iterdir()) == []


def test_hang_up_by_a_process_does_not_end_it(charhubd, workdir):
    daemon = charhubd("-chardev", f"null,id=a,logfile={workdir}/log")
    (workdir / "log").unlink()
    daemon.send_signal(signal.SIGHUP)
    wait_until((workdir / "log").exists, "the log was opened anew")
    daemon.stop()


def test_signals_ignored_at_start_stay_ignored(charhubd):
    daemon = charhubd("-chardev", A, prefix=["sh", "-c", 'trap "" INT; exec "$@"', "sh"])
    daemon.send_signal(signal.SIGINT)
    daemon.stop(signal.SIGTERM)
    assert "signal 15" in daemon.err.text
    assert "signal 2" not in daemon.err.text


def test_signals_inherited_as_blocked_or_ignored_do_no_harm(charhubd):
    blocked = ("import os, signal, sys; "
               "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.SIGRTMIN)); "
               "signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
               "os.execv(sys.argv[1], sys.argv[1:])")
    daemon = charhubd("-chardev", "exec,id=a,command=exit 3",
                      prefix=["/usr/bin/python3", "-c", blocked])
    daemon.err.wait_for("exited with status 3")
    daemon.stop()


def everything(workdir):
    return ("-chardev", "pty,id=a", "-chardev", f"socket,id=b,path={workdir}/b,server=on,wait=off",
            "-chardev", f"file,id=c,path={workdir}/c", "-chardev", "exec,id=g,command=sleep 100000",
            "-chardev", "hub,id=h,chardevs.0=a,chardevs.1=b,chardevs.2=c",
            "-device", "console,chardev=h,guest=g",
            "-device", f"virtio-serial,id=v,socket={workdir}/v", "-vnc", f"unix:{workdir}/vnc")


# Below that the dynamic loader finds no library.
@pytest.mark.parametrize("files", range(4, 48))
def test_any_limit_of_descriptors_is_an_error_or_enough(charhubd, workdir, files):
    try:
        daemon = charhubd(*everything(workdir), prefix=["prlimit", f"--nofile={files}"])
    except AssertionError as why:
        assert "charhubd ended with 1 before" in str(why)
        assert re.search("^charhubd: .*(Too many open files|out of memory)", str(why), re.M), why
    else:
        daemon.stop(left=[workdir / "c"])


def test_limit_reached_while_serving_is_an_error_of_the_new_client(charhubd, workdir):
    daemon = charhubd("-chardev", f"socket,id=a,path={workdir}/a,server=on,wait=off,clients=64",
                      "-chardev", "hub,id=h,chardevs.0=a", "-chardev", "exec,id=g,command=cat",
                      "-device", "console,chardev=h,guest=g", prefix=["prlimit", "--nofile=32"])
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(40):
            clients.append(stack.enter_context(socket.socket(socket.AF_UNIX)))
            clients[-1].connect(f"{workdir}/a")
        daemon.err.wait_for("Too many open files")
        clients[0].sendall(b"hello\n")
        while b"hello" not in clients[0].recv(4096):
            pass
    daemon.stop()


def test_traces_are_of_the_folders_asked_for(charhubd):
    daemon = charhubd("-log", "debug,opts", "-object", "secret,id=s,data=hidden", "-chardev", A)
    daemon.err.wait_for("charhubd: -chardev null,id=a: debug: opts: null: backend=null\n")
    daemon.stop()
    assert "hidden\n" not in daemon.err.text


def test_less_can_be_told(charhubd):
    daemon = charhubd("-log", "error", "-chardev", A)
    daemon.stop()
    assert daemon.err.text == ""


@pytest.mark.parametrize("argument, message", [
    ("loud", "'loud' is no level\nLevels are error, warning, info and debug\n"),
    ("", "'' is no level\nLevels are error, warning, info and debug\n"),
    ("debug,", "'' is no folder of the source\nFolders are base,"),
    ("debug,vnc,vnx", "'vnx' is no folder of the source\nFolders are base,"),
])
def test_what_to_tell_is_named_right(run_charhubd, argument, message):
    done = run_charhubd("-log", argument)
    assert done.code == 1
    assert done.err.startswith(f"charhubd: -log {argument}: {message}")


CONSOLE = ("-chardev", "socket,id=g,path=g,server=on,wait=off",
           "-chardev", "socket,id=v,path=v,server=on,wait=off",
           "-device", "console,guest=g,chardev=v")


def come_and_go(workdir, times):
    """Each guest is two lines in the log; its output is seen before it goes."""
    with socket.socket(socket.AF_UNIX) as viewer:
        viewer.connect(f"{workdir}/v")
        for i in range(times):
            with socket.socket(socket.AF_UNIX) as guest:
                guest.connect(f"{workdir}/g")
                guest.sendall(b"%d," % i)
                while not viewer.recv(4096).endswith(b"%d," % i):
                    pass


def test_what_was_held_back_is_told_at_the_end(charhubd, workdir):
    daemon = charhubd(*CONSOLE, "-D", "log")
    come_and_go(workdir, 20)
    daemon.stop()
    said = (workdir / "log").read_text()
    assert said.count("the guest is there") in (5, 6)
    assert re.search(r"the guest is there \(and \d+ more\)\n", said), said
    assert "terminating on signal 15" in said
    assert daemon.err.text == ""
