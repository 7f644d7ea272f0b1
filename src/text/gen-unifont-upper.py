#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turn Unifont's OpenType font of the upper planes back into the lines of a unifont.hex.

usage: gen-unifont-upper.py unifont_upper.otf > unifont_upper.hex

Distributions ship the bitmaps of plane 0 only, but this font everywhere. Its outlines are the edges
of the pixels, so a pixel is set where its middle is inside. [OpenType: cmap, CFF; Adobe 5176, 5177]
"""

import struct
import sys

SIZE = 16
DESCENT = 2  # pixel rows below the base line


def table(data, tag):
    count = struct.unpack_from(">H", data, 4)[0]
    for i in range(count):
        name, _, offset, length = struct.unpack_from(">4sIII", data, 12 + 16 * i)
        if name == tag:
            return data[offset:offset + length]
    sys.exit(f"the font has no table {tag.decode()}")


def read_cmap(data):
    """{code point: glyph} of the subtable in format 12."""
    for i in range(struct.unpack_from(">H", data, 2)[0]):
        offset = struct.unpack_from(">I", data, 4 + 8 * i + 4)[0]
        if struct.unpack_from(">H", data, offset)[0] != 12:
            continue
        chars = {}
        for j in range(struct.unpack_from(">I", data, offset + 12)[0]):
            first, last, glyph = struct.unpack_from(">III", data, offset + 16 + 12 * j)
            chars.update({char: glyph + char - first for char in range(first, last + 1)})
        return chars
    sys.exit("the font has no characters beyond the first plane")


def read_index(data, at):
    """The entries of an INDEX, and where it ends."""
    count = struct.unpack_from(">H", data, at)[0]
    if not count:
        return [], at + 2
    size, base = data[at + 2], at + 2 + (count + 1) * data[at + 2]
    ends = [int.from_bytes(data[at + 3 + i * size:at + 3 + (i + 1) * size], "big")
            for i in range(count + 1)]
    return [data[base + a:base + b] for a, b in zip(ends, ends[1:])], base + ends[-1]


def read_dict(data):
    """{operator: operands}; escaped operators count from 1200."""
    found, operands, i = {}, [], 0
    while i < len(data):
        byte = data[i]
        i += 1
        if byte <= 21:
            if byte == 12:
                byte, i = 1200 + data[i], i + 1
            found[byte], operands = operands, []
        elif byte == 28:
            operands.append(struct.unpack_from(">h", data, i)[0])
            i += 2
        elif byte == 29:
            operands.append(struct.unpack_from(">i", data, i)[0])
            i += 4
        elif byte == 30:  # a real number: none that is of use here
            while data[i] & 15 != 15:
                i += 1
            i += 1
            operands.append(0)
        elif byte <= 246:
            operands.append(byte - 139)
        else:
            operands.append((byte - 247) * 256 + data[i] + 108 if byte <= 250
                            else -(byte - 251) * 256 - data[i] - 108)
            i += 1
    return found


def read_subrs(cff, top):
    """The local subroutines; a font with several sets of them is none of Unifont's."""
    if 1236 in top:
        sets, _ = read_index(cff, top[1236][0])
        if len(sets) != 1:
            sys.exit("the font has more than one set of subroutines")
        top = read_dict(sets[0])
    length, private = top[18]
    subrs = read_dict(cff[private:private + length]).get(19)
    return read_index(cff, private + subrs[0])[0] if subrs else []


class Outline:
    """The vertical edges that a charstring draws: (x, y from, y to)."""

    def __init__(self, subrs, global_subrs):
        self.subrs, self.global_subrs = subrs, global_subrs
        self.edges, self.stack, self.stems = [], [], 0
        self.x = self.y = self.start_x = self.start_y = 0

    def line(self, dx, dy):
        if dx and dy:
            sys.exit("an outline does not follow the edges of pixels")
        if dy:
            self.edges.append((self.x, self.y, self.y + dy))
        self.x, self.y = self.x + dx, self.y + dy

    def move(self, dx, dy):
        """Close the last contour, which does not move the point that the next one is told from."""
        if self.x != self.start_x and self.y != self.start_y:
            sys.exit("an outline does not follow the edges of pixels")
        self.edges.append((self.x, self.y, self.start_y))
        self.x, self.y = self.x + dx, self.y + dy
        self.start_x, self.start_y, self.stack = self.x, self.y, []

    def lines(self, horizontal):
        for step in self.stack:
            self.line(*((step, 0) if horizontal else (0, step)))
            horizontal = not horizontal
        self.stack = []

    def call(self, subrs):
        bias = 107 if len(subrs) < 1240 else 1131 if len(subrs) < 33900 else 32768
        self.run(subrs[int(self.stack.pop()) + bias])

    def operator(self, byte):
        """Return: how many bytes of a mask follow."""
        if byte in (1, 3, 18, 23, 19, 20):
            self.stems, self.stack = self.stems + len(self.stack) // 2, []
            return (self.stems + 7) // 8 if byte in (19, 20) else 0
        if byte == 21:
            self.move(*self.stack[-2:])
        elif byte == 22:
            self.move(self.stack[-1], 0)
        elif byte == 4:
            self.move(0, self.stack[-1])
        elif byte == 5:
            for dx, dy in zip(self.stack[::2], self.stack[1::2]):
                self.line(dx, dy)
            self.stack = []
        elif byte in (6, 7):
            self.lines(byte == 6)
        elif byte == 10:
            self.call(self.subrs)
        elif byte == 29:
            self.call(self.global_subrs)
        elif byte == 14:
            self.move(0, 0)
        elif byte != 11:
            sys.exit(f"an outline has the operator {byte}, which is no line")
        return 0

    def run(self, code):
        i = 0
        while i < len(code):
            byte = code[i]
            i += 1
            if byte == 28:
                self.stack.append(struct.unpack_from(">h", code, i)[0])
                i += 2
            elif byte == 255:
                self.stack.append(struct.unpack_from(">i", code, i)[0] / 65536)
                i += 4
            elif byte < 32:
                i += self.operator(byte)
            elif byte <= 246:
                self.stack.append(byte - 139)
            else:
                self.stack.append((byte - 247) * 256 + code[i] + 108 if byte <= 250
                                  else -(byte - 251) * 256 - code[i] - 108)
                i += 1


def row_bits(edges, y, shift, pixel):
    """The pixels that the outline winds around, leftmost in bit 15."""
    crossings = [(x, 1 if a < b else -1) for x, a, b in edges if min(a, b) < y < max(a, b)]
    return sum(1 << SIZE - 1 - i for i in range(SIZE)
               if sum(turn for x, turn in crossings if x < (i + shift + 0.5) * pixel))


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    pixel = struct.unpack_from(">H", table(data, b"head"), 18)[0] / SIZE
    advances = struct.unpack_from(">H", table(data, b"hhea"), 34)[0]
    widths = struct.unpack_from(">" + "Hh" * advances, table(data, b"hmtx"))[::2]
    cff = table(data, b"CFF ")
    _, at = read_index(cff, cff[2])
    tops, at = read_index(cff, at)
    _, at = read_index(cff, at)
    global_subrs, _ = read_index(cff, at)
    top = read_dict(tops[0])
    subrs = read_subrs(cff, top)
    glyphs, _ = read_index(cff, top[17][0])
    for char, glyph in sorted(read_cmap(table(data, b"cmap")).items()):
        if char < 0x10000:
            continue
        outline = Outline(subrs, global_subrs)
        outline.run(glyphs[glyph])
        # marks that combine have no width and lie to the left
        left = min(x for x, _, _ in outline.edges)
        shift = 0 if left >= 0 else -SIZE if left < -SIZE // 2 * pixel else -SIZE // 2
        width = widths[min(glyph, advances - 1)] or (max(x for x, _, _ in outline.edges)
                                                     - shift * pixel)
        rows = [row_bits(outline.edges, (SIZE - DESCENT - y - 0.5) * pixel, shift, pixel)
                for y in range(SIZE)]
        if width > SIZE // 2 * pixel:
            print(f"{char:06X}:" + "".join(f"{row:04X}" for row in rows))
        else:
            print(f"{char:06X}:" + "".join(f"{row >> 8:02X}" for row in rows))


if __name__ == "__main__":
    main()
