# SPDX-License-Identifier: MIT
"""A service that is stopped and started again: what there was waits with the service manager."""

import os
import re
import resource
import signal
import socket
import ssl

import pytest

from support import rfb
from support.certificates import Authority
from support.guests import Shell, boot
from support.load import lose_nothing
from support.manager import Killed, Service, pack, unpack
from support.program import special_files
from support.qmp import Qmp
from support.screen import wait_until
from support.stream import DEADLINE, UnixServer, connect_unix, free_port

CONSOLES = 5
REFUSED = b"what the last process has left cannot go on, all is made anew: "


@pytest.fixture
def service(request, charhubd_path, workdir):
    made = Service(charhubd_path, workdir)
    yield made
    if getattr(request.node, "failed", False):
        print(f"charhubd said:\n{made.daemon.err.text}")
        made.daemon.kill()
    elif made.daemon and made.daemon.running:
        made.stop()
    made.store.end()


def run(workdir, command, **arguments):
    with Qmp(workdir / "control") as qmp:
        return qmp.run(command, **arguments)


def console(path="s", clients=4):
    """A guest's server, and one for people."""
    return ["-chardev", "socket,id=g,path=g,server=on,wait=off",
            "-chardev", f"socket,id=s,path={path},server=on,wait=off,clients={clients}",
            "-chardev", "hub,id=h,chardevs.0=s,replay=window",
            "-device", "console,guest=g,chardev=h"]


def talk(guest, person, word):
    guest.send(b"out %s\r\n" % word)
    person.read_until(b"out %s\r\n" % word)
    person.send(b"in %s\r\n" % word)
    guest.read_until(b"in %s\r\n" % word)


def test_no_byte_is_lost_under_load(service, workdir, client):
    """Several consoles; three in a row."""
    lose_nothing(CONSOLES, workdir, client, service.start, service.restart, service.stop)


def test_all_that_has_no_process_goes_on(service, workdir, client, pty):
    """A terminal, a viewer, a ring, the screen for who comes late, who waits to be let in."""
    service.start("-chardev", "pty,id=p,path=link", "-chardev", "vc,id=v",
                  "-chardev", "ringbuf,id=r,size=1024",
                  *console(), "-device", "console,guest=p,chardev=r", "-vnc", "unix:vnc")
    run(workdir, "hub-add-member", hub="h", chardev="v")
    guest, person = client(workdir / "g"), client(workdir / "s")
    line, viewer = pty((workdir / "link").resolve()), rfb.connect(str(workdir / "vnc"))
    guest.send(b"\x1b[?25lonce\r\n")
    person.read_until(b"once")
    line.send(b"ring")
    for turn in range(2):
        service.stop()
        guest.send(b"while it was stopped %d\r\n" % turn)
        line.send(b" %d" % turn)
        waiting = client(workdir / "s")
        service.start()
        person.read_until(b"while it was stopped %d" % turn)
        waiting.read_until(b"while it was stopped %d" % turn)
        talk(guest, person, b"%d" % turn)
        late = rfb.connect(str(workdir / "vnc"))
        wanted = late.picture()
        while viewer.rows != wanted:
            viewer.request()
            viewer.update()
        late.close()
    wait_until(lambda: run(workdir, "ringbuf-read", device="r", size=99) == "ring 0 1", "the ring")
    viewer.close()


def test_a_command_is_started_again(service, workdir, client):
    """It is the child of a process that ends; whoever is there stays."""
    service.start("-chardev", "exec,id=g,command=echo fdstore=$FDSTORE. I am $$; cat",
                  "-chardev", "socket,id=s,path=s,server=on,wait=off",
                  "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h")
    person, children = client(workdir / "s"), set()
    for turn in range(3):
        if turn:
            service.restart()
        while len(children) == turn:  # the screen may be shown once more, with those before
            seen = person.read_until(re.compile(rb"fdstore=\. I am \d+(?=[\r\x1b])"))
            children.add(seen.split()[-1])
        person.send(b"hello %d\n" % turn)
        person.read_until(b"hello %d\r\n" % turn)
    service.stop()
    service.daemon.err.wait_for("exec 'g': the command ends with this process")


def test_what_the_files_say_by_then_is_what_is(service, workdir, client):
    """All is ready when it is."""
    config = workdir / "c.conf"

    def write(*names):
        config.write_text("".join(
            f'[chardev "{name}"]\n backend = "socket"\n path = "{name}"\n server = "on"\n'
            ' wait = "off"\n' for name in names), encoding="utf-8")

    write("old")
    service.start(*console(), "-config", "c.conf")
    guest, person = client(workdir / "g"), client(workdir / "s")
    talk(guest, person, b"1")
    write("new")
    service.restart()
    assert (workdir / "new").is_socket() and not (workdir / "old").exists()
    talk(guest, person, b"2")
    (workdir / "new").unlink()


def test_an_upgrade_in_between_changes_nothing(service, workdir, client):
    service.start(*console())
    guest, person = client(workdir / "g"), client(workdir / "s")
    service.restart()
    run(workdir, "upgrade")
    assert "READY" in service.store.next()
    talk(guest, person, b"1")
    service.restart()
    talk(guest, person, b"2")


@pytest.mark.parametrize("option, argument", [
    ("-sandbox", "on"),
    pytest.param("-run-with", f"user={os.getuid()}:{os.getgid()}", marks=pytest.mark.skipif(
        os.geteuid() != 0, reason="needs root"))])
def test_what_was_given_up_for_good_is_no_obstacle(service, workdir, client, option, argument):
    """The next process has all rights until all is made."""
    # To look for leaks a sanitizer does what a sandbox is against.
    service.env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    service.start(*console(), option, argument)
    guest, person = client(workdir / "g"), client(workdir / "s")
    for turn in b"1", b"2":
        talk(guest, person, turn)
        service.restart()
    talk(guest, person, b"3")


def test_sockets_of_the_manager_are_told_apart(service, workdir, client):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(workdir / "passed"))
        listener.listen()
        service.sockets = [("people", listener.fileno())]
        service.start("-chardev", "socket,id=g,path=g,server=on,wait=off",
                      "-chardev", "socket,id=s,fd=people,server=on,wait=off,clients=4",
                      "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h")
        guest, people = client(workdir / "g"), [client(workdir / "passed")]
        for turn in range(3):
            for person in people:
                talk(guest, person, b"%d" % turn)
            service.stop()
            people.append(client(workdir / "passed"))
            service.sockets = service.sockets[::-1]
            service.start()


def test_who_cannot_go_on_is_told(service, workdir):
    port, authority = free_port(), Authority(workdir / "pki")
    authority.sign("server", "hub.example")
    service.start("-object", f"tls-creds-x509,id=t,dir={authority.folder},endpoint=server,"
                             "verify-peer=off",
                  "-chardev", "socket,id=g,path=g,server=on,wait=off",
                  "-chardev", f"socket,id=s,host=127.0.0.1,port={port},server=on,wait=off,"
                              "clients=4,tls-creds=t",
                  "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h")
    context = ssl.create_default_context(cafile=authority.path("ca-cert.pem"))
    person = context.wrap_socket(
        socket.create_connection(("127.0.0.1", port), DEADLINE), server_hostname="localhost")
    with connect_unix(workdir / "g") as guest:
        guest.send(b"hello")
        said = person.recv(4096)
        service.restart()
        while data := person.recv(4096):
            said += data
        assert said.endswith(
            b"charhub: the console's server is being restarted: come again\r\n")
    person.close()


def test_a_guest_of_ours_notices_nothing(service, workdir, guest, client):
    """Output under way, while nobody is there to take it."""
    service.start("-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off,clients=4",
                  "-chardev", "hub,id=h,chardevs.0=s",
                  "-device", f"virtio-serial,id=ser0,socket={workdir}/ser0",
                  "-device", "virtconsole,chardev=h")
    boot(guest, workdir / "ser0")
    shell = Shell(client(workdir / "s"))
    assert shell.run("echo $((6 * 7))") == "42\n"
    shell.send("i=0; while [ $i -lt 60 ]; do echo n$i.; i=$((i + 1)); usleep 50000; done; "
               "echo all $((1 + 1))")
    for number in 5, 25, 45:
        shell.stream.read_until(b"n%d." % number)
        service.restart()
        assert b"n%d.\r\n" % (number + 1) in shell.stream.read_until(b"n%d." % (number + 10))
    shell.stream.read_until("all 2\r\n")
    assert "the frontend has left" not in service.daemon.err.text


# ---- much ----


def test_several_hundred_descriptors(service, workdir):
    people = 600
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * people, hard), hard))
    try:
        service.start(*console(clients=people))
        with connect_unix(workdir / "g") as guest:
            clients = []
            for _ in range(people):
                clients.append(connect_unix(workdir / "s"))
                clients[-1].send(b".")
                guest.read_until(b".")  # so that the queue of who waits is short
            for turn in b"1", b"2":
                guest.send(b"out %s\r\n" % turn)
                for person in clients:
                    person.read_until(b"out %s\r\n" % turn)
                if turn == b"1":
                    service.restart()
            for person in clients:
                person.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ---- what cannot go on ----


def start_anew(service, workdir, people):
    """It starts all the same; those who were there are let go."""
    service.start()
    assert not service.store.kept
    for peer in people:
        peer.read_to_end()
    with connect_unix(workdir / "g") as guest, connect_unix(workdir / "s") as person:
        talk(guest, person, b"again")


def change(memory, place, data):
    """The same file but for this."""
    whole = bytearray(os.pread(memory, os.fstat(memory).st_size, 0))
    whole[place:place + len(data)] = data
    os.close(memory)
    changed = os.memfd_create("snapshot")
    os.write(changed, whole)
    return changed


def another_format(fds):
    return pack([change(fds[0], 8, b"\0\x63"), *fds[1:]])


def another_sum(fds):
    return pack([change(fds[0], os.fstat(fds[0]).st_size - 9, b"\xee"), *fds[1:]])


def without_one(fds):
    os.close(fds.pop())
    return pack(fds)


def with_one_more(fds):
    return pack([*fds, os.memfd_create("more")])


def no_parcel(fds):
    for fd in fds[1:]:
        os.close(fd)
    return fds[0]


def taken_before(fds):
    parcel = pack(fds)
    for fd in unpack(parcel):
        os.close(fd)
    return parcel


@pytest.mark.parametrize("break_it, why", [
    (another_format, r"the snapshot has the format 99\.\d+, and this program takes over 1 only"),
    (another_sum, "the snapshot is broken: its sum is wrong"),
    (without_one, r"the snapshot refers to \d+ descriptors, and \d+ are there"),
    (with_one_more, r"the snapshot refers to \d+ descriptors, and \d+ are there"),
    (no_parcel, "it is not whole: Bad message"),
    (taken_before, "it is not whole: Bad message")])
def test_what_is_broken_is_left_and_told(service, workdir, client, break_it, why):
    service.start(*console())
    people = [client(workdir / "g"), client(workdir / "s")]
    talk(*people, b"1")
    service.stop()
    (name, parcel), = service.store.kept
    service.store.kept = [(name, break_it(unpack(parcel)))]
    os.close(parcel)
    start_anew(service, workdir, people)
    service.daemon.err.wait_for(re.compile(REFUSED + why.encode() + b"\n"))
    assert service.daemon.err.data.count(REFUSED) == 1


def test_nothing_is_left_by_who_is_killed(service, workdir, client):
    service.start(*console())
    people = [client(workdir / "g"), client(workdir / "s")]
    talk(*people, b"1")
    service.daemon.send_signal(signal.SIGKILL)
    service.daemon.expect_end(-signal.SIGKILL, left=special_files(workdir))
    start_anew(service, workdir, people)


def test_who_dies_of_it_does_not_meet_it_again(service, workdir, client):
    service.start(*console())
    people = [client(workdir / "g"), client(workdir / "s")]
    talk(*people, b"1")
    service.stop()
    service.store.kills = True
    with pytest.raises(Killed):
        service.start()
    service.store.kills = False
    start_anew(service, workdir, people)


def test_a_manager_that_takes_nothing_is_no_obstacle(service, workdir, client):
    """It is stopped as without one, and people are told so."""
    service.start(*console())
    guest, person = client(workdir / "g"), client(workdir / "s")
    talk(guest, person, b"1")
    service.store.sock.close()
    service.daemon.send_signal(signal.SIGTERM)
    service.daemon.expect_end(0)
    assert "nothing goes on when the service is started again: the service manager does not " \
        "take it: Connection refused" in service.daemon.err.text
    person.read_to_end()


def test_only_sigterm_leaves_it(service, workdir, client):
    service.start(*console())
    talk(client(workdir / "g"), client(workdir / "s"), b"1")
    service.daemon.send_signal(signal.SIGINT)
    assert "STOPPING" in service.store.next()
    service.daemon.expect_end(0)
    assert not service.store.kept
