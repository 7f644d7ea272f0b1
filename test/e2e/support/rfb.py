# SPDX-License-Identifier: MIT
"""A small RFB client that understands every encoding that charhub sends, written apart from it.

The framebuffer is kept as rows of 3-byte pixels (red, green, blue), whatever the pixel format was.
"""

import socket
import struct
import subprocess
import zlib

from .stream import DEADLINE

RAW, COPY_RECT, HEXTILE, TIGHT, ZRLE, TIGHT_PNG = 0, 1, 5, 7, 16, -260
DESKTOP_SIZE, CURSOR, EXTENDED_KEY, LED_STATE = -223, -239, -258, -261
DESKTOP_NAME, EXTENDED_SIZE, FENCE, CONTINUOUS = -307, -308, -312, -313
EXTENDED_CLIPBOARD = 0xc0a1e5ce - (1 << 32)


class Format:
    """A pixel format: bits, depth, big endian, true colour, maxima, shifts."""

    def __init__(self, bits=32, depth=24, big=False, maxima=(255, 255, 255), shifts=(16, 8, 0)):
        self.bits, self.depth, self.big = bits, depth, big
        self.maxima, self.shifts = maxima, shifts
        self.colors = None  # a colour map, instead of maxima and shifts

    def wire(self):
        return struct.pack(">BBBBHHHBBBxxx", self.bits, self.depth, self.big,
                           self.colors is None, *self.maxima, *self.shifts)

    @staticmethod
    def mapped():
        """Eight bits through a colour map that the server sets."""
        form = Format(8, 8, False, (0, 0, 0), (0, 0, 0))
        form.colors = {}
        return form

    def rgb(self, data):
        value = int.from_bytes(data, "big" if self.big else "little")
        if self.colors is not None:
            return self.colors[value]
        return bytes((value >> shift & top) * 255 // top
                     for top, shift in zip(self.maxima, self.shifts))

    @property
    def size(self):
        return self.bits // 8

    def compact(self):
        """How ZRLE leaves out a byte: (size, function to rgb)."""
        used = 0
        for top, shift in zip(self.maxima, self.shifts):
            used |= top << shift
        if self.bits != 32 or self.depth > 24 or self.colors is not None:
            return self.size, self.rgb
        if used <= 0xffffff:
            return 3, lambda d: self.rgb(b"\0" + d if self.big else d + b"\0")
        if not used & 0xff:
            return 3, lambda d: self.rgb(d + b"\0" if self.big else b"\0" + d)
        return 4, self.rgb

    def tight(self):
        if self.bits == 32 and self.depth == 24 and self.maxima == (255, 255, 255):
            return 3, bytes
        return self.size, self.rgb


def respond(password):
    """A viewer's answer: DES of the challenge by OpenSSL's command."""
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password.encode()[:8].ljust(8, b"\0"))

    def answer(challenge):
        return subprocess.run(
            ["openssl", "enc", "-des-ede3", "-K", (key * 3).hex(), "-nopad"], input=challenge,
            capture_output=True, check=True).stdout

    return answer


class Closed(Exception):
    """The server has closed the connection."""


class Client:
    """A connection; every read has a deadline, so that no test waits for ever."""

    def __init__(self, sock, timeout=DEADLINE):
        self.sock = sock
        sock.settimeout(timeout)
        self.format = Format()
        self.width = self.height = 0
        self.rows = []
        self.name = ""
        self.inflaters = {}
        self.messages = []  # (type, payload) of what was not an update
        self.rects = []     # (encoding, x, y, w, h) of the last update
        self.bytes_in = 0
        self.leds = None
        self.subtype = 0  # of VeNCrypt
        self.size_answer = None  # of the newest ExtendedDesktopSize: reason, status
        self.size_told = None  # and its width, height, whether they count or not

    # ---- bytes ----

    def read(self, size):
        parts = []
        while size:
            part = self.sock.recv(min(size, 1 << 20))
            if not part:
                raise Closed
            parts.append(part)
            size -= len(part)
            self.bytes_in += len(part)
        return b"".join(parts)

    def unpack(self, form):
        return struct.unpack(">" + form, self.read(struct.calcsize(">" + form)))

    def send(self, form, *values, tail=b""):
        self.sock.sendall(struct.pack(">" + form, *values) + tail)

    # ---- handshake ----

    def secure(self, tls):
        """VeNCrypt 0.2 with the one subtype that is offered; tls: (ssl context, host); None: it is
        Plain alone."""
        assert self.read(2) == b"\0\2"
        self.sock.sendall(b"\0\2")
        assert self.read(2) == b"\0\1"
        offered = self.read(4)
        self.sock.sendall(offered)
        if tls:
            assert self.read(1) == b"\1"
            context, host = tls
            self.sock = context.wrap_socket(self.sock, server_hostname=host)
        return int.from_bytes(offered, "big")

    def say_plain(self, user, password, piece=None):
        """VeNCrypt's Plain. piece: bytes sent at a time; None: all at once."""
        text = struct.pack(">II", len(user), len(password)) + user + password
        for at in range(0, len(text), piece or len(text)):
            self.sock.sendall(text[at:at + (piece or len(text))])

    def handshake(self, version=b"RFB 003.008\n", shared=True, respond=None, tls=None, plain=None):
        """Up to ServerInit. respond: from the challenge to the response; None: no password.
        tls: as for secure(); None: no TLS. plain: arguments of say_plain()."""
        assert self.read(12) == b"RFB 003.008\n"
        self.sock.sendall(version)
        wanted = 19 if tls or plain else 2 if respond else 1
        if version == b"RFB 003.003\n":
            assert self.unpack("I") == (wanted,)
        else:
            types = self.read(self.read(1)[0])
            assert types == bytes([wanted]), types
            self.sock.sendall(types)
        if tls or plain:
            self.subtype = self.secure(tls)
        if plain:
            self.say_plain(*plain)
        if respond:
            self.sock.sendall(respond(self.read(16)))
        if tls or plain or respond or version == b"RFB 003.008\n":
            if self.unpack("I") != (0,):
                reason = self.read(self.unpack("I")[0]) if version == b"RFB 003.008\n" else b""
                raise PermissionError(reason.decode())
        self.sock.sendall(bytes([shared]))
        self.width, self.height = self.unpack("HH")
        self.read(16)
        self.name = self.read(self.unpack("I")[0]).decode()
        self.rows = [bytearray(3 * self.width) for _ in range(self.height)]
        return self

    # ---- messages out ----

    def set_format(self, form):
        self.format = form
        self.send("Bxxx", 0, tail=form.wire())

    def set_encodings(self, *numbers):
        self.send("BxH", 2, len(numbers), tail=struct.pack(f">{len(numbers)}i", *numbers))

    def request(self, incremental=True):
        self.send("BBHHHH", 3, incremental, 0, 0, self.width, self.height)

    def key(self, keysym):
        for down in (1, 0):
            self.send("BBxxI", 4, down, keysym)

    def chord(self, *keysyms):
        for keysym in keysyms:
            self.send("BBxxI", 4, 1, keysym)
        for keysym in reversed(keysyms):
            self.send("BBxxI", 4, 0, keysym)

    def type(self, text):
        for char in text:
            self.key(0xff0d if char == "\n" else ord(char))

    def pointer(self, x, y, buttons=0):
        self.send("BBHH", 5, buttons, x, y)

    def cut_text(self, data):
        self.send("BxxxI", 6, len(data), tail=data)

    def extended_cut_text(self, flags, data=b""):
        self.send("Bxxxi", 6, -(4 + len(data)), tail=struct.pack(">I", flags) + data)

    def set_desktop_size(self, width, height):
        self.send("BxHHBx", 251, width, height, 1,
                  tail=struct.pack(">IHHHHI", 0, 0, 0, width, height, 0))

    def ask_size(self, width, height):
        """Ask for a size, and wait for the answer: the status, width, height."""
        self.size_answer = None
        self.set_desktop_size(width, height)
        while not self.size_answer or self.size_answer[0] != 1:
            self.request()
            self.update()
        return self.size_answer[1], *self.size_told

    def enable_continuous(self, on=True):
        self.send("BBHHHH", 150, on, 0, 0, self.width, self.height)

    # ---- messages in ----

    def message(self):
        """Take one message; returns its type."""
        kind = self.read(1)[0]
        {0: self._update, 1: self._color_map, 2: lambda: None, 3: self._cut_text,
         150: lambda: None, 248: self._fence}[kind]()
        if kind not in (0, 1):
            self.messages.append((kind, None) if kind in (2, 150) else self._last)
        return kind

    def update(self):
        """Take messages until an update has come."""
        while self.message() != 0:
            pass

    def picture(self):
        """Ask for everything and take it."""
        self.request(False)
        self.update()
        return self.rows

    def _color_map(self):
        first, count = self.unpack("xHH")
        for i in range(count):
            red, green, blue = self.unpack("HHH")
            if self.format.colors is not None:
                self.format.colors[first + i] = bytes((red >> 8, green >> 8, blue >> 8))

    def _cut_text(self):
        length, = self.unpack("xxxi")
        self._last = (3, self.read(abs(length))) if length >= 0 else ("extended",
                                                                      self.read(-length))

    def _fence(self):
        flags, length = self.unpack("xxxIB")
        data = self.read(length)
        self._last = (248, (flags, data))
        if flags & 1 << 31:
            self.send("BxxxIB", 248, flags & 7, len(data), tail=data)

    def _update(self):
        count, = self.unpack("xH")
        self.rects = []
        for _ in range(count):
            x, y, width, height, encoding = self.unpack("HHHHi")
            self.rects.append((encoding, x, y, width, height))
            self._decoders[encoding](self, x, y, width, height)

    # ---- rectangles ----

    def _put(self, x, y, width, pixels):
        """Rows of @width pixels, one after the other."""
        for i in range(0, len(pixels), 3 * width):
            self.rows[y][3 * x:3 * (x + width)] = pixels[i:i + 3 * width]
            y += 1

    def _pixels(self, count, size, rgb, data=None):
        data = self.read(count * size) if data is None else data
        known = {}
        out = bytearray()
        for i in range(0, count * size, size):
            pixel = data[i:i + size]
            if pixel not in known:
                known[pixel] = rgb(pixel)
            out += known[pixel]
        return out

    def _raw(self, x, y, width, height):
        self._put(x, y, width, self._pixels(width * height, self.format.size, self.format.rgb))

    def _copy(self, x, y, width, height):
        from_x, from_y = self.unpack("HH")
        block = [bytes(row[3 * from_x:3 * (from_x + width)])
                 for row in self.rows[from_y:from_y + height]]
        assert len(block) == height
        for i, row in enumerate(block):
            self.rows[y + i][3 * x:3 * (x + width)] = row

    def _pixel(self):
        return self.format.rgb(self.read(self.format.size))

    def _hextile(self, x, y, width, height):
        back = fore = b"\0\0\0"
        for ty in range(0, height, 16):
            for tx in range(0, width, 16):
                w, h = min(16, width - tx), min(16, height - ty)
                flags = self.read(1)[0]
                if flags & 1:
                    self._raw(x + tx, y + ty, w, h)
                    continue
                if flags & 2:
                    back = self._pixel()
                if flags & 4:
                    fore = self._pixel()
                self._put(x + tx, y + ty, w, back * (w * h))
                for _ in range(self.read(1)[0] if flags & 8 else 0):
                    color = self._pixel() if flags & 16 else fore
                    place, size = self.read(2)
                    sub_w, sub_h = (size >> 4) + 1, (size & 15) + 1
                    assert (place >> 4) + sub_w <= w and (place & 15) + sub_h <= h
                    self._put(x + tx + (place >> 4), y + ty + (place & 15), sub_w,
                              color * (sub_w * sub_h))

    @staticmethod
    def _unpack_bits(data, width, height, bits):
        row_bytes = (width * bits + 7) // 8
        assert len(data) == row_bytes * height
        for row in range(height):
            for col in range(width):
                byte = data[row * row_bytes + col * bits // 8]
                yield byte >> (8 - bits - col * bits % 8) & (1 << bits) - 1

    def _zrle(self, x, y, width, height):
        length, = self.unpack("I")
        inflater = self.inflaters.setdefault("zrle", zlib.decompressobj())
        data = memoryview(inflater.decompress(self.read(length)))
        size, rgb = self.format.compact()
        at = 0

        def take(count):
            nonlocal at
            at += count
            assert at <= len(data)
            return bytes(data[at - count:at])

        for ty in range(0, height, 64):
            for tx in range(0, width, 64):
                w, h = min(64, width - tx), min(64, height - ty)
                kind = take(1)[0]
                if kind == 0:
                    pixels = self._pixels(w * h, size, rgb, take(w * h * size))
                elif kind >= 128:
                    palette = [rgb(take(size)) for _ in range(kind - 128)]
                    pixels = bytearray()
                    while len(pixels) < 3 * w * h:
                        index, run = take(1)[0], 1
                        while index & 128 and (more := take(1)[0]) is not None:
                            run += more
                            if more < 255:
                                break
                        pixels += palette[index & 127] * run
                else:
                    palette = [rgb(take(size)) for _ in range(kind)]
                    bits = 1 if kind <= 2 else 2 if kind <= 4 else 4
                    if kind == 1:
                        pixels = palette[0] * (w * h)
                    else:
                        packed = take((w * bits + 7) // 8 * h)
                        pixels = b"".join(palette[i]
                                          for i in self._unpack_bits(packed, w, h, bits))
                assert len(pixels) == 3 * w * h
                self._put(x + tx, y + ty, w, pixels)
        assert at == len(data)

    def _tight_length(self):
        length = 0
        for shift in (0, 7, 14):
            byte = self.read(1)[0]
            length |= (byte if shift == 14 else byte & 127) << shift
            if byte < 128:
                break
        return length

    def _tight_body(self, stream, size):
        if size < 12:
            return self.read(size)
        inflater = self.inflaters[stream]
        data = inflater.decompress(self.read(self._tight_length()))
        assert len(data) == size
        return data

    def _tight(self, x, y, width, height):
        control = self.read(1)[0]
        for stream in range(4):
            if control >> stream & 1:
                self.inflaters[stream] = zlib.decompressobj()
        size, rgb = self.format.tight()
        if control >> 4 == 8:
            self._put(x, y, width, rgb(self.read(size)) * (width * height))
            return
        if control >> 4 == 10:
            self._put(x, y, width, self._png(self.read(self._tight_length()), width, height))
            return
        assert control < 0x80
        stream = control >> 4 & 3
        if not control & 0x40:
            data = self._tight_body(stream, width * height * size)
            self._put(x, y, width, self._pixels(width * height, size, rgb, data))
            return
        assert self.read(1) == b"\1"
        colors = self.read(1)[0] + 1
        palette = [rgb(self.read(size)) for _ in range(colors)]
        bits = 1 if colors == 2 else 8
        data = self._tight_body(stream, (width * bits + 7) // 8 * height)
        self._put(x, y, width,
                  b"".join(palette[i] for i in self._unpack_bits(data, width, height, bits)))

    def _png(self, data, width, height):
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        at, chunks = 8, {}
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at:at + 8])
            body = data[at + 8:at + 8 + length]
            check, = struct.unpack(">I", data[at + 8 + length:at + 12 + length])
            assert check == zlib.crc32(kind + body)
            chunks[kind] = body
            at += 12 + length
        w, h, bits, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
        assert (w, h) == (width, height) and b"IEND" in chunks
        row = (width * bits * (3 if kind == 2 else 1) + 7) // 8
        rows = zlib.decompress(chunks[b"IDAT"])
        assert len(rows) == (row + 1) * height
        assert all(rows[i] == 0 for i in range(0, len(rows), row + 1))
        plain = b"".join(rows[i + 1:i + 1 + row] for i in range(0, len(rows), row + 1))
        if kind == 2:
            return plain
        palette = [chunks[b"PLTE"][i:i + 3] for i in range(0, len(chunks[b"PLTE"]), 3)]
        return b"".join(palette[i] for i in self._unpack_bits(plain, width, height, bits))

    # ---- rectangles without a picture ----

    def _resize(self, _x, _y, width, height):
        self.width, self.height = width, height
        self.rows = [bytearray(3 * width) for _ in range(height)]

    def _extended_size(self, x, y, width, height):
        self.read(16 * self.unpack("Bxxx")[0])
        self.size_answer = (x, y)
        self.size_told = (width, height)
        if y == 0 and (width, height) != (self.width, self.height):
            self._resize(0, 0, width, height)

    def _cursor(self, _x, _y, width, height):
        self.read(width * height * self.format.size + (width + 7) // 8 * height)

    def _name(self, *_):
        self.name = self.read(self.unpack("I")[0]).decode()

    def _led(self, *_):
        self.leds = self.read(1)[0]

    _decoders = {RAW: _raw, COPY_RECT: _copy, HEXTILE: _hextile, TIGHT: _tight, ZRLE: _zrle,
                 TIGHT_PNG: _tight, DESKTOP_SIZE: _resize, EXTENDED_SIZE: _extended_size,
                 CURSOR: _cursor, DESKTOP_NAME: _name, LED_STATE: _led,
                 EXTENDED_KEY: lambda *_: None}

    def close(self):
        self.sock.close()


def connect(address, timeout=DEADLINE, **handshake):
    """address: ("127.0.0.1", 5900) or the path of a unix socket."""
    if isinstance(address, str):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        sock.connect(address)
    else:
        sock = socket.create_connection(address, timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Client(sock, timeout).handshake(**handshake)


def write_png(path, rows):
    """Rows of 3-byte pixels as a picture file."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I",
                                                                        zlib.crc32(kind + body))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" +
                   chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0,
                                              0, 0)) +
                   chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))) +
                   chunk(b"IEND", b""))


class WebSocket:
    """A websocket to the server as something that Client can read and write."""

    def __init__(self, sock, path="/", origin=None):
        self.sock = sock
        sock.sendall(b"GET " + path.encode() +
                     b" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" +
                     (f"Origin: {origin}\r\n".encode() if origin else b"") +
                     b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     b"Sec-WebSocket-Protocol: binary\r\n"
                     b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._exactly(1)
        assert b" 101 " in head and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head
        self.left = b""

    def settimeout(self, timeout):
        self.sock.settimeout(timeout)

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise Closed
            data += part
        return data

    def recv(self, size):
        while not self.left:
            first, length = self._exactly(2)
            assert first == 0x82, "one binary message a frame"
            if length == 126:
                length, = struct.unpack(">H", self._exactly(2))
            elif length == 127:
                length, = struct.unpack(">Q", self._exactly(8))
            self.left = self._exactly(length)
        data, self.left = self.left[:size], self.left[size:]
        return data

    def read_until(self, text):
        said = b""
        while text not in said:
            said += self.recv(4096)
        return said

    @staticmethod
    def frame(data):
        mask = b"\x12\x34\x56\x78"
        size = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack(">BH", 0xfe,
                                                                             len(data))
        return b"\x82" + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))

    def sendall(self, data):
        self.sock.sendall(self.frame(data))

    def close(self):
        self.sock.close()
