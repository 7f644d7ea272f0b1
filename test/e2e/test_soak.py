# SPDX-License-Identifier: MIT
"""Clients of every kind come and go at random while a guest floods and echoes.

Those that stay have every byte once, and what they type arrives once. CHARHUB_TEST_SOAK is how many
rounds there are; 15000 take some minutes.
"""

import hashlib
import os
import random
import socket
import ssl

from support import rfb
from support.setups import numbered_lines, scripted_guest
from support.stream import (CHUNK, DEADLINE, Stream, connect_tcp, connect_unix, free_port,
                            open_pty, pump)

ROUNDS = int(os.environ.get("CHARHUB_TEST_SOAK", "400"))
JOINERS_MAX = 12
FLOOD = numbered_lines(1 << 20)


class Printed:
    """What the guest has printed, as far as somebody still needs it."""

    def __init__(self):
        self.data = bytearray()
        self.base = self.end = 0
        self.hash = hashlib.sha256()

    def add(self, data):
        self.data += data
        self.end += len(data)
        self.hash.update(data)

    def part(self, start, size):
        return self.data[start - self.base:start - self.base + size]

    def forget(self, end):
        del self.data[:end - self.base]
        self.base = end


class TlsStream(Stream):
    """What comes is taken whole: poll() does not see what has been decrypted."""

    def fill(self):
        try:
            while data := self.sock.recv(CHUNK):
                self.pending += data
                self.total += len(data)
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except OSError:
            self.ended = True
        return not self.ended

    def send(self, data, **_):
        self.sock.sendall(data.encode())


def connect_tls(port):
    """To a server whose credentials ask for none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    stream = connect_tcp(port)
    stream.sock.setblocking(True)
    sock = context.wrap_socket(stream.sock)
    sock.setblocking(False)
    return TlsStream(sock.fileno(), sock)


class Reader(Stream):
    """One that stays: each byte is compared with what was printed. It types @key."""

    def __init__(self, stream, key):
        super().__init__(stream.fd, stream.sock)
        self.key = key
        self.typed = 0
        self.printed = None  # not yet
        self.position = 0
        self.beneath = stream

    def decode(self):
        return self.take(len(self.pending))

    def send(self, data, **options):
        self.beneath.send(data, **options)

    def fill(self):
        more = self.beneath.fill()
        self.ended = not more
        self.pending += self.beneath.take(len(self.beneath.pending))
        if self.printed:
            text = self.decode()
            assert text == self.printed.part(self.position, len(text)), \
                f"{self.key}: differs after {self.position} bytes"
            self.position += len(text)
        return more

    def type(self):
        self.send(self.key)
        self.typed += 1


class WebSocketReader(Reader):
    def decode(self):
        text = b""
        while len(self.pending) >= 4:
            assert self.pending[0] == 0x82
            size, head = self.pending[1], 2
            if size == 126:
                size, head = int.from_bytes(self.pending[2:4], "big"), 4
            if len(self.pending) < head + size:
                break
            text += self.take(head + size)[head:]
        return text

    def send(self, data, **options):
        data = data.encode()
        super().send(bytes([0x82, 0x80 | len(data), 0, 0, 0, 0]) + data, **options)


class Soak:
    """A console, those that stay, and those that come and go."""

    def __init__(self, charhubd, workdir, seed):
        self.random = random.Random(seed)
        self.workdir = workdir
        self.web, self.telnet, self.tls = free_port(), free_port(), free_port()
        self.printed = Printed()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.setblocking(False)
        self.daemon = charhubd(*self.arguments())
        self.guest = connect_unix(workdir / "guest")
        self.joiners, self.lazy = [], []
        self.readers = self.start_readers()
        self.descriptors = self.count_descriptors()

    def arguments(self):
        def server(name, where, more=",clients=12"):
            return "-chardev", f"socket,id={name},{where},server=on,wait=off{more}"

        members = ["plain", "web", "telnet", "tls", "lazy", "mux", "pty", "file", "udp", "vc"]
        return [
            "-vnc", f"unix:{self.workdir}/vnc",
            "-listen", f"unix:{self.workdir}/lobby,clients=12",
            "-object", "tls-creds-anon,id=creds,endpoint=server",
            "-chardev", scripted_guest(self.workdir) + ",id=g",
            *server("plain", f"path={self.workdir}/plain"),
            *server("lazy", f"path={self.workdir}/lazy"),
            *server("web", f"host=127.0.0.1,port={self.web}", ",clients=12,websocket=on"),
            *server("telnet", f"host=127.0.0.1,port={self.telnet}", ",clients=12,telnet=on"),
            *server("tls", f"host=127.0.0.1,port={self.tls}", ",clients=12,tls-creds=creds"),
            *server("mux", f"path={self.workdir}/mux", ",mux=on"),
            "-chardev", f"pty,id=pty,path={self.workdir}/pty",
            "-chardev", f"file,id=file,path={self.workdir}/file",
            "-chardev", f"udp,id=udp,host=127.0.0.1,port={self.udp.getsockname()[1]}",
            "-chardev", "vc,id=vc",
            "-chardev", "hub,id=h,window=256k,grace-ms=20,size=80x24," + ",".join(
                f"members.{i}.chardev={name},members.{i}.stall="
                f"{'skip' if name == 'lazy' else 'wait'}" for i, name in enumerate(members)),
            "-device", "console,guest=g,chardev=h"]

    def websocket(self):
        web = rfb.WebSocket(socket.create_connection(("127.0.0.1", self.web), DEADLINE))
        return Stream(web.sock.fileno(), web.sock)

    def start_readers(self):
        readers = [Reader(connect_unix(self.workdir / "plain"), "A"),
                   Reader(connect_tcp(self.telnet), "B"), WebSocketReader(self.websocket(), "C"),
                   Reader(connect_unix(self.workdir / "mux"), "D"),
                   Reader(open_pty(self.workdir / "pty"), "E"),
                   Reader(connect_tls(self.tls), "F")]
        for reader in readers:
            reader.type()
            self.guest.read_until(reader.key)
            reader.typed = 0
        self.guest.send("start\r\n")
        self.printed.add(b"start\r\n")
        for reader in readers:
            if isinstance(reader, WebSocketReader):
                reader.read_until(b"\x82\x07start\r\n")
            else:
                reader.read_until("start\r\n")
            reader.printed, reader.position = self.printed, len("start\r\n")
        return readers

    def count_descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

    # ---- what happens at random ----

    def join(self):
        kind = self.random.choice(["plain", "telnet", "web", "tls", "lobby", "vnc", "lazy",
                                   "stranger"])
        if kind == "lazy":
            self.lazy.append(connect_unix(self.workdir / "lazy"))
            return
        if kind == "vnc":
            stream = self.view()
        elif kind == "web":
            stream = self.websocket()
        elif kind == "tls":
            stream = connect_tls(self.tls)
        elif kind in ("plain", "lobby"):
            stream = connect_unix(self.workdir / kind)
            if kind == "lobby":
                stream.send("h\r")
        else:
            stream = connect_tcp(self.telnet if kind == "telnet" else self.web)
            stream.send(self.random.randbytes(self.random.randrange(1, 200)) if kind == "stranger"
                        else b"\xff\xfd\x00\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0j")
        stream.kind = kind
        self.joiners.append(stream)

    def view(self):
        client = rfb.connect(str(self.workdir / "vnc"))
        client.set_encodings(self.random.choice([rfb.RAW, rfb.HEXTILE, rfb.ZRLE, rfb.TIGHT]))
        client.request(False)
        client.chord(0xffe3, 0xffe9, ord("2"))  # Ctrl-Alt-2
        return Stream(client.sock.fileno(), client.sock)

    def leave(self):
        streams = self.random.choice([self.joiners, self.joiners, self.lazy])
        if streams:
            streams.pop(self.random.randrange(len(streams))).close()

    def act(self):
        stream = self.random.choice(self.joiners)
        if stream.ended:
            return
        try:
            if stream.kind == "vnc":
                stream.send(b"\3\1" + b"\0\0\0\0\3\0\2\0")
            elif stream.kind == "plain":
                stream.send("\x1b[H")
            elif self.random.random() < .1 and stream.kind != "stranger":
                stream.half_close()
        except OSError:  # sent away meanwhile
            pass

    # ---- rounds ----

    def turn(self, data=b"", until=lambda: True):
        """The guest prints, and what was typed is echoed the next time."""
        self.printed.add(data)
        pump([self.guest, *self.readers, *self.joiners], until, feed=(self.guest, data))
        self.printed.forget(min(reader.position for reader in self.readers))
        try:
            while self.udp.recv(65536):
                pass
        except BlockingIOError:
            pass

    def echo(self):
        keys = self.guest.take(len(self.guest.pending))
        for reader in self.readers:
            reader.typed -= keys.count(reader.key.encode())
        return bytes(key for key in keys if 0x20 < key < 0x7f)

    def round(self):
        for _ in range(self.random.randrange(3)):
            (self.join if len(self.joiners) + len(self.lazy) < JOINERS_MAX else self.leave)()
        if self.random.random() < .5:
            self.leave()
        if self.joiners:
            self.act()
        self.random.choice(self.readers).type()
        start = self.random.randrange(len(FLOOD))
        self.turn(self.echo() + FLOOD[start:start + self.random.randrange(16384)])

    def finish(self):
        for stream in self.joiners + self.lazy:
            stream.close()
        self.joiners, self.lazy = [], []
        while self.count_descriptors() != self.descriptors:
            self.turn(self.echo() + b".\r\n")
        while any(reader.typed for reader in self.readers):
            self.turn(until=lambda: self.guest.pending)
            self.echo()
        self.turn(until=lambda: all(reader.position == self.printed.end for reader in self.readers))


def test_those_that_stay_have_all(charhubd, workdir):
    soak = Soak(charhubd, workdir, seed=10)
    for _ in range(ROUNDS):
        soak.round()
    soak.finish()
    soak.daemon.stop()
    with open(workdir / "file", "rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == soak.printed.hash.digest()
