# SPDX-License-Identifier: MIT
"""-sandbox: what charhubd may not do any more; -run-with: who it is."""

import os
import pathlib
import subprocess

import pytest

from support.program import SANITIZER
from support.qmp import Failed, Qmp
from support.setups import shared_console
from support.stream import connect_unix


def status(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return dict(line.split(":\t", 1) for line in text.splitlines())


# To look for leaks a sanitizer does what a sandbox is against.
NO_LEAKS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def sandboxed(charhubd, workdir, *more, sandbox="on"):
    return charhubd(*shared_console(workdir, "exec,command=cat"), "-control", workdir / "control",
                    "-sandbox", sandbox, *more, env=NO_LEAKS)


def test_all_threads_are_limited_and_the_console_works(charhubd, workdir, client):
    daemon = sandboxed(charhubd, workdir)
    tasks = list(pathlib.Path(f"/proc/{daemon.pid}/task").iterdir())
    assert {status(f"{daemon.pid}/task/{task.name}")["Seccomp"] for task in tasks} == {"2"}
    assert status(daemon.pid)["NoNewPrivs"] == "1"
    ann = client(workdir / "sock")
    ann.send("hello\r")
    ann.read_until("hello\r\nhello\r\n")


def test_children_are_started_from_outside(charhubd, workdir):
    daemon = sandboxed(charhubd, workdir)
    with Qmp(workdir / "control") as qmp:
        command = f"grep -E '^(Seccomp|NoNewPrivs|PPid):' /proc/self/status >{workdir}/said; cat"
        qmp.add("late", "exec", command=command)
        qmp.run("hub-add-member", hub="hub0", chardev="late")
        while not (workdir / "said").exists() or "Seccomp" not in (workdir / "said").read_text():
            qmp.run("query-chardev")
    said = dict(line.split(":\t") for line in (workdir / "said").read_text().splitlines())
    assert said["Seccomp"] == "0" and said["NoNewPrivs"] == "0"
    assert daemon.running


def test_children_may_be_forbidden(charhubd, workdir, client):
    sandboxed(charhubd, workdir, sandbox="on,spawn=deny")
    with Qmp(workdir / "control") as qmp:
        with pytest.raises(Failed, match="Operation not permitted"):
            qmp.add("late", "exec", command="true")
    ann = client(workdir / "sock")  # who was started before goes on
    ann.send("x\r")
    ann.read_until("x\r\nx\r\n")


def test_children_gain_no_rights_where_that_is_denied(charhubd, workdir):
    sandboxed(charhubd, workdir, sandbox="on,elevateprivileges=deny")
    with Qmp(workdir / "control") as qmp:
        qmp.add("late", "exec", command=f"grep NoNewPrivs /proc/self/status >{workdir}/said; cat")
        while not (workdir / "said").exists() or not (workdir / "said").read_text():
            qmp.run("query-chardev")
    assert (workdir / "said").read_text().split() == ["NoNewPrivs:", "1"]


def test_files_are_those_of_the_configuration(charhubd, workdir, tmp_path):
    sandboxed(charhubd, workdir)
    (workdir / "other").mkdir()
    with Qmp(workdir / "control") as qmp:
        with pytest.raises(Failed, match="Permission denied"):
            qmp.add("elsewhere", "file", out=str(tmp_path / "log"))
        qmp.add("here", "file", out=str(workdir / "late.log"))
    assert (workdir / "late.log").exists() and not (tmp_path / "log").exists()


def test_more_folders_may_be_named(charhubd, workdir, tmp_path):
    sandboxed(charhubd, workdir, sandbox=f"on,paths.0={tmp_path}")
    with Qmp(workdir / "control") as qmp:
        qmp.add("elsewhere", "file", out=str(tmp_path / "log"))
    assert (tmp_path / "log").exists()


def test_logs_are_opened_anew(charhubd, workdir, client):
    daemon = sandboxed(charhubd, workdir, "-D", workdir / "messages")
    os.rename(workdir / "console.log", workdir / "console.log.1")
    daemon.send_signal(1)
    for _ in range(1000):
        if (workdir / "console.log").exists():
            break
        ann = client(workdir / "sock")
        ann.send("x\r")
        ann.read_until("x\r\n")
    assert (workdir / "console.log").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_another_user_serves(charhubd, workdir, client):
    workdir.chmod(0o777)
    daemon = charhubd("-chardev", "exec,id=g,command=id -u; id -g; cat", "-chardev",
                      f"socket,id=s,path={workdir}/sock,server=on,wait=off",
                      "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h",
                      "-control", workdir / "control", "-run-with", "user=65534:65534")
    client(workdir / "sock").read_until("0\r\n")  # started before
    assert status(daemon.pid)["Uid"].split() == ["65534"] * 4
    assert status(daemon.pid)["Gid"].split() == ["65534"] * 4
    assert status(daemon.pid)["Groups"].split() in ([], ["65534"])
    assert int(status(daemon.pid)["CapEff"], 16) == 0
    with Qmp(workdir / "control") as qmp:
        qmp.add("late", "file", out=str(workdir / "late.log"))
    assert (workdir / "late.log").stat().st_uid == 65534


def test_pam_is_refused(charhubd, run_charhubd, workdir):
    """Nobody logs in to a program that would end of it."""
    rule, why = "authz-pam,id=a,service=login", "PAM cannot be asked within -sandbox on"
    login = ["-object", "tls-creds-anon,id=t,endpoint=server",
             "-vnc", f"unix:{workdir}/vnc,tls-creds=t,plain-pam=login"]
    for words in ["-object", rule], login:
        done = run_charhubd(*words, "-sandbox", "on")
        assert done.code == 1
        assert why in done.err and "authz-list-file work there" in done.err
    sandboxed(charhubd, workdir)
    with Qmp(workdir / "control") as qmp, pytest.raises(Failed, match=why):
        qmp.run("object-add", **{"qom-type": "authz-pam", "id": "a", "service": "login"})


def test_what_is_wrong_is_said(run_charhubd):
    cases = [(["-run-with", "user=nobody-of-that-name"],
              "User \"nobody-of-that-name\" doesn't exist (and is not <uid>:<gid>)"),
             (["-run-with", "user=1:x"], "User \"1:x\" doesn't exist"),
             (["-run-with", "chroot=/nonexistent"], "chroot to \"/nonexistent\" failed"),
             (["-sandbox", "on,spawn=maybe"], "spawn"),
             (["-sandbox", "on,colour=red"], "colour")]
    for words, text in cases:
        done = run_charhubd("-chardev", "null,id=a", *words)
        assert done.code == 1 and text in done.err, done.err
        assert not SANITIZER.search(done.err)
    for option in ("-sandbox", "-run-with"):
        assert "user=" in run_charhubd(option, "help").out or option == "-sandbox"
