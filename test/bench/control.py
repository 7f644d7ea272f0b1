# SPDX-License-Identifier: MIT
"""What charhubd is asked and told, and when it is there."""

import json
import os
import pathlib
import socket
import subprocess
import sys

PATIENCE_S = 60


def start_serving(command, folder, **options):
    """Return: the process, once it serves; @folder: has room for a socket of ours."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(f"{folder}/notify")
        notify.settimeout(PATIENCE_S)
        process = subprocess.Popen(command, env={**os.environ, "NOTIFY_SOCKET": f"{folder}/notify"},
                                   stderr=subprocess.DEVNULL, **options)
        while b"READY=1" not in notify.recv(4096):
            pass
    return process


class Session:
    """QMP at a control socket."""

    def __init__(self, path):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(PATIENCE_S)
        sock.connect(str(path))
        self.file = sock.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.call("qmp_capabilities")

    def call(self, command):
        self.file.write(json.dumps({"execute": command}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
