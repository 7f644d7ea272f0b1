/* SPDX-License-Identifier: MIT */
/* Letters of 3x5 pixels, for boxes with numbers and pictures of control characters. */
#include "text/rule.h"

/* 15 bits each, from left above, row by row; 0..9 A..F, then the letters of control names. */
static const struct {
	char letter;
	uint16_t bits;
} letters[] = {
	{ '0', 075557 },
	{ '1', 026227 },
	{ '2', 071747 },
	{ '3', 071717 },
	{ '4', 055711 },
	{ '5', 074717 },
	{ '6', 074757 },
	{ '7', 071244 },
	{ '8', 075757 },
	{ '9', 075717 },
	{ 'A', 025755 },
	{ 'B', 065656 },
	{ 'C', 034443 },
	{ 'D', 065556 },
	{ 'E', 074647 },
	{ 'F', 074644 },
	{ 'H', 055755 },
	{ 'L', 044447 },
	{ 'N', 065555 },
	{ 'R', 065655 },
	{ 'T', 072222 },
	{ 'V', 055552 },
};

void rule_letter(struct glyph *glyph, char letter, int x, int y)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (letters[i].letter == letter)
			bits = letters[i].bits;
	for (int i = 0; i < 15; i++)
		if (bits >> (14 - i) & 1)
			rule_fill(glyph, x + i % 3, y + i / 3, x + i % 3, y + i / 3);
}

static char hex_digit(uint32_t codepoint, int place)
{
	return "0123456789ABCDEF"[codepoint >> (4 * place) & 15];
}

static void frame(struct glyph *glyph)
{
	rule_fill(glyph, 0, 0, 15, 0);
	rule_fill(glyph, 0, 15, 15, 15);
	rule_fill(glyph, 0, 0, 0, 15);
	rule_fill(glyph, 15, 0, 15, 15);
}

void rule_missing(uint32_t codepoint, struct glyph *ret_glyph)
{
	struct glyph glyph = { .wide = codepoint > 0xffff, .is_missing = true };
	int columns = glyph.wide ? 3 : 2, left = glyph.wide ? 3 : 0;

	if (glyph.wide)
		frame(&glyph);
	for (int i = 0; i < 2 * columns; i++)
		rule_letter(&glyph, hex_digit(codepoint, 2 * columns - 1 - i),
			left + i % columns * 4, 2 + i / columns * 7);
	*ret_glyph = glyph;
}
