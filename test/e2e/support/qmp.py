# SPDX-License-Identifier: MIT
"""A client of QEMU's machine protocol."""

import array
import json
import socket

from support.stream import connect_unix


class Failed(Exception):
    """A command's error: its class and text."""

    def __init__(self, error):
        super().__init__(f"{error['class']}: {error['desc']}")
        self.error_class = error["class"]
        self.text = error["desc"]


class Qmp:
    """A session that has negotiated; events are kept until somebody wants them."""

    def __init__(self, path):
        self.stream = connect_unix(path)
        self.events = []
        self.greeting = self.receive()["QMP"]
        self.run("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def receive(self):
        """The next message, whatever it is."""
        return json.loads(self.stream.read_until(b"\r\n"))

    def send(self, command, fds=(), **arguments):
        """Send a request; underscores of arguments become hyphens."""
        arguments = {key.replace("_", "-"): value for key, value in arguments.items()}
        text = json.dumps({"execute": command, "arguments": arguments}).encode()
        if fds:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
            self.stream.sock.sendmsg([text], [rights])
        else:
            self.stream.send(text)

    def run(self, command, fds=(), **arguments):
        """What a command returns; Failed where it is an error."""
        self.send(command, fds, **arguments)
        return self.answer()

    def answer(self):
        while True:
            message = self.receive()
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise Failed(message["error"])
            else:
                return message["return"]

    def event(self, name):
        """The data of the next event of this name; those before it are dropped."""
        while True:
            message = self.events.pop(0) if self.events else self.receive()
            if message.get("event") == name:
                return message.get("data")

    def add(self, name, kind, **data):
        """chardev-add."""
        data = {key.replace("_", "-"): value for key, value in data.items()}
        return self.run("chardev-add", id=name, backend={"type": kind, "data": data})
