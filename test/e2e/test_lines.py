# SPDX-License-Identifier: MIT
"""Lines that other programs write for QEMU, and what comes of each to the letter.

A line is given as its arguments and everything that charhubd says to it: nothing where it is taken
as it is, a warning where something in it means nothing here, an error where it cannot be. DIR is a
folder of the test's own.
"""

import os
import re
import shlex

import pytest

from support import rfb, stream

# ---- taken without a word ----

TAKEN = [
    # libvirt: names, consoles, logs, channels
    "-name guest=vm1,debug-threads=on",
    "-name guest=vm1,process=qemu:vm1,debug-threads=off",
    "-name vm1,debug-threads=on",
    "-chardev pty,id=charserial0",
    "-chardev pty,id=charserial0,logfile=DIR/log,logappend=on",
    "-chardev socket,id=charserial0,path=DIR/s,server=on,wait=off",
    "-chardev socket,id=charserial0,host=127.0.0.1,port=0,server=on,wait=off,telnet=off",
    "-chardev socket,id=charserial0,host=127.0.0.1,port=0,server=on,wait=off,websocket=off,"
    "tn3270=off,mux=off",
    "-chardev file,id=charserial0,path=DIR/f,append=on",
    '-chardev null,id=a -device {"driver":"virtio-serial-pci","id":"v","socket":"DIR/v"} '
    '-device {"driver":"virtconsole","bus":"v.0","chardev":"a"}',
    "-device virtio-serial-pci-non-transitional,socket=DIR/v,max_ports=4",
    "-device virtio-serial-pci-transitional,socket=DIR/v",
    "-device virtio-serial-ccw,socket=DIR/v",
    # libvirt to come: nested JSON
    '-chardev {"id":"a","backend":{"type":"null","data":{}}}',
    '-chardev {"id":"a","backend":{"type":"pty","data":{}}}',
    '-chardev {"id":"a","backend":{"type":"socket","data":{"addr":{"type":"unix",'
    '"data":{"path":"DIR/s"}},"server":true,"wait":false}}}',
    '-chardev {"id":"a","backend":{"type":"socket","data":{"addr":{"type":"inet",'
    '"data":{"host":"127.0.0.1","port":"0"}},"server":true,"wait":false,"telnet":false}}}',
    '-chardev {"id":"a","backend":{"type":"file","data":{"out":"DIR/f","append":true,'
    '"logfile":"DIR/log","logappend":true}}}',
    '-chardev {"id":"a","backend":{"type":"ringbuf","data":{"size":4096}}}',
    # Proxmox, Incus, Kata, EVE
    "-chardev socket,id=serial0,path=DIR/vm.serial0,server=on,wait=off",
    "-chardev ringbuf,id=console,size=0x10000",
    "-chardev ringbuf,id=console,size=0X400",
    "-chardev socket,id=charconsole0,path=DIR/console.sock,server=on,wait=off",
    "-name sandbox-1,debug-threads=on",
    "-chardev vc,id=a,cols=80,rows=25",
    "-chardev vc,id=a,encoding=utf8",
    "-chardev vc,id=a,encoding=cp437",
    # what a machine has besides, and the short form
    "-nodefaults -no-user-config -display none -monitor none -parallel none -serial none",
    "-chardev null,id=g -serial none -serial unix:DIR/s,server=on,wait=off "
    "-device console,guest=g,chardev=serial1",
    "-chardev null,id=g -chardev null,id=a -serial chardev:a -device console,guest=g,chardev=a",
    "-chardev null,id=g -serial tcp:127.0.0.1:0,server=on,wait=off -serial vc:80Cx24C "
    "-chardev hub,id=h,chardevs.0=serial0,chardevs.1=serial1 -device console,guest=g,chardev=h",
    # mux, off and on
    "-chardev null,id=a,mux=off",
    "-chardev socket,id=cons,path=DIR/s,server=on,wait=off,mux=on",
    # libvirt's <serial>, <console>, <channel> of other types
    "-chardev null,id=charserial0",
    "-chardev vc,id=charserial0",
    "-chardev stdio,id=charserial0",
    "-chardev file,id=charserial0,path=DIR/f,append=on,logfile=DIR/log,logappend=on",
    "-chardev udp,id=charserial0,host=127.0.0.1,port=9999,localaddr=127.0.0.1,localport=0",
    "-chardev socket,id=charserial0,host=127.0.0.1,port=0,telnet=on,server=on,wait=off",
    "-chardev socket,id=charchannel0,path=DIR/s,server=on,wait=off",
    # Proxmox's agent and spice-less consoles, Kata's and Incus's agents, EVE's hub of one
    "-chardev socket,id=qga0,path=DIR/qga,server=on,wait=off",
    "-chardev socket,id=charch0,path=DIR/kata.sock,server=on,wait=off",
    "-chardev ringbuf,id=console",
    "-chardev socket,id=monitor,path=DIR/qemu.monitor,server=on,wait=off",
    "-chardev socket,id=charserial1,path=DIR/s,server=on,wait=off "
    "-chardev hub,id=charhub0,chardevs.0=charserial1,logfile=/dev/fd/1,logappend=on",
    "-chardev socket,id=cons,path=DIR/s,server=on,wait=off,mux=on,logfile=/dev/fd/1,logappend=on",
]


# VNC, on displays from 3000 on, which hardly anybody has.
TAKEN += [
    "-vnc 127.0.0.1:3000,to=3099,id=a,id=b",
    "-vnc 127.0.0.1:3000,to=3099,vnc=127.0.0.1:3000",
    "-vnc unix:DIR/v,vnc=unix:DIR/v2,websocket=unix:DIR/w,websocket=unix:DIR/w2",
    "-vnc unix:DIR/v,ipv4=on,ipv6=off",
    "-vnc unix:DIR/v -vnc unix:DIR/v2 -vnc unix:DIR/v3,id=vnc3",
    "-vnc none",
    "-vnc unix:DIR/v,password=on",
    "-vnc 127.0.0.1:3000,to=3099,password=on",
    "-object secret,id=p,data=x -vnc unix:DIR/v,password-secret=p,share=ignore",
]


def words_of(line, workdir):
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.escape = True, "", ""
    return [word.replace("DIR", str(workdir)) for word in lexer]


@pytest.mark.parametrize("line", TAKEN)
def test_line_is_taken_without_a_word(charhubd, workdir, line):
    daemon = charhubd(*words_of(line, workdir))
    daemon.stop()
    assert [text for text in daemon.err.text.splitlines() if " info: " not in text] == []


# ---- taken with a warning ----

WARNED = [
    # Proxmox: the agent's channel
    ("-chardev socket,path=DIR/qga,server=on,wait=off,id=qga0 "
     "-device virtio-serial,id=qga0,bus=pci.0,addr=0x8,socket=DIR/v",
     "virtio-serial: of no meaning here and ignored: 'addr', 'bus'"),
    # Kata: its console
    ("-chardev socket,id=charconsole0,path=DIR/console.sock,server=on,wait=off "
     "-device virtio-serial-pci,disable-modern=true,id=serial0,romfile=,max_ports=2,socket=DIR/v",
     "virtio-serial: of no meaning here and ignored: 'disable-modern', 'romfile'"),
    ("-vnc unix:DIR/v,audiodev=audio1", "vnc: of no meaning here and ignored: 'audiodev'"),
    ("-device virtio-serial-ccw,devno=fe.0.0002,socket=DIR/v",
     "virtio-serial: of no meaning here and ignored: 'devno'"),
    ("-device virtio-serial-pci-non-transitional,id=virtio-serial0,bus=pci.3,addr=0x0,socket=DIR/v",
     "virtio-serial: of no meaning here and ignored: 'addr', 'bus'"),
]


@pytest.mark.parametrize("line, said", WARNED)
def test_line_is_taken_with_one_warning(charhubd, workdir, line, said):
    words = words_of(line, workdir)
    daemon = charhubd(*words)
    daemon.stop()
    warnings = [text for text in daemon.err.text.splitlines() if " warning: " in text]
    assert warnings == [f"charhubd: {' '.join(words[-2:])}: warning: {said}"]


# ---- refused ----

REFUSED = [
    ("-vnc :41,to=30", "to=30 is below display 41"),
    ("-vnc :0x3d", "can't convert to a number: 0x3d"),
    ("-vnc :41,ipv4=off,ipv6=off", "Cannot disable IPv4 and IPv6 at same time"),
    ("-vnc :41,vnc=:42,websocket=on", "explicit websocket port is required"),
    ("-vnc :41,id=1", "Parameter 'id' expects an identifier"),
    ("-vnc :41,to=x", "Parameter 'to' expects a number"),
    ("-vnc :41,foo=1", "Invalid parameter 'foo'"),
    ("-vnc unix:DIR/v,to=3", "Port range not support with UNIX socket"),
    ("-vnc unix:DIR/v,websocket=nosuch",
     "address resolution failed for :nosuch: Servname not supported for ai_socktype"),
    ("-vnc unix:DIR/v,id=a -vnc unix:DIR/w,id=a", "Duplicate ID 'a' for vnc"),
    ("-vnc unix:DIR/v -vnc unix:DIR/w,id=default", "Duplicate ID 'default' for vnc"),
    ("-chardev null,,id=a", "'null,id=a' is not a valid char driver name"),
    ("-chardev testdev,id=a", "'testdev' is not a valid char driver name"),
    ("-chardev null,id=a,cols=80", "chardev 'a' does not support size options"),
    ("-chardev ringbuf,id=a,width=80", "chardev 'a' does not support size options"),
    ("-chardev file,id=a,rows=80", "chardev 'a' does not support size options"),
    ("-chardev hub,id=a,height=80", "chardev 'a' does not support size options"),
    ("-chardev vc,id=a,encoding=latin1", "invalid parameter value: latin1"),
    ("-chardev null,id=a,encoding=utf8", "chardev 'a' does not support encoding option"),
    ("-chardev null,id=a,mux=maybe", "Parameter 'mux' expects 'on' or 'off'"),
    ("-chardev socket,id=a,path=x,tn3270=on", "'tn3270=on' is not supported"),
    ("-chardev ringbuf,id=a,size=0x10k",
     "Parameter 'size' expects a non-negative number below 2^64"),
    ("-chardev ringbuf,id=a,size=0x", "Parameter 'size' expects a non-negative number below 2^64"),
    ("-chardev ringbuf,id=a,size=0x10000000000000000",
     "Value '0x10000000000000000' is out of range for parameter 'size'"),
    ('-chardev {"id":"a","backend":{"type":"nope","data":{}}}',
     "'nope' is not a valid char driver name"),
    ('-chardev {"id":"a","backend":{"type":"socket","data":{"addr":{"type":"tipc","data":{}}}}}',
     "Parameter 'backend.data.addr.type' does not accept value 'tipc'"),
    ('-chardev {"backend":{"type":"null","data":{}}}', "chardev: no id specified"),
    ("-name vm1,debug-threads=maybe", "Parameter 'debug-threads' expects 'on' or 'off'"),
    ("-name vm1,foo=1", "Invalid parameter 'foo'"),
    ("-device virtio-serial-pci-transitional,foo=on",
     "Property 'virtio-serial-pci-transitional.foo' not found"),
    ("-device virtio-serial-pci,max_ports=x", "Parameter 'max_ports' expects integer"),
    ("-device virtio-serial-pci,max_ports=-1", "Parameter 'max_ports' expects uint32_t"),
    ("-device virtio-serial-pci,socket=DIR/v -device virtconsole,nr=4294967296",
     "Parameter 'nr' expects uint32_t"),
    ("-device virtio-serial-pci,max_ports=99999999999999999999",
     "Parameter 'max_ports' expects integer"),
    ("-device virtio-serial-pci,max_ports=-1x", "Parameter 'max_ports' expects integer"),
    ('-device {"driver":"virtio-serial-pci","max_ports":"x"}',
     "Parameter 'max_ports' expects uint64"),
    ('-device {"driver":"virtio-serial-pci","max_ports":1.5}',
     "Parameter 'max_ports' expects uint64"),
    ('-device {"driver":"virtio-serial-pci","max_ports":true}',
     "Parameter 'max_ports' expects uint64"),
    ('-device {"driver":"virtio-serial-pci","max_ports":-1}',
     "Parameter 'max_ports' expects uint32_t"),
    ("-chardev vc,id=a,cols=-1x", "Parameter 'cols' expects a number"),
    ("-add-fd set=1", "fd option is required and must be non-negative"),
    ("-add-fd fd=-1,set=1", "fd option is required and must be non-negative"),
    ("-add-fd fd=7", "fd is not valid or already in use"),
    ("-add-fd fd=1", "fd cannot be a standard I/O stream"),
    ("-add-fd fd=x", "Parameter 'fd' expects a number"),
    ("-add-fd fd=1,set=1", "fd cannot be a standard I/O stream"),
    ("-add-fd fd=9999,set=1", "fd is not valid or already in use"),
    ("-add-fd fd=7,set=x", "Parameter 'set' expects a number"),
    ("-add-fd fd=7,set=1,foo=bar", "Invalid parameter 'foo'"),
    ("-chardev null,id=a,logfile=/dev/fdset/2", "Failed to find fdset /dev/fdset/2"),
    ("-serial bogus", "'bogus' is not a valid char driver"),
    ("-serial tcp:4444", "'tcp:4444' is not a valid char driver"),
    ("-serial telnet::1,foo=on", "Invalid parameter 'foo'"),
    ("-serial chardev:nope",
     "could not connect serial device to character backend 'chardev:nope'"),
    ("-chardev null,id=serial0 -serial null", "Duplicate ID 'serial0' for chardev"),
    ("-parallel null", "'null': there is no parallel port here: only 'none' is taken"),
    ("-display gtk", "'gtk': there is no window here: only 'none' is taken"),
    ("-chardev null,id=a,logfile=/dev/fdset/x", "Could not parse fdset /dev/fdset/x"),
    ("-chardev file,id=a,path=/dev/fdset/2",
     "Could not open '/dev/fdset/2': No such file or directory"),
    ("-chardev file,id=a,path=/dev/fdset/x", "Could not open '/dev/fdset/x': Invalid argument"),
    ("-chardev pipe,id=a,path=/dev/fdset/2",
     "Could not open '/dev/fdset/2': No such file or directory"),
]


@pytest.mark.parametrize("line, said", REFUSED)
def test_line_is_refused(run_charhubd, workdir, line, said):
    words = words_of(line, workdir)
    done = run_charhubd(*words)
    first = next(text for text in done.err.splitlines()
                 if " warning: " not in text and " info: " not in text)
    assert (done.code, first) == (1, f"charhubd: {' '.join(words[-2:])}: {said}")


# ---- what a line does ----


def test_nested_socket_is_a_server_that_does_not_wait(charhubd, workdir, client):
    charhubd("-chardev", '{"id":"a","backend":{"type":"socket","data":{"addr":{"type":"unix",'
             f'"data":{{"path":"{workdir}/s"}}}}}}}}}}',
             "-chardev", "exec,id=g,command=cat", "-device", "console,guest=g,chardev=a")
    ann = client(workdir / "s")
    ann.send("hello\r")
    ann.read_until("hello\r\nhello\r\n")


def test_serial_that_nobody_uses_says_what_to_do(charhubd):
    daemon = charhubd("-serial", "null")
    daemon.stop()
    warnings = [text for text in daemon.err.text.splitlines() if " info: " not in text]
    assert warnings == [
        "charhubd: warning: "
        "-serial: there is no serial port here, and nothing uses chardev 'serial0'",
        "-device console,guest=ID,chardev=serial0 puts the guest behind chardev ID on it"]


def test_every_address_of_a_vnc_is_served(charhubd, workdir):
    daemon = charhubd("-vnc", f"unix:{workdir}/a,vnc=unix:{workdir}/b",
                      "-vnc", "127.0.0.1:3000,vnc=127.0.0.1:3000,to=3099")
    at = rb"running on 127\.0\.0\.1:(\d+)\n"
    ports = daemon.err.wait_for(re.compile(at + b".*" + at)).groups()
    assert len(set(ports)) == 2
    for place in f"{workdir}/a", f"{workdir}/b", *(("127.0.0.1", int(port)) for port in ports):
        rfb.connect(place).close()


def test_name_of_the_process_is_set(charhubd):
    daemon = charhubd("-name", "guest=vm1,process=qemu:vm1")
    with open(f"/proc/{daemon.pid}/comm", encoding="ascii") as comm:
        assert comm.read() == "qemu:vm1\n"


def test_log_goes_to_a_descriptor_that_was_passed(charhubd, workdir):
    (workdir / "log").write_text("before\n")
    read_end, write_end = os.pipe()
    log = os.open(workdir / "log", os.O_WRONLY | os.O_APPEND)
    other = os.open("/dev/null", os.O_RDONLY)
    daemon = charhubd("-chardev", "exec,id=g,command=echo more",
                      "-chardev", "null,id=n,logfile=/dev/fdset/7,logappend=on",
                      "-chardev", "file,id=f,path=/dev/fdset/8,append=on",
                      "-chardev", "hub,id=h,chardevs.0=n,chardevs.1=f",
                      "-device", "console,guest=g,chardev=h",
                      "-add-fd", f"fd={log},set=7,opaque=serial0-log",
                      "-add-fd", f"fd={other},set=8", "-add-fd", f"fd={write_end},set=8",
                      pass_fds=(log, other, write_end))
    for fd in (log, other, write_end):
        os.close(fd)
    with stream.Stream(read_end) as pipe:
        pipe.read_until("more\r\n")
        daemon.stop()
        pipe.read_to_end()
    assert (workdir / "log").read_text() == "before\nmore\n"


def test_descriptor_must_have_been_opened_for_writing(run_charhubd):
    with open("/dev/null", "rb") as other:
        for options, flags in ("logfile=/dev/fdset/1", "0x241"), \
                ("logfile=/dev/fdset/1,logappend=on", "0x441"):
            done = run_charhubd("-add-fd", f"fd={other.fileno()},set=1",
                                "-chardev", f"null,id=a,{options}", pass_fds=[other.fileno()])
            assert (done.code, done.err) == (
                1, f"charhubd: -chardev null,id=a,{options}: "
                   f"Failed to find file descriptor with matching flags={flags}\n")


def test_passed_descriptor_must_suit_and_have_a_set(run_charhubd):
    with open("/dev/null", "rb") as other:
        fd = other.fileno()
        for words, said in (
                (["-add-fd", f"fd={fd}"], "set option is required and must be non-negative"),
                (["-add-fd", f"fd={fd},set=-1"], "set option is required and must be non-negative"),
                (["-add-fd", f"fd={fd},set=1", "-chardev", "file,id=a,path=/dev/fdset/1"],
                 "Could not open '/dev/fdset/1': Permission denied")):
            done = run_charhubd(*words, pass_fds=[fd])
            assert (done.code, done.err) == (
                1, f"charhubd: {' '.join(words[-2:])}: {said}\n")


def test_children_do_not_inherit_what_was_passed(charhubd, workdir, client):
    with open("/dev/null", "wb") as other:
        fd = other.fileno()
        charhubd("-add-fd", f"fd={fd},set=1",
                 "-chardev", f"exec,id=g,command=test -e /proc/self/fd/{fd} || echo none",
                 "-chardev", f"socket,id=s,path={workdir}/s,server=on,wait=off",
                 "-chardev", "hub,id=h,chardevs.0=s", "-device", "console,guest=g,chardev=h",
                 pass_fds=[fd])
        client(workdir / "s").read_until("none")
