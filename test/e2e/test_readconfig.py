# SPDX-License-Identifier: MIT
"""Configuration files as a VM manager writes them for QEMU: what is not ours is passed over."""

import re

import pytest

MACHINE = """# generated; do not edit
[machine]
  type = "pc-q35-3.1"
  dump-guest-core = "off"
  accel = "kvm:tcg"
  vmport = "off"
  kernel-irqchip = "on"

[global]
  driver = "kvm-pit"
  property = "lost_tick_policy"
  value = "delay"

[memory]
  size = "524288"

[smp-opts]
  cpus = "2"
  maxcpus = "2"

[realtime]
  mlock = "off"

[rtc]
  base = "localtime"

[device]
  driver = "intel-iommu"
  caching-mode = "on"

[device "pci.1"]
  driver = "pcie-root-port"
  port = "10"
  chassis = "1"
  bus = "pcie.0"
  multifunction = "on"
  addr = "01.0"

[drive "drive-virtio-disk1"]
  file = "/var/lib/volumes/disk.qcow2"
  if = "none"
  format = "qcow2"
  aio = "io_uring"

[device "virtio-disk1"]
  driver = "virtio-blk-pci"
  scsi = "off"
  bus = "pci.4"
  drive = "drive-virtio-disk1"

[netdev "hostnet0"]
  type = "tap"
  ifname = "nbu1x1"

[device "net0"]
  driver = "virtio-net-pci"
  netdev = "hostnet0"
  mac = "00:16:3e:00:01:01"
"""

CONSOLE = """
[chardev "charserial0"]
  backend = "socket"
  path = "{dir}/guest"
  server = "on"
  wait = "off"

[chardev "charserial1"]
  backend = "socket"
  path = "{dir}/cons"
  server = "on"
  wait = "off"
  logfile = "{dir}/cons.log"
  logappend = "on"

[chardev "pty0"]
  backend = "pty"
  path = "{dir}/pty"

[chardev "charhub0"]
  backend = "hub"
  chardevs.0 = "charserial1"
  chardevs.1 = "pty0"

[device "console0"]
  driver = "console"
  guest = "charserial0"
  chardev = "charhub0"
"""


def test_file_of_a_whole_machine_gives_its_console(charhubd, config, workdir, client, pty):
    daemon = charhubd("-readconfig", config(MACHINE + CONSOLE))
    guest, ann, ben = client(workdir / "guest"), client(workdir / "cons"), pty(workdir / "pty")
    guest.send("hello\r\n")
    ann.read_until("hello\r\n")
    ben.read_until("hello\r\n")
    ben.send("hi")
    assert guest.read_exact(2) == b"hi"
    daemon.stop()  # logs are written beside the loop
    assert (workdir / "cons.log").read_bytes() == b"hello\r\n"


def test_each_foreign_section_is_named_once_with_its_line(charhubd, config):
    text = MACHINE + CONSOLE
    path = config(text)
    daemon = charhubd("-readconfig", path)
    daemon.stop()
    warnings = re.findall(rf"{re.escape(str(path))}:(\d+): .*skipped", daemon.err.text)
    foreign = re.findall(r"^\[[^\]]*\]", MACHINE, re.M)
    headers = [number for number, line in enumerate(text.split("\n"), 1)
               if line.startswith("[")][:len(foreign)]
    assert list(map(int, warnings)) == headers


def test_options_and_file_may_be_mixed(charhubd, config, workdir, client):
    charhubd("-chardev", f"socket,id=charserial0,path={workdir}/guest,server=on,wait=off",
             "-chardev", f"socket,id=s,path={workdir}/cons,server=on,wait=off",
             "-readconfig", config('[chardev "h"]\n backend = "hub"\n chardevs.0 = "s"\n'),
             "-device", "console,guest=charserial0,chardev=h")
    guest, ann = client(workdir / "guest"), client(workdir / "cons")
    guest.send("both")
    assert ann.read_exact(4) == b"both"


# What follows "charhubd:FILE:"; hints are left out.
@pytest.mark.parametrize("text, said", [
    ('[chardev "a"]\n  backend = "null"\n  colour = "red"\n\n', "3: Invalid parameter 'colour'"),
    ('[chardev "a"]\n  colour = "red"\n  backend = "null"\n', "2: Invalid parameter 'colour'"),
    ('[chardev "a"]\n  backend = "null"\n  logappend = "maybe"\n  logfile = "x"\n',
     "3: Parameter 'logappend' expects 'on' or 'off'"),
    ('[chardev "a"]\n  backend = "nonsense"\n', "2: 'nonsense' is not a valid char driver name"),
    ('[chardev "a"]\n  backend = "nope" # not yet\n\n# c\n[chardev "b"]\n',
     "2: 'nope' is not a valid char driver name"),
    ('[chardev "a"] # c\n  backend = "nope"\n', "2: 'nope' is not a valid char driver name"),
    ('[chardev]\n  backend = "null"\n', "2: chardev: no id specified"),
    ('[chardev "1"]\n  backend = "null"\n', "2: Parameter 'id' expects an identifier"),
    ('[chardev "a"]\n', '1: chardev: "a" missing backend'),
    ('[chardev "a"]\n backend = "null"\n[chardev "a"]\n backend = "null"\n',
     "4: Duplicate ID 'a' for chardev"),
    ('[chardev "a"]\n backend = "file"\n path = "/nonexistent/x"\n\n[chardev "b"]\n'
     ' backend = "null"\n', "3: Could not open '/nonexistent/x': No such file or directory"),
    ('[device "a"]\n driver = "console"\n foo = "1"\n chardev = "b"\n',
     "3: Property 'console.foo' not found"),
    ('[vnc "a"]\n vnc = ":x"\n', "2: can't convert to a number: x"),
    ('[name]\n guest = "x"\n foo = "y"\n', "3: Invalid parameter 'foo'"),
    ('  backend = "null"\n', "1: no group defined"),
    ('[chardev "a"]\n  backend = null\n', "2: the value must be in double quotes"),
    ('[chardev "a"]\n  backend\n', '2: a line is key = "value"'),
    ('[chardev "a"\n  backend = "null"\n', '1: a section is [group] or [group "id"]'),
    ('[machine]\n  type = "pc"\n[chardev]\n  backend = "null"\n',
     "4: chardev: no id specified"),
])
def test_error_names_file_and_line(run_charhubd, config, text, said):
    path = config(text)
    done = run_charhubd("-readconfig", path)
    lines = [line for line in done.err.splitlines() if ": warning: " not in line]
    assert (done.code, lines[0]) == (1, f"charhubd:{path}:{said}")


def test_file_that_cannot_be_read_is_an_error(run_charhubd, workdir):
    for path, text in (
            (workdir / "nothing.cfg",
             f"Could not open '{workdir}/nothing.cfg': No such file or directory"),
            (workdir, "Cannot read config file: Is a directory")):
        done = run_charhubd("-readconfig", path)
        assert (done.code, done.err) == (1, f"charhubd: -readconfig {path}: {text}\n")


def test_rest_of_a_file_with_an_error_has_no_effect(run_charhubd, config, workdir):
    done = run_charhubd("-readconfig", config(CONSOLE + '\n[chardev "x"]\n  backend = "nope"\n'))
    assert done.code == 1
    assert sorted(path.name for path in workdir.iterdir()) == ["vm.cfg"]
