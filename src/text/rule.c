/* SPDX-License-Identifier: MIT */
#include "text/rule.h"

#include "base/cleanup.h"

#include <string.h>

void rule_fill(struct glyph *glyph, int left, int top, int right, int bottom)
{
	int last = glyph->wide ? 15 : 7;
	unsigned bits = 0;

	for (int x = left; x <= right; x++)
		bits |= 1u << (last - x);
	for (int y = top; y <= bottom; y++)
		glyph->rows[y] = (uint16_t)(glyph->rows[y] | bits);
}

/* Lower n/8, left n/8 and quadrants of U+2580..259F. */
bool rule_block(uint32_t codepoint, struct glyph *glyph)
{
	enum { UL = 1, UR = 2, LL = 4, LR = 8 };
	static const uint8_t quadrants[] = { LL, LR, UL, UL | LL | LR, UL | LR, UL | UR | LL,
		UL | UR | LR, UR, UR | LL, UR | LL | LR };
	static const uint16_t shades[3][2] = { { 0x88, 0x22 }, { 0xaa, 0x55 }, { 0x77, 0xdd } };
	int n = (int)codepoint - 0x2580;

	if (n == 0)
		rule_fill(glyph, 0, 0, 7, 7);
	else if (n <= 8)
		rule_fill(glyph, 0, 16 - 2 * n, 7, 15);
	else if (n <= 15)
		rule_fill(glyph, 0, 0, 15 - n, 15);
	else if (n == 16)
		rule_fill(glyph, 4, 0, 7, 15);
	else if (n <= 19)
		for (int y = 0; y < 16; y++)
			glyph->rows[y] = shades[n - 17][y & 1];
	else if (n == 20)
		rule_fill(glyph, 0, 0, 7, 1);
	else if (n == 21)
		rule_fill(glyph, 7, 0, 7, 15);
	else
		for (int i = 0; i < 4; i++)
			if (quadrants[n - 22] >> i & 1)
				rule_fill(
					glyph, i % 2 * 4, i / 2 * 8, i % 2 * 4 + 3, i / 2 * 8 + 7);
	return true;
}

/* Dots 1..8 in the low bits [Unicode 21.1]: 1 2 3 7 down the left column, 4 5 6 8 the right one. */
bool rule_braille(uint32_t codepoint, struct glyph *glyph)
{
	static const uint8_t place[8] = { 0, 1, 2, 4, 5, 6, 3, 7 };

	for (int i = 0; i < 8; i++) {
		int x = place[i] / 4 * 4 + 1, y = place[i] % 4 * 4 + 1;

		if (codepoint >> i & 1)
			rule_fill(glyph, x, y, x + 1, y + 1);
	}
	return true;
}

/*
 * Two columns by three rows. All 64 patterns in order, but the four that are elsewhere: empty, left
 * half, right half, full.
 */
bool rule_sextant(uint32_t codepoint, struct glyph *glyph)
{
	static const int edge[4] = { 0, 5, 11, 16 };
	enum { LEFT_HALF = 21, RIGHT_HALF = 42 };
	unsigned pattern = codepoint - 0x1fb00 + 1;

	pattern += pattern >= LEFT_HALF;
	pattern += pattern >= RIGHT_HALF;
	for (int i = 0; i < 6; i++)
		if (pattern >> i & 1)
			rule_fill(
				glyph, i % 2 * 4, edge[i / 2], i % 2 * 4 + 3, edge[i / 2 + 1] - 1);
	return true;
}

/* Scan lines 1, 3, 7 and 9 of DEC special graphics; 5 is U+2500. */
bool rule_scan_line(uint32_t codepoint, struct glyph *glyph)
{
	static const int rows[4] = { 1, 4, 11, 14 };
	int y = rows[codepoint - 0x23ba];

	rule_fill(glyph, 0, y, 7, y);
	return true;
}

/* U+25C6, the diamond of DEC special graphics, which console fonts leave out. */
static bool draw_diamond(uint32_t codepoint, struct glyph *glyph)
{
	(void)codepoint;
	for (int i = 0; i < 4; i++)
		rule_fill(glyph, 3 - i, 4 + i, 3 + i, 10 - i);
	return true;
}

/* How far row @y of a triangle or half circle that points to the right reaches: 0..7. */
static int point_reach(int y)
{
	return y < 8 ? y : 15 - y;
}

static int round_reach(int y)
{
	static const uint8_t reach[8] = { 1, 3, 4, 5, 6, 6, 7, 7 };

	return reach[point_reach(y)];
}

static const uint16_t branch_symbol[16] = { 0x00, 0x40, 0x42, 0x47, 0x42, 0x42, 0x42, 0x44, 0x48,
	0x50, 0x60, 0x40, 0x40, 0x40, 0x40, 0x00 };
static const uint16_t line_symbol[16] = { 0x00, 0x40, 0x40, 0x40, 0x40, 0x40, 0x78, 0x00, 0x12,
	0x1a, 0x1a, 0x16, 0x16, 0x12, 0x12, 0x00 };
static const uint16_t lock_symbol[16] = { 0x00, 0x00, 0x3c, 0x66, 0x42, 0x42, 0x42, 0xff, 0xff,
	0xe7, 0xe7, 0xe7, 0xff, 0xff, 0x00, 0x00 };

static bool symbol(struct glyph *glyph, const uint16_t rows[16])
{
	memcpy(glyph->rows, rows, sizeof(glyph->rows));
	return true;
}

/* U+E0B0..E0B7: pointed right solid, outline, left solid, outline; then the same four rounded. */
static void draw_arrow(struct glyph *glyph, unsigned kind)
{
	bool outline = kind & 1, left = kind & 2, rounded = kind & 4;

	for (int y = 0; y < 16; y++) {
		int end = rounded ? round_reach(y) : point_reach(y);
		int start = outline ? end : 0;

		/* The round outline is nearly flat at its ends: leave no gaps. */
		if (outline && rounded && y > 0 && y < 15)
			start = round_reach(y < 8 ? y - 1 : y + 1) + 1;
		start = start < end ? start : end;
		if (left)
			rule_fill(glyph, 7 - end, y, 7 - start, y);
		else
			rule_fill(glyph, start, y, end, y);
	}
}

/* U+E0B8, BA, BC, BE: triangles in the corners lower left, lower right, upper left, upper right. */
static void draw_corner(struct glyph *glyph, unsigned kind)
{
	for (int y = 0; y < 16; y++) {
		int width = (kind < 2 ? y : 15 - y) / 2;

		if (kind & 1)
			rule_fill(glyph, 7 - width, y, 7, y);
		else
			rule_fill(glyph, 0, y, width, y);
	}
}

bool rule_powerline(uint32_t codepoint, struct glyph *glyph)
{
	static const uint16_t *const symbols[] = { branch_symbol, line_symbol, lock_symbol };

	if (codepoint <= 0xe0a2)
		return symbol(glyph, symbols[codepoint - 0xe0a0]);
	if (codepoint >= 0xe0b0 && codepoint <= 0xe0b7)
		draw_arrow(glyph, codepoint - 0xe0b0);
	else if (codepoint >= 0xe0b8 && codepoint <= 0xe0bf && codepoint % 2 == 0)
		draw_corner(glyph, (codepoint - 0xe0b8) / 2);
	else
		return false;
	return true;
}

/* Control pictures of DEC special graphics: two small letters, aslant. */
bool rule_control(uint32_t codepoint, struct glyph *glyph)
{
	static const char names[][3] = { "HT", "LF", "VT", "FF", "CR" };
	const char *name = codepoint == 0x2424 ? "NL" : names[codepoint - 0x2409];

	rule_letter(glyph, name[0], 0, 2);
	rule_letter(glyph, name[1], 4, 8);
	return true;
}

static const struct {
	uint32_t first, last;
	bool (*draw)(uint32_t codepoint, struct glyph *glyph);
} rules[] = {
	{ 0x23ba, 0x23bd, rule_scan_line },
	{ 0x2409, 0x240d, rule_control },
	{ 0x2424, 0x2424, rule_control },
	{ 0x2500, 0x257f, rule_box },
	{ 0x2580, 0x259f, rule_block },
	{ 0x25c6, 0x25c6, draw_diamond },
	{ 0x2800, 0x28ff, rule_braille },
	{ 0xe0a0, 0xe0a2, rule_powerline },
	{ 0xe0b0, 0xe0bf, rule_powerline },
	{ 0x1fb00, 0x1fb3b, rule_sextant },
};

bool rule_glyph(uint32_t codepoint, struct glyph *ret_glyph)
{
	struct glyph glyph = { .by_rule = true };

	if (codepoint < RULE_FIRST)
		return false;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (codepoint < rules[i].first || codepoint > rules[i].last)
			continue;
		if (!rules[i].draw(codepoint, &glyph))
			return false;
		*ret_glyph = glyph;
		return true;
	}
	return false;
}
