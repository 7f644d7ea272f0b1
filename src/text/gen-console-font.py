#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turn a console font (PSF 1 or 2, 8x16, with a Unicode table, maybe gzipped) into C tables.

usage: gen-console-font.py FONT.psf.gz > console-font.c
"""

import gzip
import struct
import sys
import unicodedata

HEIGHT = 16
STAND_IN = 0x8000


def psf1(data):
    """Glyphs and {code point: glyph} of a PSF version 1 file."""
    mode, height = data[2], data[3]
    count = 512 if mode & 1 else 256
    if height != HEIGHT or not mode & 2:
        sys.exit("the font is not 8x16 or has no Unicode table")
    glyphs = [data[4 + i * HEIGHT:4 + (i + 1) * HEIGHT] for i in range(count)]
    chars, glyph, in_sequence = {}, 0, False
    for (word,) in struct.iter_unpack("<H", data[4 + count * HEIGHT:]):
        if word == 0xffff:
            glyph, in_sequence = glyph + 1, False
        elif word == 0xfffe:
            in_sequence = True
        elif not in_sequence:
            chars.setdefault(word, glyph)
    return glyphs, chars


def psf2(data):
    """The same of version 2, whose table is UTF-8."""
    _, start, flags, count, size, height, width = struct.unpack("<7I", data[4:32])
    if (width, height, size) != (8, HEIGHT, HEIGHT) or not flags & 1:
        sys.exit("the font is not 8x16 or has no Unicode table")
    glyphs = [data[start + i * size:start + (i + 1) * size] for i in range(count)]
    chars = {}
    for glyph, entry in enumerate(data[start + count * size:].split(b"\xff")[:count]):
        for char in entry.split(b"\xfe")[0].decode():
            chars.setdefault(ord(char), glyph)
    return glyphs, chars


def read_font(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:2] == b"\x36\x04":
        return psf1(data)
    if data[:4] == b"\x72\xb5\x4a\x86":
        return psf2(data)
    sys.exit(f"{path}: not a PSF font")


def find_stand_ins(chars):
    """The characters that have another one's picture, as 1 has that of a digit in a circle.

    The first character of a glyph is what it shows. Letters of several scripts may look the same,
    symbols and circled numbers do not.
    """
    shown = {}
    for char, glyph in chars.items():
        shown.setdefault(glyph, char)
    return {char for char, glyph in chars.items()
            if shown[glyph] != char and unicodedata.category(chr(char)) in ("So", "Sm", "No")}


def numbers(values, per_line=16):
    values = list(values)
    lines = (", ".join(map(str, values[i:i + per_line])) for i in range(0, len(values), per_line))
    return "".join(f"\t{line},\n" for line in lines)


def main():
    glyphs, chars = read_font(sys.argv[1])
    chars = {char: glyph for char, glyph in chars.items() if char < 0x10000}
    stand_ins = find_stand_ins(chars)
    pages = sorted({char >> 8 for char in chars})
    index = [pages.index(page) if page in pages else 255 for page in range(256)]
    print("/* Made by gen-console-font.py. */")
    print('#include "text/console-font.h"\n')
    print(f"const uint8_t console_font_page[256] = {{\n{numbers(index)}}};\n")
    print("const uint16_t console_font_glyph[][256] = {")
    for page in pages:
        codes = range(page << 8, (page + 1) << 8)
        row = (chars.get(code, -1) + 1 | (STAND_IN if code in stand_ins else 0) for code in codes)
        print(f"\t{{\n{numbers(row)}\t}},")
    print("};\n")
    print("const uint8_t console_font_bits[][16] = {")
    for glyph in glyphs:
        print("\t{ " + ", ".join(f"0x{byte:02x}" for byte in glyph) + " },")
    print("};")


if __name__ == "__main__":
    main()
