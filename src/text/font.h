/* SPDX-License-Identifier: MIT */
#ifndef TEXT_FONT_H
#define TEXT_FONT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Pictures of characters, one bit a pixel, 8x16 or 16x16. In this order: drawn by rule (lines,
 * blocks, braille and whatever else has to join its neighbours), the console font that is compiled
 * in, GNU Unifont where there is one, a box with the character's number. Every code point gives a
 * picture. A picture that the console font only lends from another character comes after Unifont's.
 * doc/fonts.md says where the fonts come from and under which licences.
 */
struct font;

/* Pixels of a column and of a row at scale 1. */
#define TEXT_CELL_WIDTH	 8u
#define TEXT_CELL_HEIGHT 16u

/**
 * struct glyph - the picture of a character
 * @rows:     from the top; a narrow one has its leftmost pixel in bit 7, a wide one in bit 15
 * @wide:     16 pixels wide
 * @by_rule:  fills its cell to the edges; not to be made bold or italic
 * @is_missing: no font has it: a box with its number
 */
struct glyph {
	uint16_t rows[TEXT_CELL_HEIGHT];
	bool wide, by_rule, is_missing;
};

/**
 * font_new() - the compiled-in font and Unifont
 * @unifont: path of a unifont.hex; NULL: where the distribution has it and its upper planes, or the
 *           copies that were packed into the program; "": do without. Files stay mapped, nothing is
 *           read ahead.
 *
 * Return: 0; -ENOMEM; where @unifont was named: -errno with @err if it cannot be read.
 */
int font_new(const char *unifont, struct font **ret_font, struct error **err);

/** font_free() - NULL is fine */
void font_free(struct font *font);

/** font_has_unifont() - whether nearly every character has a picture */
bool font_has_unifont(const struct font *font);

/**
 * font_glyph() - the picture of one code point
 *
 * Any value gives one; blanks and unassigned numbers too.
 */
void font_glyph(struct font *font, uint32_t codepoint, struct glyph *ret_glyph);

#endif
