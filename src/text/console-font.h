/* SPDX-License-Identifier: MIT */
#ifndef TEXT_CONSOLE_FONT_H
#define TEXT_CONSOLE_FONT_H

#include <stdint.h>

/*
 * The 8x16 console font, made at build time by gen-console-font.py.
 *
 *	page = console_font_page[codepoint >> 8]		255: none
 *	glyph = console_font_glyph[page][codepoint & 255]	0: none
 *	console_font_bits[glyph - 1]				rows, leftmost pixel in bit 7
 *
 * With CONSOLE_FONT_STAND_IN the glyph is that of another character, for want of a better one.
 */
#define CONSOLE_FONT_NO_PAGE  255
#define CONSOLE_FONT_STAND_IN 0x8000u

extern const uint8_t console_font_page[256];
extern const uint16_t console_font_glyph[][256];
extern const uint8_t console_font_bits[][16];

#endif
