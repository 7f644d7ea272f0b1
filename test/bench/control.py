# SPDX-License-Identifier: MIT
"""What charhubd is asked and told."""

import json
import pathlib
import socket
import sys

PATIENCE_S = 60


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
