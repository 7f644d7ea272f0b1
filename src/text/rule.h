/* SPDX-License-Identifier: MIT */
#ifndef TEXT_RULE_H
#define TEXT_RULE_H

#include "text/font.h"

/* Characters that are drawn by rule, since they have to meet their neighbours at the pixel. */

/* There are none below this. */
#define RULE_FIRST 0x23bau

/** rule_glyph() - Return: whether @codepoint is one of them; @ret_glyph is written only then */
bool rule_glyph(uint32_t codepoint, struct glyph *ret_glyph);

/** rule_missing() - a box with the number of a character that no font has */
void rule_missing(uint32_t codepoint, struct glyph *ret_glyph);

/*
 * One function a block of characters. @glyph is an empty narrow cell; false: not drawn after all.
 */
bool rule_box(uint32_t codepoint, struct glyph *glyph);	      /* U+2500..257F */
bool rule_block(uint32_t codepoint, struct glyph *glyph);     /* U+2580..259F */
bool rule_braille(uint32_t codepoint, struct glyph *glyph);   /* U+2800..28FF */
bool rule_sextant(uint32_t codepoint, struct glyph *glyph);   /* U+1FB00..1FB3B */
bool rule_powerline(uint32_t codepoint, struct glyph *glyph); /* U+E0A0..E0BF */
bool rule_scan_line(uint32_t codepoint, struct glyph *glyph); /* U+23BA..23BD */
bool rule_control(uint32_t codepoint, struct glyph *glyph);   /* U+2409..2424 */

/** rule_fill() - set the pixels of columns @left..@right in rows @top..@bottom, all inclusive */
void rule_fill(struct glyph *glyph, int left, int top, int right, int bottom);

/** rule_letter() - a letter or digit, 3x5 pixels, with its left upper corner at @x, @y */
void rule_letter(struct glyph *glyph, char letter, int x, int y);

#endif
