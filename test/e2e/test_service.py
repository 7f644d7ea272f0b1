# SPDX-License-Identifier: MIT
"""The configuration that is installed for the service: all that it shows works."""

import os
import pty
import re
import socket
import subprocess

from support.program import ROOT
from support.stream import DEADLINE, connect_unix, free_port


def everything(workdir, line):
    """charhub.conf with all that is commented out, in a folder of its own."""
    text = (ROOT / "packaging" / "charhub.conf").read_text(encoding="utf-8")
    text = re.sub(r"^#(\[|  [\w-]+ = )", r"\1", text, flags=re.M)
    for old, new in (("/run/vms", workdir), ("/run/charhub", workdir),
                     ("/var/log/charhub", workdir), ("/dev/ttyUSB0", line),
                     ("127.0.0.1:0", f"127.0.0.1:{free_port() - 5900}"),
                     ('fd = "control"', f'path = "{workdir}/control"')):
        assert old in text
        text = text.replace(old, str(new))
    (workdir / "charhub.conf").write_text(text, encoding="utf-8")
    return text


def test_every_line_of_the_shipped_example_works(charhubd, charhub_path, workdir):
    master, slave = pty.openpty()
    text = everything(workdir, os.ttyname(slave))
    with socket.socket(socket.AF_UNIX) as guest:
        guest.bind(str(workdir / "vm1.sock.guest"))
        daemon = charhubd("-config", workdir)
        with connect_unix(workdir / "shell.sock") as ann:
            ann.send("echo $((6 * 7))\n")
            ann.read_until("42\r\n")
        with connect_unix(workdir / "board.sock") as ann:
            os.write(master, b"board here")
            ann.read_until("board here")
        with connect_unix(workdir / "metrics.sock") as scraper:
            scraper.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            scraper.read_until('charhub_hub_guest_open{hub="shell"} 1')
        done = subprocess.run([charhub_path, f"--socket={workdir}/control", "list"],
                              capture_output=True, text=True, check=False, timeout=DEADLINE)
        consoles = re.findall(r'^\[console "(\w+)"\]', text, re.M)
        assert len(consoles) == 4
        assert [name for name in consoles if name not in done.stdout] == [], done.stderr
        assert (workdir / "shell.log").read_bytes().startswith(b"20")
        daemon.stop()
    os.close(master)
    os.close(slave)


def test_the_example_as_it_is_is_right(run_charhubd):
    done = run_charhubd("-check", "-config", ROOT / "packaging" / "charhub.conf")
    assert (done.code, done.err) == (0, "")
